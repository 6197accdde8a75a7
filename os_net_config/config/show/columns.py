"""Columns of Open vSwitch's rows in the words of ``ovs-vsctl set``: what differs from a new row."""

from __future__ import annotations

import json
import re
from typing import AbstractSet, Iterator

from ...state import row
from ...state.values import Value, Values, ValueType

#: What needs no quotes, neither for the database nor for a shell.
_BARE = re.compile(r"[A-Za-z0-9_./:@%+-]+")
#: The same, where a colon ends a word.
_BARE_KEY = re.compile(r"[A-Za-z0-9_./@%+-]+")
_NOTHING: AbstractSet[str] = frozenset()


def command(table: str, name: str, values: Values, without: AbstractSet[str] = _NOTHING) -> str:
    """``set TABLE NAME COLUMN=VALUE…``; empty where there is nothing to say."""
    words = list(assignments(table, values, without))
    return " ".join(["set", table.lower(), name, *words]) if words else ""


def assignments(table: str, values: Values, without: AbstractSet[str] = _NOTHING) -> Iterator[str]:
    """``without`` are names of attributes, and of columns of which no key counts."""
    attributes = row.TABLES[table]
    columns = set(attributes)
    skipped = {*without, row.LABEL, *(row.PARENTS[table][:1] if table in row.PARENTS else ())}
    for name, value in sorted(values.items()):
        column, _, key = name.partition(":")
        if name in skipped or column in skipped or column not in columns:
            continue
        attribute = attributes[name]
        if value is None or (not key and value == attribute.default):
            continue
        yield _word(column, key, _text(attribute.type, value))


def _word(column: str, key: str, text: str) -> str:
    quoted = f":{key if _BARE_KEY.fullmatch(key) else json.dumps(key)}" if key else ""
    return for_shell(f"{column}{quoted}={text}")


def for_shell(word: str) -> str:
    if re.fullmatch(r"[A-Za-z0-9_./:@%+=,\[\]{}-]+", word):
        return word
    return "'" + word.replace("'", "'\\''") + "'"


def _text(type_: ValueType, value: Value) -> str:
    if isinstance(type_, row.Set):
        several = value if isinstance(value, tuple) else ()
        return ",".join(_atom(type_.type.show(type_.type.parse(str(one)))) for one in several) or "[]"
    return _atom(type_.show(value))


def _atom(text: str) -> str:
    return text if _BARE.fullmatch(text) else json.dumps(text)

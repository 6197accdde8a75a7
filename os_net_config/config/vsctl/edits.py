"""What the words after a row's name say of its columns. All raise ValueError."""

from __future__ import annotations

from typing import Mapping, Optional, Sequence, Sized, TypeVar

from ...state.values import Text, Value
from . import values
from .names import Column, cleared, column
from .rows import UNSAID, Row, show_pairs
from .values import Scanner

_Some = TypeVar("_Some", bound=Sized)


def assign(row: Row, table: str, word: str) -> None:
    """``COLUMN=VALUE`` or ``COLUMN:KEY=VALUE``."""
    scanner = Scanner(word)
    name = scanner.token(values.DELIMITERS)
    if not name:
        raise ValueError(f"{word} begins with no column: write COLUMN[:KEY]=VALUE")
    found = column(table, name)
    key = scanner.token(values.DELIMITERS) if scanner.skip(":") else None
    if not scanner.skip("="):
        raise ValueError(f"{word}: after {word[: scanner.at]} comes =VALUE")
    if not scanner.next:
        raise ValueError(f"""{word} has no value: the empty text is written {word}'""'""")
    if key is not None:
        _assign_key(row, found, key, scanner.rest)
    else:
        row.put(found, _whole(found, scanner.rest))


def _assign_key(row: Row, found: Column, key: str, text: str) -> None:
    if not found.is_map:
        raise ValueError(f"{found.name} has no keys: write {found.name}=VALUE")
    row.put_key(found, values.string(key), values.string(text))


def _whole(found: Column, text: str) -> Value:
    try:
        return _value(found, text)
    except ValueError as error:
        raise ValueError(f"{found.name}: {error}") from error


def _value(found: Column, text: str) -> Value:
    if found.is_map:
        return show_pairs(found, values.pairs(text))
    if found.set_type is not None:
        return values.members(found.set_type, text)
    some = values.atoms(found.attribute.type, text)
    if len(some) > 1:
        raise ValueError(f"it has one value, not {len(some)}")
    if not some and not found.is_optional:
        raise ValueError("it always has a value")
    return some[0] if some else None


def add(row: Row, table: str, name: str, words: Sequence[str]) -> None:
    """Values to a set, pairs to a map, a value to a column that may have one.

    Of a key that is there ovs-vsctl(8) says that it keeps its value: in truth it gets the new one.
    """
    found = column(table, name)
    for word in words:
        if found.is_map:
            for key, value in _some(values.pairs(word), word).items():
                row.put_key(found, key, value)
        else:
            _add_values(row, found, word)


def _add_values(row: Row, found: Column, word: str) -> None:
    if found.set_type is not None:
        for member in _members(found, word):
            row.put_member(found, member, True)
        return
    if not found.is_optional:
        raise ValueError(f"{found.name} always has a value: say it with set")
    value = _one(found, word)
    if row.get(found.name) not in {UNSAID, None, value}:
        raise ValueError(f"{found.name} has one value, and a command before has said another one")
    row.put(found, value)


def _members(found: Column, word: str) -> Sequence[str]:
    """Of a set."""
    value = _whole(found, word)
    return _some([str(one) for one in value] if isinstance(value, tuple) else [], word)


def _one(found: Column, word: str) -> Value:
    """Of a column that may have one."""
    value = _whole(found, word)
    if value is None:
        raise ValueError(f"{word} is no value")
    return value


def remove(row: Row, table: str, name: str, words: Sequence[str]) -> None:
    """Values from a set, keys from a map, the value of a column that may have none."""
    found = column(table, name)
    if not found.is_optional:
        raise ValueError(f"{found.name} always has a value: say it with set")
    for word in words:
        if found.is_map:
            _remove_keys(row, found, word)
        elif found.set_type is not None:
            for member in _members(found, word):
                row.put_member(found, member, False)
        elif row.get(found.name) in {UNSAID, _one(found, word)}:
            row.put(found, None)


def _remove_keys(row: Row, found: Column, word: str) -> None:
    for key, value in _some(_keys(word), word).items():
        said = row.key(found, key)
        if value is not None and said is UNSAID:
            raise ValueError(
                f"whether {found.name}:{key} is {value} differs from node to node: "
                f"{key} alone takes it away whatever it is"
            )
        if value is None or said == value:
            row.put_key(found, key, None)


def _keys(word: str) -> Mapping[str, Optional[str]]:
    """Pairs, or keys alone with None."""
    try:
        return dict(values.pairs(word))
    except ValueError:
        return {str(key): None for key in values.atoms(Text(), word)}


def _some(values_: _Some, word: str) -> _Some:
    if not len(values_):
        raise ValueError(f"{word} is no value")
    return values_


def clear(row: Row, table: str, names: Sequence[str]) -> None:
    """Nothing is in these columns."""
    for name in names:
        found = cleared(table, name)
        if not found.is_optional:
            raise ValueError(f"{found.name} always has a value: say it with set")
        row.put(found, () if found.is_map or found.set_type else None)

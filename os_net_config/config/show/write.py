"""A config as YAML, with its remarks as comments at the place that they are about. Pure."""

from __future__ import annotations

import json
import re
import textwrap
from dataclasses import replace
from typing import Iterator, List, Sequence

from ..scalars import plain
from .tree import Element, Entry, Remark, Scalar

_WIDTH = 100
#: What may stand without quotes, if it is no word for something else.
_BARE = re.compile(r"[A-Za-z0-9_./$-][A-Za-z0-9_./:=,+%${}()*<>@;~-]*(?: [A-Za-z0-9_./:=,+%${}()*<>@;~-]+)*")


def text(root: Entry, heading: Sequence[str] = ()) -> str:
    """``heading`` are lines of comment before it."""
    lines = [*_comment(heading), "---", *_mapping(root)]
    return "".join(f"{line}\n" for line in lines)


def _comment(lines: Sequence[str]) -> List[str]:
    return [f"# {line}".rstrip() for line in lines]


def _remark(words: str) -> List[str]:
    return _comment(textwrap.wrap(_visible(words), _WIDTH, break_long_words=False, break_on_hyphens=False))


def _visible(words: str) -> str:
    """Nothing in it that would end the comment, or that a terminal would obey."""
    return "".join(one if one.isprintable() else repr(one)[1:-1] for one in words)


def _mapping(entry: Entry) -> List[str]:
    lines: List[str] = []
    for key, value in entry.values.items():
        if not isinstance(value, tuple):
            lines.append(f"{key}: {scalar(value)}")
            continue
        inner = list(_elements(value))
        if all(isinstance(one, Remark) for one in value):
            # A list without an element would be another thing.
            has_more = any(isinstance(one, Remark) and one.left_out is not None for one in value)
            lines += _comment([f"{key}:"]) if has_more else []
            lines += inner
        else:
            lines += [f"{key}:", *inner]
    return lines


def _elements(elements: Sequence[Element]) -> Iterator[str]:
    """What is said of several in a row is said once, before the first."""
    before = ""
    for one in elements:
        again = isinstance(one, Remark) and one.left_out is not None and one.text == before
        yield from _element(replace(one, text="") if isinstance(one, Remark) and again else one)
        before = one.text if isinstance(one, Remark) else ""


def _element(element: Element) -> List[str]:
    if isinstance(element, Remark):
        left_out = _element(element.left_out) if element.left_out is not None else []
        return [*_remark(element.text), *_comment(left_out)]
    if isinstance(element, str):
        return [f"- {scalar(element)}"]
    first, *rest = _mapping(element)
    remarks = [line for one in element.remarks for line in _remark(one)]
    return [*remarks, f"- {first}", *(f"  {line}" for line in rest)]


def scalar(value: Scalar) -> str:
    """The text that is read as this value."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    is_bare = _BARE.fullmatch(value) and not value.endswith(":") and ": " not in value
    if is_bare and not value.startswith(("---", "- ")) and value != "-" and plain(value) == value:
        return value
    if value.isprintable() and value:
        return "'" + value.replace("'", "''") + "'"
    quoted = json.dumps(value, ensure_ascii=False)
    return "".join(one if one.isprintable() else f"\\U{ord(one):08x}" for one in quoted)

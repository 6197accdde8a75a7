"""Route tables by name: those of the config's ``route_table`` objects, and the node's."""

from __future__ import annotations

import re
import zlib
from typing import Any, Dict, Iterator, Mapping, NamedTuple, Optional, Sequence, Tuple, Union

from ..state.problem import Path, Problem, Severity, Word, show_path
from ..state.route import MAIN_TABLE
from .objects import ROUTE_TABLE, Object
from .words import did_you_mean

#: RT_TABLE_* (linux/rtnetlink.h).
ALWAYS_KNOWN: Mapping[str, int] = {"main": MAIN_TABLE, "default": 253, "local": 255}
_RESERVED: Mapping[str, int] = {**ALWAYS_KNOWN, "unspec": 0}
_LARGEST = 2**32 - 1


class Tables(NamedTuple):
    """``complete``: what is not among the names, the node does not know either."""

    names: Mapping[str, int]
    complete: bool = True

    def resolve(
        self, said: Union[int, str], path: Path, word: Optional[Word] = None
    ) -> Tuple[int, Optional[Problem]]:
        """The number of a table, and what is to be said of its name.

        A name that perhaps the node knows gets a number that no table has, the same one each time.
        """
        if isinstance(said, int):
            return said, None
        if said in self.names:
            return self.names[said], None
        placeholder = _LARGEST + 1 + zlib.crc32(said.encode(errors="replace"))
        hint = f"declare it: {{type: route_table, name: {said}, table_id: 200}}"
        if self.complete:
            message = f"there is no route table {said}{did_you_mean(said, self.names)}"
            return placeholder, Problem(path, message, hint, word=word)
        message = f"no route_table of this file is named {said}{did_you_mean(said, self.names)}"
        message += ": the node has to know it"
        return placeholder, Problem(path, message, hint, Severity.WARNING, word=word)


def known_tables(sections: Sequence[Sequence[Any]], node: Optional[Mapping[str, int]]) -> Tables:
    """The tables that the objects of a file declare, before those of the node.

    ``node`` None: there is no node to ask. The last of the sections is the first to be asked.
    """
    names = {**(node or {}), **ALWAYS_KNOWN}
    for entries in sections:
        for entry in entries:
            if entry and entry.get("type") == ROUTE_TABLE:
                names[str(entry["name"])] = table_id(entry)
    return Tables({**names, **ALWAYS_KNOWN}, node is not None)


def table_id(values: Mapping[str, Any]) -> int:
    """The number of a ``route_table``. What is still a text has more digits than any number of a table."""
    raw = values["table_id"]
    return raw if isinstance(raw, int) else _LARGEST + 1


def check_tables(objects: Sequence[Object]) -> Iterator[Problem]:
    """What is wrong with the ``route_table`` objects of one section."""
    by_number: Dict[int, Object] = {}
    by_name: Dict[str, Object] = {}
    for one in objects:
        if one.type != ROUTE_TABLE:
            continue
        problems = list(_reserved(one))
        yield from problems
        if problems:
            continue
        number = table_id(one.values)
        first = by_number.setdefault(number, one), by_name.setdefault(one.name, one)
        yield from _twice(one, number, *first)


def _reserved(one: Object) -> Iterator[Problem]:
    number = table_id(one.values)
    if one.name in _RESERVED:
        message = f"{one.name} is the name of a table that the kernel has: {_RESERVED[one.name]}"
        yield Problem((*one.path, "name"), message, "choose another name")
    elif one.name.isdigit() or re.fullmatch(r"0[xX][0-9a-fA-F]+", one.name):
        message = f"{one.name} would be read as a number, not as a name"
        yield Problem((*one.path, "name"), message, "choose a name with a letter")
    if number in _RESERVED.values():
        name = next(name for name, reserved in _RESERVED.items() if reserved == number)
        message = f"{number} is reserved: it is the table {name}"
        yield Problem((*one.path, "table_id"), message, "choose another number")
    elif not 0 < number <= _LARGEST:
        yield Problem((*one.path, "table_id"), f"{number} is not in 1..{_LARGEST}")


def _twice(one: Object, number: int, same_number: Object, same_name: Object) -> Iterator[Problem]:
    if same_number is not one and same_number is same_name:
        message = f"the route table {one.name} is declared twice; first at {show_path(same_name.path)}"
        yield Problem(one.path, message, "remove one of them", Severity.WARNING)
    elif same_number is not one:
        message = f"{number} is {same_number.name} already, at {show_path(same_number.path)}"
        yield Problem((*one.path, "table_id"), message, "a table has one name: choose another number")
    elif same_name is not one:
        message = f"{one.name} is {table_id(same_name.values)} already, at {show_path(same_name.path)}"
        yield Problem((*one.path, "name"), message, "a name stands for one table: choose another name")

"""The route tables of VRFs: that of each, and whose routes are in it."""

from __future__ import annotations

from typing import Any, Dict, Iterator, List, Mapping, Optional, Sequence, Tuple

from ..state import vrf
from ..state.problem import Path, Problem, show_path
from .objects import Object
from .tables import ALWAYS_KNOWN, Tables

Entries = Sequence[Optional[Mapping[str, Any]]]


def numbered(entries: Entries, path: Path, tables: Tables) -> Tuple[List[Any], List[Problem]]:
    """A section in which each VRF has the number of its table."""
    found: List[Any] = []
    problems: List[Problem] = []
    for number, entry in enumerate(entries):
        if not entry or entry.get("type") != vrf.KIND:
            found.append(entry)
            continue
        place = (*path, number, "table")
        table, problem = tables.resolve(entry["table"], place)
        problems.extend([problem] if problem is not None else [])
        if table in ALWAYS_KNOWN.values():
            message = f"{entry['table']} is a table of the whole node, and none of one VRF"
            problems.append(Problem(place, message, "take another number, or declare a route_table"))
        found.append({**entry, "table": table})
    return found, problems


def tables_of(objects: Sequence[Object]) -> Mapping[str, int]:
    """By the names of links in VRFs, and of these themselves, the table that their routes are in."""
    found: Dict[str, int] = {}
    for one in objects:
        if one.type == vrf.KIND:
            found.update(
                dict.fromkeys((one.name, *(member.name for member in one.members)), one.get("table"))
            )
    return found


def check(objects: Sequence[Object]) -> Iterator[Problem]:
    seen: Dict[object, Object] = {}
    for one in objects:
        if one.type != vrf.KIND:
            continue
        first = seen.setdefault(one.get("table"), one)
        if first is not one:
            message = f"{one} has the table of {first.name}, at {show_path(first.path)}"
            yield Problem((*one.path, "table"), message, "give each a table of its own")

"""A config as it is written: entries, and remarks at the place that they are about. Pure."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Dict, List, Mapping, Optional, Tuple, Union

from ...state.problem import Path

Scalar = Union[str, int, bool]


@dataclass(frozen=True)
class Remark:
    """What stands in a list as a comment; with the entry that is left out there, where there is one."""

    text: str
    left_out: Optional[Element] = None


@dataclass(frozen=True)
class Entry:
    """A mapping of the file. ``remarks`` stand before it."""

    values: Mapping[str, Content]
    remarks: Tuple[str, ...] = ()


Element = Union[Entry, Remark, str]
#: What stands at a key of a mapping.
Content = Union[Scalar, Tuple[Element, ...]]


def plain(element: Union[Entry, str]) -> Any:
    """As a reader of the file has it."""
    if isinstance(element, str):
        return element
    found: Dict[str, Any] = {}
    for key, value in element.values.items():
        if not isinstance(value, tuple):
            found[key] = value
        elif any(not isinstance(one, Remark) for one in value):
            found[key] = [plain(one) for one in value if not isinstance(one, Remark)]
    return found


#: Without these an object is none, or another one.
_ESSENTIAL = frozenset({"type", "name", "device", "vlan_id", "members", "bridge_name", "peer", "tunnel_type"})


def without(root: Entry, path: Path, reason: str) -> Optional[Entry]:
    """The file without what stands at this place, or the nearest thing around it that can be left out.

    None: there is nothing at this place.
    """
    numbers = [place for place, part in enumerate(path) if isinstance(part, int)]
    if not numbers:
        return None
    inner = path[: numbers[-1] + 1]
    rest = path[len(inner) :]
    attribute = rest[0] if len(rest) == 1 and rest[0] not in _ESSENTIAL else None
    return _changed(root, inner, attribute, reason)


def _changed(entry: Entry, path: Path, attribute: object, reason: str) -> Optional[Entry]:
    """``path`` are pairs of an attribute and a place in its list."""
    name, number, rest = str(path[0]), path[1], path[2:]
    elements = entry.values.get(name)
    if not isinstance(elements, tuple) or not isinstance(number, int):
        return None
    there = [place for place, one in enumerate(elements) if not isinstance(one, Remark)]
    if number >= len(there):
        return None
    place = there[number]
    one = elements[place]
    if rest:
        new: Optional[Element] = _changed(one, rest, attribute, reason) if isinstance(one, Entry) else None
    elif isinstance(one, Entry) and "type" in one.values and attribute in one.values:
        new = _without_attribute(one, str(attribute), reason)
    else:
        new = Remark(reason, one)
    if new is None:
        return None
    return replace(entry, values={**entry.values, name: (*elements[:place], new, *elements[place + 1 :])})


def _without_attribute(entry: Entry, name: str, reason: str) -> Entry:
    value = entry.values[name]
    shown = "" if isinstance(value, tuple) else f" {value}"
    kept = {key: one for key, one in entry.values.items() if key != name}
    return Entry(kept, (*entry.remarks, f"{name}{shown} is left out: {reason}"))


def objects(root: Entry) -> List[Entry]:
    """Every object of every list, containers before their members."""
    found: List[Entry] = []
    for value in root.values.values():
        for one in value if isinstance(value, tuple) else ():
            if isinstance(one, Entry):
                found += [one, *objects(one)]
    return found

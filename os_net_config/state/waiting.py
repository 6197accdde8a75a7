"""Rows of Open vSwitch that wait for a NIC which is not here: at a boot they stay as they are. Pure.

The database outlives the boot. ovs-vswitchd takes a NIC as soon as it comes, if there is a row for it.
"""

from __future__ import annotations

from typing import AbstractSet, Dict, FrozenSet, Iterator, List, NamedTuple, Optional

from . import row
from .devices import DEVARGS
from .model import DeviceKey, Key, LinkKey, Resource, RowKey, State
from .problem import Problem, Severity
from .record import Said

#: The type of an interface that is a NIC of the kernel.
_SYSTEM = ""
_PRIMARY = "other_config:bond-primary"


def waiting(wanted: State, live: State) -> Said:
    """What is there of NICs that are not, which ``wanted`` leaves out: rows, and attributes of rows."""
    found: Dict[Key, Optional[AbstractSet[str]]] = {}
    for one in live:
        port = live.get(RowKey(row.PORT, str(one.values.get("port"))))
        if port is not None and _waits(one, port, wanted, live):
            found[one.key] = _unsaid(one, wanted)
            found[port.key] = _unsaid(port, wanted)
    return found


def _waits(one: Resource, port: Resource, wanted: State, live: State) -> bool:
    """Whether it is the interface of a NIC that is not here, on a bridge that stays."""
    if not isinstance(one.key, RowKey) or one.key.table != row.INTERFACE or _is_placed(one.key, wanted):
        return False
    said, bridge = wanted.get(port.key), port.values.get("bridge")
    is_moved = said is not None and said.values.get("bridge", bridge) != bridge
    stays = not is_moved and wanted.get(RowKey(row.BRIDGE, str(bridge))) is not None
    return stays and not any(_is_here(one, state) for state in (wanted, live))


def _is_placed(key: Key, wanted: State) -> bool:
    """Whether it is said what the row belongs to: of one that is left out there may be settings."""
    said = wanted.get(key)
    return said is not None and isinstance(key, RowKey) and row.PARENTS[key.table][0] in said.values


def _unsaid(have: Resource, wanted: State) -> Optional[AbstractSet[str]]:
    """Attributes of a row, None for all of it. A bond that stays may lack its primary."""
    said = wanted.get(have.key)
    if said is None:
        return None
    names = {_PRIMARY} if _is_placed(have.key, wanted) else have.values.keys()
    return names - said.values.keys()


def _is_here(one: Resource, state: State) -> bool:
    kind = one.values.get("type", _SYSTEM)
    if kind == row.DPDK:
        return state.get(DeviceKey(str(one.values.get(DEVARGS)))) is not None
    return kind != _SYSTEM or state.get(LinkKey(str(one.key[1]))) is not None


class Rest(NamedTuple):
    """What is wanted without settings of rows that are not there, and a warning for each."""

    wanted: State
    problems: List[Problem]


def without_lacking(wanted: State, live: State) -> Rest:
    """Without what is said of ports and interfaces that nobody makes: those of what a boot leaves out."""
    lacking: FrozenSet[Key] = frozenset()
    while more := frozenset(_lacking(wanted, live, lacking)) - lacking:
        lacking |= more
    left = State({key: one for key, one in wanted.resources.items() if key not in lacking})
    return Rest(left, [_left_out(wanted.resources[key]) for key in wanted.resources if key in lacking])


def _lacking(wanted: State, live: State, known: FrozenSet[Key]) -> Iterator[Key]:
    there = {*live.resources, *wanted.resources} - known
    for one in wanted:
        if isinstance(one.key, RowKey) and one.key.table in _PLACED and one.key not in live.resources:
            attribute, table, _ = row.PARENTS[one.key.table]
            if RowKey(table, str(one.values.get(attribute))) not in there:
                yield one.key


_PLACED = frozenset({row.PORT, row.INTERFACE})


def _left_out(one: Resource) -> Problem:
    message = f"{one.key} is not there at this boot: what is said of it is left out"
    return Problem(one.origin, message, severity=Severity.WARNING)

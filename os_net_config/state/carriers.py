"""``linkdelay``: what needs the carrier of a link that has just been set up waits for it. Pure."""

from __future__ import annotations

from dataclasses import replace
from typing import Dict, Iterator, List, Mapping, Optional, Sequence, Set, Tuple

from . import aggregate, row
from .diff import Change
from .fall import links_of
from .model import AddressKey, LinkKey, Resource, RouteKey, RowKey, State
from .plan import Plan
from .values import Value, Values

#: Seconds by link.
Delays = Mapping[str, int]


def with_carriers(plan: Plan, delays: Delays, wanted: State, live: State) -> Plan:
    """The first address or route on the link, or on what stands on it or has it as a port, waits."""
    if not delays:
        return plan
    state = State({**live.resources, **wanted.resources})
    steps = list(plan.steps)
    for name, seconds in delays.items():
        number = _needing(steps, name, state) if seconds else None
        if number is not None:
            step = steps[number]
            steps[number] = step._replace(carriers=(*step.carriers, (name, seconds)))
    return replace(plan, steps=tuple(steps))


def _needing(steps: Sequence[Change], name: str, state: State) -> Optional[int]:
    ups = (number for number, step in enumerate(steps) if _sets_up(step, name, state))
    first = next(ups, None)
    if first is None:
        return None
    above = _carried(name, state)
    later = range(first + 1, len(steps))
    return next((number for number in later if above & set(_on(steps[number]))), None)


def _sets_up(step: Change, name: str, state: State) -> bool:
    """The drivers of bonds and teams set up the ports that they get."""
    after = step.after or {}
    return step.key == LinkKey(name) and (
        after.get("up") == 1 or state.kind(after.get("master")) in aggregate.KINDS
    )


def _on(step: Change) -> Iterator[Value]:
    """The links that an address or a route which is given is on."""
    if step.after is not None and isinstance(step.key, (AddressKey, RouteKey)):
        yield from links_of(Resource(step.key, step.after))


def _carried(name: str, state: State) -> Set[Value]:
    """The link with all that carry their traffic over it."""
    upper: Dict[Value, List[str]] = {}
    for other, one in state.links():
        upper.setdefault(one.values.get("link"), []).append(other)
        if one.values.get("master") is not None:
            upper.setdefault(other, []).append(str(one.values["master"]))
    for bridge, port in _of_the_switch(state):
        upper.setdefault(port, []).append(bridge)
    found: Set[Value] = {name}
    waiting: List[Value] = [name]
    while waiting:
        fresh = [one for one in upper.get(waiting.pop(), ()) if one not in found]
        found.update(fresh)
        waiting += fresh
    return found


def _of_the_switch(state: State) -> Iterator[Tuple[str, str]]:
    """The internal links of each bridge of Open vSwitch, with its other parts."""
    bridges = {name: values.get("bridge") for name, values in _rows(row.PORT, state)}
    parts: Dict[Value, List[str]] = {}
    for name, values in _rows(row.INTERFACE, state):
        parts.setdefault(bridges.get(str(values.get("port"))), []).append(name)
    for of_bridge in parts.values():
        internal = [one for one in of_bridge if state.is_internal(one)]
        yield from ((link, other) for link in internal for other in of_bridge if other not in internal)


def _rows(table: str, state: State) -> Iterator[Tuple[str, Values]]:
    keys = (key for key in state.resources if isinstance(key, RowKey) and key.table == table)
    return ((key.name, state.resources[key].values) for key in keys)

"""What links stand on: a device that is nowhere, and rings."""

from __future__ import annotations

from collections import defaultdict
from typing import Dict, Iterator, List, Sequence, Set

from ..state.problem import Problem
from .kinds import ovs
from .objects import STANDING, Object, is_port
from .section import Section

#: Containers of other programs, whose members we do not make.
_FOREIGN = frozenset({"contrail_vrouter", "contrail_vrouter_dpdk", "ivs_bridge", "nfvswitch_bridge"})
#: Types that stand on a device: a NIC with a dot in its name is a VLAN.
ON_A_DEVICE = STANDING | {"vlan", "interface", "ib_child_interface"}


def is_tagged_port(one: Object) -> bool:
    """A VLAN of an Open vSwitch bridge is a port of it, whatever its device."""
    return one.type == "vlan" and one.parent is not None and one.parent.type in ovs.BRIDGES


def unrooted_vlan(one: Object) -> Iterator[Problem]:
    inside = one.parent.type if one.parent else ""
    if one.type == "vlan" and one.device is None and inside not in ovs.BRIDGES:
        yield Problem(one.path, f"{one.name} has no device", "add device: <the NIC, bond or bridge below it>")


def missing_device(one: Object, declared: Dict[str, Object], section: Section) -> Iterator[Problem]:
    if one.device is None or one.type not in ON_A_DEVICE or is_tagged_port(one):
        return
    if one.parent is not None and one.parent.type in _FOREIGN:
        return
    if one.device in declared or section.exists(one.device):
        return
    key = next((key for key in ("device", "parent") if key in one.values), "name")
    message = f"there is no link {one.device} for {one.name} to stand on"
    yield Problem((*one.path, key), message, f"declare {one.device} in this file, or correct the name")


def rings(everything: Sequence[Object]) -> Iterator[Problem]:
    """A link that stands on itself by way of others: a bridge with its own VLAN's bond as a port.

    One that is a member of itself is told by inside_itself.
    """
    below: Dict[str, Set[str]] = defaultdict(set)
    for one in everything:
        if one.device is not None:
            below[one.name].add(one.device)
        if one.parent is not None and is_port(one) and one.name not in _outer_names(one):
            below[one.parent.name].add(one.name)
    done: Set[str] = set()
    for start in list(below):
        ring = _ring_from(start, below, done)
        if ring:
            culprit = next(one for one in everything if one.name == ring[0])
            message = f"{' on '.join(ring)} on {ring[0]}: the links stand on each other in a ring"
            yield Problem(culprit.path, message, "one of them must stand on a NIC")
            return


def _outer_names(one: Object) -> Iterator[str]:
    outer = one.parent
    while outer is not None:
        yield outer.name
        outer = outer.parent


def _ring_from(start: str, below: Dict[str, Set[str]], done: Set[str]) -> List[str]:
    """The names of a ring that is reached from ``start``; depth first, without recursion."""
    # A dict for its order, and to find a name in.
    trail: Dict[str, None] = {start: None}
    pending = [iter(sorted(below.get(start, ())))]
    while pending:
        name = next(pending[-1], None)
        if name is None:
            done.add(trail.popitem()[0])
            pending.pop()
        elif name in trail:
            names = list(trail)
            return names[names.index(name) :]
        elif name not in done:
            trail[name] = None
            pending.append(iter(sorted(below.get(name, ()))))
    return []

"""What is wrong with an object as a member of another one."""

from __future__ import annotations

from typing import Dict, Iterator

from ..state.problem import Problem, Severity
from .kinds import ovs
from .kinds.common import WITH_THEIR_OWN_MAC
from .objects import AGGREGATES, Object, walk

_MEMBERS_OF_NOTHING = frozenset({"ib_interface", "ib_child_interface"})


def inside_itself(one: Object) -> Iterator[Problem]:
    outer = one.parent
    while outer is not None:
        if outer.name == one.name:
            yield Problem(one.path, f"{outer} is a member of itself")
            return
        outer = outer.parent


def one_primary(one: Object) -> Iterator[Problem]:
    primaries = [member for member in one.members if member.get("primary")]
    for member in primaries[1:]:
        message = f"{one} has a primary member already: {primaries[0].name}"
        yield Problem((*member.path, "primary"), message, "keep one primary")


def primary_without_mac(one: Object) -> Iterator[Problem]:
    if one.get("primary") and one.type in _MEMBERS_OF_NOTHING:
        message = f"primary has no effect: {one} is no member of anything"
        yield Problem((*one.path, "primary"), message, "remove it", Severity.WARNING)
    drawn = one.type in WITH_THEIR_OWN_MAC and one.get("macaddr") is None
    if one.get("primary") and drawn and one.parent is not None and one.parent.type not in AGGREGATES:
        message = f"primary has no effect: the kernel draws the MAC address of {one}"
        yield Problem((*one.path, "primary"), message, "say its macaddr, or remove it", Severity.WARNING)


def managed(one: Object) -> Iterator[Problem]:
    if not one.get("nm_controlled"):
        return
    path = (*one.path, "nm_controlled")
    if one.parent is not None:
        message = f"NetworkManager would take {one.name} out of {one.parent}"
        yield Problem(path, message, "remove nm_controlled from a port")
    else:
        hint = "NetworkManager is told by its own files what it may manage"
        yield Problem(path, "has no effect", hint, Severity.WARNING)


def device_outside(one: Object) -> Iterator[Problem]:
    if one.type not in ovs.BRIDGES:
        return
    family = {None, one.name, *(member.name for member in walk(one.members))}
    for member in one.members:
        if member.type == "vlan" and member.device not in family:
            message = f"device {member.device} is no member of {one}"
            hint = "remove device: the VLAN is a port of the bridge"
            yield Problem((*member.path, "device"), message, hint, Severity.WARNING)


_BRIDGE = "linux_bridge"


def bridge_in_a_bridge(one: Object, declared: Dict[str, Object]) -> Iterator[Problem]:
    """The kernel refuses it (net/bridge/br_if.c, br_add_if)."""
    if one.type == _BRIDGE:
        for member in one.members:
            if declared[member.name].type == _BRIDGE and member.name != one.name:
                message = f"{member.name} is a bridge: it cannot be a member of {one}"
                yield Problem(member.path, message, "join two bridges by a pair of links")

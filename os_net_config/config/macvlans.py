"""What does not go together with a ``macvlan`` (drivers/net/macvlan.c)."""

from __future__ import annotations

from typing import Dict, Iterator, List, Optional, Sequence

from ..state import macvlan, vrf
from ..state.problem import Problem
from .kinds.macvlan import DEFAULT_MODE
from .objects import Object, is_port

_PASSTHRU = "passthru"


def check(everything: Sequence[Object]) -> Iterator[Problem]:
    found = [one for one in everything if one.type == macvlan.KIND]
    if not found:
        return
    ports = {one.name: one for one in everything if _is_handed_on(one)}
    beside: Dict[object, List[Object]] = {}
    for one in found:
        yield from _on_a_port(one, ports.get(str(one.device)))
        yield from _with_another_mac(one)
        for other in beside.setdefault(one.device, []):
            yield from _on_one_device(one, other)
        beside[one.device].append(one)


def _is_handed_on(one: Object) -> bool:
    """What a member of a VRF receives is its own."""
    return one.parent is not None and is_port(one) and one.parent.type != vrf.KIND


def _on_a_port(one: Object, port: Optional[Object]) -> Iterator[Problem]:
    """What a link receives its driver hands to one: to a master, or to macvlans."""
    if port is not None and port.parent is not None:
        message = f"{one} cannot be on {port.name}, which is a member of {port.parent}"
        yield Problem((*one.path, "device"), message, f"put it on {port.parent.name} itself")


def _with_another_mac(one: Object) -> Iterator[Problem]:
    if one.get("mode") == _PASSTHRU and one.get("macaddr"):
        message = f"in passthru {one.name} has the MAC address of {one.device}, and would change that"
        yield Problem((*one.path, "macaddr"), message, "remove it, or take another mode")


def _on_one_device(one: Object, other: Object) -> Iterator[Problem]:
    if _PASSTHRU in {one.get("mode", DEFAULT_MODE), other.get("mode", DEFAULT_MODE)}:
        message = f"{one} and {other.name} cannot both be on {one.device}: one is in passthru"
        yield Problem((*one.path, "device"), message, "such a macvlan has its device for itself")
    elif one.get("macaddr") is not None and one.get("macaddr") == other.get("macaddr"):
        message = f"{one} and {other.name} on {one.device} have one MAC address"
        yield Problem((*one.path, "macaddr"), message, "give each its own")

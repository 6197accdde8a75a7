"""What does not go together in a ``vxlan``, or in several (drivers/net/vxlan/vxlan_core.c)."""

from __future__ import annotations

from typing import Dict, Iterator, Sequence, Tuple

from ..state import vxlan
from ..state.problem import Problem, Severity, show_path
from ..state.values import Value
from .kinds.vxlan import address, ends
from .objects import Object

_ENDS = ("local", "remote", "group")
_IPV6 = 16


def check(one: Object) -> Iterator[Problem]:
    if one.type != vxlan.KIND:
        return
    said = {name: found for name in _ENDS if (found := address(one, name)) is not None}
    if "remote" in said and "group" in said:
        message = f"{one} has a group, and a remote: frames to nowhere in particular go to one of them"
        yield Problem((*one.path, "remote"), message, "keep the one that is meant")
    if len({len(found) for found in said.values()}) > 1:
        yield Problem(one.path, f"{one} has addresses of IPv4 and of IPv6", "say either these or those")
    for name, found in said.items():
        if vxlan.is_multicast(found) is not (name == "group"):
            is_what = "no multicast group" if name == "group" else "a multicast group"
            other = {"group": "remote", "remote": "group"}.get(name)
            hint = f"write {other} if that is meant" if other else "give an address of this node"
            yield Problem((*one.path, name), f"{name} {one.get(name)} is {is_what}", hint)
    if "group" in said and one.device is None:
        yield Problem((*one.path, "group"), f"{one} has a group, and no device to join it on", "add device")
    if one.get("df") not in {None, "unset"} and any(len(found) == _IPV6 for found in said.values()):
        message = "df has no effect: no router fragments packets of IPv6"
        yield Problem((*one.path, "df"), message, "remove it", Severity.WARNING)


def overhead(one: Object) -> int:
    """What its packets are longer by than what is in them; 0: it is no tunnel."""
    if one.type != vxlan.KIND:
        return 0
    return vxlan.overhead(ends(one))


def vxlans_twice(everything: Sequence[Object]) -> Iterator[Problem]:
    seen: Dict[Tuple[Value, ...], Object] = {}
    for one in everything:
        if one.type != vxlan.KIND:
            continue
        port = one.get("dstport", vxlan.DSTPORT)
        first = seen.setdefault((one.get("vxlan_id"), port, overhead(one)), one)
        if first is not one and first.name != one.name:
            where = show_path(first.path)
            message = f"VXLAN {one.get('vxlan_id')} at UDP port {port} is {first.name} already, at {where}"
            yield Problem(one.path, message, "the node has each once: take another vxlan_id or dstport")

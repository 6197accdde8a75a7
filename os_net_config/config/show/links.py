"""The kinds of links, each told as the object that makes it."""

from __future__ import annotations

from typing import Callable, Dict, Iterator, Mapping, Optional

from ...state import (
    aggregate,
    bond,
    bridge,
    carried,
    dummy,
    ipoib,
    link,
    macvlan,
    tap,
    team,
    veth,
    vlan,
    vrf,
    vxlan,
)
from ...state.cleanup import is_of_containers, is_of_the_system
from ...state.rows import KIND as SWITCH
from ...state.unsaid import Final
from . import bonds, bridges, own_links, switch, teams
from .seen import Seen, UnsaidError
from .tree import Entry, Scalar


def head(seen: Seen, name: str) -> Entry:
    """Type, name and options. Raises UnsaidError where the language has no word for it."""
    values = seen.live.values(name)
    kind = str(values.get("kind"))
    if is_of_the_system(name):
        raise UnsaidError("it is there by itself")
    if seen.is_nic(name):
        kind = link.PLAIN
    elif seen.live.is_internal(name):
        kind = SWITCH
    elif is_of_containers(name) and not seen.link_said(name):
        raise UnsaidError(
            "by its name it belongs to containers or virtual machines, whose program looks after it"
        )
    elif kind not in KINDS:
        raise UnsaidError(f"this language has no word for a link of the kind {kind}")
    if not values.get("up") and kind != SWITCH:
        raise UnsaidError("it is down, and a run sets up what its file names")
    return KINDS[kind](seen, name)


def mtu(seen: Seen, name: str) -> Optional[int]:
    """Where it is another one than a new link would have, or a config has said it."""
    value = seen.live.values(name).get("mtu")
    if not isinstance(value, int) or _master_kind(seen, name) in aggregate.KINDS:
        return None
    if seen.live.is_internal(name):
        return switch.mtu(seen, name)
    is_said = "mtu" in seen.link_said(name) and name != link.LOOPBACK
    return value if is_said or value != _usual_mtu(seen, name) else None


def _master_kind(seen: Seen, name: str) -> object:
    return seen.live.kind(seen.live.values(name).get("master"))


def _usual_mtu(seen: Seen, name: str) -> object:
    values = seen.live.values(name)
    kind = values.get("kind")
    if name == link.LOOPBACK or kind == vrf.KIND:
        return values.get("mtu")
    if not seen.is_nic(name) and kind in {*carried.KINDS, bridge.KIND}:
        return Final(seen.live, seen.live).followed(name)
    return carried.ETHERNET_MTU


def _interface(seen: Seen, name: str) -> Entry:
    return Entry({"type": "interface", "name": seen.word(name)}, tuple(_remarks(seen, name)))


def _remarks(seen: Seen, name: str) -> Iterator[str]:
    values = seen.live.values(name)
    own, now = values.get("permanent"), values.get("address")
    if _master_kind(seen, name) in aggregate.KINDS or not (isinstance(own, bytes) and isinstance(now, bytes)):
        return
    if any(own) and own != now:
        yield f"its MAC address {now.hex(':')} is not its own, {own.hex(':')}: a file cannot say one"


def _vlan(seen: Seen, name: str) -> Entry:
    values = seen.live.values(name)
    below, number = values.get("link"), values.get("id")
    if not isinstance(below, str) or not isinstance(number, int):
        raise UnsaidError("the link below it is in another network namespace")
    if values.get(vlan.PROTOCOL, vlan.CUSTOMER) != vlan.CUSTOMER:
        raise UnsaidError("its tag is not 802.1Q's, and a file has no word for another one")
    said: Dict[str, Scalar] = {"type": "vlan", "vlan_id": number, "device": seen.word(below)}
    if name == f"{below}.{number}":
        said = {"type": "interface", "name": seen.word(name)}
    elif name != f"vlan{number}":
        names = f"vlan{number} or {below}.{number}"
        raise UnsaidError(f"a file names VLAN {number} of {below} only {names}")
    return Entry(said)


def _tap(seen: Seen, name: str) -> Entry:
    if seen.live.values(name).get("mode") != tap.TAP:
        raise UnsaidError("this language has no word for a tun")
    if name not in seen.lasting:
        raise UnsaidError("it is a tap that a program has made for itself")
    return Entry({"type": "linux_tap", "name": seen.word(name)})


#: By the kernel's kind. A further one is told by a row here.
KINDS: Mapping[str, Callable[[Seen, str], Entry]] = {
    link.PLAIN: _interface,
    bond.KIND: bonds.head,
    bridge.KIND: bridges.head,
    tap.KIND: _tap,
    team.KIND: teams.head,
    vlan.KIND: _vlan,
    dummy.KIND: own_links.of_dummy,
    macvlan.KIND: own_links.of_macvlan,
    ipoib.KIND: own_links.of_infiniband,
    veth.KIND: own_links.of_veth,
    vrf.KIND: own_links.of_vrf,
    vxlan.KIND: own_links.of_vxlan,
    SWITCH: switch.head,
}

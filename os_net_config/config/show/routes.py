"""Routes: by the link whose object has them, and in the words of ``ip route``."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import AbstractSet, Dict, Iterator, List, Mapping, Optional

from ...state import vrf
from ...state.model import Resource, RouteKey
from ...state.route import DEAD_ENDS, DEFAULT_METRIC, KERNEL, MAIN_TABLE, METRICS, OTHER, hops
from ...state.values import NextHop, Value, show_address
from .clients import is_brought
from .seen import BY_HAND, Seen, UnsaidError
from .tree import Content, Element, Entry, Remark

#: RTPROT_* (linux/rtnetlink.h) and iproute2's rt_protos.
_MAKERS: Mapping[int, str] = {
    1: "an ICMP redirect",
    9: "a router's announcement",
    10: "MRT",
    11: "zebra",
    12: "bird",
    13: "DECnet",
    14: "XORP",
    15: "ntk",
    16: "a DHCP client",
    17: "mrouted",
    18: "keepalived",
    42: "babel",
    84: "ovn",
    186: "a routing daemon (BGP)",
    187: "a routing daemon (IS-IS)",
    188: "a routing daemon (OSPF)",
    189: "a routing daemon (RIP)",
    192: "a routing daemon (EIGRP)",
}
_SCOPE_UNIVERSE, _SCOPE_LINK = 0, 253


@dataclass(frozen=True)
class Placed:
    """Routes by the link whose object has them; ``homeless`` are remarks about the others."""

    of: Dict[str, List[Element]] = field(default_factory=dict)
    homeless: List[Remark] = field(default_factory=list)


def placed(seen: Seen, homes: List[str], without_ipv6: AbstractSet[str]) -> Placed:
    """``homes`` are the links that have an object, the first one for what has no link.

    ``without_ipv6`` are those of which an address of IPv6 is left out.
    """
    found = Placed()
    for one in seen.routes:
        key = one.key
        assert isinstance(key, RouteKey)
        if one.values.get("protocol") == KERNEL or is_brought(one.values):
            continue
        home = _home(one, homes)
        why = _why_not(one) or (_no_ground(one, without_ipv6) if home is not None else None)
        entry = None if home is None or one.values.get("type") == OTHER else _entry(seen, key, one, home)
        if home is None:
            reason = why or "its link is not in this file"
            found.homeless.append(Remark(f"the route {in_words(key, one)} is left out: {reason}"))
        elif why is not None or entry is None:
            found.of.setdefault(home, []).append(Remark(why or "it cannot be said", entry))
        else:
            found.of.setdefault(home, []).append(entry)
    return found


def in_words(key: RouteKey, one: Resource) -> str:
    """As ip shows it, shortly."""
    ways = ", ".join(str(hop) for hop in hops(one.values)) or str(one.values.get("type"))
    table = "" if key.table == MAIN_TABLE else f" table {key.table}"
    return f"{key} {ways}{table}"


def _home(one: Resource, homes: List[str]) -> Optional[str]:
    """The first link that it leads by."""
    if one.values.get("type") in DEAD_ENDS:
        return next(iter(homes), None)
    link = one.values.get("link")
    links = [hop.link for hop in hops(one.values)] or ([link] if isinstance(link, str) else [])
    return links[0] if links and all(name in homes for name in links) else None


def _why_not(one: Resource) -> Optional[str]:
    protocol = one.values.get("protocol")
    if protocol not in BY_HAND:
        maker = _MAKERS.get(protocol) if isinstance(protocol, int) else None
        return f"not by hand, but by {maker or f'the protocol {protocol!s}'}, which looks after it"
    if one.values.get("type") == OTHER:
        return "it has an encapsulation, a next hop object or another thing that a file has no word for"
    if one.values.get("type") not in {"unicast", *DEAD_ENDS}:
        return f"a file has no routes of the type {one.values.get('type')!s}"
    return None


def _no_ground(one: Resource, without_ipv6: AbstractSet[str]) -> Optional[str]:
    gateways = [hop for hop in hops(one.values) if hop.gateway is not None and len(hop.gateway) == 16]
    if any(hop.link in without_ipv6 for hop in gateways):
        return "its next hop is reached by an address that is left out above"
    return None


def _entry(seen: Seen, key: RouteKey, one: Resource, home: str) -> Optional[Entry]:
    values: Dict[str, Content] = {}
    gateway, several = one.values.get("gateway"), one.values.get("nexthops")
    if key.destination.length == 0 and any(hop.gateway is not None for hop in hops(one.values)):
        values["default"] = True
    else:
        values["ip_netmask"] = str(key.destination)
    if isinstance(gateway, bytes):
        values["next_hop"] = show_address(gateway)
    elif not isinstance(several, tuple) and one.values.get("type") not in DEAD_ENDS:
        values["next_hop"] = "self"
    if key.metric != DEFAULT_METRIC[len(key.destination.address)]:
        values["metric"] = key.metric
    if {key.table, _own_table(seen, home)} != {MAIN_TABLE}:
        values["table"] = seen.tables.get(key.table, key.table)
    try:
        words = " ".join(_options(seen, key, one, home))
    except UnsaidError:
        return None
    return Entry({**values, **({"route_options": words} if words else {})})


def _own_table(seen: Seen, home: str) -> Value:
    """The one that routes are in of which no table is said: of a VRF and its members that is its own."""
    for name in (home, seen.live.values(home).get("master")):
        if seen.live.kind(name) == vrf.KIND:
            return seen.live.values(name)[vrf.TABLE.name]
    return MAIN_TABLE


def _options(seen: Seen, key: RouteKey, one: Resource, home: str) -> Iterator[str]:
    """The words that stand after it."""
    values, kind = one.values, one.values.get("type")
    if kind in DEAD_ENDS:
        yield str(kind)
    if key.tos:
        yield f"tos {key.tos:#04x}"
    source = values.get("source")
    if isinstance(source, bytes):
        yield f"src {show_address(source)}"
    if key.family == 4 and kind not in DEAD_ENDS and values.get("scope") != _usual_scope(one):
        yield f"scope {values.get('scope')!s}"
    realms = values.get("realms")
    if isinstance(realms, int):
        yield f"realms {realms >> 16}/{realms & 0xFFFF}"
    if values.get("onlink") and not values.get("nexthops"):
        yield "onlink"
    if values.get("pref"):
        yield f"pref {_PREFERENCES.get(values['pref'], values['pref'])!s}"
    yield from _metrics(one)
    several = values.get("nexthops")
    for hop in several if isinstance(several, tuple) else ():
        if isinstance(hop, NextHop):
            yield _hop(seen, hop, home)


_PREFERENCES: Mapping[Value, str] = {1: "high", 3: "low"}


def _usual_scope(one: Resource) -> int:
    """That of a route of ours (config/compile.py)."""
    is_direct = one.values.get("gateway") is None and not one.values.get("nexthops")
    return _SCOPE_LINK if is_direct else _SCOPE_UNIVERSE


def _metrics(one: Resource) -> Iterator[str]:
    locked = one.values.get("lock", 0)
    for name, attribute in METRICS.items():
        value = one.values.get(name)
        if name == "lock" or value is None:
            continue
        is_locked = isinstance(locked, int) and locked >> attribute.number & 1
        # This one is locked wherever it is said.
        lock = " lock" if is_locked and name != "rto_min" else ""
        yield f"{name}{lock} {'ecn' if (name, value) == ('features', 1) else value!s}"


def _hop(seen: Seen, hop: NextHop, home: str) -> str:
    words = ["nexthop"]
    words += [f"via {show_address(hop.gateway)}"] if hop.gateway is not None else []
    if hop.link is not None and (hop.link != home or hop.gateway is None):
        words.append(f"dev {seen.word(hop.link)}")
    words += [f"weight {hop.weight}"] if hop.weight != 1 else []
    words += ["onlink"] if hop.onlink else []
    return " ".join(words)

"""IPv6 routes in which the kernel merges next hops of ours with those of others. Pure.

Next hops of one destination and metric are one route to the kernel, whoever brought them. Each keeps the
protocol of its maker, and a dump tells only the first one's, with the first one's metrics
(net/ipv6/route.c, rt6_fill_node). So nobody can read which of them are ours: what the config wants and
what earlier runs set (the record) says it.

Such a route is taken apart before anything is compared: ours stays under its key, and the next hops of
others come under a key of their own, so that they are foreign like any route of others.
"""

from __future__ import annotations

from typing import Dict, FrozenSet, Iterator, Mapping, NamedTuple, Optional, Sequence, Tuple

from . import route
from .model import Key, Resource, RouteKey, State
from .record import Record
from .values import NextHop, Values

#: Gateway and link: of one route the kernel takes no two next hops that have both in common.
_Way = Tuple[Optional[bytes], Optional[str]]


class Ours(NamedTuple):
    """What is known to be ours under a key. ``made``: by us, not found there and adopted.

    ``said``: what runs have said of the route, the oldest first, and what this one says.
    """

    said: Tuple[Values, ...]
    made: bool

    @property
    def ways(self) -> FrozenSet[_Way]:
        return frozenset(_way(hop) for values in self.said for hop in route.hops(values) if hop.gateway)

    @property
    def options(self) -> Values:
        """Those with which our next hops were set: where the first one is another's, no dump tells."""
        return _options(self.said[0])


def ours(record: Record, wanted: State) -> Mapping[RouteKey, Ours]:
    """By key, for all routes that could be merged with others'."""
    found: Dict[RouteKey, Ours] = {}
    for key in dict.fromkeys((*record.entries, *wanted.resources)):
        if not isinstance(key, RouteKey) or key.family == 4:
            continue
        entry, resource = record.get(key), wanted.get(key)
        given = entry.given if entry is not None else ()
        said = (*given, resource.values) if resource is not None else given
        if said:
            found[key] = Ours(said, entry is not None and entry.made)
    return found


def _way(hop: NextHop) -> _Way:
    return hop.gateway, hop.link


def _options(values: Values) -> Values:
    return {name: values[name] for name in route.OPTIONS - {"onlink"} if values.get(name) is not None}


def apart(live: State, known: Mapping[RouteKey, Ours]) -> State:
    """``live`` as it was read, with each merged route in two parts."""
    parts: Dict[Key, Sequence[Resource]] = {}
    for key, mine in known.items():
        have = live.get(key)
        if have is not None and _can_be_merged(have.values):
            parts[key] = list(_parts(key, have.values, mine))
    parts = {key: found for key, found in parts.items() if found}
    if not parts:
        return live
    resources = {key: one for key, one in live.resources.items() if key not in parts}
    resources.update({one.key: one for found in parts.values() for one in found})
    return State(resources)


def _can_be_merged(values: Values) -> bool:
    """The kernel merges routes with a gateway only (net/ipv6/ip6_fib.c, rt6_qualify_for_ecmp)."""
    is_ours_alone = values.get("protocol") == route.PROTOCOL and values.get("nexthops") is None
    if is_ours_alone or values.get("type") != "unicast" or route.BEHIND in values:
        return False
    return all(hop.gateway for hop in route.hops(values))


def _parts(key: RouteKey, have: Values, known: Ours) -> Iterator[Resource]:
    """None where all is of one maker, or where nothing tells that any of it is ours."""
    hops, ways, label = route.hops(have), known.ways, have.get("protocol")
    mine = [hop for hop in hops if _way(hop) in ways]
    theirs = [hop for hop in hops if _way(hop) not in ways]
    labelled = label == route.PROTOCOL
    if not ways or not theirs or not (mine or known.made or labelled):
        return
    both: Values = {"type": have["type"], "scope": have["scope"], route.BESIDE: 1}
    if mine:
        options = known.options if known.made and not labelled else _options(have)
        protocol = route.PROTOCOL if known.made else label
        yield Resource(key, {**both, **options, **_by(mine), "protocol": protocol})
    # Where nobody can tell whose it is: what has RTPROT_BOOT a routing daemon may replace, as nobody's.
    options, protocol = ({}, route.BOOT) if labelled else (_options(have), label)
    yield Resource(key._replace(others=True), {**both, **options, **_by(theirs), "protocol": protocol})


def _by(hops: Sequence[NextHop]) -> Values:
    if len(hops) > 1 or hops[0].weight != 1:
        return {"nexthops": route.in_order(hops)}
    values = {"gateway": hops[0].gateway, "link": hops[0].link}
    return {**values, "onlink": 1} if hops[0].onlink else values


def may_be_hidden(record: Record, path: str, wanted: State, live: State) -> bool:
    """Whether a route is to go that is not among those of our label: another's next hop may be the first."""
    return any(
        entry.given and path in entry.claims and live.get(entry.key) is None
        for entry in record
        if entry.key not in wanted.resources
    )

"""Routes to messages (struct rtmsg, RTA_*), so that no route of others is hit.

What the kernel compares (net/ipv4/fib_trie.c, fib_table_insert and fib_table_delete;
net/ipv6/ip6_fib.c, fib6_add_rt2node; net/ipv6/route.c, ip6_route_del):

* Adding with NLM_F_EXCL fails where the key (destination, tos, metric, table) is taken, by whomever.
* Replacing takes the first route with the key, whosever it is; of IPv6 with all its next hops.
* Removing compares the protocol and what else the message says; what it does not say may be anything.
* Next hops of one IPv6 destination and metric are one route, each with the protocol of who brought it,
  which no dump tells. A removal that says the next hop and the protocol takes just that one.
"""

from __future__ import annotations

import errno
from typing import Any, Dict, Iterable, Iterator, List, Optional, Sequence, Tuple

from pyroute2.netlink import nla, nlmsg
from pyroute2.netlink.rtnl.rtmsg import rtmsg

from ...state import route
from ...state.diff import Change
from ...state.model import RouteKey
from ...state.values import NextHop, Value, Values
from . import again, wire
from .encode import Encoded, Index, as_it_was, attribute_map, attrs_of, body_of

_TYPES = {name: number for number, name in wire.RTN_NAMES.items()}
_PLAIN = {
    name: one
    for name, one in route.ATTRIBUTES.items()
    if name not in route.METRICS and name not in {"nexthops", "onlink"}
}


class _Metrics(nla):  # type: ignore[misc]
    nla_map = attribute_map(route.METRICS)


class _RouteMessage(nlmsg):  # type: ignore[misc]
    fields = rtmsg.fields
    nla_map = (
        (wire.RTA_DST, "RTA_DST", "cdata"),
        (wire.RTA_PRIORITY, "RTA_PRIORITY", "uint32"),
        (wire.RTA_METRICS, "RTA_METRICS", "metrics"),
        (wire.RTA_MULTIPATH, "RTA_MULTIPATH", "cdata"),
        (wire.RTA_TABLE, "RTA_TABLE", "uint32"),
        *attribute_map(_PLAIN),
    )
    metrics = _Metrics


def route_messages(step: Change, key: RouteKey, index: Index) -> List[Encoded]:
    """``before`` and ``after`` of a change have what differs; what they share is in either of them."""
    old, new = _merged(step.before, step.after), _merged(step.after, step.before)
    # A dead end has no next hop to be exchanged: one route replaces the other.
    by_hops = step.before is None or step.after is None or bool(route.hops(old) and route.hops(new))
    if by_hops and route.BESIDE in (old if step.after is None else step.after):
        return list(_one_by_one(key, old, new, index))
    if step.after is None:
        return [_removed(key, old, index)]
    flags = wire.NLM_F_CREATE | (wire.NLM_F_EXCL if step.before is None else wire.NLM_F_REPLACE)
    as_told = as_it_was(step.after)
    if as_told is not None:
        return [Encoded(wire.RTM_NEWROUTE, flags, again.of_route(as_told, new, index))]
    if key.family == 6 and step.before is not None and by_hops and _hops_differ(old, new):
        return _other_hops(key, old, new, index)
    return [_made(flags, key, new, index)]


def _merged(one: Optional[Values], other: Optional[Values]) -> Dict[str, Value]:
    """All values of the route on one side of a change; none where there is no route."""
    if one is None:
        return {}
    return {name: value for name, value in {**(other or {}), **one}.items() if value is not None}


def _hops_differ(old: Values, new: Values) -> bool:
    return "nexthops" in {*old, *new} and route.hops(old) != route.hops(new)


def _one_by_one(key: RouteKey, old: Values, new: Values, index: Index) -> Iterator[Encoded]:
    """New next hops first, so that the destination is reached all the time.

    All that are wanted are sent: one that is there may be another's. One to be removed may have fallen with
    its link.
    """
    _, gone = _exchanged(old, new)
    wanted = route.hops(new)
    makes = [_appended(key, _with_hops(new, [hop]), index) for hop in wanted]
    removes = [_removed(key, _with_hops(old, [hop]), index) for hop in gone if _exists(hop.link, index)]
    removes = [one._replace(tolerated=frozenset({errno.ESRCH})) for one in removes]
    if key.others:
        yield from makes
    else:
        yield from (*removes, *makes) if _clash(wanted, gone) else (*makes, *removes)


def _appended(key: RouteKey, values: Values, index: Index) -> Encoded:
    made = _made(wire.NLM_F_CREATE | wire.NLM_F_APPEND, key, values, index)
    return made._replace(tolerated=frozenset({errno.EEXIST}))


def _exists(link: Optional[str], index: Index) -> bool:
    """A link that is gone has taken its next hops along."""
    try:
        return link is not None and index(link) > 0
    except OSError:
        return False


def _exchanged(old: Values, new: Values) -> Tuple[Sequence[NextHop], Sequence[NextHop]]:
    """The next hops that come and those that go; all of them where something else changes, too."""
    had, wanted = route.hops(old), route.hops(new)
    rest = {*old, *new} - route.HOPS - {route.BESIDE, "onlink"}
    if any(old.get(name) != new.get(name) for name in rest):
        return wanted, had
    return [hop for hop in wanted if hop not in had], [hop for hop in had if hop not in wanted]


def _clash(added: Iterable[NextHop], gone: Iterable[NextHop]) -> bool:
    """Two next hops with one gateway cannot be; and to remove one without takes all of its link."""
    ways = {(hop.gateway, hop.link) for hop in added}
    links = {hop.link for hop in added}
    return any((hop.gateway, hop.link) in ways or (not hop.gateway and hop.link in links) for hop in gone)


def _other_hops(key: RouteKey, old: Values, new: Values, index: Index) -> List[Encoded]:
    """IPv6: others' next hops among ours stay, and as long as one stays the destination is reached."""
    added, gone = _exchanged(old, new)
    makes = (
        [_made(wire.NLM_F_CREATE | wire.NLM_F_APPEND, key, _with_hops(new, added), index)] if added else []
    )
    removes = [_removed(key, _with_hops(old, gone), index)] if gone else []
    return [*removes, *makes] if _clash(added, gone) else [*makes, *removes]


def _with_hops(values: Values, hops: Sequence[NextHop]) -> Values:
    rest = {name: value for name, value in values.items() if name not in {*route.HOPS, "onlink"}}
    if len(hops) == 1 and hops[0].gateway is None:
        # A link alone is not to be had among several (net/ipv6/route.c, ip6_route_multipath_add).
        return {**rest, "link": hops[0].link}
    return {**rest, "nexthops": tuple(hops)}


def _made(flags: int, key: RouteKey, values: Values, index: Index) -> Encoded:
    message = _message(key, values)
    message["flags"] = wire.RTNH_F_ONLINK if values.get("onlink") else 0
    plain = {name: value for name, value in values.items() if name in _PLAIN}
    attrs: List[Tuple[str, Any]] = []
    hops = values.get("nexthops")
    if isinstance(hops, tuple):
        # Beside next hops the kernel wants the realms to be said with each of them.
        realms = plain.pop("realms", 0)
        attrs.append(("RTA_MULTIPATH", _packed(route.hops(values), realms, index)))
    metrics = attrs_of(route.METRICS, values, index)
    if metrics:
        attrs.append(("RTA_METRICS", {"attrs": metrics}))
    message["attrs"] += attrs_of(_PLAIN, plain, index) + attrs
    return Encoded(wire.RTM_NEWROUTE, flags, body_of(message))


def _removed(key: RouteKey, values: Values, index: Index) -> Encoded:
    as_told = as_it_was(values)
    if as_told is not None:
        return Encoded(wire.RTM_DELROUTE, 0, again.of_route(as_told, values, index))
    message = _message(key, values)
    hops = route.hops(values)
    if key.family == 4 and len(hops) > 1:
        # All of one maker; the kernel would compare them in its order.
        return Encoded(wire.RTM_DELROUTE, 0, body_of(message))
    if len(hops) == 1:
        (hop,) = hops
        message["attrs"] += attrs_of(_PLAIN, {"gateway": hop.gateway, "link": hop.link}, index)
    elif hops:
        message["attrs"].append(("RTA_MULTIPATH", _packed(hops, 0, index)))
    # The kernel goes through the next hops, and says so where one is not there, or is of others.
    return Encoded(wire.RTM_DELROUTE, 0, body_of(message), frozenset({errno.ESRCH} if len(hops) > 1 else ()))


def _message(key: RouteKey, values: Values) -> Any:
    message = _RouteMessage()
    message["family"] = wire.FAMILIES[len(key.destination.address)]
    message["dst_len"] = key.destination.length
    message["tos"] = key.tos
    message["proto"] = values.get("protocol", route.PROTOCOL)
    message["scope"] = values.get("scope", 0)
    message["type"] = _TYPES.get(str(values.get("type")), wire.RTN_UNICAST)
    attrs: List[Tuple[str, Any]] = [("RTA_TABLE", key.table)]
    if key.destination.length:
        attrs.append(("RTA_DST", key.destination.address))
    if key.metric:
        attrs.append(("RTA_PRIORITY", key.metric))
    message["attrs"] = attrs
    return message


def _packed(hops: Iterable[NextHop], realms: Value, index: Index) -> bytes:
    """struct rtnexthop of each, with its attributes."""
    packed = b""
    for hop in hops:
        attrs = wire.attribute(wire.RTA_GATEWAY, hop.gateway) if hop.gateway else b""
        if isinstance(realms, int) and realms:
            attrs += wire.attribute(wire.RTA_FLOW, wire.U32.pack(realms))
        flags = wire.RTNH_F_ONLINK if hop.onlink else 0
        length = wire.RTNEXTHOP.size + len(attrs)
        packed += (
            wire.RTNEXTHOP.pack(length, flags, hop.weight - 1, index(hop.link) if hop.link else 0) + attrs
        )
    return packed

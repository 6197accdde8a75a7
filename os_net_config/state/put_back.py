"""Steps that return what falls with a link or an address, and is to stay. Pure.

Addresses and routes fall with a link that is removed, and IPv6 addresses and all routes with one that
goes down. An IPv4 address takes the routes along that have it as their source, the last one of a
link all routes of the link (net/ipv4/fib_frontend.c, fib_del_ifaddr, fib_disable_ip). The MTU of an
IPv6 route goes along with that of its link (net/ipv6/route.c, rt6_mtu_change_route).
"""

from __future__ import annotations

from typing import Iterator, Mapping, Set

from .address_tasks import chains, ipv4
from .context import Context
from .dns_tasks import dns_needs
from .ethtool_tasks import ethtool_again
from .fall import comes_by_itself, links_of
from .graph import Fact, Task
from .model import SETTINGS, AddressKey, DnsKey, EthtoolKey, Key, Resource, RouteKey, SysctlKey
from .route import KERNEL, METRICS
from .route_tasks import after_what_reaches_it, route_needs
from .values import Value

#: The bit of RTAX_MTU (linux/rtnetlink.h).
_LOCKED_MTU = 1 << METRICS["mtu"].number


def put_back_tasks(around: Context) -> Iterator[Task]:
    order = chains(around)
    emptied, gone, again = _emptied(around), _gone_for_good(around), _given_again(around)
    for resource in around.staying():
        have = around.live.get(resource.key)
        if have is None:
            continue
        falls = around.fall.takes(have)
        key = resource.key
        if isinstance(key, AddressKey) and falls:
            needs = (Fact("exists", key.link), Fact("freed", key.link), *around.all_up(key.link))
            chain = order.get(key, ())
            yield Task(
                around.again(resource), (*needs, *chain[:1]), (Fact("addresses", key.link), *chain[1:])
            )
        elif isinstance(key, SETTINGS) and falls:
            yield from _setting(around, key, resource, have)
        elif isinstance(key, RouteKey) and (falls or _loses_its_address(have, key, emptied, again)):
            source = have.values.get("source")
            if source not in gone and _is_reached(around, have) and _is_settable(have):
                needs = (*route_needs(around, have.values), Fact("restored", again.get(source)))
                yield after_what_reaches_it(Task(around.again(resource), needs))
        elif isinstance(key, RouteKey) and _mtu_changes_along(around, key, have):
            step = around.again(resource)._replace(before={**have.values, "mtu": None})
            yield after_what_reaches_it(Task(step, route_needs(around, have.values)))


def _setting(around: Context, key: Key, resource: Resource, have: Resource) -> Iterator[Task]:
    if isinstance(key, EthtoolKey):
        yield ethtool_again(around, key, have)
    elif isinstance(key, DnsKey):
        if any(have.values.values()):
            yield Task(around.again(resource), dns_needs(key))
    elif isinstance(key, SysctlKey):
        yield Task(around.again(resource), (Fact("exists", key.link),), (Fact("settings", key.link),))


def _emptied(around: Context) -> Set[Value]:
    """The links that have no IPv4 address in between or in the end."""
    leaving: Set[Value] = set()
    staying: Set[Value] = set()
    for resource in around.live:
        key = ipv4(resource.key)
        if key is not None:
            change = around.changes.get(key)
            (staying if change is None else leaving).add(key.link)
    return leaving - staying - {key.link for key in map(ipv4, around.wanted.resources) if key is not None}


def _gone_for_good(around: Context) -> Set[Value]:
    """Addresses from which there is no route any more."""
    removed = {
        key.prefix.address
        for key, change in around.changes.items()
        if isinstance(key, AddressKey) and change.after is None
    }
    for one in around.staying():
        if isinstance(one.key, AddressKey):
            removed.discard(one.key.prefix.address)
    for key, change in around.changes.items():
        if isinstance(key, AddressKey) and change.after is not None:
            removed.discard(key.prefix.address)
    return set(removed)


def _given_again(around: Context) -> Mapping[Value, str]:
    """The links of the addresses that are removed and added again, for their place."""
    return {
        key.prefix.address: key.link
        for key, change in around.changes.items()
        if isinstance(key, AddressKey) and "place" in (change.after or {})
    }


def _loses_its_address(
    route: Resource, key: RouteKey, emptied: Set[Value], again: Mapping[Value, str]
) -> bool:
    if key.family != 4 or route.values.get("protocol") == KERNEL:
        return False
    return route.values.get("source") in again or any(on in emptied for on in links_of(route))


def _mtu_changes_along(around: Context, key: RouteKey, route: Resource) -> bool:
    """The kernel cuts the path's MTU to a smaller one of the link, and raises it where both were equal."""
    mtu, lock = route.values.get("mtu"), route.values.get("lock")
    is_locked = isinstance(lock, int) and bool(lock & _LOCKED_MTU)
    if key.family != 6 or not isinstance(mtu, int) or is_locked or comes_by_itself(route):
        return False
    for on in links_of(route):
        old, new = around.have(on).get("mtu"), around.then(on, "mtu")
        if isinstance(new, int) and old != new and (mtu >= new or mtu == old):
            return True
    return False


def _is_reached(around: Context, route: Resource) -> bool:
    """Whether the route's next hop can be reached when the addresses that go are gone."""
    gateway, on = route.values.get("gateway"), route.values.get("link")
    if not isinstance(gateway, bytes) or gateway[:2] == b"\xfe\x80" or route.values.get("onlink"):
        return True
    return any(net.contains(gateway) for net in around.networks.get(on, ()))


def _is_settable(route: Resource) -> bool:
    return route.values.get("protocol") != KERNEL and route.values.get("type") not in {"local", "broadcast"}

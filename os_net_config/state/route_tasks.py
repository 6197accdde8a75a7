"""How routes, rules and settings come and go, as tasks. Pure."""

from __future__ import annotations

from typing import Iterator, List, Tuple

from .address_tasks import PROMOTE
from .context import Context
from .diff import Change
from .fall import links_of_route
from .graph import Fact, Task
from .model import FileKey, NameKey, NicNameKey, ProcessKey, RouteKey, RuleKey, SysctlKey
from .process import DHCP
from .route import BESIDE, hops
from .values import Values


def route_tasks(around: Context) -> Iterator[Task]:
    for key, change in around.changes.items():
        if isinstance(key, RouteKey):
            yield from _route(around, change, key)
        elif isinstance(key, RuleKey):
            yield _rule(change, key)


def setting_tasks(around: Context) -> Iterator[Task]:
    """Sysctls, names of numbers, and files of others."""
    for key, change in around.changes.items():
        if isinstance(key, SysctlKey):
            yield _setting(change, key)
        elif isinstance(key, (FileKey, NameKey, NicNameKey)):
            yield Task(change)


def _setting(change: Change, key: SysctlKey) -> Task:
    exists = Fact("exists", key.link)
    if key.name != PROMOTE:
        # A client that has them sets them as it likes until it has stopped.
        return Task(change, (exists, Fact("stopped", key.link)), (Fact("settings", key.link),))
    if change.after is not None and change.after.get("value"):
        return Task(change, (exists,), (Fact("promoting", key.link),))
    # As long as addresses go, the others of their subnets are not to go along.
    return Task(change, (exists, *(Fact(what, key.link) for what in ("removed", "removed first"))))


def _route(around: Context, change: Change, key: RouteKey) -> Iterator[Task]:
    table = Fact("routes", key.table)
    if change.after is None:
        links = [on for on in links_of_route(change.before or {}) if on is not None]
        if links and all(on in around.fall.gone for on in links):
            return
        gives = tuple(Fact("routes freed", on) for on in links)
        stopped = (Fact("stopped", on) for on in links)
        yield Task(change, (Fact("unruled", key.table), *stopped), gives)
        return
    resource = around.wanted.get(key)
    # A replaced route has nothing of the old one: what we give a new one is said again.
    values = {**resource.initial, **resource.values} if resource else change.after
    have = around.live.get(key)
    beside = {BESIDE: 1} if _is_beside(around, change, key) else {}
    whole = change._replace(after={**values, **change.after, **beside})
    needs = route_needs(around, values)
    if have is not None and change.before is None:
        # The kernel's own with this key goes with its address.
        needs += tuple(Fact(what, have.values.get("link")) for what in ("removed", "gone"))
    leases = tuple(_leases(around, key, values))
    needs += tuple(Fact("served", one.link) for one in leases)
    task = Task(whole._replace(awaits=leases), needs, (table,))
    yield after_what_reaches_it(task)


def _leases(around: Context, key: RouteKey, values: Values) -> Iterator[ProcessKey]:
    """The clients whose leases alone reach a next hop: the kernel refuses the route before."""
    for hop in hops(values):
        client = ProcessKey(DHCP, str(hop.link))
        told = around.wanted.get(client)
        if told is None or not told.values.get(f"ipv{key.family}") or hop.gateway is None or hop.onlink:
            continue
        if not any(net.contains(hop.gateway) for net in around.networks.get(hop.link, ())):
            yield client


def _is_beside(around: Context, change: Change, key: RouteKey) -> bool:
    """Others have next hops in the route, or of several of ours some may fall on the way."""
    have = around.live.get(key)
    if around.live.get(key._replace(others=True)) is not None:
        return True
    falls = have is not None and change.before is not None and around.fall.takes(have)
    return falls and key.family == 6 and "nexthops" in {**(change.before or {}), **(change.after or {})}


def route_needs(around: Context, values: Values) -> Tuple[Fact, ...]:
    """A route needs its links up, as large as they are to be, and all their addresses in place."""
    needs: List[Fact] = []
    for on in links_of_route(values):
        needs += around.all_up(on)
        needs += [Fact(what, on) for what in ("addresses", "removed", "restored", "mtu")]
    return tuple(needs)


def after_what_reaches_it(route: Task) -> Task:
    """A next hop may be reached by another route, one without a next hop."""
    values = route.step.after or {}
    direct = Fact("direct routes", values.get("link"))
    if values.get("gateway") is None and not values.get("nexthops"):
        return route._replace(gives=(*route.gives, direct))
    links = links_of_route(values)
    return route._replace(needs=(*route.needs, *(Fact("direct routes", on) for on in links)))


def _rule(change: Change, key: RuleKey) -> Task:
    """A rule leads to a table that is filled, and goes before the table is emptied.

    Of one priority the old one goes first: the kernel tells them apart by less than all of it.
    """
    priority = Fact("rule gone", key.priority)
    if change.after is None:
        return Task(change, (), (Fact("unruled", key.table), priority))
    return Task(change, (Fact("routes", key.table), priority))

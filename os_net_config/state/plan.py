"""The order in which changes can be made: a graph of what needs what, and its levels. Pure.

Each step gives facts ("bond0 exists", "the ports of bond0 are attached") and needs others. A
step comes after every step that gives what it needs; what no step gives is there already.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Dict, FrozenSet, Iterator, List, Mapping, NamedTuple, Optional, Sequence, Set, Tuple

from . import bond, bridge, link
from .attributes import Stage
from .diff import Change
from .model import AddressKey, Key, LinkKey, Resource, RouteKey, State, SysctlKey, attributes_of
from .values import Prefix, Value, Values


class Fact(NamedTuple):
    what: str
    link: Value


class Task(NamedTuple):
    step: Change
    needs: Tuple[Fact, ...] = ()
    gives: Tuple[Fact, ...] = ()


@dataclass(frozen=True)
class Plan:
    """``changes`` say what differs, ``steps`` how it is made so, in order."""

    changes: Tuple[Change, ...]
    steps: Tuple[Change, ...]

    def __bool__(self) -> bool:
        return bool(self.changes)


class CycleError(Exception):
    """Steps need each other; the text names the links."""


def plan(changes: Sequence[Change], wanted: State, live: State) -> Plan:
    """Raises CycleError where links stand on each other in a ring."""
    uppers: Dict[Value, List[str]] = {}
    for name, resource in wanted.links():
        uppers.setdefault(resource.values.get("link"), []).append(name)
    context = _Context(wanted, live, {change.key: change for change in changes}, uppers)
    tasks = [task for change in changes for task in context.tasks(change)]
    tasks.extend(context.keep_mtus())
    tasks.extend(context.put_back())
    return Plan(tuple(changes), tuple(_in_order(tasks)))


def _in_order(tasks: Sequence[Task]) -> List[Change]:
    """By level, and within one level in the order given."""
    givers: Dict[Fact, List[int]] = {}
    for number, task in enumerate(tasks):
        for fact in task.gives:
            givers.setdefault(fact, []).append(number)
    before = [sorted({giver for fact in task.needs for giver in givers.get(fact, ())}) for task in tasks]
    waiting = [len(numbers) for numbers in before]
    followers: List[List[int]] = [[] for _ in tasks]
    for number, numbers in enumerate(before):
        for giver in numbers:
            followers[giver].append(number)
    ready = [number for number, count in enumerate(waiting) if count == 0]
    steps: List[Change] = []
    while ready:
        steps.extend(tasks[number].step for number in ready)
        freed: List[int] = []
        for number in ready:
            for follower in followers[number]:
                waiting[follower] -= 1
                if waiting[follower] == 0:
                    freed.append(follower)
        ready = sorted(freed)
    if len(steps) < len(tasks):
        stuck = sorted({str(task.step.key) for task, count in zip(tasks, waiting) if count})
        raise CycleError(", ".join(stuck))
    return steps


@dataclass(frozen=True)
class _Context:
    wanted: State
    live: State
    changes: Mapping[Key, Change]
    #: The links that stand on a link.
    uppers: Mapping[Value, Sequence[str]]

    def tasks(self, change: Change) -> Iterator[Task]:
        key = change.key
        if isinstance(key, AddressKey):
            return self._address(change, key)
        if isinstance(key, RouteKey):
            return self._route(change)
        if not isinstance(key, LinkKey):
            return self._setting(change, key)
        if change.before is None:
            return self._new_link(change, key)
        return self._changed_link(change, key)

    def _setting(self, change: Change, key: Key) -> Iterator[Task]:
        """A rule, a sysctl, a name: a sysctl is there with its link."""
        yield Task(change, (Fact("exists", key.link),) if isinstance(key, SysctlKey) else ())

    # Links

    def _new_link(self, change: Change, key: LinkKey) -> Iterator[Task]:
        assert change.after is not None
        name, values = key.name, change.after
        late = {n: v for n, v in values.items() if self._is_late(n, values)}
        below = values.get("link")
        # A VLAN that is there when its device goes up is set up with it (net/8021q/vlan.c).
        needs = [Fact(what, below) for what in ("exists", "mtu", "up")]
        gives = [Fact("exists", name), Fact("mtu", name)]
        if late.keys() == {"up"} and name not in self._masters:
            late = {}
            gives.append(Fact("up", name))
        first = {n: v for n, v in values.items() if n not in late}
        yield Task(change._replace(after=first), tuple(needs), tuple(gives))
        yield from self._late(change, key, {}, late)

    def _changed_link(self, change: Change, key: LinkKey) -> Iterator[Task]:
        assert change.before is not None and change.after is not None
        have = self.live.link(key.name)
        values = have.values if have else {}
        late = {n: v for n, v in change.after.items() if self._is_late(n, values)}
        now = {n: v for n, v in change.after.items() if n not in late and n != "mtu"}
        if now:
            again = self._hanging_on(key, values, now)
            before = {**again, **{n: change.before[n] for n in now}}
            yield Task(change._replace(before=before, after={**now, **again}), (Fact("exists", key.name),))
        if "mtu" in change.after and "mtu" not in late:
            yield self._mtu(change, key)
        yield from self._late(change, key, change.before, late)

    def _hanging_on(self, key: LinkKey, values: Values, now: Values) -> Values:
        """Attributes that the kernel counts in units of one that changes, to be written again as they are."""
        wanted = self._wanted(key.name)
        table = attributes_of(key, values)
        units = {n: [now[u] for u in one.after if u in now] for n, one in table.items() if n not in now}
        same = {n: wanted.get(n, values.get(n)) for n, some in units.items() if some and all(some)}
        return {n: value for n, value in same.items() if value or n in wanted}

    def _late(self, change: Change, key: LinkKey, before: Values, late: Values) -> Iterator[Task]:
        """What is written when the ports are there, in one step: the last of it sets the link up."""
        name = key.name
        if "master" in late:
            yield from self._attach(change, key, late["master"])
        rest = {n: v for n, v in late.items() if n != "master"}
        if rest:
            was = {n: before.get(n, 0 if n == "up" else None) for n in rest}
            needs = [Fact(what, name) for what in ("exists", "ports", "attached")]
            gives = [Fact(what, name) for what in ("mtu", "up") if what in rest]
            if "up" in rest:
                needs.append(Fact("up", self._wanted(name).get("link")))
            yield Task(change._replace(before=was, after=rest), tuple(needs), tuple(gives))

    def _attach(self, change: Change, key: LinkKey, master: Value) -> Iterator[Task]:
        """The bonding driver refuses a port that is up, and sets it up itself.

        One that leaves it sets down, and gives it back the MTU that it came with.
        """
        name = key.name
        have = self.live.link(name)
        values: Values = have.values if have else {}
        before = values.get("master")
        if values.get("up") and self._kind(master) == bond.KIND:
            down = Change(key, {"up": 1}, {"up": 0}, change.origin, transient=True)
            # Going down takes routes and IPv6 addresses along: those to be removed are removed before.
            gone = tuple(Fact(what, name) for what in ("routes freed", "freed", "removed"))
            yield Task(down, gone, (Fact("down", name),))
        step = change._replace(before={"master": before}, after={"master": master})
        needs = [Fact("exists", name), Fact("exists", master), Fact("down", name)]
        leaves_a_bond = self._kind(before) == bond.KIND
        if not leaves_a_bond:
            needs.append(Fact("mtu", name))
        opened = (Fact("up", name),) if self._kind(master) == bond.KIND else ()
        yield Task(step, tuple(needs), (Fact("attached", name), Fact("ports", master), *opened))
        if leaves_a_bond and self._kind(master) != bond.KIND:
            yield from self._put_port_back(change, key, values)

    def _put_port_back(self, change: Change, key: LinkKey, values: Values) -> Iterator[Task]:
        """What a port of a bond has to get again when it is one no more."""
        attached, mtu = Fact("attached", key.name), self._wanted(key.name).get("mtu")
        if values.get("up"):
            up = Change(key, {"up": 0}, {"up": 1}, change.origin, transient=True)
            yield Task(up, (attached,), (Fact("up", key.name),))
        if mtu is not None and mtu == values.get("mtu"):
            again = Change(key, {"mtu": mtu}, {"mtu": mtu}, change.origin, transient=True)
            yield Task(again, (attached,), (Fact("mtu", key.name),))

    def _mtu(self, change: Change, key: LinkKey) -> Task:
        """A link may not be larger than the one below it: grow from below, shrink from above."""
        assert change.before is not None and change.after is not None
        old, new = change.before["mtu"], change.after["mtu"]
        step = change._replace(before={"mtu": old}, after={"mtu": new})
        if isinstance(old, int) and isinstance(new, int) and new < old:
            # One that is only being made comes afterwards.
            there = (upper for upper in self.uppers.get(key.name, ()) if self.live.link(upper) is not None)
            needs = tuple(Fact("mtu", upper) for upper in there)
        else:
            needs = (Fact("mtu", self._wanted(key.name).get("link")),)
        if self._kind(change.before.get("master")) == bond.KIND:
            needs = (*needs, Fact("attached", key.name))
        return Task(step, needs, (Fact("mtu", key.name),))

    def keep_mtus(self) -> Iterator[Task]:
        """Steps that return the MTU of a bridge which follows its ports, and of the VLANs on it.

        It follows them until it is told an MTU other than the one that it has.
        """
        ports: Dict[Value, List[Fact]] = {}
        for key, change in self.changes.items():
            have = self.live.get(key)
            if isinstance(key, LinkKey) and {"master", "mtu"} & (change.after or {}).keys():
                for values in (have.values if have else {}, change.after or {}):
                    ports.setdefault(values.get("master"), []).append(Fact("mtu", key.name))
        for name, needs in ports.items():
            if self._kind(name) == bridge.KIND:
                yield from self._keep_mtu(str(name), (Fact("ports", name), *needs))

    def _keep_mtu(self, name: str, needs: Tuple[Fact, ...]) -> Iterator[Task]:
        have, wanted = self.live.link(name), self.wanted.link(name)
        mtu = wanted.values.get("mtu") if wanted else None
        if mtu is None or have is None or have.values.get("mtu") != mtu:
            return
        origin = wanted.origin if wanted else ()
        again = Change(LinkKey(name), {"mtu": mtu}, {"mtu": mtu}, origin, transient=True)
        yield Task(again, needs, (Fact("mtu again", name),))
        for upper in self.uppers.get(name, ()):
            yield from self._keep_mtu(upper, (Fact("mtu again", name),))

    def _is_late(self, name: str, values: Values) -> bool:
        if name == "mtu":
            # A bridge follows its ports' MTU until it is told its own.
            return values.get("kind") == bridge.KIND
        return name == "master" or attributes_of(LinkKey(""), values)[name].stage is Stage.PORTS_ATTACHED

    @cached_property
    def _masters(self) -> FrozenSet[Value]:
        """The links that get a port."""
        return frozenset((change.after or {}).get("master") for change in self.changes.values())

    def _kind(self, name: Value) -> Value:
        return self._wanted(name).get("kind", link.PLAIN) if isinstance(name, str) else None

    def _wanted(self, name: str) -> Values:
        resource: Optional[Resource] = self.wanted.link(name) or self.live.link(name)
        return resource.values if resource else {}

    # Addresses and routes

    def _address(self, change: Change, key: AddressKey) -> Iterator[Task]:
        """New addresses come before old ones go, so that the link is never without."""
        on = key.link
        if change.after is None and (on, key.prefix.address) in self._coming:
            yield Task(change, (Fact("routes freed", on),), (Fact("freed", on),))
        elif change.after is None and self._is_secondary(key):
            facts = (Fact("removed", on), Fact("secondaries removed", on))
            yield Task(change, (Fact("addresses", on), Fact("routes freed", on)), facts)
        elif change.after is None:
            needs = (Fact("addresses", on), Fact("routes freed", on), Fact("secondaries removed", on))
            yield Task(change, needs, (Fact("removed", on),))
        else:
            ready = (Fact("exists", on), Fact("freed", on), *self._all_up(on))
            yield Task(change, ready, (Fact("addresses", on),))

    def _all_up(self, name: Value) -> Iterator[Fact]:
        """A link that goes down takes the IPv6 addresses and routes of those above it along."""
        seen: Set[Value] = set()
        while isinstance(name, str) and name not in seen:
            seen.add(name)
            yield Fact("up", name)
            name = self._wanted(name).get("link")

    def _is_secondary(self, key: AddressKey) -> bool:
        """Whether it falls with the first address of its subnet, after which it cannot be removed."""
        have = self.live.get(key)
        return bool(have and have.values.get("secondary"))

    @cached_property
    def _coming(self) -> FrozenSet[Tuple[str, bytes]]:
        """New IPv6 addresses: the kernel has one once per link, whatever its prefix length."""
        return frozenset(
            (key.link, key.prefix.address)
            for key, change in self.changes.items()
            if isinstance(key, AddressKey) and len(key.prefix.address) == 16 and change.after is not None
        )

    def put_back(self) -> Iterator[Task]:
        """Steps that return what falls with an IPv4 address that is removed.

        The first address of a subnet takes the subnet's others along, unless the sysctl
        promote_secondaries says otherwise; an address takes the routes along that have it as
        their source, the last one of a link all routes of the link (net/ipv4/devinet.c,
        __inet_del_ifa; net/ipv4/fib_frontend.c, fib_del_ifaddr, fib_disable_ip).
        """
        removed = [
            key
            for change in self.changes.values()
            if change.after is None and (key := _ipv4(change.key)) is not None
        ]
        subnets = {_subnet(key) for key in removed if not self._is_secondary(key)}
        if not subnets:
            return
        fallen: Dict[Value, str] = {}
        emptied: Set[Value] = {key.link for key in removed}
        gone: Set[Value] = {key.prefix.address for key in removed}
        for resource in self._to_be_kept():
            key = _ipv4(resource.key)
            if key is None:
                continue
            gone.discard(key.prefix.address)
            if _subnet(key) in subnets:
                fallen[key.prefix.address] = key.link
                yield Task(self._again(resource), (Fact("removed", key.link),), (Fact("restored", key.link),))
            else:
                emptied.discard(key.link)
        for resource in self._to_be_kept():
            have = self.live.get(resource.key)
            if not isinstance(resource.key, RouteKey) or resource.key.family != 4 or have is None:
                continue
            on, source = have.values.get("link"), have.values.get("source")
            # From an address that is gone for good there is no route.
            falls = (on in emptied or source in fallen) and source not in gone
            stays = self._is_reached(have.values) and _is_settable(have.values)
            if falls and stays and resource.key not in self.changes:
                links = (on, fallen.get(source))
                needs = tuple(Fact(what, one) for one in links for what in ("removed", "restored"))
                yield _after_what_reaches_it(Task(self._again(resource), needs))

    def _to_be_kept(self) -> Iterator[Resource]:
        """What is wanted, in its order, and then what is there and stays."""
        yield from self.wanted
        for resource in self.live:
            if resource.key not in self.wanted.resources and resource.key not in self.changes:
                yield resource

    def _is_reached(self, route: Values) -> bool:
        """Whether the route's next hop can be reached when the addresses that go are gone."""
        gateway, on = route.get("gateway"), route.get("link")
        return not isinstance(gateway, bytes) or any(
            net.contains(gateway) for net in self._networks.get(on, ())
        )

    @cached_property
    def _networks(self) -> Mapping[Value, Sequence[Prefix]]:
        """What each link reaches in the end: by its addresses, and by routes without a next hop."""
        found: Dict[Value, List[Prefix]] = {}
        for resource in self._to_be_kept():
            key = resource.key
            if isinstance(key, AddressKey):
                found.setdefault(key.link, []).append(key.prefix)
            elif isinstance(key, RouteKey) and _is_direct(resource.values):
                found.setdefault(resource.values.get("link"), []).append(key.destination)
        return found

    def _again(self, resource: Resource) -> Change:
        have = self.live.get(resource.key)
        values = {**resource.initial, **resource.values, **(have.values if have else {})}
        return Change(resource.key, values, values, resource.origin, transient=True)

    def _route(self, change: Change) -> Iterator[Task]:
        if change.after is None:
            yield Task(change, (), (Fact("routes freed", (change.before or {}).get("link")),))
            return
        resource = self.wanted.get(change.key)
        # A replaced route has nothing of the old one: what we give a new one is said again.
        values = {**resource.initial, **resource.values} if resource else change.after
        on = values.get("link")
        needs = [*self._all_up(on), *(Fact(what, on) for what in ("addresses", "removed", "restored"))]
        yield _after_what_reaches_it(Task(change._replace(after={**values, **change.after}), tuple(needs)))


def _ipv4(key: Key) -> Optional[AddressKey]:
    return key if isinstance(key, AddressKey) and key.prefix.bits == 32 else None


def _subnet(key: AddressKey) -> Tuple[str, Prefix]:
    return key.link, key.prefix.network


def _after_what_reaches_it(route: Task) -> Task:
    """A next hop may be reached by another route, one without a next hop."""
    values = route.step.after or {}
    direct = Fact("direct routes", values.get("link"))
    if values.get("gateway") is None:
        return route._replace(gives=(*route.gives, direct))
    return route._replace(needs=(*route.needs, direct))


#: RTPROT_KERNEL: the kernel makes these routes again itself.
_KERNEL = 2


def _is_direct(route: Values) -> bool:
    """A route of somebody's without a next hop; the kernel's own go with their addresses."""
    return route.get("gateway") is None and route.get("protocol") != _KERNEL


def _is_settable(route: Values) -> bool:
    return route.get("protocol") != _KERNEL and route.get("type") == "unicast"

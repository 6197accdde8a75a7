"""What differs between the wanted and the live state, attribute by attribute. Pure."""

from __future__ import annotations

from typing import AbstractSet, Container, Iterator, List, Mapping, NamedTuple, Optional, Tuple

from . import bridge_port, carried, devices, held, ipoib, link, names, route, row, rows, twins
from .making import described
from .model import (
    AddressKey,
    Key,
    LinkKey,
    NameKey,
    Resource,
    RouteKey,
    RowKey,
    State,
    attributes_of,
    value_of,
)
from .places import misplaced
from .problem import Path, Problem
from .route import KERNEL
from .unsaid import Final
from .values import Value, Values, show_address


class Change(NamedTuple):
    """One resource's change: only the attributes that differ are in ``before`` and ``after``.

    None stands for a resource that does not exist, so that the inverse is the swap.
    ``transient`` marks a step in between, which another step of the same plan takes back.
    ``awaits`` are addresses that must be past duplicate address detection before this step;
    ``probes`` are those that no other node may have when it is made.
    """

    key: Key
    before: Optional[Values]
    after: Optional[Values]
    origin: Path = ()
    transient: bool = False
    awaits: Tuple[Key, ...] = ()
    probes: Tuple[AddressKey, ...] = ()

    @property
    def inverse(self) -> Change:
        return self._replace(before=self.after, after=self.before, awaits=(), probes=())


class Difference(NamedTuple):
    changes: List[Change]
    problems: List[Problem]


_NO_REMOVALS: Mapping[Key, Path] = {}


def diff(
    wanted: State,
    live: State,
    removals: Mapping[Key, Path] = _NO_REMOVALS,
    freed: AbstractSet[str] = frozenset(),
) -> Difference:
    """The changes that make ``live`` what ``wanted`` says, in its order, and take the ``removals`` off.

    A link that is wanted and to be removed is made anew. ``freed`` ones may leave others' bonds and bridges.
    What cannot be done is a problem; then nothing of the changes is to be applied.
    """
    changes: List[Change] = []
    problems: List[Problem] = []
    places = misplaced(wanted, live)
    for resource in wanted:
        have = live.get(resource.key)
        if have is None or _makes_room(have, wanted, live, removals):
            made = {**resource.initial, **resource.values}
            changes.append(Change(resource.key, None, made, resource.origin))
            continue
        change = _compare(_of_its_kind(_alone(resource, have, live), wanted, live), have)
        if resource.key in removals:
            change = _anew(resource, have, change)
        elif resource.key in places:
            was, place = places[resource.key]
            change = Change(resource.key, {"place": was}, {"place": place}, resource.origin)
        if change is not None:
            if resource.key not in removals and str(resource.key) not in freed:
                problems.extend(_cannot_change(change, have, wanted, live, removals))
            changes.append(change)
    for key, origin in removals.items():
        have = live.get(key)
        if have is not None and key not in wanted.resources:
            changes.append(Change(key, described(have), None, origin))
    problems.extend(_cannot_make(changes, wanted, live))
    problems.extend(_held_by_others(changes, wanted, live, removals, freed))
    problems.extend(_too_large_for_the_link_below(wanted, live))
    return Difference(changes, problems)


def _alone(wanted: Resource, have: Resource, live: State) -> Resource:
    """A link that the config names outside of any bond or bridge leaves the one of ours it is in."""
    master = have.values.get("master")
    if not isinstance(wanted.key, LinkKey) or "master" in wanted.values or master is None:
        return wanted
    if not is_ours(str(master), live):
        return wanted
    return wanted._replace(values={**wanted.values, "master": None})


def _of_its_kind(one: Resource, wanted: State, live: State) -> Resource:
    """A link of the kernel that becomes Open vSwitch's: only its row says so."""
    kind = rows.kind_to_be(one.key.name, wanted, live) if isinstance(one.key, LinkKey) else None
    return rows.with_kind(one, kind) if kind is not None else one


def _anew(wanted: Resource, have: Resource, change: Optional[Change]) -> Change:
    """A change of the kind, be it the same: no other way leads to that than to make the link again."""
    before, after = (change.before or {}, change.after or {}) if change is not None else ({}, {})
    kind = link.KIND.name
    before = {kind: have.values.get(kind), **before}
    return Change(wanted.key, before, {kind: wanted.values.get(kind), **after}, wanted.origin)


def _makes_room(have: Resource, wanted: State, live: State, removals: Mapping[Key, Path]) -> bool:
    """Whether it is a route that the kernel made for an address which goes in the same plan."""
    key, on = have.key, have.values.get("link")
    if not isinstance(key, RouteKey) or have.values.get("protocol") != KERNEL:
        return False
    goes = LinkKey(str(on)) in removals
    staying = (one for one in live.resources if not goes and one not in removals)
    return not any(
        isinstance(one, AddressKey) and (one.link, one.prefix.network) == (on, key.destination)
        for one in (*staying, *wanted.resources)
    )


def is_ours(name: str, live: State) -> bool:
    """Whether a link carries our label."""
    return live.values(name).get("group") == link.GROUP


def _compare(wanted: Resource, have: Resource) -> Optional[Change]:
    values, now = wanted.values, have.values
    if isinstance(wanted.key, RowKey):
        now = {name: value_of(have, name) for name in values}
    if isinstance(wanted.key, RouteKey) and now.get("protocol") == route.PROTOCOL:
        # The whole route is ours: what it has and nobody asks for is a difference.
        values = {**dict.fromkeys((route.OPTIONS | route.HOPS) & now.keys()), **values}
    if "master" in values and values["master"] != now.get("master"):
        # What it is as a port it leaves behind, and has to be told again.
        now = {name: value for name, value in now.items() if name not in bridge_port.ATTRIBUTES}
    names = [name for name, value in values.items() if now.get(name) != value]
    names = [name for name in names if not _may_be(values[name], name, now, have)]
    if not names:
        return None
    before = {name: value_of(have, name) for name in names}
    return Change(wanted.key, before, {name: values[name] for name in names}, wanted.origin)


def _may_be(value: Value, name: str, now: Values, have: Resource) -> bool:
    """Whether what was read may be this value: some are told roughly."""
    attribute = attributes_of(have.key, have.values).get(name)
    return attribute is not None and attribute.type.same(value, now.get(name))


def _cannot_make(changes: List[Change], wanted: State, live: State) -> Iterator[Problem]:
    known = ((twins.identity(one.values), name) for name, one in live.links())
    named = {identity: name for identity, name in known if identity is not None}
    probed = devices.coming(wanted, live)
    leaving = {change.key for change in changes if _becomes_another(change, live)}
    makes_room = {change.key for change in changes if _is_anew(change)}
    for change in changes:
        if isinstance(change.key, RowKey) and change.after is not None:
            yield from rows.no_such_datapath(change.key, change.after, change.origin, live)
            if change.before is None:
                made = Resource(change.key, change.after, change.origin)
                yield from rows.cannot_make(made, wanted, live, makes_room)
        if not isinstance(change.key, LinkKey) or change.after is None:
            continue
        is_made = change.after.get("kind") or wanted.is_internal(change.key.name) or change.key.name in probed
        if change.before is None and not is_made:
            yield _no_such_nic(change, live)
        have = live.link(change.key.name)
        then = {**(have.values if have else {}), **change.after}
        identity = twins.identity(then)
        twin = named.get(identity) if identity is not None else None
        if twin is not None and twin != change.key.name and LinkKey(twin) not in leaving:
            message = f"{twins.shown(then)} is there already, as {twin}"
            hint = "--prune-all removes it" if is_ours(twin, live) else f"remove it first: ip link del {twin}"
            yield Problem(change.origin, message, hint)


def _held_by_others(
    changes: List[Change], wanted: State, live: State, leaving: Container[Key], freed: AbstractSet[str]
) -> Iterator[Problem]:
    """Links that are to be ports of the kernel's and are ports of Open vSwitch, or the other way round."""
    masters = {c.key: c.after["master"] for c in changes if c.after is not None and "master" in c.after}
    for change in changes:
        key, holder = change.key, None
        if not isinstance(key, (LinkKey, RowKey)) or change.after is None or key.name in freed:
            continue
        if isinstance(key, LinkKey):
            if masters.get(key) is not None:
                holder = held.in_the_switch(key.name, wanted, live, leaving)
        elif key.table == row.INTERFACE and change.before is None and LinkKey(key.name) not in masters:
            holder = held.in_the_kernel(key.name, live, leaving)
        if holder is not None:
            yield holder.problem(key.name, change.origin)


def _is_anew(change: Change) -> bool:
    """Whether it makes a link that is there one of another kind."""
    return change.before is not None and link.KIND.name in (change.after or {})


def _becomes_another(change: Change, live: State) -> bool:
    """Whether a link goes, or is made anew as what it was not."""
    have = live.get(change.key)
    if change.after is None or have is None or not isinstance(change.key, LinkKey):
        return change.after is None
    return twins.identity(have.values) != twins.identity({**have.values, **change.after})


def _no_such_nic(change: Change, live: State) -> Problem:
    kinds = {link.PLAIN, ipoib.KIND}
    nics = [name for name, one in live.links() if one.values.get("kind") in kinds and name != "lo"]
    known = ", ".join(nics[:_MOST_NAMES]) + (", …" if len(nics) > _MOST_NAMES else "")
    hint = f"its NICs are {known or 'none'}; os-net-config -i tells which of them is nic1"
    return Problem(change.origin, f"there is no link named {change.key!s} on this node", hint)


_MOST_NAMES = 8


def _cannot_change(
    change: Change, have: Resource, wanted: State, live: State, removals: Mapping[Key, Path]
) -> Iterator[Problem]:
    assert change.before is not None and change.after is not None
    key = change.key
    if isinstance(key, RowKey):
        yield from rows.cannot_change(have, change.after, change.origin)
    elif isinstance(key, RouteKey):
        yield from _route_of_others(change, key, have, live)
    elif isinstance(key, NameKey):
        owner = have.values.get(names.OWNER)
        if owner is not None:
            message = f"{key} is called {have.values.get('name')!s} already, by {owner!s}"
            yield Problem(change.origin, message, "take that name, or another number")
    elif "kind" in change.after and not rows.gives_way(str(key), live, removals):
        yield _another_kind(change, have, live)
    elif ipoib.MODE.name in change.after and have.values.get("kind") != ipoib.KIND:
        hint = "write type: interface, or name another one"
        yield Problem(change.origin, f"{key} is no InfiniBand interface", hint)
    elif isinstance(key, LinkKey) and change.before.get("master") is not None:
        yield from _master_of_others(change, key, wanted, live)


def _another_kind(change: Change, have: Resource, live: State) -> Problem:
    name, kind = str(change.key), str(have.values.get("kind") or "NIC")
    if not live.is_internal(name):
        message = f"{name} is there already as a {kind}"
        return Problem(change.origin, message, "remove it, or choose another name")
    what, command = (
        ("bridge", "del-br") if RowKey(row.BRIDGE, name) in live.resources else ("port", "del-port")
    )
    message = f"{name} is there already as a {what} of Open vSwitch"
    return Problem(change.origin, message, f"remove it: ovs-vsctl {command} {name}; or choose another name")


def _route_of_others(change: Change, key: RouteKey, have: Resource, live: State) -> Iterator[Problem]:
    if _is_shared(have) or _takes_others_along(change, key, have, live):
        message = f"a route to {key} with metric {key.metric} is there already, with next hops of others"
        yield Problem(change.origin, message, "remove them, or give this one another metric")
    elif have.values.get("protocol") != route.PROTOCOL:
        yield Problem(
            change.origin,
            f"a route to {key} with metric {key.metric} is there already and not ours"
            f" (protocol {have.values.get('protocol')!s}, via {_gateway(have)})",
            "remove that route, or give this one another metric",
        )


def _is_shared(have: Resource) -> bool:
    """Whether the route is, or stands behind, what we cannot say or others have made.

    Replacing it would take that away.
    """
    several = have.values.get("nexthops") is not None
    of_others = several and have.values.get("protocol") != route.PROTOCOL
    return have.values.get("type") == route.OTHER or route.BEHIND in have.values or of_others


def _takes_others_along(change: Change, key: RouteKey, have: Resource, live: State) -> bool:
    """Whether what becomes of ours has no gateway: the kernel cannot merge it with others' next hops."""
    hops = route.hops({**have.values, **(change.after or {})})
    can_be_merged = bool(hops) and all(hop.gateway for hop in hops)
    return not can_be_merged and live.get(key._replace(others=True)) is not None


def _gateway(resource: Resource) -> str:
    gateway = resource.values.get("gateway")
    return show_address(gateway) if isinstance(gateway, bytes) else str(resource.values.get("link"))


def _master_of_others(change: Change, key: LinkKey, wanted: State, live: State) -> Iterator[Problem]:
    holder = held.in_the_kernel(key.name, live, ())
    if holder is not None and wanted.link(holder.name) is None:
        yield holder.problem(key.name, change.origin)


def _too_large_for_the_link_below(wanted: State, live: State) -> Iterator[Problem]:
    final = Final(wanted, live)
    for name, resource in wanted.links():
        mtu, below = resource.values.get("mtu"), resource.values.get("link")
        if not isinstance(mtu, int) or not isinstance(below, str):
            continue
        is_known = live.link(below) is not None or wanted.kind(below) is not None
        limit = final.mtu(below) if is_known else None
        limit = carried.room({**live.values(name), **resource.values}, limit)
        if limit is not None and mtu > limit:
            yield Problem(
                resource.origin,
                f"mtu {mtu} of {name} is larger than {limit}, {_limit(limit, final.mtu(below), below)}",
                f"give {below} an mtu of at least {mtu + (final.mtu(below) or 0) - limit}",
            )


def _limit(limit: int, mtu: Optional[int], below: str) -> str:
    return f"the mtu of {below} below it" if limit == mtu else f"what the mtu of {below} below it leaves"

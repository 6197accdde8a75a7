"""What rows of Open vSwitch's database have to do with each other, with links and with others. Pure."""

from __future__ import annotations

from typing import AbstractSet, Container, Dict, FrozenSet, Iterable, Iterator, Mapping, Optional, Tuple

from . import aggregate, link, row, tap, vlan
from .attributes import NoDefault
from .model import (
    ROOT_KEY,
    SETTINGS,
    AddressKey,
    Key,
    LinkKey,
    Resource,
    RouteKey,
    RowKey,
    State,
    attributes_of,
    value_of,
)
from .problem import Path, Problem, Severity, listed
from .record import Entry, Record, carries_our_label, is_out_of_reach
from .route import hops
from .values import Value, Values

NO_DATABASE = "Open vSwitch does not run: nothing answers at its database"
_START = "start it: systemctl start openvswitch-switch (of Debian), openvswitch (of Red Hat)"
_GOES_LATER = "the next run takes it back when Open vSwitch is there; until then it may use these links"
#: The value of our label.
MADE = "made"
#: Names in one message.
_MOST = 12


def no_database(wanted: State, live: State) -> Iterator[Problem]:
    """What asks for rows where there is no database."""
    if not live.has_database:
        asking = next((one for one in wanted if isinstance(one.key, RowKey)), None)
        if asking is not None:
            yield Problem(asking.origin, NO_DATABASE, _START)


def left_there(
    wanted: State, live: State, record: Record, path: str, severity: Severity
) -> Iterator[Problem]:
    """What a config of ``path`` has no more, and what cannot be taken back: there is no database."""
    mine = (one.key for one in record if path in one.claims and is_out_of_reach(one.key, live))
    keys = {key for key in mine if key not in wanted.resources}
    ports = {key.name for key in keys if isinstance(key, RowKey) and key.table == row.PORT}
    of_ports = {RowKey(row.INTERFACE, name) for name in ports}
    if keys:
        message = f"{NO_DATABASE}, and what this config has no more is there: "
        names = listed(sorted(map(str, keys - of_ports)), _MOST)
        hint = _GOES_LATER if severity is Severity.WARNING else f"{_START}; or leave it there with --no-prune"
        yield Problem((), message + names, hint, severity)


_NOTHING: FrozenSet[Key] = frozenset()


def cannot_make(
    one: Resource, wanted: State, live: State, makes_room: AbstractSet[Key] = _NOTHING
) -> Iterator[Problem]:
    """A row that only some setting speaks of, one without a place, or one in the place of another link.

    Not of one that ``makes_room``.
    """
    assert isinstance(one.key, RowKey)
    attribute, table, _ = row.PARENTS.get(one.key.table, ("", "", ""))
    name = one.values.get(attribute)
    own_port = RowKey(row.PORT, one.key.name)
    if (attribute and name is None) or (one.key.table == row.BRIDGE and wanted.get(own_port) is None):
        yield Problem(one.origin, f"there is no {one.key}", "declare it in this file, or correct the name")
    elif name is not None and not any(state.get(RowKey(table, str(name))) for state in (wanted, live)):
        message = f"there is no {table.lower()} {name!s} for {one.key}"
        yield Problem(one.origin, message, f"declare {name!s} in this file, or correct the name")
    there = live.link(one.key.name) if LinkKey(one.key.name) not in makes_room else None
    if one.key.table == row.INTERFACE and one.values.get("type") == row.INTERNAL and there is not None:
        kind = str(there.values.get("kind") or "NIC")
        message = f"{one.key.name} is there already as a {kind}"
        yield Problem(one.origin, message, "remove it, or choose another name")


def no_such_datapath(key: RowKey, after: Values, origin: Path, live: State) -> Iterator[Problem]:
    """What ovs-vswitchd does not know: it would remove the bridge that there is, and make none."""
    root, said = live.get(ROOT_KEY), after.get("datapath_type")
    known = root.values.get(row.DATAPATHS) if root is not None else None
    if key.table == row.BRIDGE and said and isinstance(known, tuple) and known and said not in known:
        names = ", ".join(map(str, known))
        message = f"{key.name} cannot have the datapath {said!s}: this Open vSwitch has {names}"
        yield Problem(origin, message, "say one of these as its datapath_type")


def cannot_change(have: Resource, after: Values, origin: Path) -> Iterator[Problem]:
    """What somebody else made stays where it is."""
    assert isinstance(have.key, RowKey)
    attribute = row.PARENTS.get(have.key.table, ("",))[0]
    if attribute in after and not carries_our_label(have):
        message = f"{have.key.name} belongs to {have.values.get(attribute)!s} already, by somebody else"
        yield Problem(origin, message, f"release it first: {release(have)}")


def release(have: Resource) -> str:
    """The command that takes a port off its bridge, or an interface out of its bond."""
    assert isinstance(have.key, RowKey)
    name, port = have.key.name, str(have.values.get("port", have.key.name))
    return f"ovs-vsctl del-port {name}" if port == name else f"ovs-vsctl del-bond-iface {port} {name}"


def going_along(wanted: State, live: State, removals: Mapping[Key, Path]) -> Dict[Key, Path]:
    """What these removals take along, and controllers and managers that are not among those that are said.

    The link of an internal interface is one: Open vSwitch removes it with the row. Ports of others on a
    bridge that goes are named, so that they can come back with it.
    """
    gone = {key.name for key in removals if isinstance(key, RowKey) and key.table == row.BRIDGE}
    found: Dict[Key, Path] = {key: () for key in _below(removals, wanted, live) if key not in removals}
    removals = {**removals, **found}
    for one in live:
        if not isinstance(one.key, RowKey):
            continue
        if one.key.table == row.CONTROLLER and one.values.get("bridge") in gone:
            found[one.key] = ()
        elif one.key.table in _ATTRIBUTES and wanted.get(one.key) is None:
            which = says_which(one, wanted)
            if which is not None:
                found[one.key] = which.origin
        elif one.key in removals and one.key.table == row.INTERFACE:
            found.update(_link_of(one.key.name, removals[one.key], wanted, live))
    return found


def _below(removals: Mapping[Key, Path], wanted: State, live: State) -> Iterator[Key]:
    """The ports of bridges among these and the interfaces of ports, of which nothing is wanted."""
    going = {key for key in removals if isinstance(key, RowKey)}
    for table in (row.PORT, row.INTERFACE):
        attribute, above, _ = row.PARENTS[table]
        for one in live if going else ():
            key, holder = one.key, RowKey(above, str(one.values.get(attribute)))
            if isinstance(key, RowKey) and key.table == table and holder in going and wanted.get(key) is None:
                going.add(key)
                yield key


def _link_of(name: str, origin: Path, wanted: State, live: State) -> Dict[Key, Path]:
    goes = live.is_internal(name) and live.link(name) is not None and wanted.link(name) is None
    return {LinkKey(name): origin} if goes else {}


_ATTRIBUTES = {row.CONTROLLER: "controller", row.MANAGER: "manager"}
_PEERS = frozenset(_ATTRIBUTES.values())


def says_which(peer: Resource, wanted: State) -> Optional[Resource]:
    """The row that says which controllers, or which managers, there are to be; None: none does."""
    if not isinstance(peer.key, RowKey) or peer.key.table not in _ATTRIBUTES:
        return None
    holder = _holder(peer.key, peer.values, wanted)
    return holder if holder is not None and _ATTRIBUTES[peer.key.table] in holder.values else None


def _holder(key: RowKey, values: Values, wanted: State) -> Optional[Resource]:
    """The row whose controller or manager this is."""
    if key.table == row.CONTROLLER:
        return wanted.get(RowKey(row.BRIDGE, str(values.get("bridge"))))
    return wanted.get(ROOT_KEY) if key.table == row.MANAGER else None


#: The kind of the links of the kernel that Open vSwitch makes: of a datapath, and of internal interfaces.
KIND = "openvswitch"
#: The datapath in user space, which has taps of the kernel as its internal interfaces.
_USER_SPACE = "netdev"


def with_kinds(wanted: State, live: State) -> State:
    """With the kinds of links that become Open vSwitch's, which are those of nobody's config."""
    kinds = {one.key: kind_to_be(name, wanted, live) for name, one in wanted.links()}
    found = {key: kind for key, kind in kinds.items() if kind is not None}
    if not found:
        return wanted
    return State({k: with_kind(one, found[k]) if k in found else one for k, one in wanted.resources.items()})


def with_kind(one: Resource, kind: str) -> Resource:
    return one._replace(values={**one.values, "kind": kind})


def kind_to_be(name: str, wanted: State, live: State) -> Optional[str]:
    """That of an internal interface's link where another link has the name; None: none has."""
    if not wanted.is_internal(name) or live.is_internal(name) or live.link(name) is None:
        return None
    port = wanted.resources[RowKey(row.INTERFACE, name)].values.get("port")
    bridge = _said(RowKey(row.PORT, str(port)), "bridge", wanted, live)
    datapath = _said(RowKey(row.BRIDGE, str(bridge)), "datapath_type", wanted, live)
    return tap.KIND if datapath == _USER_SPACE else KIND


def _said(key: RowKey, attribute: str, *states: State) -> Value:
    """An attribute of a row in the first of these states that says it."""
    rows = (state.get(key) for state in states)
    return next((one.values[attribute] for one in rows if one is not None and attribute in one.values), None)


def gives_way(name: str, live: State, removals: Container[Key]) -> bool:
    """Whether the link is ours to be one of another kind: that of an internal interface goes with its row."""
    if live.is_internal(name):
        return RowKey(row.INTERFACE, name) in removals
    return live.values(name).get("group") == link.GROUP


#: Among the values of a link that is a port of Open vSwitch: its datapath. Not an attribute.
DATAPATH = "datapath"


def outside_datapaths(resources: Mapping[Key, Resource]) -> Mapping[Key, Resource]:
    """Without datapaths as masters of links: rows say which ports they have, and netlink cannot change it."""
    datapaths = _made_by_open_vswitch(resources)
    return {key: _outside(one, datapaths) for key, one in resources.items()} if datapaths else resources


def _made_by_open_vswitch(resources: Mapping[Key, Resource]) -> AbstractSet[str]:
    links = ((key.name, one) for key, one in resources.items() if isinstance(key, LinkKey))
    return {name for name, one in links if one.values.get("kind") == KIND}


def _outside(one: Resource, datapaths: AbstractSet[str]) -> Resource:
    holder = one.values.get("master") if isinstance(one.key, LinkKey) else None
    if holder not in datapaths:
        return one
    return one._replace(values={**one.values, "master": None, DATAPATH: holder})


#: The link of the kernel's datapath itself (lib/dpif.c, dpif_base_name).
_SYSTEM = "ovs-system"


def stale(resources: Mapping[Key, Resource]) -> AbstractSet[str]:
    """Internal links that no row speaks of any more, and those on them.

    ovs-vswitchd takes a moment to remove them, and leaves them in the kernel when it ends. If the database
    was emptied meanwhile they belong to nobody, and it removes them when it makes the first bridge of their
    datapath: before it makes the links of that, also where they have the same names.
    """
    if ROOT_KEY not in resources:
        return frozenset()
    known = {key.name for key in resources if isinstance(key, RowKey) and key.table == row.INTERFACE}
    return _with_those_above(_made_by_open_vswitch(resources) - known - {_SYSTEM}, resources)


def without(resources: Mapping[Key, Resource], links: AbstractSet[str]) -> Mapping[Key, Resource]:
    """Without these links, and what they have."""
    return {key: one for key, one in resources.items() if not _is_on(one, links)} if links else resources


def _with_those_above(links: AbstractSet[str], resources: Mapping[Key, Resource]) -> AbstractSet[str]:
    below = {key.name: one.values.get("link") for key, one in resources.items() if isinstance(key, LinkKey)}
    while more := {name for name, one in below.items() if one in links} - links:
        links |= more
    return links


def _is_on(one: Resource, links: AbstractSet[str]) -> bool:
    if isinstance(one.key, LinkKey):
        return one.key.name in links
    if isinstance(one.key, (AddressKey, *SETTINGS)):
        return one.key.link in links
    through = hops(one.values) if isinstance(one.key, RouteKey) else ()
    return bool(through) and all(hop.link in links for hop in through)


Attributes = Mapping[Key, FrozenSet[str]]


def taken(wanted: State, live: State, record: Record, path: str) -> Attributes:
    """Attributes that a config of ``path`` gave before, and that somebody else has changed since."""
    found: Dict[Key, FrozenSet[str]] = {}
    for one in wanted:
        entry = record.get(one.key)
        if isinstance(one.key, RowKey) and entry is not None and entry.given:
            given, said = entry.given[-1], entry.claims.get(path, frozenset())
            names = (name for name, value in one.values.items() if name in said and given.get(name) == value)
            changed = changed_since(entry, live).intersection(names)
            if changed:
                found[one.key] = changed
    return found


def changed_since(entry: Entry, live: State) -> FrozenSet[str]:
    """The attributes of a row that others write too which have another value than the one that we gave."""
    have = live.get(entry.key)
    if have is None or not isinstance(entry.key, RowKey) or not entry.given:
        return frozenset()
    given = ((name, value) for name, value in entry.given[-1].items() if name != row.DATABASE)
    return frozenset(name for name, value in given if value_of(have, name) != value)


def left_alone(wanted: State, live: State, theirs: Attributes) -> State:
    """Without these attributes, and without controllers that somebody has taken away."""
    if not theirs:
        return wanted
    found: Dict[Key, Resource] = {}
    for one in wanted:
        holder = _holder(one.key, one.values, wanted) if isinstance(one.key, RowKey) else None
        missing = holder is not None and live.get(one.key) is None
        if holder is not None and missing and _PEERS & theirs.get(holder.key, frozenset()):
            continue
        names = theirs.get(one.key)
        values = {n: v for n, v in one.values.items() if n not in names} if names else one.values
        found[one.key] = one._replace(values=values)
    return State(found)


def told(theirs: Attributes, wanted: State, live: State) -> Iterator[Problem]:
    for key, names in theirs.items():
        one, have, table = wanted.resources[key], live.resources[key], attributes_of(key, {})
        for name in sorted(names):
            show = table[name].type.show
            now, then = show(value_of(have, name)), show(one.values[name])
            message = f"{name} of {key} is {now} instead of {then}: somebody changed it since, so it stays"
            hint = "take it out of the file, and it stays; or put it back by hand: then it is compared again"
            yield Problem(one.origin, message, hint, Severity.WARNING)


def rows_of_bridge(name: str, live: State) -> Iterator[RowKey]:
    """A bridge with its own interface, what we made ports of it, and links of the kernel, which stay."""
    if live.get(RowKey(row.BRIDGE, name)) is None:
        return
    yield RowKey(row.BRIDGE, name)
    for port in _belonging(row.PORT, name, live):
        interfaces = list(_belonging(row.INTERFACE, port.name, live))
        if port.name == name or carries_our_label(live.resources[port]) or _are_released(interfaces, live):
            yield from (port, *interfaces)


def rows_of_port(name: str, live: State) -> Iterator[RowKey]:
    """A port with its interfaces; an interface of a bond with the bond, if that has no other one."""
    key = RowKey(row.PORT, name)
    if live.get(key) is not None:
        yield from (key, *_belonging(row.INTERFACE, name, live))
        return
    interface = live.get(RowKey(row.INTERFACE, name))
    if interface is not None:
        holder = str(interface.values.get("port"))
        alone = len(list(_belonging(row.INTERFACE, holder, live))) == 1
        yield from (RowKey(row.INTERFACE, name), *([RowKey(row.PORT, holder)] if alone else []))


def _belonging(table: str, name: str, live: State) -> Iterator[RowKey]:
    attribute = row.PARENTS[table][0]
    for one in live:
        if isinstance(one.key, RowKey) and one.key.table == table and one.values.get(attribute) == name:
            yield one.key


def _are_released(interfaces: Iterable[RowKey], live: State) -> bool:
    """Whether all are links of the node, which come free: not those of virtual machines or containers."""
    return all(live.link(one.name) is not None and live.kind(one.name) in _OF_THE_NODE for one in interfaces)


_OF_THE_NODE = aggregate.KINDS | {link.PLAIN, vlan.KIND}


def without_peer(wanted: State, live: State) -> Iterator[Problem]:
    """Patch ports whose other end is nowhere: somebody may make it later."""
    for one in wanted:
        if isinstance(one.key, RowKey) and one.values.get("type") == row.PATCH:
            peer = str(one.values.get("options:peer"))
            key = RowKey(row.INTERFACE, peer)
            if wanted.get(key) is None and live.get(key) is None:
                message = f"the other end of {one.key.name} is not there: {peer}"
                yield Problem(
                    one.origin, message, "no packet passes until somebody makes it", Severity.WARNING
                )


def lost_with(removals: Mapping[Key, Path], wanted: State, live: State) -> Iterator[Problem]:
    """Ports of others on bridges that go, and what of rows that go nobody could bring back."""
    gone = {
        key: origin
        for key, origin in removals.items()
        if isinstance(key, RowKey) and key not in wanted.resources
    }
    for key, origin in gone.items():
        have = live.get(key)
        refers = have.values.get(row.REFERS) if have is not None else None
        if isinstance(refers, tuple):
            message = f"{key} is to be removed, and with it its {listed(list(map(str, refers)), _MOST)}"
            yield Problem(origin, message, "clear that first, or lose it with --allow-loss")
        if key.table == row.BRIDGE:
            ports = [
                one.name
                for one in _belonging(row.PORT, key.name, live)
                if one.name != key.name and _is_anothers(one, removals, wanted, live)
            ]
            if ports:
                message = f"{key.name} is to be removed, and ports of others go along: {listed(ports, _MOST)}"
                yield Problem(origin, message, "move them away first, or lose them with --allow-loss")


def _is_anothers(port: RowKey, removals: Mapping[Key, Path], wanted: State, live: State) -> bool:
    """Whether a port is to stay by itself, for nobody asks for its removal."""
    return wanted.get(port) is None and not removals.get(port) and not carries_our_label(live.resources[port])


def unsaid(resource: Resource, names: Iterable[str]) -> Iterator[Tuple[str, Value]]:
    """What attributes of a row that we made are when they are said no more."""
    table = attributes_of(resource.key, {})
    for name in names:
        if name in table and isinstance(table[name].type, row.Map):
            yield name, row.view({**resource.initial, **resource.values}, name, table[name])
            continue
        usual = resource.initial.get(name, table[name].default if name in table else None)
        if not isinstance(usual, NoDefault):
            yield name, usual

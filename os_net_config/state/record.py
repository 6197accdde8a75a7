"""What of the node is ours, and what it was before: the memory of earlier runs since the boot. Pure.

Labels in the kernel say what we made; the record says which config path asked for it, and keeps the
values that attributes had before we first set them (DESIGN laws 4 and 6).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import AbstractSet, Collection, Dict, FrozenSet, Iterator, Mapping, NamedTuple, Optional, Tuple

from . import aggregate, bridge, devices, ethtool, link, names, process, route, row
from .model import (
    RESOLVER,
    ROOT_KEY,
    AddressKey,
    DeviceKey,
    EthtoolKey,
    Key,
    LinkKey,
    NameKey,
    NicNameKey,
    ProcessKey,
    ResolverKey,
    Resource,
    RouteKey,
    RowKey,
    RuleKey,
    State,
    value_of,
)
from .values import Lifetime, Value, Values

Claims = Mapping[str, FrozenSet[str]]

#: What outlives a boot, and what is known of it.
LASTING = (DeviceKey, NicNameKey, ResolverKey, RowKey)


class Entry(NamedTuple):
    """One resource. ``claims`` are, by config path, the attributes that its config says.

    ``made``: it was not there before us. Otherwise ``before`` has the values, as found, of the
    attributes that any config has said since.

    ``given`` is what we said: of an IPv6 route, since the kernel may merge others' next hops into it and does
    not tell whose they are (state/shared.py); of a row that others write too, since what they changed is
    left so (state/rows.py); of a NIC's speed, which it may not tell without carrier. While a run changes it
    there are several, the new one last.
    """

    key: Key
    made: bool
    claims: Claims
    before: Values
    given: Tuple[Values, ...] = ()


@dataclass(frozen=True)
class Record:
    entries: Mapping[Key, Entry] = field(default_factory=dict)

    def get(self, key: Optional[Key]) -> Entry | None:
        return self.entries.get(key) if key is not None else None

    def __iter__(self) -> Iterator[Entry]:
        return iter(self.entries.values())


def updated(record: Record, wanted: State, live: State, path: str, keep_rest: bool = False) -> Record:
    """The record after a run of the config at ``path``, whose ``live`` state was this before it.

    ``keep_rest``: what the config does not name any more is still the path's (--no-prune).
    """
    entries = dict(_still_claimed(record, wanted, live, None if keep_rest else path))
    away = devices.away(live)
    for resource in wanted:
        if is_out_of_reach(resource.key, live):
            continue
        have = live.get(resource.key)
        known = record.get(resource.key)
        if known is None or _is_gone(known, resource, wanted, live):
            known = _fresh(resource.key, live, record.get(away.get(resource.key)))
        inside = is_aggregated(resource, wanted)
        said = frozenset(resource.values)
        noted = with_followers(said)
        if is_bridge_without_ports(resource, wanted):
            # See unsaid.
            said |= {"address"}
        earlier = known.claims.get(path, frozenset())
        said |= earlier if keep_rest else earlier & HELD if inside else frozenset()
        if inside and not is_aggregated(have, live):
            noted |= HELD
        claims = {**known.claims, path: said}
        before = {**_link_found(resource, live, record), **_as_found(known, live, noted)}
        if is_shared(resource.key):
            # Of what is said no more others may have chosen another value until it is said again.
            before = _of_names(before, frozenset().union(*claims.values()))
        given = _given(known._replace(claims=claims), resource, live)
        entries[resource.key] = known._replace(claims=claims, before=before, given=given)
    return Record(entries)


def _still_claimed(
    record: Record, wanted: State, live: State, path: Optional[str]
) -> Iterator[Tuple[Key, Entry]]:
    """What is known already; without what the config at ``path`` names no more."""
    for entry in record:
        claims = dict(entry.claims)
        if is_out_of_reach(entry.key, live):
            yield entry.key, entry
            continue
        if path is not None and entry.key not in wanted.resources:
            claims.pop(path, None)
        if claims and (live.get(entry.key) is not None or entry.key in wanted.resources):
            yield entry.key, entry._replace(claims=claims)


#: Rows that we take away ourselves, and make again as they were.
_PUT_BACK = frozenset({row.CONTROLLER, row.MANAGER})


def _is_gone(known: Entry, resource: Resource, wanted: State, live: State) -> bool:
    """Whether somebody has removed what was there before us, so that we make one of our own."""
    if known.made or live.get(known.key) is not None:
        return False
    if isinstance(known.key, RowKey):
        return known.key.table not in _PUT_BACK
    if not isinstance(known.key, LinkKey):
        return False
    return wanted.is_internal(known.key.name) or resource.values.get("kind", link.PLAIN) != link.PLAIN


def is_out_of_reach(key: Key, live: State) -> bool:
    """Whether it is a row where there is no database: it may be there all the same."""
    return isinstance(key, RowKey) and not live.has_database


def _fresh(key: Key, live: State, device: Optional[Entry]) -> Entry:
    """That of what nothing is known of yet. ``device``: that of a link which comes back from DPDK."""
    have = live.get(key)
    if have is None and device is not None:
        return Entry(key, False, {}, devices.noted_of_link(device.before))
    made = have is None or carries_our_label(have) or _comes_with_our_row(key, live)
    return Entry(key, made, {}, {})


def _comes_with_our_row(key: Key, live: State) -> bool:
    """Whether Open vSwitch has made the link for us: it has no label of its own."""
    if not isinstance(key, LinkKey) or not live.is_internal(key.name):
        return False
    return carries_our_label(live.resources[RowKey(row.INTERFACE, key.name)])


def taken_over(record: Record, path: str, others: AbstractSet[str]) -> Record:
    """With what these other paths claim as claimed by ``path``."""
    if not any(others & entry.claims.keys() for entry in record):
        return record
    return Record({entry.key: _taken_over(entry, path, others) for entry in record})


#: Attributes of resources; None: all of what is said of one.
Said = Mapping[Key, Optional[AbstractSet[str]]]


def handed_over(record: Record, path: str, said: Said, other: str) -> Record:
    """With what ``path`` claims of these attributes as claimed by ``other``."""
    if not said:
        return record
    entries = record.entries.items()
    return Record(
        {key: _handed_over(one, path, said[key], other) if key in said else one for key, one in entries}
    )


def _handed_over(entry: Entry, path: str, said: Optional[AbstractSet[str]], other: str) -> Entry:
    names = entry.claims.get(path)
    if names is None:
        return entry
    given = names if said is None else names & said
    if said is not None and not given:
        return entry
    claims = {**entry.claims, other: entry.claims.get(other, frozenset()) | given, path: names - given}
    if said is None:
        del claims[path]
    return entry._replace(claims=claims)


def _taken_over(entry: Entry, path: str, others: AbstractSet[str]) -> Entry:
    taken = [names for other, names in entry.claims.items() if other in others]
    if not taken:
        return entry
    kept = {other: names for other, names in entry.claims.items() if other not in others}
    return entry._replace(claims={**kept, path: kept.get(path, frozenset()).union(*taken)})


def is_shared(key: Key) -> bool:
    """Whether it is a row that others write too."""
    return isinstance(key, RowKey) and key.table in row.SHARED


def _of_names(values: Values, names: AbstractSet[str]) -> Dict[str, Value]:
    return {name: value for name, value in values.items() if name in names}


def _given(known: Entry, resource: Resource, live: State) -> Tuple[Values, ...]:
    if isinstance(resource.key, RowKey):
        values = {**_database(live), **(_given_to_row(known, resource) if is_shared(resource.key) else {})}
        return (values,) if values else ()
    if isinstance(resource.key, EthtoolKey):
        return (dict(resource.values),) if resource.key.group == ethtool.MODES else ()
    if not isinstance(resource.key, RouteKey) or resource.key.family == 4:
        return ()
    earlier = [values for values in known.given if values != resource.values]
    return (*earlier, dict(resource.values))


def _given_to_row(known: Entry, resource: Resource) -> Values:
    """Another config may have said of it what this one does not."""
    said: FrozenSet[str] = frozenset().union(*known.claims.values())
    return {**_of_names(known.given[-1] if known.given else {}, said), **resource.values}


def _database(live: State) -> Values:
    root = live.get(ROOT_KEY)
    return _of_names(root.values, {row.DATABASE}) if root is not None else {}


def of_this_database(record: Record, live: State) -> Record:
    """Without what is told of the rows of another database: this one was made since, with none of them."""
    if not live.has_database:
        return record
    now = _database(live).get(row.DATABASE)
    entries = record.entries.items()
    return Record({key: one for key, one in entries if _told_of(one) in {None, now}})


def _told_of(entry: Entry) -> Value:
    """The database that the row was in; None: of none, or it was not known."""
    known = isinstance(entry.key, RowKey) and entry.given
    return entry.given[-1].get(row.DATABASE) if known else None


def under_way(old: Record, new: Record) -> Record:
    """The record during a run: one that is killed has not yet removed what is to go, nor given it back."""
    return Record({**{entry.key: entry for entry in old if entry.key not in new.entries}, **new.entries})


def carried_out(record: Record) -> Record:
    """The record after a run that reached what it wanted: what was given before is no more."""
    return Record({key: entry._replace(given=entry.given[-1:]) for key, entry in record.entries.items()})


def with_lasting(then: Record, now: Record) -> Record:
    """What is known ``now``, but of what outlives a boot, what was known ``then``."""
    entries: Dict[Key, Entry] = {k: one for k, one in now.entries.items() if not isinstance(k, LASTING)}
    entries.update((key, one) for key, one in then.entries.items() if isinstance(key, LASTING))
    return Record(entries)


def without_removed(record: Record, removals: Collection[Key], wanted: State) -> Record:
    """Without what is removed, whoever asked for it; what is wanted all the same is made by us."""
    kept = {key: one for key, one in record.entries.items() if key not in removals or key in wanted.resources}
    anew = {key: one._replace(made=True, before={}) for key, one in kept.items() if key in removals}
    gone = {key.name for key in removals if isinstance(key, LinkKey)}
    return Record({key: _free_of(one, gone) for key, one in {**kept, **anew}.items()})


def _free_of(entry: Entry, gone: AbstractSet[str]) -> Entry:
    """A port cannot go back to a bond or bridge that is gone, nor to a new one of that name."""
    if entry.before.get("master") not in gone:
        return entry
    return entry._replace(before={**entry.before, "master": None})


#: Seconds: what is left of a lifetime for less than this is not given back.
_TOO_SHORT = 60


def without_past(record: Record, now: float) -> Record:
    """Without lifetimes that are over by ``now`` (CLOCK_MONOTONIC) or as good as over.

    An address that somebody leased for a time and that we made one for good gets the rest of its time
    back. Of nothing left there is nothing to give back: it stays, since whoever uses it would lose it.
    """
    return Record({entry.key: _without_past(entry, now + _TOO_SHORT) for entry in record})


def _without_past(entry: Entry, until: float) -> Entry:
    lifetime = entry.before.get("lifetime")
    if not isinstance(lifetime, Lifetime) or lifetime.valid > until:
        return entry
    return entry._replace(before={n: value for n, value in entry.before.items() if n != "lifetime"})


#: What a port of a bond cannot be given back, since it has the bond's: it is when it leaves.
HELD = frozenset({"mtu"})


#: What an option changes when it is set, and leaves so when it goes: a spanning tree raises a delay that
#: is too short for it, and of a bond's monitors one stops the other.
FOLLOWERS = {"stp_state": "forward_delay", "arp_interval": "miimon"}


def with_followers(names: AbstractSet[str]) -> FrozenSet[str]:
    """These attributes and what they change."""
    return frozenset(names).union(FOLLOWERS[name] for name in names & FOLLOWERS.keys())


def is_bridge_without_ports(resource: Resource, state: State) -> bool:
    """One that keeps the MAC address which it has, until it has a port's again."""
    if not isinstance(resource.key, LinkKey) or resource.values.get("kind") != bridge.KIND:
        return False
    return not state.ports(resource.key.name)


def is_aggregated(resource: Resource | None, state: State) -> bool:
    holder = state.link(str(resource.values.get("master"))) if resource is not None else None
    return holder is not None and holder.values.get("kind") in aggregate.KINDS


def _as_found(known: Entry, live: State, names: FrozenSet[str]) -> Values:
    """What was there before us, with these attributes as they are if they are not yet noted."""
    have = live.get(known.key)
    if known.made or have is None:
        return known.before
    return {**{name: value_of(have, name) for name in names}, **known.before}


def _link_found(resource: Resource, live: State, record: Record) -> Values:
    """How the link was that goes with the driver of a device."""
    taken = devices.link_taken(resource, live)
    if taken is None:
        return {}
    entry = record.get(taken.key)
    return devices.link_found(taken, entry.before if entry is not None and not entry.made else {})


def carries_our_label(resource: Resource) -> bool:
    values = resource.values
    if isinstance(resource.key, LinkKey):
        return values.get("group") == link.GROUP and values.get("kind") != link.PLAIN
    if isinstance(resource.key, (AddressKey, RouteKey, RuleKey)):
        return values.get("protocol") == route.PROTOCOL
    if isinstance(resource.key, RowKey):
        return row.LABEL in values
    if isinstance(resource.key, ResolverKey):
        return resource.key != RESOLVER
    if isinstance(resource.key, ProcessKey):
        return process.OWNER not in values
    # A name of ours stands in a file of ours.
    return isinstance(resource.key, NicNameKey) or (
        isinstance(resource.key, NameKey) and names.OWNER not in values
    )

"""Links that get another name: what else speaks of them by it, and the order of the steps. Pure.

A run speaks of a link by the name that it is going to have: the state before is told in that name from the
beginning, and the name of now is one of the link's attributes. In the kernel all that is on a link, stands
on it or leads over it goes by its number and follows. Rules, and the rows of Open vSwitch, go by the name.
"""

from __future__ import annotations

from typing import Callable, Container, Dict, Iterator, List, Mapping, Optional, Sequence, Tuple

from . import link, row
from .device import LINKS
from .diff import Change
from .held import in_the_switch
from .making import described
from .model import (
    SETTINGS,
    AddressKey,
    Key,
    LinkKey,
    NicNameKey,
    Resource,
    RowKey,
    State,
)
from .problem import Path, Problem
from .record import Entry, Record
from .values import NextHop, Value, Values

NAME = link.NAME.name
#: The names of links by their numbers.
Called = Mapping[int, str]
#: The new names of links by their old ones.
Renames = Mapping[str, str]

#: Attributes whose value is a link's name.
_OF_LINKS = frozenset({"link", "master", "primary", "active_slave"})


def labelled(live: State, called: Called) -> State:
    """With these links under these names, and the names that they have among their attributes."""
    if not called:
        return live
    links = [(name, one) for name, one in live.links() if one.values.get("index") in called]
    by = {name: called[_index(one)] for name, one in links}
    found = relabelled(live, {old: new for old, new in by.items() if old != new}).resources
    told: Dict[Key, Resource] = {
        LinkKey(new): found[LinkKey(new)]._replace(values={**found[LinkKey(new)].values, NAME: old})
        for old, new in by.items()
    }
    return State({**found, **told})


def _index(one: Resource) -> int:
    index = one.values["index"]
    assert isinstance(index, int)
    return index


def as_named(state: State) -> State:
    """With all links under the names that they have."""
    return relabelled(state, names_now(state))


def names_now(state: State) -> Renames:
    """Of links that are told under another name than they have, what they are called, by that."""
    told = ((name, one.values.get(NAME)) for name, one in state.links())
    return {name: str(now) for name, now in told if now is not None and now != name}


def names_then(state: State) -> Renames:
    """The other way round: what they are going to be called by what they are called now."""
    return {now: name for name, now in names_now(state).items()}


def relabelled(state: State, by: Renames) -> State:
    if not by:
        return state
    changed = (
        one._replace(
            key=key_by(one.key, by), values=_values(one.key, one.values, by), initial=_values_of(one, by)
        )
        for one in state
    )
    return State({one.key: one for one in changed})


def _values_of(one: Resource, by: Renames) -> Values:
    return _values(one.key, one.initial, by) if one.initial else one.initial


def key_by(key: Key, by: Renames) -> Key:
    """The same of a link of another name."""
    if isinstance(key, LinkKey):
        return key._replace(name=by.get(key.name, key.name))
    if isinstance(key, (AddressKey, *SETTINGS)):
        return key._replace(link=by.get(key.link, key.link))
    return key


def _values(key: Key, values: Values, by: Renames) -> Values:
    if isinstance(key, (AddressKey, RowKey)):
        return values
    found = {name: _value(name, value, by) for name, value in values.items() if name in _NAMING}
    return {**values, **found} if found else values


def _value(name: str, value: Value, by: Renames) -> Value:
    if isinstance(value, str):
        return by.get(value, value) if name in _OF_LINKS else value
    if not isinstance(value, tuple):
        return value
    if name == LINKS:
        return tuple(by.get(str(one), str(one)) for one in value)
    hops = (one for one in value if isinstance(one, NextHop))
    return tuple(one._replace(link=by.get(str(one.link), one.link)) for one in hops)


_NAMING = _OF_LINKS | {"nexthops", LINKS}


def record_by(record: Record, by: Renames) -> Record:
    """What is known of links under other names."""
    if not by:
        return record
    return Record({key_by(one.key, by): _entry_by(one, by) for one in record})


def _entry_by(entry: Entry, by: Renames) -> Entry:
    given = tuple(_values(entry.key, one, by) for one in entry.given)
    before = _values(entry.key, entry.before, by)
    return entry._replace(key=key_by(entry.key, by), before=before, given=given)


#: By name and MAC address of a link, the name that it has without us; None: nobody knows.
OwnNamer = Callable[[str, Optional[bytes]], Optional[str]]


def own_namer(lasting: Mapping[Key, Resource], record: Record) -> OwnNamer:
    """By the files that udevd reads, and by the record."""

    def own_name(name: str, mac: Optional[bytes]) -> Optional[str]:
        file, entry = lasting.get(NicNameKey(name)), record.get(LinkKey(name))
        own = entry.before.get(NAME) if entry is not None else None
        if file is not None and file.values.get("mac") == mac:
            own = file.values.get("own")
        return own if isinstance(own, str) else None

    return own_name


def own_names(live: State, record: Record) -> Dict[str, str]:
    """By the names of now those that links have without us."""
    own_name = own_namer(live.resources, record)
    found = {name: own_name(name, live.mac(name)) for name, _ in live.links()}
    return {name: own for name, own in found.items() if own is not None}


def with_names(wanted: State, live: State, removals: Container[Key]) -> State:
    """Every link that is told under another name than it has gets that name; each is known by its number."""
    found: Dict[Key, Resource] = {}
    for name, have in live.links():
        key, now = have.key, have.values.get(NAME)
        own = wanted.get(key)
        if now is None or (own is None and (now == name or key in removals)):
            continue
        # One that nobody speaks of otherwise stays in what it is in.
        own = own or Resource(key, {"master": have.values.get("master")})
        said = {NAME: name} if now != name else {}
        index = {"index": have.values.get("index")}
        found[key] = own._replace(values={**own.values, **said}, initial={**own.initial, **index})
    return State({**wanted.resources, **found}) if found else wanted


def called_by(goal: State) -> Called:
    """The names that links are to have, by their numbers."""
    found = ((one.initial.get("index"), name) for name, one in goal.links() if NAME in one.values)
    return {index: name for index, name in found if isinstance(index, int)}


def dotted(live: State, renames: Renames) -> Dict[str, str]:
    """VLANs that we named after their device, which follow it."""
    found = {}
    for name, one in live.links():
        new = renames.get(str(one.values.get("link")))
        is_ours, end = one.values.get("group") == link.GROUP, f".{one.values.get('id')!s}"
        if new is not None and is_ours and name == f"{one.values['link']!s}{end}":
            found[name] = f"{new}{end}"
    return found


# Rows of Open vSwitch


def ports_renamed(wanted: State, live: State) -> Dict[Key, Path]:
    """Rows that go by the old name of a NIC, and go: those of the new name come."""
    found: Dict[Key, Path] = {}
    for old, new in names_then(live).items():
        one = wanted.get(RowKey(row.INTERFACE, new))
        if one is None:
            continue
        keys = (RowKey(table, old) for table in (row.INTERFACE, row.PORT))
        found.update((key, one.origin) for key in keys if live.get(key) and not live.is_internal(old))
    return found


def with_rows(wanted: State, live: State) -> State:
    """The rows of new names are made with all that those of the old names have, whoever has written it."""
    found: Dict[Key, Resource] = {}
    for old, new in names_then(live).items():
        for table in (row.INTERFACE, row.PORT):
            have, own = live.get(RowKey(table, old)), wanted.get(RowKey(table, new))
            if have is not None and own is not None and live.get(own.key) is None:
                there = {name: value for name, value in described(have).items() if value is not None}
                found[own.key] = own._replace(initial={**there, **own.initial})
    return State({**wanted.resources, **found}) if found else wanted


def rows_released(steps: Sequence[Change], live: State) -> List[Change]:
    """The steps that take the rows away by which Open vSwitch knows NICs under their old names.

    A bond that has no other part goes as well, and is made again.
    """
    old = set(names_now(live).values())
    going = {key: step for step in steps if isinstance(key := step.key, RowKey) and step.after is None}
    bonds = {key.name for key, step in going.items() if key.table == row.PORT and step.transient}
    return [
        step
        for key, step in going.items()
        if key.name in old or step.transient or live.resources[key].values.get("port") in bonds
    ]


def problems(wanted: State, live: State, removals: Mapping[Key, Path]) -> Iterator[Problem]:
    """Links that cannot get another name."""
    for old, new in names_then(live).items():
        one = wanted.link(new)
        origin = one.origin if one is not None else ()
        holder = in_the_switch(old, wanted, live, removals)
        if holder is not None:
            message = f"{old} cannot be renamed to {new}: it is a port of {holder.name}, which is not ours"
            yield Problem(origin, message, f"release it first: {holder.release}")


# Steps


def is_rename(change: Change) -> bool:
    sides = change.before, change.after
    return isinstance(change.key, LinkKey) and all(side is not None and NAME in side for side in sides)


def split(change: Change) -> Tuple[Optional[Change], Optional[Change]]:
    """What it says of the name, and the rest of it."""
    if not is_rename(change):
        return None, change
    before, after = dict(change.before or {}), dict(change.after or {})
    names = change._replace(before={NAME: before.pop(NAME)}, after={NAME: after.pop(NAME)})
    return names, change._replace(before=before, after=after) if after else None


def unasked(changes: Sequence[Change], live: State) -> List[Change]:
    """The renames of links that go in the same plan: until then steps speak of them by the new names."""
    known = {one.key for one in changes}
    return [
        Change(LinkKey(then), {NAME: now}, {NAME: then}, transient=True)
        for then, now in names_now(live).items()
        if LinkKey(then) not in known
    ]


def in_turn(changes: Sequence[Change], live: State) -> List[Change]:
    """In an order in which each name is free; where links exchange names, one goes by way of another name."""
    left = {str((one.before or {})[NAME]): one for one in changes}
    steps: List[Change] = []
    while left:
        ready = [now for now, one in left.items() if str((one.after or {})[NAME]) not in left]
        if ready:
            steps += [left.pop(now) for now in ready]
            continue
        _, one = left.popitem()
        between = _between(one, live)
        steps.append(one._replace(after={NAME: between}, transient=True))
        left[between] = one._replace(before={NAME: between})
    return steps


def _between(change: Change, live: State) -> str:
    """A name that nobody has."""
    index = live.values(str(change.key)).get("index")
    taken = {str(one.values.get(NAME, name)) for name, one in live.links()}
    name = f"onc-{index!s}"
    while name in taken:
        name += "-"
    return name


def primaries_again(changes: Sequence[Change], live: State) -> Iterator[Change]:
    """A bond looks for its primary port by name, and has none any more when that is renamed."""
    names = {str(one.key) for one in changes}
    for name, one in live.links():
        primary = one.values.get("primary")
        if primary in names:
            yield Change(LinkKey(name), {"primary": primary}, {"primary": primary}, transient=True)

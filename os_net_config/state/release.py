"""What a config wants of what it no longer names: to be removed, or to be as it was before us. Pure.

So the state after this config hangs on it alone, whatever was applied before (DESIGN law 4).
"""

from __future__ import annotations

from typing import AbstractSet, Collection, Dict, FrozenSet, Iterator, Mapping, NamedTuple, Optional, Tuple

from . import bridge, bridge_port, devices, ethtool, link, row, rows
from .model import (
    SETTINGS,
    AddressKey,
    DnsKey,
    EthtoolKey,
    Key,
    LinkKey,
    ProcessKey,
    Resource,
    RouteKey,
    RowKey,
    RuleKey,
    State,
    SysctlKey,
    attributes_of,
)
from .problem import Path
from .record import HELD, Entry, Record, carries_our_label, is_aggregated, is_shared, with_followers
from .sysctl import DEFAULT
from .unsaid import Final, port_values, unsaid_values
from .values import Value, Values


class Settled(NamedTuple):
    """``wanted`` with the values that attributes go back to; ``removals`` with the place that asks.

    ``freed`` are links that leave the bond or bridge they are in, whosever it is.
    """

    wanted: State
    removals: Mapping[Key, Path]
    freed: AbstractSet[str] = frozenset()


def settle(wanted: State, live: State, record: Record, path: str, everything: bool = False) -> Settled:
    """``everything`` removes all that carries our label and is not wanted (--prune-all)."""
    resources: Dict[Key, Resource] = {}
    for resource in wanted:
        values = dict(_as_found(resource, wanted, live, record.get(resource.key), path))
        held = HELD if is_aggregated(resource, wanted) else frozenset()
        values = {name: value for name, value in values.items() if name not in held}
        together: Values = {**values, **resource.values}
        if isinstance(resource.key, RowKey):
            together = row.with_unsaid(resource.key.table, resource.values, values)
        resources[resource.key] = resource._replace(values=together)
    removals: Dict[Key, Path] = {}
    for entry in record:
        if entry.key in wanted.resources or path not in entry.claims:
            continue
        if _is_to_go(entry, live):
            removals[entry.key] = ()
        else:
            as_it_was = _as_it_was(entry, path, live)
            if as_it_was is not None:
                resources[entry.key] = as_it_was
                found = devices.link_back(as_it_was, entry.before, live)
                resources = {**{one.key: one for one in found}, **resources}
    if everything:
        removals.update({one.key: () for one in labelled(live) if one.key not in wanted.resources})
    resources = without_what_goes_along(resources, removals)
    unsaid = _no_longer_said(wanted, live, record, path)
    return Settled(_with_all_unsaid(unsaid, resources, live, record), removals)


def without_what_goes_along(
    resources: Mapping[Key, Resource], removals: Mapping[Key, Path]
) -> Dict[Key, Resource]:
    """Without addresses, settings and processes of links that are removed."""
    return {
        key: one
        for key, one in resources.items()
        if not (isinstance(key, (AddressKey, ProcessKey, *SETTINGS)) and LinkKey(key.link) in removals)
    }


def _no_longer_said(wanted: State, live: State, record: Record, path: str) -> Mapping[Key, AbstractSet[str]]:
    """For each link that we made, the attributes that were said of it and are not any more."""
    found: Dict[Key, AbstractSet[str]] = {}
    for name, resource in wanted.links():
        have, entry = live.link(name), record.get(resource.key)
        changes_hands = wanted.is_internal(name) != live.is_internal(name)
        if have is None or changes_hands or resource.values.get("kind", live.kind(name)) != live.kind(name):
            # What is made now has what a new link has.
            continue
        if carries_our_label(have) and (entry is None or entry.made):
            unsaid = attributes_of(resource.key, have.values).keys() - resource.values.keys()
            # Without a record nobody knows whose choice an address was.
            found[resource.key] = unsaid - {"address"} if entry is None else unsaid & _only_of(entry, path)
    return found


def _with_unsaid(
    unsaid: Mapping[Key, AbstractSet[str]], resources: Mapping[Key, Resource], final: Final
) -> Dict[Key, Resource]:
    """One value may hang on another's: a VLAN's MTU on its device's."""
    more = dict(resources)
    for key, no_more in unsaid.items():
        own, have = resources[key], final.live.resources[key]
        values = dict(unsaid_values(own, have, final, no_more))
        more[key] = own._replace(values={**values, **own.values})
    return more


def _with_all_unsaid(
    unsaid: Mapping[Key, AbstractSet[str]], resources: Mapping[Key, Resource], live: State, record: Record
) -> State:
    """Until no value changes any more that hangs on another's."""
    own = {str(entry.key): entry.before["mtu"] for entry in record if "mtu" in entry.before}
    settled = resources
    for _ in resources:
        more = _with_unsaid(unsaid, resources, Final(State(settled), live, own))
        if more == settled:
            break
        settled = more
    return State(settled)


def labelled(live: State) -> Iterator[Resource]:
    """What carries our label in the kernel."""
    for resource in live:
        if carries_our_label(resource):
            yield resource


def _still_ours(key: Key, live: State) -> bool:
    """An address may have lost its label (the kernel has none before 5.18): the record is enough for it."""
    have = live.get(key)
    if have is None:
        return False
    return not isinstance(key, (LinkKey, RouteKey, RowKey, RuleKey)) or carries_our_label(have)


def as_before_us(record: Record, names: Collection[str], live: State) -> Iterator[Resource]:
    """These links and their settings as they were before any config of ours."""
    for entry in record:
        key = entry.key
        name = key.name if isinstance(key, LinkKey) else key.link if isinstance(key, SETTINGS) else None
        if name in names:
            said: FrozenSet[str] = frozenset().union(*entry.claims.values())
            found = _as_it_was(entry._replace(claims={"": said}), "", live)
            if found is not None:
                yield found


def _is_to_go(entry: Entry, live: State) -> bool:
    """What we made for one config goes; a setting cannot, it is there with its link."""
    alone = entry.made and len(entry.claims) == 1 and not isinstance(entry.key, SETTINGS)
    return alone and _still_ours(entry.key, live)


def _as_it_was(entry: Entry, path: str, live: State) -> Optional[Resource]:
    """The attributes that only this path has said go back to what they were before us."""
    have = live.get(entry.key)
    if isinstance(entry.key, EthtoolKey):
        group = _ethtool_before_us(entry.key, entry, _only_of(entry, path), have)
        return Resource(entry.key, group) if group else None
    names = with_followers(_only_of(entry, path) - bridge_port.ATTRIBUTES.keys())
    names -= _elsewhere(entry.key)
    names -= rows.changed_since(entry, live)
    found: Values = entry.before
    if isinstance(entry.key, SysctlKey) and entry.made:
        usual = live.get(entry.key._replace(link=DEFAULT))
        found = usual.values if usual is not None else {}
    elif isinstance(entry.key, DnsKey) and entry.made:
        found = dict.fromkeys(names, ())
    elif entry.made:
        found = _keys_of_ours(entry, have)
    values = {name: value for name, value in found.items() if name in names}
    if isinstance(entry.key, AddressKey) and values.get("lifetime") is not None:
        # It keeps the place that it has: nobody asks for another one any more.
        values["place"] = None
    elif isinstance(entry.key, AddressKey):
        return None
    if have is None or not values:
        return None
    return Resource(entry.key, _possible(values, live))


def _keys_of_ours(entry: Entry, have: Optional[Resource]) -> Values:
    """What is not to be in the maps of a row that we made, and that somebody has made his own since."""
    if have is None or not is_shared(entry.key) or carries_our_label(have):
        return {}
    table = attributes_of(entry.key, {})
    said: FrozenSet[str] = frozenset().union(*entry.claims.values())
    parts = ((name, *name.partition(":")) for name in said)
    return {name: None for name, column, part, _ in parts if part and isinstance(table[column].type, row.Map)}


def _ethtool_before_us(
    key: EthtoolKey, entry: Entry, names: AbstractSet[str], have: Optional[Resource]
) -> Values:
    """Of a link that we made it is what such links have at first. What cannot be read is left as it is."""
    now = have.values if have is not None else {}
    if entry.made:
        return ethtool.at_first(key.group, names, now)
    return ethtool.given_back(key.group, sorted(names), entry.before, now)


def _elsewhere(key: Key) -> AbstractSet[str]:
    """Whether a link goes back to its own name is seen with all names (renaming.py)."""
    return {link.NAME.name} if isinstance(key, LinkKey) else set()


def _possible(values: Values, live: State) -> Values:
    """A master that is no more cannot be gone back to."""
    master = values.get("master")
    return {**values, "master": None} if master is not None and live.link(str(master)) is None else values


def _only_of(entry: Entry, path: str) -> FrozenSet[str]:
    others = [names for other, names in entry.claims.items() if other != path]
    return entry.claims.get(path, frozenset()).difference(*others)


def _as_found(
    resource: Resource, wanted: State, live: State, entry: Optional[Entry], path: str
) -> Iterator[Tuple[str, Value]]:
    """The attributes that this config says no more: what was there before us has them as found."""
    have = live.get(resource.key)
    if entry is None or have is None:
        return
    names = with_followers(_only_of(entry, path) - resource.values.keys()) - resource.values.keys()
    names -= _elsewhere(entry.key)
    names -= rows.changed_since(entry, live)
    if wanted.values(resource.values.get("master")).get("kind", bridge.KIND) == bridge.KIND:
        yield from port_values(have, resource.values, names)
    if isinstance(resource.key, RowKey) and entry.made:
        yield from rows.unsaid(resource, names)
    elif isinstance(resource.key, EthtoolKey):
        before_us = _ethtool_before_us(resource.key, entry, names, have)
        yield from ((name, value) for name, value in before_us.items() if name not in resource.values)
    elif isinstance(resource.key, DnsKey) and entry.made:
        yield from dict.fromkeys(sorted(names), ()).items()
    elif not entry.made:
        found = {name: entry.before.get(name) for name in names if name not in bridge_port.ATTRIBUTES}
        yield from _possible(found, live).items()

"""Which links a set of changes removes, makes anew, or sets down for a moment, with those above. Pure.

What stands on a link that is removed goes with it (NETDEV_UNREGISTER); VLANs go down with the link
below (net/8021q/vlan.c, vlan_device_event). What such a link carried falls, and is put back by the plan.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Dict, FrozenSet, Iterable, Iterator, List, Mapping, Set, Tuple

from . import aggregate, row, vlan, vrf
from .attributes import Impact
from .diff import Change, is_ours
from .model import (
    IS_ANOTHER,
    SETTINGS,
    AddressKey,
    Key,
    LinkKey,
    ProcessKey,
    Resource,
    RouteKey,
    RowKey,
    State,
    attributes_of,
)
from .process import BROUGHT
from .values import NextHop, Value, Values

#: RTPROT_REDIRECT, RTPROT_KERNEL, RTPROT_RA: these routes come and go by themselves.
SELF_MADE_ROUTES = frozenset({1, 2, 9})
#: IFAPROT_KERNEL_LO, _RA, _LL: the kernel makes these addresses again itself (linux/if_addr.h).
_SELF_MADE_ADDRESSES = frozenset({1, 2, 3})
_OF_A_ROUTER = 2


@dataclass(frozen=True)
class Fall:
    """Links by what becomes of them; no link is in two of the first three."""

    #: For good.
    removed: FrozenSet[str] = frozenset()
    #: Removed and made again.
    remade: FrozenSet[str] = frozenset()
    #: Of others, standing on one of those: nobody can make them again.
    lost: FrozenSet[str] = frozenset()
    #: Down for a moment or for good, as links that nothing else happens to.
    downed: FrozenSet[str] = frozenset()
    #: Bonds and teams that let go of all their ports to take them again.
    emptied: FrozenSet[str] = frozenset()

    @property
    def gone(self) -> FrozenSet[str]:
        return self.removed | self.remade | self.lost

    def takes(self, resource: Resource) -> bool:
        """Whether this falls with a link; the kernel's own is not asked for."""
        key = resource.key
        if isinstance(key, AddressKey):
            if comes_by_itself(resource):
                return False
            return key.link in self.gone or (key.prefix.bits == 128 and key.link in self.downed)
        if isinstance(key, RouteKey):
            return not comes_by_itself(resource) and any(
                on in self.downed or on in self.gone for on in links_of(resource)
            )
        return isinstance(key, SETTINGS) and key.link in self.gone


def joined(one: Fall, other: Fall) -> Fall:
    """Of two plans, one after the other."""
    gone = one.gone | other.gone
    down = (one.downed | other.downed) - gone
    return Fall(
        one.removed | other.removed,
        one.remade | other.remade,
        one.lost | other.lost,
        down,
        one.emptied | other.emptied,
    )


def comes_by_itself(resource: Resource) -> bool:
    """Whether the kernel makes this address or route again, or a process of ours that has brought it.

    Not an address that a router announced once, and that we have made one for good: then it is static.
    """
    key, protocol = resource.key, resource.values.get("protocol")
    if BROUGHT in resource.values:
        return True
    if isinstance(key, AddressKey):
        is_static = protocol == _OF_A_ROUTER and resource.values.get("lifetime") is None
        return protocol in _SELF_MADE_ADDRESSES and not is_static
    return isinstance(key, RouteKey) and protocol in SELF_MADE_ROUTES


def links_of(resource: Resource) -> Iterator[Value]:
    """The links that an address or a setting is on, or that a route leads over."""
    if isinstance(resource.key, (AddressKey, *SETTINGS)):
        yield resource.key.link
    else:
        yield from links_of_route(resource.values)


def links_of_route(values: Values) -> Iterator[Value]:
    """The links that a route with these attributes leads over."""
    yield values.get("link")
    hops = values.get("nexthops")
    if isinstance(hops, tuple):
        yield from (hop.link for hop in hops if isinstance(hop, NextHop))


def fall(changes: Mapping[Key, Change], wanted: State, live: State) -> Fall:
    above = links_above(live)
    removed = {key.name for key, one in changes.items() if isinstance(key, LinkKey) and one.after is None}
    remade = {str(key) for key, one in changes.items() if is_remade(one, live)}
    remade |= {name for one in changes.values() for name in made_anew(one, live)} - removed
    lost: Set[str] = set()
    for name in standing_on(removed | remade, above):
        if name in removed or name in remade:
            continue
        ours = wanted.link(name) is not None or is_ours(name, live)
        (remade if ours and live.values(name).get("link") in remade else lost).add(name)
    emptied = {name for one in changes.values() for name in _emptied(one, live)} - remade - removed
    down = set(_downed(changes, emptied, removed | remade, live))
    vlans = {name: [one for one in uppers if live.kind(one) == vlan.KIND] for name, uppers in above.items()}
    downed = set(standing_on(down, vlans)) - removed - remade - lost
    return Fall(*map(frozenset, (removed, remade, lost, downed, emptied)))


def made_anew(change: Change, live: State) -> Iterator[str]:
    """The links of internal interfaces that ovs-vswitchd makes anew with this change of a row.

    It does where their port comes to another bridge, and where their bridge gets another datapath
    (vswitchd/bridge.c, bridge_reconfigure).
    """
    # One that it is just making is not there.
    return (name for name in _with_another_port(change, live) if live.link(name) is not None)


def taken_from_elsewhere(change: Change, live: State) -> Iterator[str]:
    """The internal interfaces whose links this change of a row takes out of other network namespaces.

    Here they have none. One that ovs-vswitchd has yet to make has none either, and no OpenFlow port.
    """
    key, after = change.key, change.after
    names = list(_with_another_port(change, live))
    if isinstance(key, RowKey) and key.table == row.INTERFACE and (after is None or "type" in after):
        names.append(key.name)
    for name in names:
        interface = live.get(RowKey(row.INTERFACE, name))
        is_made = interface is not None and row.UNMADE not in interface.values
        if is_made and live.is_internal(name) and live.link(name) is None:
            yield name


def _with_another_port(change: Change, live: State) -> Iterator[str]:
    """Internal interfaces."""
    key, before, after = change.key, change.before, change.after
    if not isinstance(key, RowKey) or before is None or after is None:
        return
    ports = {key.name} if "bridge" in after else set()
    if key.table == row.BRIDGE and _datapath(before) != _datapath({**before, **after}):
        ports = {name for name, values in _rows(live) if values.get("bridge") == key.name}
    for name, values in _rows(live) if ports else ():
        if values.get("port") in ports and live.is_internal(name):
            yield name


def _rows(live: State) -> Iterator[Tuple[str, Values]]:
    return ((one.key.name, one.values) for one in live if isinstance(one.key, RowKey))


def _datapath(bridge: Values) -> object:
    """That of the kernel has a name as well."""
    return bridge.get("datapath_type") or "system"


def is_remade(change: Change, live: State) -> bool:
    """Whether no other way leads to this change of a link."""
    if not isinstance(change.key, LinkKey) or change.before is None or change.after is None:
        return False
    return _worst(change, live) is Impact.RECREATE


def _worst(change: Change, live: State) -> Impact:
    have = live.get(change.key)
    if have is None or change.after is None:
        return Impact.LIVE
    table = attributes_of(change.key, have.values)
    impacts = {table[name].impact if name in table else Impact.LIVE for name in change.after}
    is_another = IS_ANOTHER.get(str(have.values.get("kind")))
    if is_another is not None and is_another(have.values, {**have.values, **change.after}):
        return Impact.RECREATE
    return max(impacts, key=list(Impact).index, default=Impact.LIVE)


def _emptied(change: Change, live: State) -> Iterator[str]:
    """The link that lets go of its ports for this change, which it or its process takes only without one."""
    key = change.key
    if isinstance(key, LinkKey) and _worst(change, live) is Impact.PORTS_RELEASED:
        yield key.name
    if isinstance(key, ProcessKey) and live.ports(key.link):
        table = attributes_of(key, {})
        if any(table[name].impact is Impact.PORTS_RELEASED for name in change.after or {} if name in table):
            yield key.link


def _downed(changes: Mapping[Key, Change], emptied: Set[str], gone: Set[str], live: State) -> Iterator[str]:
    """The links that are up, and are set down by a step or by the bonding driver."""
    for name, have in live.links():
        if not have.values.get("up"):
            continue
        change = changes.get(LinkKey(name))
        after = (change.after if change is not None else None) or {}
        holder = have.values.get("master")
        then = _kind_then(holder, changes, live)
        leaves = "master" in after or holder in gone or holder in emptied
        if (
            (change is not None and _worst(change, live) in _DOWN)
            or ("master" in after and _kind_then(after["master"], changes, live) in SETS_PORTS_DOWN)
            or (leaves and not SETS_PORTS_DOWN.isdisjoint({live.kind(holder), then}))
            or after.get("up") == 0
        ):
            yield name


#: Kinds of links whose ports go down as they come and go; a VRF sets them up again itself.
SETS_PORTS_DOWN: FrozenSet[Value] = aggregate.KINDS | {vrf.KIND}
_DOWN = frozenset({Impact.LINK_DOWN, Impact.PORTS_RELEASED})


def _kind_then(name: Value, changes: Mapping[Key, Change], live: State) -> Value:
    change = changes.get(LinkKey(str(name))) if name is not None else None
    kind = (change.after or {}).get("kind") if change is not None else None
    return kind or live.kind(name)


def links_above(state: State) -> Dict[str, List[str]]:
    """For each link those that stand on it."""
    above: Dict[str, List[str]] = {}
    for name, one in state.links():
        below = one.values.get("link")
        if isinstance(below, str):
            above.setdefault(below, []).append(name)
    return above


def standing_on(names: Iterable[str], above: Mapping[str, Iterable[str]]) -> List[str]:
    """These links and those above them, each before what stands on it where there is no ring."""
    found = dict.fromkeys(names)
    waiting = list(found)
    while waiting:
        fresh = [one for one in above.get(waiting.pop(), ()) if one not in found]
        found.update(dict.fromkeys(fresh))
        waiting.extend(fresh)
    return list(found)

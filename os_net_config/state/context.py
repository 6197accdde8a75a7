"""What every part of a plan looks at: the changes, the states before and after, and what falls. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Dict, FrozenSet, Iterable, Iterator, List, Mapping, Sequence, Set, Tuple

from . import aggregate, ethtool, link, route, row, twins, vrf
from .devices import links_with
from .diff import Change
from .fall import Fall, links_above, links_of, standing_on
from .graph import Fact
from .model import (
    AddressKey,
    EthtoolKey,
    Key,
    LinkKey,
    ProcessKey,
    Resource,
    RouteKey,
    RowKey,
    State,
    SysctlKey,
)
from .places import Subnet, by_subnet
from .process import BROUGHT, DHCP
from .values import Prefix, Value, Values


@dataclass(frozen=True)
class Context:
    wanted: State
    live: State
    changes: Mapping[Key, Change]
    fall: Fall

    def have(self, name: Value) -> Values:
        """The attributes of a link as it is."""
        return self.live.values(name)

    def said(self, name: Value) -> Values:
        """The attributes that are wanted of a link."""
        return self.wanted.values(name)

    def then(self, name: Value, attribute: str) -> Value:
        """An attribute of a link as it is going to be."""
        change = self.changes.get(LinkKey(str(name)))
        for values in ((change.after or {}) if change is not None else {}, self.said(name)):
            if attribute in values:
                return values[attribute]
        return self.have(name).get(attribute)

    def kind(self, name: Value) -> Value:
        return (self.then(name, "kind") or link.PLAIN) if isinstance(name, str) else None

    def below(self, name: Value) -> Value:
        """The link that this one is going to stand on: of a pair (veth) neither stands on the other."""
        other = self.then(name, "link")
        return None if other is not None and self.then(other, "link") == name else other

    def was_aggregate(self, name: Value) -> bool:
        return self.live.kind(name) in aggregate.KINDS

    def cycles(self, before: Value, master: Value) -> bool:
        """Whether a port that goes from one link to another goes down and up again by itself.

        A VRF that becomes something else in between is one only to those that leave it.
        """
        return vrf.KIND in {self.live.kind(before), self.kind(master)}

    def is_internal(self, name: Value) -> bool:
        """Whether Open vSwitch makes the link, or made it."""
        return self.wanted.is_internal(name) or self.live.is_internal(name)

    def becomes_internal(self, name: str) -> bool:
        """Whether Open vSwitch makes the link in the end."""
        change = self.changes.get(RowKey(row.INTERFACE, name))
        if change is None or (change.after is not None and "type" not in change.after):
            return self.live.is_internal(name)
        return change.after is not None and change.after["type"] == row.INTERNAL

    @cached_property
    def with_devices(self) -> FrozenSet[str]:
        """The links that come or go with a driver of their device."""
        return frozenset(name for one in self.changes.values() for name in links_with(one, self.live))

    @cached_property
    def above(self) -> Mapping[str, Sequence[str]]:
        """The links that stand on a link now."""
        return links_above(self.live)

    @cached_property
    def above_then(self) -> Mapping[str, Sequence[str]]:
        """The links that are wanted to stand on a link."""
        return links_above(self.wanted)

    @cached_property
    def named(self) -> Mapping[twins.Identity, str]:
        """The links of which there is one each, by what they are now."""
        known = ((twins.identity(one.values), name) for name, one in self.live.links())
        return {identity: name for identity, name in known if identity is not None}

    @cached_property
    def masters(self) -> FrozenSet[Value]:
        """The links that get a port."""
        return frozenset((change.after or {}).get("master") for change in self.changes.values())

    @cached_property
    def set_first(self) -> FrozenSet[str]:
        """The links of which a setting changes before they go up."""
        changing = frozenset(key.link for key in self.changes if isinstance(key, SysctlKey))
        groups = (key for key in self.changes if isinstance(key, EthtoolKey))
        return changing.union(key.link for key in groups if key.group not in ethtool.NEEDS_UP)

    @cached_property
    def new_aggregated(self) -> FrozenSet[str]:
        """Links that become ports of a bond or a team, where neither addresses nor routes are of use."""
        return frozenset(
            key.name
            for key, change in self.changes.items()
            if isinstance(key, LinkKey) and self.kind((change.after or {}).get("master")) in aggregate.KINDS
        )

    @cached_property
    def first_ports(self) -> Mapping[Value, str]:
        """The port that a bond or a team without ports gets first: it takes its address.

        In the order of the config; of one that is made as it was before, the port of its address.
        """
        found: Dict[Value, str] = {}
        for name, one in self.wanted.links():
            master = one.values.get("master")
            is_aggregate = self.kind(master) in aggregate.KINDS
            if not isinstance(master, str) or not is_aggregate or self._keeps_a_port(master):
                continue
            holder = self.wanted.link(master)
            mac = holder.initial.get("address") if holder is not None else None
            if master not in found or (mac is not None and mac == self.live.mac(name)):
                found[master] = name
        return found

    def _keeps_a_port(self, master: str) -> bool:
        if master in self.fall.gone:
            return False
        ports = (port for port in self.live.ports(master) if port not in self.fall.gone)
        return any(self.then(port, "master") == master for port in ports)

    def is_lost_with(self, name: str, key: Key) -> bool:
        """Whether this, which falls with the link, cannot be put back."""
        if name in self.fall.removed or name in self.fall.lost or name in self.new_aggregated:
            return True
        # One that is made anew can have addresses while it is down, and no routes.
        stays_down = self.fall.downed | (self.fall.remade if isinstance(key, RouteKey) else frozenset())
        return name in stays_down and self.then(name, "up") == 0

    @cached_property
    def subnets(self) -> Mapping[Subnet, Set[AddressKey]]:
        """The IPv4 addresses of each subnet on a link, now or then."""
        found: Dict[Subnet, Set[AddressKey]] = {}
        for state in (self.live, self.wanted):
            for subnet, keys in by_subnet(state).items():
                found.setdefault(subnet, set()).update(keys)
        return found

    def all_up(self, name: Value) -> Iterator[Fact]:
        """A link that goes down takes the IPv6 addresses and routes of those above it along."""
        seen: Set[Value] = set()
        while isinstance(name, str) and name not in seen:
            seen.add(name)
            yield Fact("up", name)
            name = self.below(name)

    def before_down(self, names: Iterable[str]) -> Tuple[Fact, ...]:
        """Going down takes routes and IPv6 addresses along: those to be removed are removed before."""
        falling = standing_on(names, self.above)
        return tuple(
            Fact(what, name)
            for name in falling
            for what in ("routes freed", "freed", "removed", "given back")
        )

    def stays(self, resource: Resource) -> bool:
        """Whether something that is there is to be there in the end, and nobody changes it."""
        change = self.changes.get(resource.key)
        if change is not None:
            return False
        if not self.fall.takes(resource):
            return True
        links = (on for on in links_of(resource) if isinstance(on, str))
        return not any(self.is_lost_with(on, resource.key) for on in links)

    def staying(self) -> Iterator[Resource]:
        """What is wanted, in its order, and then what is there and stays."""
        yield from (one for one in self.wanted if one.key not in self.changes)
        for resource in self.live:
            if resource.key not in self.wanted.resources and self.stays(resource):
                yield resource

    @cached_property
    def networks(self) -> Mapping[Value, Sequence[Prefix]]:
        """What each link reaches in the end: by its addresses, and by routes without a next hop."""
        found: Dict[Value, List[Prefix]] = {}
        for resource in (*self.wanted, *self.staying()):
            key = resource.key
            if self._goes_with_its_client(resource):
                continue
            if isinstance(key, AddressKey):
                found.setdefault(key.link, []).append(key.prefix)
            elif isinstance(key, RouteKey) and is_direct(resource.values):
                found.setdefault(resource.values.get("link"), []).append(key.destination)
        return found

    def _goes_with_its_client(self, resource: Resource) -> bool:
        changes = (self.changes.get(ProcessKey(DHCP, str(on))) for on in links_of(resource))
        return BROUGHT in resource.values and any(one is not None and one.after is None for one in changes)

    def again(self, resource: Resource) -> Change:
        """A step that gives back what fell."""
        have = self.live.get(resource.key)
        values = {**resource.initial, **resource.values, **(have.values if have is not None else {})}
        return Change(resource.key, values, values, resource.origin, transient=True)


def is_direct(values: Values) -> bool:
    """A route of somebody's without a next hop."""
    return values.get("gateway") is None and values.get("protocol") != route.KERNEL

"""What an attribute of a link that we made is when the config says nothing of it. Pure.

A new link gets this from the kernel; one that is there is given it when the config that said more
of it says it no longer.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import AbstractSet, Iterator, Mapping, NamedTuple, Optional, Tuple

from . import aggregate, bond, bridge, bridge_port, carried, process, team, vlan
from .attributes import NO_DEFAULT, NoDefault
from .defaults import DEPENDENT, default
from .model import LinkKey, ProcessKey, Resource, State
from .record import FOLLOWERS, carries_our_label
from .values import Value, Values

#: Kinds of links that have the MTU of others, unless they are told one.
_FOLLOWERS = carried.KINDS | {bridge.KIND}
#: Said in another way than by a default, or never to be changed.
_OTHERWISE = frozenset({"address", "group", "kind", "link", "master", "mtu", "up"})


class Final(NamedTuple):
    """The state that a config leads to, as far as it is known before.

    ``own_mtus``: what ports of bonds had when they came, and get back when they leave.
    """

    wanted: State
    live: State
    own_mtus: Mapping[str, Value] = MappingProxyType({})

    def value(self, name: str, attribute: str) -> Value:
        for state in (self.wanted, self.live):
            resource = state.link(name)
            if resource is not None and attribute in resource.values:
                return resource.values[attribute]
        return None

    def is_without_ports(self, name: str) -> bool:
        """Of others' ports it is not known whether they leave."""
        unnamed = [port for port in self.live.ports(name) if self.wanted.link(port) is None]
        others = [port for port in unnamed if not carries_our_label(self.live.resources[LinkKey(port)])]
        return not self.wanted.ports(name) and not others

    def mac(self, name: str, seen: AbstractSet[str] = frozenset()) -> Optional[bytes]:
        """A link's own address, also while a bond gives it another one; None: nobody knows it before.

        A VLAN that was given none has its device's, such a bridge the least of its ports'. ``seen`` are the
        links that ask for it: in a ring nobody knows it either.
        """
        have, said = self._kept(name), self.wanted.values(name)
        below, address = said.get("link"), said.get("address")
        if isinstance(address, bytes) or name in seen:
            return address if isinstance(address, bytes) else None
        seen = {*seen, name}
        if below is not None and said.get("kind") == vlan.KIND and self._inherits_mac(have, str(below)):
            return self.mac(str(below), seen)
        ports = self.wanted.ports(name)
        if said.get("kind") in aggregate.KINDS and not self._keeps_a_port(name):
            # Its first port's, and a random one without.
            return next((self.mac(port, seen) for port in ports), None)
        if said.get("kind") == bridge.KIND and (have is None or self._has_a_ports_mac(have)):
            macs = [self.mac(port, seen) for port in ports]
            known = [mac for mac in macs if mac is not None]
            return min(known, default=None) if len(known) == len(macs) else None
        return self.live.mac(name) if have is not None else None

    def mtu(self, name: str) -> Optional[int]:
        """Unsaid, a VLAN has its device's, a bridge its smallest port's, a port that of its bond."""
        said = self.wanted.link(name)
        values = said.values if said is not None else {}
        mtu = values.get("mtu")
        if mtu is None and values.get("kind") in _FOLLOWERS and self.follows(name):
            return self.followed(name)
        master = values.get("master")
        if master is not None and self.value(str(master), "kind") in aggregate.KINDS:
            return self.mtu(str(master))
        have = self._kept(name)
        if mtu is None and have is not None and self._is_aggregate(have.values.get("master")):
            # The driver gives it back the MTU that it came with, and tells nobody which.
            mtu = self.own_mtus.get(name)
            return mtu if isinstance(mtu, int) else None
        if mtu is None:
            mtu = have.values.get("mtu") if have is not None else carried.usual_mtu(values.get("kind"))
        return mtu if isinstance(mtu, int) else None

    def _kept(self, name: str) -> Optional[Resource]:
        """The link as it is, if it is not made anew as another kind."""
        have, kind = self.live.link(name), self.live.kind(name)
        return have if self.wanted.values(name).get("kind", kind) == kind else None

    def _keeps_a_port(self, name: str) -> bool:
        return any(self.live.values(port).get("master") == name for port in self.wanted.ports(name))

    def _inherits_mac(self, have: Optional[Resource], below: str) -> bool:
        """Whether a VLAN is made, or changes along with its device (net/8021q, vlan_sync_address)."""
        if have is None or have.values.get("link") != below:
            return True
        return have.values.get("address") == self.live.values(below).get("address")

    def _has_a_ports_mac(self, have: Resource) -> bool:
        """Whether a bridge has the MAC address that the kernel gives it, and not another one by somebody."""
        assert isinstance(have.key, LinkKey)
        macs = [self.live.values(port).get("address") for port in self.live.ports(have.key.name)]
        return have.values.get("address") == min(
            (one for one in macs if isinstance(one, bytes)), default=bridge.NO_MAC
        )

    def _is_aggregate(self, name: Value) -> bool:
        return self.live.kind(name) in aggregate.KINDS

    def has_its_active_ports_mac(self, name: str) -> bool:
        """Whether a bond or a team has no MAC address that it keeps."""
        told = self.wanted.get(ProcessKey(process.TEAM, name))
        if told is not None and process.OWNER not in told.values:
            return team.has_its_active_ports_mac(told.values)
        options = {option: self.value(name, option) for option in ("mode", "fail_over_mac")}
        return bond.has_its_active_ports_mac(options)

    def followed(self, name: str) -> Optional[int]:
        """The MTU of the links that give this one its MTU, as they are going to be; None: not known."""
        if self.value(name, "kind") in carried.KINDS:
            below = self.value(name, "link")
            if below is None:
                return carried.ETHERNET_MTU
            return carried.room({**self.live.values(name), **self.wanted.values(name)}, self.mtu(str(below)))
        mtus = [self.mtu(port) for port in self.wanted.ports(name)]
        known = [one for one in mtus if one is not None]
        return min(known, default=carried.ETHERNET_MTU) if len(known) == len(mtus) else None

    def follows(self, name: str) -> bool:
        """Whether a link has the MTU that it was given so, and not another one by somebody."""
        have = self._kept(name)
        if have is None:
            return True
        if have.values.get("kind") in carried.KINDS:
            below = self.live.values(have.values.get("link")).get("mtu", carried.ETHERNET_MTU)
            is_alone = have.values.get("link") is None
            room = below if is_alone else carried.room(have.values, int(str(below)))
            return have.values.get("mtu") == room
        mtus = [self.live.values(port).get("mtu") for port in self.live.ports(name)]
        return have.values.get("mtu") == min(
            (one for one in mtus if isinstance(one, int)), default=carried.ETHERNET_MTU
        )


def unsaid_values(
    resource: Resource, have: Resource, final: Final, no_more: AbstractSet[str]
) -> Iterator[Tuple[str, Value]]:
    """``no_more``: attributes that an earlier config said, and this one does not."""
    assert isinstance(resource.key, LinkKey)
    name, kind = resource.key.name, resource.values.get("kind")
    values = {**have.values, **resource.values}
    no_more = {*no_more, *_changed_along(resource, have, no_more)}
    for attribute in sorted(no_more - _OTHERWISE - bridge_port.ATTRIBUTES.keys(), key=_independent_first):
        value = resource.initial.get(attribute, default(resource.key, values, attribute))
        if value is NO_DEFAULT:
            # An option that only the present mode knows goes back before that goes.
            value = default(resource.key, have.values, attribute)
        if value is not NO_DEFAULT and attribute in have.values:
            values[attribute] = value
            yield attribute, value
    mtu = _mtu(name, kind, final, "mtu" in no_more)
    if "mtu" not in resource.values and mtu is not None:
        yield "mtu", mtu
    if kind == bridge.KIND and "address" not in resource.values and final.is_without_ports(name):
        # It loses its own with its last port, and without one nothing can stand on it.
        mac = have.values.get("address")
        if mac is not None and mac != bridge.NO_MAC:
            yield "address", mac
    elif "address" not in resource.values and "address" in have.values:
        mac = _mac(name, kind, final)
        if mac is not None and ("address" in no_more or _mac_left(name, have, final)):
            yield "address", mac


def _independent_first(attribute: str) -> Tuple[bool, str]:
    return attribute in DEPENDENT, attribute


def _changed_along(resource: Resource, have: Resource, no_more: AbstractSet[str]) -> Iterator[str]:
    for attribute, follower in FOLLOWERS.items():
        goes = attribute in no_more or not resource.values.get(attribute, 1)
        if have.values.get(attribute) and goes and follower not in resource.values:
            yield follower


def port_values(have: Resource, values: Values, no_more: AbstractSet[str]) -> Iterator[Tuple[str, Value]]:
    """Options of a bridge port that are said no more, where it stays a port of the same bridge."""
    if have.values.get("master") is not None and have.values["master"] == values.get("master"):
        for attribute in sorted(no_more & bridge_port.ATTRIBUTES.keys()):
            usual = bridge_port.ATTRIBUTES[attribute].default
            if attribute == bridge_port.PATH_COST:
                yield attribute, None
            elif not isinstance(usual, NoDefault):
                yield attribute, usual


def _mtu(name: str, kind: Value, final: Final, said_before: bool) -> Optional[int]:
    if kind in _FOLLOWERS:
        return final.followed(name) if said_before or final.follows(name) else None
    return carried.usual_mtu(kind) if said_before else None


def _mac(name: str, kind: Value, final: Final) -> Optional[bytes]:
    """A bond or a team takes its first port's, a bridge the least of its ports'."""
    macs = [mac for port in final.wanted.ports(name) if (mac := final.mac(port)) is not None]
    if kind in aggregate.KINDS:
        return macs[0] if macs and not final.has_its_active_ports_mac(name) else None
    return min(macs, default=None) if kind == bridge.KIND else None


def _mac_left(name: str, have: Resource, final: Final) -> bool:
    """Whether the port goes away that a bond or a team has its address from."""
    if have.values.get("kind") not in aggregate.KINDS:
        return False
    ports = final.live.ports(name)
    stay = set(final.wanted.ports(name))
    return have.values.get("address") in {final.mac(port) for port in ports if port not in stay}

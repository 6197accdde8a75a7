"""What the kinds of links share."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import AbstractSet, Dict, Mapping, NamedTuple, Optional, Sequence

from ...state import link
from ...state.nic import Nic, Pci
from ...state.values import Value
from ..formats import mac_address
from ..objects import Object, Rename, is_port


class Parts(NamedTuple):
    """A link's wanted attributes, and those it only gets if we make it."""

    values: Dict[str, Value]
    initial: Dict[str, Value]


@dataclass(frozen=True)
class Surroundings:
    """What a kind has to know beside its object.

    The node's NICs, and its names for those of the config.
    """

    nics: Sequence[Nic]
    rename: Rename
    #: The objects that make links, by name.
    declared: Mapping[str, Object]

    @cached_property
    def macs(self) -> Mapping[str, bytes]:
        """The permanent MAC addresses of the NICs, by name."""
        return {nic.name: nic.mac for nic in self.nics}

    @cached_property
    def devices(self) -> Mapping[str, Pci]:
        """The PCI devices of the NICs, by name."""
        return {nic.name: nic.pci for nic in self.nics if nic.pci is not None}

    def mac_of_primary(self, one: Object) -> Optional[bytes]:
        """The MAC address that the primary member gives to its bond or bridge."""
        return self._mac(primary_member(one), {one.name})

    def mac_of(self, one: Object) -> Optional[bytes]:
        """The MAC address that an object's link is going to have."""
        return self._mac(one, frozenset())

    def _mac(self, member: Optional[Object], seen: AbstractSet[str]) -> Optional[bytes]:
        """Of a VLAN its device's; of a bond its first port's, and none where nobody knows it before.

        ``seen`` are those that ask for it: in a ring nobody knows it either.
        """
        if member is None or member.name in seen:
            return None
        maker, seen = self.declared.get(member.name, member), {*seen, member.name}
        if maker.type in _CONTAINERS:
            port = primary_member(maker)
            if port is None and maker.type != "linux_bridge":
                port = next(filter(is_port, maker.members), None)
            return self._mac(port, seen)
        if maker.get("macaddr") is not None:
            return mac_address(maker.get("macaddr"))
        if maker.type in WITH_THEIR_OWN_MAC:
            return None
        if maker.device is None:
            return self.macs.get(maker.name)
        device = self.declared.get(maker.device)
        return self._mac(device, seen) if device is not None else self.macs.get(maker.device)


#: What has a MAC address of its own only until it has a port.
_CONTAINERS = frozenset({"linux_bond", "linux_bridge", "ovs_bond", "team"})
#: What the kernel draws one for.
WITH_THEIR_OWN_MAC = frozenset({"dummy", "macvlan", "veth", "vxlan"})


def primary_member(one: Object) -> Optional[Object]:
    return next((member for member in one.members if member.get("primary")), None)


def made(kind: str, one: Optional[Object] = None) -> Parts:
    """A link that does not come with the node: it carries our label. Its object may say its MAC address."""
    mac = one.get("macaddr") if one is not None else None
    said = {"address": mac_address(mac)} if mac is not None else {}
    return Parts({"kind": kind, **said}, {"group": link.GROUP})

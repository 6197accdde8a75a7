"""Networks that hold together: bonds, bridges, VLANs, addresses, routes that the addresses reach."""

from __future__ import annotations

from random import Random
from typing import Any, Dict, List

Entry = Dict[str, Any]

_BONDS = (
    "mode=active-backup miimon=100", "mode=802.3ad lacp_rate=fast miimon=50", "mode=balance-xor",
    "mode=1 arp_interval=100 arp_ip_target=192.0.2.1", "",
)  # fmt: skip
_BRIDGES = ("stp_state=on priority=4096", "vlan_filtering=on default_pvid=0", "ageing_time=0", "")
_PORTS = ("isolated=on", "path_cost=10 learning=off", "")


class Topology:
    """A config for a node with ``nics`` numbered NICs, most of which is supported and consistent."""

    def __init__(self, random: Random, nics: int = 8) -> None:
        self.random = random
        self.free = [f"nic{number}" for number in range(1, nics + 1)]
        self.networks = 0
        random.shuffle(self.free)

    def document(self) -> Entry:
        carriers = [self._carrier() for _ in range(self.random.randint(1, 4))]
        objects = list(carriers)
        for vlan_id in self.random.sample(range(1, 4095), self.random.randrange(5)):
            objects.append(self._vlan(vlan_id, self.random.choice(carriers)))
        if self.random.random() < 0.5:
            self.random.shuffle(objects)
        return {"network_config": objects}

    def _carrier(self) -> Entry:
        kind = self.random.choice(("interface", "linux_bond", "linux_bridge"))
        if kind == "interface" or not self.free:
            return self._with_addresses(self._nic() if self.free else {"type": "interface", "name": "em9"})
        members = [self._nic() for _ in range(min(len(self.free), self.random.randrange(3)))]
        one: Entry = {"type": kind, "name": f"{kind[6:8]}{len(self.free)}", "members": members}
        if kind == "linux_bond":
            one["bonding_options"] = self.random.choice(_BONDS)
        elif self.random.random() < 0.5:
            one["bridge_options"] = self.random.choice(_BRIDGES)
            for member in members:
                member["bridge_port_options"] = self.random.choice(_PORTS)
        if members and self.random.random() < 0.5:
            members[0]["primary"] = True
        return self._with_addresses(one)

    def _nic(self) -> Entry:
        return {"type": "interface", "name": self.free.pop()}

    def _vlan(self, vlan_id: int, below: Entry) -> Entry:
        one: Entry = {"type": "vlan", "vlan_id": vlan_id, "device": below["name"]}
        if self.random.random() < 0.3:
            one["mtu"] = self.random.randint(1280, below.get("mtu", 1500))
        return self._with_addresses(one)

    def _with_addresses(self, one: Entry) -> Entry:
        if one["type"] != "vlan" and self.random.random() < 0.4:
            one["mtu"] = self.random.choice((1280, 1500, 9000))
        for key in ("addresses", "routes"):
            one[key] = []
        for _ in range(self.random.randrange(3)):
            self._network(one)
        return one

    def _network(self, one: Entry) -> None:
        self.networks += 1
        stem = f"10.{self.networks}.0." if self.random.random() < 0.6 else f"2001:db8:{self.networks}::"
        length, far = (24, f"198.51.{self.networks}.0/24")
        if ":" in stem:
            length, far = (64, f"2001:db8:f{self.networks}::/48")
        one["addresses"].append({"ip_netmask": f"{stem}10/{length}"})
        if self.random.random() < 0.5:
            one["routes"].append({"ip_netmask": far, "next_hop": f"{stem}1"})


def many(count: int) -> List[Entry]:
    """As many VLANs with an address and a route each, on one bond."""
    return [
        {"type": "linux_bond", "name": "bond1", "members": [{"type": "interface", "name": "nic1"}]},
        *(
            {
                "type": "vlan",
                "vlan_id": number % 4094 + 1,
                "device": "bond1",
                "addresses": [{"ip_netmask": f"10.{number >> 8 & 255}.{number & 255}.2/24"}],
                "routes": [
                    {"ip_netmask": f"172.{16 + (number >> 8)}.{number & 255}.0/24",
                     "next_hop": f"10.{number >> 8 & 255}.{number & 255}.1"}
                ],
            }
            for number in range(count)
        ),
    ]  # fmt: skip

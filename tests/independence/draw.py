"""One random config: NICs, bonds, bridges, VLANs on each of them, with addresses, routes and the rest."""

from __future__ import annotations

from random import Random
from typing import Dict, List, Optional, Sequence, TypeVar

from . import pool
from .features import Feature, Features
from .language import (
    CONTAINERS,
    OWN_LINKS,
    Config,
    Entry,
    device_of,
    devices,
    hop_of,
    links,
    masters,
    mode_of,
    name_of,
    walk,
    with_options,
)

T = TypeVar("T")


class Draw:
    """Adds objects and attributes to a config, which may be empty to begin with."""

    def __init__(self, random: Random, features: Features, config: Config) -> None:
        self.random = random
        self.features = features
        self.config = config

    def whole(self) -> Config:
        """Fill the config."""
        for _ in range(self.random.randint(0, 2)):
            self.container()
        for _ in range(self.random.randint(0, 2)):
            self.nic()
        for _ in range(self.random.randint(0, 3)):
            self.vlan()
        if self.has(Feature.TAPS) and self.one_in(3):
            self.tap()
        if self.has(Feature.OWN_LINKS):
            self.own_links()
        if self.has(Feature.TABLES) and self.one_in(3):
            self.table()
        if not self.config:
            self.nic()
        for one in self.all_links():
            self.furnish(one)
        if self.one_in(2):
            self.random.shuffle(self.config)
        return self.config

    def has(self, *features: Feature) -> bool:
        return self.features.issuperset(features)

    def one_in(self, count: int) -> bool:
        return self.random.randrange(count) == 0

    def choice(self, values: Sequence[T]) -> Optional[T]:
        return self.random.choice(values) if values else None

    # What is there

    def some(self, kind: str, key: str) -> Optional[Entry]:
        """A link of a kind ("" for any) that has the attribute."""
        return self.choice([one for one in self.all_links() if kind in {"", one["type"]} and one.get(key)])

    def all_links(self) -> List[Entry]:
        return list(links(self.config).values())

    def free_nics(self) -> List[str]:
        taken = links(self.config).keys() | devices(self.config).values()
        return [name for name in pool.NIC_NAMES if name not in taken]

    def free_names(self) -> List[str]:
        return [name for name in pool.NAMES if name not in links(self.config)]

    def free_networks(self) -> List[str]:
        used = {
            pool.network_of(a["ip_netmask"]) for one in self.all_links() for a in one.get("addresses", [])
        }
        return [network for network in pool.NETWORKS if network not in used]

    # Objects

    def container(self) -> Optional[Entry]:
        name = self.choice(self.free_names())
        if name is None:
            return None
        kind = self.random.choice(CONTAINERS)
        one: Entry = {"type": kind, "name": name, "members": []}
        self.config.append(one)
        free = self.free_nics()
        for nic in self.random.sample(free, min(len(free), self.random.randint(0, 3))):
            one["members"].append({"type": "interface", "name": nic})
        if kind == "linux_bond":
            self.options(one)
        elif self.one_in(3):
            self.bridge_member(one)
        if one["members"] and self.one_in(3) and (kind == "linux_bond" or self.has(Feature.PRIMARIES)):
            self.random.choice([m for m in one["members"] if m["type"] == "interface"] or [{}])["primary"] = (
                True
            )
        return one

    def bridge_member(self, bridge: Entry) -> None:
        """A bond inside, a VLAN as a port, a VLAN on top, or a link that is declared elsewhere."""
        name, vlan_id, device = (
            self.choice(self.free_names()),
            self.free_id(),
            self.choice(self.carriers(bridge)),
        )
        alone = [
            one
            for one in self.config
            if one["type"] in {"linux_bond", "vlan"} and name_of(one) not in masters(self.config)
        ]
        if name and self.one_in(3):
            member: Entry = {"type": "linux_bond", "name": name, "members": []}
            nic = self.choice(self.free_nics())
            member["members"] = [{"type": "interface", "name": nic}] if nic else []
            bridge["members"].append(member)
            self.options(member)
        elif alone and self.one_in(3):
            bridge["members"].append({"type": "interface", "name": name_of(self.random.choice(alone))})
        elif vlan_id and device and self.one_in(2):
            bridge["members"].append({"type": "vlan", "vlan_id": vlan_id, "device": device})
        elif vlan_id:
            bridge["members"].append({"type": "vlan", "vlan_id": vlan_id})

    def nic(self) -> Optional[Entry]:
        name = self.choice(self.free_nics())
        if name is None:
            return None
        self.config.append({"type": "interface", "name": name})
        return self.config[-1]

    def free_id(self) -> Optional[int]:
        return self.choice([number for number in pool.VLAN_IDS if f"vlan{number}" not in links(self.config)])

    def carriers(self, *without: Entry) -> List[str]:
        """Links that a VLAN may stand on: no port of a bond."""
        bonded = {
            name_of(m)
            for one, _ in walk(self.config)
            if one["type"] == "linux_bond"
            for m in one.get("members", [])
        }
        barred = bonded | {name_of(one) for one in without}
        return [name for name in links(self.config) if name not in barred and "." not in name]

    def vlan(self) -> Optional[Entry]:
        number = self.free_id()
        device = self.choice([*self.carriers(), *self.free_nics()[:1]])
        if number is None or device is None:
            return None
        one: Entry = {"type": "vlan", "vlan_id": number, "device": device}
        if self.one_in(4):
            one = {"type": "interface", "name": f"{device}.{number}"}
        self.config.append(one)
        return one

    def tap(self) -> Optional[Entry]:
        name = self.choice(self.free_names())
        if name is None:
            return None
        self.config.append({"type": "linux_tap", "name": name})
        return self.config[-1]

    def own_links(self) -> None:
        if self.one_in(3):
            self.own_link()
        if self.one_in(4):
            self.pair()
        if self.one_in(4):
            self.vrf()

    def own_link(self) -> Optional[Entry]:
        name, kind = self.choice(self.free_names()), self.random.choice(OWN_LINKS)
        device = self.choice([*self.carriers(), *self.free_nics()[:1]])
        if name is None or (kind == "macvlan" and device is None):
            return None
        one: Entry = {"type": kind, "name": name}
        if kind == "macvlan" or (kind == "vxlan" and self.one_in(2)):
            one["device"] = device
        if kind == "vxlan":
            taken = {link.get("vxlan_id") for link in self.all_links()}
            one["vxlan_id"] = self.random.choice([number for number in pool.VXLAN_IDS if number not in taken])
        self.config.append(one)
        self.own_options(one)
        return one

    def pair(self) -> Optional[Entry]:
        """Both ends."""
        free = [name for name in pool.ENDS if name not in links(self.config)]
        if len(free) < len(("one", "other")):
            return None
        one, other = self.random.sample(free, 2)
        made: List[Entry] = [
            {"type": "veth", "name": one, "peer": other}, {"type": "veth", "name": other, "peer": one}
        ]  # fmt: skip
        for end in made:
            if self.one_in(3):
                end["macaddr"] = f"52:54:00:aa:01:{pool.ENDS.index(end['name']):02}"
        self.config.extend(made)
        return made[0]

    def vrf(self) -> Optional[Entry]:
        """With some of the links that are ports of nothing yet."""
        name = self.choice(self.free_names())
        taken = {link.get("table") for link in self.all_links()}
        table = self.choice([number for number in pool.VRF_TABLES if number not in taken])
        if name is None or table is None:
            return None
        one: Entry = {"type": "vrf", "name": name, "table": table, "members": []}
        for link in self.alone():
            if self.one_in(3):
                self.config.remove(link)
                one["members"].append(link)
        self.config.append(one)
        return one

    def alone(self) -> List[Entry]:
        return [
            one
            for one in self.config
            if one["type"] not in {"vrf", "route_table"} and "." not in name_of(one)
        ]

    def own_options(self, one: Entry) -> None:
        """Some of what its kind can have."""
        for name, values in pool.OWN_OPTIONS[one["type"]].items():
            one.pop(name, None)
            if self.one_in(3):
                one[name] = self.random.choice(values)
        one.pop("group", None)
        if one.get("mode") == "passthru":
            one.pop("macaddr", None)
        if one["type"] == "vxlan" and one.get("device") and self.one_in(3):
            ends: Entry = {"group": self.random.choice(pool.GROUPS)}
            self.ends(one, self.random.choice(pool.ENDS6) if self.one_in(2) else ends)

    def ends(self, one: Entry, said: Entry) -> None:
        for name in ("local", "remote", "group"):
            one.pop(name, None)
        one.update(said)
        if any(":" in end for end in said.values()):
            one.pop("df", None)

    def table(self) -> Optional[Entry]:
        there = {one["name"] for one in self.config if one["type"] == "route_table"}
        name = self.choice([name for name in pool.TABLES if name not in there])
        if name is None:
            return None
        self.config.insert(0, {"type": "route_table", "name": name, "table_id": pool.TABLES[name]})
        return self.config[0]

    # Attributes

    def furnish(self, one: Entry) -> None:
        """Give a link some of what it can have."""
        if self.one_in(3):
            self.mtu(one)
        for _ in range(self.random.choice((0, 0, 1, 1, 2))):
            self.network(one)
        for _ in range(self.random.choice((0, 1, 2))):
            self.route(one)
        if self.has(Feature.RULES) and self.one_in(4):
            self.rule(one)
        if self.has(Feature.BRIDGE_OPTIONS) and self.one_in(3):
            self.bridge_options(one)
        if self.one_in(12):
            one.update(self.random.choice(INERT))

    def mtu(self, one: Entry) -> None:
        """Not larger than the link below, whatever that is going to have."""
        name = name_of(one)
        if not self.has(Feature.FOLLOWING) and self.is_joined(name):
            return
        upper = min([self.ceiling(one), *self.bond_mtu(one)])
        lower = max(
            [link["mtu"] for link in self.all_links() if self.device(link) == name and "mtu" in link],
            default=0,
        )
        fitting = [mtu for mtu in pool.MTUS if lower <= mtu <= upper]
        if fitting:
            one["mtu"] = self.random.choice(fitting)

    def is_joined(self, name: str) -> bool:
        """Whether another link's MTU hangs on this one's."""
        ports = masters(self.config)
        return name in {*ports, *ports.values(), *devices(self.config).values()}

    def device(self, one: Entry) -> Optional[str]:
        return devices(self.config).get(name_of(one))

    def ceiling(self, one: Entry) -> int:
        below = self.device(one)
        return 9000 if below is None else least_mtu(self.config, below) - overhead(one)

    def bond_mtu(self, one: Entry) -> List[int]:
        """A bond's ports are asked for nothing else than it has."""
        bond = masters(self.config).get(name_of(one), "")
        holder = links(self.config).get(bond, {})
        if holder.get("type") != "linux_bond":
            return []
        said = [link["mtu"] for link in (holder, *holder["members"]) if "mtu" in link]
        return said[:1]

    def network(self, one: Entry) -> None:
        """Addresses of another network."""
        network = self.choice(self.free_networks())
        if network is None or self.may_fall(one):
            return
        length = self.random.choice(pool.LENGTHS[pool.family(network)])
        hosts = self.random.sample(pool.HOSTS, self.random.choice((1, 1, 2, 3)))
        entries = [{"ip_netmask": f"{pool.host(network, number)}/{length}"} for number in hosts]
        one.setdefault("addresses", []).extend(entries)

    def route(self, one: Entry) -> None:
        """By a gateway in one of the link's networks, or on the link itself."""
        if self.may_fall(one):
            return
        networks = sorted({pool.network_of(a["ip_netmask"]) for a in one.get("addresses", [])})
        network = self.choice(networks)
        family = pool.family(network or "4")
        gateway = pool.host(network, self.random.choice((1, 2))) if network and not self.one_in(5) else "self"
        route: Entry = {"next_hop": gateway}
        if gateway != "self" and self.one_in(4):
            route["default"] = True
        else:
            route["ip_netmask"] = self.random.choice(pool.FAR[family])
        metric = self.random.choice(pool.METRICS)
        if metric is not None:
            route["metric"] = metric
        table = self.a_table()
        if table is not None:
            route["table"] = table
        self.route_options(route)
        if not self.is_taken(route, family):
            one.setdefault("routes", []).append(route)

    def may_fall(self, one: Entry) -> bool:
        """Whether it is a bond's port: one goes down with all that is on it when it comes or leaves."""
        holder = links(self.config).get(masters(self.config).get(name_of(one), ""), {})
        return not self.has(Feature.FALLING) and holder.get("type") == "linux_bond"

    def a_table(self) -> Optional[object]:
        if not self.has(Feature.TABLES) or not self.one_in(3):
            return None
        names = [one["name"] for one in self.config if one["type"] == "route_table"]
        choices: List[object] = [*names, 100, 103]
        return self.random.choice(choices)

    def route_options(self, route: Entry) -> None:
        """Metrics and the like; or no next hop at all, or two of them."""
        hop, family = hop_of(route), family_of(route)
        if self.has(Feature.DEAD_ENDS) and self.one_in(8) and "ip_netmask" in route:
            del route["next_hop"]
            route["route_options"] = self.random.choice(pool.DEAD_ENDS)
        elif self.has(Feature.MULTIPATH) and self.one_in(6) and hop != "self":
            del route["next_hop"]
            other = pool.host(pool.network_of(hop), 3)
            route["route_options"] = f"nexthop via {hop} weight 2 nexthop via {other}"
            if route.pop("default", False):
                route["ip_netmask"] = pool.FAR[family][0]
        elif self.has(Feature.ROUTE_OPTIONS) and self.one_in(3):
            route["route_options"] = self.random.choice(pool.ROUTE_OPTIONS)

    def is_taken(self, route: Entry, family: int) -> bool:
        """Whether a route to the same place is there already: one of them would not count."""
        return any(
            place(route, family) == place(other, family_of(other))
            for link in self.all_links()
            for other in link.get("routes", [])
        )

    def rule(self, one: Entry) -> None:
        rule = {"rule": self.random.choice(pool.RULES)}
        if all(rule not in link.get("rules", []) for link in self.all_links()):
            one.setdefault("rules", []).append(rule)

    def bridge_options(self, one: Entry) -> None:
        if one["type"] == "linux_bridge":
            name = self.random.choice(sorted(pool.BRIDGE_OPTIONS))
            one["bridge_options"] = f"{name}={self.random.choice(pool.BRIDGE_OPTIONS[name])}"
        elif (
            links(self.config).get(masters(self.config).get(name_of(one), ""), {}).get("type")
            == "linux_bridge"
        ):
            name = self.random.choice(sorted(pool.PORT_OPTIONS))
            one["bridge_port_options"] = f"{name}={self.random.choice(pool.PORT_OPTIONS[name])}"

    # Bonding options

    def options(self, bond: Entry) -> None:
        """A mode, with some of its options."""
        mode = self.random.choice((None, *pool.MODES))
        chosen: Dict[str, str] = {"mode": mode} if mode else {}
        arp = self.one_in(4) and bool(pool.allowed(mode or "active-backup", ("arp_interval",)))
        known = pool.allowed(mode or "active-backup")
        for name in self.random.sample(known, self.random.randint(0, 4)):
            if (name in pool.CARRIER and arp) or (name in pool.ARP and not arp):
                continue
            chosen.update(pool.NEEDED.get(name, {}))
            chosen[name] = self.random.choice(pool.OPTIONS[name])
        bond["bonding_options"] = with_options(fitting(chosen))
        self.primary(bond)

    def primary(self, bond: Entry) -> None:
        ports = [name_of(member) for member in bond["members"]]
        if ports and self.one_in(4) and pool.allowed(mode_of(bond), ("primary",)):
            bond["bonding_options"] += f" primary={self.random.choice(ports)}"


#: Without meaning for the kernel, or for a run by hand.
INERT: Sequence[Entry] = (
    {"defroute": False}, {"onboot": True}, {"nm_controlled": False}, {"persist_mapping": False},
    {"nic_mapping": {"nic1": "eno1"}}, {"dhclient_args": "-q"},
)  # fmt: skip


def fitting(options: Dict[str, str]) -> Dict[str, str]:
    """The options in the order of the language's writers, delays being multiples of their unit."""
    if any(name in options for name in pool.DELAYS):
        options = {**options, "miimon": "200" if options.get("miimon") == "200" else "100"}
    return {name: options[name] for name in sorted(options, key=lambda name: (name != "mode", name))}


def family_of(route: Entry) -> int:
    return pool.family(f"{hop_of(route)}{route.get('ip_netmask', '')}")


def place(route: Entry, family: int) -> object:
    """What makes a route the same one as another."""
    destination = "default" if route.get("default") else route["ip_netmask"]
    table = route.get("table", 254)
    return family, destination, route.get("metric") or 0, pool.TABLES.get(str(table), table)


def least_mtu(config: Config, name: str) -> int:
    """What a link has at least, by all that is said of it and of what it is made of."""
    one = links(config).get(name)
    if one is None:
        return 1500
    said = [one["mtu"]] if "mtu" in one else [least_mtu(config, name_of(m)) for m in one.get("members", [])]
    below = device_of(one)
    if below is not None and not said:
        said.append(least_mtu(config, below) - overhead(one))
    return min([1500, *said]) if "mtu" not in one else int(one["mtu"])


def overhead(one: Entry) -> int:
    return pool.OVERHEAD if one["type"] == "vxlan" else 0

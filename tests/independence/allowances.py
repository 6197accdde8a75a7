"""What may differ between a node that went through A and one that did not: each with its reason.

An allowance changes a reading so that what may differ no longer does, and nothing else: where a weaker
statement can be checked, it puts that in the place of the value.
"""

from __future__ import annotations

import re
from ipaddress import IPv6Address
from typing import Any, Callable, Dict, FrozenSet, Iterable, Iterator, List, NamedTuple, Sequence, Set

from . import pool
from .reader import Reading

Link = Dict[str, Any]
#: The links whose MAC address the config names by a primary member.
Pinned = FrozenSet[str]
Change = Callable[[Reading, Pinned], None]


class Allowance(NamedTuple):
    """``weaker`` is what is compared instead."""

    name: str
    reason: str
    weaker: str
    change: Change


def _without(keys: Iterable[str], *places: str) -> Change:
    """Leave these keys out of every link, or of a part of it."""

    def change(reading: Reading, _: Pinned) -> None:
        for link in reading["links"].values():
            for part in _parts(link, places):
                for key in keys:
                    part.pop(key, None)

    return change


def _parts(link: Link, places: Sequence[str]) -> Iterator[Dict[str, Any]]:
    info = link.get("linkinfo", {})
    known = {"": link, "bonding": link.get("bonding", {}), "info": info.get("info_data", {})}
    known["port"] = info.get("info_slave_data", {})
    yield from (known[place] for place in places or ("",))


_CARRIER = {"LOWER_UP", "NO-CARRIER", "M-DOWN"}
_WITHOUT_CARRIER = {"dead", "linkdown"}


def _carrier(reading: Reading, _: Pinned) -> None:
    for link in reading["links"].values():
        link["flags"] = sorted(set(link["flags"]) - _CARRIER)
        for part in _parts(link, ("", "bonding", "port")):
            for key in ("operstate", "mii_status"):
                part.pop(key, None)
    for route in reading["routes"]:
        hops = [route, *route.get("nexthops", ())]
        for one in hops:
            one["flags"] = sorted(set(one.get("flags", ())) - _WITHOUT_CARRIER)


#: What the bridge makes of a port's speed (net/bridge/br_if.c, port_cost).
_COSTS = {1, 2, 4, 19, 100}


def _automatic_costs(reading: Reading, _: Pinned) -> None:
    for link in reading["links"].values():
        for part in _parts(link, ("port",)):
            if part.get("cost") in _COSTS:
                part["cost"] = "of its speed"


def _automatic_macs(reading: Reading, pinned: Pinned) -> None:
    """Where a MAC address is borrowed, say from whom. Ports before their bonds, uppers before lowers."""
    links = reading["links"]
    said = {name: _mac(name, link, links, pinned) for name, link in links.items()}
    for name, link in links.items():
        link["address"] = said[name]
        for part in _parts(link, ("info", "port")):
            for key in ("bridge_id", "root_id"):
                part.pop(key, None)
            if _is_drawn(name, link) and name not in pinned:
                part.pop("perm_hwaddr", None)


def _mac(name: str, link: Link, links: Dict[str, Link], pinned: Pinned) -> str:
    own, kind = str(link.get("address", "")), link.get("linkinfo", {}).get("info_kind")
    master, device = links.get(str(link.get("master"))), links.get(str(link.get("link")))
    if master is not None and _is_bond(master) and own in _macs_of_bond(str(link["master"]), links):
        return f"of {link['master']}"
    if kind == "vlan" and device is not None and own in _macs_of_device(device, links):
        return f"of {link['link']}"
    if kind == "tun" or (_is_drawn(name, link) and name not in pinned):
        return "any"
    if kind not in {"bond", "bridge"} or name in pinned:
        return own
    if all(_is_random(port, links) for port in _ports(name, links)):
        return "any"
    ports = {port["address"] for port in _ports(name, links)} | {
        _permanent(port) for port in _ports(name, links)
    }
    return "of a port" if own in ports else own


#: The kernel draws an address for each, and one that a config said is kept.
_OWN_LINKS = {"dummy", "macvlan", "vrf", "vxlan"}


def _is_drawn(name: str, link: Link) -> bool:
    """The NICs are ends of pairs as well."""
    return link.get("linkinfo", {}).get("info_kind") in _OWN_LINKS or name in pool.PAIRED


#: In these one port at a time is the active one.
_WITH_AN_ACTIVE_PORT = {"active-backup", "balance-tlb", "balance-alb"}


def _promiscuity(reading: Reading, _: Pinned) -> None:
    links = reading["links"]
    for link in links.values():
        holder = links.get(str(link.get("master")), {})
        if _is_bond(holder):
            link["promiscuity"] = "of a bond's port"
            if holder["linkinfo"]["info_data"]["mode"] in _WITH_AN_ACTIVE_PORT:
                link["allmulti"] = "of the active port"
        else:
            link["promiscuity"] = bool(holder and link["promiscuity"])


#: A link that has not been up yet, and one without a queue.
_NO_QUEUE = {"noop", "noqueue"}


def _queue(reading: Reading, _: Pinned) -> None:
    for link in reading["links"].values():
        if "UP" not in link["flags"] and link.get("qdisc") in _NO_QUEUE:
            link["qdisc"] = "none"


def _is_bond(link: Link) -> bool:
    return bool(link.get("linkinfo", {}).get("info_kind") == "bond")


#: In these the ports keep or exchange their own addresses while the driver runs.
_EXCHANGING = {"balance-tlb", "balance-alb"}


def _macs_of_bond(name: str, links: Dict[str, Link]) -> Set[str]:
    """What a port of it may have: its own address or, where ports exchange theirs, that of any port."""
    data = links[name]["linkinfo"]["info_data"]
    if data["mode"] in _EXCHANGING or data.get("fail_over_mac", "none") != "none":
        return {links[name]["address"], *(_permanent(port) for port in _ports(name, links))}
    return {links[name]["address"]}


def _is_random(link: Link, links: Dict[str, Link]) -> bool:
    """Whether nobody can know its MAC address before: a tap, a bond without ports, and what has theirs."""
    kind = link.get("linkinfo", {}).get("info_kind")
    device = links.get(str(link.get("link")))
    if kind == "vlan" and device is not None:
        return _is_random(device, links)
    own = [one for one in links.values() if links.get(str(one.get("master"))) is link]
    if kind == "tun" or any(one is link and _is_drawn(name, link) for name, one in links.items()):
        return True
    return kind in {"bond", "bridge"} and all(_is_random(one, links) for one in own)


def _macs_of_device(device: Link, links: Dict[str, Link]) -> Set[str]:
    """What a VLAN on it may have: balance-tlb changes a port's without telling those above it."""
    holder = links.get(str(device.get("master")), {})
    if _is_bond(holder) and holder["linkinfo"]["info_data"]["mode"] in _EXCHANGING:
        return {device["address"], *_macs_of_bond(str(device["master"]), links)}
    return {device["address"]}


def _ports(master: str, links: Dict[str, Link]) -> List[Link]:
    return [link for link in links.values() if link.get("master") == master]


def _permanent(port: Link) -> str:
    return str(port.get("linkinfo", {}).get("info_slave_data", {}).get("perm_hwaddr", port["address"]))


def _link_local(reading: Reading, _: Pinned) -> None:
    for name, entries in reading["addresses"].items():
        reading["addresses"][name] = [one for one in entries if not _is_of_a_mac(one)]
    reading["routes"] = [one for one in reading["routes"] if not _is_of_link_local(one)]


#: IFAPROT_KERNEL_LL.
_KERNEL_LL = 3


def _is_of_a_mac(entry: Dict[str, Any]) -> bool:
    """Whether the kernel made the address, by the modified EUI-64 (RFC 4291, appendix A)."""
    if entry.get("protocol") != _KERNEL_LL:
        return False
    packed = IPv6Address(entry["local"]).packed
    return packed[:8] == b"\xfe\x80" + bytes(6) and packed[11:13] == b"\xff\xfe"


def _is_of_link_local(route: Dict[str, Any]) -> bool:
    return route["protocol"] == "kernel" and str(route["dst"]).startswith(("fe80:", "ff00:"))


def _detection(reading: Reading, _: Pinned) -> None:
    for entries in reading["addresses"].values():
        for entry in entries:
            if not entry.get("dadfailed"):
                entry.pop("tentative", None)
    reading["routes"] = [one for one in reading["routes"] if not _is_of_an_address(one)]


def _is_of_an_address(route: Dict[str, Any]) -> bool:
    """Under IPv6 the route to an address of one's own is there when detection has ended."""
    return route["type"] == "local" and route["protocol"] == "kernel" and ":" in str(route["dst"])


def _order_of_ports(reading: Reading, _: Pinned) -> None:
    for link in reading["links"].values():
        for part in _parts(link, ("bonding",)):
            for key in ("slaves", "queue_id"):
                if key in part:
                    part[key] = sorted(part[key].split())
    _without(("id", "no", "designated_port"), "port")(reading, frozenset())


def _order_of_subnets(reading: Reading, _: Pinned) -> None:
    """Sorted by subnet and, under IPv6, by address; the order within an IPv4 subnet stays."""
    for entries in reading["addresses"].values():
        entries.sort(key=_subnet)


def _subnet(entry: Dict[str, Any]) -> List[str]:
    address, length = entry["local"], entry["prefixlen"]
    if entry["family"] == "inet6":
        return ["6", address]
    number = int.from_bytes(bytes(map(int, address.split("."))), "big") >> (32 - length)
    return ["4", f"{number}/{length}"]


def _order_of_routes(reading: Reading, _: Pinned) -> None:
    for key in ("routes", "rules"):
        reading[key] = sorted(reading[key], key=repr)


def _rule_of_vrfs(reading: Reading, _: Pinned) -> None:
    reading["rules"] = [one for one in reading["rules"] if one.get(_FRA_L3MDEV, "00") == "00"]


#: As attributes are read: by number, in hexadecimal.
_FRA_L3MDEV = "19"


_NAMED = re.compile(r"111\s+os-net-config\b.*|# Written by os-net-config\b.*")


def _names_of_our_number(reading: Reading, _: Pinned) -> None:
    left = {
        path: [line for line in text.splitlines() if line and not _NAMED.fullmatch(line)]
        for path, text in reading["names"].items()
    }
    reading["names"] = {path: lines for path, lines in left.items() if lines}


ALLOWANCES = (
    Allowance(
        "names of our number", "they come with the first that has it, and stay", "all other names",
        _names_of_our_number,
    ),
    Allowance("rule of VRFs", "it comes with the first VRF, and stays", "", _rule_of_vrfs),
    Allowance(
        "index", "numbers are given in the order of creation", "",
        _without(("ifindex", "link_index", "link_netnsid")),
    ),
    Allowance(
        "carrier", "drivers' timers tell of it, later than the run ends", "whether a link is set up", _carrier
    ),
    Allowance(
        "active port", "the driver chooses it by carrier and by when a port came", "the option primary",
        _without(("active_slave", "state", "link_failure_count"), "info", "bonding", "port"),
    ),
    Allowance(
        "queue of a link that is down", "a link gets its queueing discipline when it is set up, and keeps it",
        "that it has no queue", _queue,
    ),
    Allowance(
        "promiscuity",
        "a bond's active port hears for it, and under balance-alb everything for a second: one that leaves"
        " within it does so for ever, in another bond as well (bond_alb.c, primary_is_promisc)",
        "whether a bridge's port hears everything", _promiscuity,
    ),
    Allowance(
        "LACP", "it is negotiated", "the options",
        _without(
            ("ad_info", "ad_aggregator", "ad_aggregator_id", "ad_num_ports", "ad_actor_key", "ad_partner_key",
             "ad_partner_mac", "ad_actor_oper_port_state", "ad_actor_oper_port_state_str",
             "ad_partner_oper_port_state", "ad_partner_oper_port_state_str"),
            "info", "bonding", "port",
        ),
    ),
    Allowance(
        "spanning tree", "timers run, and the tree follows from MAC addresses", "the options",
        _without(
            ("hello_timer", "tcn_timer", "topology_change_timer", "gc_timer", "topology_change",
             "topology_change_detected", "root_port", "hold_timer", "message_age_timer",
             "forward_delay_timer", "topology_change_ack", "config_pending", "designated_cost",
             "root_path_cost"),
            "info", "port",
        ),
    ),
    Allowance(
        "link-local", "made when carrier comes, of the MAC address that the link has then",
        "it has the form of such an address", _link_local,
    ),
    Allowance(
        "detection", "of a duplicate begins when carrier comes, which may be after the run",
        "the address is there, and no duplicate", _detection,
    ),
    Allowance(
        "path cost", "the bridge makes it of the speed that a port has when its carrier comes",
        "a cost that is not made so", _automatic_costs,
    ),
    Allowance(
        "offload limits", "a bond or bridge takes its ports' when they come, and keeps them", "",
        _without(("tso_max_size", "tso_max_segs")),
    ),
    Allowance(
        "automatic MAC",
        "that of the port that came first; random of a tap, where there is no port, and of what has theirs",
        "it is that of a port; a port has its bond's, a VLAN its device's", _automatic_macs,
    ),
    Allowance("order of ports", "ports are numbered as they come", "the same ports", _order_of_ports),
    Allowance(
        "order of subnets", "the config gives addresses an order within their subnet", "that order",
        _order_of_subnets,
    ),
    Allowance("order of routes", "beside their metric they have none", "the same", _order_of_routes),
)  # fmt: skip

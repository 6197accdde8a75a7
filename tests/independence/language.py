"""Configs as plain values, and what can be asked of them."""

from __future__ import annotations

import json
from typing import Any, Dict, Iterator, List, Optional, Tuple

from os_net_config.config.document import parse
from os_net_config.config.load import Node, load
from os_net_config.state.problem import ProblemsError, Severity

from .cables import NICS

Entry = Dict[str, Any]
#: The list below network_config.
Config = List[Entry]

CONTAINERS = ("linux_bond", "linux_bridge")
#: Links on a device that are no VLAN of it.
STANDING = ("macvlan", "vxlan")
OWN_LINKS = ("dummy", *STANDING)
#: Those with a MAC address that the kernel draws.
DRAWN = (*OWN_LINKS, "veth")
#: Types that are no link.
NOT_LINKS = ("route_table",)


def text(config: Config) -> str:
    """The file: JSON is YAML."""
    return json.dumps({"network_config": config}, indent=1)


#: Only a warning under IPv6, where a router may announce the network. In the lab there is none.
_NOT_REACHED = "reaches the next hop"


def faults(config: Config) -> List[str]:
    """Why the program would not take the config on a node without routers."""
    try:
        loaded = load(parse("config", text(config).encode()), Node(exists=lambda name: name in NICS))
    except ProblemsError as error:
        return [one.message for one in error.problems if one.severity is not Severity.WARNING]
    return [
        one.message
        for one in loaded.problems
        if one.severity is Severity.UNSUPPORTED or _NOT_REACHED in one.message
    ]


def walk(config: Config, parent: Optional[Entry] = None) -> Iterator[Tuple[Entry, Optional[Entry]]]:
    """Every object with the one that it is a member of."""
    for one in config:
        yield one, parent
        yield from walk(one.get("members", []), one)


def name_of(one: Entry) -> str:
    return f"vlan{one['vlan_id']}" if one["type"] == "vlan" else str(one["name"])


def links(config: Config) -> Dict[str, Entry]:
    """By name; where one is only referred to, the object that says more."""
    found: Dict[str, Entry] = {}
    for one, _ in walk(config):
        if one["type"] not in NOT_LINKS and len(one) > len(found.get(name_of(one), {})):
            found[name_of(one)] = one
    return found


def masters(config: Config) -> Dict[str, str]:
    """The link by each of its ports."""
    return {
        name_of(one): name_of(parent)
        for one, parent in walk(config)
        if parent is not None and device_of(one, parent) != name_of(parent)
    }


def device_of(one: Entry, parent: Optional[Entry] = None) -> Optional[str]:
    """The link below: of a VLAN, or of an interface with a dot in its name."""
    if one["type"] == "vlan":
        return str(one["device"]) if "device" in one else name_of(parent) if parent else None
    if one["type"] in STANDING:
        return one.get("device")
    base, dot, number = str(one.get("name", "")).rpartition(".")
    return base if one["type"] == "interface" and dot and number.isdigit() else None


def devices(config: Config) -> Dict[str, str]:
    """The link below by each link that has one."""
    found = ((name_of(one), device_of(one, parent)) for one, parent in walk(config))
    return {name: below for name, below in found if below is not None}


def hop_of(route: Entry) -> str:
    """The next hop; "self" also where the route has several, or leads nowhere."""
    return str(route.get("next_hop", "self"))


def mode_of(bond: Entry) -> str:
    return options_of(bond).get("mode", "active-backup")


def options_of(bond: Entry) -> Dict[str, str]:
    """The bonding options by name."""
    return dict(word.split("=", 1) for word in bond.get("bonding_options", "").split())


def with_options(options: Dict[str, str]) -> str:
    return " ".join(f"{name}={value}" for name, value in options.items())


def _is_nic(member: Entry) -> bool:
    """Whether its MAC address is known before anything is made: of a NIC, or of a VLAN on one."""
    if member["type"] in DRAWN:
        return "macaddr" in member
    return (device_of(member) or name_of(member)) in NICS


def pinned(config: Config) -> frozenset[str]:
    """The containers with a MAC address that the config names by a primary member; a VRF has its own."""
    said = frozenset(name_of(one) for one, _ in walk(config) if "macaddr" in one)
    return said | frozenset(
        name_of(one)
        for one, _ in walk(config)
        if one["type"] != "vrf"
        and any(member.get("primary") and _is_nic(member) for member in one.get("members", []))
        and "fail_over_mac" not in options_of(one)
    )

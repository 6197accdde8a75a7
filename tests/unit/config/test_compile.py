"""The wanted state of small configs, written out."""

from __future__ import annotations

from typing import Any, Dict, Tuple

import pytest

from os_net_config.config.compile import compile_section
from os_net_config.config.nics import name_nics
from os_net_config.state.model import AddressKey, LinkKey, Resource, RouteKey
from os_net_config.state.problem import show_path

from ..node import mac, nics
from ..texts import config

#: What is wanted of a resource, what it is made with, and where the config asks for it.
Wanted = Tuple[Dict[str, Any], Dict[str, Any], str]

EM = nics("em1", "em2", "em3")
OURS = {"group": 111}
LABEL = {"protocol": 111, "scope": 0}
ON_LINK = {"protocol": 111, "scope": 253}
GATEWAY = bytes([192, 0, 2, 1])
GATEWAY6 = bytes.fromhex("20010db8000000000000000000000001")


def wanted(text: str) -> Dict[str, Wanted]:
    """The state that the config wants of a node with em1 to em3, which are nic1 to nic3."""
    names = name_nics(EM, {})
    found = config(text, names, exists=[nic.name for nic in EM])
    macs = {nic.name: nic.mac for nic in EM}
    state = compile_section(found.objects, found.routes, macs, names.rename)
    return {
        _name(one): (dict(one.values), dict(one.initial), show_path(one.origin).replace("network_config", ""))
        for one in state
    }


def _name(resource: Resource) -> str:
    key = resource.key
    if isinstance(key, LinkKey):
        return key.name
    if isinstance(key, AddressKey):
        return f"{key.prefix} on {key.link}"
    assert isinstance(key, RouteKey)
    return f"{key} metric {key.metric} table {key.table}"


def address(ip: Tuple[int, ...], path: str) -> Wanted:
    """An IPv4 address of ours with its broadcast address."""
    return {}, {**LABEL, "broadcast": bytes(ip)}, path


def test_a_nic() -> None:
    assert wanted(
        """
        network_config:
        - type: interface
          name: nic1
          mtu: 9000
          addresses:
          - ip_netmask: 192.0.2.10/24
          - ip_netmask: 2001:db8::10/64
          routes:
          - default: true
            next_hop: 192.0.2.1
          - ip_netmask: 2001:db8:1::/48
            next_hop: 2001:db8::1
            metric: 50
        """
    ) == {
        "em1": ({"mtu": 9000, "up": 1}, {}, "[0]"),
        "192.0.2.10/24 on em1": address((192, 0, 2, 255), "[0].addresses[0]"),
        "2001:db8::10/64 on em1": ({}, LABEL, "[0].addresses[1]"),
        "default metric 0 table 254": (
            {"gateway": GATEWAY, "link": "em1", "type": "unicast"},
            LABEL,
            "[0].routes[0]",
        ),
        "2001:db8:1::/48 metric 50 table 254": (
            {"gateway": GATEWAY6, "link": "em1", "type": "unicast"},
            LABEL,
            "[0].routes[1]",
        ),
    }


def test_a_nic_of_which_nothing_is_said_is_set_up() -> None:
    assert wanted("network_config: [{type: interface, name: nic2}]") == {"em2": ({"up": 1}, {}, "[0]")}


@pytest.mark.parametrize("name, link", [("nic1", "em1"), ("em1", "em1"), ("bond7", "bond7")])
def test_a_dotted_name_is_a_vlan(name: str, link: str) -> None:
    found = wanted(
        f"""
        network_config:
        - {{type: interface, name: {name}}}
        - {{type: interface, name: {name}.20, mtu: 1400}}
        """
    )
    assert found == {
        link: ({"up": 1}, {}, "[0]"),
        f"{link}.20": ({"kind": "vlan", "link": link, "id": 20, "mtu": 1400, "up": 1}, OURS, "[1]"),
    }


def test_a_vlan_has_its_name_from_its_id() -> None:
    assert wanted(
        """
        network_config:
        - {type: vlan, vlan_id: 20, device: nic1, addresses: [{ip_netmask: 192.0.2.10/31}]}
        - {type: interface, name: nic1}
        """
    ) == {
        "vlan20": ({"kind": "vlan", "link": "em1", "id": 20, "up": 1}, OURS, "[0]"),
        "em1": ({"up": 1}, {}, "[1]"),
        # A subnet of two has no broadcast address.
        "192.0.2.10/31 on vlan20": ({}, LABEL, "[0].addresses[0]"),
    }


def test_a_nic_that_only_a_vlan_speaks_of_is_set_up() -> None:
    assert wanted("network_config: [{type: vlan, vlan_id: 20, device: nic1}]") == {
        "vlan20": ({"kind": "vlan", "link": "em1", "id": 20, "up": 1}, OURS, "[0]"),
        "em1": ({"up": 1}, {}, "[0]"),
    }


BOND = """
network_config:
- type: linux_bond
  name: bond0
  bonding_options: {options}
  members:
  - {{type: interface, name: nic1{first}}}
  - {{type: interface, name: nic2{second}}}
"""


def bond(options: str = "", first: str = "", second: str = "") -> Tuple[Dict[str, Any], Dict[str, Any]]:
    values, initial, _ = wanted(BOND.format(options=options, first=first, second=second))["bond0"]
    return values, initial


def test_a_bond() -> None:
    assert wanted(BOND.format(options="mode=802.3ad lacp_rate=1 miimon=100", first="", second="")) == {
        "bond0": ({"kind": "bond", "mode": 4, "miimon": 100, "lacp_rate": 1, "up": 1}, OURS, "[0]"),
        "em1": ({"master": "bond0", "up": 1}, {}, "[0].members[0]"),
        "em2": ({"master": "bond0", "up": 1}, {}, "[0].members[1]"),
    }


PRIMARY = ", primary: true"
UP = {"kind": "bond", "up": 1}
CHECKED = {**OURS, "miimon": 100}


@pytest.mark.parametrize(
    "options, values, initial",
    [
        # Without a mode it is active-backup, and without a monitor it gets one.
        ("", {"mode": 1}, CHECKED),
        ("mode=4", {"mode": 4}, CHECKED),
        ("mode=1 miimon=50", {"mode": 1, "miimon": 50}, OURS),
        ("mode=1 miimon=0", {"mode": 1, "miimon": 0}, OURS),
        (
            "mode=1 arp_interval=100 arp_ip_target=192.0.2.1",
            {"mode": 1, "arp_interval": 100, "arp_ip_target": (GATEWAY,)},
            OURS,
        ),
        ("mode=1 primary=nic2", {"mode": 1, "primary": "em2"}, CHECKED),
        ("mode=1 active_slave=em1", {"mode": 1, "active_slave": "em1"}, CHECKED),
    ],
)
def test_options_of_a_bond(options: str, values: Dict[str, Any], initial: Dict[str, Any]) -> None:
    assert bond(options) == ({**UP, **values}, initial)


@pytest.mark.parametrize(
    "options, values",
    [
        ("mode=1", {"mode": 1, "address": mac(2), "primary": "em2"}),
        ("mode=balance-alb", {"mode": 6, "address": mac(2), "primary": "em2"}),
        # These modes know no primary.
        ("mode=4", {"mode": 4, "address": mac(2)}),
        ("mode=0", {"mode": 0, "address": mac(2)}),
        # What is written counts.
        ("mode=1 primary=nic1", {"mode": 1, "address": mac(2), "primary": "em1"}),
        # The bond has the active port's address.
        ("mode=1 fail_over_mac=active", {"mode": 1, "fail_over_mac": 1, "primary": "em2"}),
        ("mode=1 fail_over_mac=follow", {"mode": 1, "fail_over_mac": 2, "primary": "em2", "address": mac(2)}),
    ],
)
def test_the_primary_of_a_bond(options: str, values: Dict[str, Any]) -> None:
    assert bond(options, second=PRIMARY) == ({**UP, **values}, CHECKED)


@pytest.mark.parametrize(
    "first, second, of_bond, of_first",
    [
        ("", "", None, None),
        (", mtu: 9000", ", mtu: 9000", 9000, 9000),
        # A bond and its ports have one MTU.
        (", mtu: 9000", "", 9000, 9000),
        ("", ", mtu: 9000", 9000, None),
    ],
)
def test_the_mtu_of_ports_is_said_of_the_bond(
    first: str, second: str, of_bond: object, of_first: object
) -> None:
    found = wanted(BOND.format(options="mode=1", first=first, second=second))
    assert (found["bond0"][0].get("mtu"), found["em1"][0].get("mtu")) == (of_bond, of_first)


def test_the_bond_s_own_mtu_is_that_of_its_ports() -> None:
    found = wanted(
        """
        network_config:
        - type: linux_bond
          name: bond0
          mtu: 9000
          members: [{type: interface, name: nic1, mtu: 1500}]
        """
    )
    assert (found["bond0"][0]["mtu"], "mtu" in found["em1"][0]) == (9000, False)


def test_a_bridge_with_a_bond_and_its_own_vlans() -> None:
    assert wanted(
        """
        network_config:
        - type: linux_bridge
          name: br-ex
          members:
          - type: linux_bond
            name: bond0
            members:
            - {type: interface, name: nic1}
          - {type: interface, name: nic2, primary: true}
          - {type: vlan, vlan_id: 20}
          - {type: vlan, vlan_id: 30, device: nic3}
        """
    ) == {
        "br-ex": ({"kind": "bridge", "address": mac(2), "up": 1}, OURS, "[0]"),
        "bond0": ({**UP, "mode": 1, "master": "br-ex"}, CHECKED, "[0].members[0]"),
        "em1": ({"master": "bond0", "up": 1}, {}, "[0].members[0].members[0]"),
        "em2": ({"master": "br-ex", "up": 1}, {}, "[0].members[1]"),
        # Without a device it stands on the bridge; with one it is a port.
        "vlan20": ({"kind": "vlan", "link": "br-ex", "id": 20, "up": 1}, OURS, "[0].members[2]"),
        "vlan30": (
            {"kind": "vlan", "link": "em3", "id": 30, "master": "br-ex", "up": 1},
            OURS,
            "[0].members[3]",
        ),
        "em3": ({"up": 1}, {}, "[0].members[3]"),
    }


def test_members_that_only_name_what_is_declared_elsewhere() -> None:
    assert wanted(
        """
        network_config:
        - type: linux_bridge
          name: br0
          members:
          - {type: interface, name: bond0, mtu: 9000}
          - {type: interface, name: vlan20, addresses: [{ip_netmask: 192.0.2.10/24}]}
        - type: linux_bond
          name: bond0
          members: [{type: interface, name: nic1}]
        - {type: vlan, vlan_id: 20, device: nic2}
        - {type: interface, name: nic2}
        """
    ) == {
        "br0": ({"kind": "bridge", "up": 1}, OURS, "[0]"),
        "bond0": ({**UP, "mode": 1, "mtu": 9000, "master": "br0"}, CHECKED, "[1]"),
        "em1": ({"master": "bond0", "up": 1}, {}, "[1].members[0]"),
        "vlan20": ({"kind": "vlan", "link": "em2", "id": 20, "master": "br0", "up": 1}, OURS, "[2]"),
        "em2": ({"up": 1}, {}, "[3]"),
        "192.0.2.10/24 on vlan20": address((192, 0, 2, 255), "[0].members[1].addresses[0]"),
    }


def test_the_entry_of_a_port_that_says_nothing_is_left_out() -> None:
    found = wanted(
        """
        network_config:
        - {type: linux_bridge, name: br0, members: [{type: interface, name: nic1}]}
        - {type: interface, name: nic1, use_dhcp: false}
        """
    )
    assert found["em1"] == ({"master": "br0", "up": 1}, {}, "[0].members[0]")


@pytest.mark.parametrize(
    "ip, made_with",
    [
        ("192.0.2.10/24", {**LABEL, "broadcast": bytes([192, 0, 2, 255])}),
        ("192.0.2.10/31", LABEL),
        ("192.0.2.10/32", LABEL),
        ("127.0.0.2/8", {"protocol": 111, "scope": 254, "broadcast": bytes([127, 255, 255, 255])}),
        ("2001:db8::10/64", LABEL),
        ("fe80::10/64", ON_LINK),
    ],
)
def test_an_address_is_made_with_the_scope_and_broadcast_of_its_kind(ip: str, made_with: object) -> None:
    (found,) = [
        one
        for name, one in wanted(
            f"network_config: [{{type: interface, name: nic1, addresses: [{{ip_netmask: '{ip}'}}]}}]"
        ).items()
        if " on " in name
    ]
    assert found == ({}, made_with, "[0].addresses[0]")


@pytest.mark.parametrize(
    "route, name, gateway, made_with",
    [
        ("ip_netmask: 198.51.100.0/24, next_hop: self", "198.51.100.0/24 metric 0", None, ON_LINK),
        ("ip_netmask: 2001:db8:1::/48, next_hop: self", "2001:db8:1::/48 metric 1024", None, LABEL),
        ("ip_netmask: 198.51.100.9/24, next_hop: 192.0.2.1", "198.51.100.0/24 metric 0", GATEWAY, LABEL),
        ("default: true, next_hop: 2001:db8::1", "::/0 metric 1024", GATEWAY6, LABEL),
    ],
)
def test_a_route_is_made_with_the_scope_of_its_kind(
    route: str, name: str, gateway: object, made_with: object
) -> None:
    found = wanted(
        f"""
        network_config:
        - type: interface
          name: nic1
          addresses: [{{ip_netmask: 192.0.2.10/24}}, {{ip_netmask: '2001:db8::10/64'}}]
          routes: [{{{route}}}]
        """
    )
    values = {"gateway": gateway, "link": "em1", "type": "unicast"}
    assert found[f"{name} table 254"] == (values, made_with, "[0].routes[0]")


def test_of_two_routes_to_one_destination_the_first_is_wanted() -> None:
    found = wanted(
        """
        network_config:
        - type: interface
          name: nic1
          addresses: [{ip_netmask: 192.0.2.10/24}]
          routes: [{default: true, next_hop: 192.0.2.1}, {default: true, next_hop: 192.0.2.2}]
        """
    )
    assert found["default metric 0 table 254"][0]["gateway"] == GATEWAY

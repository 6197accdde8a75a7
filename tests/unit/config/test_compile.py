"""The wanted state of small configs, written out."""

from __future__ import annotations

from typing import Any, Dict, List, Optional, Tuple

import pytest

from os_net_config.config.compile import compile_section
from os_net_config.config.nics import name_nics
from os_net_config.state.model import AddressKey, Resource, RouteKey
from os_net_config.state.problem import show_path
from os_net_config.state.values import NextHop

from ..node import mac, nics
from ..texts import config

#: What is wanted of a resource, what it is made with, and where the config asks for it.
Wanted = Tuple[Dict[str, Any], Dict[str, Any], str]

EM = nics("em1", "em2", "em3")
OURS = {"group": 111}
BRIDGE = {**OURS, "forward_delay": 0}
LABEL = {"protocol": 111, "scope": 0}
ON_LINK = {"protocol": 111, "scope": 253}
GATEWAY = bytes([192, 0, 2, 1])
GATEWAY6 = bytes.fromhex("20010db8000000000000000000000001")


def wanted(text: str) -> Dict[str, Wanted]:
    """The state that the config wants of a node with em1 to em3, which are nic1 to nic3."""
    names = name_nics(EM, {})
    found = config(text, names, exists=[nic.name for nic in EM])
    state = compile_section(found.objects, found.routes, EM, names.rename, found.rules)
    return {
        _name(one): (dict(one.values), dict(one.initial), show_path(one.origin).replace("network_config", ""))
        for one in state
    }


def _name(resource: Resource) -> str:
    key = resource.key
    if isinstance(key, AddressKey):
        return f"{key.prefix} on {key.link}"
    if isinstance(key, RouteKey):
        tos = f" tos {key.tos:#x}" if key.tos else ""
        return f"{key} metric {key.metric} table {key.table}{tos}"
    return str(key)


#: What is wanted of every address, whoever brought it.
FOR_GOOD: Dict[str, object] = {"lifetime": None}


def static_ipv6(link: str, path: str) -> Dict[str, Wanted]:
    """What a link with a static address of IPv6 is set to."""
    values = {"accept_ra": 0, "autoconf": 0, "keep_addr_on_down": 1}
    return {f"net.ipv6.conf.{link}.{name}": ({"value": one}, {}, path) for name, one in values.items()}


def address(ip: Tuple[int, ...], path: str) -> Wanted:
    """An IPv4 address of ours with its broadcast address."""
    return FOR_GOOD, {**LABEL, "broadcast": bytes(ip)}, path


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
        **static_ipv6("em1", "[0]"),
        "192.0.2.10/24 on em1": address((192, 0, 2, 255), "[0].addresses[0]"),
        "2001:db8::10/64 on em1": (FOR_GOOD, LABEL, "[0].addresses[1]"),
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
        "192.0.2.10/31 on vlan20": (FOR_GOOD, LABEL, "[0].addresses[0]"),
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
        ("mode=1 fail_over_mac=follow", {"mode": 1, "fail_over_mac": 2, "primary": "em2"}),
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
        "br-ex": ({"kind": "bridge", "address": mac(2), "up": 1}, BRIDGE, "[0]"),
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
        "br0": ({"kind": "bridge", "up": 1}, BRIDGE, "[0]"),
        "bond0": ({**UP, "mode": 1, "mtu": 9000, "master": "br0"}, CHECKED, "[1]"),
        "em1": ({"master": "bond0", "up": 1}, {}, "[1].members[0]"),
        "vlan20": ({"kind": "vlan", "link": "em2", "id": 20, "master": "br0", "up": 1}, OURS, "[2]"),
        "em2": ({"up": 1}, {}, "[3]"),
        "192.0.2.10/24 on vlan20": address((192, 0, 2, 255), "[0].members[1].addresses[0]"),
    }


def test_options_of_a_bridge_and_of_its_ports() -> None:
    found = wanted(
        """
        network_config:
        - type: linux_bridge
          name: br0
          bridge_options: vlan_filtering=on vlan_protocol=802.1ad ageing_time=100
          members:
          - {type: interface, name: nic1, bridge_port_options: isolated=on priority=3}
          - {type: interface, name: bond0, bridge_port_options: learning=off}
          - {type: vlan, vlan_id: 20, device: nic3, bridge_port_options: hairpin=on}
        - type: linux_bond
          name: bond0
          members: [{type: interface, name: nic2}]
        """
    )
    assert found["br0"] == (
        {"kind": "bridge", "vlan_filtering": 1, "vlan_protocol": 0x88A8, "ageing_time": 100, "up": 1},
        BRIDGE,
        "[0]",
    )
    ports = {name: found[name][0] for name in ("em1", "bond0", "vlan20")}
    assert ports == {
        "em1": {"master": "br0", "isolated": 1, "port_priority": 3, "up": 1},
        "bond0": {**UP, "mode": 1, "master": "br0", "learning": 0},
        "vlan20": {"kind": "vlan", "link": "em3", "id": 20, "master": "br0", "hairpin_mode": 1, "up": 1},
    }


@pytest.mark.parametrize(
    "options, values, initial",
    [
        ("", {}, BRIDGE),
        ("stp_state=off", {"stp_state": 0}, BRIDGE),
        ("forward_delay=200", {"forward_delay": 200}, OURS),
        # With the 0 of the others the kernel would take 2 s, the least that it may be.
        ("stp_state=on", {"stp_state": 1, "forward_delay": 1500}, OURS),
        ("stp_state=on forward_delay=400", {"stp_state": 1, "forward_delay": 400}, OURS),
    ],
)
def test_the_forward_delay_of_a_bridge(options: str, values: Dict[str, Any], initial: Dict[str, Any]) -> None:
    bridge = f"{{type: linux_bridge, name: br0, bridge_options: '{options}'}}"
    found = wanted(f"network_config: [{bridge}]\n")
    assert found["br0"] == ({"kind": "bridge", **values, "up": 1}, initial, "[0]")


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
    assert found == (FOR_GOOD, made_with, "[0].addresses[0]")


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


ONE = """
network_config:
- {{type: route_table, name: storage, table_id: 200}}
- type: interface
  name: nic1
  addresses: [{{ip_netmask: 192.0.2.10/24}}]
  routes: [{{{route}}}]
- {{type: interface, name: nic2, addresses: [{{ip_netmask: 198.51.100.10/24}}]}}
"""
VIA = {"gateway": GATEWAY, "link": "em1", "type": "unicast"}


def one_route(text: str) -> Dict[str, Wanted]:
    """The routes that are wanted of one entry in the config."""
    return {name: found for name, found in wanted(ONE.format(route=text)).items() if " metric " in name}


@pytest.mark.parametrize(
    "route, name, values, made_with",
    [
        (
            "default: true, next_hop: 192.0.2.1, table: storage",
            "default metric 0 table 200",
            VIA,
            LABEL,
        ),
        (
            "default: true, next_hop: 192.0.2.1, route_options: table local tos CS1 metric 7",
            "default metric 7 table 255 tos 0x20",
            VIA,
            LABEL,
        ),
        (
            "ip_netmask: 10.0.0.0/8, next_hop: 192.0.2.1, route_options: src 192.0.2.10 mtu lock 1400 onlink",
            "10.0.0.0/8 metric 0 table 254",
            {**VIA, "source": bytes([192, 0, 2, 10]), "mtu": 1400, "lock": 4, "onlink": 1},
            LABEL,
        ),
        # What the option says is compared as well.
        (
            "ip_netmask: 10.0.0.0/8, next_hop: self, route_options: scope global",
            "10.0.0.0/8 metric 0 table 254",
            {**VIA, "gateway": None, "scope": 0},
            {"protocol": 111},
        ),
        (
            "ip_netmask: 10.0.0.0/8, route_options: dev nic1",
            "10.0.0.0/8 metric 0 table 254",
            {**VIA, "gateway": None},
            ON_LINK,
        ),
        # It has neither a link nor a next hop.
        (
            "ip_netmask: 10.0.0.0/8, route_options: blackhole table storage",
            "10.0.0.0/8 metric 0 table 200",
            {"type": "blackhole"},
            LABEL,
        ),
        (
            "ip_netmask: '2001:db8:1::/48', next_hop: self, route_options: type prohibit metric 0",
            "2001:db8:1::/48 metric 1024 table 254",
            {"type": "prohibit"},
            LABEL,
        ),
        # In the order of their addresses
        (
            "default: true, route_options: nexthop via 198.51.100.1 dev nic2 nexthop via 192.0.2.1 weight 3",
            "default metric 0 table 254",
            {
                "nexthops": (NextHop(GATEWAY, "em1", 3), NextHop(bytes([198, 51, 100, 1]), "em2")),
                "type": "unicast",
            },
            LABEL,
        ),
        # The kernel makes a plain route of it.
        (
            "default: true, route_options: nexthop via 192.0.2.1 weight 3 onlink",
            "default metric 0 table 254",
            {**VIA, "onlink": 1},
            LABEL,
        ),
        ("default: true, route_options: via 192.0.2.1", "default metric 0 table 254", VIA, LABEL),
    ],
)
def test_the_options_of_a_route(
    route: str, name: str, values: Dict[str, Any], made_with: Dict[str, Any]
) -> None:
    assert one_route(route) == {name: (values, made_with, "[1].routes[0]")}


@pytest.mark.parametrize("route", ["metric: 0", "route_options: table main"])
def test_the_kernel_makes_the_route_of_an_address(route: str) -> None:
    assert one_route(f"ip_netmask: 192.0.2.0/24, next_hop: self, {route}") == {}


def test_route_tables_are_names_of_numbers() -> None:
    assert wanted(
        """
        network_config:
        - {type: route_table, name: storage, table_id: 200}
        - {type: route_table, name: nic1, table_id: '0x12c'}
        """
    ) == {
        "rt_tables 200": ({"name": "storage"}, {}, "[0]"),
        # The mapping is of NICs.
        "rt_tables 300": ({"name": "nic1"}, {}, "[1]"),
    }


def test_rules_are_wanted_whole() -> None:
    found = wanted(
        """
        network_config:
        - type: interface
          name: nic1
          rules:
          - {rule: from 192.0.2.0/24 iif nic2.20 table storage, comment: answers}
          - {rule: prohibit pref 5}
        - {type: route_table, name: storage, table_id: 200}
        """
    )
    protocol = {"protocol": 111}
    assert list(found) == [
        "rt_tables 200",
        "em1",
        "10000: from 192.0.2.0/24 iif em2.20 lookup 200",
        "5: from all prohibit",
    ]
    assert found["5: from all prohibit"] == ({}, protocol, "[0].rules[1].rule")


def test_a_tap_device() -> None:
    assert wanted(
        """
        network_config:
        - {type: linux_tap, name: tap0, mtu: 1400, addresses: [{ip_netmask: 192.0.2.10/24}]}
        """
    ) == {
        "tap0": ({"kind": "tun", "mode": 2, "mtu": 1400, "up": 1}, OURS, "[0]"),
        "192.0.2.10/24 on tap0": address((192, 0, 2, 255), "[0].addresses[0]"),
    }


IPV6 = "addresses: [{ip_netmask: '2001:db8::10/64'}]"


@pytest.mark.parametrize(
    "text, links",
    [
        (f"{{type: interface, name: nic1, {IPV6}}}", ["em1"]),
        (f"{{type: vlan, vlan_id: 20, device: nic1, {IPV6}}}", ["vlan20"]),
        (f"{{type: linux_bond, name: bond0, {IPV6}}}", ["bond0"]),
        (f"{{type: linux_bridge, name: br0, members: [{{type: vlan, vlan_id: 20, {IPV6}}}]}}", ["vlan20"]),
        ("{type: interface, name: nic1, addresses: [{ip_netmask: 192.0.2.10/24}]}", []),
        (f"{{type: interface, name: lo, {IPV6}}}", []),
        (f"{{type: linux_bridge, name: br0, members: [{{type: interface, name: nic1, {IPV6}}}]}}", []),
        (f"{{type: linux_bond, name: bond0, members: [{{type: interface, name: nic1, {IPV6}}}]}}", []),
    ],
)
def test_a_static_address_of_ipv6_is_all_that_its_link_gets(text: str, links: List[str]) -> None:
    found = {name: one for name, one in wanted(f"network_config: [{text}]").items() if "net.ipv6" in name}
    assert sorted(found) == sorted(name for link in links for name in static_ipv6(link, ""))
    for values, _, _ in found.values():
        assert values["value"] in {0, 1}


@pytest.mark.parametrize(
    "text, keeps",
    [
        ("{type: interface, name: nic1, use_dhcpv6: true}", {}),
        (f"{{type: interface, name: nic1, use_dhcpv6: true, {IPV6}}}", {"keep_addr_on_down": 1}),
        ("{type: interface, name: nic1, use_dhcp: true}", None),
        ("{type: linux_bond, name: bond0, members: [{type: interface, name: nic1, use_dhcpv6: true}]}", None),
    ],
)
def test_a_client_of_ipv6_hears_routers_instead_of_the_kernel(
    text: str, keeps: Optional[Dict[str, int]]
) -> None:
    prefix = "net.ipv6.conf.em1."
    found = wanted(f"network_config: [{text}]").items()
    settings = {name[len(prefix) :]: one[0]["value"] for name, one in found if name.startswith(prefix)}
    client = {"accept_ra": 0, "autoconf": 0, "addr_gen_mode": 1}
    assert settings == ({} if keeps is None else {**client, **keeps})

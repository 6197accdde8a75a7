"""Types of our own: what does not go together in them, and where that is said."""

from __future__ import annotations

from typing import List

import pytest

from os_net_config.config.document import parse
from os_net_config.config.load import load

from ..texts import said

NICS = "- {type: interface, name: eth0}\n- {type: interface, name: eth1}\n"
MACVLAN = "- {{type: macvlan, name: {}, device: {}, mode: {}}}\n"
VXLAN = "- {{type: vxlan, name: {}, vxlan_id: 10, {}}}\n"
ENDS = "local: 192.0.2.1, remote: 192.0.2.2"


def vxlan(more: str, name: str = "vx1") -> str:
    return VXLAN.format(name, more)


GOOD = {
    "a vxlan of every sort": vxlan("device: eth0, group: 239.1.1.1, ttl: 5, df: set"),
    "one with the ends of IPv6": vxlan("local: '2001:db8::1', remote: '2001:db8::2'"),
    "one id at two ports": vxlan(ENDS) + vxlan(f"{ENDS}, dstport: 8472", "vx2"),
    "one id in two families": vxlan(ENDS) + vxlan("remote: '2001:db8::2'", "vx2"),
    "one that somebody else fills": vxlan("device: eth0"),
    "one with all the room there is": "- {type: interface, name: eth2, mtu: 1600}\n"
    + vxlan("device: eth2, mtu: 1550"),
    "macvlans on one device": MACVLAN.format("m1", "eth0", "bridge") + MACVLAN.format("m2", "eth0", "vepa"),
    "a macvlan on a bond": "- {type: linux_bond, name: bond0, members: [{type: interface, name: eth2}]}\n"
    + MACVLAN.format("m1", "bond0", "private"),
    "ports": "- {type: linux_bridge, name: br0, members: [{type: dummy, name: d1},"
    " {type: vxlan, name: vx1, vxlan_id: 1, device: eth0}]}\n",
}


@pytest.mark.parametrize("what", list(GOOD))
def test_good(what: str) -> None:
    assert said(f"network_config:\n{NICS}{GOOD[what]}") == []


BAD = [
    (vxlan(f"{ENDS}, device: eth0, group: 239.1.1.1"), "remote: vxlan vx1 has a group, and a remote"),
    (vxlan("local: 192.0.2.1, remote: '2001:db8::2'"), "vxlan vx1 has addresses of IPv4 and of IPv6"),
    (vxlan("device: eth0, group: 192.0.2.2"), "group: group 192.0.2.2 is no multicast group (write remote"),
    (vxlan("device: eth0, remote: 'ff05::1'"), "remote: remote ff05::1 is a multicast group (write group"),
    (vxlan("local: 224.0.0.1"), "local: local 224.0.0.1 is a multicast group (give an address"),
    (vxlan("group: 239.1.1.1"), "group: vxlan vx1 has a group, and no device to join it on (add device)"),
    (vxlan("remote: '2001:db8::2', df: set"), "df: df has no effect"),
    (vxlan("device: eth2"), "device: there is no link eth2 for vx1 to stand on"),
    (vxlan(f"{ENDS}, srcport: 9-8"), "srcport: '9-8' is no range of ports such as 32768-60999"),
    (
        vxlan("device: eth1") + vxlan("device: eth0", "vx2"),
        "VXLAN 10 at UDP port 4789 is vx1 already, at network_config[2]"
        " (the node has each once: take another vxlan_id or dstport)",
    ),
    (
        "- {type: interface, name: eth2, mtu: 1600}\n" + vxlan("device: eth2, mtu: 1551"),
        "mtu: mtu 1551 of vx1 is larger than 1600, the mtu of eth2 below it, less 50 for the packets around"
        " it (give eth2 an mtu of at least 1601)",
    ),
    (
        "- {type: interface, name: eth2, mtu: 1600}\n- {type: macvlan, name: m1, device: eth2, mtu: 1601}\n",
        "mtu: mtu 1601 of m1 is larger than 1600, the mtu of eth2 below it (give eth2 an mtu of at least",
    ),
    (
        "- {type: linux_bridge, name: br0, members: [{type: interface, name: eth2}]}\n"
        + MACVLAN.format("m1", "eth2", "bridge"),
        "device: macvlan m1 cannot be on eth2, which is a member of linux_bridge br0 (put it on br0 itself)",
    ),
    (
        MACVLAN.format("m1", "eth0", "passthru") + MACVLAN.format("m2", "eth0", "bridge"),
        "device: macvlan m2 and m1 cannot both be on eth0: one is in passthru",
    ),
    (
        "- {type: macvlan, name: m1, device: eth0, mode: passthru, macaddr: '52:54:00:aa:00:01'}\n",
        "macaddr: in passthru m1 has the MAC address of eth0, and would change that",
    ),
    (
        "- {type: linux_bridge, name: br0, members: [{type: vxlan, name: vx1, vxlan_id: 1, device: br0}]}\n",
        "the links stand on each other in a ring",
    ),
    (
        "- {type: linux_bond, name: b0, members: [{type: macvlan, name: m1, device: b0}]}\n",
        "the links stand on each other in a ring",
    ),
    (
        "- {type: linux_bond, name: b0, members: [{type: vxlan, name: vx1, vxlan_id: 10}]}\n",
        "vxlan cannot stand here",
    ),
    ("- {type: dummy, name: d1, mode: bridge}\n", "mode: unknown attribute"),
]


@pytest.mark.parametrize(("objects", "message"), BAD, ids=[message for _, message in BAD])
def test_bad(objects: str, message: str) -> None:
    found: List[str] = said(f"network_config:\n{NICS}{objects}")
    assert len(found) == 1
    assert message in found[0]


VRF = "- {{type: vrf, name: {}, table: {}, members: [{}]}}\n"
ENDS_OF_A_PAIR = "- {type: veth, name: v0, peer: v1}\n- {type: veth, name: v1, peer: v0}\n"

MORE_BAD = [
    (VRF.format("red", 100, "") + VRF.format("blue", 100, ""), "table: vrf blue has the table of red"),
    (VRF.format("red", "main", ""), "table: main is a table of the whole node, and none of one VRF"),
    (
        "- {type: veth, name: v0, peer: v1}\n",
        "peer: v1, the other end of v0, is no veth of this file (add it: {type: veth, name: v1, peer: v0})",
    ),
    ("- {type: veth, name: v0, peer: v0}\n", "peer: veth v0 is its own peer"),
    (
        f"{ENDS_OF_A_PAIR}- {{type: veth, name: v2, peer: v1}}\n",
        "peer: the other end of v2 is v1, and that of v1 is v0 (the two ends of a pair name each other)",
    ),
    (
        "- {type: ib_interface, name: ib0, primary: true}\n",
        "primary: primary has no effect: ib_interface ib0 is no member of anything",
    ),
]


@pytest.mark.parametrize(("objects", "message"), MORE_BAD, ids=[message for _, message in MORE_BAD])
def test_bad_vrfs_pairs_and_infiniband(objects: str, message: str) -> None:
    found: List[str] = said(f"network_config:\n{NICS}{objects}")
    assert len(found) == 1
    assert message in found[0]


def test_routes_of_members_are_in_the_table_of_their_vrf() -> None:
    """Wherever the member is made; another table that is said counts."""
    nowhere = "next_hop: 192.0.2.9, ip_netmask"
    routes = f"routes: [{{{nowhere}: 10.0.0.0/8}}, {{{nowhere}: 10.1.0.0/16, table: 7}}]"
    red = VRF.format("red", "red", "{type: interface, name: b0}, {type: dummy, name: d1}")
    red = red.replace("]}\n", "], routes: [{default: true, route_options: unreachable}]}\n")
    text = f"""network_config:
- {{type: route_table, name: red, table_id: 100}}
- {{type: linux_bond, name: b0, addresses: [{{ip_netmask: 192.0.2.1/24}}], {routes}}}
- {{type: interface, name: eth1, addresses: [{{ip_netmask: 192.0.3.1/24}}]}}
{red}"""
    loaded = load(parse("f.yaml", text.encode()))
    found = {str(route.destination): route.table for some in loaded.routes.values() for route in some}
    assert found == {"10.0.0.0/8": 100, "10.1.0.0/16": 7, "0.0.0.0/0": 100}


GOOD_PAIRS = [ENDS_OF_A_PAIR, f"{ENDS_OF_A_PAIR}- {{type: linux_bridge, name: br0}}\n"]


@pytest.mark.parametrize("objects", GOOD_PAIRS)
def test_good_pairs(objects: str) -> None:
    assert said(f"network_config:\n{NICS}{objects}") == []

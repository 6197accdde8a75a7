"""VRFs: members come and go with all that they have, and their routes are in the VRF's table."""

from __future__ import annotations

from pathlib import Path
from typing import List

import pytest

from .support.node import Node, ip
from .support.observed import identities, observe, snapshot
from .test_own_kinds import config, told
from .test_rollback import TAKEN_BACK

pytestmark = pytest.mark.rotating

NIC2 = "type: interface, name: nic2, mtu: 1600"
_ADDRESSES = "addresses: [{ip_netmask: 192.0.2.10/24}, {ip_netmask: '2001:db8::10/64'}]"
_ROUTES = (
    "routes: [{default: true, next_hop: 192.0.2.1},"
    " {ip_netmask: '2001:db8:ff::/48', next_hop: '2001:db8::1'},"
    " {ip_netmask: 203.0.113.0/24, next_hop: 192.0.2.2, table: 7}]"
)
NIC1 = f"type: interface, name: nic1, {_ADDRESSES}, {_ROUTES}"
DEAD_END = "routes: [{default: true, metric: 4278198272, route_options: unreachable}]"


def vrf(*members: str, table: int = 100, more: str = "") -> str:
    inside = ", ".join(f"{{{one}}}" for one in members)
    return f"type: vrf, name: red, table: {table}, members: [{inside}]{more}"


@pytest.fixture(autouse=True)
def rule(node: Node) -> None:
    """The kernel's rule comes with the first VRF, and stays."""
    ip("link add first type vrf table 99", "link del first")


def routes_in(table: int) -> List[str]:
    """Those of ours."""
    words = f"table {table}: "
    found = (one for one in snapshot().other_tables if one.startswith(words) and "proto 111" in one)
    return [one[len(words) :] for one in found]


IN_THE_VRF = [
    "2001:db8:ff::/48 via 2001:db8::1 dev eno1 proto 111 metric 1024",
    "default via 192.0.2.1 dev eno1 proto 111",
]


def test_made_changed_and_removed(node: Node) -> None:
    free, inside = config(NIC1, NIC2), config(vrf(NIC1), NIC2)
    node.applied(free)
    before = snapshot()
    node.applied(inside)
    assert (told("red")["table"], told("eno1")["master"], told("red")["up"]) == (100, "red", True)
    assert observe().addresses["eno1"] == before.state.addresses["eno1"]
    assert (routes_in(100), len(routes_in(7))) == (IN_THE_VRF, 1)
    node.unchanged(inside)
    index = identities()["red"]
    run = node.applied(config(vrf(NIC1, table=200), NIC2))
    assert "made anew" in run.output
    assert (told("red")["table"], identities()["red"]) == (200, index)
    assert (routes_in(200), routes_in(100), len(routes_in(7))) == (IN_THE_VRF, [], 1)
    assert observe().addresses["eno1"] == before.state.addresses["eno1"]
    node.unchanged(config(vrf(NIC1, table=200), NIC2))
    node.applied(config(vrf(NIC1, NIC2, more=f", {DEAD_END}")))
    assert routes_in(100) == [*IN_THE_VRF, "unreachable default proto 111 metric 4278198272"]
    node.applied(inside)
    assert "master" not in told("eno2")
    node.applied(free)
    assert snapshot() == before


def test_made_by_hand_it_is_adopted_and_released(node: Node) -> None:
    ip(
        "link add red type vrf table 100",
        "link set red up",
        "link set eno1 up master red",
        "address add 192.0.2.10/24 dev eno1",
    )
    node.applied(config(NIC2))
    before, index = snapshot(), identities()["red"]
    node.applied(config(vrf(NIC1), NIC2))
    assert (identities()["red"], routes_in(100)) == (index, IN_THE_VRF)
    node.unchanged(config(vrf(NIC1), NIC2))
    node.applied(config(NIC2))
    assert snapshot() == before


def test_a_refused_run_is_taken_back(node: Node) -> None:
    Path("/proc/sys/net/ipv6/conf/eno4/disable_ipv6").write_text("1", encoding="ascii")
    refused = "type: interface, name: nic4, addresses: [{ip_netmask: '2001:db8:4::10/64'}]"
    for said in ([NIC1, NIC2], [vrf(NIC1), NIC2], [vrf(NIC1, NIC2, table=200)], [NIC1, NIC2]):
        before = snapshot()
        run = node.apply(config(*said, refused))
        assert (run.status, TAKEN_BACK in run.errors) == (4, True), run
        assert snapshot() == before
        node.applied(config(*said))


def test_remove_config(node: Node) -> None:
    node.applied(config(NIC2))
    before = snapshot()
    ip("link add red type vrf table 100", "link set eno1 master red")
    asked = f"{config(NIC2)}remove_config:\n- {{remove_type: vrf, remove_name: red}}\n"
    node.applied(asked, "--remove-config")
    assert snapshot() == before


def test_what_others_have_on_a_member_comes_back(node: Node) -> None:
    """Its addresses stay, its routes stay in their tables."""
    node.applied(config(NIC1, NIC2))
    ip(
        "address add 192.0.2.100/32 dev eno1",
        "route add 198.51.100.0/24 via 192.0.2.3 dev eno1 table 8 proto static",
        "route add 2001:db8:9::/48 via 2001:db8::9 dev eno1 table 8 proto static",
    )
    node.applied(config(vrf(NIC1), NIC2))
    assert len([one for one in snapshot().other_tables if one.startswith("table 8: ")]) == 2
    assert any(one.startswith("192.0.2.100/32") for one in observe().addresses["eno1"])


def test_members_of_every_kind(node: Node) -> None:
    """Some are made elsewhere in the file."""
    said = config(
        "type: vrf, name: red, table: 100, members: ["
        "{type: interface, name: bond1}, {type: vlan, vlan_id: 20, device: nic3,"
        " addresses: [{ip_netmask: 10.2.0.1/24}], routes: [{ip_netmask: 10.9.0.0/16, next_hop: 10.2.0.2}]},"
        " {type: linux_bridge, name: br0, members: [{type: dummy, name: d1}]}, {type: dummy, name: d2}]",
        "type: linux_bond, name: bond1, members: [{type: interface, name: nic2}],"
        " addresses: [{ip_netmask: 10.3.0.1/24}], routes: [{ip_netmask: 10.8.0.0/16, next_hop: 10.3.0.2}]",
        "type: interface, name: nic3",
    )
    node.applied(said)
    node.unchanged(said)
    assert [told(name)["master"] for name in ("bond1", "vlan20", "br0", "d2")] == ["red"] * 4
    assert routes_in(100) == [
        "10.8.0.0/16 via 10.3.0.2 dev bond1 proto 111",
        "10.9.0.0/16 via 10.2.0.2 dev vlan20 proto 111",
    ]


def test_a_member_moves_to_another_vrf_a_bond_or_a_bridge(node: Node) -> None:
    other = "type: vrf, name: blue, table: 200, members: [{%s}]"
    bond = "type: linux_bond, name: bond1, members: [{type: interface, name: nic1}]"
    bridge = bond.replace("linux_bond", "linux_bridge")
    for said in (vrf(NIC1), other % NIC1, bond, vrf(NIC1), bridge, other % NIC1):
        node.applied(config(said, NIC2))
        node.unchanged(config(said, NIC2))
    assert routes_in(200) == IN_THE_VRF


def test_a_bridge_with_an_mtu_of_its_own(node: Node) -> None:
    bridge = (
        "type: linux_bridge, name: br0, mtu: 1400,"
        " members: [{type: interface, name: nic1}, {type: vlan, vlan_id: 40, mtu: 1300}]"
    )
    for said in (vrf(bridge), bridge, vrf(bridge.replace("1400", "1350"))):
        node.applied(config(said, NIC2))
        node.unchanged(config(said, NIC2))
    assert (told("br0")["mtu"], told("vlan40")["mtu"], told("br0")["master"]) == (1350, 1300, "red")


def test_a_bridge_in_its_place_and_under_its_name(node: Node) -> None:
    """To the NIC that comes into it only what it is then counts."""
    addresses = "addresses: [{ip_netmask: 10.4.0.11/24}, {ip_netmask: 10.4.0.12/24}]"
    node.applied(config("type: vrf, name: red, table: 100", f"type: interface, name: nic1, {addresses}"))
    inside = "type: interface, name: nic1, addresses: [{ip_netmask: 10.1.0.11/25}]"
    routed = f"{inside}, routes: [{{next_hop: 10.1.0.2, ip_netmask: 172.16.1.0/24}}]"
    said = config(f"type: linux_bridge, name: red, members: [{{{routed}}}]")
    node.applied(said)
    node.unchanged(said)
    assert told("eno1")["master"] == "red"

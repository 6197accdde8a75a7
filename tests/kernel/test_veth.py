"""Pairs of links: both ends are made, changed, adopted, left alone elsewhere, taken back and removed."""

from __future__ import annotations

from pathlib import Path

import pytest

from .support.namespace import Namespace
from .support.node import Node, ip
from .support.observed import identities, observe, snapshot
from .test_own_kinds import config, told
from .test_rollback import TAKEN_BACK

pytestmark = pytest.mark.rotating

NIC = "type: interface, name: nic1"
A, B = "type: veth, name: pa, peer: pb", "type: veth, name: pb, peer: pa"
_ON_A = "addresses: [{ip_netmask: 10.1.0.1/24}], routes: [{ip_netmask: 10.9.0.0/16, next_hop: 10.1.0.2}]"
FULL = config(NIC, f"{A}, mtu: 9000, macaddr: '52:54:00:aa:00:01', {_ON_A}", f"{B}, mtu: 1400")
BRIDGED = config(
    NIC,
    f"type: linux_bridge, name: br0, members: [{{{B}}}]",
    f"type: vrf, name: red, table: 100, members: [{{{A}, {_ON_A}}}]",
)


@pytest.fixture(autouse=True)
def rule(node: Node) -> None:
    """The kernel's rule comes with the first VRF, and stays."""
    ip("link add first type vrf table 99", "link del first")


@pytest.mark.parametrize("order", [(A, B), (B, A)], ids=["first", "last"])
def test_made_changed_and_removed(node: Node, order: tuple[str, str]) -> None:
    node.applied(config(NIC))
    before = snapshot()
    node.applied(config(NIC, *order))
    node.unchanged(config(NIC, *order))
    for name, peer in (("pa", "pb"), ("pb", "pa")):
        found = told(name)
        assert (found["kind"], found["link"], found["group"], found["up"]) == (
            *("veth", peer, "os-net-config"), True,
        )  # fmt: skip
    indexes = identities()
    node.applied(FULL)
    node.unchanged(FULL)
    assert (told("pa")["mtu"], told("pa")["address"], told("pb")["mtu"]) == (9000, "52:54:00:aa:00:01", 1400)
    assert "10.1.0.1/24 brd 10.1.0.255 scope global proto 111" in observe().addresses["pa"]
    node.applied(BRIDGED)
    node.unchanged(BRIDGED)
    assert (told("pa")["master"], told("pb")["master"]) == ("red", "br0")
    node.applied(config(NIC, *order))
    assert identities() == indexes
    assert told("pa")["mtu"] == 1500
    node.applied(config(NIC))
    assert snapshot() == before


def test_another_peer_makes_both_anew(node: Node) -> None:
    node.applied(FULL)
    said = config(NIC, f"type: veth, name: pa, peer: pc, {_ON_A}", "type: veth, name: pc, peer: pa")
    run = node.applied(said)
    assert "made anew" in run.output
    node.unchanged(said)
    assert (told("pa")["link"], "pb" in identities()) == ("pc", False)


def test_two_pairs_change_partners(node: Node) -> None:
    def pairs(*ends: str) -> str:
        both = [(one, other) for pair in ends for one, other in (pair.split(), pair.split()[::-1])]
        return config(NIC, *(f"type: veth, name: {one}, peer: {other}" for one, other in both))

    node.applied(pairs("a1 b1", "a2 b2"))
    node.applied(pairs("a1 b2", "a2 b1"))
    node.unchanged(pairs("a1 b2", "a2 b1"))
    node.applied(pairs("a1 a2"))
    assert not {"b1", "b2"} & identities().keys()


def test_made_by_hand_it_is_adopted_and_released(node: Node) -> None:
    node.applied(config(NIC))
    ip("link add pb type veth peer name pa", "link set pa up", "link set pb up mtu 1400")
    before, indexes = snapshot(), identities()
    node.applied(FULL)
    assert identities() == indexes
    node.unchanged(FULL)
    node.applied(config(NIC))
    assert (snapshot(), identities()) == (before, indexes)


def test_a_refused_run_is_taken_back(node: Node) -> None:
    Path("/proc/sys/net/ipv6/conf/eno4/disable_ipv6").write_text("1", encoding="ascii")
    refused = "- {type: interface, name: nic4, addresses: [{ip_netmask: '2001:db8:4::10/64'}]}\n"
    other = config(NIC, "type: veth, name: pa, peer: pc", "type: veth, name: pc, peer: pa")
    node.applied(config(NIC))
    for said in (FULL, BRIDGED, other, FULL, config(NIC)):
        before = snapshot()
        run = node.apply(said + refused)
        assert (run.status, TAKEN_BACK in run.errors) == (4, True), run
        assert snapshot() == before
        node.applied(said)


@pytest.mark.parametrize("name", ["pa", "pb"])
def test_remove_config(node: Node, name: str) -> None:
    """One end is enough."""
    node.applied(config(NIC))
    before = snapshot()
    ip("link add pb type veth peer name pa")
    asked = f"{config(NIC)}remove_config:\n- {{remove_type: veth, remove_name: {name}}}\n"
    node.applied(asked, "--remove-config")
    assert snapshot() == before


def test_an_end_in_another_namespace_is_left_alone(node: Node) -> None:
    """A container has it: what is here stays as it is, and is changed as the file says."""
    node.applied(FULL)
    container = Namespace.new()
    node.own.enter()
    ip(f"link set pb netns {container.path}", descriptors=[container.descriptor])
    index = identities()["pa"]
    run = node.apply(FULL)
    assert run.status == 0, run
    assert "pb, the other end of pa, is in another network namespace" in run.errors
    run = node.apply(config(NIC, f"{A}, mtu: 1300", f"{B}, mtu: 1300"))
    assert (run.status, identities()["pa"], told("pa")["mtu"]) == (2, index, 1300), run
    # As the container's end would, sooner or later.
    ip("link del pa")
    node.applied(FULL)
    assert told("pb")["mtu"] == 1400

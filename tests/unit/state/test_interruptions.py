"""What a plan costs on its way: told once, at the link that brings it about."""

from __future__ import annotations

from typing import Dict, List, Sequence

import pytest

from os_net_config.state import bond
from os_net_config.state.diff import diff
from os_net_config.state.interruption import (
    DOWN,
    MADE_ANEW,
    PORTS_RELEASED,
    ROUTES_PUT_BACK,
    Interruption,
    interruptions,
)
from os_net_config.state.model import AddressKey, Key, LinkKey, Resource, RouteKey, State
from os_net_config.state.plan import plan
from os_net_config.state.values import Prefix, Value

OURS = 111
ROUND_ROBIN, ACTIVE_BACKUP, LACP = (
    bond.MODES.index(one) for one in ("balance-rr", "active-backup", "802.3ad")
)


def link(name: str, **values: Value) -> Resource:
    return Resource(LinkKey(name), {"kind": "", "up": 1, "master": None, "mtu": 1500, **values})


def vlan(name: str, below: str, number: int) -> Resource:
    return link(name, kind="vlan", link=below, id=number, group=OURS)


def prefix(text: str, length: int) -> Prefix:
    return Prefix(bytes(map(int, text.split("."))), length)


def address(on: str, text: str, protocol: int = OURS) -> Resource:
    return Resource(AddressKey(on, prefix(text, 24)), {"protocol": protocol, "scope": 0})


def route(on: str, text: str, gateway: str, protocol: int = OURS) -> Resource:
    values: Dict[str, Value] = {
        "link": on,
        "gateway": prefix(gateway, 32).address,
        "type": "unicast",
        "protocol": protocol,
    }
    return Resource(RouteKey(prefix(text, 24), 0), values)


NICS = (link("eth0"), link("eth1"))
BOND = link("bond0", kind="bond", mode=LACP, lacp_rate=0, group=OURS)
ON_BOND = (
    BOND,
    link("eth0", master="bond0"),
    link("eth1", master="bond0"),
    vlan("vlan10", "bond0", 10),
    vlan("vlan20", "bond0", 20),
    vlan("vlan10.5", "vlan10", 5),
)


def state(*resources: Resource) -> State:
    return State({one.key: one for one in resources})


def said(name: str, **values: Value) -> State:
    return state(Resource(LinkKey(name), values))


def found(wanted: State, live: Sequence[Resource], removals: Sequence[Key] = ()) -> List[Interruption]:
    before = state(*live)
    changes = diff(wanted, before, dict.fromkeys(removals, ())).changes
    return interruptions(plan(changes, wanted, before), before)


def test_a_live_change_costs_nothing() -> None:
    assert found(said("bond0", mtu=1400), ON_BOND) == []


def test_a_bond_goes_down_with_its_vlans() -> None:
    assert found(said("bond0", lacp_rate=1), ON_BOND) == [Interruption("bond0", DOWN, 3)]


def test_a_bond_lets_go_of_its_ports() -> None:
    """They go down with it, and are not told of on their own."""
    assert found(said("bond0", mode=ROUND_ROBIN), ON_BOND) == [Interruption("bond0", PORTS_RELEASED, 3)]


def test_a_vlan_is_made_anew_with_those_above_it() -> None:
    moved = said("vlan10", kind="vlan", link="eth1", id=10)
    assert found(moved, ON_BOND) == [Interruption("vlan10", MADE_ANEW, 1)]


def test_a_vlan_moves_while_its_bond_goes_down() -> None:
    """Two things happen, and each is told."""
    wanted = state(*said("bond0", lacp_rate=1), *said("vlan10", kind="vlan", link="eth1", id=10))
    assert found(wanted, ON_BOND) == [Interruption("bond0", DOWN, 1), Interruption("vlan10", MADE_ANEW, 1)]


def test_a_nic_becomes_a_port_of_a_bond() -> None:
    wanted = state(link("bond1", kind="bond", mode=ACTIVE_BACKUP), *said("eth1", master="bond1"))
    assert found(wanted, NICS) == [Interruption("eth1", DOWN)]


def test_a_nic_becomes_a_port_of_a_bridge() -> None:
    wanted = state(link("br0", kind="bridge"), *said("eth1", master="br0"))
    assert found(wanted, NICS) == []


def test_a_nic_that_is_down_becomes_a_port() -> None:
    wanted = state(link("bond1", kind="bond", mode=ACTIVE_BACKUP), *said("eth1", master="bond1", up=1))
    assert found(wanted, (NICS[0], link("eth1", up=0))) == []


def test_a_port_moves_to_another_bond_while_its_bond_lets_go_of_all() -> None:
    wanted = state(
        *said("bond0", mode=ROUND_ROBIN),
        link("bond1", kind="bond", mode=ACTIVE_BACKUP),
        *said("eth1", master="bond1"),
    )
    assert found(wanted, ON_BOND) == [Interruption("bond0", PORTS_RELEASED, 3), Interruption("eth1", DOWN)]


@pytest.mark.parametrize("more", [(), (vlan("vlan30", "eth1", 30),)])
def test_what_ends_down_is_a_change_and_no_interruption(more: Sequence[Resource]) -> None:
    assert found(said("eth1", up=0), (*NICS, *more)) == []


def test_what_is_removed_is_a_change_and_no_interruption() -> None:
    assert found(State(), (*NICS, vlan("vlan30", "eth1", 30)), [LinkKey("vlan30")]) == []


VIP = address("vlan10", "10.10.0.100", protocol=0)
OWN = address("vlan10", "10.10.0.10")
BIRD_S = route("vlan10", "203.0.113.0", "10.10.0.1", protocol=12)
STATIC = route("vlan10", "198.51.100.0", "10.10.0.1")
ABOVE = address("vlan10.5", "10.15.0.10")


def test_what_comes_back_is_told_at_the_link_that_takes_it_along() -> None:
    """That of others first: it is what nobody looks for in the config."""
    there = (*ON_BOND, OWN, STATIC, BIRD_S, VIP, ABOVE)
    anew = said("vlan10", kind="vlan", link="eth1", id=10)
    (one,) = found(anew, there)
    assert one.returned == (VIP.key, BIRD_S.key, OWN.key, ABOVE.key, STATIC.key)
    (one,) = found(said("bond0", lacp_rate=1), there)
    assert one.returned == (BIRD_S.key, STATIC.key)


def test_routes_that_go_with_an_address() -> None:
    """The last address of a link takes its routes along; those that can still be reached come back."""
    direct = route("eth1", "203.0.113.0", "10.10.0.1", protocol=12)
    direct = direct._replace(values={**direct.values, "gateway": None, "scope": 253})
    only = address("eth1", "10.10.0.10")
    (one,) = found(State(), (*NICS, only, direct), [only.key])
    assert (one.link, one.what, one.returned) == ("eth1", ROUTES_PUT_BACK, (direct.key,))


def test_two_nics_that_are_each_others_peer_have_no_end() -> None:
    """The kernel tells of a veth's peer as of the link below."""
    there = (link("eth0", kind="veth", link="eth1"), link("eth1", kind="veth", link="eth0"))
    wanted = state(link("bond1", kind="bond", mode=ACTIVE_BACKUP), *said("eth1", master="bond1"))
    assert found(wanted, there) == [Interruption("eth1", DOWN)]

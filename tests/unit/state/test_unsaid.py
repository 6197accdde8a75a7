"""What an attribute of a link that we made is when the config says nothing of it."""

from __future__ import annotations

from typing import Dict, List, Optional, Sequence

import pytest

from os_net_config.state import bond
from os_net_config.state.model import LinkKey, Resource, State
from os_net_config.state.unsaid import Final, port_values, unsaid_values
from os_net_config.state.values import Value

ACTIVE_BACKUP, LACP = bond.MODES.index("active-backup"), bond.MODES.index("802.3ad")


def mac(number: int) -> bytes:
    return bytes([0x52, 0x54, 0, 0, 0, number])


def link(name: str, **values: Value) -> Resource:
    return Resource(LinkKey(name), values)


def nic(number: int, **more: Value) -> Resource:
    values: Dict[str, Value] = {"kind": "", "mtu": 1500, "master": None, "up": 1}
    return Resource(
        LinkKey(f"eth{number}"), {**values, "address": mac(number), "permanent": mac(number), **more}
    )


def state(*resources: Resource) -> State:
    return State({one.key: one for one in resources})


def unsaid(
    name: str, wanted: Sequence[Resource], live: Sequence[Resource], no_more: Sequence[str] = ()
) -> Dict[str, Value]:
    final = Final(state(*wanted), state(*live))
    said, have = final.wanted.link(name), final.live.link(name)
    assert said is not None
    assert have is not None
    return dict(unsaid_values(said, have, final, frozenset(no_more)))


# Options


BOND = link("bond0", kind="bond", mode=LACP)
LIVE_BOND = link("bond0", kind="bond", mode=LACP, miimon=200, lacp_rate=1, xmit_hash_policy=2, mtu=1500, up=1)


def test_an_option_that_is_said_no_more_has_its_default() -> None:
    assert unsaid("bond0", [BOND], [LIVE_BOND], ["lacp_rate"]) == {"lacp_rate": 0}
    assert unsaid("bond0", [BOND], [LIVE_BOND], ["lacp_rate", "miimon"]) == {"lacp_rate": 0, "miimon": 100}


def test_what_was_never_said_is_left_alone() -> None:
    assert unsaid("bond0", [BOND], [LIVE_BOND]) == {}


def test_what_the_kernel_does_not_tell_is_not_asked_for() -> None:
    assert unsaid("bond0", [BOND], [link("bond0", kind="bond", mode=LACP)], ["lacp_rate"]) == {}


def test_an_option_of_another_mode_goes_back_with_the_mode() -> None:
    wanted = link("bond0", kind="bond", mode=ACTIVE_BACKUP)
    assert unsaid("bond0", [wanted], [LIVE_BOND], ["lacp_rate"]) == {"lacp_rate": 0}


def test_what_we_give_a_new_link_is_given_again() -> None:
    wanted = BOND._replace(initial={"miimon": 50})
    assert unsaid("bond0", [wanted], [LIVE_BOND], ["miimon"]) == {"miimon": 50}


@pytest.mark.parametrize("name", ["kind", "group", "link", "master", "up"])
def test_what_is_never_put_back_by_a_default(name: str) -> None:
    assert unsaid("bond0", [BOND], [LIVE_BOND], [name]) == {}


@pytest.mark.parametrize(
    ("said", "found"),
    [({"stp_state": 0}, {"forward_delay": 0}), ({}, {}), ({"stp_state": 1}, {}),
     ({"stp_state": 0, "forward_delay": 100}, {})],
)  # fmt: skip
def test_a_spanning_tree_that_goes_leaves_its_delay(said: Dict[str, Value], found: Dict[str, Value]) -> None:
    wanted = Resource(LinkKey("br0"), {"kind": "bridge", **said}, (), {"forward_delay": 0})
    live = link("br0", kind="bridge", stp_state=1, forward_delay=200, mtu=1400)
    assert unsaid("br0", [wanted], [live]) == found


def test_a_spanning_tree_that_is_said_no_more() -> None:
    wanted = Resource(LinkKey("br0"), {"kind": "bridge"}, (), {"forward_delay": 0})
    live = link("br0", kind="bridge", stp_state=1, forward_delay=200, mtu=1400)
    assert unsaid("br0", [wanted], [live], ["stp_state"]) == {"stp_state": 0, "forward_delay": 0}


def test_one_monitor_of_a_bond_comes_back_when_the_other_goes() -> None:
    wanted = Resource(LinkKey("bond0"), {"kind": "bond", "mode": ACTIVE_BACKUP}, (), {"miimon": 100})
    live = link("bond0", kind="bond", mode=ACTIVE_BACKUP, arp_interval=200, miimon=0, mtu=1500, up=1)
    assert unsaid("bond0", [wanted], [live], ["arp_interval"]) == {"arp_interval": 0, "miimon": 100}


def test_the_group_address_follows_the_protocol_that_is_said_no_more() -> None:
    values: Dict[str, Value] = {
        "vlan_filtering": 1,
        "vlan_protocol": 0x88A8,
        "group_addr": b"\x01\x80\xc2\0\0\x04",
    }
    live = link("br0", kind="bridge", mtu=1400, **values)
    found = unsaid("br0", [link("br0", kind="bridge")], [live], list(values))
    assert found["group_addr"] == b"\x01\x80\xc2\0\0\0"


# MTU


VLAN = link("vlan10", kind="vlan", link="eth1", id=10)


def live_vlan(mtu: int) -> Resource:
    return link("vlan10", kind="vlan", link="eth1", id=10, mtu=mtu)


@pytest.mark.parametrize(
    ("wanted_mtu", "vlan_mtu", "no_more", "found"),
    [
        (None, 1500, [], {"mtu": 1500}),
        (9000, 1500, [], {"mtu": 9000}),
        (9000, 1400, [], {}),
        (9000, 1400, ["mtu"], {"mtu": 9000}),
        (None, 1400, ["mtu"], {"mtu": 1500}),
    ],
    ids=["as below", "goes along", "somebody's own", "ours, said no more", "ours, said no more, as below"],
)
def test_mtu_of_a_vlan(
    wanted_mtu: Optional[int], vlan_mtu: int, no_more: Sequence[str], found: Dict[str, Value]
) -> None:
    below = link("eth1") if wanted_mtu is None else link("eth1", mtu=wanted_mtu)
    assert unsaid("vlan10", [below, VLAN], [nic(1), live_vlan(vlan_mtu)], no_more) == found


def test_mtu_of_a_vlan_that_says_its_own() -> None:
    wanted = VLAN._replace(values={**VLAN.values, "mtu": 1400})
    assert unsaid("vlan10", [link("eth1", mtu=9000), wanted], [nic(1), live_vlan(1500)]) == {}


def test_mtu_of_a_vlan_on_a_vlan() -> None:
    inner = link("vlan10.5", kind="vlan", link="vlan10", id=5)
    there = link("vlan10.5", kind="vlan", link="vlan10", id=5, mtu=1500)
    wanted = [link("eth1", mtu=9000), VLAN, inner]
    assert unsaid("vlan10.5", wanted, [nic(1), live_vlan(1500), there]) == {"mtu": 9000}


def test_mtu_of_a_vlan_on_a_link_that_is_made_anew_as_another_kind() -> None:
    wanted = [link("net1", kind="bond"), link("vlan10", kind="vlan", link="net1", id=10)]
    there = [link("net1", kind="bridge", mtu=1400), live_vlan(1500)]
    assert unsaid("vlan10", wanted, there, ["mtu"]) == {"mtu": 1500}


BRIDGE = link("br0", kind="bridge")


def live_bridge(mtu: int, address: bytes = mac(1)) -> Resource:
    return link("br0", kind="bridge", mtu=mtu, address=address, up=1)


def test_mtu_of_a_bridge_is_its_smallest_port_s() -> None:
    ports = [link("eth1", master="br0", mtu=9000), link("eth2", master="br0", mtu=8000)]
    there = [nic(1, master="br0"), nic(2), live_bridge(1500)]
    assert unsaid("br0", [*ports, BRIDGE], there) == {"mtu": 8000}


def test_mtu_of_a_bridge_without_ports() -> None:
    assert unsaid("br0", [BRIDGE], [live_bridge(9000)], ["mtu"])["mtu"] == 1500


@pytest.mark.parametrize(
    ("others", "found"),
    [([], {"address": mac(1)}), ([nic(1, master="br0")], {})],
    ids=["its last port leaves", "one of somebody else may stay"],
)
def test_mac_of_a_bridge_without_ports(others: List[Resource], found: Dict[str, Value]) -> None:
    """It would lose it with its last port."""
    assert unsaid("br0", [BRIDGE], [live_bridge(1500), *others]) == {"mtu": 1500, **found}


def test_mtu_of_a_bridge_with_a_port_of_which_nobody_knows_it() -> None:
    """The bonding driver gives it back the MTU that it came with."""
    there = [nic(1, master="bond0", mtu=9000), LIVE_BOND, live_bridge(1500)]
    assert unsaid("br0", [BRIDGE, link("eth1", master="br0")], there) == {}


def test_mtu_of_a_bond() -> None:
    assert unsaid("bond0", [BOND], [LIVE_BOND], ["mtu"]) == {"mtu": 1500}


def test_mtu_of_a_vlan_on_a_port_of_a_bond_is_the_bond_s() -> None:
    wanted = [link("bond0", kind="bond", mode=LACP, mtu=9000), link("eth1", master="bond0"), VLAN]
    assert unsaid("vlan10", wanted, [nic(1), LIVE_BOND, live_vlan(1500)]) == {"mtu": 9000}


# MAC address


def ports_of(master: str, *numbers: int) -> Sequence[Resource]:
    return [link(f"eth{number}", master=master) for number in numbers]


def live_bond(address: bytes, *numbers: int) -> Sequence[Resource]:
    bond_link = link("bond0", kind="bond", mode=LACP, mtu=1500, address=address)
    return [nic(n, master="bond0" if n in numbers else None) for n in (1, 2, 3)] + [bond_link]


def test_a_bond_keeps_the_address_of_a_port_that_stays() -> None:
    assert unsaid("bond0", [BOND, *ports_of("bond0", 1, 2)], live_bond(mac(2), 1, 2)) == {}


def test_a_bond_whose_port_leaves_takes_its_first_one_s() -> None:
    wanted = [BOND, *ports_of("bond0", 3, 2)]
    assert unsaid("bond0", wanted, live_bond(mac(1), 1, 2)) == {"address": mac(3)}


def test_a_bond_keeps_an_address_that_is_no_port_s() -> None:
    wanted = [BOND, *ports_of("bond0", 2)]
    assert unsaid("bond0", wanted, live_bond(mac(99), 1, 2)) == {}
    assert unsaid("bond0", wanted, live_bond(mac(99), 1, 2), ["address"]) == {"address": mac(2)}


def test_a_bridge_that_says_its_address_no_more_has_the_least_of_its_ports() -> None:
    wanted = [BRIDGE, *ports_of("br0", 3, 2)]
    there = [nic(2), nic(3), live_bridge(1500, mac(99))]
    assert unsaid("br0", wanted, there, ["address"])["address"] == mac(2)
    assert "address" not in unsaid("br0", wanted, there)


@pytest.mark.parametrize(("own", "found"), [(mac(2), mac(3)), (mac(77), mac(77))])
def test_a_bridge_below_has_the_least_of_its_ports_then_unless_it_was_given_another(
    own: bytes, found: bytes
) -> None:
    """A VLAN on it is a port of the other one; one that is there has its address, and goes along."""
    below, vlan = link("br1", kind="bridge"), link("vlan5", kind="vlan", link="br1", master="br0")
    wanted = [BRIDGE, below, vlan, *ports_of("br1", 3)]
    there = [nic(2, master="br1"), nic(3), live_bridge(1500, mac(99))]
    there.append(link("br1", kind="bridge", mtu=1500, address=own, up=1))
    assert unsaid("br0", wanted, there, ["address"])["address"] == found
    there.append(link("vlan5", kind="vlan", link="br1", mtu=1500, address=own, up=1))
    assert unsaid("br0", wanted, there, ["address"])["address"] == found


# Ports of a bridge


PORT = nic(1, master="br0", isolated=1, learning=0)


@pytest.mark.parametrize(
    ("master", "found"), [("br0", {"isolated": 0, "learning": 1}), ("br1", {}), (None, {})]
)
def test_options_of_a_port_go_back_where_it_stays(master: Value, found: Dict[str, Value]) -> None:
    """It leaves them behind where it goes away."""
    said_no_more = frozenset({"isolated", "learning", "mtu"})
    assert dict(port_values(PORT, {"master": master}, said_no_more)) == found


def test_options_of_what_is_no_port() -> None:
    assert dict(port_values(nic(1), {"master": None}, frozenset({"isolated"}))) == {}

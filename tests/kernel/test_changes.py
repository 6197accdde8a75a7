"""What a changed config changes on a node, and what it leaves alone."""

from __future__ import annotations

from typing import Dict, List

import pytest

from .support import listening
from .support.configs import ON_BOND, ON_BRIDGE, ON_NIC
from .support.node import Node, ip
from .support.observed import bonds, identities, observe

RTM_DELADDR = 21

#: Things of others on the NIC of ``single``: a service's address in a subnet of its own and one in
#: ours, with a label and a lifetime, and routes with all that a route can have.
FOREIGN = (
    "address add 198.51.100.7/24 brd + dev eno1",
    "address add 192.0.2.99/24 dev eno1 label eno1:vip valid_lft 5000 preferred_lft 4000",
    "address add 2001:db8:99::7/64 dev eno1",
    "route add 203.0.113.0/24 via 198.51.100.1 dev eno1 proto static metric 7 mtu 1400 advmss 1200",
    "route add 203.0.114.0/24 via 192.0.2.3 dev eno1 proto bird src 192.0.2.99 metric 8",
    "route add 203.0.115.0/24 dev eno1 proto static metric 9 scope link",
    "route add 2001:db8:ff::/48 via 2001:db8:99::1 dev eno1 proto static metric 10 mtu 1300",
)


def single(addresses: List[str], routes: Dict[str, str], more: str = "") -> str:
    """The config of one NIC with addresses, and routes with their next hops."""
    given = ", ".join(f"{{ip_netmask: '{one}'}}" for one in addresses)
    ways = ", ".join(f"{{ip_netmask: '{to}', next_hop: '{hop}'}}" for to, hop in routes.items())
    return (
        f"network_config: [{{type: interface, name: nic1, addresses: [{given}], routes: [{ways}]{more}}}]\n"
    )


def bonded(ports: str, options: str, mtu: int = 1500, vlan_mtu: int = 1500) -> str:
    members = ", ".join(f"{{type: interface, name: {port}}}" for port in ports.split())
    return f"""\
network_config:
- {{type: linux_bond, name: bond1, mtu: {mtu}, bonding_options: '{options}', members: [{members}]}}
- {{type: vlan, vlan_id: 20, device: bond1, mtu: {vlan_mtu}, addresses: [{{ip_netmask: 192.0.2.10/24}}]}}
"""


def of_others() -> List[str]:
    """The addresses and routes on eno1 that are not ours, without what the kernel makes of addresses."""
    state = observe()
    routes = [one for one in state.routes if "proto 111" not in one and "proto kernel" not in one]
    return [one for one in state.addresses["eno1"] if "proto 111" not in one] + routes


def test_address_moves_within_its_subnet(node: Node) -> None:
    node.applied(single(["192.0.2.10/24"], {"0.0.0.0/0": "192.0.2.1"}))
    node.applied(single(["192.0.2.20/24"], {"0.0.0.0/0": "192.0.2.1"}))
    state = observe()
    assert state.addresses["eno1"] == ["192.0.2.20/24 brd 192.0.2.255 scope global proto 111"]
    assert state.routes == [
        "192.0.2.0/24 dev eno1 proto kernel scope link src 192.0.2.20",
        "default via 192.0.2.1 dev eno1 proto 111",
    ]


def test_address_and_gateway_move_to_another_subnet(node: Node) -> None:
    node.applied(
        single(["192.0.2.10/24", "2001:db8::10/64"], {"0.0.0.0/0": "192.0.2.1", "::/0": "2001:db8::1"})
    )
    changed = single(
        ["198.51.100.10/24", "2001:db8:1::10/64"], {"0.0.0.0/0": "198.51.100.1", "::/0": "fe80::1"}
    )
    node.applied(changed)
    state = observe()
    assert state.addresses["eno1"] == [
        "198.51.100.10/24 brd 198.51.100.255 scope global proto 111",
        "2001:db8:1::10/64 scope global proto 111",
    ]
    assert state.routes == [
        "198.51.100.0/24 dev eno1 proto kernel scope link src 198.51.100.10",
        "2001:db8:1::/64 dev eno1 proto kernel metric 256",
        "::/0 via fe80::1 dev eno1 proto 111 metric 1024",
        "default via 198.51.100.1 dev eno1 proto 111",
    ]
    node.unchanged(changed)


def test_addresses_come_and_go(node: Node) -> None:
    three = ["192.0.2.10/24", "192.0.2.11/24", "192.0.2.12/24"]
    node.applied(single(three, {}))
    node.applied(single(three[1:], {}))
    assert observe().addresses["eno1"] == [
        "192.0.2.11/24 brd 192.0.2.255 scope global proto 111",
        "192.0.2.12/24 brd 192.0.2.255 scope global secondary proto 111",
    ]
    node.applied(single([*three[1:], "192.0.2.13/24", "2001:db8::1/64"], {}))
    node.applied(single(["192.0.2.14/24", "2001:db8::1/48"], {}))
    state = observe()
    assert state.addresses["eno1"] == [
        "192.0.2.14/24 brd 192.0.2.255 scope global proto 111",
        "2001:db8::1/48 scope global proto 111",
    ]
    assert state.routes == [
        "192.0.2.0/24 dev eno1 proto kernel scope link src 192.0.2.14",
        "2001:db8::/48 dev eno1 proto kernel metric 256",
    ]


def test_gateway_changes(node: Node) -> None:
    addresses = ["192.0.2.10/24", "2001:db8::10/64"]
    node.applied(single(addresses, {"198.51.100.0/24": "192.0.2.1", "2001:db8:9::/48": "2001:db8::1"}))
    node.applied(single(addresses, {"198.51.100.0/24": "192.0.2.2", "2001:db8:9::/48": "2001:db8::2"}))
    assert [one for one in observe().routes if "proto 111" in one] == [
        "198.51.100.0/24 via 192.0.2.2 dev eno1 proto 111",
        "2001:db8:9::/48 via 2001:db8::2 dev eno1 proto 111 metric 1024",
    ]
    node.applied(single(addresses, {}))
    assert not any("proto 111" in one for one in observe().routes)


def test_things_of_others_stay(node: Node) -> None:
    routes = {"0.0.0.0/0": "192.0.2.1", "2001:db8:9::/48": "2001:db8::1"}
    node.applied(single(["192.0.2.10/24", "2001:db8::10/64"], routes))
    ip(*FOREIGN)
    before = of_others()
    assert len(before) == len(FOREIGN)
    # The first address of the subnet goes, and the next one takes its place without falling.
    before = [one.replace(" secondary", "") for one in before]
    node.applied(single(["192.0.2.20/24", "2001:db8::20/64"], routes))
    assert of_others() == before
    # No address of ours is left on the link.
    node.applied(single([], {}))
    assert of_others() == before


def test_nothing_else_is_written(node: Node) -> None:
    """Where a second address goes nothing falls, so nothing has to be put back."""
    if not listening.is_possible():
        pytest.skip("the kernel has no nlmon links: modprobe nlmon")
    node.applied(single(["192.0.2.10/24", "192.0.2.11/24"], {"0.0.0.0/0": "192.0.2.1"}))
    ip(*FOREIGN)
    with listening.heard() as messages:
        node.applied(single(["192.0.2.10/24"], {"0.0.0.0/0": "192.0.2.1"}))
    assert [one.type for one in messages if one.is_request and not one.only_asks] == [RTM_DELADDR]


def test_route_from_an_address_that_goes(node: Node) -> None:
    """The kernel drops it with the address, whoever made it: that cannot be helped, and stops nothing."""
    node.applied(single(["192.0.2.10/24"], {"0.0.0.0/0": "192.0.2.1"}))
    ip(
        "address add 198.51.100.7/24 dev eno1",
        "route add 203.0.113.0/24 via 198.51.100.1 dev eno1 proto bird src 192.0.2.10",
        "route add 203.0.114.0/24 via 198.51.100.1 dev eno1 proto bird",
    )
    node.applied(single(["192.0.2.20/24"], {"0.0.0.0/0": "192.0.2.1"}))
    assert [one for one in observe().routes if "proto bird" in one] == [
        "203.0.114.0/24 via 198.51.100.1 dev eno1 proto bird",
    ]


def test_mtu_grows_and_shrinks_along_a_chain(node: Node) -> None:
    for mtu, vlan_mtu in ((1500, 1500), (9000, 8000), (1600, 1600)):
        node.applied(bonded("nic1 nic2", "mode=1 miimon=100", mtu, vlan_mtu))
        links = observe().links
        assert {name: links[name]["mtu"] for name in ("eno1", "eno2", "bond1", "vlan20")} == {
            "eno1": str(mtu), "eno2": str(mtu), "bond1": str(mtu), "vlan20": str(vlan_mtu),
        }  # fmt: skip


def test_bond_options_that_change_live(node: Node) -> None:
    node.applied(bonded("nic1 nic2", "mode=2 miimon=100 xmit_hash_policy=layer2"))
    before = observe(), identities()
    changed = bonded("nic1 nic2", "mode=2 miimon=200 updelay=400 xmit_hash_policy=layer3+4 resend_igmp=3")
    node.applied(changed)
    wanted = {"miimon": "200", "updelay": "400", "xmit_hash_policy": "layer3+4 1", "resend_igmp": "3"}
    options = before[0].links["bond1"]["bonding"]
    assert isinstance(options, dict)
    options.update(wanted)
    assert (observe(), identities()) == before
    node.unchanged(changed)


def test_monitor_changes_from_carrier_to_arp_and_back(node: Node) -> None:
    carrier = "mode=1 miimon=200 updelay=400"
    arp = "mode=1 arp_interval=500 arp_ip_target=192.0.2.1,192.0.2.2 arp_validate=active"
    node.applied(bonded("nic1 nic2", carrier))
    node.applied(bonded("nic1 nic2", arp))
    options = bonds()["bond1"]
    assert (options["miimon"], options["arp_interval"]) == ("0", "500")
    assert (options["arp_ip_target"], options["arp_validate"]) == ("192.0.2.1 192.0.2.2", "active 1")
    node.applied(bonded("nic1 nic2", carrier))
    options = bonds()["bond1"]
    assert (options["miimon"], options["updelay"], options["arp_interval"]) == ("200", "400", "0")


def test_nic_that_is_up_becomes_a_port(node: Node) -> None:
    node.applied(bonded("nic1", "mode=1 miimon=100"))
    before = identities()
    ip("link set eno2 up", "address add 198.51.100.7/24 dev eno2")
    node.applied(bonded("nic1 nic2", "mode=1 miimon=100", 9000))
    state = observe()
    mac = state.links["bond1"]["mac"]
    assert state.links["eno2"] == {
        "kind": "veth", "state": "up", "mac": mac, "mtu": "9000", "master": "bond1",
    }  # fmt: skip
    # Somebody put it there.
    assert state.addresses["eno2"] == ["198.51.100.7/24 scope global"]
    assert identities() == before


@pytest.mark.parametrize(
    ("config", "name"), [(ON_BOND, "bond1"), (ON_BRIDGE, "br-ex")], ids=["bond", "bridge"]
)
def test_network_moves_from_a_nic(node: Node, config: str, name: str) -> None:
    node.applied(ON_NIC)
    before = observe()
    node.applied(config)
    state = observe()
    assert {link: state.links[link].get("master") for link in ("eno2", "eno3")} == {
        "eno2": name,
        "eno3": name,
    }
    assert state.addresses[name] == before.addresses["eno2"]
    assert "eno2" not in state.addresses
    assert state.routes == sorted(one.replace("dev eno2", f"dev {name}") for one in before.routes)
    node.unchanged(config)


def test_primary_of_a_bond_changes(node: Node) -> None:
    node.applied(ON_BOND)
    first = observe()
    changed = ON_BOND.replace("nic2", "nic4").replace("nic3", "nic2").replace("nic4", "nic3")
    node.applied(changed)
    state = observe()
    assert {state.links[name]["mac"] for name in ("bond1", "eno2", "eno3")} == {"52:54:00:00:00:03"}
    options = state.links["bond1"]["bonding"]
    assert isinstance(options, dict)
    assert options["primary"] == "eno3"
    assert state.routes == first.routes
    node.unchanged(changed)


def test_vlan_joins_a_bridge_that_is_there(node: Node) -> None:
    bridge = "{{type: linux_bridge, name: br-ex, members: [{{type: interface, name: nic1}}{}]}}"
    node.applied("network_config: [" + bridge.format("") + "]\n")
    before = identities()
    on_top = "{type: vlan, vlan_id: 20, addresses: [{ip_netmask: 192.0.2.10/24}]}"
    port = "{type: vlan, device: nic2, vlan_id: 30}"
    node.applied("network_config: [" + bridge.format(f", {on_top}, {port}") + "]\n")
    state = observe()
    assert (state.links["vlan20"]["on"], state.links["vlan20"].get("master")) == ("br-ex", None)
    assert (state.links["vlan30"]["on"], state.links["vlan30"].get("master")) == ("eno2", "br-ex")
    assert {name: identities()[name] for name in before} == before


def test_what_somebody_undid_is_done_again(node: Node) -> None:
    config = bonded("nic1 nic2", "mode=802.3ad miimon=100 xmit_hash_policy=layer3+4", 9000, 9000)
    node.applied(config)
    before = observe()
    ip(
        "link set eno2 nomaster",
        "link set eno2 mtu 1500",
        "link set bond1 type bond xmit_hash_policy layer2",
        "link set vlan20 mtu 1500",
        "address flush dev vlan20",
        "link set vlan20 down",
    )
    node.applied(config)
    assert observe() == before

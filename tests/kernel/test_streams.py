"""What a change does to the traffic beside it: nothing."""

from __future__ import annotations

import re
from typing import Iterator, List, Tuple

import pytest

from .support.asked import shown
from .support.node import Node, ip, made_node
from .support.observed import carrier_changes, identities, observe
from .support.site import bonding, config, far_end, introduce, site, vlan
from .support.traffic import probing, streaming
from .support.watching import watching

pytestmark = [pytest.mark.acceptance, pytest.mark.rotating]

ROUTE = "{ip_netmask: 203.0.113.0/24, next_hop: 10.20.0.%d}"
IPV6_ROUTE = "{ip_netmask: '2001:db8:9::/48', next_hop: '2001:db8:20::%d'}"

OTHER = {"nic3": "nic4", "nic4": "nic3"}

#: What the site becomes, and from it again what it was.
CHANGES = {
    "a VLAN": site(vlan(30, "device: bond1", ["10.50.0.10/24"])),
    "a VLAN on the other's own": site(vlan(30, "device: vlan10", ["10.50.0.10/24"])),
    "a bridge over the bond": site(
        "{type: linux_bridge, name: br-vm, members: [{type: vlan, vlan_id: 30, device: bond1}]}"
    ),
    "an address": site(addresses=["10.20.0.10/24", "10.20.0.11/24", "2001:db8:20::10/64"]),
    "another address": site(addresses=["10.20.0.12/24", "2001:db8:20::12/64"]),
    "another prefix length": site(addresses=["10.20.0.10/25", "2001:db8:20::10/64"]),
    "no address": site(addresses=[], routes=[]),
    "a route": site(routes=[ROUTE % 1, IPV6_ROUTE % 1, "{ip_netmask: 203.0.114.0/24, next_hop: 10.20.0.2}"]),
    "another gateway": site(routes=[ROUTE % 2, IPV6_ROUTE % 2]),
    "no route": site(routes=[]),
    "xmit_hash_policy": site(bond="mode=2 miimon=100 xmit_hash_policy=layer3+4"),
    "miimon": site(bond="mode=2 miimon=200 xmit_hash_policy=layer2"),
    "min_links": site(bond="mode=2 miimon=100 xmit_hash_policy=layer2 min_links=1"),
    "updelay": site(bond="mode=2 miimon=100 xmit_hash_policy=layer2 updelay=200 downdelay=300"),
    "resend_igmp": site(bond="mode=2 miimon=100 xmit_hash_policy=layer2 resend_igmp=5"),
    "the MTU of the VLAN beside it": site(vlan20="device: bond1, mtu: 1400"),
    "the MTU of another NIC": site(nic4="mtu: 9000, addresses: [{ip_netmask: 10.40.0.10/24}]"),
    "the VLAN beside it on another NIC": site(vlan20="device: nic4"),
    "another port of the bridge": re.sub("nic[34]", lambda found: OTHER[found[0]], site()),
}

#: The links that the stream comes over.
CARRYING = frozenset({"eno1", "eno2", "bond1", "vlan10"})


def who_knows_whom(node: Node) -> List[str]:
    """Where each thinks that the other's addresses are, and those that the node takes for its own."""
    with node.at_the_switch():
        theirs = shown("neighbour")
    return [
        *map(str, theirs),
        *map(str, shown("neighbour")),
        *map(str, shown("route", "show", "table", "local")),
    ]


def untouched() -> List[Tuple[str, int, int]]:
    """Which links those are, and how often they lost or found their carrier."""
    indexes = identities()
    return [(name, indexes[name], carrier_changes(name)) for name in sorted(CARRYING)]


@pytest.fixture(scope="module")
def in_use(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Node]:
    """One node for all the changes, each of which is taken back."""
    with made_node(tmp_path_factory.mktemp("in_use")) as made:
        far_end(made)
        yield made


@pytest.mark.parametrize("changed", CHANGES.values(), ids=CHANGES)
def test_the_vlan_beside_a_change_loses_nothing(in_use: Node, changed: str) -> None:
    """There and back: what is added is removed."""
    # The first time, and after a change that failed.
    assert in_use.apply(site()).status in {0, 2}
    before = untouched()
    with watching() as seen, streaming(in_use.switch, "10.10.0.10", "vlan10") as stream:
        in_use.applied(changed)
        in_use.applied(site())
    assert untouched() == before
    assert not seen.interrupted & CARRYING
    assert "10.10.0.10/24" not in seen.withdrawn
    assert stream.lost == []


@pytest.mark.parametrize(
    "bounce",
    [
        ("link set vlan10 down", "link set vlan10 up"),
        ("link set bond1 down", "link set bond1 up"),
        ("address del 10.10.0.10/24 dev vlan10", "address add 10.10.0.10/24 dev vlan10"),
        ("link del vlan10", "link add link bond1 name vlan10 type vlan id 10", "link set vlan10 up",
         "address add 10.10.0.10/24 dev vlan10"),
    ],
    ids=["vlan", "bond", "address", "re-creation"],
)  # fmt: skip
def test_a_bounce_is_seen(node: Node, bounce: Tuple[str, ...]) -> None:
    """Otherwise the tests around prove nothing."""
    far_end(node)
    node.applied(site())
    with watching() as seen, streaming(node.switch, "10.10.0.10", "vlan10") as stream:
        for command in bounce:
            ip(command)
    assert len(stream.arrived) > 20
    assert stream.lost, f"none of {stream.sent} lost"
    assert "vlan10" in seen.interrupted or "10.10.0.10/24" in seen.withdrawn


def test_nothing_is_lost_where_nothing_happens(node: Node) -> None:
    far_end(node)
    node.applied(site())
    with watching() as seen, streaming(node.switch, "10.10.0.10", "vlan10") as stream:
        node.unchanged(site())
    assert stream.lost == []
    assert stream.sent > 200
    assert not seen.interrupted & CARRYING
    assert seen.withdrawn == set()


def test_an_address_is_swapped_beside_a_service(node: Node) -> None:
    """The service's own address answers all the time, the new one from when it is there."""
    far_end(node)
    node.applied(site(addresses=["10.20.0.10/24"], routes=[ROUTE % 1]))
    ip("address add 10.20.0.100/24 dev vlan20 label vlan20:vip")
    introduce(node, "10.20.0.11", "vlan20")
    with probing(node.switch, "10.20.0.100", "10.20.0.11") as answers:
        node.applied(site(addresses=["10.20.0.11/24"], routes=[ROUTE % 1]))
    assert answers["10.20.0.100"].lost == []
    assert answers["10.20.0.11"].lost == []
    assert len(answers["10.20.0.11"].arrived) > 20
    addresses = " ".join(observe().addresses["vlan20"])
    assert "10.20.0.11/24 " in addresses
    assert "10.20.0.100/24 " in addresses
    assert "10.20.0.10/24 " not in addresses


def test_an_address_goes_from_beside_a_service(node: Node) -> None:
    """No address of ours is left in the subnet of the service."""
    far_end(node)
    node.applied(site(addresses=["10.20.0.10/24"], routes=[]))
    ip("address add 10.20.0.100/24 dev vlan20 label vlan20:vip")
    with probing(node.switch, "10.20.0.100") as answers:
        node.applied(site(addresses=["10.60.0.10/24"], routes=[]))
    assert answers["10.20.0.100"].lost == []


def test_a_probe_sees_an_address_that_is_gone_for_a_moment(node: Node) -> None:
    """Otherwise the two above prove nothing."""
    far_end(node)
    node.applied(site(addresses=["10.20.0.10/24"], routes=[]))
    ip("address add 10.20.0.100/24 dev vlan20")
    with probing(node.switch, "10.20.0.100") as answers:
        ip("address del 10.20.0.100/24 dev vlan20")
        ip("address add 10.20.0.100/24 dev vlan20")
    assert answers["10.20.0.100"].lost


def test_the_order_of_our_addresses_changes_while_the_first_one_is_in_use(node: Node) -> None:
    """Both answer before and after: neither is to be gone in between."""
    far_end(node)
    node.applied(site(addresses=["10.20.0.10/24", "10.20.0.11/24"], routes=[ROUTE % 1]))
    with probing(node.switch, "10.20.0.10", "10.20.0.11") as answers:
        node.applied(site(addresses=["10.20.0.11/24", "10.20.0.10/24"], routes=[ROUTE % 1]))
    assert [one.lost for one in answers.values()] == [[], []], who_knows_whom(node)


def test_a_second_network_comes_to_a_node_in_use(node: Node) -> None:
    """From a bond with one VLAN to the whole site: what was there loses nothing."""
    far_end(node)
    small = config(
        bonding("mode=2 miimon=100 xmit_hash_policy=layer2"),
        vlan(10, "device: bond1", ["10.10.0.10/24"]),
    )
    node.applied(small)
    with watching() as seen, streaming(node.switch, "10.10.0.10", "vlan10") as stream:
        node.applied(site())
        node.applied(small)
    assert stream.lost == []
    assert not seen.interrupted & CARRYING

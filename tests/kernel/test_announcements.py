"""Neighbours are told of an address that comes, or whose link has another MAC address; of nothing else.

The neighbour is at the far ends of the cables. Nobody touches it while the node changes.
"""

from __future__ import annotations

import re
import socket
import subprocess
from pathlib import Path
from typing import Dict, Sequence

import pytest

from .support.capturing import Claim, claims
from .support.configs import ON_BRIDGE
from .support.node import NICS, Node, ip
from .test_changes import single
from .test_rollback import FAILING, no_ipv6_on_the_last_nic

CABLES = ("sw1", "sw2", "sw3", "sw4")
#: Seconds. A question may be lost while a bridge takes a port up; what is known is used for five and
#: more without asking (delay_first_probe_time).
_PATIENCE = 3
ADDRESSES = "addresses: [{ip_netmask: 192.0.2.10/24}, {ip_netmask: '2001:db8::10/64'}]"


def neighbour(*cables: str) -> Sequence[str]:
    """The commands that make one behind these cables, and on VLAN 20."""
    return (
        "link add lan type bridge",
        *(f"link set {cable} master lan" for cable in cables),
        "link set lan up",
        "link add lan20 link lan type vlan id 20",
        "link set lan20 up",
        "address add 192.0.2.1/24 dev lan",
        "address add 203.0.113.1/24 dev lan",
        "address add 2001:db8::1/64 dev lan nodad",
        "address add 198.51.100.1/24 dev lan20",
    )


def known(node: Node, link: str) -> Dict[str, str]:
    """The MAC address by address, as the neighbour has it."""
    with node.at_the_switch():
        output = subprocess.run(
            ["ip", "neigh", "show", "dev", link], stdout=subprocess.PIPE, text=True, check=True
        )
    return dict(re.findall(r"^(\S+) lladdr (\S+)", output.stdout, re.MULTILINE))


def reach(node: Node, *addresses: str) -> None:
    """One packet there and back from the neighbour, before it asks again where an address is."""
    for address in addresses:
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        with socket.socket(family, socket.SOCK_DGRAM) as here:
            here.bind((address, 0))
            here.settimeout(_PATIENCE)
            with node.at_the_switch():
                there = socket.socket(family, socket.SOCK_DGRAM)
            with there:
                there.settimeout(_PATIENCE)
                there.sendto(b"ping", here.getsockname())
                here.sendto(*here.recvfrom(16))
                assert there.recv(16) == b"ping"


def on(nic: str, *others: str) -> str:
    """The config of the addresses on this NIC, and of others that have none."""
    items = "".join(f"- {{type: interface, name: {name}}}\n" for name in others)
    return f"network_config:\n- {{type: interface, name: {nic}, {ADDRESSES}}}\n{items}"


def test_each_address_that_comes_is_announced_once(node: Node) -> None:
    with claims(node, *CABLES) as heard:
        node.applied(on("nic1"))
    mac = NICS["eno1"]
    assert sorted(heard) == [Claim("sw1", "192.0.2.10", mac), Claim("sw1", "2001:db8::10", mac)]
    with claims(node, *CABLES) as heard:
        node.applied(single(["192.0.2.10/24", "192.0.2.11/24", "2001:db8::10/64"], {}))
    assert heard == [Claim("sw1", "192.0.2.11", mac)]


def test_nothing_is_announced_where_nothing_changes(node: Node) -> None:
    node.applied(on("nic1"))
    with claims(node, *CABLES) as heard:
        node.unchanged(on("nic1"))
        node.apply(on("nic2"), "--noop")
        node.applied(single(["192.0.2.10/24", "2001:db8::10/64"], {}, ", mtu: 1400"))
    assert heard == []


@pytest.mark.usefixtures(no_ipv6_on_the_last_nic.__name__)
def test_what_is_taken_back_is_not_announced(node: Node) -> None:
    with claims(node, *CABLES) as heard:
        assert node.apply(on("nic1") + FAILING).status == 4
    assert heard == []


def test_without_carrier_there_is_nobody_to_tell(node: Node) -> None:
    with node.at_the_switch():
        ip("link set sw1 down")
    node.applied(on("nic1"))


def test_an_address_moves_to_another_nic(node: Node) -> None:
    # Otherwise each NIC that is up answers for the addresses of the others.
    Path("/proc/sys/net/ipv4/conf/all/arp_ignore").write_text("1", encoding="ascii")
    with node.at_the_switch():
        ip(*neighbour("sw1", "sw2"))
    node.applied(on("nic1", "nic2"))
    # The neighbour's end of the other cable is ready too.
    ip("address add 203.0.113.10/24 dev eno2")
    reach(node, "192.0.2.10", "2001:db8::10", "203.0.113.10")
    before = known(node, "lan")
    assert {before["192.0.2.10"], before["2001:db8::10"]} == {NICS["eno1"]}
    node.applied(on("nic2", "nic1"))
    now = known(node, "lan")
    assert {now["192.0.2.10"], now["2001:db8::10"]} == {NICS["eno2"]}
    # What still went to the old MAC address would be lost.
    ip("link set eno1 down")
    reach(node, "192.0.2.10", "2001:db8::10")


def test_a_bridge_takes_another_mac_and_its_vlan_with_it(node: Node) -> None:
    """With the addresses of others, as a VIP is: whoever brought it cannot know."""
    with node.at_the_switch():
        # With both ends of the bridge there would be a loop.
        ip(*neighbour("sw2"))
    vlan = "- {type: vlan, vlan_id: 20, device: br-ex, addresses: [{ip_netmask: 198.51.100.10/24}]}\n"
    node.applied(ON_BRIDGE + vlan)
    ip("address add 198.51.100.99/32 dev vlan20", "address add 2001:db8::99/128 dev br-ex nodad")
    untagged, tagged = ("192.0.2.10", "2001:db8::10", "2001:db8::99"), ("198.51.100.10", "198.51.100.99")
    reach(node, *untagged, *tagged)
    changed = ON_BRIDGE.replace("nic2", "nic4").replace("nic3", "nic2").replace("nic4", "nic3")
    node.applied(changed + vlan)
    lan, lan20 = known(node, "lan"), known(node, "lan20")
    assert {*(lan[one] for one in untagged), *(lan20[one] for one in tagged)} == {NICS["eno3"]}
    reach(node, *untagged, *tagged)

"""A run that fails in the middle leaves the node as it was, and says so."""

from __future__ import annotations

from pathlib import Path

import pytest

from .support import warm
from .support.configs import ON_BOND, ON_BRIDGE, ON_NIC
from .support.node import Node, ip
from .support.observed import identities, observe

TAKEN_BACK = "what was done has been taken back; the node is as it was, verified"

#: What cannot be done where the kernel has no IPv6 on the NIC: it comes last.
FAILING = "- {type: interface, name: nic4, addresses: [{ip_netmask: 2001:db8:4::10/64}]}\n"

BEFORE = """\
network_config:
- type: interface
  name: nic1
  mtu: 1600
  addresses:
  - {ip_netmask: 192.0.2.10/24}
  - {ip_netmask: 192.0.2.11/24}
  - {ip_netmask: 192.0.2.12/24}
  - {ip_netmask: 2001:db8:1::10/64}
  routes:
  - {default: true, next_hop: 192.0.2.1}
  - {ip_netmask: 203.0.113.0/24, next_hop: 192.0.2.1}
  - {ip_netmask: 2001:db8:ff::/48, next_hop: 2001:db8:1::1}
- type: linux_bond
  name: bond1
  mtu: 9000
  bonding_options: mode=1 miimon=100 xmit_hash_policy=layer2
  members:
  - {type: interface, name: nic2}
- type: vlan
  vlan_id: 20
  device: bond1
  mtu: 9000
  addresses:
  - {ip_netmask: 198.51.100.10/24}
"""

#: Something of everything: addresses and routes go, come and change, a chain shrinks, a port joins,
#: options change, links are made.
AFTER = """\
network_config:
- type: interface
  name: nic1
  mtu: 9000
  addresses:
  - {ip_netmask: 192.0.2.11/24}
  - {ip_netmask: 192.0.2.30/24}
  - {ip_netmask: 2001:db8:1::20/64}
  routes:
  - {default: true, next_hop: 192.0.2.2}
  - {ip_netmask: 203.0.114.0/24, next_hop: 192.0.2.1}
  - {ip_netmask: 2001:db8:ff::/48, next_hop: 2001:db8:1::2}
- type: linux_bond
  name: bond1
  mtu: 1500
  bonding_options: mode=1 miimon=200 updelay=400 xmit_hash_policy=layer3+4
  members:
  - {type: interface, name: nic2}
  - {type: interface, name: nic3}
- type: vlan
  vlan_id: 20
  device: bond1
  mtu: 1400
  addresses:
  - {ip_netmask: 198.51.100.20/24}
- type: vlan
  vlan_id: 30
  device: bond1
  addresses:
  - {ip_netmask: 10.0.0.10/24}
- type: linux_bridge
  name: br-ex
  addresses:
  - {ip_netmask: 10.1.0.10/24}
  members:
  - {type: vlan, vlan_id: 40, device: bond1}
"""

FOREIGN = (
    "address add 192.0.2.99/24 dev eno1 label eno1:vip",
    "address add 10.9.9.9/24 dev eno1",
    "route add 203.0.115.0/24 via 192.0.2.3 dev eno1 proto static mtu 1400",
    "route add 203.0.116.0/24 via 10.9.9.1 dev eno1 proto bird metric 20",
)


@pytest.fixture(autouse=True)
def no_ipv6_on_the_last_nic(node: Node) -> None:
    Path("/proc/sys/net/ipv6/conf/eno4/disable_ipv6").write_text("1", encoding="ascii")


def fails(node: Node, config: str) -> None:
    """The run fails and leaves no trace."""
    before = observe(), identities()
    run = node.apply(config)
    assert run.status == 4, run
    assert "2001:db8:4::10/64 on eno4" in run.errors, run
    assert TAKEN_BACK in run.errors, run
    assert observe() == before[0]
    assert identities() == before[1]


def test_on_a_fresh_node(node: Node) -> None:
    fails(node, AFTER + FAILING)


def test_on_a_node_that_is_in_use(node: Node) -> None:
    node.applied(BEFORE)
    fails(node, AFTER + FAILING)
    node.unchanged(BEFORE)


@pytest.mark.parametrize("config", [ON_BOND, ON_BRIDGE], ids=["bond", "bridge"])
def test_of_a_network_that_moves(node: Node, config: str) -> None:
    node.applied(ON_NIC)
    fails(node, config + FAILING)


def test_on_a_node_with_things_of_others(node: Node) -> None:
    node.applied(BEFORE)
    ip(*FOREIGN, "link set eno3 up", "address add 10.8.8.8/24 dev eno3")
    fails(node, AFTER + FAILING)


def test_exit_status_without_details(node: Node) -> None:
    config = node.file("config.yaml", "network_config:\n" + FAILING)
    arguments = [word for word in node.arguments(config) if word != "--detailed-exit-codes"]
    assert warm.run(*arguments).status == 1

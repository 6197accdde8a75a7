"""Bridges, bonds, tunnels and patch ports of a real Open vSwitch, applied as users do."""

from __future__ import annotations

from typing import Iterator

import pytest

from .support.node import Node
from .support.observed import ipv4_addresses, observe
from .support.openvswitch import OpenVSwitch, open_vswitch


@pytest.fixture
def switch(node: Node) -> Iterator[OpenVSwitch]:
    with open_vswitch(node.directory / "ovs") as made:
        yield made


CONFIG = """\
network_config:
- type: ovs_bridge
  name: br-ex
  mtu: 9000
  ovs_extra: ["br-set-external-id {name} bridge-id {name}"]
  addresses: [{ip_netmask: 192.0.2.10/24}]
  routes: [{default: true, next_hop: 192.0.2.1}]
  members:
  - type: ovs_bond
    name: bond1
    mtu: 9000
    ovs_options: bond_mode=active-backup other_config:lacp-time=fast
    members:
    - {type: interface, name: nic1, primary: true}
    - {type: interface, name: nic2}
  - type: vlan
    vlan_id: 20
    mtu: 1500
    addresses: [{ip_netmask: 172.17.0.10/24}, {ip_netmask: "fd00:17::10/64"}]
  - type: ovs_tunnel
    name: vx0
    tunnel_type: vxlan
    ovs_options: [remote_ip=192.0.2.20, key=100]
- type: ovs_patch_port
  name: patch-ex
  bridge_name: br-ex
  peer: patch-in
- type: ovs_bridge
  name: br-in
  members: [{type: ovs_patch_port, name: patch-in, bridge_name: br-in, peer: patch-ex}]
"""


def test_applied_once_it_is_there_and_gone_again_with_the_config(node: Node, switch: OpenVSwitch) -> None:
    there, links = switch.configured(), observe().links
    node.applied(CONFIG)
    assert {key[1] for key in switch.configured() if key[0] == "Port"} == {
        *("bond1", "br-ex", "br-in", "patch-ex", "patch-in", "vlan20", "vx0")
    }
    assert ipv4_addresses() == {"br-ex": ["192.0.2.10/24"], "vlan20": ["172.17.0.10/24"]}
    node.unchanged(CONFIG)
    node.applied("network_config: [{type: interface, name: nic3}]\n")
    assert switch.configured() == there
    now = observe().links
    assert {name: one for name, one in now.items() if name not in {"eno3", "ovs-system"}} == {
        name: one for name, one in links.items() if name != "eno3"
    }

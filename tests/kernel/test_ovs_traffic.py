"""Packets through a real Open vSwitch: by a VLAN on a bond, a tunnel, a pair of patch ports; and no loss.

The far ends are links of the kernel at the other ends of the cables.
"""

from __future__ import annotations

import pytest

from .support.node import Node, ip
from .support.openvswitch import OpenVSwitch
from .support.traffic import answering, streaming

FAR = (
    "link add sw0 type bridge",
    *(f"link set {name} master sw0" for name in ("sw1", "sw2")),
    *(f"link set {name} up" for name in ("sw0", "sw1", "sw2", "sw3")),
    *(f"link add link sw0 name v{number} type vlan id {number}" for number in (10, 20)),
    *(f"link set v{number} up" for number in (10, 20)),
    "address add 10.10.0.1/24 dev v10",
    "address add 10.20.0.1/24 dev v20",
    "address add 10.30.0.1/24 dev sw3",
    "link add vx0 type vxlan id 100 remote 10.30.0.10 dev sw3 dstport 4789",
    "address add 10.40.0.1/24 dev vx0",
    "link set vx0 up",
)


@pytest.fixture(autouse=True)
def far(node: Node) -> None:
    with node.switch.inside():
        ip(*FAR)


def on_a_bond(*more: str, options: str = "bond_mode=active-backup") -> str:
    """``more`` are further members of the bridge."""
    return "\n".join(
        (
            "network_config:",
            "- type: ovs_bridge",
            "  name: br-ex",
            "  members:",
            f"  - {{type: ovs_bond, name: bond1, ovs_options: '{options}', members: [",
            "      {type: interface, name: nic1, primary: true}, {type: interface, name: nic2}]}",
            "  - {type: vlan, vlan_id: 10, addresses: [{ip_netmask: 10.10.0.10/24}]}",
            *(f"  - {one}" for one in more),
            "",
        )
    )


VLAN20 = "{type: vlan, vlan_id: 20, addresses: [{ip_netmask: 10.20.0.10/24}]}"
TUNNEL = """\
network_config:
- {type: interface, name: nic3, mtu: 1600, addresses: [{ip_netmask: 10.30.0.10/24}]}
- type: ovs_bridge
  name: br-tun
  members:
  - {type: ovs_tunnel, name: vx0, tunnel_type: vxlan, ovs_options: [remote_ip=10.30.0.1, key=100]}
  - {type: ovs_patch_port, name: patch-int, bridge_name: br-tun, peer: patch-tun}
- type: ovs_bridge
  name: br-int
  addresses: [{ip_netmask: 10.40.0.10/24}]
  members:
  - {type: ovs_patch_port, name: patch-tun, bridge_name: br-int, peer: patch-int}
"""


def answers(node: Node, address: str) -> bool:
    with answering(node.switch, address) as moments:
        pass
    return bool(moments)


def test_a_vlan_on_a_bond(node: Node, switch: OpenVSwitch) -> None:
    node.applied(on_a_bond(VLAN20))
    assert answers(node, "10.10.0.10")
    assert answers(node, "10.20.0.10")


def test_a_tunnel_and_a_pair_of_patch_ports(node: Node, switch: OpenVSwitch) -> None:
    """The address is on a bridge that reaches the tunnel only by its patch port."""
    node.applied(TUNNEL)
    assert answers(node, "10.40.0.10")


@pytest.mark.parametrize(
    "after",
    [on_a_bond(VLAN20), on_a_bond(options="bond_mode=active-backup bond_updelay=200")],
    ids=["a VLAN comes", "an option of the bond changes"],
)
def test_nothing_is_lost_on_another_vlan(node: Node, switch: OpenVSwitch, after: str) -> None:
    node.applied(on_a_bond())
    with streaming(node.switch, "10.10.0.10", "vlan10") as traffic:
        node.applied(after)
    assert traffic.lost == []
    with streaming(node.switch, "10.10.0.10", "vlan10") as traffic:
        node.applied(on_a_bond())
    assert traffic.lost == []

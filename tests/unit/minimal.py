"""The least object of each type."""

from __future__ import annotations

from typing import Any, Dict, Mapping

NIC = {"type": "interface", "name": "nic1"}
OTHER_NIC = {"type": "interface", "name": "nic2"}
DPDK_PORT = {"type": "ovs_dpdk_port", "name": "dpdk0", "members": [NIC]}
OTHER_DPDK_PORT = {"type": "ovs_dpdk_port", "name": "dpdk1", "members": [OTHER_NIC]}
_MAP = [{"priority": 3, "protocol": 26}]
#: What an object of each type has to say, apart from its type.
MINIMAL: Mapping[str, Dict[str, Any]] = {
    "contrail_vrouter": {"name": "vhost0", "members": [NIC]},
    "contrail_vrouter_dpdk": {"name": "vhost0", "members": [NIC], "cpu_list": 1},
    "dcb": {"device": "nic1", "dscp2prio": _MAP},
    "dummy": {"name": "dummy1"},
    "ib_child_interface": {"parent": "ib0", "pkey_id": "0x64"},
    "ib_interface": {"name": "ib0"},
    "interface": {"name": "nic1"},
    "ivs_bridge": {"members": [{"type": "ivs_interface", "vlan_id": 20}]},
    "ivs_interface": {"vlan_id": 20},
    "linux_bond": {"name": "bond1"},
    "linux_bridge": {"name": "br0"},
    "linux_tap": {"name": "tap0"},
    "macvlan": {"name": "mac1", "device": "nic1"},
    "nfvswitch_bridge": {"options": "-c 2,3", "members": [NIC]},
    "nfvswitch_internal": {"vlan_id": 20},
    "ovs_bond": {"name": "bond1", "members": [NIC]},
    "ovs_bridge": {"name": "br-ex"},
    "ovs_dpdk_bond": {"name": "dpdkbond0", "members": [DPDK_PORT, OTHER_DPDK_PORT]},
    "ovs_dpdk_port": {"name": "dpdk0", "members": [NIC]},
    "ovs_patch_port": {"name": "br-ctlplane-patch", "bridge_name": "br-ctlplane", "peer": "br-ex-patch"},
    "ovs_tunnel": {"name": "tun0", "tunnel_type": "vxlan"},
    "ovs_user_bridge": {"name": "br-link"},
    "route_table": {"name": "storage", "table_id": 200},
    "sriov_pf": {"name": "nic1", "numvfs": 0},
    "sriov_vf": {"device": "nic1", "vfid": 0},
    "team": {"name": "team1", "members": [NIC]},
    "vlan": {"vlan_id": 20},
    "veth": {"name": "veth0", "peer": "veth1"},
    "vrf": {"name": "vrf1", "table": 200},
    "vxlan": {"name": "vxlan1", "vxlan_id": 10020},
    "vpp_bond": {"name": "net_bonding0"},
    "vpp_interface": {"name": "nic1"},
}

"""What state/defaults.py tells is what a link has that we just made, and the kernel takes it."""

from __future__ import annotations

from typing import Dict, Iterable, List

import pytest

from os_net_config.backends.rtnetlink.backend import RtnetlinkBackend
from os_net_config.state import bond, bridge, bridge_port
from os_net_config.state.attributes import NoDefault
from os_net_config.state.defaults import default
from os_net_config.state.diff import Change
from os_net_config.state.model import LinkKey
from os_net_config.state.values import Value, Values

from .support.node import Node, ip

#: What a kernel may not have (6.1.176 has the first, the second came with 6.17).
RECENT = frozenset({"coupled_control", "broadcast_neighbor"})


def read(link: str) -> Values:
    with RtnetlinkBackend() as backend:
        resource = backend.observe().link(link)
    assert resource is not None
    return resource.values


def write(link: str, values: Values) -> None:
    """One by one: what is refused is the test's failure."""
    steps = [Change(LinkKey(link), {name: None}, {name: value}) for name, value in values.items()]
    with RtnetlinkBackend() as backend:
        backend.execute(steps)


def defaults(link: str, names: Iterable[str], values: Values) -> Dict[str, Value]:
    """Those of the attributes that have one."""
    found: Dict[str, Value] = {}
    for name in names:
        value = default(LinkKey(link), values, name)
        if not isinstance(value, NoDefault):
            found[name] = value
    return found


def known(bond_values: Values) -> List[str]:
    """The options that this kernel's bonds have."""
    return [name for name in bond.ATTRIBUTES if name not in RECENT or name in bond_values]


def of(values: Values, names: Dict[str, Value]) -> Dict[str, Value]:
    return {name: values.get(name) for name in names}


@pytest.mark.parametrize("mode", bond.MODES)
def test_of_a_bond_in_each_mode(node: Node, mode: str) -> None:
    options = f"mode={mode}"
    node.applied(f"network_config: [{{type: linux_bond, name: bond1, bonding_options: {options}}}]\n")
    live = read("bond1")
    wanted = defaults("bond1", known(live), live)
    not_in_mode = {name for name, modes in bond.MODES_OF.items() if mode not in modes}
    assert wanted.keys() == set(known(live)) - not_in_mode - {"mode", "active_slave"}
    assert of(live, wanted) == wanted


def test_of_a_bridge(node: Node) -> None:
    node.applied("network_config: [{type: linux_bridge, name: br1}]\n")
    live = read("br1")
    wanted = defaults("br1", bridge.ATTRIBUTES, live)
    assert wanted.keys() == bridge.ATTRIBUTES.keys()
    assert of(live, wanted) == wanted


def test_of_the_group_address_of_a_provider_bridge(node: Node) -> None:
    options = "vlan_filtering=on vlan_protocol=802.1ad"
    node.applied(f"network_config: [{{type: linux_bridge, name: br1, bridge_options: {options}}}]\n")
    live = read("br1")
    assert default(LinkKey("br1"), live, "group_addr") == live["group_addr"] != bytes.fromhex("0180c2000000")


def test_of_a_port_of_a_bridge(node: Node) -> None:
    node.applied(
        "network_config: [{type: linux_bridge, name: br1, members: [{type: interface, name: nic1}]}]\n"
    )
    live = read("eno1")
    wanted = defaults("eno1", bridge_port.ATTRIBUTES, live)
    assert wanted.keys() == bridge_port.ATTRIBUTES.keys() - {"path_cost"}
    assert of(live, wanted) == wanted


OTHER_THAN_DEFAULT = {
    "active-backup": "miimon=200 updelay=400 downdelay=400 peer_notif_delay=200 use_carrier=0 primary=nic1"
    " primary_reselect=failure resend_igmp=3 num_peer_notif=2 all_slaves_active=1 min_links=1"
    " xmit_hash_policy=layer3+4 arp_all_targets=all arp_missed_max=4 fail_over_mac=active lp_interval=7",
    "balance-xor": "arp_interval=500 arp_ip_target=192.0.2.1,192.0.2.2 ns_ip6_target=2001:db8::1"
    " arp_validate=all xmit_hash_policy=encap2+3",
    "802.3ad": "miimon=50 lacp_rate=fast lacp_active=off ad_select=count ad_actor_sys_prio=7"
    " ad_user_port_key=8 ad_actor_system=02:00:00:00:00:09 min_links=2",
    "balance-tlb": "miimon=50 tlb_dynamic_lb=off lp_interval=3",
    "balance-rr": "packets_per_slave=5",
}


@pytest.mark.parametrize("mode", OTHER_THAN_DEFAULT)
def test_a_bond_takes_them(node: Node, mode: str) -> None:
    """A bond that is down and has no ports, so that nothing is in the way."""
    config = "network_config: [{{type: linux_bond, name: bond1, bonding_options: '{}', members: [{}]}}]\n"
    options, port = f"mode={mode} {OTHER_THAN_DEFAULT[mode]}", "{type: interface, name: nic1}"
    node.applied(config.format(options, port if "primary=" in options else ""))
    changed = read("bond1")
    ip("link set eno1 nomaster", "link set bond1 down")
    wanted = defaults("bond1", known(changed), {"kind": "bond", "mode": changed["mode"]})
    said = {word.partition("=")[0] for word in OTHER_THAN_DEFAULT[mode].split()}
    assert said == {name for name in said if changed[name] != wanted[name]}
    # miimon before what is a multiple of it; the ARP monitor off before miimon is on.
    monitor: Dict[str, Value] = {
        name: wanted[name] for name in ("arp_validate", "arp_interval") if name in wanted
    }
    write("bond1", monitor)
    write("bond1", wanted)
    assert of(read("bond1"), wanted) == wanted


BRIDGE_WITH_ALL = (
    "hello_time=100 max_age=600 priority=1 ageing_time=7 group_addr=01:80:c2:00:00:05"
    " group_fwd_mask=0x4000 no_linklocal_learn=on vlan_filtering=on vlan_protocol=802.1ad default_pvid=9"
    " vlan_stats_enabled=on vlan_stats_per_port=on mst_enabled=on multicast_snooping=off"
    " multicast_vlan_snooping=on multicast_router=2 multicast_querier=on multicast_query_use_ifaddr=on"
    " hash_max=16 multicast_last_member_count=7 multicast_startup_query_count=7"
    " multicast_last_member_interval=200 multicast_membership_interval=200 multicast_querier_interval=200"
    " multicast_query_interval=200 multicast_query_response_interval=200 multicast_igmp_version=3"
    " multicast_startup_query_interval=200"
    " multicast_mld_version=2 multicast_stats_enabled=on nf_call_iptables=on nf_call_ip6tables=on"
    " nf_call_arptables=on stp_state=on forward_delay=200"
)


def test_a_bridge_takes_them(node: Node) -> None:
    node.applied(
        f"network_config: [{{type: linux_bridge, name: br1, bridge_options: '{BRIDGE_WITH_ALL}'}}]\n"
    )
    changed = read("br1")
    wanted = defaults("br1", bridge.ATTRIBUTES, {"kind": "bridge"})
    assert not [name for name in wanted if changed[name] == wanted[name]]
    write("br1", wanted)
    assert of(read("br1"), wanted) == wanted


def test_a_port_takes_them(node: Node) -> None:
    flags = {"learning", "unicast_flood", "multicast_flood", "broadcast_flood"}
    numbers = {"port_priority": "3", "port_multicast_router": "2", "port_group_fwd_mask": "0x4000"}
    words = (
        f"{name}={'off' if name in flags else numbers.get(name, 'on')}"
        for name in bridge_port.ATTRIBUTES
        if name != "path_cost"
    )
    node.applied(
        "network_config: [{type: linux_bridge, name: br1, bridge_options: vlan_filtering=on stp_state=on,"
        f" members: [{{type: interface, name: nic1, bridge_port_options: '{' '.join(words)}'}}]}}]\n"
    )
    changed = read("eno1")
    wanted = defaults("eno1", bridge_port.ATTRIBUTES, changed)
    assert not [name for name in wanted if changed[name] == wanted[name]]
    write("eno1", wanted)
    assert of(read("eno1"), wanted) == wanted

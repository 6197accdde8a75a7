"""What configs are drawn from: few names, so that two configs share many."""

from __future__ import annotations

from typing import Dict, List, Mapping, Tuple

from os_net_config.state import bond

from .cables import NICS

NIC_NAMES = tuple(NICS)
#: Of bonds, bridges and taps alike.
NAMES = ("net1", "net2", "net3")
VLAN_IDS = (10, 20, 30, 40)
MTUS = (1280, 1400, 1500, 8000, 9000)
HOSTS = (10, 11, 12, 13)
#: Of networks; each is on one link of a config.
NETWORKS = tuple(f"10.{n}.0" for n in range(1, 7)) + tuple(f"2001:db8:{n}:" for n in range(1, 5))
FAR = {
    4: tuple(f"172.16.{n}.0/24" for n in range(1, 5)),
    6: tuple(f"2001:db8:f{n}::/48" for n in range(1, 4)),
}
LENGTHS = {4: (24, 24, 25, 16), 6: (64, 64, 48)}
METRICS = (None, None, 100, 200)
TABLES: Mapping[str, int] = {"blue": 100, "green": 101, "red": 102}

#: What a link of a kind of our own says; the first value is not what it would have by itself.
OWN_OPTIONS: Mapping[str, Mapping[str, Tuple[object, ...]]] = {
    "dummy": {"macaddr": ("52:54:00:aa:00:01", "52:54:00:aa:00:02")},
    "macvlan": {
        "mode": ("vepa", "private", "bridge", "passthru"),
        "macaddr": ("52:54:00:aa:00:03", "52:54:00:aa:00:04"),
    },
    "veth": {"macaddr": ("52:54:00:aa:00:0a", "52:54:00:aa:00:0b")},
    "vxlan": {
        "local": ("10.1.0.10", "10.1.0.11"),
        "remote": ("10.1.0.1", "10.1.0.2"),
        "dstport": (8472, 4789),
        "srcport": ("40000-50000", "1-65535"),
        "learning": (False, True),
        "ageing": (60, 300),
        "ttl": (9, 64),
        "tos": (1, 32),
        "df": ("set", "inherit"),
        "macaddr": ("52:54:00:aa:00:05", "52:54:00:aa:00:06"),
    },
}
VXLAN_IDS = (7, 8, 9)
#: Those of pairs.
ENDS = ("end1", "end2", "end3")
PAIRED = (*ENDS, "end4", "end5", "end6")
VRF_TABLES = (200, 201)
GROUPS = ("239.1.1.1", "239.1.1.2")
#: The ends of a tunnel under IPv6.
ENDS6 = ({"local": "2001:db8:1::10", "remote": "2001:db8:1::1"}, {"group": "ff05::7"})
#: What a tunnel's packets are longer by, at most.
OVERHEAD = 70

MODES = bond.MODES
TARGETS = "10.1.0.1,10.1.0.2"
#: Two values of each option, neither of which the driver has by itself where that is possible.
OPTIONS: Mapping[str, Tuple[str, ...]] = {
    "miimon": ("50", "200", "100"),
    "updelay": ("200", "400"),
    "downdelay": ("200", "400"),
    "peer_notif_delay": ("200", "400"),
    "use_carrier": ("0", "1"),
    "arp_interval": ("100", "500"),
    "arp_ip_target": (TARGETS, "10.1.0.3"),
    "ns_ip6_target": ("2001:db8:1::1", "2001:db8:1::2,2001:db8:1::3"),
    "arp_validate": ("active", "all", "filter"),
    "arp_all_targets": ("all", "any"),
    "arp_missed_max": ("4", "5"),
    "primary_reselect": ("better", "failure"),
    "fail_over_mac": ("active", "follow"),
    "xmit_hash_policy": ("layer2+3", "layer3+4", "encap2+3"),
    "resend_igmp": ("3", "7"),
    "num_peer_notif": ("2", "9"),
    "all_slaves_active": ("1", "0"),
    "min_links": ("1", "2"),
    "lp_interval": ("3", "30"),
    "packets_per_slave": ("4", "64"),
    "lacp_active": ("off", "on"),
    "lacp_rate": ("fast", "slow"),
    "ad_select": ("bandwidth", "count"),
    "ad_actor_sys_prio": ("100", "200"),
    "ad_user_port_key": ("7", "777"),
    "ad_actor_system": ("02:00:00:00:00:07", "02:00:00:00:00:09"),
    "tlb_dynamic_lb": ("0", "1"),
}
#: The driver asks for miimon first, and rounds to its multiples.
DELAYS = ("updelay", "downdelay", "peer_notif_delay")
ARP = ("arp_interval", "arp_ip_target", "ns_ip6_target", "arp_validate", "arp_all_targets", "arp_missed_max")
CARRIER = ("miimon", *DELAYS, "use_carrier")
#: The driver refuses another value while the bond is up (bond_options.c, BOND_OPTFLAG_IFDOWN).
DOWN = frozenset({
    "packets_per_slave", "lacp_active", "lacp_rate", "ad_select", "tlb_dynamic_lb", "ad_user_port_key",
})  # fmt: skip
#: They name a port.
PORTS = ("primary", "active_slave")


def allowed(mode: str, names: Tuple[str, ...] = tuple(OPTIONS)) -> List[str]:
    """The options that mean something in a mode."""
    return [name for name in names if mode in bond.MODES_OF.get(name, {mode})]


def family(network: str) -> int:
    return 6 if ":" in network else 4


def host(network: str, number: int) -> str:
    """An address in a network."""
    return f"{network}:{number}" if family(network) == 6 else f"{network}.{number}"


def network_of(address: str) -> str:
    """The network that an address was drawn from."""
    head, _, _ = address.partition("/")[0].rpartition(":" if ":" in address else ".")
    return head


#: What each option needs beside it.
NEEDED: Mapping[str, Dict[str, str]] = {
    **{name: {"miimon": "100"} for name in DELAYS},
    **{name: {"arp_interval": "100", "arp_ip_target": TARGETS} for name in ARP},
}

#: Of ip-route(8).
ROUTE_OPTIONS = (
    "mtu 1300", "mtu lock 1350", "advmss 1200", "initcwnd 20 initrwnd 30", "window 4096", "hoplimit 9",
    "quickack 1", "rto_min 300ms", "congctl reno", "onlink", "realm 3", "cwnd 12",
)  # fmt: skip
#: Of ip-rule(8), with and without a priority.
RULES = (
    "from 10.1.0.0/24 table 100 priority 1000",
    "from 10.2.0.0/24 table 100",
    "to 172.16.1.0/24 lookup main",
    "from 2001:db8:1::/64 table 101",
    "fwmark 7 table 100 pref 900",
    "from 10.3.0.0/24 iif lo table 101",
    "blackhole from 10.9.0.0/24 priority 1100",
    "not from 10.4.0.0/24 table 103 priority 1200",
)
#: In route_options, without a next hop.
DEAD_ENDS = ("blackhole", "unreachable", "prohibit", "throw")

#: Of bridges, by the kernel's names in sysfs: two values of each.
BRIDGE_OPTIONS: Mapping[str, Tuple[str, str]] = {
    "stp_state": ("1", "0"),
    "forward_delay": ("400", "1000"),
    "hello_time": ("100", "300"),
    "max_age": ("1000", "1500"),
    "priority": ("4096", "8192"),
    "ageing_time": ("10000", "20000"),
    "group_addr": ("01:80:c2:00:00:04", "01:80:c2:00:00:05"),
    "group_fwd_mask": ("8", "16"),
    "no_linklocal_learn": ("1", "0"),
    "vlan_filtering": ("1", "0"),
    "vlan_protocol": ("802.1ad", "802.1Q"),
    "default_pvid": ("7", "8"),
    "vlan_stats_enabled": ("1", "0"),
    "multicast_snooping": ("0", "1"),
    "multicast_router": ("2", "0"),
    "multicast_querier": ("1", "0"),
    "multicast_query_use_ifaddr": ("1", "0"),
    "hash_max": ("512", "1024"),
    "multicast_last_member_count": ("3", "4"),
    "multicast_startup_query_count": ("3", "4"),
    "multicast_last_member_interval": ("200", "300"),
    "multicast_membership_interval": ("20000", "30000"),
    "multicast_querier_interval": ("20000", "30000"),
    "multicast_query_interval": ("10000", "20000"),
    "multicast_query_response_interval": ("800", "900"),
    "multicast_startup_query_interval": ("2000", "4000"),
    "multicast_igmp_version": ("3", "2"),
    "multicast_mld_version": ("2", "1"),
    "multicast_stats_enabled": ("1", "0"),
    "nf_call_iptables": ("1", "0"),
    "nf_call_ip6tables": ("1", "0"),
    "nf_call_arptables": ("1", "0"),
}
#: Of their ports.
PORT_OPTIONS: Mapping[str, Tuple[str, str]] = {
    "path_cost": ("10", "20"),
    "port_priority": ("16", "8"),
    "bpdu_guard": ("1", "0"),
    "root_block": ("1", "0"),
    "hairpin_mode": ("1", "0"),
    "isolated": ("1", "0"),
    "learning": ("0", "1"),
    "locked": ("1", "0"),
    "unicast_flood": ("0", "1"),
    "multicast_flood": ("0", "1"),
    "broadcast_flood": ("0", "1"),
    "multicast_fast_leave": ("1", "0"),
    "multicast_to_unicast": ("1", "0"),
    "port_multicast_router": ("2", "0"),
    "proxyarp": ("1", "0"),
    "proxyarp_wifi": ("1", "0"),
    "neigh_suppress": ("1", "0"),
    "vlan_tunnel": ("1", "0"),
    "port_group_fwd_mask": ("8", "16"),
}

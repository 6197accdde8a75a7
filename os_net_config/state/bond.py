"""A bonding link and its options (linux/if_link.h, IFLA_BOND_*; drivers/net/bonding/bond_options.c).

An option has the name of the driver's sysfs file, and the driver's own words stand for its
numbers. Times are in milliseconds unless the description says otherwise.
"""

from __future__ import annotations

from typing import Mapping

from .attributes import Attribute, Impact, Stage, table
from .values import Choice, Flag, Integer, IpAddressList, LinkName, MacAddress, Value

KIND = "bond"

MODES = ("balance-rr", "active-backup", "balance-xor", "broadcast", "802.3ad", "balance-tlb", "balance-alb")

#: The driver picks no port's carrier by itself: without one of these a dead port is never noticed.
MONITORS = ("miimon", "arp_interval")
DEFAULT_MIIMON = 100

_MILLISECONDS = Integer(32, 0, 2**31 - 1)
_COUNT8 = Integer(8, 0, 255)

MODE = Attribute(
    "mode",
    Choice(MODES),
    "How traffic is spread over the ports.",
    "IFLA_BOND_MODE",
    1,
    Impact.PORTS_RELEASED,
    # Open vSwitch's word for it, which templates hand to bonds of both kinds.
    aliases=("bond_mode",),
)
PRIMARY = Attribute(
    "primary",
    LinkName(),
    "The port that carries the traffic whenever it can.",
    "IFLA_BOND_PRIMARY",
    11,
    stage=Stage.PORTS_ATTACHED,
    default=None,
)

ATTRIBUTES = table(
    MODE,
    Attribute("miimon", _MILLISECONDS, "Interval of the carrier check; 0: none.", "IFLA_BOND_MIIMON", 3),
    Attribute(
        "updelay",
        _MILLISECONDS,
        "Wait after carrier came before a port is used; a multiple of miimon.",
        "IFLA_BOND_UPDELAY",
        4,
        after=("miimon",),
        default=0,
    ),
    Attribute(
        "downdelay",
        _MILLISECONDS,
        "Wait after carrier went before a port is left; a multiple of miimon.",
        "IFLA_BOND_DOWNDELAY",
        5,
        after=("miimon",),
        default=0,
    ),
    Attribute(
        "peer_notif_delay",
        Integer(32, 0, 300_000),
        "Time between gratuitous announcements after a failover; a multiple of miimon.",
        "IFLA_BOND_PEER_NOTIF_DELAY",
        28,
        after=("miimon",),
        default=0,
    ),
    Attribute(
        "use_carrier",
        Flag(),
        "Ask the driver for its carrier instead of MII registers.",
        "IFLA_BOND_USE_CARRIER",
        6,
        default=1,
    ),
    Attribute(
        "arp_interval",
        _MILLISECONDS,
        "Interval of the ARP monitor; 0: none.",
        "IFLA_BOND_ARP_INTERVAL",
        7,
        default=0,
    ),
    Attribute(
        "arp_ip_target",
        IpAddressList(4, 16),
        "Addresses that the ARP monitor asks for.",
        "IFLA_BOND_ARP_IP_TARGET",
        8,
        default=(),
    ),
    Attribute(
        "ns_ip6_target",
        IpAddressList(6, 16),
        "Addresses that the monitor solicits under IPv6.",
        "IFLA_BOND_NS_IP6_TARGET",
        31,
        default=(),
    ),
    Attribute(
        "arp_validate",
        Choice(("none", "active", "backup", "all", "filter", "filter_active", "filter_backup"), 32),
        "Which ports' ARP answers are validated.",
        "IFLA_BOND_ARP_VALIDATE",
        9,
        default=0,
    ),
    Attribute(
        "arp_all_targets",
        Choice(("any", "all"), 32),
        "How many ARP targets must answer.",
        "IFLA_BOND_ARP_ALL_TARGETS",
        10,
        default=0,
    ),
    Attribute(
        "arp_missed_max",
        Integer(8, 1, 255),
        "Missed ARP answers after which a port is down.",
        "IFLA_BOND_MISSED_MAX",
        30,
        aliases=("missed_max",),
        default=2,
    ),
    PRIMARY,
    Attribute(
        "primary_reselect",
        Choice(("always", "better", "failure")),
        "When the primary takes over again.",
        "IFLA_BOND_PRIMARY_RESELECT",
        12,
        default=0,
    ),
    Attribute(
        "active_slave",
        LinkName(),
        "The port that carries the traffic now.",
        "IFLA_BOND_ACTIVE_SLAVE",
        2,
        stage=Stage.PORTS_ATTACHED,
    ),
    Attribute(
        "fail_over_mac",
        Choice(("none", "active", "follow")),
        "Whose MAC address the bond has.",
        "IFLA_BOND_FAIL_OVER_MAC",
        13,
        Impact.PORTS_RELEASED,
        default=0,
    ),
    Attribute(
        "xmit_hash_policy",
        Choice(("layer2", "layer3+4", "layer2+3", "encap2+3", "encap3+4", "vlan+srcmac")),
        "What chooses the port of a packet.",
        "IFLA_BOND_XMIT_HASH_POLICY",
        14,
        default=0,
    ),
    Attribute(
        "resend_igmp",
        Integer(32, 0, 255),
        "IGMP reports sent after a failover.",
        "IFLA_BOND_RESEND_IGMP",
        15,
        default=1,
    ),
    Attribute(
        "num_peer_notif",
        _COUNT8,
        "Gratuitous ARPs and unsolicited NAs sent after a failover.",
        "IFLA_BOND_NUM_PEER_NOTIF",
        16,
        aliases=("num_grat_arp", "num_unsol_na"),
        default=1,
    ),
    Attribute(
        "all_slaves_active",
        Flag(("dropped", "delivered")),
        "What happens to frames that arrive on an inactive port.",
        "IFLA_BOND_ALL_SLAVES_ACTIVE",
        17,
        default=0,
    ),
    Attribute(
        "min_links",
        _MILLISECONDS,
        "Ports that must be up before the bond has carrier.",
        "IFLA_BOND_MIN_LINKS",
        18,
        default=0,
    ),
    Attribute(
        "lp_interval",
        Integer(32, 1, 2**31 - 1),
        "Seconds between learning packets.",
        "IFLA_BOND_LP_INTERVAL",
        19,
        default=1,
    ),
    Attribute(
        "packets_per_slave",
        Integer(32, 0, 65535),
        "Packets sent over a port before the next one's turn; 0: random.",
        "IFLA_BOND_PACKETS_PER_SLAVE",
        20,
        Impact.LINK_DOWN,
        default=1,
    ),
    Attribute(
        "lacp_active",
        Flag(),
        "Whether LACP frames are sent by ourselves.",
        "IFLA_BOND_AD_LACP_ACTIVE",
        29,
        Impact.LINK_DOWN,
        aliases=("ad_lacp_active",),
        default=1,
    ),
    Attribute(
        "lacp_rate",
        Choice(("slow", "fast")),
        "How often the partner is asked to send: every 30 seconds or every second.",
        "IFLA_BOND_AD_LACP_RATE",
        21,
        Impact.LINK_DOWN,
        aliases=("ad_lacp_rate",),
        default=0,
    ),
    Attribute(
        "ad_select",
        Choice(("stable", "bandwidth", "count", "port_prio")),
        "How the active aggregator is selected.",
        "IFLA_BOND_AD_SELECT",
        22,
        Impact.LINK_DOWN,
        default=0,
    ),
    Attribute(
        "ad_actor_sys_prio",
        Integer(16, 1, 65535),
        "LACP system priority.",
        "IFLA_BOND_AD_ACTOR_SYS_PRIO",
        24,
        default=65535,
    ),
    Attribute(
        "ad_user_port_key",
        Integer(16, 0, 1023),
        "Upper bits of the port key.",
        "IFLA_BOND_AD_USER_PORT_KEY",
        25,
        Impact.LINK_DOWN,
        default=0,
    ),
    Attribute(
        "ad_actor_system",
        MacAddress(),
        "LACP system address.",
        "IFLA_BOND_AD_ACTOR_SYSTEM",
        26,
        default=bytes(6),
    ),
    Attribute(
        "tlb_dynamic_lb",
        Flag(),
        "Rebalance flows by load, in balance-tlb.",
        "IFLA_BOND_TLB_DYNAMIC_LB",
        27,
        Impact.LINK_DOWN,
        default=1,
    ),
    Attribute(
        "coupled_control",
        Flag(),
        "Collect and distribute together, as IEEE 802.1AX couples them.",
        "IFLA_BOND_COUPLED_CONTROL",
        32,
        Impact.LINK_DOWN,
        default=1,
    ),
    Attribute(
        "broadcast_neighbor",
        Flag(),
        "Send ARP and neighbour discovery over all ports.",
        "IFLA_BOND_BROADCAST_NEIGH",
        33,
        aliases=("broadcast_neigh",),
        default=0,
    ),
)

_AD = frozenset({"802.3ad"})
_PREFERRED_PORT = frozenset({"active-backup", "balance-tlb", "balance-alb"})
_ARP_MONITORED = frozenset({"balance-rr", "active-backup", "balance-xor", "broadcast"})

#: The only modes in which the driver takes an option (bond_options.c, unsuppmodes).
MODES_OF = {
    "active_slave": _PREFERRED_PORT,
    "ad_actor_sys_prio": _AD,
    "ad_actor_system": _AD,
    "ad_user_port_key": _AD,
    "arp_interval": _ARP_MONITORED,
    "arp_missed_max": _ARP_MONITORED,
    "arp_validate": _ARP_MONITORED,
    "broadcast_neighbor": _AD,
    "coupled_control": _AD,
    "lacp_active": _AD,
    "lacp_rate": _AD,
    "packets_per_slave": frozenset({"balance-rr"}),
    "primary": _PREFERRED_PORT,
    "tlb_dynamic_lb": frozenset({"balance-tlb", "balance-alb"}),
}

#: The driver rounds these down to a multiple of miimon, without a word.
MULTIPLES_OF_MIIMON = ("updelay", "downdelay", "peer_notif_delay")


def takes(name: str, mode: Value) -> bool:
    """Whether the driver takes, and tells of, an option in this mode (by its number; None: not known)."""
    modes = MODES_OF.get(name)
    return modes is None or not isinstance(mode, int) or MODES[mode] in modes


def has_its_active_ports_mac(values: Mapping[str, Value]) -> bool:
    """With fail_over_mac=active and follow a bond ignores an address that is set; with others it keeps it."""
    in_mode = values.get("mode") == MODES.index("active-backup")
    return in_mode and values.get("fail_over_mac") in {1, 2}

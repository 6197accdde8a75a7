"""A Linux bridge and its options (linux/if_link.h, IFLA_BR_*; net/bridge/br_netlink.c, br_changelink).

An option has the name of its file in sysfs; what ip-link(8) calls it is an alias. Times are in
hundredths of a second, as both have them.

Not here: hash_elasticity, which the kernel takes and forgets.
"""

from __future__ import annotations

from .attributes import Attribute, Impact, table
from .values import Bit, Flag, GroupAddress, Integer, Mask, Ticks, VlanProtocol

KIND = "bridge"

#: IEEE 802.1D's, and the kernel's, where a spanning tree is run: 15 s.
STP_FORWARD_DELAY = 1500
#: What forward_delay must be in while stp_state is on (net/bridge/br_private_stp.h).
STP_FORWARD_DELAYS = range(200, 3001)

_ANY32 = 2**32 - 1
_TIME64 = Ticks(64, 0, _ANY32)
#: The kernel takes every number, and raises or lowers it to one second or one day without a word.
_QUERY_TIME = Ticks(64, 100, 8_640_000)

STP_STATE = Attribute(
    "stp_state",
    # 2: a program of the node's runs the spanning tree (/sbin/bridge-stp).
    Flag(bits=32),
    "Run the spanning tree protocol (IEEE 802.1D).",
    "IFLA_BR_STP_STATE",
    5,
    aliases=("stp",),
    default=0,
)
FORWARD_DELAY = Attribute(
    "forward_delay",
    Ticks(32, 0, _ANY32),
    "How long a new port listens, and how long it learns, before it forwards; 200 to 3000 with STP.",
    "IFLA_BR_FORWARD_DELAY",
    1,
    default=0,
    while_off=STP_STATE.name,
)
VLAN_FILTERING = Attribute(
    "vlan_filtering",
    Flag(),
    "Forward by VLAN, and only to ports that are in it.",
    "IFLA_BR_VLAN_FILTERING",
    7,
    default=0,
)
VLAN_PROTOCOL = Attribute(
    "vlan_protocol",
    VlanProtocol(),
    "The tag that VLAN filtering looks at.",
    "IFLA_BR_VLAN_PROTOCOL",
    8,
    default=0x8100,
)

ATTRIBUTES = table(
    STP_STATE,
    FORWARD_DELAY,
    Attribute(
        "hello_time",
        Ticks(32, 100, 1000),
        "Time between spanning tree messages of the root bridge.",
        "IFLA_BR_HELLO_TIME",
        2,
        default=200,
    ),
    Attribute(
        "max_age",
        Ticks(32, 600, 4000),
        "Age at which what a spanning tree message said is forgotten.",
        "IFLA_BR_MAX_AGE",
        3,
        default=2000,
    ),
    Attribute(
        "priority",
        Integer(16, 0, 65535),
        "The bridge with the smallest one becomes root.",
        "IFLA_BR_PRIORITY",
        6,
        default=32768,
    ),
    Attribute(
        "ageing_time",
        Ticks(32, 0, _ANY32),
        "Age at which a learned MAC address is forgotten.",
        "IFLA_BR_AGEING_TIME",
        4,
        aliases=("ageing",),
        default=30000,
    ),
    Attribute(
        "group_addr",
        GroupAddress(),
        "Where spanning tree messages are sent to.",
        "IFLA_BR_GROUP_ADDR",
        20,
        aliases=("group_address",),
    ),
    Attribute(
        "group_fwd_mask",
        Mask(16, 0, 65535, refused=0x7),
        "Which of 01:80:c2:00:00:00 to :0f are forwarded, a bit for each; never the first three.",
        "IFLA_BR_GROUP_FWD_MASK",
        9,
        default=0,
    ),
    Attribute(
        "no_linklocal_learn",
        Bit(number=0),
        "Learn no addresses from link-local frames (01:80:c2:00:00:00 to :0f).",
        "IFLA_BR_MULTI_BOOLOPT",
        46,
        default=0,
    ),
    VLAN_FILTERING,
    VLAN_PROTOCOL,
    Attribute(
        "default_pvid",
        Integer(16, 0, 4094),
        "The VLAN that a new port's untagged frames are in; 0: none.",
        "IFLA_BR_VLAN_DEFAULT_PVID",
        39,
        aliases=("vlan_default_pvid",),
        default=1,
    ),
    Attribute("vlan_stats_enabled", Flag(), "Count by VLAN.", "IFLA_BR_VLAN_STATS_ENABLED", 41, default=0),
    Attribute(
        "vlan_stats_per_port",
        Flag(),
        "Count by VLAN and port.",
        "IFLA_BR_VLAN_STATS_PER_PORT",
        45,
        # Not while a port is in a VLAN, and each is in default_pvid.
        Impact.PORTS_RELEASED,
        default=0,
    ),
    Attribute(
        "mst_enabled",
        Bit(number=2),
        "Have a spanning tree state for each group of VLANs.",
        "IFLA_BR_MULTI_BOOLOPT",
        46,
        Impact.PORTS_RELEASED,
        default=0,
    ),
    Attribute(
        "multicast_snooping",
        Flag(),
        "Forward multicast only to ports that asked for it.",
        "IFLA_BR_MCAST_SNOOPING",
        23,
        aliases=("mcast_snooping",),
        default=1,
    ),
    Attribute(
        "multicast_vlan_snooping",
        Bit(number=1),
        "Do so by VLAN; needs vlan_filtering.",
        "IFLA_BR_MULTI_BOOLOPT",
        46,
        aliases=("mcast_vlan_snooping",),
        default=0,
    ),
    Attribute(
        "multicast_router",
        Integer(8, 0, 2),
        "Whether all multicast comes to the bridge itself: 0 never, 1 when it hears queries, 2 always.",
        "IFLA_BR_MCAST_ROUTER",
        22,
        aliases=("mcast_router",),
        default=1,
    ),
    Attribute(
        "multicast_querier",
        Flag(),
        "Ask for group members, if nobody else does.",
        "IFLA_BR_MCAST_QUERIER",
        25,
        aliases=("mcast_querier",),
        default=0,
    ),
    Attribute(
        "multicast_query_use_ifaddr",
        Flag(),
        "Ask from the bridge's own IPv4 address instead of 0.0.0.0.",
        "IFLA_BR_MCAST_QUERY_USE_IFADDR",
        24,
        aliases=("mcast_query_use_ifaddr",),
        default=0,
    ),
    Attribute(
        "hash_max",
        Integer(32, 0, _ANY32),
        "The most groups that are remembered.",
        "IFLA_BR_MCAST_HASH_MAX",
        27,
        aliases=("mcast_hash_max",),
        default=4096,
    ),
    Attribute(
        "multicast_last_member_count",
        Integer(32, 0, _ANY32),
        "Questions after a member left, before a group is given up.",
        "IFLA_BR_MCAST_LAST_MEMBER_CNT",
        28,
        aliases=("mcast_last_member_count",),
        default=2,
    ),
    Attribute(
        "multicast_startup_query_count",
        Integer(32, 0, _ANY32),
        "Questions of a querier that starts.",
        "IFLA_BR_MCAST_STARTUP_QUERY_CNT",
        29,
        aliases=("mcast_startup_query_count",),
        default=2,
    ),
    Attribute(
        "multicast_last_member_interval",
        _TIME64,
        "Time between the questions after a member left.",
        "IFLA_BR_MCAST_LAST_MEMBER_INTVL",
        30,
        aliases=("mcast_last_member_interval",),
        default=100,
    ),
    Attribute(
        "multicast_membership_interval",
        _TIME64,
        "Time after which a group that nobody speaks of is forgotten.",
        "IFLA_BR_MCAST_MEMBERSHIP_INTVL",
        31,
        aliases=("mcast_membership_interval",),
        default=26000,
    ),
    Attribute(
        "multicast_querier_interval",
        _TIME64,
        "Time after which a querier that is silent is forgotten.",
        "IFLA_BR_MCAST_QUERIER_INTVL",
        32,
        aliases=("mcast_querier_interval",),
        default=25500,
    ),
    Attribute(
        "multicast_query_interval",
        _QUERY_TIME,
        "Time between questions.",
        "IFLA_BR_MCAST_QUERY_INTVL",
        33,
        aliases=("mcast_query_interval",),
        default=12500,
    ),
    Attribute(
        "multicast_query_response_interval",
        _TIME64,
        "Time that members have for an answer.",
        "IFLA_BR_MCAST_QUERY_RESPONSE_INTVL",
        34,
        aliases=("mcast_query_response_interval",),
        default=1000,
    ),
    Attribute(
        "multicast_startup_query_interval",
        _QUERY_TIME,
        "Time between the questions of a querier that starts.",
        "IFLA_BR_MCAST_STARTUP_QUERY_INTVL",
        35,
        aliases=("mcast_startup_query_interval",),
        default=3125,
    ),
    Attribute(
        "multicast_igmp_version",
        Integer(8, 2, 3),
        "The version of IGMP that is spoken.",
        "IFLA_BR_MCAST_IGMP_VERSION",
        43,
        aliases=("mcast_igmp_version",),
        default=2,
    ),
    Attribute(
        "multicast_mld_version",
        Integer(8, 1, 2),
        "The version of MLD that is spoken.",
        "IFLA_BR_MCAST_MLD_VERSION",
        44,
        aliases=("mcast_mld_version",),
        default=1,
    ),
    Attribute(
        "multicast_stats_enabled",
        Flag(),
        "Count IGMP and MLD messages.",
        "IFLA_BR_MCAST_STATS_ENABLED",
        42,
        aliases=("mcast_stats_enabled",),
        default=0,
    ),
    Attribute(
        "nf_call_iptables",
        Flag(),
        "Hand bridged IPv4 packets to netfilter's hooks for routed ones.",
        "IFLA_BR_NF_CALL_IPTABLES",
        36,
        default=0,
    ),
    Attribute("nf_call_ip6tables", Flag(), "The same for IPv6.", "IFLA_BR_NF_CALL_IP6TABLES", 37, default=0),
    Attribute("nf_call_arptables", Flag(), "The same for ARP.", "IFLA_BR_NF_CALL_ARPTABLES", 38, default=0),
)

#: What a bridge has that lost its last port (net/bridge/br_stp_if.c, br_stp_recalculate_bridge_id); this
#: option it takes with a MAC address only (net/bridge/br_fdb.c, fdb_add_local).
NO_MAC = bytes(6)
NEEDS_MAC = "default_pvid"

#: What the kernel changes along with another option: STP raises a short forward_delay, the protocol
#: chooses the group address until somebody does, and without filtering there is no snooping by VLAN.
FOLLOWING = ("forward_delay", "group_addr", "multicast_vlan_snooping")

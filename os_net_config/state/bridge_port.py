"""A link as a port of a Linux bridge (linux/if_link.h, IFLA_BRPORT_*; net/bridge/br_netlink.c, br_setport).

Links of every kind have these while their master is a bridge: they come with it as the kernel
gives them, and are gone when the port leaves. An option has the name of its file in sysfs, with
``port_`` before it where the bridge has one of that name; what ip-link(8) calls it is an alias.
"""

from __future__ import annotations

from functools import partial
from typing import Mapping

from .attributes import Attribute, Stage, table
from .values import Flag, Integer, Mask, Value

_option = partial(Attribute, stage=Stage.ATTACHED)
PATH_COST = "path_cost"

ATTRIBUTES = table(
    _option(
        PATH_COST,
        Integer(32, 1, 65535),
        "The port's part in the way to the root bridge: the smaller, the better.",
        "IFLA_BRPORT_COST",
        3,
        aliases=("cost",),
        # None, which is its default: the bridge makes it of the link's speed, until somebody says one.
        # Then no other way leads back than to leave (net/bridge/br_stp_if.c, BR_ADMIN_COST).
    ),
    _option(
        "port_priority",
        Integer(16, 0, 63),
        "Of ports with equal costs the smallest one is used.",
        "IFLA_BRPORT_PRIORITY",
        2,
        aliases=("priority",),
        default=32,
    ),
    _option(
        "bpdu_guard",
        Flag(),
        "Disable the port when it hears a spanning tree message.",
        "IFLA_BRPORT_GUARD",
        5,
        aliases=("guard",),
        default=0,
    ),
    _option(
        "root_block",
        Flag(),
        "Never let the port be the way to the root bridge.",
        "IFLA_BRPORT_PROTECT",
        6,
        default=0,
    ),
    _option(
        "hairpin_mode",
        Flag(),
        "Send frames back where they came from.",
        "IFLA_BRPORT_MODE",
        4,
        aliases=("hairpin",),
        default=0,
    ),
    _option(
        "isolated",
        Flag(),
        "Exchange no frames with other isolated ports.",
        "IFLA_BRPORT_ISOLATED",
        33,
        default=0,
    ),
    _option("learning", Flag(), "Learn MAC addresses.", "IFLA_BRPORT_LEARNING", 8, default=1),
    _option(
        "locked",
        Flag(),
        "Accept frames only from MAC addresses that are known.",
        "IFLA_BRPORT_LOCKED",
        39,
        default=0,
    ),
    _option(
        "unicast_flood",
        Flag(),
        "Send frames for unknown MAC addresses here.",
        "IFLA_BRPORT_UNICAST_FLOOD",
        9,
        aliases=("flood",),
        default=1,
    ),
    _option(
        "multicast_flood",
        Flag(),
        "Send multicast here that nobody asked for.",
        "IFLA_BRPORT_MCAST_FLOOD",
        27,
        aliases=("mcast_flood",),
        default=1,
    ),
    _option(
        "broadcast_flood",
        Flag(),
        "Send broadcasts here.",
        "IFLA_BRPORT_BCAST_FLOOD",
        30,
        aliases=("bcast_flood",),
        default=1,
    ),
    _option(
        "multicast_fast_leave",
        Flag(),
        "Give up a group as soon as a member leaves.",
        "IFLA_BRPORT_FAST_LEAVE",
        7,
        aliases=("mcast_fast_leave", "fastleave"),
        default=0,
    ),
    _option(
        "multicast_to_unicast",
        Flag(),
        "Send multicast to each member's own address.",
        "IFLA_BRPORT_MCAST_TO_UCAST",
        28,
        aliases=("mcast_to_unicast",),
        default=0,
    ),
    _option(
        "port_multicast_router",
        Integer(8, 0, 3),
        "Whether all multicast is sent here: 0 never, 1 when queries come, 2 always, 3 for a time.",
        "IFLA_BRPORT_MULTICAST_ROUTER",
        25,
        aliases=("multicast_router", "mcast_router"),
        default=1,
    ),
    _option(
        "proxyarp",
        Flag(),
        "Answer ARP for hosts at other ports.",
        "IFLA_BRPORT_PROXYARP",
        10,
        aliases=("proxy_arp",),
        default=0,
    ),
    _option(
        "proxyarp_wifi",
        Flag(),
        "The same, as IEEE 802.11 and Hotspot 2.0 want it.",
        "IFLA_BRPORT_PROXYARP_WIFI",
        12,
        aliases=("proxy_arp_wifi",),
        default=0,
    ),
    _option(
        "neigh_suppress",
        Flag(),
        "Answer ARP and neighbour discovery from what is known.",
        "IFLA_BRPORT_NEIGH_SUPPRESS",
        32,
        default=0,
    ),
    _option("vlan_tunnel", Flag(), "Map VLANs to tunnel ids.", "IFLA_BRPORT_VLAN_TUNNEL", 29, default=0),
    _option(
        "port_group_fwd_mask",
        Mask(16, 0, 65535, refused=0x2),
        "Which of 01:80:c2:00:00:00 to :0f this port forwards, a bit for each; never pause frames.",
        "IFLA_BRPORT_GROUP_FWD_MASK",
        31,
        aliases=("group_fwd_mask",),
        default=0,
    ),
)


def is_attached_anew(after: Mapping[str, Value]) -> bool:
    """Whether a change asks for what a port has that comes to its bridge."""
    return "master" not in after and after.get(PATH_COST, 0) is None

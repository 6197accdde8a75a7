"""Attributes that links of every kind have (linux/if_link.h, IFLA_*; linux/rtnetlink.h)."""

from __future__ import annotations

from .attributes import Attribute, Impact, Stage, table
from .values import Choice, Flag, Integer, LinkName, MacAddress, Text

#: Our label on links that we made (DESIGN law 6).
GROUP = 111

#: The kind of a link without driver data in netlink: a NIC, lo.
PLAIN = ""

LOOPBACK = "lo"

KIND = Attribute(
    "kind",
    Text(),
    "What the link is: bond, bridge, vlan, veth…; empty for a NIC.",
    "IFLA_INFO_KIND",
    1,
    Impact.RECREATE,
)
LOWER = Attribute(
    "link", LinkName(), "The link below, that carries this one's traffic.", "IFLA_LINK", 5, Impact.RECREATE
)
MTU = Attribute(
    "mtu",
    Integer(32, 0, 2**32 - 1),
    "The largest packet in bytes, without the link-layer header.",
    "IFLA_MTU",
    4,
)
ADDRESS = Attribute("address", MacAddress(), "The link-layer (MAC) address.", "IFLA_ADDRESS", 1)
MASTER = Attribute(
    "master", LinkName(), "The bond or bridge which this link is a port of.", "IFLA_MASTER", 10
)
GROUP_LABEL = Attribute(
    "group",
    Integer(32, 0, 2**32 - 1),
    "The link group; 111 marks links that we made.",
    "IFLA_GROUP",
    27,
)
UP = Attribute("up", Flag(("down", "up")), "Whether the link is set up (IFF_UP).", stage=Stage.PORTS_ATTACHED)
#: A new link does not take it (net/core/rtnetlink.c, rtnl_create_link).
ALIAS = Attribute(
    "alias",
    Text(),
    "A description that somebody gave the link.",
    "IFLA_IFALIAS",
    20,
    stage=Stage.PORTS_ATTACHED,
)

#: Told of NICs alone that have a name of ours, or are to have one (renaming.py). Not in a message about
#: anything else; before Linux 6.2 a link that is up goes down for it.
NAME = Attribute("name", Text(), "The name that the kernel has for the link.", impact=Impact.LINK_DOWN)

ATTRIBUTES = table(KIND, NAME, LOWER, MTU, ADDRESS, GROUP_LABEL, MASTER, UP, ALIAS)

#: What the kernel tells of a link and nobody sets: read for numbering and for messages.
OPERSTATE = Attribute(
    "operstate",
    Choice(("unknown", "notpresent", "down", "lowerlayerdown", "testing", "dormant", "up")),
    "RFC 2863 operational state.",
    "IFLA_OPERSTATE",
    16,
)
PERMANENT = Attribute(
    "permanent", MacAddress(), "The MAC address that the NIC was made with.", "IFLA_PERM_ADDRESS", 54
)

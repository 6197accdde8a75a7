"""A VRF: links that have a route table of their own (linux/if_link.h, IFLA_VRF_*; drivers/net/vrf.c).

A link that comes into one, or leaves it, goes down and up again. The rule by which the tables are found
(l3mdev) comes with the first VRF, and stays: it is the kernel's.
"""

from __future__ import annotations

from .attributes import Attribute, Impact, table
from .values import Integer

KIND = "vrf"

TABLE = Attribute(
    "table",
    Integer(32, 1, 2**32 - 1),
    "The route table of its members.",
    "IFLA_VRF_TABLE",
    1,
    Impact.RECREATE,
)
ATTRIBUTES = table(TABLE)

#: What it has if nobody says another one: the largest of IPv6 (IP6_MAX_MTU).
MTU = 65575

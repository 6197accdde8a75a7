"""A route (linux/rtnetlink.h, RTA_*)."""

from __future__ import annotations

from .attributes import Attribute, table
from .values import Integer, IpAddress, LinkName, Text

#: Our routing protocol number: the label of routes, rules and addresses (DESIGN law 6).
PROTOCOL = 111

#: RT_TABLE_MAIN.
MAIN_TABLE = 254

#: The metric that the kernel gives where none is said (IP6_RT_PRIO_USER; IPv4 has 0).
DEFAULT_METRIC = {4: 0, 16: 1024}

ATTRIBUTES = table(
    Attribute("gateway", IpAddress(), "The next hop; none for what is reached directly.", "RTA_GATEWAY", 5),
    Attribute("link", LinkName(), "The link through which the packets leave.", "RTA_OIF", 4),
    Attribute("type", Text(), "unicast, blackhole, local… (RTN_*)."),
    Attribute("scope", Integer(8, 0, 255), "How far the destination is (RT_SCOPE_*)."),
    Attribute("protocol", Integer(8, 0, 255), "Who made the route; 111 is ours."),
)

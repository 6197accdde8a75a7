"""An IP address on a link (linux/if_addr.h, IFA_*)."""

from __future__ import annotations

from .attributes import Attribute, table
from .values import Choice, Integer, IpAddress, Lifetimes, Prefix

#: Among the values of an address that was read, as long as it cannot be used: how far duplicate
#: address detection is (RFC 4862, 5.4). Not an attribute: the kernel alone sets it.
DETECTION = "detection"
UNDER_WAY, FAILED = "under way", "failed"
#: The same where the kernel has made no route to the subnet (IFA_F_NOPREFIXROUTE): somebody else makes it.
NO_PREFIX_ROUTE = "noprefixroute"

#: Among the values of an address that was read on a point-to-point link: the other end's. Not an attribute.
PEER = "peer"

#: fe80::/10 (RFC 4291, 2.5.6).
LINK_LOCAL = Prefix(b"\xfe\x80" + bytes(14), 10)

ATTRIBUTES = table(
    Attribute("broadcast", IpAddress(4), "The subnet's broadcast address.", "IFA_BROADCAST", 4),
    Attribute("scope", Integer(8, 0, 255), "How far the address is valid (RT_SCOPE_*)."),
    Attribute(
        "protocol",
        Choice(("unspec", "kernel_lo", "kernel_ra", "kernel_ll")),
        "Who brought the address; 111 is ours.",
        "IFA_PROTO",
        11,
    ),
    Attribute(
        "lifetime",
        Lifetimes(),
        "Until when the kernel keeps it, as a DHCP client or a router's announcement has it; none: for good.",
        "IFA_CACHEINFO",
        6,
    ),
    Attribute(
        "place",
        Integer(32, 1, 2**32 - 1),
        "Its place among the subnet's addresses; it is removed and added for that.",
    ),
)

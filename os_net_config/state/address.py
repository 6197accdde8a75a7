"""An IP address on a link (linux/if_addr.h, IFA_*)."""

from __future__ import annotations

from .attributes import Attribute, table
from .values import Choice, Integer, IpAddress

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
)

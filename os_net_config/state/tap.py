"""A tap or tun device (linux/if_tun.h; linux/if_link.h, IFLA_TUN_*)."""

from __future__ import annotations

from .attributes import Attribute, Impact, table
from .values import Choice

KIND = "tun"

#: IFF_TAP: whole Ethernet frames, not IP packets.
TAP = 2

ATTRIBUTES = table(
    # Netlink only tells it; the device is made with an ioctl (drivers/net/tun.c).
    Attribute(
        "mode",
        Choice(("tun", "tap"), first=1),
        "Whether packets (tun) or Ethernet frames (tap) are carried.",
        "IFLA_TUN_TYPE",
        3,
        Impact.RECREATE,
    ),
)

"""IP over InfiniBand (linux/if_link.h, IFLA_IPOIB_*; drivers/infiniband/ulp/ipoib/ipoib_netlink.c).

The port of an adapter is a NIC of this kind; a partition of one is a link on it, made by whoever wants it.
"""

from __future__ import annotations

from typing import Optional, Tuple

from .attributes import Attribute, Impact, table
from .values import Choice, Integer, Value, Values

KIND = "ipoib"

PKEY = Attribute(
    "pkey",
    Integer(16, 0x8000, 0xFFFF),
    "The key of the partition, with the bit of full membership.",
    "IFLA_IPOIB_PKEY",
    1,
    Impact.RECREATE,
)
MODE = Attribute(
    "ipoib_mode",
    Choice(("datagram", "connected"), 16),
    "Whether packets are sent as datagrams or by connections.",
    "IFLA_IPOIB_MODE",
    2,
)
DATAGRAM = 0

ATTRIBUTES = table(PKEY, MODE)


def identity(values: Values) -> Optional[Tuple[Value, ...]]:
    """A port has each partition once."""
    below = values.get("link")
    return (KIND, below, values.get(PKEY.name)) if below is not None else None


def shown(values: Values) -> str:
    key = values.get(PKEY.name)
    return f"partition {key:#06x} of {values.get('link')!s}" if isinstance(key, int) else "partition"

"""An 802.1Q VLAN link (linux/if_link.h, IFLA_VLAN_*)."""

from __future__ import annotations

from typing import Tuple

from .attributes import Attribute, Impact, table
from .values import Integer, Value, Values

KIND = "vlan"
#: Among the values, and no attribute: the EtherType of its tag; 802.1Q's (linux/if_ether.h).
PROTOCOL, CUSTOMER = "protocol", 0x8100

ATTRIBUTES = table(
    # The kernel acknowledges another id for an existing link and keeps the old one.
    Attribute("id", Integer(16, 1, 4094), "The VLAN id.", "IFLA_VLAN_ID", 1, Impact.RECREATE),
)


def identity(values: Values) -> Tuple[Value, ...]:
    """A device carries a VLAN id once."""
    return (KIND, values.get("link"), values.get("id"))


def shown(values: Values) -> str:
    return f"VLAN {values.get('id')!s} of {values.get('link')!s}"

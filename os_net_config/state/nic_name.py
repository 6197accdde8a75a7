"""The name that a NIC gets at each boot, from a file of ours that udevd reads (systemd.link(5))."""

from __future__ import annotations

from .attributes import Attribute, table
from .values import MacAddress, Text

#: What a NIC's own name is where nobody knows.
ATTRIBUTES = table(
    Attribute("mac", MacAddress(), "The permanent MAC address of the NIC."),
    Attribute("own", Text(), "The name that it has without us."),
)

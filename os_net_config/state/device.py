"""A PCI device of a NIC: the driver that it is bound to, and how that lasts.

``saved`` and ``name`` are in files: /etc/driverctl.d, from which driverctl(8) overrides the driver at boot,
and dpdk_mapping.yaml, which tells the NICs that are no links of the kernel any more.
"""

from __future__ import annotations

from .attributes import Attribute, table
from .values import Text

ATTRIBUTES = table(
    Attribute("driver", Text(), "The driver that it is bound to.", default=None),
    Attribute("override", Text(), "The one driver that may bind it until it is gone.", default=None),
    Attribute("saved", Text(), "The driver that driverctl gives it at boot.", default=None),
    Attribute("name", Text(), "The name of its link in dpdk_mapping.yaml.", default=None),
    Attribute("mac", Text(), "The MAC address of its link there.", default=None),
)

#: Among the values, and no attributes: the numbers of its vendor and model; whether it is a virtual function;
#: the links that it has; the drivers of its bus.
VENDOR, MODEL, VF, LINKS, DRIVERS = "vendor", "model", "vf", "links", "drivers"

#: PCI's number of Mellanox: DPDK reaches its NICs by way of their kernel driver.
MELLANOX = 0x15B3
#: A ConnectX-3, of which one device has two ports (DPDK's guide to NICs, MLX4).
CONNECTX_3 = 0x1007

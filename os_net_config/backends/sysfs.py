"""What sysfs tells of a link: whether hardware stands behind it, and whether it has carrier now."""

from __future__ import annotations

import os
from typing import List

from ..state.model import State
from ..state.nic import Nic

CLASS_NET = "/sys/class/net"
#: Kinds that a device can stand behind: NICs have none, InfiniBand's have this.
_KINDS = frozenset({"", "ipoib"})
#: IF_OPER_UP (RFC 2863, linux/if.h).
_OPERSTATE_UP = 6


def has_carrier(name: str, directory: str = CLASS_NET) -> bool:
    """As the driver says; the operstate follows up to a second later (net/core/link_watch.c)."""
    try:
        with open(os.path.join(directory, name, "carrier"), encoding="ascii") as file:
            return file.read().strip() == "1"
    except OSError:
        # Of a link that is down the file cannot be read.
        return False


def nics(links: State, directory: str = CLASS_NET) -> List[Nic]:
    """Every link as a NIC, real or not."""
    found = []
    for name, link in links.links():
        device = os.path.join(directory, name, "device")
        mac = link.values.get("permanent") or link.values.get("address")
        found.append(
            Nic(
                name,
                mac if isinstance(mac, bytes) else b"",
                real=(real := bool(mac) and link.values.get("kind") in _KINDS and os.path.isdir(device)),
                vf=real and os.path.lexists(os.path.join(device, "physfn")),
                active=link.values.get("operstate") == _OPERSTATE_UP,
            )
        )
    return found

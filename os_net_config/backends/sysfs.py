"""What sysfs tells of a link: whether hardware stands behind it, and whether it has carrier now."""

from __future__ import annotations

import os
from typing import List, Set, Tuple

from ..state.model import Resource, State
from ..state.nic import Nic
from ..state.values import Value

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
    lent = _lent(links)
    for name, link in links.links():
        device, mac = os.path.join(directory, name, "device"), _mac(link)
        found.append(
            Nic(
                name,
                mac,
                real=(real := bool(mac) and link.values.get("kind") in _KINDS and os.path.isdir(device)),
                vf=real and os.path.lexists(os.path.join(device, "physfn")),
                active=link.values.get("operstate") == _OPERSTATE_UP,
                borrowed=(name, mac) in lent,
            )
        )
    return found


def _mac(link: Resource) -> bytes:
    """The permanent one, also while a bond gives it another one."""
    mac = link.values.get("permanent") or link.values.get("address")
    return mac if isinstance(mac, bytes) else b""


def _lent(links: State) -> Set[Tuple[Value, bytes]]:
    """Names of links with the addresses that they may have from another one: their ports, the link below."""
    macs = {name: _mac(link) for name, link in links.links()}
    lent: Set[Tuple[Value, bytes]] = set()
    for name, link in links.links():
        lent.add((link.values.get("master"), macs[name]))
        lent.add((name, macs.get(str(link.values.get("link")), b"")))
    return lent

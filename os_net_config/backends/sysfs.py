"""What sysfs tells of a link: whether hardware stands behind it, and whether it has carrier now."""

from __future__ import annotations

import os
from typing import List, Optional, Set, Tuple

from ..state.device import LINKS, MODEL, VENDOR, VF
from ..state.model import DeviceKey, Resource, State
from ..state.nic import Nic, Pci
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


#: IFF_PERSIST (linux/if_tun.h).
_PERSISTS = 0x0800


def outlives_its_program(name: str, directory: str = CLASS_NET) -> bool:
    """Of a tap: whether it stays when the program ends that has it open."""
    try:
        with open(os.path.join(directory, name, "tun_flags"), encoding="ascii") as file:
            return bool(int(file.read(), 16) & _PERSISTS)
    except (OSError, ValueError):
        return False


def nics(links: State, directory: str = CLASS_NET) -> List[Nic]:
    """Every link as a NIC, real or not, and those that DPDK drives: they count whatever their carrier."""
    found = []
    lent, devices = _lent(links), {name: one for one in links for name in _names(one)}
    for name, link in links.links():
        own = devices.pop(name, None)
        device, mac = os.path.join(directory, name, "device"), _mac(link)
        found.append(
            Nic(
                name,
                mac,
                real=(real := bool(mac) and link.values.get("kind") in _KINDS and os.path.isdir(device)),
                vf=real and os.path.lexists(os.path.join(device, "physfn")),
                active=link.values.get("operstate") == _OPERSTATE_UP or _is_noted(own),
                borrowed=(name, mac) in lent,
                pci=_pci(own),
            )
        )
    return [*found, *(_without_link(name, one) for name, one in devices.items() if _is_noted(one))]


def _names(device: Resource) -> List[str]:
    """Those of its links; of one that has none, what is noted of it."""
    if not isinstance(device.key, DeviceKey):
        return []
    links, noted = device.values.get(LINKS), device.values.get("name")
    if isinstance(links, tuple) and links:
        return [str(one) for one in links]
    return [noted] if isinstance(noted, str) else []


def _is_noted(device: Optional[Resource]) -> bool:
    return device is not None and device.values.get("name") is not None


def _pci(device: Optional[Resource]) -> Optional[Pci]:
    if device is None or not isinstance(device.key, DeviceKey):
        return None
    vendor, model = device.values.get(VENDOR), device.values.get(MODEL)
    assert isinstance(vendor, int)
    assert isinstance(model, int)
    return Pci(device.key.address, vendor, model, bool(device.values.get(VF)))


def _without_link(name: str, device: Resource) -> Nic:
    mac = str(device.values.get("mac") or "").replace(":", "")
    return Nic(name, bytes.fromhex(mac), vf=bool(device.values.get(VF)), pci=_pci(device))


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

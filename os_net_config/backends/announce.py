"""Tell the neighbours on a link which MAC address our IP addresses have.

Once for each address, as the kernel does when a bond fails over (net/ipv4/devinet.c,
inetdev_send_gratuitous_arp; net/ipv6/ndisc.c, ndisc_send_unsol_na). RFC 5227 and RFC 4861 repeat it
after a second or more, for which no run waits: a neighbour that missed it asks again by itself.
"""

from __future__ import annotations

import fcntl
import logging
import socket
import struct
from typing import Dict, List, NamedTuple, Sequence

from ..state.model import AddressKey
from . import packets, sysfs

log = logging.getLogger(__name__)

_SIOCGIFFLAGS, _SIOCGIFHWADDR = 0x8913, 0x8927
#: struct ifreq with flags, and with a link-layer address (struct sockaddr).
_FLAGS = struct.Struct("=16sH22x")
_HWADDR = struct.Struct("=16sH6s16x")
#: linux/if.h, linux/if_arp.h.
_IFF_UP, _IFF_LOOPBACK, _IFF_NOARP = 0x1, 0x8, 0x80
_ARPHRD_ETHER = 1

_FORWARDING = "/proc/sys/net/ipv6/conf/{}/forwarding"


class _Link(NamedTuple):
    mac: bytes
    router: bool


def announce(addresses: Sequence[AddressKey]) -> None:
    """Send one frame for each address whose link can carry it now. Failures are warnings in the log.

    A link without carrier, or without ARP, hears nothing and is passed over. The kernel tags what is sent
    on a VLAN.
    """
    by_link: Dict[str, List[AddressKey]] = {}
    for key in addresses:
        by_link.setdefault(key.link, []).append(key)
    try:
        # Of protocol 0, so that it receives nothing.
        with socket.socket(socket.AF_PACKET, socket.SOCK_RAW | socket.SOCK_CLOEXEC, 0) as sender:
            for name, keys in by_link.items():
                _announce_on(name, keys, sender)
    except OSError as error:
        log.warning("neighbours are not told of %s: %s", ", ".join(map(str, addresses)), error.strerror)


def _announce_on(name: str, keys: Sequence[AddressKey], sender: socket.socket) -> None:
    told = 0
    try:
        flags = _FLAGS.unpack(_asked(sender, _SIOCGIFFLAGS, name))[1]
        _, kind, mac = _HWADDR.unpack(_asked(sender, _SIOCGIFHWADDR, name))
        speaks = flags & (_IFF_UP | _IFF_NOARP | _IFF_LOOPBACK) == _IFF_UP and kind == _ARPHRD_ETHER
        if not speaks or not sysfs.has_carrier(name):
            log.info("%s cannot carry an announcement of %s now", name, ", ".join(map(str, keys)))
            return
        link = _Link(mac, _is_router(name))
        for key in keys:
            sender.sendto(_frame(key.prefix.address, link), (name, 0))
            told += 1
    except OSError as error:
        untold = ", ".join(map(str, keys[told:]))
        log.warning("neighbours on %s are not told of %s: %s", name, untold, error.strerror)


def _asked(any_socket: socket.socket, number: int, name: str) -> bytes:
    return fcntl.ioctl(any_socket, number, _FLAGS.pack(name.encode(errors="surrogateescape"), 0))


def _is_router(name: str) -> bool:
    """Whether the node forwards: an advertisement that does not say so takes its routes from neighbours."""
    try:
        with open(_FORWARDING.format(name), encoding="ascii") as file:
            return file.read().strip() != "0"
    except FileNotFoundError:
        return False


def _frame(address: bytes, link: _Link) -> bytes:
    if len(address) == 4:
        return packets.arp_announcement(link.mac, address)
    return packets.neighbour_advertisement(link.mac, address, link.router)

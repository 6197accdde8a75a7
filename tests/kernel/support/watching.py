"""What the kernel tells everybody about links and addresses while something happens."""

from __future__ import annotations

import contextlib
import ipaddress
import select
import socket
import struct
import time
from pathlib import Path
from typing import Dict, Iterator, Sequence, Set

from .messages import messages
from .raw import attributes

_NETLINK_ROUTE = 0
_SO_RCVBUFFORCE = 33
_BUFFER = 16 << 20
_RTMGRP_LINK, _RTMGRP_IPV4_IFADDR, _RTMGRP_IPV6_IFADDR = 0x1, 0x10, 0x100
_RTM_NEWLINK, _RTM_DELLINK, _RTM_DELADDR = 16, 17, 21
_IFINFOMSG, _IFADDRMSG = struct.Struct("=BxHiII"), struct.Struct("=BBBBI")
_IFLA_IFNAME, _IFA_ADDRESS, _IFA_LOCAL = 3, 1, 2
_IFF_UP, _IFF_LOWER_UP = 0x1, 0x10000
_AF_BRIDGE = 7

#: Seconds.
_PATIENCE = 20.0


class Seen:
    """Filled when the context is left: names of links, and addresses with their prefix length."""

    def __init__(self) -> None:
        #: Links that were down or without carrier at some time, or went.
        self.interrupted: Set[str] = set()
        self.deleted: Set[str] = set()
        self.withdrawn: Set[str] = set()


@contextlib.contextmanager
def watching() -> Iterator[Seen]:
    """What happens in this namespace for the time of the context."""
    seen = Seen()
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, _NETLINK_ROUTE) as route:
        with contextlib.suppress(PermissionError):
            route.setsockopt(socket.SOL_SOCKET, _SO_RCVBUFFORCE, _BUFFER)
        route.bind((0, _RTMGRP_LINK | _RTMGRP_IPV4_IFADDR | _RTMGRP_IPV6_IFADDR))
        yield seen
        with contextlib.suppress(BlockingIOError):
            while True:
                for message in messages(route.recv(1 << 20, socket.MSG_DONTWAIT)):
                    _note(seen, message.type, message.payload)


def wait_until_up(*links: str) -> None:
    """Until each has told that it has carrier: the kernel says it up to a second later than it is so."""
    _wait_until(True, links)


def wait_until_down(*links: str) -> None:
    """Until each has told that it has no carrier."""
    _wait_until(False, links)


def is_up(link: str) -> bool:
    """As the link has told."""
    return Path(f"/sys/class/net/{link}/operstate").read_text() == "up\n"


def _wait_until(up: bool, links: Sequence[str]) -> None:
    deadline = time.monotonic() + _PATIENCE
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, _NETLINK_ROUTE) as route:
        route.bind((0, _RTMGRP_LINK))
        while any(is_up(link) != up for link in links):
            left = deadline - time.monotonic()
            assert left > 0, f"one of {', '.join(links)} does not come {'up' if up else 'down'}"
            if select.select([route], [], [], left)[0]:
                route.recv(1 << 20)


def _note(seen: Seen, kind: int, payload: bytes) -> None:
    if kind in {_RTM_NEWLINK, _RTM_DELLINK}:
        family, _, _, flags, _ = _IFINFOMSG.unpack_from(payload)
        name = _text(attributes(payload[_IFINFOMSG.size :]), _IFLA_IFNAME)
        # A port that leaves its bridge is deleted as a port of it (AF_BRIDGE), not as a link.
        if kind == _RTM_DELLINK and family != _AF_BRIDGE:
            seen.deleted.add(name)
            seen.interrupted.add(name)
        elif not (flags & _IFF_UP and flags & _IFF_LOWER_UP):
            seen.interrupted.add(name)
    elif kind == _RTM_DELADDR:
        length = _IFADDRMSG.unpack_from(payload)[1]
        given = attributes(payload[_IFADDRMSG.size :])
        address = ipaddress.ip_address(given.get(_IFA_LOCAL) or given[_IFA_ADDRESS])
        seen.withdrawn.add(f"{address}/{length}")


def _text(given: Dict[int, bytes], number: int) -> str:
    return given[number].rstrip(b"\0").decode()

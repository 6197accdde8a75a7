"""Which links have carrier: now, and by the kernel's notifications from then on."""

from __future__ import annotations

import contextlib
import errno
import logging
import select
import socket
import time
from typing import Dict, Iterable, List, NamedTuple, Optional, Sequence, Tuple

from . import wire
from .decode import Message, attributes, text
from .socket import NetlinkSocket, messages

log = logging.getLogger(__name__)

_RECEIVE_SIZE = 65536
#: Seconds; a longer time is waited for in parts.
_LONGEST_POLL = 3600.0
_CARRIER = wire.IFF_UP | wire.IFF_LOWER_UP
#: linux/if_arp.h.
_ARPHRD_ETHER = 1
_SPEAKS_NO_ARP = wire.IFF_LOOPBACK | wire.IFF_NOARP | wire.IFF_SLAVE


class Link(NamedTuple):
    """``type`` is ARPHRD_* (linux/if_arp.h), ``flags`` are IFF_* (linux/if.h)."""

    type: int
    flags: int
    mac: bytes

    @property
    def has_carrier(self) -> bool:
        return self.flags & _CARRIER == _CARRIER

    @property
    def speaks_arp(self) -> bool:
        """Whether it is Ethernet with ARP, and no port of a bond."""
        return self.type == _ARPHRD_ETHER and not self.flags & _SPEAKS_NO_ARP


class Links:
    """The links by name, ``known`` as they are now. A context manager.

    ``route`` is asked for them. Raises ObserveError.
    """

    def __init__(self, route: NetlinkSocket) -> None:
        self._route = route
        self._listen()

    def __enter__(self) -> Links:
        return self

    def __exit__(self, *_: object) -> None:
        self._events.close()

    def fileno(self) -> int:
        """Readable when there is something to ``follow``."""
        return self._events.fileno()

    def follow(self) -> None:
        """Take in what was told since. Raises OSError."""
        try:
            buffer = self._events.recv(_RECEIVE_SIZE)
        except OSError as error:
            if error.errno != errno.ENOBUFS:
                raise
            # It was full, and drops everything until it is read empty (see dad).
            self._events.close()
            self._listen()
            return
        for kind, _, start, end, _ in messages(buffer):
            if kind == wire.RTM_NEWLINK:
                self.known.update(_links([(buffer, start, end)]))
            elif kind == wire.RTM_DELLINK:
                for name in _links([(buffer, start, end)]):
                    self.known.pop(name, None)

    def with_carrier(self, names: Iterable[str]) -> List[str]:
        """Those of these that have it."""
        return [name for name in names if name in self.known and self.known[name].has_carrier]

    def _listen(self) -> None:
        """Before looking, so that nothing is missed in between."""
        kind = socket.SOCK_RAW | socket.SOCK_CLOEXEC | socket.SOCK_NONBLOCK
        with contextlib.ExitStack() as closing:
            self._events = socket.socket(socket.AF_NETLINK, kind, wire.NETLINK_ROUTE)
            closing.enter_context(self._events)
            self._events.bind((0, wire.RTMGRP_LINK))
            body = wire.IFINFOMSG.pack(wire.AF_UNSPEC, 0, 0, 0, 0)
            self.known = _links(self._route.dump(wire.RTM_GETLINK, body))
            closing.pop_all()


def wait(seconds: Sequence[Tuple[str, int]], route: NetlinkSocket) -> None:
    """Until all of these links have carrier, or their seconds are over. Raises OSError, ObserveError."""
    limits, begin = dict(seconds), time.monotonic()
    with Links(route) as links:
        left = _without_carrier(limits, links)
        while left:
            names = ", ".join(left)
            log.info("waiting for the carrier of %s, up to %d s", names, max(limits[name] for name in left))
            while (still := _without_carrier(left, links)) == left:
                late = [name for name in left if begin + limits[name] <= time.monotonic()]
                if late:
                    for name in late:
                        log.warning("%s has no carrier after %d s: the run goes on", name, limits[name])
                    still = [name for name in left if name not in late]
                    break
                _follow(links, begin + min(limits[name] for name in left))
            left = still


def _without_carrier(names: Iterable[str], links: Links) -> List[str]:
    return [name for name in names if not links.with_carrier([name])]


def _follow(links: Links, deadline: float) -> None:
    """Take in what is told next, if that is before the deadline."""
    limit = min(max(0.0, deadline - time.monotonic()), _LONGEST_POLL)
    if select.select([links], [], [], limit)[0]:
        links.follow()


def _links(answers: Iterable[Message]) -> Dict[str, Link]:
    return dict(found for found in map(_link, answers) if found is not None)


def _link(message: Message) -> Optional[Tuple[str, Link]]:
    """None for what is told of a bridge's port: that it leaves looks like a link that goes."""
    buffer, start, end = message
    family, kind, _, flags, _ = wire.IFINFOMSG.unpack_from(buffer, start)
    given = {number: place for number, *place in attributes(buffer, start + wire.IFINFOMSG.size, end)}
    if family != wire.AF_UNSPEC or wire.IFLA_IFNAME not in given:
        return None
    first, last = given.get(wire.IFLA_ADDRESS, (0, 0))
    return text(buffer, *given[wire.IFLA_IFNAME]), Link(kind, flags, buffer[first:last])

"""Wait for NICs, by the kernel's notifications of links and by udevd's."""

from __future__ import annotations

import contextlib
import errno
import logging
import math
import select
import socket
import time
from typing import Callable, Dict, FrozenSet, Iterator, List, Optional, Sequence, TypeVar

from ..state.model import State
from ..state.nic import Nic
from ..state.problem import listed
from . import devices, sysfs, udev
from .protocol import ObserveError
from .rtnetlink import decode, wire
from .rtnetlink.socket import NetlinkSocket

log = logging.getLogger(__name__)

#: What is waited for; its text is shown.
Wanted = TypeVar("Wanted")
#: Those of them that are not among the links.
Missing = Callable[[Sequence[Nic]], Sequence[Wanted]]

_RECEIVE_SIZE = 65536
#: Of one reading: others may make events faster than they are read.
_MOST_EVENTS = 1000
#: Names in one line.
_MOST_NAMED = 8


def wait(missing: Missing[Wanted], seconds: float, mapping: str = devices.MAPPING) -> Sequence[Wanted]:
    """What is still missing when nothing is, or when the time is over.

    ``missing`` is asked again whenever a link may have come or got its name. Where udevd runs, it is shown
    a link only when udevd has finished with it: before, it may be about to get another name. At the end
    all links count: one that udevd does not come to is better taken than left out. Raises ObserveError.
    """
    known = devices.Devices(devices.Files(mapping=mapping))
    try:
        if seconds <= 0:
            with NetlinkSocket() as route:
                return _at_the_end(missing, 0, _Node(route, False, known))
        with NetlinkSocket() as route, _events() as events:
            return _wait(missing, seconds, _Node(route, udev.handles_links(), known), events)
    except OSError as error:
        raise ObserveError(f"NICs cannot be waited for: {error.strerror}") from error


class _Node:
    """The links of this network namespace. ``has_udev``: udevd handles them."""

    def __init__(self, route: NetlinkSocket, has_udev: bool, known: devices.Devices) -> None:
        self._devices = known
        self._route = route
        self._has_udev = has_udev

    def finished(self) -> List[Nic]:
        """Those whose names stay. Where links come and go meanwhile one may be lacking: it is told of."""
        # Before the links are read: of one that is renamed in between the old name would be taken.
        done = udev.finished() if self._has_udev else None
        answers, _ = self._route.glance(wire.RTM_GETLINK, _ALL_LINKS)
        return _nics(answers, done, self._devices)

    def all(self) -> List[Nic]:
        return _nics(self._route.dump(wire.RTM_GETLINK, _ALL_LINKS), None, self._devices)


_ALL_LINKS = wire.IFINFOMSG.pack(wire.AF_UNSPEC, 0, 0, 0, 0)


def _nics(
    answers: Sequence[decode.Message], those: Optional[FrozenSet[int]], known: devices.Devices
) -> List[Nic]:
    """``known`` tells those that DPDK drives: they do not come as links."""
    resources, names, _ = decode.links(answers)
    nics = sysfs.nics(State({**resources, **known.observe()}))
    if those is None:
        return nics
    unfinished = {name for index, name in names.items() if index not in those}
    return [nic for nic in nics if nic.name not in unfinished]


def _wait(
    missing: Missing[Wanted], seconds: float, node: _Node, events: Sequence[_Source]
) -> Sequence[Wanted]:
    given_up = time.monotonic() + seconds
    left = missing(node.finished())
    if left and seconds > 0:
        log.info("waiting up to %.3g s for %s", seconds, _named(left))
    while left:
        if not _something_happened(events, given_up):
            return _at_the_end(missing, seconds, node)
        before, left = left, missing(node.finished())
        if left and len(left) < len(before):
            log.info("still waiting for %s", _named(left))
    return left


def _at_the_end(missing: Missing[Wanted], seconds: float, node: _Node) -> Sequence[Wanted]:
    unfinished, left = missing(node.finished()), missing(node.all())
    if left:
        log.warning("not here after %.3g s: %s", seconds, _named(left))
    if len(left) < len(unfinished):
        early = [one for one in unfinished if one not in left]
        log.warning("taken as they are, though udevd has not finished with them: %s", _named(early))
    return left


def _named(some: Sequence[object]) -> str:
    return listed([str(one) for one in some], _MOST_NAMED)


class _Source:
    """One socket that tells what happens, and which of it matters."""

    def __init__(self, heard: socket.socket, matters: Callable[[bytes], bool]) -> None:
        self.socket = heard
        self._matters = matters

    def is_news(self) -> bool:
        """Read what is there; whether anything of it mattered, or something was lost and may have.

        One that was full drops everything until it is read empty (see rtnetlink.dad): whoever looks at
        the links after each reading misses nothing.
        """
        found = False
        for _ in range(_MOST_EVENTS):
            try:
                found |= self._matters(self.socket.recv(_RECEIVE_SIZE))
            except BlockingIOError:
                break
            except OSError as error:
                if error.errno != errno.ENOBUFS:
                    raise
                found = True
        return found


@contextlib.contextmanager
def _events() -> Iterator[Sequence[_Source]]:
    """Listening from now on: before anybody looks, so that nothing is missed in between."""
    kind = socket.SOCK_RAW | socket.SOCK_CLOEXEC | socket.SOCK_NONBLOCK
    with socket.socket(socket.AF_NETLINK, kind, wire.NETLINK_ROUTE) as links, udev.events() as finished:
        links.bind((0, wire.RTMGRP_LINK))
        yield [_Source(links, lambda event: True), _Source(finished, udev.is_of_a_link)]


def _something_happened(events: Sequence[_Source], given_up: float) -> bool:
    """Wait until it did; False when the time is over."""
    sources: Dict[int, _Source] = {one.socket.fileno(): one for one in events}
    poll = select.poll()
    for descriptor in sources:
        poll.register(descriptor, select.POLLIN)
    while True:
        left = given_up - time.monotonic()
        if left <= 0:
            return False
        ready = [sources[descriptor] for descriptor, _ in poll.poll(math.ceil(left * 1000))]
        if any(one.is_news() for one in ready):
            return True

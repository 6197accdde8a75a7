"""Wait for what DHCP clients get, by the kernel's notifications of addresses."""

from __future__ import annotations

import errno
import logging
import signal
import socket
import time
from dataclasses import dataclass
from typing import Callable, Dict, List, Sequence, Set

from ...state.clients import Asking, is_served
from ...state.diff import Change
from ...state.model import AddressKey, ProcessKey
from ...state.process import DHCP
from ...state.route import hops
from ..protocol import ObserveError, SettleError
from . import wire
from .decode import addresses, attributes, links
from .socket import NetlinkSocket, Refusal

log = logging.getLogger(__name__)

#: Told every second who is waited for yet, and for how many seconds so far; at last nobody.
Progress = Callable[[Sequence[str], int], None]


def in_silence(links: Sequence[str], seconds: int) -> None:
    """Nobody is told."""


@dataclass(frozen=True)
class Patience:
    """How long a run waits for leases. ``required``: one that does not come is an error."""

    seconds: float = 0
    required: bool = False
    progress: Progress = in_silence


_RECEIVE_SIZE = 65536


def wait(clients: Sequence[Asking], patience: Patience, route: NetlinkSocket) -> None:
    """Until each has its addresses, or the time is over. Raises SettleError, ObserveError."""

    def pending() -> List[ProcessKey]:
        served = _served(route)
        return [one.key for one in clients if not served.get(one.key.link, set()) >= one.bits]

    log.info("waiting up to %g s for leases", patience.seconds)
    for key in _left(pending, patience) if patience.seconds else ():
        reason = f"there is no lease after {patience.seconds:g} s"
        if patience.required:
            raise SettleError(key, reason)
        log.warning("%s: %s; the client goes on asking", key, reason)


def need(step: Change, patience: Patience, route: NetlinkSocket) -> None:
    """The next hops of a route, which leases reach, have to be reached. Raises SettleError, ObserveError."""
    links = {key.link for key in step.awaits if isinstance(key, ProcessKey)}
    through = [hop for hop in hops(step.after or {}) if hop.link in links and hop.gateway is not None]

    def pending() -> List[ProcessKey]:
        far = [hop.link for hop in through if not _is_reached(hop.gateway or b"", str(hop.link), route)]
        return [ProcessKey(DHCP, str(link)) for link in far]

    for key in _left(pending, patience):
        reason = f"nothing but a lease reaches the next hop, and there is none after {patience.seconds:g} s"
        raise SettleError(key, reason)


def _left(pending: Callable[[], List[ProcessKey]], patience: Patience) -> List[ProcessKey]:
    """Those that are pending when the time is over."""
    began = time.monotonic()
    with socket.socket(socket.AF_NETLINK, _SOCKET, wire.NETLINK_ROUTE) as events:
        # Listening before looking, so that nothing is missed in between.
        events.bind((0, _GROUPS))
        while True:
            left = pending()
            waited = time.monotonic() - began
            if not left or waited >= patience.seconds or _is_interrupted():
                patience.progress((), int(waited))
                return left
            patience.progress([key.link for key in left], int(waited))
            _something_came(events, min(1.0, patience.seconds - waited))


_SOCKET = socket.SOCK_RAW | socket.SOCK_CLOEXEC
_GROUPS = wire.RTMGRP_IPV4_IFADDR | wire.RTMGRP_IPV6_IFADDR | wire.RTMGRP_IPV4_ROUTE | wire.RTMGRP_IPV6_ROUTE


def _served(route: NetlinkSocket) -> Dict[str, Set[int]]:
    """Of what sizes links have addresses that a client may have brought."""
    names = links(route.dump(wire.RTM_GETLINK, wire.LINKS))[1]
    found = addresses(route.dump(wire.RTM_GETADDR, wire.IFADDRMSG.pack(0, 0, 0, 0, 0)), names)
    served: Dict[str, Set[int]] = {}
    for key, one in found.items():
        if isinstance(key, AddressKey) and is_served(key, one.values):
            served.setdefault(key.link, set()).add(key.prefix.bits)
    return served


def _is_reached(gateway: bytes, link: str, route: NetlinkSocket) -> bool:
    """Whether the kernel sends to it by this link, and by way of nobody."""
    family = wire.AF_INET if len(gateway) == _BYTES_OF_IPV4 else wire.AF_INET6
    question = wire.RTMSG.pack(family, 8 * len(gateway), 0, 0, 0, 0, 0, 0, 0)
    question += wire.attribute(wire.RTA_DST, gateway)
    answer = route.answer(wire.RTM_GETROUTE, question)
    if isinstance(answer, Refusal):
        return False
    buffer, start, end = answer
    told = {number: place for number, *place in attributes(buffer, start + wire.RTMSG.size, end)}
    if wire.RTA_OIF not in told or told.keys() & {wire.RTA_GATEWAY, wire.RTA_VIA}:
        return False
    (index,) = wire.U32.unpack_from(buffer, told[wire.RTA_OIF][0])
    return bool(index == socket.if_nametoindex(link))


_BYTES_OF_IPV4 = 4


def _is_interrupted() -> bool:
    """Who waits at a terminal may end that: the signals themselves wait until the run is over."""
    return bool({signal.SIGINT, signal.SIGTERM} & signal.sigpending())


def _something_came(events: socket.socket, seconds: float) -> None:
    events.settimeout(seconds)
    try:
        events.recv(_RECEIVE_SIZE)
    except socket.timeout:
        return
    except OSError as error:
        # What was lost is looked up all the same.
        if error.errno != errno.ENOBUFS:
            raise ObserveError(f"the kernel's notifications of addresses were lost: {error}") from error

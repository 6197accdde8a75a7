"""Wait for duplicate address detection (RFC 4862, 5.4) by the kernel's notifications.

The kernel begins when the link has carrier, at a random moment within router_solicitation_delay.
It sends dad_transmits questions, retrans_time_ms apart, and the address stays tentative as long. A
duplicate stays so for ever. When the carrier goes, detection that has begun ends well, for nobody
answers; one that has not waits for the carrier (net/ipv6/addrconf.c, addrconf_notify, addrconf_dad_work).
"""

from __future__ import annotations

import errno
import logging
import socket
import struct
import time
from typing import Container, Dict, Iterable, Iterator, Mapping, NamedTuple, Optional, Sequence, Set, Tuple

from ...state.model import AddressKey
from ..protocol import ObserveError, SettleError
from . import wire
from .decode import Message, attributes
from .socket import NetlinkSocket, messages

log = logging.getLogger(__name__)

_AF_INET6 = 10
_RECEIVE_SIZE = 65536
#: Seconds beyond what the link's own timers say. That the carrier is there the kernel notes up to a
#: second after it came (net/core/link_watch.c); the rest is for a machine that is busy.
_MARGIN = 3.0

_DUPLICATE = "duplicate address detection failed: another node on the link has this address"
_GONE = "it went away during duplicate address detection: the link was removed or set down, or lost IPv6"

#: A link's index and an address: to the kernel it is there once per link, whatever its length.
Place = Tuple[int, bytes]
#: The flags (IFA_F_*) of each address; None where it is gone.
Flags = Mapping[Place, Optional[int]]


class _Link(NamedTuple):
    number: int
    #: Whether it has carrier, and is no port of a bond: there detection begins when it is one no more
    #: (net/ipv6/addrconf.c, addrconf_notify).
    detects: bool
    #: Seconds that detection may take.
    longest: float


class _Deadline(NamedTuple):
    moment: float
    seconds: float


def wait(addresses: Iterable[AddressKey], route: NetlinkSocket) -> None:
    """Return when these addresses are past detection, all in the time of one.

    An address on a link without carrier is not waited for: its detection begins when the
    carrier comes. Nor on a bond's port. Raises SettleError for a duplicate, for an address that goes
    away and when the time is over; ObserveError. ``route`` is asked for the state.
    """
    pending = [key for key in addresses if key.prefix.bits == 128]
    deadline: Optional[_Deadline] = None
    while pending:
        # Listening before looking, so that nothing is missed in between.
        with _listener() as events:
            links = _links(route.dump(wire.RTM_GETLINK, wire.IFINFOMSG.pack(_AF_INET6, 0, 0, 0, 0)))
            places = {_place(key, links): key for key in pending}
            deadline = deadline or _deadline(max(links[key.link].longest for key in pending))
            tentative = _still_tentative(places, _present(places, route))
            idle = {one.number for one in links.values() if not one.detects}
            begun = _with_carrier(tentative, idle)
            pending = list(_follow(begun, deadline, events).values())


def _deadline(seconds: float) -> _Deadline:
    return _Deadline(time.monotonic() + seconds, seconds)


def _listener() -> socket.socket:
    events = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW | socket.SOCK_CLOEXEC, wire.NETLINK_ROUTE)
    events.bind((0, wire.RTMGRP_LINK | wire.RTMGRP_IPV6_IFADDR))
    return events


def _follow(
    pending: Dict[Place, AddressKey], deadline: _Deadline, events: socket.socket
) -> Dict[Place, AddressKey]:
    """Those of which nothing is known any more because notifications were lost.

    A socket that was full once drops everything until it was read empty, and says so only
    the first time (net/netlink/af_netlink.c, NETLINK_S_CONGESTED): it is of no more use.
    """
    if pending:
        log.info("waiting for duplicate address detection of %d addresses", len(pending))
    while pending:
        left = deadline.moment - time.monotonic()
        if left <= 0:
            key = next(iter(pending.values()))
            raise SettleError(key, f"duplicate address detection did not end within {deadline.seconds:g} s")
        events.settimeout(left)
        try:
            buffer = events.recv(_RECEIVE_SIZE)
            pending = _still_tentative(pending, dict(_addresses(buffer)))
            pending = _with_carrier(pending, _unplugged(buffer))
        except socket.timeout:
            continue
        except OSError as error:
            if error.errno != errno.ENOBUFS:
                raise ObserveError(f"the kernel's notifications of addresses were lost: {error}") from error
            return pending
    return pending


def _still_tentative(places: Mapping[Place, AddressKey], told: Flags) -> Dict[Place, AddressKey]:
    """Those that are, and those of which nothing is told. Raises SettleError."""
    return {
        place: key for place, key in places.items() if place not in told or _is_tentative(key, told[place])
    }


def _is_tentative(key: AddressKey, flags: Optional[int]) -> bool:
    if flags is None:
        raise SettleError(key, _GONE)
    if flags & wire.IFA_F_DADFAILED:
        raise SettleError(key, _DUPLICATE)
    return bool(flags & wire.IFA_F_TENTATIVE)


def _with_carrier(
    tentative: Mapping[Place, AddressKey], unplugged: Container[int]
) -> Dict[Place, AddressKey]:
    """Those which are not on one of these links."""
    for (number, _), key in tentative.items():
        if number in unplugged:
            log.info(
                "nobody knows yet whether %s is a duplicate: %s has no carrier, or is a bond's port",
                key,
                key.link,
            )
    return {place: key for place, key in tentative.items() if place[0] not in unplugged}


def _place(key: AddressKey, links: Mapping[str, _Link]) -> Place:
    if key.link not in links:
        raise SettleError(key, _GONE)
    return links[key.link].number, key.prefix.address


def _present(places: Iterable[Place], route: NetlinkSocket) -> Flags:
    """The flags of these addresses as they are now.

    The end of each detection interrupts a dump: with thousands there is none without. What such a one
    does not have may be there all the same.
    """
    answers, interrupted = route.glance(wire.RTM_GETADDR, wire.IFADDRMSG.pack(_AF_INET6, 0, 0, 0, 0))
    found = dict(_address(message) for message in answers)
    return {place: found.get(place) for place in places if place in found or not interrupted}


def _addresses(buffer: bytes) -> Iterator[Tuple[Place, Optional[int]]]:
    """What notifications say of addresses; of several about one the last holds."""
    for kind, _, start, end, _ in messages(buffer):
        if kind in {wire.RTM_NEWADDR, wire.RTM_DELADDR}:
            place, flags = _address((buffer, start, end))
            yield place, flags if kind == wire.RTM_NEWADDR else None


def _unplugged(buffer: bytes) -> Set[int]:
    """The links that are up and, by these notifications, without carrier."""
    found = set()
    for kind, _, start, _, _ in messages(buffer):
        if kind == wire.RTM_NEWLINK:
            _, _, number, flags, _ = wire.IFINFOMSG.unpack_from(buffer, start)
            # One that is set down loses its addresses, which is told next.
            if flags & wire.IFF_UP and not flags & wire.IFF_LOWER_UP:
                found.add(number)
    return found


def _address(message: Message) -> Tuple[Place, int]:
    buffer, start, end = message
    _, _, flags, _, index = wire.IFADDRMSG.unpack_from(buffer, start)
    given = {number: buffer[s:e] for number, s, e in attributes(buffer, start + wire.IFADDRMSG.size, end)}
    return (index, given.get(wire.IFA_LOCAL) or given.get(wire.IFA_ADDRESS, b"")), flags


def _links(answers: Sequence[Message]) -> Dict[str, _Link]:
    """By name, the links that speak IPv6."""
    found = {}
    for buffer, start, end in answers:
        _, _, index, flags, _ = wire.IFINFOMSG.unpack_from(buffer, start)
        parts = {
            number: (first, last)
            for number, first, last in attributes(buffer, start + wire.IFINFOMSG.size, end)
        }
        if wire.IFLA_PROTINFO in parts:
            name = buffer[slice(*parts[wire.IFLA_IFNAME])].rstrip(b"\0").decode(errors="surrogateescape")
            longest = _MARGIN + _duration(buffer, *parts[wire.IFLA_PROTINFO])
            detects = bool(flags & wire.IFF_LOWER_UP) and not flags & wire.IFF_SLAVE
            found[name] = _Link(index, detects, longest)
    return found


def _duration(buffer: bytes, start: int, end: int) -> float:
    """Seconds of detection at the longest, by the link's own timers."""
    parts = {number: (first, last) for number, first, last in attributes(buffer, start, end)}
    if not {wire.IFLA_INET6_CONF, wire.IFLA_INET6_CACHEINFO} <= parts.keys():
        return 0.0
    first, last = parts[wire.IFLA_INET6_CONF]
    settings = struct.unpack_from(f"={(last - first) // 4}i", buffer, first)
    *_, retransmission = wire.IFLA_CACHEINFO.unpack_from(buffer, parts[wire.IFLA_INET6_CACHEINFO][0])
    # All in milliseconds.
    delay = settings[wire.DEVCONF_RTR_SOLICIT_DELAY]
    return float(delay + settings[wire.DEVCONF_DAD_TRANSMITS] * retransmission) / 1000

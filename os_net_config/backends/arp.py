"""Ask the other nodes on a link whether one of them has an IPv4 address, before it is ours.

RFC 5227, 2.1, with its times cut to fit a run: there it is three questions a second or two apart, and two
seconds for answers to the last. Here all of it is within one wait, for all addresses together. A link that
has no carrier yet has some time to get it, and its wait begins with that.
"""

from __future__ import annotations

import contextlib
import heapq
import logging
import math
import select
import socket
import time
from typing import Dict, Iterator, List, NamedTuple, Sequence, Set, Tuple

from ..state.model import AddressKey
from . import packets
from .protocol import Answers, ObserveError
from .rtnetlink.carrier import Links
from .rtnetlink.socket import NetlinkSocket

log = logging.getLogger(__name__)

#: PROBE_NUM (RFC 5227, 1.1).
_PROBES = 3
_ETH_P_ARP = 0x0806
#: linux/if_packet.h. So come what goes to others, and what is tagged for a VLAN that this node does not
#: have (net/core/dev.c, __netif_receive_skb_core).
_PACKET_OTHERHOST = 3
_FRAME_SIZE = 128
#: asm-generic/socket.h. In bytes: for the answers to thousands of questions at once; and how many
#: frames that is at most.
_SO_RCVBUFFORCE, _RECEIVE_BUFFER = 33, 8 << 20
_MOST_FRAMES = 12000

_NO_ARP = "its link does no ARP, or is a port of a bond"
_NO_CARRIER = "its link has no carrier"
_GONE = "its link is gone"


class Times(NamedTuple):
    """In seconds: how long answers may take, and how long a link may take to get carrier."""

    wait: float
    carrier: float


def in_use(addresses: Sequence[AddressKey], times: Times, route: NetlinkSocket) -> Answers:
    """Ask for all of these addresses at once, and say what is known of each. Raises ObserveError.

    ``route`` is asked for the links.
    """
    log.info("asking other nodes for %d addresses", len(addresses))
    try:
        # Listening before looking, so that nothing is missed in between.
        with _ears() as ears, Links(route) as links:
            inquiry = _Inquiry(addresses, links, ears, times)
            inquiry.make()
    except OSError as error:
        raise ObserveError(f"other nodes cannot be asked for addresses: {error.strerror}") from error
    taken = {key: inquiry.taken[key] for key in addresses if key in inquiry.taken}
    return Answers(taken, inquiry.unasked)


@contextlib.contextmanager
def _ears() -> Iterator[socket.socket]:
    """Hears the ARP of all links, but for what this node sends itself."""
    kind = socket.SOCK_RAW | socket.SOCK_CLOEXEC | socket.SOCK_NONBLOCK
    with socket.socket(socket.AF_PACKET, kind, socket.htons(_ETH_P_ARP)) as ears:
        with contextlib.suppress(PermissionError):
            ears.setsockopt(socket.SOL_SOCKET, _SO_RCVBUFFORCE, _RECEIVE_BUFFER)
        yield ears


class _Turn(NamedTuple):
    """When a link is spoken to for the next time, or is heard enough."""

    moment: float
    number: int
    link: str


class _Inquiry:
    """All questions and answers of one time. ``taken`` and ``unasked`` grow as it goes on."""

    def __init__(
        self, addresses: Sequence[AddressKey], links: Links, ears: socket.socket, times: Times
    ) -> None:
        self.taken: Dict[AddressKey, bytes] = {}
        self.unasked: Dict[AddressKey, str] = {}
        self._links, self._ears, self._times = links, ears, times
        self._by_link: Dict[str, Dict[bytes, AddressKey]] = {}
        for key in addresses:
            self._by_link.setdefault(key.link, {})[key.prefix.address] = key
        self._turns: List[_Turn] = []
        #: A question comes back where two of our links are on one segment.
        self._own = {link.mac for link in links.known.values()}

    def make(self) -> None:
        """Until all that could be heard was heard."""
        waiting = set(self._by_link)
        self._pass_over({name for name in waiting if not self._speaks_arp(name)}, waiting, _NO_ARP)
        given_up = time.monotonic() + self._times.carrier
        while waiting or self._turns:
            now = time.monotonic()
            for name in self._links.with_carrier(sorted(waiting)):
                waiting.discard(name)
                heapq.heappush(self._turns, _Turn(now, 0, name))
            if now >= given_up:
                self._pass_over(set(waiting), waiting, _NO_CARRIER)
            self._speak(now)
            moments = [turn.moment for turn in self._turns[:1]] + [given_up] * bool(waiting)
            self._hear(min(moments, default=now), bool(waiting))

    def _speaks_arp(self, name: str) -> bool:
        link = self._links.known.get(name)
        return link is None or link.speaks_arp

    def _pass_over(self, names: Set[str], waiting: Set[str], reason: str) -> None:
        waiting -= names
        for name in names:
            why = reason if name in self._links.known else _GONE
            self.unasked.update(dict.fromkeys(self._by_link[name].values(), why))

    def _speak(self, now: float) -> None:
        """To the links whose turn it is."""
        while self._turns and self._turns[0].moment <= now:
            turn = heapq.heappop(self._turns)
            if turn.number < _PROBES and self._ask(turn.link):
                # From when it was spoken to: thousands of questions take their time.
                later = time.monotonic() + self._times.wait / _PROBES
                heapq.heappush(self._turns, _Turn(later, turn.number + 1, turn.link))

    def _ask(self, name: str) -> bool:
        """Whether the link still takes it."""
        link, addresses = self._links.known[name], self._by_link[name]
        try:
            for address in addresses:
                self._ears.sendto(packets.arp_probe(link.mac, address), (name, _ETH_P_ARP))
        except OSError as error:
            self.unasked.update(
                dict.fromkeys(addresses.values(), f"its link takes no packet: {error.strerror}")
            )
            return False
        return True

    def _hear(self, until: float, follows_links: bool) -> None:
        """Wait for the next packet, or news of links that are waited for, until this moment."""
        poll = select.poll()
        poll.register(self._ears, select.POLLIN)
        if follows_links:
            poll.register(self._links, select.POLLIN)
        left = max(0.0, until - time.monotonic())
        for descriptor, _ in poll.poll(math.ceil(left * 1000)):
            if descriptor == self._ears.fileno():
                self._take_all()
            else:
                self._links.follow()

    def _take_all(self) -> None:
        with contextlib.suppress(BlockingIOError):
            for _ in range(_MOST_FRAMES):
                self._take(*self._ears.recvfrom(_FRAME_SIZE))

    def _take(self, frame: bytes, source: Tuple[str, int, int, int, bytes]) -> None:
        name, _, direction, *_ = source
        claim = packets.arp_claim(frame)
        if claim is None or direction == _PACKET_OTHERHOST:
            return
        key = self._by_link.get(name, {}).get(claim.address)
        if key is not None and claim.mac not in self._own:
            self.taken.setdefault(key, claim.mac)

"""Traffic that sees every loss: a numbered datagram, or a question, each millisecond.

The far end is a neighbour on the switch. What counts is what is missing, not when it came.
"""

from __future__ import annotations

import contextlib
import os
import select
import socket
import struct
import time
from typing import Callable, Dict, Iterator, List, NamedTuple, Sequence, Set

from .helper import Helper, Orders
from .namespace import Namespace

_PORT = 5001
_NUMBER = struct.Struct("!Q")
#: struct icmphdr of an echo (RFC 792): type, code, checksum, identifier, sequence number.
_ECHO = struct.Struct("!BBHHH")
_ECHO_REQUEST, _ECHO_REPLY = 8, 0
_IPV4_HEADER, _IPV4_SOURCE = 20, slice(12, 16)
_SO_RCVBUFFORCE = 33
_BUFFER = 64 << 20

#: Seconds between two datagrams, and between two looks at what arrived.
_PACE, _LOOK = 0.001, 0.02
_PACE_OF_QUESTIONS = 0.01
#: So many have to arrive before something is changed.
_ENOUGH = 20
#: Seconds for which traffic goes on after the change: a bond looks at its ports every 0.1 s.
_AFTERMATH = 0.3
#: Seconds for the last answers to come.
_LAST_ANSWERS = 1.0


class Traffic:
    """What was sent and what arrived, filled when the traffic is over."""

    def __init__(self) -> None:
        self.sent = 0
        self.arrived: Set[int] = set()

    @property
    def lost(self) -> List[int]:
        """The numbers that are missing from the first one that arrived to the last one sent."""
        first = min(self.arrived, default=0)
        return [number for number in range(first, self.sent) if number not in self.arrived]


@contextlib.contextmanager
def streaming(neighbour: Namespace, address: str, link: str) -> Iterator[Traffic]:
    """Datagrams from a neighbour to an address on a link of ours, for the time of the context."""
    with contextlib.ExitStack() as stack:
        home = stack.enter_context(Namespace())
        arriving = stack.enter_context(_bound(address, link))
        receiver = stack.enter_context(Helper(home, lambda orders: _receive(orders, arriving)))
        sender = stack.enter_context(Helper(neighbour, lambda orders: _send(orders, address)))
        traffic = Traffic()
        receiver.wait_until_ready()
        yield traffic
        time.sleep(_AFTERMATH)
        traffic.sent = sender.result()
        traffic.arrived = set(receiver.result())


@contextlib.contextmanager
def probing(neighbour: Namespace, *addresses: str) -> Iterator[Dict[str, Traffic]]:
    """Echo requests from a neighbour to IPv4 addresses; the first one has to answer from the start."""
    with Helper(neighbour, lambda orders: _probe(orders, addresses)) as prober:
        traffic = {address: Traffic() for address in addresses}
        prober.wait_until_ready()
        yield traffic
        time.sleep(_AFTERMATH)
        found = prober.result()
        for address, one in traffic.items():
            one.sent, one.arrived = found["sent"], set(found["arrived"][address])


@contextlib.contextmanager
def answering(neighbour: Namespace, address: str) -> Iterator[List[float]]:
    """When an IPv4 address answers a neighbour, which asks each hundredth of a second.

    The moments (CLOCK_MONOTONIC) are there when the context is left.
    """
    with Helper(neighbour, lambda orders: _note_answers(orders, address)) as asker:
        moments: List[float] = []
        asker.wait_until_ready()
        yield moments
        time.sleep(_AFTERMATH)
        moments += asker.result()


class Arrival(NamedTuple):
    """A datagram's number, and when it came (CLOCK_MONOTONIC), as exactly as somebody looks."""

    number: int
    moment: float


@contextlib.contextmanager
def arrivals(neighbour: Namespace, address: str) -> Iterator[List[Arrival]]:
    """Datagrams from a neighbour to an address, on whatever link it is: those that arrive, in order.

    One is sent each hundredth of a second. The list is filled when the context is left.
    """
    with contextlib.ExitStack() as stack:
        home = stack.enter_context(Namespace())
        arriving = stack.enter_context(socket.socket(_family(address), socket.SOCK_DGRAM))
        _enlarge(arriving)
        arriving.bind((address, _PORT))
        receiver = stack.enter_context(Helper(home, lambda orders: _note_arrivals(orders, arriving)))
        sender = stack.enter_context(Helper(neighbour, lambda orders: _send_slowly(orders, address)))
        found: List[Arrival] = []
        receiver.wait_until_ready()
        yield found
        time.sleep(_AFTERMATH)
        sender.result()
        found += [Arrival(*one) for one in receiver.result()]


def _family(address: str) -> socket.AddressFamily:
    return socket.AF_INET6 if ":" in address else socket.AF_INET


def _note_arrivals(orders: Orders, arriving: socket.socket) -> List[Arrival]:
    found: List[Arrival] = []
    stopped = False
    while not stopped:
        stopped = orders.stopped_within(_LOOK)
        found += [Arrival(_NUMBER.unpack(one)[0], time.monotonic()) for one in _waiting(arriving)]
        if len(found) >= _ENOUGH:
            orders.ready()
    return found


def _send_slowly(orders: Orders, address: str) -> int:
    number = 0
    with socket.socket(_family(address), socket.SOCK_DGRAM) as out:
        while not orders.stopped_within(_PACE_OF_QUESTIONS):
            # Where nobody has the address the kernel says so of a later one.
            with contextlib.suppress(OSError):
                out.sendto(_NUMBER.pack(number), (address, _PORT))
            number += 1
    return number


def _note_answers(orders: Orders, address: str) -> List[float]:
    moments: List[float] = []
    with socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP) as echo:
        # Only what comes from there; also what of it is no answer comes only where there is a way.
        echo.connect((address, 0))
        identifier, number = os.getpid() & 0xFFFF, 0
        while not orders.stopped_within(_PACE_OF_QUESTIONS):
            with contextlib.suppress(OSError):
                echo.send(_echo_request(identifier, number))
                number += 1
            moments += [time.monotonic() for _ in _waiting(echo)]
            if moments:
                orders.ready()
    return moments


def _bound(address: str, link: str) -> socket.socket:
    """To the link itself: one of the same name in its place is another one."""
    made = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    made.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, link.encode())
    _enlarge(made)
    made.bind((address, _PORT))
    return made


def _enlarge(one: socket.socket) -> None:
    # In a user namespace the buffer stays as it is; then the receiver has to be quick.
    with contextlib.suppress(PermissionError):
        one.setsockopt(socket.SOL_SOCKET, _SO_RCVBUFFORCE, _BUFFER)


def _receive(orders: Orders, arriving: socket.socket) -> List[int]:
    found: List[int] = []
    stopped = False
    while not stopped:
        # What was sent before the order is in the socket by now.
        stopped = orders.stopped_within(_LOOK)
        found += [_NUMBER.unpack(datagram)[0] for datagram in _waiting(arriving)]
        if len(found) >= _ENOUGH:
            orders.ready()
    return found


def _send(orders: Orders, address: str) -> int:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as out:
        return _each_millisecond(orders, lambda number: out.sendto(_NUMBER.pack(number), (address, _PORT)))


class _Prober:
    """Asks several addresses in turn over one socket, and notes who answered which question."""

    def __init__(self, orders: Orders, addresses: Sequence[str], echo: socket.socket) -> None:
        self._orders, self._addresses, self._echo = orders, addresses, echo
        self._identifier = os.getpid() & 0xFFFF
        self.arrived: Dict[str, List[int]] = {address: [] for address in addresses}

    def ask(self, number: int) -> None:
        if number % _ENOUGH == 0:
            self.listen()
        packet = _echo_request(self._identifier, number)
        for address in self._addresses:
            with contextlib.suppress(OSError):
                self._echo.sendto(packet, (address, 0))

    def listen(self) -> None:
        for packet in _waiting(self._echo):
            kind, _, _, whose, _ = _ECHO.unpack_from(packet, _IPV4_HEADER)
            if (kind, whose) == (_ECHO_REPLY, self._identifier):
                source = socket.inet_ntoa(packet[_IPV4_SOURCE])
                self.arrived[source].append(_NUMBER.unpack_from(packet, _IPV4_HEADER + _ECHO.size)[0])
        if len(self.arrived[self._addresses[0]]) >= _ENOUGH:
            self._orders.ready()

    def listen_to_the_last(self, sent: int) -> None:
        deadline = time.monotonic() + _LAST_ANSWERS
        while not all(sent - 1 in of_one[-_ENOUGH:] for of_one in self.arrived.values()):
            left = deadline - time.monotonic()
            if left <= 0:
                return
            select.select([self._echo], [], [], left)
            self.listen()


def _probe(orders: Orders, addresses: Sequence[str]) -> Dict[str, object]:
    with socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP) as echo:
        _enlarge(echo)
        prober = _Prober(orders, addresses, echo)
        sent = _each_millisecond(orders, prober.ask)
        prober.listen_to_the_last(sent)
        return {"sent": sent, "arrived": prober.arrived}


def _each_millisecond(orders: Orders, act: Callable[[int], object]) -> int:
    """Act with numbers from 0 up; how many there were. What the kernel refuses to send is lost."""
    _be_in_time()
    number = 0
    while not orders.stopped_within(_PACE):
        with contextlib.suppress(OSError):
            act(number)
        number += 1
    return number


def _be_in_time() -> None:
    """Before everything else on this CPU, so that nothing short goes unseen."""
    # In a user namespace this is not allowed; then the sender is as quick as it can be.
    with contextlib.suppress(PermissionError):
        os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(1))


def _waiting(one: socket.socket) -> Iterator[bytes]:
    """All that has arrived so far."""
    with contextlib.suppress(BlockingIOError):
        while True:
            yield one.recv(2048, socket.MSG_DONTWAIT)


def _echo_request(identifier: int, number: int) -> bytes:
    header = _ECHO.pack(_ECHO_REQUEST, 0, 0, identifier, number & 0xFFFF)
    packet = header + _NUMBER.pack(number)
    checksum = _checksum(packet)
    return _ECHO.pack(_ECHO_REQUEST, 0, checksum, identifier, number & 0xFFFF) + packet[_ECHO.size :]


def _checksum(packet: bytes) -> int:
    """RFC 1071."""
    total: int = sum(word for (word,) in struct.iter_unpack("!H", packet))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF

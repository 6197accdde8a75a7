"""What the node says on its cables, as the far ends hear it."""

from __future__ import annotations

import contextlib
import socket
import struct
from typing import Iterator, List, NamedTuple, Tuple

from .node import Node

_ETH_P_ALL = 0x0003
_ETHERNET = struct.Struct("!6s6sH")
_ETH_P_ARP, _ETH_P_IPV6 = 0x0806, 0x86DD
_ARPOP_REQUEST = b"\0\1"
#: Type, code, checksum, flags, target; the option with the target's link-layer address.
_ADVERTISEMENT = struct.Struct("!BBHI16s2x6s")
_IPV6_HEADER, _ICMPV6, _NEIGHBOUR_ADVERTISEMENT, _OVERRIDE = 40, 58, 136, 1 << 29


class Claim(NamedTuple):
    """That an address is at a MAC address."""

    cable: str
    address: str
    mac: str


class Question(NamedTuple):
    """ARP for an address, by one that has an address or has none (0.0.0.0)."""

    cable: str
    sender: str
    target: str
    mac: str


@contextlib.contextmanager
def claims(node: Node, *cables: str) -> Iterator[List[Claim]]:
    """Those that are made to everybody on these far ends; the list is filled when the context is left.

    ARP by sender and target, neighbour advertisements that override: each as often as it came.
    """
    found: List[Claim] = []
    with frames(node, *cables) as heard:
        yield found
    found += [Claim(cable, *claim) for cable, frame in heard for claim in _claims(frame)]


@contextlib.contextmanager
def questions(node: Node, *cables: str) -> Iterator[List[Question]]:
    """What is asked by ARP at these far ends, as often as it came; filled when the context is left."""
    found: List[Question] = []
    with frames(node, *cables) as heard:
        yield found
    found += [Question(cable, *question) for cable, frame in heard for question in _questions(frame)]


@contextlib.contextmanager
def frames(node: Node, *cables: str) -> Iterator[List[Tuple[str, bytes]]]:
    """All that comes out of these far ends, by cable; the list is filled when the context is left."""
    found: List[Tuple[str, bytes]] = []
    with contextlib.ExitStack() as stack:
        with node.at_the_switch():
            taps = {
                cable: stack.enter_context(
                    socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(_ETH_P_ALL))
                )
                for cable in cables
            }
            for cable, tap in taps.items():
                tap.bind((cable, _ETH_P_ALL))
        yield found
        for cable, tap in taps.items():
            tap.setblocking(False)
            with contextlib.suppress(BlockingIOError):
                while True:
                    frame, (_, _, direction, *_) = tap.recvfrom(2048)
                    if direction != socket.PACKET_OUTGOING:
                        found.append((cable, frame))


def _questions(frame: bytes) -> Iterator[Tuple[str, str, str]]:
    """At most one: the sender's address, the one that it asks for, and its MAC address."""
    _, _, protocol = _ETHERNET.unpack_from(frame)
    payload = frame[_ETHERNET.size :]
    if protocol == _ETH_P_ARP and payload[6:8] == _ARPOP_REQUEST and payload[14:18] != payload[24:28]:
        sender, target = (socket.inet_ntop(socket.AF_INET, payload[n : n + 4]) for n in (14, 24))
        yield sender, target, payload[8:14].hex(":")


def _claims(frame: bytes) -> Iterator[tuple[str, str]]:
    """At most one: the address and the MAC address."""
    _, _, protocol = _ETHERNET.unpack_from(frame)
    payload = frame[_ETHERNET.size :]
    if protocol == _ETH_P_ARP and payload[14:18] == payload[24:28]:
        yield socket.inet_ntop(socket.AF_INET, payload[14:18]), payload[8:14].hex(":")
    elif (
        protocol == _ETH_P_IPV6
        and payload[6] == _ICMPV6
        and payload[_IPV6_HEADER] == _NEIGHBOUR_ADVERTISEMENT
    ):
        _, _, _, flags, target, mac = _ADVERTISEMENT.unpack_from(payload, _IPV6_HEADER)
        if flags & _OVERRIDE:
            yield socket.inet_ntop(socket.AF_INET6, target), mac.hex(":")

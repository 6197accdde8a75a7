"""Send a packet until it is answered: echo requests, ARP, neighbour solicitations.

The sockets are raw: those that need no right to it (ping_group_range) are closed to everybody by default.
"""

from __future__ import annotations

import os
import socket
import time
from typing import Callable, NamedTuple, Tuple

from ...state.probe import Question
from . import messages
from .limit import PACE, Limit, until_it_works

_ETH_P_ARP = 0x0806
#: linux/if_arp.h.
_ARPHRD_ETHER = 1
_BROADCAST = b"\xff" * 6
_RECEIVE_SIZE = 2048
#: Neighbour discovery takes no packet that a router could have passed on (RFC 4861, 7.1).
_HOP_LIMIT = 255
#: Any: a socket of UDP that is connected sends nothing.
_PORT = 9


class _Talk(NamedTuple):
    own: socket.socket
    request: bytes
    to: Tuple[object, ...]
    is_answer: Callable[[bytes], bool]


def ping(question: Question, limit: Limit) -> str:
    """Whether it answers echo requests."""
    return until_it_works(lambda: _hold(_echo(question), limit), limit)


def neighbour(question: Question, limit: Limit) -> str:
    """Whether it answers ARP or neighbour solicitations on its link, whatever the kernel has of it."""
    opened = _arp if question.family == 4 else _discovery
    return until_it_works(lambda: _hold(opened(question), limit), limit)


def _hold(talk: _Talk, limit: Limit) -> None:
    """Send at a pace until the answer comes. Raises OSError."""
    with talk.own as own:
        while limit.left:
            own.sendto(talk.request, talk.to)
            again = time.monotonic() + min(PACE, limit.left)
            if _hears(talk, again):
                return
    raise TimeoutError


def _hears(talk: _Talk, moment: float) -> bool:
    while True:
        left = moment - time.monotonic()
        if left <= 0:
            return False
        talk.own.settimeout(left)
        try:
            packet = talk.own.recv(_RECEIVE_SIZE)
        except socket.timeout:
            return False
        if talk.is_answer(packet):
            return True


def _raw(family: int, protocol: int, link: str) -> socket.socket:
    kind = socket.AF_INET if family == 4 else socket.AF_INET6
    own = socket.socket(kind, socket.SOCK_RAW | socket.SOCK_CLOEXEC, protocol)
    try:
        _bind(own, link)
    except OSError:
        own.close()
        raise
    return own


def _bind(own: socket.socket, link: str) -> None:
    if link:
        own.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, os.fsencode(link) + b"\0")


def _echo(question: Question) -> _Talk:
    family, token = question.family, os.urandom(8)
    number = socket.if_nametoindex(question.link) if question.link else 0
    own = _raw(family, socket.IPPROTO_ICMP if family == 4 else socket.IPPROTO_ICMPV6, question.link)
    to = (question.target, 0) if family == 4 else (question.target, 0, 0, number)
    request = messages.echo_request(family, token)
    return _Talk(own, request, to, lambda packet: messages.is_echo_reply(family, token, packet))


def _arp(question: Question) -> _Talk:
    link, target = question.link, socket.inet_aton(question.target)
    mac, source = _mac(link), _source(question)
    own = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC, 0)
    own.bind((link, _ETH_P_ARP))
    to = (link, _ETH_P_ARP, 0, _ARPHRD_ETHER, _BROADCAST)
    request = messages.arp_request(mac, source, target)
    return _Talk(own, request, to, lambda packet: messages.is_arp_reply(target, packet))


def _discovery(question: Question) -> _Talk:
    link, target = question.link, socket.inet_pton(socket.AF_INET6, question.target)
    request, group = messages.solicitation(_mac(link), target)
    number = socket.if_nametoindex(link)
    own = _raw(6, socket.IPPROTO_ICMPV6, link)
    own.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_HOPS, _HOP_LIMIT)
    to = (socket.inet_ntop(socket.AF_INET6, group), 0, 0, number)
    return _Talk(own, request, to, lambda packet: messages.is_advertisement(target, packet))


def _mac(link: str) -> bytes:
    """Of a link that has neighbours with MAC addresses. Raises OSError for others."""
    with socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC, 0) as any_socket:
        any_socket.bind((link, 0))
        _, _, _, kind, mac = any_socket.getsockname()
    if kind != _ARPHRD_ETHER:
        raise OSError(f"{link} has no neighbours with MAC addresses")
    return bytes(mac)


def _source(question: Question) -> bytes:
    """The address of ours that the kernel takes on the way there."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as any_socket:
        _bind(any_socket, question.link)
        any_socket.connect((question.target, _PORT))
        return socket.inet_aton(any_socket.getsockname()[0])

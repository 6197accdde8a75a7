"""A router at the other end of a cable, which announces a prefix (RFC 4861, 4.2 and 4.6.2)."""

from __future__ import annotations

import select
import socket
import struct
from ipaddress import IPv6Address
from typing import Tuple

from .messages import messages
from .node import Node, ip
from .raw import attributes

_NETLINK_ROUTE, _RTMGRP_IPV6_IFADDR, _RTM_NEWADDR = 0, 0x100, 20
_IFADDRMSG, _IFA_ADDRESS = struct.Struct("=BBBBI"), 1
_ICMPV6_ADVERTISEMENT, _PREFIX_INFORMATION = 134, 3
#: Type, code, checksum, hop limit, flags, router lifetime, reachable time, retransmission timer.
_ADVERTISEMENT = struct.Struct("!BBHBBHII")
#: Type, length in eight bytes, prefix length, flags, valid and preferred lifetime, reserved, prefix.
_PREFIX = struct.Struct("!BBBBIII16s")
_ON_LINK_AND_AUTONOMOUS = 0xC0
#: RFC 4861, 6.1.2: less than this came through a router.
_HOP_LIMIT = 255
_ALL_NODES = "ff02::1"

#: Seconds.
_PATIENCE = 10.0


def announce_prefix(node: Node, cable: str, prefix: str, valid: int, preferred: int) -> Tuple[str, str]:
    """Announce a /64, and wait for the address that the node makes of it: its link and itself."""
    advertisement = _ADVERTISEMENT.pack(_ICMPV6_ADVERTISEMENT, 0, 0, 64, 0, 0, 0, 0)
    option = (_PREFIX_INFORMATION, 4, 64, _ON_LINK_AND_AUTONOMOUS, valid, preferred, 0)
    packet = advertisement + _PREFIX.pack(*option, IPv6Address(prefix).packed)
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, _NETLINK_ROUTE) as route:
        route.bind((0, _RTMGRP_IPV6_IFADDR))
        with node.at_the_switch():
            # A router speaks with a link-local address, for which nobody waits here.
            ip(f"address add fe80::1/64 dev {cable} nodad")
            _send(packet, cable)
        return _told(route, IPv6Address(prefix).packed[:8])


def _send(packet: bytes, cable: str) -> None:
    with socket.socket(socket.AF_INET6, socket.SOCK_RAW, socket.IPPROTO_ICMPV6) as router:
        router.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_HOPS, _HOP_LIMIT)
        router.sendto(packet, (_ALL_NODES, 0, 0, socket.if_nametoindex(cable)))


def _told(route: socket.socket, network: bytes) -> Tuple[str, str]:
    while True:
        assert select.select([route], [], [], _PATIENCE)[0], "the node makes no address of the prefix"
        for message in messages(route.recv(1 << 16)):
            _, length, _, _, index = _IFADDRMSG.unpack_from(message.payload)
            address = attributes(message.payload[_IFADDRMSG.size :])[_IFA_ADDRESS]
            if message.type == _RTM_NEWADDR and address[:8] == network:
                return socket.if_indextoname(index), f"{IPv6Address(address)}/{length}"

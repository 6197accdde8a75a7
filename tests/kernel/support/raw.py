"""What netlink tells and ip does not show: labels of addresses, and the newest options of links."""

from __future__ import annotations

import socket
import struct
from typing import Dict, Iterator

from .messages import HEADER, aligned, messages

_NETLINK_ROUTE = 0
_RTM_GETLINK, _RTM_GETADDR = 18, 22
_NLM_F_REQUEST, _NLM_F_DUMP = 0x1, 0x300
_FIRST_TYPE, _NLMSG_DONE = 16, 3
_TYPE_MASK = 0x3FFF
_IFA_ADDRESS, _IFA_LOCAL, _IFA_PROTO = 1, 2, 11
_IFLA_LINKINFO, _IFLA_INFO_DATA, _IFLA_INFO_SLAVE_DATA = 18, 2, 5
_IFINFOMSG, _IFADDRMSG = struct.Struct("=BxHiII"), struct.Struct("=BBBBI")
_ATTRIBUTE = struct.Struct("=HH")


def address_labels() -> Dict[str, int]:
    """The label by link and address (``eno1 192.0.2.1/24``) of every address that has one."""
    found = {}
    body = bytes(_IFADDRMSG.size)
    for payload in dump(_RTM_GETADDR, body):
        family, length, _, _, index = _IFADDRMSG.unpack_from(payload)
        given = attributes(payload[_IFADDRMSG.size :])
        if _IFA_PROTO in given:
            address = given.get(_IFA_LOCAL) or given[_IFA_ADDRESS]
            text = socket.inet_ntop(socket.AddressFamily(family), address)
            found[f"{socket.if_indextoname(index)} {text}/{length}"] = given[_IFA_PROTO][0]
    return found


def own_attributes(name: str) -> Dict[int, bytes]:
    """Of a bond or a bridge: its options by number (linux/if_link.h, IFLA_BOND_*, IFLA_BR_*)."""
    return attributes(_link_info(name)[_IFLA_INFO_DATA])


def port_attributes(name: str) -> Dict[int, bytes]:
    """Of a bridge's port: its options by number (linux/if_link.h, IFLA_BRPORT_*)."""
    return attributes(_link_info(name)[_IFLA_INFO_SLAVE_DATA])


def _link_info(name: str) -> Dict[int, bytes]:
    return attributes(attributes(asked_link(name))[_IFLA_LINKINFO])


def asked_link(name: str) -> bytes:
    """All attributes of a link, as the kernel tells them."""
    body = _IFINFOMSG.pack(0, 0, socket.if_nametoindex(name), 0, 0)
    return next(_asked(_RTM_GETLINK, 0, body))[_IFINFOMSG.size :]


def dump(kind: int, body: bytes) -> Iterator[bytes]:
    """The payloads of all that a question with this body is answered with."""
    return _asked(kind, _NLM_F_DUMP, body)


def attributes(buffer: bytes) -> Dict[int, bytes]:
    """By number."""
    found, offset = {}, 0
    while offset + _ATTRIBUTE.size <= len(buffer):
        length, number = _ATTRIBUTE.unpack_from(buffer, offset)
        found[number & _TYPE_MASK] = buffer[offset + _ATTRIBUTE.size : offset + length]
        offset += aligned(length)
    return found


def _asked(kind: int, flags: int, body: bytes) -> Iterator[bytes]:
    """The answers: all of a dump, one otherwise."""
    header = HEADER.pack(HEADER.size + len(body), kind, _NLM_F_REQUEST | flags, 1, 0)
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, _NETLINK_ROUTE) as route:
        route.send(header + body)
        while True:
            for message in messages(route.recv(65536)):
                if message.type == _NLMSG_DONE:
                    return
                assert message.type >= _FIRST_TYPE, "the kernel refused to answer"
                yield message.payload
            if not flags:
                return

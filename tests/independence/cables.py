"""The NICs of a node: veth pairs made by raw netlink, since starting a program takes 50 ms in the lab."""

from __future__ import annotations

import os
import socket
import struct
from typing import Iterator, List, Tuple

from tests.kernel.support.messages import HEADER, aligned, messages

#: Names and MAC addresses.
NICS = {f"eno{number}": f"52:54:00:00:00:{number:02}" for number in range(1, 6)}

_NETLINK_ROUTE = 0
_RTM_NEWLINK, _NLMSG_ERROR = 16, 2
#: NLM_F_REQUEST, _ACK, and for a new link _EXCL and _CREATE.
_CHANGE, _CREATE = 0x5, 0x605
_IFF_UP = 1
#: struct ifinfomsg: family, type, index, flags, mask of flags.
_IFINFOMSG = struct.Struct("=BxHiII")
_IFLA_ADDRESS, _IFLA_IFNAME, _IFLA_MTU, _IFLA_LINKINFO, _IFLA_NET_NS_FD = 1, 3, 4, 18, 28
_IFLA_INFO_KIND, _IFLA_INFO_DATA, _VETH_INFO_PEER = 1, 2, 1
#: What no test's NIC is larger than.
_LARGEST = 65535


def lay(node: int, mtu: int) -> None:
    """Plug NICs into the namespace behind the descriptor, with their far ends here and up."""
    _send([_plugged(number, name, mac, node, mtu) for number, (name, mac) in enumerate(NICS.items())])


def set_up(*names: str) -> None:
    """Set links of this namespace up."""
    _send([(_CHANGE, _IFINFOMSG.pack(0, 0, 0, _IFF_UP, _IFF_UP) + _named(name)) for name in names])


def _plugged(number: int, name: str, mac: str, node: int, mtu: int) -> Tuple[int, bytes]:
    near = [
        (_IFLA_ADDRESS, bytes.fromhex(mac.replace(":", ""))),
        (_IFLA_NET_NS_FD, struct.pack("=i", node)),
        (_IFLA_MTU, struct.pack("=I", mtu)),
    ]
    peer = _IFINFOMSG.pack(0, 0, 0, 0, 0) + _named(name) + _attributes(near)
    info = [(_IFLA_INFO_KIND, b"veth\0"), (_IFLA_INFO_DATA, _attributes([(_VETH_INFO_PEER, peer)]))]
    far = [(_IFLA_MTU, struct.pack("=I", _LARGEST)), (_IFLA_LINKINFO, _attributes(info))]
    body = _IFINFOMSG.pack(0, 0, 0, _IFF_UP, _IFF_UP) + _named(f"sw{number}") + _attributes(far)
    return _CREATE, body


def _named(name: str) -> bytes:
    return _attributes([(_IFLA_IFNAME, f"{name}\0".encode())])


def _attributes(given: List[Tuple[int, bytes]]) -> bytes:
    return b"".join(
        struct.pack("=HH", 4 + len(data), number) + data.ljust(aligned(len(data)), b"\0")
        for number, data in given
    )


def _send(requests: List[Tuple[int, bytes]]) -> None:
    """All of them at once; OSError: the kernel refused one."""
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, _NETLINK_ROUTE) as route:
        for sequence, (flags, body) in enumerate(requests):
            route.send(HEADER.pack(HEADER.size + len(body), _RTM_NEWLINK, flags, sequence, 0) + body)
        for _, number in zip(requests, _acknowledgements(route)):
            if number:
                raise OSError(number, os.strerror(number))


def _acknowledgements(route: socket.socket) -> Iterator[int]:
    """The kernel's error numbers, 0 for none."""
    while True:
        for message in messages(route.recv(65536)):
            if message.type == _NLMSG_ERROR:
                yield -struct.unpack_from("=i", message.payload)[0]

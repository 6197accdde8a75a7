"""Changes of the kernel's tables as fast as they can be made, by messages that are made once."""

from __future__ import annotations

import contextlib
import ipaddress
import itertools
import os
import socket
import struct
from typing import Iterator, List, NamedTuple, Sequence

from .helper import Helper, Orders
from .messages import HEADER, aligned
from .namespace import Namespace

_NETLINK_ROUTE = 0
_NLM_F_REQUEST, _NLM_F_ACK, _NLM_F_CREATE, _NLM_F_EXCL = 0x1, 0x4, 0x400, 0x200
_IFINFOMSG, _IFADDRMSG = struct.Struct("=BxHiII"), struct.Struct("=BBBBI")
_RTMSG, _ATTRIBUTE = struct.Struct("=BBBBBBBBI"), struct.Struct("=HH")
_FIB_RULE_HDR = struct.Struct("=BBBBBBBBI")
_FR_ACT_TO_TBL, _FRA_PRIORITY, _FRA_TABLE = 1, 6, 15
_IFLA_MTU, _IFLA_IFNAME, _IFLA_LINKINFO, _IFLA_INFO_KIND = 4, 3, 18, 1
_IFA_ADDRESS, _IFA_LOCAL, _IFA_F_NODAD = 1, 2, 2
_RTA_DST, _RTA_OIF = 1, 4
_RT_TABLE_MAIN, _RTN_UNICAST = 254, 1
_FAMILIES = {4: socket.AF_INET, 6: socket.AF_INET6}
#: By what is changed: the types of the messages that add one and delete one.
_NEW_LINK, _NEW_ADDRESS, _NEW_ROUTE, _NEW_RULE = 16, 20, 24, 32
#: Not ours.
_PROTOCOL = 186


class Request(NamedTuple):
    """A message without its header."""

    type: int
    flags: int
    body: bytes

    @property
    def undone(self) -> Request:
        """Of one that adds: the one that deletes the same again."""
        return Request(self.type + 1, 0, self.body)


def dummy(name: str, index: int) -> Request:
    kind = _attribute(_IFLA_LINKINFO, _attribute(_IFLA_INFO_KIND, b"dummy\0"))
    body = _IFINFOMSG.pack(0, 0, index, 0, 0) + _attribute(_IFLA_IFNAME, name.encode() + b"\0") + kind
    return Request(_NEW_LINK, _NLM_F_CREATE | _NLM_F_EXCL, body)


def address(text: str, index: int) -> Request:
    """A host's own, on the link with this index."""
    one = ipaddress.ip_address(text)
    head = _IFADDRMSG.pack(_FAMILIES[one.version], one.max_prefixlen, _IFA_F_NODAD, 0, index)
    local, there = (_attribute(number, one.packed) for number in (_IFA_LOCAL, _IFA_ADDRESS))
    return Request(_NEW_ADDRESS, _NLM_F_CREATE | _NLM_F_EXCL, head + local + there)


def route(text: str, index: int, protocol: int = _PROTOCOL) -> Request:
    """To a network, by the link with this index."""
    one = ipaddress.ip_network(text)
    family, length = _FAMILIES[one.version], one.prefixlen
    head = _RTMSG.pack(family, length, 0, 0, _RT_TABLE_MAIN, protocol, 0, _RTN_UNICAST, 0)
    way = _attribute(_RTA_OIF, struct.pack("=I", index))
    return Request(
        _NEW_ROUTE,
        _NLM_F_CREATE | _NLM_F_EXCL,
        head + _attribute(_RTA_DST, one.network_address.packed) + way,
    )


def rule(priority: int) -> Request:
    """Of IPv4, to the main table."""
    head = _FIB_RULE_HDR.pack(socket.AF_INET, 0, 0, 0, _RT_TABLE_MAIN, 0, 0, _FR_ACT_TO_TBL, 0)
    given = ((_FRA_PRIORITY, priority), (_FRA_TABLE, _RT_TABLE_MAIN))
    body = head + b"".join(_attribute(number, struct.pack("=I", value)) for number, value in given)
    return Request(_NEW_RULE, _NLM_F_CREATE | _NLM_F_EXCL, body)


def mtu(index: int, value: int) -> Request:
    """Everybody who listens is told of it."""
    return Request(
        _NEW_LINK, 0, _IFINFOMSG.pack(0, 0, index, 0, 0) + _attribute(_IFLA_MTU, struct.pack("=I", value))
    )


def there_and_back(*steps: Request) -> List[Request]:
    """Made one after another, then taken away, the last one first: who sees one sees all before it."""
    return [*steps, *(one.undone for one in reversed(steps))]


class Writer:
    """A socket of this namespace for such messages."""

    def __init__(self) -> None:
        self._socket = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, _NETLINK_ROUTE)

    def __enter__(self) -> Writer:
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.close()

    def carry_out(self, *requests: Request) -> None:
        for kind, flags, body in requests:
            asked = flags | _NLM_F_REQUEST | _NLM_F_ACK
            self._socket.send(HEADER.pack(HEADER.size + len(body), kind, asked, 0, 0) + body)
            (code,) = struct.unpack_from("=i", self._socket.recv(4096), HEADER.size)
            if code:
                raise OSError(-code, f"{os.strerror(-code)}: message {kind}, {body!r}")


@contextlib.contextmanager
def going_on(node: Namespace, *rounds: Sequence[Request], pause: float = 0) -> Iterator[None]:
    """Another process makes these changes, one round after another and again and again.

    A round that is begun is ended; the ``pause`` after it is in seconds.
    """

    def work(orders: Orders) -> int:
        with Writer() as writer:
            for number, requests in enumerate(itertools.cycle(rounds)):
                if orders.stopped_within(pause):
                    return number
                writer.carry_out(*requests)
                orders.ready()
        raise AssertionError("no rounds")

    with Helper(node, work) as helper:
        helper.wait_until_ready()
        yield
        assert helper.result()


def _attribute(number: int, value: bytes) -> bytes:
    length = _ATTRIBUTE.size + len(value)
    return _ATTRIBUTE.pack(length, number) + value + bytes(aligned(length) - length)

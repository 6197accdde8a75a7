"""Netlink messages as bytes (linux/netlink.h, linux/rtnetlink.h)."""

from __future__ import annotations

import struct
from typing import Iterator, NamedTuple

#: struct nlmsghdr: length, type, flags, sequence number, port.
HEADER = struct.Struct("=IHHII")

_NLM_F_REQUEST, _NLM_F_MULTI = 0x1, 0x2
#: Below are the protocol's own: NLMSG_DONE, NLMSG_ERROR…
_FIRST_TYPE = 16


class Message(NamedTuple):
    type: int
    flags: int
    payload: bytes

    @property
    def only_asks(self) -> bool:
        """RTM_GETLINK, RTM_GETADDR…: the types go round NEW, DEL, GET, SET."""
        return self.type >= _FIRST_TYPE and self.type % 4 == 2

    @property
    def is_request(self) -> bool:
        return bool(self.flags & _NLM_F_REQUEST)

    @property
    def is_notice(self) -> bool:
        """Told to whoever listens: neither a question nor a part of an answer."""
        return self.type >= _FIRST_TYPE and not self.flags & (_NLM_F_REQUEST | _NLM_F_MULTI)


def messages(buffer: bytes) -> Iterator[Message]:
    """Those in one datagram."""
    offset = 0
    while offset + HEADER.size <= len(buffer):
        length, kind, flags, *_ = HEADER.unpack_from(buffer, offset)
        if length < HEADER.size:
            return
        yield Message(kind, flags, buffer[offset + HEADER.size : offset + length])
        offset += aligned(length)


def aligned(length: int) -> int:
    """NLMSG_ALIGN, NLA_ALIGN."""
    return (length + 3) & ~3

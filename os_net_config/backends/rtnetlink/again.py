"""The kernel's own messages about what others have, for links that have other numbers since. Pure.

A link that is made anew gets its old number, unless Open vSwitch makes it: then what was on it, and led
over it, names a number that is nobody's now.
"""

from __future__ import annotations

from typing import Callable, Iterator, Sequence

from ...state import route
from ...state.values import NextHop, Value, Values
from . import decode, wire

#: The index of a link by its name.
Index = Callable[[str], int]


def address(told: bytes, link: str, index: Index) -> bytes:
    """struct ifaddrmsg (linux/if_addr.h) and its attributes."""
    *head, _ = wire.IFADDRMSG.unpack_from(told)
    return wire.IFADDRMSG.pack(*head, index(link)) + told[wire.IFADDRMSG.size :]


def of_route(told: bytes, values: Values, index: Index) -> bytes:
    """struct rtmsg and its attributes (linux/rtnetlink.h), of a route with these values."""
    made = bytearray(told)
    on = values.get("link")
    for number, first, last in decode.attributes(told, wire.RTMSG.size, len(told)):
        if number == wire.RTA_OIF and isinstance(on, str):
            wire.U32.pack_into(made, first, index(on))
        elif number == wire.RTA_MULTIPATH:
            made[first:last] = b"".join(_hops(told[first:last], route.hops(values), index))
    return bytes(made)


def _hops(told: bytes, hops: Sequence[NextHop], index: Index) -> Iterator[bytes]:
    """Each struct rtnexthop with its attributes. The values have them in another order."""
    left, start = list(hops), 0
    while start + wire.RTNEXTHOP.size <= len(told):
        length, flags, weight, number = wire.RTNEXTHOP.unpack_from(told, start)
        end = start + wire.align(max(length, wire.RTNEXTHOP.size))
        rest = told[start + wire.RTNEXTHOP.size : end]
        gateway = _gateway(rest)
        hop = next((one for one in left if (one.gateway, one.weight) == (gateway, weight + 1)), None)
        if hop is not None:
            left.remove(hop)
            number = index(hop.link) if hop.link is not None else number
        yield wire.RTNEXTHOP.pack(length, flags, weight, number) + rest
        start = end
    yield told[start:]


def _gateway(attributes: bytes) -> Value:
    found = decode.attributes(attributes, 0, len(attributes))
    return next((attributes[start:end] for number, start, end in found if number == wire.RTA_GATEWAY), None)

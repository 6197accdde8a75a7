"""What others had on a link, put back on one of the same name that has another number."""

from __future__ import annotations

import struct

from os_net_config.backends.rtnetlink import again, decode, decode_route, wire
from os_net_config.backends.rtnetlink.encode import encode
from os_net_config.backends.rtnetlink.encode_route import route_messages
from os_net_config.state.diff import Change
from os_net_config.state.model import AddressKey, RouteKey

#: Before and after.
OLD, NEW = {8: "br0", 9: "vlan20"}, {18: "br0", 19: "vlan20"}
_BGP = 186


def index(name: str) -> int:
    return {named: number for number, named in NEW.items()}[name]


def attribute(number: int, data: bytes) -> bytes:
    return struct.pack("=HH", 4 + len(data), number) + data + bytes(-len(data) % 4)


def route(*attributes: bytes) -> bytes:
    """198.51.100.0/24 in the table main."""
    head = wire.RTMSG.pack(2, 24, 0, 0, 254, _BGP, 0, 1, 0)
    return head + attribute(1, bytes([198, 51, 100, 0])) + b"".join(attributes)


def hop(number: int, weight: int, gateway: bytes) -> bytes:
    inner = attribute(wire.RTA_GATEWAY, gateway)
    return wire.RTNEXTHOP.pack(wire.RTNEXTHOP.size + len(inner), 0, weight, number) + inner


def test_an_address() -> None:
    told = wire.IFADDRMSG.pack(2, 24, 0x81, 0, 9) + attribute(wire.IFA_LOCAL, b"\x0a\x02\x00\x64")
    [(key, before)] = decode.addresses([(told, 0, len(told))], OLD).items()
    assert isinstance(key, AddressKey) and key.link == "vlan20"
    made = bytes(encode(Change(key, None, before.values), index).body)
    assert made[: wire.IFADDRMSG.size] == wire.IFADDRMSG.pack(2, 24, 0x81, 0, 19)
    assert made[wire.IFADDRMSG.size :].startswith(told[wire.IFADDRMSG.size :])


def test_a_route() -> None:
    told = route(
        attribute(wire.RTA_OIF, struct.pack("=I", 8)), attribute(wire.RTA_GATEWAY, b"\x0a\x01\x00\x02")
    )
    assert _again(told) == route(
        attribute(wire.RTA_OIF, struct.pack("=I", 18)), attribute(wire.RTA_GATEWAY, b"\x0a\x01\x00\x02")
    )


def test_a_route_with_several_next_hops() -> None:
    """In the kernel's order, which is not that of the values."""
    first, second = b"\x0a\x02\x00\x02", b"\x0a\x01\x00\x02"
    told = route(attribute(wire.RTA_MULTIPATH, hop(9, 3, first) + hop(8, 0, second)))
    assert _again(told) == route(attribute(wire.RTA_MULTIPATH, hop(19, 3, first) + hop(18, 0, second)))


def _again(told: bytes) -> bytes:
    [(key, before)] = decode_route.routes([(told, 0, len(told))], OLD).items()
    assert isinstance(key, RouteKey)
    [encoded] = route_messages(Change(key, None, before.values), key, index)
    assert again.of_route(bytes(encoded.body), before.values, index) == encoded.body
    return bytes(encoded.body)

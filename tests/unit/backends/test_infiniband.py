"""Messages about InfiniBand, which no test here can send: there is no adapter, nor does the kernel make one.

They are compared byte by byte with what the numbers in the kernel's headers make them.
"""

from __future__ import annotations

import struct
from typing import Dict

import pytest

from os_net_config.backends.rtnetlink import decode
from os_net_config.backends.rtnetlink.encode import encode
from os_net_config.state.diff import Change
from os_net_config.state.model import LinkKey
from os_net_config.state.values import Value

from .kernel_headers import HEADERS, headers

pytestmark = pytest.mark.skipif(
    not HEADERS.is_dir(), reason="the kernel's headers are not here (linux-libc-dev)"
)

_INDEX = {"ib0": 7, "ib0.8064": 9}.__getitem__
CHILD: Dict[str, Value] = {"kind": "ipoib", "link": "ib0", "pkey": 0x8064, "ipoib_mode": 0, "group": 111}


def known(name: str) -> int:
    return headers("if_link.h", "netlink.h", "rtnetlink.h")[name]


def attribute(name: str, value: bytes) -> bytes:
    length = 4 + len(value)
    return struct.pack("=HH", length, known(name) & 0x3FFF) + value + bytes(-length % 4)


def header(index: int) -> bytes:
    """struct ifinfomsg."""
    return struct.pack("=BxHiII", 0, 0, index, 0, 0)


def info(*attributes: bytes) -> bytes:
    data = attribute("IFLA_INFO_DATA", b"".join(attributes))
    return attribute("IFLA_LINKINFO", attribute("IFLA_INFO_KIND", b"ipoib\0") + data)


def parts(body: bytes) -> Dict[int, bytes]:
    """The attributes of a message by number, without the flags of what is nested."""
    return {number: body[start:end] for number, start, end in decode.attributes(body, 16, len(body))}


def plain(body: bytes) -> bytes:
    """Without NLA_F_NESTED, which the kernel does not ask for."""
    return body.replace(struct.pack("=H", 18 | 0x8000), struct.pack("=H", 18)).replace(
        struct.pack("=H", 2 | 0x8000), struct.pack("=H", 2)
    )


def test_a_partition_is_made() -> None:
    made = encode(Change(LinkKey("ib0.8064"), None, CHILD), _INDEX)
    assert made.type == 16  # RTM_NEWLINK
    assert made.flags == known("NLM_F_CREATE") | known("NLM_F_EXCL")
    assert made.body[:16] == header(0)
    key, mode = struct.pack("=H", 0x8064), struct.pack("=H", known("IPOIB_MODE_DATAGRAM"))
    wanted = header(0) + b"".join(
        (
            attribute("IFLA_LINK", struct.pack("=I", 7)),
            attribute("IFLA_GROUP", struct.pack("=I", 111)),
            attribute("IFLA_IFNAME", b"ib0.8064\0"),
            info(attribute("IFLA_IPOIB_PKEY", key), attribute("IFLA_IPOIB_MODE", mode)),
        )
    )
    assert parts(plain(made.body)) == parts(wanted)


@pytest.mark.parametrize(("mode", "word"), [(0, "IPOIB_MODE_DATAGRAM"), (1, "IPOIB_MODE_CONNECTED")])
def test_a_mode_is_changed(mode: int, word: str) -> None:
    step = Change(LinkKey("ib0"), {"ipoib_mode": 1 - mode}, {"ipoib_mode": mode})
    wanted = header(7) + info(attribute("IFLA_IPOIB_MODE", struct.pack("=H", known(word))))
    assert plain(encode(step, _INDEX).body) == wanted


def test_both_are_read() -> None:
    """As the driver tells of a port and of a partition (ipoib_fill_info)."""
    told = []
    port_and_child = ((7, b"ib0\0", b"", 0xFFFF), (9, b"ib0.8064\0", struct.pack("=I", 7), 0x8064))
    for index, name, below, key in port_and_child:
        data = (
            attribute("IFLA_IPOIB_PKEY", struct.pack("=H", key)),
            attribute("IFLA_IPOIB_MODE", struct.pack("=H", 0)),
            attribute("IFLA_IPOIB_UMCAST", struct.pack("=H", 0)),
        )
        link = attribute("IFLA_LINK", below) if below else b""
        body = header(index) + attribute("IFLA_IFNAME", name) + link + info(*data)
        told.append((body, 0, len(body)))
    found, _, _ = decode.links(told)
    port, child = found[LinkKey("ib0")].values, found[LinkKey("ib0.8064")].values
    assert (port["kind"], port["pkey"], port["ipoib_mode"], "link" in port) == ("ipoib", 0xFFFF, 0, False)
    assert {name: child[name] for name in CHILD if name != "group"} == {
        name: value for name, value in CHILD.items() if name != "group"
    }

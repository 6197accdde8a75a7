"""Settings of links (sysctls), as they come along with a link and as IPv4's are written.

IFLA_AF_SPEC has an attribute for each family, and in that an array of all settings' values:
IFLA_INET_CONF of u32 (net/ipv4/devinet.c, inet_fill_link_af), IFLA_INET6_CONF of s32
(net/ipv6/addrconf.c, inet6_fill_ifla6_attrs). The kernel takes IPv4's back, as an attribute for
each setting (inet_set_link_af), and none of IPv6's.
"""

from __future__ import annotations

import struct
from typing import Dict, List, Mapping, Optional, Tuple

from ...state.model import Key, Resource, SysctlKey
from ...state.sysctl import SETTINGS
from ...state.values import Values
from . import wire
from .decode import Message, attributes

AF_INET, AF_INET6 = 2, 10

#: By family of addresses: IP's version, the array's attribute, the number of its first element.
_ARRAYS = {AF_INET: (4, 1, 1), AF_INET6: (6, 2, 0)}
_VALUE = struct.Struct("=i")

Decoded = List[Tuple[str, Values]]


def read(specs: Mapping[str, Message]) -> Dict[Key, Resource]:
    """The settings of each link out of its IFLA_AF_SPEC.

    Most links have all the same ones, so that an array is decoded only where no other was like it.
    """
    found: Dict[Key, Resource] = {}
    seen: Dict[Tuple[int, bytes], Decoded] = {}
    for link, (buffer, start, end) in specs.items():
        for family, first, last in attributes(buffer, start, end):
            if family not in _ARRAYS:
                continue
            version, number, _ = _ARRAYS[family]
            array = _attribute(number, buffer, first, last)
            if array is None:
                continue
            decoded = seen.get((family, array))
            if decoded is None:
                decoded = seen[family, array] = _decoded(family, array)
            for name, values in decoded:
                key = SysctlKey(link, version, name)
                found[key] = Resource(key, values)
    return found


def _attribute(wanted: int, buffer: bytes, start: int, end: int) -> Optional[bytes]:
    for number, first, last in attributes(buffer, start, end):
        if number == wanted:
            return buffer[first:last]
    return None


def _decoded(family: int, array: bytes) -> Decoded:
    version, _, first = _ARRAYS[family]
    places = {name: (number - first) * _VALUE.size for name, number in SETTINGS[version].items()}
    return [
        (name, {"value": _VALUE.unpack_from(array, place)[0]})
        for name, place in places.items()
        if place + _VALUE.size <= len(array)
    ]


def encode(key: SysctlKey, value: int, index: int) -> bytes:
    """The body of an RTM_NEWLINK that sets an IPv4 setting of the link with this index."""
    setting = wire.attribute(SETTINGS[4][key.name], _VALUE.pack(value))
    spec = wire.attribute(AF_INET, wire.attribute(_ARRAYS[AF_INET][1], setting))
    return wire.IFINFOMSG.pack(0, 0, index, 0, 0) + wire.attribute(wire.IFLA_AF_SPEC, spec)

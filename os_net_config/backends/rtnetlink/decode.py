"""Kernel answers to resources, decoding only the attributes that somebody asks for.

Decoding is most of the cost of reading thousands of links, so an attribute nobody describes is
skipped by its header alone.
"""

from __future__ import annotations

import struct
import time
from typing import Any, Callable, Dict, Iterable, Iterator, List, Mapping, Optional, Sequence, Tuple, Type

from ...state import address, bond, bridge, bridge_port, link, model, route, vlan
from ...state.attributes import Attribute
from ...state.model import AddressKey, Key, LinkKey, Resource
from ...state.values import (
    Bit,
    Choice,
    Flag,
    Integer,
    IpAddress,
    IpAddressList,
    Lifetime,
    Lifetimes,
    LinkName,
    MacAddress,
    Port,
    PortRange,
    Prefix,
    Text,
    Value,
    ValueType,
    VlanProtocol,
)
from . import wire

Message = Tuple[bytes, int, int]
Unpack = Callable[[bytes, int, int], Value]
#: Attribute number to (our name, how to read it).
Readers = Mapping[int, Tuple[str, Unpack]]
#: The same for nested attributes, of which one may hold several of ours.
NestedReaders = Mapping[int, Sequence[Tuple[str, Unpack]]]

_UNSIGNED = {bits: struct.Struct(f"={code}") for bits, code in ((8, "B"), (16, "H"), (32, "I"), (64, "Q"))}
#: Bytes of a nest with one attribute of up to four bytes.
_ONE_ATTRIBUTE = 8
_BIG_ENDIAN16, _BIG_ENDIAN32 = struct.Struct(">H"), struct.Struct(">I")


def _unsigned(bits: int) -> Unpack:
    unpack_from = _UNSIGNED[bits].unpack_from
    return lambda buffer, start, end: unpack_from(buffer, start)[0]


def _flag(bits: int) -> Unpack:
    unpack_from = _UNSIGNED[bits].unpack_from
    return lambda buffer, start, end: 1 if unpack_from(buffer, start)[0] else 0


def _bit(number: int) -> Unpack:
    """Of struct br_boolopt_multi: values, and which of them the kernel knows."""

    def unpack(buffer: bytes, start: int, end: int) -> Optional[int]:
        values, known = wire.BOOLOPT_MULTI.unpack_from(buffer, start)
        return values >> number & 1 if known >> number & 1 else None

    return unpack


def _big_endian16(buffer: bytes, start: int, end: int) -> Value:
    (number,) = _BIG_ENDIAN16.unpack_from(buffer, start)
    return int(number)


def _big_endian32(buffer: bytes, start: int, end: int) -> Value:
    (number,) = _BIG_ENDIAN32.unpack_from(buffer, start)
    return int(number)


def _bytes(buffer: bytes, start: int, end: int) -> bytes:
    return buffer[start:end]


def text(buffer: bytes, start: int, end: int) -> str:
    return buffer[start:end].rstrip(b"\0").decode(errors="surrogateescape")


def _lifetime(buffer: bytes, start: int, end: int) -> Value:
    preferred, valid, *_ = wire.IFA_CACHEINFO.unpack_from(buffer, start)
    if valid == wire.FOREVER:
        return None
    now = time.monotonic()
    return Lifetime(round(now + valid), round(now + preferred))


def _nested(buffer: bytes, start: int, end: int) -> Tuple[bytes, ...]:
    return tuple(buffer[s:e] for _, s, e in attributes(buffer, start, end))


def unpacker(attribute: Attribute) -> Unpack:
    """How the kernel carries this attribute's type."""
    kind = attribute.type
    if isinstance(kind, Port):
        return _big_endian16
    if isinstance(kind, (Integer, Choice)):
        return _unsigned(kind.bits)
    if isinstance(kind, Bit):
        return _bit(kind.number)
    if isinstance(kind, Flag):
        return _flag(kind.bits)
    for types, unpack in _WIRE_FORMS:
        if isinstance(kind, types):
            return unpack
    raise TypeError(f"no wire form for {kind}")


#: Of types that have only one.
_WIRE_FORMS: Sequence[Tuple[Type[ValueType], Unpack]] = (
    (IpAddress, _bytes),
    (IpAddressList, _nested),
    (Lifetimes, _lifetime),
    (LinkName, _unsigned(32)),
    (MacAddress, _bytes),
    (PortRange, _big_endian32),
    (Text, text),
    (VlanProtocol, _big_endian16),
)


def _readers(table: Iterable[Attribute]) -> Readers:
    return {one.number: (one.name, unpacker(one)) for one in table if one.number}


def _nested_readers(table: Iterable[Attribute]) -> NestedReaders:
    found: Dict[int, List[Tuple[str, Unpack]]] = {}
    for one in table:
        for number, _ in one.kernel_s:
            found.setdefault(number, []).append((one.name, unpacker(one)))
    return found


#: What is no attribute of ours: whether it is there, and the other names of a link.
_OTHER_READERS: Readers = {
    wire.IFLA_LINK_NETNSID: ("elsewhere", lambda buffer, start, end: 1),
    wire.IFLA_PROP_LIST: ("alternatives", _nested),
    # Without a program IFLA_XDP_ATTACHED, a u8, is all there is in it.
    wire.IFLA_XDP: ("xdp", lambda buffer, start, end: 1 if end - start > _ONE_ATTRIBUTE else 0),
}
_LINK_READERS: Readers = {
    **_readers(
        one for one in (*link.ATTRIBUTES.values(), link.OPERSTATE, link.PERMANENT) if one is not link.KIND
    ),
    **_OTHER_READERS,
}
_KIND_READERS: Dict[str, NestedReaders] = {
    kind: _nested_readers(table.values()) for kind, table in model.OWN_ATTRIBUTES.items()
}
_KIND_READERS[vlan.KIND] = {
    **_KIND_READERS[vlan.KIND],
    wire.IFLA_VLAN_PROTOCOL: [(vlan.PROTOCOL, _big_endian16)],
}
#: Of a port, by the kind of its master.
_PORT_READERS: Dict[str, NestedReaders] = {
    # A bond gives all its ports one address; each one's own is kept here.
    bond.KIND: {wire.IFLA_BOND_SLAVE_PERM_HWADDR: [(link.PERMANENT.name, _bytes)]},
    bridge.KIND: _nested_readers(bridge_port.ATTRIBUTES.values()),
}
#: Lists that are empty where the kernel says nothing of them.
_EMPTY_LISTS: Dict[str, Dict[str, Value]] = {
    kind: {one.name: () for one in table.values() if isinstance(one.type, IpAddressList)}
    for kind, table in model.OWN_ATTRIBUTES.items()
}
#: Attributes whose value is another link's index.
_LINK_NAMES = frozenset(
    one.name
    for table in model.LINK_KINDS.values()
    for one in table.values()
    if isinstance(one.type, LinkName)
)


def attributes(buffer: bytes, start: int, end: int) -> Iterator[Tuple[int, int, int]]:
    """(number, start, end) of each attribute."""
    unpack_from = wire.NLATTR.unpack_from
    while start + 4 <= end:
        length, number = unpack_from(buffer, start)
        if length < 4 or start + length > end:
            return
        yield number & wire.NLA_TYPE_MASK, start + 4, start + length
        start += (length + 3) & ~3


def _read(readers: NestedReaders, buffer: bytes, start: int, end: int, values: Dict[str, Any]) -> None:
    for number, first, last in attributes(buffer, start, end):
        for name, unpack in readers.get(number, ()):
            values[name] = unpack(buffer, first, last)


def links(messages: Iterable[Message]) -> Tuple[Dict[Key, Resource], Dict[int, str], Dict[str, Message]]:
    """The links, their names by index, and where the settings of each are (see settings.py)."""
    found: Dict[str, Dict[str, Any]] = {}
    names: Dict[int, str] = {}
    specs: Dict[str, Message] = {}
    for message in messages:
        name, values, spec = _link(message)
        found[name] = values
        names[values["index"]] = name
        specs[name] = spec
    for values in found.values():
        for attribute in _LINK_NAMES & values.keys():
            values[attribute] = names.get(values[attribute]) if values[attribute] else None
    resources: Dict[Key, Resource] = {
        LinkKey(name): Resource(LinkKey(name), values) for name, values in found.items()
    }
    return resources, names, specs


def _link(message: Message) -> Tuple[str, Dict[str, Any], Message]:
    buffer, start, end = message
    _, _, index, flags, _ = wire.IFINFOMSG.unpack_from(buffer, start)
    values: Dict[str, Any] = {"index": index, "up": flags & wire.IFF_UP, "kind": link.PLAIN, "master": None}
    name = ""
    spec = (buffer, end, end)
    for number, first, last in attributes(buffer, start + wire.IFINFOMSG.size, end):
        reader = _LINK_READERS.get(number)
        if reader is not None:
            values[reader[0]] = reader[1](buffer, first, last)
        elif number == wire.IFLA_IFNAME:
            name = text(buffer, first, last)
        elif number == wire.IFLA_LINKINFO:
            _link_info(buffer, first, last, values)
        elif number == wire.IFLA_AF_SPEC:
            spec = (buffer, first, last)
    if "elsewhere" in values:
        # The index below is one of another namespace.
        values["link"] = 0
    return name, values, spec


def _link_info(buffer: bytes, start: int, end: int, values: Dict[str, Any]) -> None:
    parts = {number: (first, last) for number, first, last in attributes(buffer, start, end)}
    if wire.IFLA_INFO_KIND in parts:
        values["kind"] = kind = text(buffer, *parts[wire.IFLA_INFO_KIND])
        readers = _KIND_READERS.get(kind)
        if readers and wire.IFLA_INFO_DATA in parts:
            values.update(_EMPTY_LISTS[kind])
            _read(readers, buffer, *parts[wire.IFLA_INFO_DATA], values)
    if wire.IFLA_INFO_SLAVE_KIND in parts and wire.IFLA_INFO_SLAVE_DATA in parts:
        readers = _PORT_READERS.get(text(buffer, *parts[wire.IFLA_INFO_SLAVE_KIND]))
        if readers:
            _read(readers, buffer, *parts[wire.IFLA_INFO_SLAVE_DATA], values)


_ADDRESS_READERS = _readers(address.ATTRIBUTES.values())


def addresses(messages: Iterable[Message], names: Mapping[int, str]) -> Dict[Key, Resource]:
    found: Dict[Key, Resource] = {}
    for message in messages:
        index, prefix, values = _address(message)
        if prefix is not None and index in names:
            key = AddressKey(names[index], prefix)
            found[key] = Resource(key, values)
    return found


def _address(message: Message) -> Tuple[int, Optional[Prefix], Dict[str, Any]]:
    """With the index of its link."""
    buffer, start, end = message
    _, length, flags, scope, index = wire.IFADDRMSG.unpack_from(buffer, start)
    values: Dict[str, Any] = {"scope": scope, "protocol": 0}
    # Of a point-to-point link IFA_ADDRESS is the other end.
    ends: Dict[int, bytes] = {}
    for number, first, last in attributes(buffer, start + wire.IFADDRMSG.size, end):
        reader = _ADDRESS_READERS.get(number)
        if reader is not None:
            values[reader[0]] = reader[1](buffer, first, last)
        elif number in {wire.IFA_LOCAL, wire.IFA_ADDRESS}:
            ends[number] = buffer[first:last]
        elif number == wire.IFA_FLAGS:
            (flags,) = wire.U32.unpack_from(buffer, first)
    own = ends.get(wire.IFA_LOCAL, ends.get(wire.IFA_ADDRESS))
    far = ends.get(wire.IFA_ADDRESS, own)
    if far != own:
        values[address.PEER] = far
    values["secondary"] = flags & wire.IFA_F_SECONDARY
    if flags & wire.IFA_F_NOPREFIXROUTE:
        values[address.NO_PREFIX_ROUTE] = 1
    if flags & wire.IFA_F_TENTATIVE:
        # A duplicate stays tentative: it has both flags.
        values[address.DETECTION] = address.FAILED if flags & wire.IFA_F_DADFAILED else address.UNDER_WAY
    if values["protocol"] != route.PROTOCOL:
        values[model.MESSAGE] = buffer[start:end]
    return index, Prefix(own, length) if own is not None else None, values

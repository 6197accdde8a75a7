"""Kernel answers to resources, decoding only the attributes that somebody asks for.

Decoding is most of the cost of reading thousands of links, so an attribute nobody describes is
skipped by its header alone.
"""

from __future__ import annotations

import struct
from typing import Any, Callable, Dict, Iterable, Iterator, Mapping, Optional, Tuple

from ...state import address, link, model, route
from ...state.attributes import Attribute
from ...state.model import AddressKey, Key, LinkKey, Resource, RouteKey
from ...state.values import (
    Choice,
    Flag,
    Integer,
    IpAddress,
    IpAddressList,
    LinkName,
    MacAddress,
    Prefix,
    Text,
    Value,
)
from . import wire

Message = Tuple[bytes, int, int]
Unpack = Callable[[bytes, int, int], Value]
#: Attribute number to (our name, how to read it).
Readers = Mapping[int, Tuple[str, Unpack]]

_UNSIGNED = {8: struct.Struct("=B"), 16: struct.Struct("=H"), 32: struct.Struct("=I")}


def _unsigned(bits: int) -> Unpack:
    unpack_from = _UNSIGNED[bits].unpack_from
    return lambda buffer, start, end: unpack_from(buffer, start)[0]


def _bytes(buffer: bytes, start: int, end: int) -> bytes:
    return buffer[start:end]


def _text(buffer: bytes, start: int, end: int) -> str:
    return buffer[start:end].rstrip(b"\0").decode(errors="surrogateescape")


def _nested_addresses(buffer: bytes, start: int, end: int) -> Tuple[bytes, ...]:
    return tuple(buffer[s:e] for _, s, e in attributes(buffer, start, end))


def unpacker(attribute: Attribute) -> Unpack:
    """How the kernel carries this attribute's type."""
    kind = attribute.type
    if isinstance(kind, (Integer, Choice)):
        return _unsigned(kind.bits)
    if isinstance(kind, Flag):
        return _unsigned(8)
    if isinstance(kind, (MacAddress, IpAddress)):
        return _bytes
    if isinstance(kind, IpAddressList):
        return _nested_addresses
    if isinstance(kind, LinkName):
        return _unsigned(32)
    if isinstance(kind, Text):
        return _text
    raise TypeError(f"no wire form for {kind}")


def _readers(table: Iterable[Attribute]) -> Readers:
    return {one.number: (one.name, unpacker(one)) for one in table if one.number}


_LINK_READERS = _readers(
    one for one in (*link.ATTRIBUTES.values(), link.OPERSTATE, link.PERMANENT) if one is not link.KIND
)
_KIND_READERS: Dict[str, Readers] = {
    kind: _readers(one for name, one in table.items() if name not in link.ATTRIBUTES)
    for kind, table in model.LINK_KINDS.items()
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


def _read(readers: Readers, buffer: bytes, start: int, end: int, values: Dict[str, Any]) -> None:
    for number, first, last in attributes(buffer, start, end):
        reader = readers.get(number)
        if reader is not None:
            values[reader[0]] = reader[1](buffer, first, last)


def links(messages: Iterable[Message]) -> Tuple[Dict[Key, Resource], Dict[int, str]]:
    """The links, and their names by index."""
    found: Dict[str, Dict[str, Any]] = {}
    names: Dict[int, str] = {}
    for message in messages:
        name, values = _link(message)
        found[name] = values
        names[values["index"]] = name
    for values in found.values():
        for attribute in _LINK_NAMES & values.keys():
            values[attribute] = names.get(values[attribute]) if values[attribute] else None
    return {LinkKey(name): Resource(LinkKey(name), values) for name, values in found.items()}, names


def _link(message: Message) -> Tuple[str, Dict[str, Any]]:
    buffer, start, end = message
    _, _, index, flags, _ = wire.IFINFOMSG.unpack_from(buffer, start)
    values: Dict[str, Any] = {"index": index, "up": flags & wire.IFF_UP, "kind": link.PLAIN, "master": None}
    name = ""
    elsewhere = False
    for number, first, last in attributes(buffer, start + wire.IFINFOMSG.size, end):
        reader = _LINK_READERS.get(number)
        if reader is not None:
            values[reader[0]] = reader[1](buffer, first, last)
        elif number == wire.IFLA_IFNAME:
            name = _text(buffer, first, last)
        elif number == wire.IFLA_LINKINFO:
            _link_info(buffer, first, last, values)
        elif number == wire.IFLA_LINK_NETNSID:
            elsewhere = True
    if elsewhere:
        # The index below is one of another namespace.
        values["link"] = 0
    return name, values


def _link_info(buffer: bytes, start: int, end: int, values: Dict[str, Any]) -> None:
    parts = {number: (first, last) for number, first, last in attributes(buffer, start, end)}
    if wire.IFLA_INFO_KIND in parts:
        values["kind"] = kind = _text(buffer, *parts[wire.IFLA_INFO_KIND])
        readers = _KIND_READERS.get(kind)
        if readers and wire.IFLA_INFO_DATA in parts:
            _read(readers, buffer, *parts[wire.IFLA_INFO_DATA], values)
    slave = parts.get(wire.IFLA_INFO_SLAVE_KIND)
    if slave and _text(buffer, *slave) == "bond" and wire.IFLA_INFO_SLAVE_DATA in parts:
        # A bond gives all its ports one address; each one's own is kept here.
        for number, first, last in attributes(buffer, *parts[wire.IFLA_INFO_SLAVE_DATA]):
            if number == wire.IFLA_BOND_SLAVE_PERM_HWADDR:
                values["permanent"] = buffer[first:last]


_ADDRESS_READERS = _readers(address.ATTRIBUTES.values())


def addresses(messages: Iterable[Message], names: Mapping[int, str]) -> Dict[Key, Resource]:
    found: Dict[Key, Resource] = {}
    for buffer, start, end in messages:
        _, length, flags, scope, index = wire.IFADDRMSG.unpack_from(buffer, start)
        values: Dict[str, Any] = {"scope": scope, "protocol": 0}
        own: Optional[bytes] = None
        for number, first, last in attributes(buffer, start + wire.IFADDRMSG.size, end):
            reader = _ADDRESS_READERS.get(number)
            if reader is not None:
                values[reader[0]] = reader[1](buffer, first, last)
            elif number == wire.IFA_LOCAL or (number == wire.IFA_ADDRESS and own is None):
                # Of a point-to-point link IFA_ADDRESS is the other end.
                own = buffer[first:last]
            elif number == wire.IFA_FLAGS:
                (flags,) = wire.U32.unpack_from(buffer, first)
        if own is None or index not in names:
            continue
        values["secondary"] = flags & wire.IFA_F_SECONDARY
        if values["protocol"] != route.PROTOCOL:
            values[model.MESSAGE] = buffer[start:end]
        key = AddressKey(names[index], Prefix(own, length))
        found[key] = Resource(key, values)
    return found


def routes(messages: Iterable[Message], names: Mapping[int, str]) -> Dict[Key, Resource]:
    """Routes by key. Of several with one key the kernel uses the first; ours is told of all the same."""
    found: Dict[Key, Resource] = {}
    for message in messages:
        resource = _route(message, names)
        if resource is not None:
            first = found.setdefault(resource.key, resource)
            if first is not resource and resource.values["protocol"] == route.PROTOCOL:
                found[resource.key] = resource
    return found


def _route(message: Message, names: Mapping[int, str]) -> Optional[Resource]:
    buffer, start, end = message
    family, length, _, tos, table, protocol, scope, kind, flags = wire.RTMSG.unpack_from(buffer, start)
    size = {2: 4, 10: 16}.get(family)
    if size is None or tos or flags & wire.RTM_F_CLONED:
        return None
    parts: Dict[int, Tuple[int, int]] = {
        number: (first, last) for number, first, last in attributes(buffer, start + wire.RTMSG.size, end)
    }

    def number_of(attribute: int, default: int) -> int:
        return int(wire.U32.unpack_from(buffer, parts[attribute][0])[0]) if attribute in parts else default

    def address_of(attribute: int) -> Optional[bytes]:
        return buffer[slice(*parts[attribute])] if attribute in parts else None

    key = RouteKey(
        Prefix(address_of(wire.RTA_DST) or bytes(size), length),
        number_of(wire.RTA_PRIORITY, 0),
        number_of(wire.RTA_TABLE, table),
    )
    values: Dict[str, Value] = {
        "gateway": address_of(wire.RTA_GATEWAY),
        "link": names.get(number_of(wire.RTA_OIF, 0)),
        "type": wire.RTN_NAMES.get(kind, str(kind)),
        "scope": scope,
        "protocol": protocol,
    }
    if wire.RTA_MULTIPATH in parts or wire.RTA_VIA in parts:
        # More than this version can say: no wanted route is ever equal to it.
        values["type"] = "multipath" if wire.RTA_MULTIPATH in parts else "via"
    if protocol != route.PROTOCOL or values["type"] in {"multipath", "via"}:
        values["source"] = address_of(wire.RTA_PREFSRC)
        # The other flags tell of the moment, and are not taken back.
        head = (family, length, *buffer[start + 2 : start + 8], flags & wire.RTNH_F_ONLINK)
        values[model.MESSAGE] = wire.RTMSG.pack(*head) + buffer[start + wire.RTMSG.size : end]
    return Resource(key, values)

"""Routes out of the kernel's messages (struct rtmsg, RTA_*)."""

from __future__ import annotations

from typing import Any, Dict, Iterable, Iterator, List, Mapping, Optional, Set, Tuple

from ...state import model, route
from ...state.attributes import Attribute
from ...state.model import Key, Resource, RouteKey
from ...state.values import Choice, Integer, IpAddress, LinkName, NextHop, NextHops, Prefix, Value, ValueType
from . import wire
from .decode import Message, Unpack, attributes, unpacker

#: Length of an address by its family.
_SIZES = {family: size for size, family in wire.FAMILIES.items()}

#: Said by what no attribute of ours says.
_BEYOND_US = frozenset(
    {
        wire.RTA_VIA,
        wire.RTA_NEWDST,
        wire.RTA_ENCAP_TYPE,
        wire.RTA_ENCAP,
        wire.RTA_TTL_PROPAGATE,
        wire.RTA_NH_ID,
    }
)
#: A route by a next hop object is told with that object's next hops, and cannot be set with them
#: (net/ipv4/fib_frontend.c, rtm_to_fib_config).
_OF_THE_OBJECT = frozenset(
    {wire.RTA_OIF, wire.RTA_GATEWAY, wire.RTA_VIA, wire.RTA_MULTIPATH, wire.RTA_ENCAP_TYPE, wire.RTA_ENCAP}
)


def routes(messages: Iterable[Message], names: Mapping[int, str]) -> Dict[Key, Resource]:
    """Routes by key. Of several with one key the kernel uses the first; ours is told of all the same."""
    found: Dict[Key, Resource] = {}
    for message in messages:
        head = _head(message)
        if head is None:
            continue
        key, protocol, index = head
        if protocol != route.PROTOCOL:
            if key not in found:
                found[key] = Resource(key, AsTold(message, names, names.get(index)))
            continue
        values = _values(message, names)
        if values["type"] == route.OTHER:
            values[model.MESSAGE] = _again(message)
        if key in found:
            values[route.BEHIND] = 1
        found[key] = Resource(key, values)
    return found


class AsTold(Mapping[str, Value]):
    """The values of another's route and the kernel's message, read each time that somebody asks.

    A router has hundreds of thousands of them, and of nearly all a run needs to know no more than whose
    they are and their link.
    """

    __slots__ = ("_link", "_message", "_names")

    def __init__(self, message: Message, names: Mapping[int, str], link: Optional[str]) -> None:
        self._message = message
        self._names = names
        self._link = link

    def _read(self) -> Dict[str, Value]:
        values = _values(self._message, self._names)
        values[model.MESSAGE] = _again(self._message)
        return values

    def __getitem__(self, name: str) -> Value:
        if name == "protocol":
            return self._message[0][self._message[1] + _PROTOCOL_AT]
        if name == "link" and self._link is not None:
            return self._link
        if name in {"link", route.BEHIND}:
            raise KeyError(name)
        return self._read()[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._read())

    def __len__(self) -> int:
        return len(self._read())

    def __repr__(self) -> str:
        return repr(self._read())


#: rtm_protocol within struct rtmsg.
_PROTOCOL_AT = 5
_DEAD_ENDS = frozenset(number for number, name in wire.RTN_NAMES.items() if name in route.DEAD_ENDS)


def _head(message: Message) -> Optional[Tuple[RouteKey, int, int]]:
    """Key, protocol and the link's index, 0 for none.

    None for what is no route of a table: a cached one, one for certain sources only.
    """
    buffer, start, end = message
    if end - start < wire.RTMSG.size:
        return None
    family, length, sources, tos, table, protocol, _, kind, flags = wire.RTMSG.unpack_from(buffer, start)
    size = _SIZES.get(family)
    if size is None or sources or flags & wire.RTM_F_CLONED or length > size * 8:
        return None
    destination = bytes(size)
    numbers = {wire.RTA_TABLE: table, wire.RTA_PRIORITY: 0, wire.RTA_OIF: 0}
    for number, first, last in attributes(buffer, start + wire.RTMSG.size, end):
        if number in numbers:
            if last - first == wire.U32.size:
                (numbers[number],) = wire.U32.unpack_from(buffer, first)
        elif number == wire.RTA_DST and last - first == size:
            destination = buffer[first:last]
    table, metric, index = numbers.values()
    if table == wire.RT_TABLE_LOCAL and protocol != route.PROTOCOL:
        return None
    # Of IPv6 the kernel gives a route that leads nowhere lo for its link.
    return (
        RouteKey(Prefix(destination, length), metric, table, tos),
        protocol,
        0 if kind in _DEAD_ENDS else index,
    )


def _readers(table: Iterable[Attribute]) -> Mapping[int, Tuple[str, int, Unpack]]:
    """By number: name, length (0: any, or that of an address) and how to read it."""
    return {
        one.number: (one.name, _length(one.type), unpacker(one))
        for one in table
        if one.number and not isinstance(one.type, NextHops)
    }


def _length(kind: ValueType) -> int:
    if isinstance(kind, (Integer, Choice)):
        return kind.bits // 8
    return wire.U32.size if isinstance(kind, LinkName) else 0


_ADDRESSES = frozenset(one.number for one in route.ATTRIBUTES.values() if isinstance(one.type, IpAddress))
_READERS = _readers(one for one in route.ATTRIBUTES.values() if not one.nest)
_METRICS = _readers(route.METRICS.values())


def _values(message: Message, names: Mapping[int, str]) -> Dict[str, Any]:
    """Only what there is: an attribute that is not set, or is 0, is absent."""
    buffer, start, end = message
    family, *_, protocol, scope, kind, flags = wire.RTMSG.unpack_from(buffer, start)
    size = _SIZES[family]
    said = wire.RTN_NAMES.get(kind, str(kind))
    values: Dict[str, Any] = {"type": said, "scope": scope, "protocol": protocol}
    if flags & wire.RTNH_F_ONLINK:
        values["onlink"] = 1
    for number, first, last in attributes(buffer, start + wire.RTMSG.size, end):
        if number == wire.RTA_METRICS:
            for metric, begin, stop in attributes(buffer, first, last):
                _read(_METRICS.get(metric), buffer, begin, stop, values)
        elif number == wire.RTA_MULTIPATH:
            values.update(_next_hops(buffer, first, last, size, names) or {"type": route.OTHER})
        elif number in _BEYOND_US or (number in _ADDRESSES and last - first != size):
            values["type"] = route.OTHER
        else:
            _read(_READERS.get(number), buffer, first, last, values)
    index = values.pop("link", 0)
    if index in names and kind not in _DEAD_ENDS:
        values["link"] = names[index]
    return values


def _read(
    reader: Optional[Tuple[str, int, Unpack]], buffer: bytes, first: int, last: int, values: Dict[str, Any]
) -> None:
    if reader is None:
        return
    name, length, unpack = reader
    value = unpack(buffer, first, last) if length in {0, last - first} else None
    if value:
        values[name] = value


def _next_hops(
    buffer: bytes, first: int, end: int, size: int, names: Mapping[int, str]
) -> Optional[Dict[str, Any]]:
    """The next hops and the realms that they have in common; None where they say more than ours do."""
    hops: List[NextHop] = []
    realms: Set[int] = set()
    while first + wire.RTNEXTHOP.size <= end:
        length, flags, weight, index = wire.RTNEXTHOP.unpack_from(buffer, first)
        if length < wire.RTNEXTHOP.size:
            return None
        gateway: Optional[bytes] = None
        realm = 0
        for number, start, last in attributes(buffer, first + wire.RTNEXTHOP.size, min(first + length, end)):
            if number == wire.RTA_GATEWAY and last - start == size:
                gateway = buffer[start:last]
            elif number == wire.RTA_FLOW and last - start == wire.U32.size:
                (realm,) = wire.U32.unpack_from(buffer, start)
            else:
                return None
        realms.add(realm)
        hops.append(NextHop(gateway, names.get(index), weight + 1, int(bool(flags & wire.RTNH_F_ONLINK))))
        first += wire.align(length)
    if len(realms) != 1:
        return None
    found: Dict[str, Any] = {"nexthops": route.in_order(hops)}
    return {**found, "realms": realms.pop()} if any(realms) else found


def _again(message: Message) -> bytes:
    """The message with which the route can be made again as it is."""
    buffer, start, end = message
    *head, flags = wire.RTMSG.unpack_from(buffer, start)
    # The other flags tell of the moment, and are not taken back.
    again = wire.RTMSG.pack(*head, flags & wire.RTNH_F_ONLINK)
    start += wire.RTMSG.size
    parts = list(attributes(buffer, start, end))
    if any(number == wire.RTA_NH_ID for number, *_ in parts):
        return again + b"".join(
            buffer[first - wire.NLATTR.size : first + wire.align(last - first)]
            for number, first, last in parts
            if number not in _OF_THE_OBJECT
        )
    return again + buffer[start:end]

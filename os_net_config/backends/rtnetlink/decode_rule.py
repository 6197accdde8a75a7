"""Policy rules out of the kernel's messages (struct fib_rule_hdr, FRA_*)."""

from __future__ import annotations

import struct
from typing import Any, Dict, Iterable, Mapping, Optional, Tuple

from ...state import model, route
from ...state.model import Key, Resource, RuleKey
from ...state.values import Prefix, Value
from . import wire
from .decode import Message, attributes

#: Length of an address by its family.
_SIZES = {family: size for size, family in wire.FAMILIES.items()}
#: The field of the key that an attribute is, and how the kernel carries it.
NUMBERS: Mapping[int, Tuple[str, struct.Struct]] = {
    wire.FRA_GOTO: ("goto", wire.U32),
    wire.FRA_PRIORITY: ("priority", wire.U32),
    wire.FRA_FWMARK: ("fwmark", wire.U32),
    wire.FRA_FLOW: ("realms", wire.U32),
    wire.FRA_TUN_ID: ("tunnel", wire.BE64),
    wire.FRA_SUPPRESS_IFGROUP: ("suppress_ifgroup", wire.S32),
    wire.FRA_SUPPRESS_PREFIXLEN: ("suppress_prefixlength", wire.S32),
    wire.FRA_TABLE: ("table", wire.U32),
    wire.FRA_FWMASK: ("fwmask", wire.U32),
    wire.FRA_L3MDEV: ("l3mdev", wire.U8),
    wire.FRA_IP_PROTO: ("ip_protocol", wire.U8),
}
RANGES: Mapping[int, Tuple[str, struct.Struct]] = {
    wire.FRA_UID_RANGE: ("users", wire.UID_RANGE),
    wire.FRA_SPORT_RANGE: ("source_ports", wire.PORT_RANGE),
    wire.FRA_DPORT_RANGE: ("destination_ports", wire.PORT_RANGE),
}
TEXTS = {wire.FRA_IIFNAME: "incoming", wire.FRA_OIFNAME: "outgoing"}
PREFIXES = {wire.FRA_SRC: "source", wire.FRA_DST: "destination"}

#: Flags that tell of the moment.
_PASSING = wire.FIB_RULE_UNRESOLVED | wire.FIB_RULE_IIF_DETACHED | wire.FIB_RULE_OIF_DETACHED
_KNOWN = _PASSING | wire.FIB_RULE_PERMANENT | wire.FIB_RULE_INVERT


def rules(messages: Iterable[Message]) -> Dict[Key, Resource]:
    """Rules by key. One that says more than a key can is left out."""
    found = (_rule(message) for message in messages)
    return {resource.key: resource for resource in found if resource is not None}


def _rule(message: Message) -> Optional[Resource]:
    buffer, start, end = message
    if end - start < wire.FIB_RULE_HDR.size:
        return None
    head = wire.FIB_RULE_HDR.unpack_from(buffer, start)
    family, to_length, from_length, tos, table, action, flags = head
    size = _SIZES.get(family)
    if size is None or action not in wire.FR_ACT_NAMES or flags & ~_KNOWN:
        return None
    said: Dict[str, Any] = {"table": table, "protocol": 0}
    for number, first, last in attributes(buffer, start + wire.FIB_RULE_HDR.size, end):
        if not _read(number, buffer[first:last], size, said):
            return None
    for name, length in (("source", from_length), ("destination", to_length)):
        if length or name in said:
            said[name] = Prefix(said.get(name, bytes(size)), length)
    values: Dict[str, Value] = {"protocol": said["protocol"]}
    if values["protocol"] != route.PROTOCOL:
        again = wire.FIB_RULE_HDR.pack(*head[:-1], flags & ~_PASSING)
        values[model.MESSAGE] = again + buffer[start + wire.FIB_RULE_HDR.size : end]
    key = RuleKey(
        **{"priority": 0, **said},
        family=4 if size == 4 else 6,
        action=wire.FR_ACT_NAMES[action],
        tos=tos,
        inverted=bool(flags & wire.FIB_RULE_INVERT),
    )
    return Resource(key, values)


def _read(number: int, value: bytes, size: int, said: Dict[str, Any]) -> bool:
    """Whether it is understood."""
    if number == wire.FRA_PROTOCOL and len(value) == 1:
        said["protocol"] = value[0]
    elif number in NUMBERS and len(value) == NUMBERS[number][1].size:
        said[NUMBERS[number][0]] = NUMBERS[number][1].unpack(value)[0]
    elif number in RANGES and len(value) == RANGES[number][1].size:
        said[RANGES[number][0]] = RANGES[number][1].unpack(value)
    elif number in TEXTS:
        said[TEXTS[number]] = value.rstrip(b"\0").decode(errors="surrogateescape")
    elif number in PREFIXES and len(value) == size:
        said[PREFIXES[number]] = value
    else:
        return number == wire.FRA_PAD
    return True

"""Steps on links and addresses to messages. pyroute2 does the encoding, our attribute tables say of what.

Its message classes get their attribute maps from our descriptions, so that every attribute we
can read can be written, those newer than pyroute2's own maps included. Importing this module
imports pyroute2: only a run that writes does.
"""

from __future__ import annotations

import errno
import time
from typing import (
    Any,
    Callable,
    Dict,
    FrozenSet,
    Iterable,
    Iterator,
    List,
    NamedTuple,
    Optional,
    Sequence,
    Tuple,
    Type,
    Union,
)

from pyroute2.netlink import nla, nlmsg
from pyroute2.netlink.rtnl.ifaddrmsg import ifaddrmsg
from pyroute2.netlink.rtnl.ifinfmsg import ifinfmsg

from ...state import address, bridge, bridge_port, link, model, veth, vxlan
from ...state.attributes import Attribute, AttributeTable
from ...state.diff import Change
from ...state.model import AddressKey, LinkKey, SysctlKey
from ...state.values import (
    Bit,
    Choice,
    Flag,
    Integer,
    IpAddressList,
    Lifetime,
    Lifetimes,
    LinkName,
    Peer,
    Port,
    PortRange,
    Text,
    Value,
    Values,
    ValueType,
    VlanProtocol,
)
from . import again, decode, settings, wire

#: The index of a link by its name.
Index = Callable[[str], int]


class Encoded(NamedTuple):
    """A message. ``tolerated`` are refusals (errno) that leave things as the step wants them."""

    type: int
    flags: int
    body: bytes
    tolerated: FrozenSet[int] = frozenset()


def _wire_type(attribute: Attribute) -> str:
    kind = attribute.type
    for types, found in _WIRE_TYPES:
        if isinstance(kind, types):
            return found
    return f"uint{kind.bits}" if isinstance(kind, (Integer, Choice, Flag)) else "cdata"


_WIRE_TYPES: Sequence[Tuple[Union[Type[ValueType], Tuple[Type[ValueType], ...]], str]] = (
    (Bit, "cdata"),
    ((Port, VlanProtocol), "be16"),
    (PortRange, "be32"),
    (Peer, "cdata"),
    (LinkName, "uint32"),
    (Text, "asciiz"),
    (IpAddressList, "addresses"),
)


def attribute_map(table: AttributeTable) -> Tuple[Tuple[int, str, str], ...]:
    rows = ((*both, _wire_type(one)) for one in table.values() for both in one.kernel_s)
    return tuple(dict.fromkeys(rows))


class _Addresses(nla):  # type: ignore[misc]
    """Addresses numbered from 0 (IFLA_BOND_ARP_IP_TARGET, IFLA_BOND_NS_IP6_TARGET)."""

    nla_map = tuple((number, str(number), "cdata") for number in range(16))


def _data_class(kind: str) -> type:
    own = model.OWN_ATTRIBUTES[kind]
    return type(f"_{kind}_data", (nla,), {"nla_map": attribute_map(own), "addresses": _Addresses})


class _BridgePort(nla):  # type: ignore[misc]
    nla_map = attribute_map(bridge_port.ATTRIBUTES)


class _LinkInfo(nla):  # type: ignore[misc]
    nla_map = (
        (wire.IFLA_INFO_KIND, "IFLA_INFO_KIND", "asciiz"),
        *((wire.IFLA_INFO_DATA, f"IFLA_INFO_DATA/{kind}", f"data_{kind}") for kind in model.OWN_ATTRIBUTES),
        (wire.IFLA_INFO_SLAVE_KIND, "IFLA_INFO_SLAVE_KIND", "asciiz"),
        (wire.IFLA_INFO_SLAVE_DATA, "IFLA_INFO_SLAVE_DATA", "bridge_port"),
    )
    bridge_port = _BridgePort


for _kind in model.OWN_ATTRIBUTES:
    setattr(_LinkInfo, f"data_{_kind}", _data_class(_kind))


class _LinkMessage(nlmsg):  # type: ignore[misc]
    fields = ifinfmsg.fields
    nla_map = (
        *attribute_map({name: one for name, one in link.ATTRIBUTES.items() if one is not link.KIND}),
        (wire.IFLA_IFNAME, "IFLA_IFNAME", "asciiz"),
        (wire.IFLA_LINKINFO, "IFLA_LINKINFO", "linkinfo"),
    )
    linkinfo = _LinkInfo


class _AddressMessage(nlmsg):  # type: ignore[misc]
    fields = ifaddrmsg.fields
    nla_map = (
        (wire.IFA_ADDRESS, "IFA_ADDRESS", "cdata"),
        (wire.IFA_LOCAL, "IFA_LOCAL", "cdata"),
        *attribute_map(address.ATTRIBUTES),
    )


def encode(step: Change, index: Index) -> Encoded:
    """One step on a link or an address. ``index`` gives the kernel's number of a link that exists."""
    if isinstance(step.key, LinkKey):
        return _link(step, step.key, index)
    if isinstance(step.key, SysctlKey):
        return _setting(step, step.key, index)
    assert isinstance(step.key, AddressKey)
    return _address(step, step.key, index)


def body_of(message: Any) -> bytes:
    message.encode()
    return bytes(message.data[wire.NLMSGHDR.size :])


def _value(attribute: Attribute, value: Value, index: Index) -> Any:
    if isinstance(attribute.type, Peer):
        return _peer(str(value))
    if isinstance(attribute.type, LinkName):
        return index(value) if isinstance(value, str) else 0
    if isinstance(attribute.type, Lifetimes):
        return _lifetime(value)
    if isinstance(attribute.type, IpAddressList) and isinstance(value, tuple):
        return {"attrs": [(str(number), one) for number, one in enumerate(value)]}
    return value


def attrs_of(table: AttributeTable, values: Values, index: Index) -> List[Tuple[str, Any]]:
    given = [
        (table[name], value)
        for name, value in values.items()
        if name in table
        and table[name].number
        and (value is not None or isinstance(table[name].type, LinkName))
    ]
    alone = [
        (_carrier(one, value), _value(one, value, index))
        for one, value in given
        if not isinstance(one.type, Bit)
    ]
    return [*alone, *_bits(given)]


def _carrier(attribute: Attribute, value: Value) -> str:
    is_ipv6 = isinstance(value, bytes) and len(value) == _BYTES_OF_IPV6
    return attribute.kernel6 if attribute.number6 and is_ipv6 else attribute.kernel


_BYTES_OF_IPV6 = 16


def _bits(given: Iterable[Tuple[Attribute, Value]]) -> Iterator[Tuple[str, bytes]]:
    """Flags that share an attribute go in it together."""
    shared: Dict[str, Tuple[int, int]] = {}
    for one, value in given:
        if isinstance(one.type, Bit):
            values, meant = shared.get(one.kernel, (0, 0))
            bit = 1 << one.type.number
            shared[one.kernel] = values | (bit if value else 0), meant | bit
    for kernel, both in shared.items():
        yield kernel, wire.BOOLOPT_MULTI.pack(*both)


def _link(step: Change, key: LinkKey, index: Index) -> Encoded:
    message = _LinkMessage()
    if step.after is None:
        message["index"] = index(key.name)
        tolerated = frozenset({errno.ENODEV}) if veth.is_one(step.before or {}) else frozenset[int]()
        return Encoded(wire.RTM_DELLINK, 0, body_of(message), tolerated)
    if step.before is None and veth.comes_along(key.name, step.after):
        return _link(step._replace(before={}, after=_but(step.after, "kind", "link", "index")), key, index)
    values = {**step.after, **_no_more(step)}
    own = values.keys() - model.EVERY_LINK.keys()
    kind = str(values.get("kind") or _kind_with(own)) if own or step.before is None else link.PLAIN
    # Of a kind without a table, as of a dummy, nothing more is known.
    table = model.OWN_ATTRIBUTES.get(kind, {})
    attrs = attrs_of({name: one for name, one in _COMMON.items() if name not in table}, values, index)
    if step.before is None:
        flags = wire.NLM_F_CREATE | wire.NLM_F_EXCL
        attrs.append(("IFLA_IFNAME", key.name))
        if "index" in values:
            # Made anew, it has its old number: what is bound to that, or names it, goes on.
            message["index"] = values["index"]
    else:
        flags = 0
        message["index"] = index(key.name)
    info = _link_info(kind, attrs_of(table, values, index), values, index)
    if info:
        attrs.append(("IFLA_LINKINFO", {"attrs": info}))
    if "up" in values:
        message["flags"] = wire.IFF_UP if values["up"] else 0
        message["change"] = wire.IFF_UP
    message["attrs"] = attrs
    return Encoded(wire.RTM_NEWLINK, flags, body_of(message))


def _but(values: Values, *names: str) -> Values:
    return {name: value for name, value in values.items() if name not in names}


def _peer(name: str) -> bytes:
    """The other end as it is made along: with its name, and our label."""
    label, text = wire.U32.pack(link.GROUP), name.encode(errors="surrogateescape") + b"\0"
    header = wire.IFINFOMSG.pack(0, 0, 0, 0, 0)
    return header + wire.attribute(wire.IFLA_IFNAME, text) + wire.attribute(link.GROUP_LABEL.number, label)


_COMMON = {name: one for name, one in link.ATTRIBUTES.items() if one is not link.KIND}


def _no_more(step: Change) -> Values:
    """Addresses of tunnels that are no more: the kernel is told zeros, of the family that they have."""
    was = ((name, (step.before or {}).get(name)) for name, new in (step.after or {}).items() if new is None)
    return {name: bytes(len(old)) for name, old in was if isinstance(old, bytes) and name in _TUNNELS}


_TUNNELS = frozenset({vxlan.LOCAL.name, vxlan.REMOTE.name})


def _link_info(
    kind: str, attrs: List[Tuple[str, Any]], values: Values, index: Index
) -> List[Tuple[str, Any]]:
    """The kind with its own attributes; for a link that exists only where one of them changes.

    What it has as a port of a bridge stands apart.
    """
    info: List[Tuple[str, Any]] = []
    if kind:
        info.append(("IFLA_INFO_KIND", kind))
    if attrs:
        info.append((f"IFLA_INFO_DATA/{kind}", {"attrs": attrs}))
    as_port = attrs_of(bridge_port.ATTRIBUTES, values, index)
    if as_port:
        info += [("IFLA_INFO_SLAVE_KIND", bridge.KIND), ("IFLA_INFO_SLAVE_DATA", {"attrs": as_port})]
    return info


def _kind_with(names: Any) -> str:
    return next(kind for kind, table in model.OWN_ATTRIBUTES.items() if names <= table.keys())


def _address(step: Change, key: AddressKey, index: Index) -> Encoded:
    values: Dict[str, Value] = dict(step.after or {})
    message = _AddressMessage()
    message["family"] = wire.FAMILIES[len(key.prefix.address)]
    message["prefixlen"] = key.prefix.length
    message["scope"] = values.get("scope", 0)
    message["index"] = index(key.link)
    attrs: List[Tuple[str, Any]] = [("IFA_LOCAL", key.prefix.address), ("IFA_ADDRESS", key.prefix.address)]
    message["attrs"] = attrs + attrs_of(address.ATTRIBUTES, values, index)
    if step.after is None:
        return Encoded(wire.RTM_DELADDR, 0, body_of(message))
    flags = wire.NLM_F_CREATE | (wire.NLM_F_EXCL if step.before is None else wire.NLM_F_REPLACE)
    return Encoded(wire.RTM_NEWADDR, flags, _as_others_have_it(values, key, index) or body_of(message))


def _as_others_have_it(values: Values, key: AddressKey, index: Index) -> Optional[bytes]:
    """The kernel's own message about an address, with the lifetime that it is to have."""
    told, wanted = as_it_was(values), values.get(_LIFETIME.name)
    if told is None:
        return None
    told = again.address(told, key.link, index)
    given = {one: told[start:end] for one, start, end in decode.attributes(told, _HEADER, len(told))}
    if wanted is None and decode.unpacker(_LIFETIME)(given.get(_LIFETIME.number, _FOREVER), 0, 0) is None:
        # It may be there for good and deprecated.
        return told
    given[_LIFETIME.number] = _lifetime(wanted)
    return told[:_HEADER] + b"".join(wire.attribute(number, value) for number, value in given.items())


_LIFETIME = address.ATTRIBUTES["lifetime"]
_HEADER = wire.IFADDRMSG.size
_FOREVER = wire.IFA_CACHEINFO.pack(wire.FOREVER, wire.FOREVER, 0, 0)


def _lifetime(value: Value) -> bytes:
    """What runs out just now gets a second: the kernel takes no 0."""
    if not isinstance(value, Lifetime):
        return _FOREVER
    now = time.monotonic()
    valid = max(1, round(value.valid - now))
    return wire.IFA_CACHEINFO.pack(max(0, min(valid, round(value.preferred - now))), valid, 0, 0)


def _setting(step: Change, key: SysctlKey, index: Index) -> Encoded:
    value = (step.after or {})["value"]
    assert isinstance(value, int)
    return Encoded(wire.RTM_NEWLINK, 0, settings.encode(key, value, index(key.link)))


def as_it_was(values: Optional[Values]) -> Optional[bytes]:
    """The kernel's own message, of what others made and is put back."""
    message = (values or {}).get(model.MESSAGE)
    return message if isinstance(message, bytes) else None

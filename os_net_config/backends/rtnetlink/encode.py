"""Steps to rtnetlink messages. pyroute2 does the encoding, our attribute tables say of what.

Its message classes get their attribute maps from our descriptions, so that every attribute we
can read can be written, those newer than pyroute2's own maps included. Importing this module
imports pyroute2: only a run that writes does.
"""

from __future__ import annotations

from typing import Any, Callable, Dict, List, NamedTuple, Optional, Tuple

from pyroute2.netlink import nla, nlmsg
from pyroute2.netlink.rtnl.ifaddrmsg import ifaddrmsg
from pyroute2.netlink.rtnl.ifinfmsg import ifinfmsg
from pyroute2.netlink.rtnl.rtmsg import rtmsg

from ...state import address, link, model, route
from ...state.attributes import Attribute, AttributeTable
from ...state.diff import Change
from ...state.model import AddressKey, LinkKey, RouteKey
from ...state.values import Choice, Flag, Integer, IpAddressList, LinkName, Text, Value, Values
from . import wire

#: The index of a link by its name.
Index = Callable[[str], int]
AF_INET, AF_INET6 = 2, 10
_FAMILIES = {4: AF_INET, 16: AF_INET6}


class Encoded(NamedTuple):
    type: int
    flags: int
    body: bytes


def _wire_type(attribute: Attribute) -> str:
    kind = attribute.type
    if isinstance(kind, (Integer, Choice)):
        return f"uint{kind.bits}"
    if isinstance(kind, Flag):
        return "uint8"
    if isinstance(kind, LinkName):
        return "uint32"
    if isinstance(kind, Text):
        return "asciiz"
    return "addresses" if isinstance(kind, IpAddressList) else "cdata"


def _map(table: AttributeTable) -> Tuple[Tuple[int, str, str], ...]:
    return tuple((one.number, one.kernel, _wire_type(one)) for one in table.values() if one.number)


class _Addresses(nla):  # type: ignore[misc]
    """Addresses numbered from 0 (IFLA_BOND_ARP_IP_TARGET, IFLA_BOND_NS_IP6_TARGET)."""

    nla_map = tuple((number, str(number), "cdata") for number in range(16))


def _data_class(kind: str) -> type:
    own = {name: one for name, one in model.LINK_KINDS[kind].items() if name not in link.ATTRIBUTES}
    return type(f"_{kind}_data", (nla,), {"nla_map": _map(own), "addresses": _Addresses})


class _LinkInfo(nla):  # type: ignore[misc]
    nla_map = (
        (wire.IFLA_INFO_KIND, "IFLA_INFO_KIND", "asciiz"),
        *((wire.IFLA_INFO_DATA, f"IFLA_INFO_DATA/{kind}", f"data_{kind}") for kind in model.LINK_KINDS),
    )


for _kind in model.LINK_KINDS:
    setattr(_LinkInfo, f"data_{_kind}", _data_class(_kind))


class _LinkMessage(nlmsg):  # type: ignore[misc]
    fields = ifinfmsg.fields
    nla_map = (
        *_map({name: one for name, one in link.ATTRIBUTES.items() if one is not link.KIND}),
        (wire.IFLA_IFNAME, "IFLA_IFNAME", "asciiz"),
        (wire.IFLA_LINKINFO, "IFLA_LINKINFO", "linkinfo"),
    )
    linkinfo = _LinkInfo


class _AddressMessage(nlmsg):  # type: ignore[misc]
    fields = ifaddrmsg.fields
    nla_map = (
        (wire.IFA_ADDRESS, "IFA_ADDRESS", "cdata"),
        (wire.IFA_LOCAL, "IFA_LOCAL", "cdata"),
        *_map(address.ATTRIBUTES),
    )


class _RouteMessage(nlmsg):  # type: ignore[misc]
    fields = rtmsg.fields
    nla_map = (
        (wire.RTA_DST, "RTA_DST", "cdata"),
        (wire.RTA_PRIORITY, "RTA_PRIORITY", "uint32"),
        (wire.RTA_TABLE, "RTA_TABLE", "uint32"),
        *_map(route.ATTRIBUTES),
    )


def encode(step: Change, index: Index) -> Encoded:
    """One step as one message. ``index`` gives the kernel's number of a link that exists."""
    if isinstance(step.key, LinkKey):
        return _link(step, step.key, index)
    if isinstance(step.key, AddressKey):
        return _address(step, step.key, index)
    assert isinstance(step.key, RouteKey)
    return _route(step, step.key, index)


def _body(message: Any) -> bytes:
    message.encode()
    return bytes(message.data[wire.NLMSGHDR.size :])


def _value(attribute: Attribute, value: Value, index: Index) -> Any:
    if isinstance(attribute.type, LinkName):
        return index(value) if isinstance(value, str) else 0
    if isinstance(attribute.type, IpAddressList) and isinstance(value, tuple):
        return {"attrs": [(str(number), one) for number, one in enumerate(value)]}
    return value


def _attrs(table: AttributeTable, values: Values, index: Index) -> List[Tuple[str, Any]]:
    return [
        (table[name].kernel, _value(table[name], value, index))
        for name, value in values.items()
        if name in table
        and table[name].number
        and (value is not None or isinstance(table[name].type, LinkName))
    ]


def _link(step: Change, key: LinkKey, index: Index) -> Encoded:
    message = _LinkMessage()
    if step.after is None:
        message["index"] = index(key.name)
        return Encoded(wire.RTM_DELLINK, 0, _body(message))
    values = step.after
    common = {name: one for name, one in link.ATTRIBUTES.items() if one is not link.KIND}
    attrs = _attrs(common, values, index)
    if step.before is None:
        flags = wire.NLM_F_CREATE | wire.NLM_F_EXCL
        attrs.append(("IFLA_IFNAME", key.name))
    else:
        flags = 0
        message["index"] = index(key.name)
    info = _link_info(values, index, created=step.before is None)
    if info:
        attrs.append(("IFLA_LINKINFO", {"attrs": info}))
    if "up" in values:
        message["flags"] = wire.IFF_UP if values["up"] else 0
        message["change"] = wire.IFF_UP
    message["attrs"] = attrs
    return Encoded(wire.RTM_NEWLINK, flags, _body(message))


def _link_info(values: Values, index: Index, created: bool) -> List[Tuple[str, Any]]:
    """The kind with its own attributes; for a link that exists only where one of them changes."""
    own = values.keys() - link.ATTRIBUTES.keys()
    if not own and not created:
        return []
    kind = str(values.get("kind") or _kind_with(own))
    info: List[Tuple[str, Any]] = [("IFLA_INFO_KIND", kind)]
    if own:
        attrs = _attrs({name: model.LINK_KINDS[kind][name] for name in own}, values, index)
        info.append((f"IFLA_INFO_DATA/{kind}", {"attrs": attrs}))
    return info


def _kind_with(names: Any) -> str:
    return next(kind for kind, table in model.LINK_KINDS.items() if names <= table.keys())


def _address(step: Change, key: AddressKey, index: Index) -> Encoded:
    values: Dict[str, Value] = dict(step.after or {})
    message = _AddressMessage()
    message["family"] = _FAMILIES[len(key.prefix.address)]
    message["prefixlen"] = key.prefix.length
    message["scope"] = values.get("scope", 0)
    message["index"] = index(key.link)
    attrs: List[Tuple[str, Any]] = [("IFA_LOCAL", key.prefix.address), ("IFA_ADDRESS", key.prefix.address)]
    message["attrs"] = attrs + _attrs(address.ATTRIBUTES, values, index)
    if step.after is None:
        return Encoded(wire.RTM_DELADDR, 0, _body(message))
    flags = wire.NLM_F_CREATE | (wire.NLM_F_EXCL if step.before is None else wire.NLM_F_REPLACE)
    return Encoded(wire.RTM_NEWADDR, flags, _as_it_was(values) or _body(message))


def _route(step: Change, key: RouteKey, index: Index) -> Encoded:
    values: Dict[str, Value] = {**(step.before or {}), **(step.after or {})}
    flags = wire.NLM_F_CREATE | (wire.NLM_F_EXCL if step.before is None else wire.NLM_F_REPLACE)
    as_it_was = _as_it_was(step.after)
    if as_it_was is not None:
        return Encoded(wire.RTM_NEWROUTE, flags, as_it_was)
    message = _RouteMessage()
    message["family"] = _FAMILIES[len(key.destination.address)]
    message["dst_len"] = key.destination.length
    message["proto"] = values.get("protocol", route.PROTOCOL)
    message["scope"] = values.get("scope", 0)
    message["type"] = _ROUTE_TYPES.get(str(values.get("type")), wire.RTN_UNICAST)
    given = {name: value for name, value in values.items() if value is not None}
    attrs: List[Tuple[str, Any]] = [("RTA_TABLE", key.table)]
    if key.destination.length:
        attrs.append(("RTA_DST", key.destination.address))
    if key.metric:
        attrs.append(("RTA_PRIORITY", key.metric))
    message["attrs"] = attrs + _attrs(route.ATTRIBUTES, given, index)
    if step.after is None:
        return Encoded(wire.RTM_DELROUTE, 0, _body(message))
    return Encoded(wire.RTM_NEWROUTE, flags, _body(message))


_ROUTE_TYPES = {name: number for number, name in wire.RTN_NAMES.items()}


def _as_it_was(values: Optional[Values]) -> Optional[bytes]:
    """The kernel's own message, of what others made and is put back."""
    message = (values or {}).get(model.MESSAGE)
    return message if isinstance(message, bytes) else None

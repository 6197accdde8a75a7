"""Keys and values as JSON, for what outlives a run. Pure.

What JSON has no type for is an object of one member: ``{"bytes": "0a000001"}``, ``{"prefix":
"10.0.0.1/24"}``, ``{"hop": [...]}``, ``{"lifetime": [valid, preferred]}``, ``{"list": [...]}``.
"""

from __future__ import annotations

from ipaddress import ip_interface
from typing import Any, Dict, Mapping, Type

from .model import (
    AddressKey,
    DeviceKey,
    DnsKey,
    EthtoolKey,
    FileKey,
    Key,
    LinkKey,
    NameKey,
    NicNameKey,
    ProcessKey,
    ResolverKey,
    RouteKey,
    RowKey,
    RuleKey,
    SysctlKey,
)
from .values import Lifetime, NextHop, Prefix, Values

_KEYS: Mapping[str, Type[Any]] = {
    "address": AddressKey,
    "device": DeviceKey,
    "dns": DnsKey,
    "ethtool": EthtoolKey,
    "file": FileKey,
    "link": LinkKey,
    "name": NameKey,
    "nic_name": NicNameKey,
    "ovs": RowKey,
    "resolver": ResolverKey,
    "process": ProcessKey,
    "route": RouteKey,
    "rule": RuleKey,
    "sysctl": SysctlKey,
}


class CodecError(ValueError):
    """The text is not what this module wrote."""


def key_to_json(key: Key) -> Dict[str, Any]:
    """``{"resource": "link", "name": "vlan10"}``; a field that has its usual value is left out."""
    usual = key._field_defaults
    fields = {
        name: value for name, value in key._asdict().items() if name not in usual or usual[name] != value
    }
    return {"resource": key.resource, **{name: to_json(value) for name, value in fields.items()}}


def key_from_json(entry: Any) -> Key:
    """Raises CodecError."""
    try:
        fields = {name: from_json(value) for name, value in entry.items() if name != "resource"}
        key: Key = _KEYS[entry["resource"]](**fields)
    except (AttributeError, KeyError, TypeError) as error:
        raise CodecError(f"no key: {entry!r}") from error
    return key


def values_to_json(values: Values) -> Dict[str, Any]:
    return {name: to_json(value) for name, value in values.items()}


def values_from_json(entry: Any) -> Dict[str, Any]:
    """Raises CodecError."""
    if not isinstance(entry, dict):
        raise CodecError(f"no values: {entry!r}")
    return {name: from_json(value) for name, value in entry.items()}


def to_json(value: object) -> Any:
    if isinstance(value, bytes):
        return {"bytes": value.hex()}
    if isinstance(value, Prefix):
        return {"prefix": str(value)}
    if isinstance(value, NextHop):
        return {"hop": [to_json(one) for one in value]}
    if isinstance(value, Lifetime):
        return {"lifetime": list(value)}
    if isinstance(value, tuple):
        return {"list": [to_json(one) for one in value]}
    return value


def from_json(entry: Any) -> Any:
    """Raises CodecError."""
    if isinstance(entry, (list, float)):
        # A list would not even be hashable, which every value and key has to be.
        raise CodecError(f"no value: {entry!r}")
    if not isinstance(entry, dict):
        return entry
    try:
        ((form, content),) = entry.items()
        return _FORMS[form](content)
    except (KeyError, TypeError, ValueError) as error:
        raise CodecError(f"no value: {entry!r}") from error


def _prefix(text: str) -> Prefix:
    interface = ip_interface(text)
    return Prefix(interface.packed, interface.network.prefixlen)


_FORMS: Mapping[str, Any] = {
    "bytes": bytes.fromhex,
    "prefix": _prefix,
    "hop": lambda content: NextHop(*map(from_json, content)),
    "lifetime": lambda content: Lifetime(*map(int, content)),
    "list": lambda content: tuple(map(from_json, content)),
}

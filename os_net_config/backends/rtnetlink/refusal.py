"""Which attribute of a step the kernel refused, where it says so."""

from __future__ import annotations

from typing import Dict, Mapping, Optional, Tuple

from ...state import bridge_port, link
from ...state.attributes import AttributeTable
from ...state.diff import Change
from ...state.model import EVERY_LINK, OWN_ATTRIBUTES, LinkKey, RouteKey, RuleKey, attributes_of
from . import wire
from .decode import attributes
from .decode_rule import NUMBERS, PREFIXES, RANGES, TEXTS
from .socket import Refusal

#: Name and value of attributes by their number.
_Said = Mapping[int, Tuple[str, str]]


def reason(step: Change, body: bytes, refusal: Refusal) -> str:
    """The kernel's reason, after the attribute that it is about."""
    culprit = _only_one(step)
    if refusal.offset is not None:
        culprit = _attribute_at(step, body, refusal.offset) or culprit
    if culprit is None:
        return str(refusal)
    return f"{' '.join(culprit)}: {refusal}"


def _only_one(step: Change) -> Optional[Tuple[str, str]]:
    """Where a step changes one attribute of a link, it can be about no other."""
    items = list((step.after or {}).items())
    if not isinstance(step.key, LinkKey) or step.before is None or len(items) != 1:
        return None
    ((name, value),) = items
    known = {**_own_of_kind(step), **EVERY_LINK}[name]
    return (name, known.type.show(value)) if known.number else None


def _attribute_at(step: Change, body: bytes, offset: int) -> Optional[Tuple[str, str]]:
    """By its number in the attribute's header, among those that can stand there."""
    if offset + wire.NLATTR.size > len(body):
        return None
    number = wire.NLATTR.unpack_from(body, offset)[1] & wire.NLA_TYPE_MASK
    return _said(step, body, offset).get(number)


def _said(step: Change, body: bytes, offset: int) -> _Said:
    key = step.key
    if isinstance(key, LinkKey):
        return _shown(_table_of_link(step, body, offset), step)
    if isinstance(key, RuleKey):
        return _fields(key)
    table = attributes_of(key, {})
    if isinstance(key, RouteKey):
        nested = _is_within(wire.RTA_METRICS, body, wire.RTMSG.size, offset)
        shown = _shown({name: one for name, one in table.items() if bool(one.nest) == nested}, step)
        return shown if nested else {**shown, **_identity(key)}
    return _shown(table, step)


def _table_of_link(step: Change, body: bytes, offset: int) -> AttributeTable:
    for number, start, end in attributes(body, wire.IFINFOMSG.size, len(body)):
        if number == wire.IFLA_LINKINFO and start <= offset < end:
            inside = (one for one, first, last in attributes(body, start, end) if first <= offset < last)
            as_port = next(inside, 0) == wire.IFLA_INFO_SLAVE_DATA
            return bridge_port.ATTRIBUTES if as_port else _own_of_kind(step)
    return link.ATTRIBUTES


def _is_within(holder: int, body: bytes, first: int, offset: int) -> bool:
    """Whether the place is nested in this attribute."""
    found = attributes(body, first, len(body))
    return any(number == holder and start <= offset < end for number, start, end in found)


def _shown(table: AttributeTable, step: Change) -> _Said:
    values = step.after or step.before or {}
    return {
        number: (one.name, one.type.show(values.get(one.name)))
        for one in table.values()
        for number, _ in one.kernel_s
    }


def _identity(key: RouteKey) -> _Said:
    return {
        wire.RTA_DST: ("destination", str(key.destination)),
        wire.RTA_PRIORITY: ("metric", str(key.metric)),
        wire.RTA_TABLE: ("table", str(key.table)),
    }


def _fields(key: RuleKey) -> _Said:
    names: Dict[int, str] = {number: name for number, (name, _) in {**NUMBERS, **RANGES}.items()}
    said = {number: (name, getattr(key, name)) for number, name in {**names, **TEXTS, **PREFIXES}.items()}
    return {
        number: (name, "-".join(map(str, value)) if number in RANGES else str(value))
        for number, (name, value) in said.items()
        if value is not None
    }


def _own_of_kind(step: Change) -> AttributeTable:
    names = (step.after or {}).keys() - EVERY_LINK.keys()
    return next((one for one in OWN_ATTRIBUTES.values() if names <= one.keys()), {})

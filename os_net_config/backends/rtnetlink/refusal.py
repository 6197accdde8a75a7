"""Which attribute of a step the kernel refused, where it says so."""

from __future__ import annotations

from typing import Optional

from ...state import link
from ...state.attributes import Attribute, AttributeTable
from ...state.diff import Change
from ...state.model import LINK_KINDS, LinkKey, attributes_of
from . import wire
from .decode import attributes
from .socket import Refusal


def reason(step: Change, body: bytes, refusal: Refusal) -> str:
    """The kernel's reason, after the attribute that it is about."""
    culprit = _attribute_at(step, body, refusal.offset) if refusal.offset is not None else None
    if culprit is None:
        return str(refusal)
    return f"{culprit.name} {culprit.type.show((step.after or {}).get(culprit.name))}: {refusal}"


def _attribute_at(step: Change, body: bytes, offset: int) -> Optional[Attribute]:
    """By its number in the attribute's header, among those that can stand there."""
    if offset + wire.NLATTR.size > len(body):
        return None
    number = wire.NLATTR.unpack_from(body, offset)[1] & wire.NLA_TYPE_MASK
    return next((one for one in _table(step, body, offset).values() if one.number == number), None)


def _table(step: Change, body: bytes, offset: int) -> AttributeTable:
    if not isinstance(step.key, LinkKey):
        return attributes_of(step.key, {})
    for number, start, end in attributes(body, wire.IFINFOMSG.size, len(body)):
        if number == wire.IFLA_LINKINFO and start <= offset < end:
            return _own_of_kind(step)
    return link.ATTRIBUTES


def _own_of_kind(step: Change) -> AttributeTable:
    names = (step.after or {}).keys() - link.ATTRIBUTES.keys()
    table = next((one for one in LINK_KINDS.values() if names <= one.keys()), {})
    return {name: one for name, one in table.items() if name not in link.ATTRIBUTES}

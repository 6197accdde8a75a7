"""Questions and steps to messages of ethtool's family."""

from __future__ import annotations

import sys
from typing import Callable, Iterable, List, Mapping, Sequence, Tuple

from ...state import ethtool
from ...state.attributes import Attribute
from ...state.diff import Change
from ...state.model import EthtoolKey
from ...state.values import Choice, Flag, Integer, Value, Values
from ..rtnetlink.wire import U32, attribute
from . import wire

#: The kernel's names that one of ours stands for on a link, in its features.
Matching = Callable[[str], Sequence[str]]


def text(number: int, value: str) -> bytes:
    return attribute(number, value.encode(errors="surrogateescape") + b"\0")


def family(name: str) -> bytes:
    """The question for the number of a family."""
    header = wire.GENLMSGHDR.pack(wire.CTRL_CMD_GETFAMILY, wire.VERSION)
    return header + text(wire.CTRL_ATTR_FAMILY_NAME, name)


def question(key: EthtoolKey) -> bytes:
    return _message(wire.MESSAGES[key.group].get, text(wire.HEADER_DEV_NAME, key.link))


def order(key: EthtoolKey, step: Change, matching: Matching) -> bytes:
    """What sets the values of a step."""
    after = {name: value for name, value in (step.after or {}).items() if value is not None}
    if key.group in wire.FLAGS:
        flags = {one: ethtool.is_requested(value) for name, value in after.items() for one in matching(name)}
        said = bitset(wire.FLAGS[key.group], flags.items())
    else:
        table = ethtool.TABLES[key.group]
        said = b"".join(_said(table[name], value, step.before or {}) for name, value in after.items())
    # The acknowledgement is answer enough.
    silent = attribute(wire.HEADER_FLAGS, U32.pack(wire.FLAG_OMIT_REPLY))
    return _message(wire.MESSAGES[key.group].set, text(wire.HEADER_DEV_NAME, key.link) + silent) + said


def _message(command: int, header: bytes) -> bytes:
    return wire.GENLMSGHDR.pack(command, wire.VERSION) + attribute(wire.HEADER, header, nested=True)


def _said(one: Attribute, value: Value, before: Values) -> bytes:
    if isinstance(value, bytes):
        return attribute(one.number, value)
    if isinstance(value, tuple):
        names = [str(name) for name in value]
        old = before.get(one.name)
        rest = [str(name) for name in old if name not in names] if isinstance(old, tuple) else []
        return bitset(one.number, [*((name, False) for name in rest), *((name, True) for name in names)])
    assert isinstance(value, int)
    assert isinstance(one.type, (Choice, Flag, Integer, ethtool.Unreadable)), one
    return attribute(one.number, value.to_bytes(one.type.bits // 8, sys.byteorder))


def bitset(number: int, flags: Iterable[Tuple[str, bool]]) -> bytes:
    """Only these bits change."""
    bits: List[bytes] = []
    for name, is_on in flags:
        value = attribute(wire.BIT_VALUE, b"") if is_on else b""
        bits.append(attribute(wire.BITS_BIT, text(wire.BIT_NAME, name) + value, nested=True))
    return attribute(number, attribute(wire.BITSET_BITS, b"".join(bits), nested=True), nested=True)


def names(group: str) -> Mapping[int, str]:
    """Of a message that sets it, by the number of the attribute."""
    return {one.number: name for name, one in ethtool.TABLES[group].items()}

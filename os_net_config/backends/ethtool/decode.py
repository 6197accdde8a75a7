"""What the kernel tells of a group to the group's values."""

from __future__ import annotations

import sys
from typing import Callable, Dict, Mapping, NamedTuple, Tuple

from ...state import ethtool
from ...state.attributes import Attribute
from ...state.fitting import mode_of
from ...state.values import MacAddress, Value, Values
from ..rtnetlink.decode import attributes, text
from . import wire

#: The attributes of a message by number, as they are.
Raw = Mapping[int, bytes]


class Bits(NamedTuple):
    """A bit set by the names of its bits: all that it tells of, and those that are set."""

    known: Tuple[str, ...]
    on: Tuple[str, ...]


_NO_BITS = Bits((), ())


def raw(message: bytes) -> Raw:
    return {number: message[start:end] for number, start, end in attributes(message, 0, len(message))}


def values(group: str, message: bytes) -> Values:
    """Of an answer, without struct genlmsghdr."""
    found = raw(message)
    reads = _READS.get(group)
    return reads(found) if reads is not None else _scalars(group, found)


def _scalars(group: str, found: Raw) -> Dict[str, Value]:
    """By the group's table; with the most that the numbers may be."""
    table = ethtool.TABLES[group]
    known: Dict[str, Value] = {
        one.name: _scalar(one, found[one.number]) for one in table.values() if one.number in found
    }
    maxima = wire.MAXIMA.get(group, {}).items()
    known.update((ethtool.largest(name), number(found[place])) for name, place in maxima if place in found)
    return known


def _scalar(attribute: Attribute, value: bytes) -> Value:
    if isinstance(attribute.type, MacAddress):
        return value
    if isinstance(attribute.type, ethtool.Modes):
        return bits(value).on
    return number(value)


def number(value: bytes) -> int:
    return int.from_bytes(value, sys.byteorder)


def bits(value: bytes) -> Bits:
    """Of a bit set in its long form: a list by name of the bits in its mask, or of those that are set."""
    found = raw(value)
    listed = found.get(wire.BITSET_BITS, b"")
    each = [raw(listed[start:end]) for _, start, end in attributes(listed, 0, len(listed))]
    names = [(_name(one), wire.BIT_VALUE in one or wire.BITSET_NOMASK in found) for one in each]
    return Bits(tuple(name for name, _ in names), tuple(name for name, is_on in names if is_on))


def _name(bit: Raw) -> str:
    name = bit.get(wire.BIT_NAME, b"")
    return text(name, 0, len(name))


def _features(found: Raw) -> Values:
    sets = {number: bits(found[number]) for number in _SETS if number in found}
    changeable = sets.get(wire.FEATURES_HW, _NO_BITS)
    wanted, active, never = (
        frozenset(sets.get(number, _NO_BITS).on)
        for number in (wire.FEATURES_WANTED, wire.FEATURES_ACTIVE, wire.FEATURES_NOCHANGE)
    )
    free = frozenset(changeable.on) - never
    values = {
        name: ethtool.feature(name in active, name in (wanted if name in free else active))
        for name in changeable.known
    }
    fixed = tuple(name for name in changeable.known if name not in free)
    return {**ethtool.with_patterns(values, fixed), ethtool.FIXED: fixed}


_SETS = (wire.FEATURES_HW, wire.FEATURES_WANTED, wire.FEATURES_ACTIVE, wire.FEATURES_NOCHANGE)


def _modes(found: Raw) -> Values:
    """With autoneg the speed is what was negotiated: nobody has set it."""
    known = _scalars(ethtool.MODES, found)
    supported = bits(found.get(_OURS.number, b""))
    known[_OURS.name] = tuple(name for name in supported.on if mode_of(name))
    known[ethtool.SUPPORTED] = tuple(name for name in supported.known if mode_of(name))
    if known.get("autoneg"):
        known.update(speed=None, duplex=None)
    return known


_OURS = ethtool.TABLES[ethtool.MODES]["advertise"]


def _wol(found: Raw) -> Values:
    known = _scalars(ethtool.WOL, found)
    number = ethtool.TABLES[ethtool.WOL]["wol"].number
    return {**known, ethtool.SUPPORTED: bits(found.get(number, b"")).known}


def _private_flags(found: Raw) -> Values:
    told = bits(found.get(wire.FLAGS[ethtool.PRIVATE_FLAGS], b""))
    return {name: int(name in told.on) for name in told.known}


def _messages(found: Raw) -> Values:
    """Only those are told that are on."""
    told = bits(found.get(wire.FLAGS[ethtool.MESSAGES], b""))
    return {name: int(name in told.on) for name in ethtool.MESSAGE_TYPES}


_READS: Mapping[str, Callable[[Raw], Values]] = {
    ethtool.FEATURES: _features,
    ethtool.MODES: _modes,
    ethtool.WOL: _wol,
    ethtool.PRIVATE_FLAGS: _private_flags,
    ethtool.MESSAGES: _messages,
}

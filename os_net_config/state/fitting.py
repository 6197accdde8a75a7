"""What is said of a NIC in the words of ethtool, as that NIC has it. Pure.

Only the node knows which features a name stands for, and which modes a speed can be negotiated with.
"""

from __future__ import annotations

import re
from typing import Dict, FrozenSet, Iterable, Iterator, Mapping, Optional, Tuple

from . import ethtool
from .model import ASKED, Asked, EthtoolKey, Key, Resource, State
from .problem import Problem, listed
from .record import Record
from .values import Value, Values

#: Names in one message.
_MOST = 8


def asked(wanted: State, record: Record) -> FrozenSet[Asked]:
    """What has to be read for this wanted state: what it says, and what earlier configs said."""
    return settings_among((*wanted.resources, *record.entries))


def settings_among(keys: Iterable[Key]) -> FrozenSet[Asked]:
    return frozenset(key for key in keys if isinstance(key, ASKED))


def fitted(wanted: State, live: State, record: Record) -> State:
    """With the names and the values that the NICs have for what is said of them."""
    if not settings_among(wanted.resources):
        return wanted
    return State({key: _fitted(one, live.get(key), record) for key, one in wanted.resources.items()})


def _fitted(one: Resource, have: Optional[Resource], record: Record) -> Resource:
    fit = _FITS.get(one.key.group) if isinstance(one.key, EthtoolKey) else None
    if fit is None or have is None or ethtool.REFUSED in have.values:
        return one
    entry = record.get(one.key)
    # What is left unsaid is as it was before us.
    usual = {**have.values, **(entry.before if entry is not None else {})}
    return one._replace(values=fit(one.values, usual))


def _features(said: Values, usual: Values) -> Values:
    """In the order in which they are said: what comes later counts."""
    free = ethtool.changeable(usual)
    found: Dict[str, Value] = {}
    for name, value in said.items():
        found.update(dict.fromkeys(ethtool.matching(name, free) or (name,), value))
    return found


def _modes(said: Values, usual: Values) -> Values:
    """All that belongs together: what is advertised, or speed and duplex without negotiation.

    A speed that is said with autoneg is the one that is advertised (net/ethtool/linkmodes.c,
    ethnl_auto_linkmodes).
    """
    if usual.get("autoneg") is None:
        return said
    rest = {name: value for name, value in said.items() if name not in _TOGETHER}
    if not said.get("autoneg", usual["autoneg"]):
        forced = ((name, said.get(name, usual.get(name))) for name in ("speed", "duplex"))
        return {**rest, "autoneg": 0, **{name: value for name, value in forced if _is_known(name, value)}}
    advertised = said.get("advertise")
    if advertised is None:
        advertised = _advertised(said, usual)
    return {**rest, "autoneg": 1, "speed": None, "duplex": None, "advertise": advertised}


_TOGETHER = frozenset({"autoneg", "speed", "duplex", "advertise"})


def _advertised(said: Values, usual: Values) -> Tuple[str, ...]:
    limits = {name: said[name] for name in ("speed", "duplex") if said.get(name) is not None}
    if not limits and usual.get("autoneg"):
        return _names(usual, "advertise")
    modes = ((name, mode_of(name)) for name in _names(usual, ethtool.SUPPORTED))
    return tuple(name for name, mode in modes if all(mode.get(one) == value for one, value in limits.items()))


def mode_of(name: str) -> Mapping[str, Value]:
    """Speed and duplex of a link mode: ``1000baseT/Full``, ``10000baseR_FEC``.

    Empty of what is none: Autoneg, Pause, FIBRE.
    """
    match = re.fullmatch(r"([0-9]+)base\w+(?:/(Half|Full))?", name)
    return {"speed": int(match[1]), "duplex": int(match[2] != "Half")} if match is not None else {}


_FITS = {ethtool.FEATURES: _features, ethtool.MODES: _modes}


def _names(values: Values, name: str) -> Tuple[str, ...]:
    found = values.get(name)
    return tuple(map(str, found)) if isinstance(found, tuple) else ()


def _known(have: Values) -> Tuple[str, ...]:
    return tuple(name for name in have if ethtool.is_attribute(name))


def remembered(live: State, record: Record) -> State:
    """Where a NIC does not tell its speed without carrier, the one that it was last given."""
    told: Dict[Key, Resource] = {}
    for entry in record:
        have = live.get(entry.key)
        if isinstance(entry.key, EthtoolKey) and have is not None and entry.given:
            told[entry.key] = have._replace(values={**have.values, **_given(entry.given[-1], have.values)})
    return State({**live.resources, **told}) if told else live


def _given(said: Values, have: Values) -> Values:
    unknown = (name for name in ("speed", "duplex") if not _is_known(name, have.get(name)))
    return {name: said[name] for name in unknown if _is_known(name, said.get(name))}


def _is_known(name: str, value: Value) -> bool:
    type_ = ethtool.TABLES[ethtool.MODES][name].type
    return value is not None and not (isinstance(type_, ethtool.Unreadable) and value == type_.unknown)


# What cannot be


def problems(wanted: State, live: State) -> Iterator[Problem]:
    """What NICs that were read cannot do of what is wanted of them (fitted)."""
    for one in wanted:
        have = live.get(one.key)
        if isinstance(one.key, EthtoolKey) and have is not None:
            yield from _of_one(one.key, one, have.values)


def _of_one(key: EthtoolKey, one: Resource, have: Values) -> Iterator[Problem]:
    refused = have.get(ethtool.REFUSED)
    if refused is not None:
        yield Problem(one.origin, f"{key.link} has no settings of {key.group}: {refused!s}", "take them out")
        return
    for name, value in one.values.items():
        if key.group in _BY_NAME:
            yield from _flag(key, one, name, have)
        elif isinstance(value, int):
            yield from _number(key, one, name, have)
    if key.group == ethtool.MODES and one.values.get("advertise") == ():
        yield _cannot_negotiate(key, one, have)
    elif key.group == ethtool.WOL:
        yield from _cannot_wake(key, one, have)


_BY_NAME = frozenset({ethtool.FEATURES, ethtool.PRIVATE_FLAGS, ethtool.MESSAGES})


def _flag(key: EthtoolKey, one: Resource, name: str, have: Values) -> Iterator[Problem]:
    if name not in have:
        import difflib

        close = difflib.get_close_matches(name, _known(have), 1)
        known = listed(_known(have), _MOST)
        hint = f"did you mean {close[0]}?" if close else f"it has {known}" if known else ""
        yield Problem(one.origin, f"{key.link} has nothing named {name} among its {key.group}", hint)
    elif key.group == ethtool.FEATURES and one.values[name] != have[name]:
        several = ethtool.matching(name, _known(have))
        if not several:
            yield Problem(one.origin, f"this kernel has no {name}", "take it out")
        elif set(several) <= set(_names(have, ethtool.FIXED)):
            state = "on" if have[name] else "off"
            yield Problem(one.origin, f"{name} of {key.link} is {state} [fixed]: it cannot be changed")


def _number(key: EthtoolKey, one: Resource, name: str, have: Values) -> Iterator[Problem]:
    value, most = one.values[name], have.get(ethtool.largest(name))
    if isinstance(value, int) and isinstance(most, int) and value > most:
        message = f"{name} {value} is more than {key.link} takes of its {key.group}: at most {most}"
        yield Problem(one.origin, message)


def _cannot_negotiate(key: EthtoolKey, one: Resource, have: Values) -> Problem:
    modes = [name for name in _names(have, ethtool.SUPPORTED) if mode_of(name)]
    hint = f"it can do {listed(modes, _MOST)}" if modes else "it negotiates nothing"
    return Problem(one.origin, f"{key.link} cannot negotiate what is asked for", hint)


def _cannot_wake(key: EthtoolKey, one: Resource, have: Values) -> Iterator[Problem]:
    missing = [name for name in _names(one.values, "wol") if name not in _names(have, ethtool.SUPPORTED)]
    if missing:
        known = ", ".join(_names(have, ethtool.SUPPORTED)) or "nothing"
        yield Problem(one.origin, f"{key.link} is not woken by {', '.join(missing)}", f"it is by {known}")

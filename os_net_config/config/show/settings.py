"""``ethtool_opts``: what a config has said of a link, as the link has it now.

Which value is the driver's own nobody tells: what was set by hand cannot be told from it.
"""

from __future__ import annotations

from typing import Callable, Dict, Iterator, List, Mapping, Optional

from ...state import ethtool, fitting
from ...state.model import EthtoolKey
from ...state.values import Value, Values
from .seen import Seen

#: The command of each group that has one word for each attribute.
_COMMANDS: Mapping[str, str] = {
    ethtool.FEATURES: "-K",
    ethtool.RINGS: "-G",
    ethtool.CHANNELS: "-L",
    ethtool.COALESCE: "-C",
    ethtool.PAUSE: "-A",
    ethtool.MODES: "-s",
    ethtool.PORT: "-s",
    ethtool.WOL: "-s",
    ethtool.PRIVATE_FLAGS: "--set-priv-flags",
    ethtool.MESSAGES: "-s",
}


def shown(seen: Seen, name: str) -> str:
    """Empty where no config has said anything."""
    return "; ".join(_commands(seen, name))


def _commands(seen: Seen, name: str) -> Iterator[str]:
    for group, command in _COMMANDS.items():
        key = EthtoolKey(name, group)
        have, said = seen.live.get(key), seen.said(key)
        if have is None or ethtool.REFUSED in have.values:
            continue
        values = {one: have.values[one] for one in sorted(said) if one in have.values}
        words = list(_OTHERWISE.get(group, _words)(group, values, have.values)) if values else []
        if words:
            yield " ".join([command, "${DEVICE}", *words])


def _words(group: str, values: Values, have: Values) -> Iterator[str]:
    table = ethtool.TABLES[group]
    for name, value in values.items():
        if value is not None:
            yield f"{name} {table[name].type.show(value)}"


def _features(group: str, values: Values, have: Values) -> Iterator[str]:
    """As they are requested, of those that can be changed."""
    for name in ethtool.changeable(have):
        if name in values:
            yield f"{name} {'on' if ethtool.is_requested(values[name]) else 'off'}"


def _modes(group: str, values: Values, have: Values) -> Iterator[str]:
    """Speed and duplex as they are forced; with autoneg the ones that alone are advertised."""
    table = ethtool.TABLES[group]
    if have.get("autoneg") == 0:
        words = {"speed": have.get("speed"), "duplex": have.get("duplex"), "autoneg": 0}
    else:
        words = {**_limits(have), "autoneg": 1} if "autoneg" in values else {}
    words.update({name: value for name, value in values.items() if name == "master-slave"})
    for name, value in words.items():
        if value is not None:
            yield f"{name} {table[name].type.show(value)}"


def _limits(have: Values) -> Dict[str, Value]:
    modes = [mode for mode in map(fitting.mode_of, _names(have, "advertise")) if mode]
    possible = [mode for mode in map(fitting.mode_of, _names(have, ethtool.SUPPORTED)) if mode]
    return {
        name: value
        for name in ("speed", "duplex")
        if (value := _only(modes, name)) is not None and _only(possible, name) is None
    }


def _only(modes: List[Mapping[str, Value]], name: str) -> Optional[Value]:
    """What they have in common."""
    values = {mode.get(name) for mode in modes}
    return values.pop() if len(values) == 1 else None


def _names(values: Values, name: str) -> List[str]:
    found = values.get(name)
    return list(map(str, found)) if isinstance(found, tuple) else []


def _messages(group: str, values: Values, have: Values) -> Iterator[str]:
    yield " ".join(["msglvl", *_words(group, values, have)])


_OTHERWISE: Mapping[str, Callable[[str, Values, Values], Iterator[str]]] = {
    ethtool.FEATURES: _features,
    ethtool.MODES: _modes,
    ethtool.MESSAGES: _messages,
}

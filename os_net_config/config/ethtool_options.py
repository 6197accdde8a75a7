"""``ethtool_opts``: commands of ethtool(8) that set something, with a semicolon between them.

Here is what they say by themselves; what it means of a NIC only the node knows (state/fitting.py).
"""

from __future__ import annotations

from functools import lru_cache
from types import MappingProxyType
from typing import Callable, Dict, Iterator, List, Mapping, NamedTuple, Sequence, Tuple

from ..state import ethtool
from ..state.problem import Word
from ..state.values import Flag, Value
from . import words as w
from .words import Said, WordError, Words, say, unknown


class EthtoolOptions(NamedTuple):
    """By group and name. ``devices`` are the words that name the NIC."""

    said: Mapping[Tuple[str, str], Said]
    devices: Tuple[Word, ...]

    def groups(self) -> Dict[str, Dict[str, Value]]:
        """The values of each group, in the order in which they are said."""
        found: Dict[str, Dict[str, Value]] = {}
        for (group, name), one in self.said.items():
            value = one.value
            assert isinstance(value, (int, str, bytes, tuple))
            found.setdefault(group, {})[name] = value
        return found


#: What stands for the NIC itself.
ITSELF = frozenset({"${DEVICE}", "$DEVICE"})

_ON = w.one_of({"on": 1, "off": 0})
_Collected = Dict[Tuple[str, str], Said]


def _reader(group: str, name: str) -> w.Read[Value]:
    """Numbers as ethtool reads them, words as its tables have them."""
    type_ = ethtool.TABLES[group][name].type

    def read(text: str) -> Value:
        if text.isdigit() and len(text) > 1 and text[0] == "0":
            raise ValueError(f"{text} would be octal: write it without the zero before it")
        return type_.parse(text)

    return read


def _table(words: Words, word: Word, group: str, found: _Collected) -> None:
    """A word of the group's table with its value."""
    table = ethtool.TABLES[group]
    if word.text not in table:
        raise unknown(word, table, f"word of ethtool's {group}")
    read = _ON if isinstance(table[word.text].type, Flag) else _reader(group, word.text)
    _say(found, group, word.text, words.value(word, read), word)


def _flag(words: Words, word: Word, group: str, found: _Collected) -> None:
    """The name of a flag, which only the node knows, with on or off."""
    name = ethtool.SHORT.get(word.text, word.text) if group == ethtool.FEATURES else word.text
    if not ethtool.is_attribute(name) or name in {"on", "off"}:
        raise WordError(f"{word.text!r} stands where the name of one of the {group} is expected", word)
    _say(found, group, name, words.value(word, _ON), word)


def _say(found: _Collected, group: str, name: str, value: Value, word: Word) -> None:
    said = {name: one for (where, name), one in found.items() if where == group}
    say(said, name, value, word)
    found[group, name] = said[name]


_NOT_SET: Mapping[str, str] = {
    "advertise": "say speed and duplex with autoneg on: then just these are advertised",
    "lanes": "the kernel takes it together with a link mode that this version does not choose",
    "xcvr": "the kernel sets it no more (Linux 5.6)",
}


def _change(words: Words, word: Word, _: str, found: _Collected) -> None:
    """A word of ``-s``, which is of several groups."""
    if word.text in _NOT_SET:
        raise WordError(f"{word.text} is not possible here: {_NOT_SET[word.text]}", word)
    group = _OF_CHANGE.get(word.text)
    if word.text == "msglvl":
        _messages(words, word, found)
    elif group is None:
        known = [*_OF_CHANGE, "msglvl"]
        raise unknown(word, known, "word of ethtool -s")
    else:
        _table(words, word, group, found)


_OF_CHANGE: Mapping[str, str] = {
    **dict.fromkeys(("speed", "duplex", "autoneg", "master-slave"), ethtool.MODES),
    **dict.fromkeys(("port", "phyad", "mdix"), ethtool.PORT),
    **dict.fromkeys(("wol", "sopass"), ethtool.WOL),
}


def _messages(words: Words, keyword: Word, found: _Collected) -> None:
    """``msglvl N[/MASK]``, or ``msglvl TYPE on|off ... [--]``."""
    named = words.take_one_of(ethtool.MESSAGE_TYPES)
    if named is None:
        bits, mask = words.value(keyword, _masked)
        for number, name in enumerate(ethtool.MESSAGE_TYPES):
            if mask >> number & 1:
                _say(found, ethtool.MESSAGES, name, bits >> number & 1, keyword)
    while named is not None:
        _say(found, ethtool.MESSAGES, named.text, words.value(named, _ON), named)
        named = words.take_one_of(ethtool.MESSAGE_TYPES)
    words.take_one_of({"--"})


def _masked(text: str) -> Tuple[int, int]:
    """Bits, and which of them are meant."""
    bits, slash, mask = text.partition("/")
    read = w.number(0, 2 ** len(ethtool.MESSAGE_TYPES) - 1)
    return read(bits), read(mask) if slash else 2 ** len(ethtool.MESSAGE_TYPES) - 1


_Read = Callable[[Words, Word, str, _Collected], None]


class Command(NamedTuple):
    """What reads the words of a command, and the group that they are of."""

    read: _Read
    group: str = ""


_COMMANDS: Sequence[Tuple[Tuple[str, ...], Command]] = (
    (("-s", "--change"), Command(_change)),
    (("-A", "--pause"), Command(_table, ethtool.PAUSE)),
    (("-C", "--coalesce"), Command(_table, ethtool.COALESCE)),
    (("-G", "--set-ring"), Command(_table, ethtool.RINGS)),
    (("-K", "--features", "--offload"), Command(_flag, ethtool.FEATURES)),
    (("-L", "--set-channels"), Command(_table, ethtool.CHANNELS)),
    (("--set-priv-flags",), Command(_flag, ethtool.PRIVATE_FLAGS)),
)
_BY_NAME: Mapping[str, Command] = {name: command for names, command in _COMMANDS for name in names}
_CHANGE = _BY_NAME["-s"]

#: Commands that set something and are not understood yet.
_LATER = frozenset(
    {
        "-N", "-U", "--config-nfc", "--config-ntuple", "-X", "--set-rxfh-indir", "--rxfh", "--set-eee",
        "--set-fec", "--set-phy-tunable", "--set-tunable", "--set-module", "--set-pse", "-Q", "--per-queue",
        "-W", "--set-dump", "--reset", "-E", "--change-eeprom", "-r", "--negotiate", "-f", "--flash",
    }
)  # fmt: skip


@lru_cache(maxsize=1024)
def parse(text: str) -> EthtoolOptions:
    """Raises WordError for the first word that is not understood."""
    found: _Collected = {}
    devices: List[Word] = []
    for words in _commands(text):
        word = words.take()
        command = _BY_NAME.get(word.text, _CHANGE)
        if word.text.startswith("-"):
            _check_command(word)
            if not words:
                raise WordError(f"{word.text} needs the NIC: write {word.text} ${{DEVICE}}", word)
            devices.append(words.take())
            if not words:
                raise WordError(f"{word.text} sets nothing", word)
            word = words.take()
        command.read(words, word, command.group, found)
        while words:
            command.read(words, words.take(), command.group, found)
    return EthtoolOptions(MappingProxyType(found), tuple(devices))


def _commands(text: str) -> Iterator[Words]:
    """The words of each command, with their places in the whole text."""
    place, number = 0, 0
    for part in text.split(";"):
        words = Words(part, place, number)
        number += len(words)
        place += len(part) + 1
        if words:
            yield words


def _check_command(word: Word) -> None:
    if word.text in _LATER:
        raise WordError(f"{word.text} is not supported by this version", word)
    if word.text not in _BY_NAME:
        raise unknown(word, _BY_NAME, "command of ethtool that sets something")

"""A command as it stands in a text."""

from __future__ import annotations

from typing import Dict, Mapping, NamedTuple, Optional, Sequence, Tuple

IF_EXISTS, MAY_EXIST = "--if-exists", "--may-exist"
FAKE_IFACE, PROBE = "--fake-iface", "--inactivity-probe"
#: Options of ovs-vsctl that mean nothing here, with the number of words of their value.
_HARMLESS: Mapping[str, int] = {
    **dict.fromkeys(("--no-syslog", "--no-wait", "--oneline", "--retry"), 0),
    **dict.fromkeys(("-t", "--timeout"), 1),
}


class Call(NamedTuple):
    """Options stand before the command's word; one without a value has None."""

    word: str
    options: Mapping[str, Optional[str]]
    arguments: Sequence[str]


def without_global(words: Sequence[str]) -> Sequence[str]:
    """The first command without the program's name and the options that do no harm to any."""
    rest = list(words)
    if rest and rest[0].rpartition("/")[2] == "ovs-vsctl":
        del rest[0]
    while rest and rest[0].partition("=")[0] in _HARMLESS:
        option, equals, _ = rest[0].partition("=")
        del rest[: 1 if equals else 1 + _HARMLESS[option]]
    return rest


def read(words: Sequence[str]) -> Call:
    """Raises ValueError where there is no command, or an option twice."""
    options, count = _options(words)
    if count == len(words):
        raise ValueError("there is no command in it")
    return Call(words[count], options, words[count + 1 :])


def _options(words: Sequence[str]) -> Tuple[Mapping[str, Optional[str]], int]:
    found: Dict[str, Optional[str]] = {}
    for number, word in enumerate(words):
        if not word.startswith("-"):
            return found, number
        option, equals, value = word.partition("=")
        if option in found:
            raise ValueError(f"{option} stands twice")
        found[option] = value if equals else None
    return found, len(words)

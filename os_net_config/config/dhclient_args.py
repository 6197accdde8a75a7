"""``dhclient_args``: arguments of dhclient(8), in one text as for a shell."""

from __future__ import annotations

import shlex
from typing import Iterator, List

from ..state.problem import Path, Problem

_OURS = "os-net-config says that itself"
_IPV6 = "dhclient asks for IPv4 addresses alone here: use_dhcpv6 needs dhcpcd"
_STAYS = "the client has to stay, in the background"
#: What would break the hold that we have of it, and why.
_REFUSED = {
    **dict.fromkeys(("-4", "-cf", "-lf", "-pf", "-sf", "--no-pid", "-nw"), _OURS),
    **dict.fromkeys(("-6", "-4o6", "-S", "-T", "-P", "-N", "-R"), _IPV6),
    **dict.fromkeys(("-r", "-x", "-d", "-1", "-n", "-w", "--version", "--help", "-h"), _STAYS),
}
#: What the next word belongs to. Red Hat's has some of its own.
_WITH_VALUE = frozenset(
    {
        *("-p", "-e", "-s", "-g", "-D", "-df", "--dad-wait-time", "--decline-wait-time"),
        *("--prefix-len-hint", "--address-prefix-len"),
        *("-C", "-H", "-F", "-V", "-timeout", "--timeout", "--request-options"),
    }
)


def joined(text: str) -> str:
    """In one way, however the text has it."""
    try:
        return shlex.join(shlex.split(text))
    except ValueError:
        return ""


def check(text: str, place: Path) -> Iterator[Problem]:
    if not text.isprintable():
        yield Problem(place, "has a control character, as a line's end", "write it on one line")
        return
    try:
        words = shlex.split(text)
    except ValueError:
        yield Problem(place, "a quotation mark or an escape has no end", "quote it as for a shell")
        return
    yield from _of_words(words, place)


def _of_words(words: List[str], place: Path) -> Iterator[Problem]:
    rest = iter(words)
    for word in rest:
        if word in _REFUSED:
            yield Problem(place, f"{word} cannot be given to dhclient: {_REFUSED[word]}", "remove it")
        elif word in _WITH_VALUE:
            if next(rest, None) is None:
                yield Problem(place, f"{word} needs a value", "write it after it")
        elif not word.startswith("-"):
            message = f"{word} would be the name of a link, and the client has its own"
            yield Problem(place, message, "remove it")

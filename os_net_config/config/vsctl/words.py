"""The words of a text, as a shell makes them for ovs-vsctl (POSIX.1-2017, XCU 2.2).

There is no shell: nothing is expanded, and what a shell would act on is refused unless it is quoted.
"""

from __future__ import annotations

import re
from typing import Iterable, Iterator, List, Match, NoReturn

_PIECE = re.compile(
    r"""(?P<space>\s+)
    | (?P<continued>\\\n)
    | '(?P<single>[^']*)'
    | "(?P<double>(?:[^"\\]|\\.)*)"
    | \\(?P<escaped>.)
    | (?P<bare>[^\s'"\\]+)""",
    re.VERBOSE | re.DOTALL,
)
_ACTED_ON = re.compile(r"[$`;&|<>()]")
_IN_DOUBLE_QUOTES = re.compile(r"\\(.)|[$`]", re.DOTALL)
#: What a backslash in double quotes takes its meaning from.
_ESCAPABLE = '$`"\\'


def split(text: str) -> List[str]:
    """Raises ValueError for an open quote, and for what only a shell understands."""
    words: List[str] = []
    within = False
    at = 0
    while at < len(text):
        match = _PIECE.match(text, at)
        if match is None:
            raise ValueError("it ends in a backslash" if text[at] == "\\" else f"a quote {text[at]} is open")
        kind = str(match.lastgroup)
        if kind != "continued":
            if not within and kind != "space":
                words.append("")
            within = kind != "space"
            if within:
                words[-1] += _plain(kind, match[kind])
        at = match.end()
    return words


def _plain(kind: str, piece: str) -> str:
    """A piece of a word without its quotes."""
    if kind == "double":
        return _IN_DOUBLE_QUOTES.sub(_unquoted, piece)
    found = _ACTED_ON.search(piece) if kind == "bare" else None
    if found is not None:
        _refuse(found[0])
    return piece


def _unquoted(match: Match[str]) -> str:
    if match[1] is None:
        _refuse(match[0])
    if match[1] == "\n":
        return ""
    return match[1] if match[1] in _ESCAPABLE else match[0]


def _refuse(character: str) -> NoReturn:
    raise ValueError(f"{character} is for a shell, and there is none: put it in single quotes")


def commands(words: Iterable[str]) -> Iterator[List[str]]:
    """The words of each command, without the ``--`` between them."""
    one: List[str] = []
    for word in words:
        if word != "--":
            one.append(word)
        elif one:
            yield one
            one = []
    if one:
        yield one

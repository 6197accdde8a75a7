"""Stanzas of /etc/network/interfaces, as interfaces(5) tells them. Pure."""

from __future__ import annotations

import re
from typing import AbstractSet, FrozenSet, Iterator, List

#: Words that begin a stanza; ``allow-`` ones besides.
_FIRST_WORDS = frozenset(
    {"iface", "mapping", "rename", "source", "source-directory", "template", "auto", "no-auto-down"}
    | {"no-scripts"}
)
#: Stanzas of several links in one line.
_LISTS = re.compile(rb"auto|allow-[a-z-]+|no-auto-down|no-scripts")


def without_links(content: bytes, names: AbstractSet[str]) -> bytes:
    """Without the stanzas of these links; every other byte as it is."""
    meant = frozenset(name.encode(errors="surrogateescape") for name in names)
    return b"".join(_left(content, meant))


def _left(content: bytes, names: FrozenSet[bytes]) -> Iterator[bytes]:
    dropping = False
    #: Blank lines and comments, which belong to the stanza only if more of it follows.
    waiting: List[bytes] = []
    for line in _logical_lines(content):
        words = line.replace(b"\\\n", b" ").split()
        if not words or words[0].startswith(b"#"):
            waiting.append(line)
            continue
        if _begins(words[0]):
            dropping = words[0] == b"iface" and words[1:2] != [] and words[1] in names
            yield from waiting
            waiting = []
            if not dropping:
                yield _without_words(line, names) if _LISTS.fullmatch(words[0]) else line
        elif dropping:
            waiting = []
        else:
            yield from (*waiting, line)
            waiting = []
    yield from waiting


def _begins(word: bytes) -> bool:
    text = word.decode(errors="replace")
    return text in _FIRST_WORDS or text.startswith("allow-")


def _logical_lines(content: bytes) -> Iterator[bytes]:
    """A line that ends in a backslash goes on in the next one."""
    line = b""
    for one in content.splitlines(keepends=True):
        line += one
        if not one.endswith(b"\\\n"):
            yield line
            line = b""
    if line:
        yield line


def _without_words(line: bytes, names: FrozenSet[bytes]) -> bytes:
    """``auto eth0 eth1`` without eth0 is ``auto eth1``; without both it goes."""
    if not names.intersection(line.split()[1:]):
        return line
    if names.issuperset(line.replace(b"\\\n", b" ").split()[1:]):
        return b""
    pattern = b"|".join(re.escape(name) for name in sorted(names))
    return re.sub(rb"[ \t]+(?:" + pattern + rb")(?=\s|$)", b"", line)

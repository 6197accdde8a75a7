"""Names of routing tables, routing protocols and link groups, in the files that ``ip`` reads them from.

What iproute2 does (its lib/rt_names.c): of a file in /etc/iproute2 and the one of that name below
/usr only the first that is there is read; then, where there is a directory of the file's name with
``.d``, the ``*.conf`` of both places, without those of /usr that /etc has as well. Of several names
of a number the one that was read last counts. At a line that it does not understand it complains,
whatever it was asked for, and reads no further in that file.

Tables and protocols have such a directory, and in it a file that is all ours. Groups have none:
our lines in the common file carry a mark.
"""

from __future__ import annotations

import itertools
import logging
import os
import re
from typing import Dict, Iterator, List, Mapping, NamedTuple, Optional, Sequence

from ..state.diff import Change
from ..state.model import Key, NameKey, Resource
from ..state.names import FILES, GROUPS, OWNER, TABLES
from . import files
from .protocol import ExecuteError

log = logging.getLogger(__name__)

ETC = "etc/iproute2"
#: iproute2 6.5 and later have one of them, as they were built; earlier ones read /etc only.
USR = ("usr/share/iproute2", "usr/lib/iproute2")

HEADER = b"# Written by os-net-config; whenever a name changes it writes the whole file anew.\n"
MARK = b"# made by os-net-config"

#: What ip knows without a file (RT_TABLE_*, linux/rtnetlink.h).
_BUILT_IN = {"default": 253, "main": 254, "local": 255}
#: sscanf's "0x%x %s" and, where that fails, its "%d %s". The rest of the line is not looked at.
_NAMED = re.compile(
    r"0x([0-9a-fA-F]+)(?![0-9a-fA-F])\s*(\S+)|([+-]?[0-9]+)(?![0-9])\s*(\S+)", re.ASCII
)  # fmt: skip

#: The name of each number; None: it is to have none of ours.
Wanted = Mapping[int, Optional[str]]


class Line(NamedTuple):
    """One line of a file. ``number`` None: it names nothing. ``good``: ip reads on."""

    text: bytes
    number: Optional[int] = None
    name: str = ""
    good: bool = True

    def is_ours(self, numbers: Wanted) -> bool:
        return self.number in numbers and self.text.rstrip().endswith(MARK)


class Entry(NamedTuple):
    number: int
    name: str
    path: str
    ours: bool


class Names:
    """The names below ``root`` (empty: this node's)."""

    def __init__(self, root: str = "") -> None:
        self._root = root or "/"

    def observe(self) -> Dict[Key, Resource]:
        """The name that counts for each number. Others' have their file as OWNER among the values."""
        found: Dict[Key, Resource] = {}
        for file in FILES:
            for entry in self.entries(file):
                key = NameKey(file, entry.number)
                have = found.get(key)
                if entry.ours and have is not None and have.values["name"] == entry.name:
                    # Others say the same, and go on to when our line goes.
                    continue
                values = {"name": entry.name} if entry.ours else {"name": entry.name, OWNER: entry.path}
                found[key] = Resource(key, values)
        return found

    def entries(self, file: str) -> Iterator[Entry]:
        """All that ip reads for this file, in an order in which it may, ours as late as possible."""
        own = self.path_of(file)
        for path in self._read_by_ip(file, own):
            for line in itertools.takewhile(lambda one: one.good, lines(_read(path))):
                if line.number is not None:
                    ours = path == own and (file != GROUPS or line.is_ours({line.number: None}))
                    yield Entry(line.number, line.name, path, ours)

    def tidy(self) -> None:
        """Remove what a write that died has left. Raises OSError."""
        for file in FILES:
            files.remove(files.between_of(self.path_of(file)))

    def path_of(self, file: str) -> str:
        """The file that our lines are in."""
        return self._path(ETC, FILES[file])

    def _path(self, *parts: str) -> str:
        return os.path.join(self._root, *parts)

    @property
    def _usr(self) -> str:
        return next((one for one in map(self._path, USR) if os.path.isdir(one)), self._path(USR[0]))

    def _read_by_ip(self, file: str, own: str) -> Iterator[str]:
        etc = self._path(ETC)
        first = os.path.join(etc, file)
        yield first if os.path.exists(first) else os.path.join(self._usr, file)
        if file == GROUPS:
            return
        ours, theirs = (_configs(os.path.join(one, f"{file}.d")) for one in (etc, self._usr))
        names = {os.path.basename(path) for path in ours}
        yield from (path for path in theirs if os.path.basename(path) not in names)
        yield from sorted(ours, key=lambda path: path == own)

    def execute(self, steps: Sequence[Change]) -> None:
        """Every file is written once for all steps in a row that concern it. Raises ExecuteError."""
        done: List[Change] = []
        for file, group in itertools.groupby(steps, _file):
            same = list(group)
            try:
                self._write(file, {_number(step): _name(step) for step in same})
            except OSError as error:
                reason = f"{error.filename or self.path_of(file)}: {error.strerror}"
                raise ExecuteError(same[0], reason, done, steps[len(done) + 1 :]) from error
            done += same

    def _write(self, file: str, wanted: Wanted) -> None:
        path = self.path_of(file)
        old = files.content(path)
        if file == GROUPS:
            # A file in /etc hides the one below /usr: it begins as its copy.
            base = files.content(os.path.join(self._usr, file)) or b""
            new = with_marked(without_marked(base if old is None else old, wanted), wanted)
        else:
            base, new = b"", rewritten(old or b"", wanted)
        if new == old:
            return
        if new == base:
            files.remove(path)
        else:
            files.replace(path, new)

    def is_writable(self) -> bool:
        """Whether no file system that our files are on is mounted read-only."""
        return not any(os.statvfs(_existing(self.path_of(file))).f_flag & os.ST_RDONLY for file in FILES)


def known_tables(root: str = "") -> Mapping[str, int]:
    """The number of each routing table's name, as ``ip`` would take it.

    Where a name has several numbers, ip looks for it in 256 lists by the number's low byte, each
    beginning with what was read last.
    """
    found: Dict[str, int] = {}
    built_in = [Entry(number, name, "", False) for name, number in _BUILT_IN.items()]
    for entry in reversed([*built_in, *Names(root).entries(TABLES)]):
        if entry.name not in found or entry.number & 255 < found[entry.name] & 255:
            found[entry.name] = entry.number
    return found


def lines(content: bytes) -> List[Line]:
    return [_line(text) for text in re.findall(rb"[^\n]*\n|[^\n]+", content)]


def _line(text: bytes) -> Line:
    words = text.decode(errors="surrogateescape").lstrip(" \t")
    if words.startswith(("#", "\n")) or not words:
        return Line(text)
    found = _NAMED.match(words)
    if found is None:
        return Line(text, good=False)
    number = int(found[1], 16) if found[1] else int(found[3])
    return Line(text, number if number >= 0 else None, found[2] or found[4])


def rewritten(content: bytes, wanted: Wanted) -> bytes:
    """A file of ours with these names, by number. What cannot be understood goes: ip stops there."""
    names: Dict[int, Optional[str]] = {
        one.number: one.name for one in lines(content) if one.number is not None
    }
    names.update(wanted)
    kept = [_text(number, name) for number, name in sorted(names.items()) if name is not None]
    return b"".join([HEADER, *(line + b"\n" for line in kept)]) if kept else b""


def without_marked(content: bytes, numbers: Wanted) -> bytes:
    """A common file without our lines for these numbers, every byte as it was before they came."""
    found = lines(content)
    kept = b"".join(line.text for line in found if not line.is_ours(numbers))
    last_is_ours = bool(found) and found[-1].is_ours(numbers)
    # Where ours is the last line and does not end, the one before it did not.
    return kept[:-1] if last_is_ours and not content.endswith(b"\n") else kept


def with_marked(content: bytes, wanted: Wanted) -> bytes:
    """A common file and our lines, before the first line at which ip stops reading, or at the end."""
    added = [b"%s\t%s" % (_text(number, name), MARK) for number, name in wanted.items() if name is not None]
    if not added:
        return content
    good = b"".join(line.text for line in itertools.takewhile(lambda line: line.good, lines(content)))
    if good and not good.endswith(b"\n"):
        return good + b"\n" + b"\n".join(added)
    return good + b"".join(line + b"\n" for line in added) + content[len(good) :]


def _text(number: int, name: str) -> bytes:
    return b"%d\t%s" % (number, name.encode(errors="surrogateescape"))


def _file(step: Change) -> str:
    assert isinstance(step.key, NameKey), step
    return step.key.file


def _number(step: Change) -> int:
    assert isinstance(step.key, NameKey), step
    return step.key.number


def _name(step: Change) -> Optional[str]:
    return str(step.after["name"]) if step.after is not None else None


def _read(path: str) -> bytes:
    """What cannot be read says nothing to ip either."""
    try:
        return files.content(path) or b""
    except OSError as error:
        log.debug("%s: %s", path, error.strerror)
        return b""


def _configs(directory: str) -> List[str]:
    try:
        found = sorted(os.listdir(directory))
    except OSError:
        return []
    return [os.path.join(directory, one) for one in found if one.endswith(".conf") and one[0] != "."]


def _existing(path: str) -> str:
    """The path, or the nearest directory above it that is there."""
    while not os.path.exists(path):
        path = os.path.dirname(path)
    return path

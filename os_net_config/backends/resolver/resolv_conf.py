"""resolv.conf (resolv.conf(5)), where nobody else looks after it.

Our lines stand at its beginning between two marks. A line that they replace is a comment as long, so that the
file itself keeps what it was, byte by byte, whatever becomes of us.
"""

from __future__ import annotations

import errno
import os
import re
from typing import Dict, Iterator, List, NamedTuple, Optional, Tuple

from ...state import dns
from ...state.values import Value, Values
from .. import files

BEGIN = b"# os-net-config: from here\n"
#: Where there was no file.
BEGIN_NEW = b"# os-net-config: from here, in a file of its own\n"
END = b"# os-net-config: to here; what this replaces is kept behind #os-net-config#\n"
KEPT = b"#os-net-config# "

_SERVER = re.compile(rb"nameserver[ \t]+([^ \t#;]+)")
_DOMAINS = re.compile(rb"(?:search|domain)[ \t]+([^\n]*)")
_LINES = {"servers": _SERVER, "domains": _DOMAINS}


class Lists(NamedTuple):
    servers: Tuple[str, ...] = ()
    domains: Tuple[str, ...] = ()

    @classmethod
    def of(cls, values: Values) -> Lists:
        return cls(*(dns.words(values.get(name)) for name in cls._fields))

    def values(self) -> Dict[str, Value]:
        return self._asdict()

    def lines(self) -> bytes:
        lines = [f"nameserver {one}\n" for one in self.servers]
        lines += [f"search {' '.join(self.domains)}\n"] if self.domains else []
        return "".join(lines).encode()


def parsed(content: bytes) -> Lists:
    """What the lines say; of several search lists the last one counts."""
    servers: List[str] = []
    domains: Tuple[str, ...] = ()
    for line in content.splitlines():
        found = _SERVER.match(line)
        if found is not None:
            servers.append(dns.server(found[1].decode(errors="replace").strip()))
        found = _DOMAINS.match(line)
        if found is not None:
            domains = tuple(dns.domain(word) for word in found[1].decode(errors="replace").split())
    return Lists(tuple(servers), domains)


class Parts(NamedTuple):
    """A file taken apart: without ours (None: there was none), and our lines."""

    theirs: Optional[bytes]
    ours: Optional[bytes] = None


def apart(content: Optional[bytes]) -> Parts:
    for begin in (BEGIN, BEGIN_NEW):
        if content is not None and content.startswith(begin) and END in content:
            ours, _, rest = content[len(begin) :].partition(END)
            theirs = b"".join(_restored(rest))
            return Parts(theirs if theirs or begin == BEGIN else None, ours)
    return Parts(content)


def _restored(content: bytes) -> Iterator[bytes]:
    for line in content.splitlines(keepends=True):
        yield line[len(KEPT) :] if line.startswith(KEPT) else line


def joined(theirs: Optional[bytes], ours: Lists) -> bytes:
    said = [_LINES[name] for name, value in ours.values().items() if value]
    rest = (theirs or b"").splitlines(keepends=True)
    kept = (KEPT + line if any(one.match(line) for one in said) else line for line in rest)
    return b"".join([BEGIN if theirs is not None else BEGIN_NEW, ours.lines(), END, *kept])


class ResolvConf:
    """The one at this path, which may be a symbolic link."""

    def __init__(self, path: str) -> None:
        self._path = path

    @property
    def target(self) -> str:
        return os.path.realpath(self._path)

    def read(self) -> Tuple[Lists, Optional[Lists]]:
        """What others say, and what is ours. Raises OSError."""
        parts = apart(files.content(self.target))
        return parsed(parts.theirs or b""), None if parts.ours is None else parsed(parts.ours)

    def write(self, lists: Optional[Lists]) -> None:
        """None: without ours. Raises OSError."""
        target = self.target
        now = files.content(target)
        theirs = apart(now).theirs
        new = theirs if lists is None else joined(theirs, lists)
        if new is None:
            files.remove(target)
        elif new != now:
            _replace(target, new)

    def refusal(self) -> str:
        """Why root could not write it; empty where it could."""
        target = self.target
        directory = os.path.dirname(target)
        if not os.path.isdir(directory):
            return f"it leads to {target}, and there is no directory {directory}"
        written = target if os.path.exists(target) else directory
        if os.geteuid() or os.access(written, os.W_OK):
            return ""
        if os.statvfs(written).f_flag & os.ST_RDONLY:
            return f"the file system of {target} is mounted read-only"
        return f"{written} is immutable (chattr -i {written})"

    def tidy(self) -> None:
        """Raises OSError."""
        files.remove(files.between_of(self.target))


#: Nothing takes the place of a file that is mounted; beside one in a read-only directory nothing is made.
_IN_PLACE = frozenset({errno.EBUSY, errno.EROFS})


def _replace(path: str, new: bytes) -> None:
    try:
        files.replace(path, new, like=path)
    except OSError as error:
        if error.errno not in _IN_PLACE or not os.path.exists(path):
            raise
        _overwrite(path, new)


def _overwrite(path: str, new: bytes) -> None:
    """By one write: a run that is killed between that and the cut leaves empty lines at the end."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CLOEXEC)
    with open(descriptor, "wb", buffering=0) as file:
        padded = new.ljust(os.fstat(descriptor).st_size, b"\n")
        if file.write(padded) != len(padded):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), path)
        file.truncate(len(new))
        os.fsync(descriptor)

"""Files that another program left for the links that are ours now: read, removed, and put back.

A copy of each that goes or changes is kept below the state directory, in purged/TIMESTAMP.
No symbolic link is followed, neither to a file nor on the way to it.
"""

from __future__ import annotations

import contextlib
import errno
import logging
import os
import stat
import time
from typing import Dict, Iterable, Iterator, Sequence, Tuple

from ..state.diff import Change
from ..state.leftovers import Place
from ..state.model import FileKey, Key, Resource
from ..state.values import Values
from .protocol import ExecuteError, ObserveError

log = logging.getLogger(__name__)

_DIRECTORY = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
#: Where a directory that is opened without following is a symbolic link.
_LINKS = frozenset({errno.ELOOP, errno.ENOTDIR})
#: Nothing is there, or nothing of ours.
_NO_WAY = _LINKS | {errno.ENOENT}
_FRESH = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC


class Leftovers:
    """Those in some places below ``root`` (empty: this node's); ``kept`` is where copies go."""

    def __init__(self, places: Sequence[Place], root: str, kept: str) -> None:
        self._places = places
        self._root = root or "/"
        self._kept = kept.rstrip("/")
        #: The directory of this run's copies, once there is one, and the copies.
        self._copies = ""
        self._copied: Dict[str, str] = {}

    def observe(self) -> Dict[Key, Resource]:
        """Raises ObserveError."""
        found: Dict[Key, Resource] = {}
        for place in self._places:
            try:
                with _opened(self._root, place.directory) as directory:
                    found.update((one.key, one) for one in _files(place, directory))
            except FileNotFoundError:
                continue
            except OSError as error:
                if error.errno in _LINKS:
                    log.warning("%s is left alone: the way to it is a symbolic link", place.directory)
                    continue
                raise ObserveError(f"{error.filename or place.directory}: {error.strerror}") from error
        return found

    def execute(self, steps: Sequence[Change]) -> None:
        """Raises ExecuteError."""
        for number, step in enumerate(steps):
            assert isinstance(step.key, FileKey), step
            try:
                self._make(step.key.path, step)
            except OSError as error:
                reason = f"{error.filename or step.key.path}: {error.strerror}"
                raise ExecuteError.at(number, steps, reason) from error

    def tidy(self, keys: Iterable[Key]) -> None:
        """Remove what a run that died, and was about these files, has left beside them. Raises OSError."""
        for path in (key.path for key in keys if isinstance(key, FileKey)):
            place, _, name = path.rpartition("/")
            try:
                with _opened(self._root, place) as directory:
                    os.unlink(_between(name), dir_fd=directory)
            except OSError as error:
                if error.errno not in _NO_WAY:
                    raise

    def _make(self, path: str, step: Change) -> None:
        place, _, name = path.rpartition("/")
        with _opened(self._root, place) as directory:
            if step.before is not None and path not in self._copied:
                self._copy(path, directory)
            if step.after is None:
                os.unlink(name, dir_fd=directory)
            else:
                now = _values(name, directory) if step.before is not None else {}
                _replace(name, directory, {**now, **step.after})
                if self._is_as_copied(path, step.after):
                    self._forget(path)
            os.fsync(directory)

    def _copy(self, path: str, directory: int) -> None:
        if not self._copies:
            self._copies = os.path.join(self._kept, "purged", time.strftime("%Y%m%d_%H%M%S"))
        copy = os.path.join(self._copies, path.lstrip("/"))
        os.makedirs(os.path.dirname(copy), mode=0o700, exist_ok=True)
        with _opened("/", os.path.dirname(os.path.realpath(copy))) as there:
            _replace(os.path.basename(copy), there, _values(os.path.basename(path), directory))
            os.fsync(there)
        self._copied[path] = copy

    def _is_as_copied(self, path: str, after: Values) -> bool:
        copy = self._copied.get(path)
        if copy is None:
            return False
        with open(copy, "rb") as file:
            return file.read() == after.get("content")

    def _forget(self, path: str) -> None:
        """What is put back needs no copy."""
        copy = self._copied.pop(path)
        os.unlink(copy)
        directory = os.path.dirname(copy)
        with contextlib.suppress(OSError):
            # Up to the first directory that has something else.
            while directory != self._kept:
                os.rmdir(directory)
                directory = os.path.dirname(directory)


@contextlib.contextmanager
def _opened(root: str, path: str) -> Iterator[int]:
    """A directory below ``root``, reached by no symbolic link. Raises OSError."""
    directory = os.open(root, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        for part in path.strip("/").split("/"):
            below = os.open(part, _DIRECTORY, dir_fd=directory)
            os.close(directory)
            directory = below
        yield directory
    finally:
        os.close(directory)


def _files(place: Place, directory: int) -> Iterator[Resource]:
    for name in sorted(os.listdir(directory)):
        if place.name.fullmatch(name) is None:
            continue
        path = f"{place.directory}/{name}"
        if stat.S_ISREG(os.stat(name, dir_fd=directory, follow_symlinks=False).st_mode):
            yield Resource(FileKey(path), _values(name, directory))
        else:
            log.debug("%s is no regular file: it is left alone", path)


def _values(name: str, directory: int) -> Values:
    with open(os.open(name, _FILE, dir_fd=directory), "rb") as file:
        about = os.fstat(file.fileno())
        owner = {"uid": about.st_uid, "gid": about.st_gid}
        return {"content": file.read(), "mode": stat.S_IMODE(about.st_mode), **owner}


def _replace(name: str, directory: int, values: Values) -> None:
    """Readers see the old file or all of the new one."""
    between, content, mode, uid, gid = _between(name), *_said(values)
    with contextlib.suppress(FileNotFoundError):
        os.unlink(between, dir_fd=directory)
    with open(os.open(between, _FRESH, 0o600, dir_fd=directory), "wb") as file:
        file.write(content)
        file.flush()
        os.fchown(file.fileno(), uid, gid)
        # After the owner: a change of that takes the set-user-ID bit away.
        os.fchmod(file.fileno(), mode)
        os.fsync(file.fileno())
    os.replace(between, name, src_dir_fd=directory, dst_dir_fd=directory)


def _between(name: str) -> str:
    """The file that is there while another one is replaced."""
    return f".{name}.new"


def _said(values: Values) -> Tuple[bytes, int, int, int]:
    content, mode, uid, gid = (values[name] for name in ("content", "mode", "uid", "gid"))
    assert isinstance(content, bytes)
    assert isinstance(mode, int)
    assert isinstance(uid, int)
    assert isinstance(gid, int)
    return content, mode, uid, gid

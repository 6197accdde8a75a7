"""Small files: read whole, and replaced at once."""

from __future__ import annotations

import contextlib
import os
import stat
from typing import Optional


def content(path: str) -> Optional[bytes]:
    """None: there is no such file. Raises OSError."""
    try:
        with open(path, "rb") as file:
            return file.read()
    except FileNotFoundError:
        return None


def replace(path: str, new: bytes, mode: int = 0o644, like: str = "") -> None:
    """Readers see the old content or all of the new one, also after a power failure. Raises OSError.

    The directory is made where it is not there. The name of the file in between begins with a
    dot: those who read all files of a directory leave it out.
    ``like``: another file, of which it has the mode, the owner and the label of SELinux, where that is there.
    """
    directory = os.path.dirname(path)
    os.makedirs(directory, mode=0o755, exist_ok=True)
    between = between_of(path)
    try:
        _write(between, new, mode)
        if like and os.path.exists(like):
            _make_like(between, like)
        os.replace(between, path)
    except OSError:
        if os.path.lexists(between):
            os.unlink(between)
        raise
    _sync(directory)


def between_of(path: str) -> str:
    """The file that is there while ``path`` is replaced, and after a write that died."""
    directory, name = os.path.split(path)
    return os.path.join(directory, f".{name}.new")


def remove(path: str) -> None:
    """It may be gone already. Raises OSError."""
    if os.path.lexists(path):
        os.unlink(path)
        _sync(os.path.dirname(path))


def _write(path: str, new: bytes, mode: int) -> None:
    flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC
    with open(os.open(path, flags, mode), "wb") as file:
        # Whatever the umask is.
        os.fchmod(file.fileno(), mode)
        file.write(new)
        file.flush()
        os.fsync(file.fileno())


#: The label of SELinux.
_LABEL = "security.selinux"


def _make_like(path: str, like: str) -> None:
    found = os.stat(like)
    os.chown(path, found.st_uid, found.st_gid)
    os.chmod(path, stat.S_IMODE(found.st_mode))
    with contextlib.suppress(OSError):
        os.setxattr(path, _LABEL, os.getxattr(like, _LABEL))


def _sync(directory: str) -> None:
    """So that the file's new name is on the disk."""
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)

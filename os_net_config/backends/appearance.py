"""Wait for a file, or for who writes it, by the kernel's notifications of directories (inotify(7))."""

from __future__ import annotations

import contextlib
import ctypes
import os
import select
import time
from typing import Callable, Iterator

#: linux/inotify.h.
_IN_CLOSE_WRITE, _IN_MOVED_TO, _IN_CREATE, _IN_ONLYDIR = 0x8, 0x80, 0x100, 0x01000000
_MASK = _IN_CLOSE_WRITE | _IN_MOVED_TO | _IN_CREATE | _IN_ONLYDIR


def until(is_so: Callable[[], bool], path: str, deadline: float) -> bool:
    """Wait until it is so; False when the time is over. ``deadline``: of time.monotonic().

    It is asked now, and whenever something has come into a directory on the way to this absolute path, all
    of which but the first may be missing, or was open there for writing and is not any more. What is_so
    itself opens is only to be read. Raises OSError, and whatever is_so does.
    """
    while True:
        # Listening begins before it is asked, so that nothing is missed in between.
        with _watched(path) as events:
            if is_so():
                return True
            if not _something_came(events, deadline):
                return False


@contextlib.contextmanager
def _watched(path: str) -> Iterator[int]:
    """A descriptor that can be read as soon as something comes."""
    libc = ctypes.CDLL(None, use_errno=True)
    events = _checked(libc.inotify_init1(os.O_CLOEXEC))
    try:
        # From above: one that is made meanwhile is told of by that before it, or is there already.
        with contextlib.suppress(FileNotFoundError, NotADirectoryError):
            for directory in _directories(path):
                _checked(libc.inotify_add_watch(events, os.fsencode(directory), _MASK))
        yield events
    finally:
        os.close(events)


def _directories(path: str) -> Iterator[str]:
    """Those on the way, from / on."""
    found = os.path.dirname(path)
    if found != path:
        yield from _directories(found)
        yield found


def _checked(result: int) -> int:
    """Raises OSError."""
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
    return result


def _something_came(events: int, deadline: float) -> bool:
    left = deadline - time.monotonic()
    return left > 0 and bool(select.select([events], [], [], left)[0])

"""One writer at a time on a node, and who it is."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import sys
import time
from typing import Optional

from .paths import RUN_DIR


class LockedError(Exception):
    """Another run is writing. The text names it."""


_NAME = "lock"


class Lock:
    """A context manager. The kernel lets go of the lock when its holder dies, however it dies.

    With ``waits`` it is awaited, otherwise one that is held is an error.
    """

    def __init__(self, directory: str = RUN_DIR, waits: bool = False) -> None:
        self._directory = directory
        self._operation = fcntl.LOCK_EX if waits else fcntl.LOCK_EX | fcntl.LOCK_NB
        self._file: Optional[int] = None

    def __enter__(self) -> Lock:
        descriptor = _opened(self._directory)
        try:
            fcntl.flock(descriptor, self._operation)
        except BlockingIOError as error:
            name = _described(os.read(descriptor, 1 << 20))
            os.close(descriptor)
            raise LockedError(f"another run is changing the network: {name}") from error
        entry = json.dumps({"pid": os.getpid(), "since": time.time(), "command": sys.argv})
        try:
            os.ftruncate(descriptor, 0)
            os.pwrite(descriptor, entry.encode(), 0)
        except OSError as error:
            # A disk that is full does not say of which file.
            os.close(descriptor)
            raise OSError(error.errno, error.strerror, lock_path(self._directory)) from error
        self._file = descriptor
        return self

    def __exit__(self, *_: object) -> None:
        if self._file is not None:
            os.ftruncate(self._file, 0)
            os.close(self._file)
            self._file = None


def wait_until_free(directory: str) -> None:
    """Until the run that has the lock lets go of it, or dies."""
    descriptor = _opened(directory, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
    finally:
        os.close(descriptor)


def holder(directory: str) -> Optional[int]:
    """The process that has the lock; None: nobody, or one that has only just taken it."""
    content = _held(directory)
    with contextlib.suppress(ValueError, KeyError, TypeError):
        return None if content is None else int(json.loads(content)["pid"])
    return None


def held_by(directory: str) -> str:
    """Who has the lock, for a person; empty where nobody has it."""
    content = _held(directory)
    return "" if content is None else _described(content)


def _held(directory: str) -> Optional[bytes]:
    """What its holder has written, maybe nothing yet; None: it is free."""
    descriptor = _opened(directory, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return os.read(descriptor, 1 << 20)
    finally:
        os.close(descriptor)
    return None


def lock_path(directory: str) -> str:
    return os.path.join(os.path.abspath(directory), _NAME)


def _opened(directory: str, access: int = os.O_RDWR) -> int:
    os.makedirs(os.path.abspath(directory), mode=0o755, exist_ok=True)
    return os.open(lock_path(directory), access | os.O_CREAT | os.O_CLOEXEC, 0o644)


def _described(content: bytes) -> str:
    try:
        entry = json.loads(content)
        since = time.strftime("%H:%M:%S", time.localtime(entry["since"]))
        return f"process {entry['pid']} ({' '.join(entry['command'])}), since {since}"
    except (ValueError, KeyError, TypeError):
        # It has the lock and is about to write its name.
        return "it has only just begun"

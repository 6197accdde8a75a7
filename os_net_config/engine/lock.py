"""One writer at a time on a node, and who it is."""

from __future__ import annotations

import fcntl
import json
import os
import sys
import time
from typing import Optional

from .paths import RUN_DIR


class LockedError(Exception):
    """Another run is writing. The text names it."""


class Lock:
    """A context manager. The kernel lets go of the lock when its holder dies, however it dies."""

    def __init__(self, directory: str = RUN_DIR) -> None:
        self._path = os.path.join(directory, "lock")
        self._file: Optional[int] = None

    def __enter__(self) -> Lock:
        os.makedirs(os.path.dirname(os.path.abspath(self._path)), mode=0o755, exist_ok=True)
        descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            name = _holder(os.read(descriptor, 1 << 20))
            os.close(descriptor)
            raise LockedError(f"another run is changing the network: {name}") from error
        holder = json.dumps({"pid": os.getpid(), "since": time.time(), "command": sys.argv})
        try:
            os.ftruncate(descriptor, 0)
            os.pwrite(descriptor, holder.encode(), 0)
        except OSError as error:
            # A disk that is full does not say of which file.
            os.close(descriptor)
            raise OSError(error.errno, error.strerror, self._path) from error
        self._file = descriptor
        return self

    def __exit__(self, *_: object) -> None:
        if self._file is not None:
            os.ftruncate(self._file, 0)
            os.close(self._file)
            self._file = None


def _holder(content: bytes) -> str:
    try:
        entry = json.loads(content)
        since = time.strftime("%H:%M:%S", time.localtime(entry["since"]))
        return f"process {entry['pid']} ({' '.join(entry['command'])}), since {since}"
    except (ValueError, KeyError, TypeError):
        # It has the lock and is about to write its name.
        return "it has only just begun"

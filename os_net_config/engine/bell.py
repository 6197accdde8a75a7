"""What wakes the guardian of a change: a FIFO below the run directory, which it alone reads."""

from __future__ import annotations

import contextlib
import errno
import math
import os
import select
from typing import Optional

_NAME = "confirm"
_READER = os.O_RDWR | os.O_NONBLOCK | os.O_NOFOLLOW | os.O_CLOEXEC
_RINGER = os.O_WRONLY | os.O_NONBLOCK | os.O_NOFOLLOW | os.O_CLOEXEC


class Bell:
    """A context manager. The FIFO stays afterwards: another guardian may have it open already."""

    def __init__(self, directory: str) -> None:
        """Raises OSError."""
        path = os.path.join(directory, _NAME)
        with contextlib.suppress(FileExistsError):
            os.mkfifo(path, 0o600)
        # For both directions: a FIFO without a writer would be at its end all the time.
        self._file = os.open(path, _READER)

    def wait(self, seconds: Optional[float] = None) -> None:
        """Until it is rung, or for so long."""
        poll = select.poll()
        poll.register(self._file, select.POLLIN)
        if poll.poll(None if seconds is None else math.ceil(seconds * 1000)):
            with contextlib.suppress(BlockingIOError):
                os.read(self._file, 1 << 16)

    def __enter__(self) -> Bell:
        return self

    def __exit__(self, *_: object) -> None:
        os.close(self._file)


def ring(directory: str) -> None:
    """Where nobody listens nothing happens."""
    try:
        file = os.open(os.path.join(directory, _NAME), _RINGER)
    except OSError as error:
        # ENXIO: the FIFO is there and has no reader.
        if error.errno not in {errno.ENOENT, errno.ENXIO}:
            raise
        return
    try:
        # One that listened has gone meanwhile, or has so much to hear that this adds nothing.
        with contextlib.suppress(BrokenPipeError, BlockingIOError):
            os.write(file, b"!")
    finally:
        os.close(file)

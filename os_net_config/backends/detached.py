"""A process that nothing of ours ends: in a session of its own, without a terminal, child of PID 1."""

from __future__ import annotations

import contextlib
import os
import select
import signal
import time
from typing import Collection, Mapping, NoReturn, Optional, Sequence

#: What the process writes to its standard error when it stands; it has to redirect that then.
READY = b"READY=1\n"
_STDERR = 2


class DetachedError(Exception):
    """The process did not get ready; the text has what it said."""


def start(
    command: Sequence[str], environment: Mapping[str, str], seconds: float, kept: Optional[int] = None
) -> None:
    """Start the program, and wait until it is ready. It has the descriptor ``kept`` as well.

    Raises DetachedError, OSError.
    """
    reader, writer = os.pipe()
    try:
        child = os.fork()
        if child == 0:
            _detach(command, environment, writer, kept)
        os.close(writer)
        os.waitpid(child, 0)
        _wait(reader, seconds)
    finally:
        os.close(reader)


def _detach(
    command: Sequence[str], environment: Mapping[str, str], writer: int, kept: Optional[int]
) -> NoReturn:
    """Never comes back: what the run has yet to do is not for its child."""
    try:
        # Before the run goes on: should it die, nobody else holds its lock.
        _close_all_but({0, 1, _STDERR, writer, kept})
        os.setsid()
        # The leader of a session could get a terminal, and would take its processes along with it.
        if os.fork() == 0:
            if kept is not None:
                os.set_inheritable(kept, True)
            _become(command, environment, writer)
    finally:
        os._exit(0)


def _become(command: Sequence[str], environment: Mapping[str, str], writer: int) -> None:
    """Another program. What it has to say goes to the pipe, as long as somebody reads."""
    nothing = os.open(os.devnull, os.O_RDWR)
    for descriptor, source in ((0, nothing), (1, nothing), (_STDERR, writer)):
        os.dup2(source, descriptor)
    signal.pthread_sigmask(signal.SIG_SETMASK, ())
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGPIPE):
        signal.signal(number, signal.SIG_DFL)
    # It stays ignored in the new program.
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    os.umask(0o022)
    os.chdir("/")
    try:
        os.execve(command[0], list(command), dict(environment))
    except OSError as error:
        os.write(_STDERR, f"{command[0]}: {error.strerror}".encode())


def _close_all_but(some: Collection[Optional[int]]) -> None:
    # Not by number: there may be a billion of them.
    for descriptor in [int(name) for name in os.listdir("/proc/self/fd")]:
        if descriptor not in some:
            with contextlib.suppress(OSError):
                os.close(descriptor)


def _wait(reader: int, seconds: float) -> None:
    deadline, said = time.monotonic() + seconds, b""
    while not said.endswith(READY):
        left = deadline - time.monotonic()
        if left <= 0 or not select.select([reader], [], [], left)[0]:
            raise DetachedError(_text(said) or f"it is not ready after {seconds:g} s")
        piece = os.read(reader, 1 << 16)
        if not piece:
            raise DetachedError(_text(said) or "it ended at once")
        said += piece


def _text(said: bytes) -> str:
    """The last line is that of the error."""
    lines = said.decode("utf-8", "replace").strip().splitlines()
    return lines[-1] if lines else ""

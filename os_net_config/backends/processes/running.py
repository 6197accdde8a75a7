"""Whether the process that a file names is there, and its end."""

from __future__ import annotations

import contextlib
import logging
import os
import select
import signal
import time
from typing import Optional

from .. import files
from . import supervisor

log = logging.getLogger(__name__)


#: Where a supervisor leaves its number, among the files of what it looks after.
SUPERVISOR = "supervisor.pid"


class ProcessError(Exception):
    """A process cannot be started or does not end; the text says why."""


def running(pid_file: str, program: str) -> Optional[int]:
    """The number of the process, if it is one of this program in our network namespace."""
    pid = anywhere(pid_file, program)
    return pid if pid is not None and is_here(pid) else None


def anywhere(pid_file: str, program: str) -> Optional[int]:
    """The number of the process, if it is one of this program, in whatever network namespace."""
    try:
        pid = int(files.content(pid_file) or b"")
        with open(f"/proc/{pid}/cmdline", "rb") as file:
            title = file.read()
    except (OSError, ValueError):
        return None
    return pid if program.encode() in title else None


def is_here(pid: int) -> bool:
    """Whether the process is in our network namespace."""
    try:
        return os.path.samefile(f"/proc/{pid}/ns/net", "/proc/self/ns/net")
    except OSError:
        return False


def supervisor_of(directory: str) -> Optional[int]:
    """That of the supervisor which starts again what has its files there."""
    return running(os.path.join(directory, SUPERVISOR), supervisor.__file__)


def end(pid: int, how: signal.Signals, seconds: float) -> None:
    """Send the signal, and wait for the end; after so many seconds by force. Raises ProcessError.

    What it has started in its process group does not outlive it.
    """
    try:
        process, group = os.pidfd_open(pid), os.getpgid(pid)
    except ProcessLookupError:
        return
    except (AttributeError, OSError) as error:
        raise ProcessError(f"process {pid} cannot be watched: {error}") from error
    try:
        if not _ends(process, how, seconds):
            log.warning("process %d does not end by %s, and is killed", pid, how.name)
            if not _ends(process, signal.SIGKILL, seconds):
                raise ProcessError(f"process {pid} does not end")
        _end_group(group)
    except ProcessLookupError:
        return
    finally:
        os.close(process)


#: Seconds until a signal is sent again.
_AGAIN = 2.0


def _ends(process: int, how: signal.Signals, seconds: float) -> bool:
    """Whether it does within these seconds.

    A signal may be lost to one that has only begun, and to dhcpcd 9.4 while it waits for its hooks, which
    are slow on a busy node.
    """
    deadline = time.monotonic() + seconds
    left = seconds
    while left > 0:
        signal.pidfd_send_signal(process, how)
        if select.select([process], [], [], min(_AGAIN, left))[0]:
            return True
        left = deadline - time.monotonic()
    return False


def _end_group(group: int) -> None:
    if group != os.getpgrp():
        with contextlib.suppress(ProcessLookupError):
            os.killpg(group, signal.SIGKILL)

"""Whether the process that a file names is there, and its end."""

from __future__ import annotations

import contextlib
import os
import select
import signal
from typing import Optional

from .. import files


class ProcessError(Exception):
    """A process cannot be started or does not end; the text says why."""


def running(pid_file: str, program: str) -> Optional[int]:
    """The number of the process, if it is one of this program in our network namespace."""
    try:
        pid = int(files.content(pid_file) or b"")
        with open(f"/proc/{pid}/cmdline", "rb") as file:
            title = file.read()
        here = os.path.samefile(f"/proc/{pid}/ns/net", "/proc/self/ns/net")
    except (OSError, ValueError):
        return None
    return pid if here and program.encode() in title else None


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
        # One that has only begun may lose the first signal.
        for number, patience in ((how, _BEGUN), (how, seconds), (signal.SIGKILL, seconds)):
            signal.pidfd_send_signal(process, number)
            if select.select([process], [], [], patience)[0]:
                _end_group(group)
                return
        raise ProcessError(f"process {pid} does not end")
    except ProcessLookupError:
        return
    finally:
        os.close(process)


#: Seconds.
_BEGUN = 2.0


def _end_group(group: int) -> None:
    if group != os.getpgrp():
        with contextlib.suppress(ProcessLookupError):
            os.killpg(group, signal.SIGKILL)

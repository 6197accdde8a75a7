"""Starts a program again whenever it ends, where there is no systemd for that.

It is a program of its own, of Python's library alone. It ends with a signal, and what it looks after goes on.

    python -I supervisor.py OWN_PID_FILE PID_FILE LINK COMMAND...

The command goes to the background and leaves the number of its process in PID_FILE. Where LINK is the name of
one, it is not started again without that. When it stands READY=1 is written to standard error; if it does not
at first, nothing is tried again. A signal that comes while it starts ends this program afterwards: otherwise
it would be nobody's.
"""

import contextlib
import os
import select
import signal
import socket
import subprocess
import sys
import time

#: Seconds between an end and the next start, at first and at most; so long it has to run to be as new.
FIRST, LONGEST = 1, 60
_STDERR = 2


def main(own: str, pid_file: str, link: str, *command: str) -> int:
    if start(command) != 0:
        return 1
    with open(own, "w", encoding="ascii") as file:
        file.write(f"{os.getpid()}\n")
    # The run may have died meanwhile.
    with contextlib.suppress(BrokenPipeError):
        os.write(_STDERR, b"READY=1\n")
    nothing = os.open(os.devnull, os.O_RDWR)
    os.dup2(nothing, _STDERR)
    pause = FIRST
    while True:
        began = time.monotonic()
        wait(pid_file)
        pause = FIRST if time.monotonic() - began > LONGEST else min(2 * pause, LONGEST)
        # What it ended of tells nobody when it is over.
        time.sleep(pause)
        if link and not is_there(link):
            continue
        start(command)


def start(command: "tuple[str, ...]") -> int:
    """Its exit status."""
    asked = []
    signal.signal(signal.SIGTERM, lambda *_: asked.append(True))
    status = subprocess.run(command, stdin=subprocess.DEVNULL, check=False).returncode
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    if asked:
        sys.exit(0)
    return status


def is_there(link: str) -> bool:
    try:
        return socket.if_nametoindex(link) > 0
    except OSError:
        return False


def wait(pid_file: str) -> None:
    """Until the process ends whose number is in the file; if there is none it has ended.

    What a process that was killed leaves of its group would be in the way of the next one.
    """
    try:
        with open(pid_file, encoding="ascii") as file:
            pid = int(file.read())
        process, group = os.pidfd_open(pid), os.getpgid(pid)
    except (OSError, ValueError):
        return
    try:
        select.select([process], [], [])
    finally:
        os.close(process)
    if group != os.getpgrp():
        with contextlib.suppress(ProcessLookupError):
            os.killpg(group, signal.SIGKILL)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))

"""Who starts a program again when it dies: systemd, or a small process of ours."""

from __future__ import annotations

import contextlib
import fcntl
import logging
import os
import signal
import subprocess
import sys
import time
from typing import Callable, Mapping, Optional, Sequence

from ...state.values import Values
from .. import appearance, detached, files, systemd
from ..dbus import NoBusError, SystemBus
from . import supervisor
from .program import Program
from .running import SUPERVISOR, ProcessError, end, running, supervisor_of

log = logging.getLogger(__name__)

#: Seconds until a program stands, or has ended.
_PATIENCE = 30.0
#: Where programs are, also for who has no such PATH.
_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
#: Where units are (systemd.unit(5), UNIT FILE LOAD PATH).
_UNITS = (
    "/etc/systemd/system",
    "/run/systemd/system",
    "/usr/local/lib/systemd/system",
    "/usr/lib/systemd/system",
    "/lib/systemd/system",
)


def where(program: str) -> Optional[str]:
    """The program's path."""
    paths = (os.path.join(directory, program) for directory in _PATH.split(":"))
    return next((path for path in paths if os.access(path, os.X_OK)), None)


def lacks_unit(program: Program) -> bool:
    """Whether systemd is to look after the program, and does not know how."""
    return systemd.is_ours() and not any(os.path.exists(f"{one}/{program.template}") for one in _UNITS)


def start(program: Program, link: str, directory: str, values: Values) -> None:
    """It stands when this returns. Raises ProcessError, OSError."""
    try:
        if not (systemd.is_ours(directory) and _with_systemd(systemd.start_unit, program.unit(link))):
            _supervise(program, link, directory, values)
    except (detached.DetachedError, systemd.ServiceError) as error:
        raise ProcessError(str(error)) from error


def stop(program: Program, link: str, directory: str, keeps: bool) -> None:
    """Unless it keeps what it did to the link, it has taken that back then. Raises ProcessError, OSError."""
    ours = _supervisor(directory)
    if ours is not None:
        end(ours, signal.SIGTERM, _PATIENCE)
    pid = running(program.pid_file_of(link, directory), program.name)
    if pid is not None:
        end(pid, program.hand_over if keeps else program.take_back, _PATIENCE)
    if ours is None and systemd.is_ours(directory):
        try:
            _with_systemd(systemd.stop_unit, program.unit(link))
        except systemd.ServiceError as error:
            raise ProcessError(str(error)) from error
    files.remove(os.path.join(directory, SUPERVISOR))
    if not keeps and program.release:
        _release(program.release_of(link, directory))


def _release(command: Sequence[str]) -> None:
    """Raises ProcessError, OSError."""
    try:
        done = subprocess.run(
            _found(command),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            env=_environment(),
            timeout=_PATIENCE,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise ProcessError(f"{' '.join(command)} does not end") from error
    if done.returncode != 0:
        said = done.stderr.decode("utf-8", "replace").strip()
        raise ProcessError(f"{' '.join(command)} fails: {said or done.returncode}")


def _with_systemd(order: Callable[[SystemBus, str], None], unit: str) -> bool:
    """Whether it was carried out. Raises ServiceError."""
    try:
        with SystemBus(_PATIENCE) as bus:
            order(bus, unit)
    except NoBusError as error:
        log.warning("systemd cannot be asked about %s: %s", unit, error)
        return False
    return True


def _supervisor(directory: str) -> Optional[int]:
    """The number of its process. One whose run died while it got ready is waited for. Raises ProcessError."""

    own = os.path.join(directory, SUPERVISOR)

    def is_settled() -> bool:
        return supervisor_of(directory) is not None or not _is_held(own)

    if not appearance.until(is_settled, own, time.monotonic() + _PATIENCE):
        raise ProcessError(f"what holds {own} does not get ready")
    return supervisor_of(directory)


def _is_held(path: str) -> bool:
    """Whether a supervisor has the file, from before it begins until it ends."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(descriptor)
    return False


def _supervise(program: Program, link: str, directory: str, values: Values) -> None:
    """Raises DetachedError, OSError."""
    command = _found(program.command_of(link, directory, values))
    own = os.path.join(directory, SUPERVISOR)
    with contextlib.suppress(FileNotFoundError):
        os.unlink(own)
    pid_file, needed = program.pid_file_of(link, directory), link if program.needs_link else ""
    watching = [sys.executable, "-I", supervisor.__file__, own, pid_file, needed, *command]
    held = os.open(own, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o644)
    try:
        fcntl.flock(held, fcntl.LOCK_EX)
        detached.start(watching, _environment(), _PATIENCE, held)
    finally:
        os.close(held)


def _found(command: Sequence[str]) -> Sequence[str]:
    """With the path of the program."""
    name, *rest = command
    return [where(name) or name, *rest]


def _environment() -> Mapping[str, str]:
    return {**os.environ, "PATH": _PATH}

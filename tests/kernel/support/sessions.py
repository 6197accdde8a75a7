"""A shell that runs a command, and what may become of the two."""

from __future__ import annotations

import contextlib
import os
import pty
import shlex
import signal
import subprocess
from typing import Callable, ContextManager, Dict, Iterator, List, Sequence, Tuple

from . import program


class Session:
    """A shell with the run as its child, and an end of what both write to."""

    def __init__(self, process: subprocess.Popen[bytes], output: int) -> None:
        self.process, self.output = process, output

    def kill_the_shell(self) -> None:
        self.process.kill()

    def kill_the_group(self) -> None:
        os.killpg(self.process.pid, signal.SIGKILL)

    def hang_up(self) -> None:
        os.close(self.output)


@contextlib.contextmanager
def on_a_pipe(command: Sequence[str], then: str = "sleep 60") -> Iterator[Session]:
    reader, writer = os.pipe()
    with _session(["setsid"], shlex.join(command), then, writer) as process:
        yield Session(process, reader)
    os.close(reader)


@contextlib.contextmanager
def on_a_terminal(command: Sequence[str], then: str = "sleep 60") -> Iterator[Session]:
    master, terminal = pty.openpty()
    with _session(["setsid", "--ctty"], shlex.join(command), then, terminal) as process:
        yield Session(process, master)


@contextlib.contextmanager
def _session(leads: List[str], first: str, then: str, descriptor: int) -> Iterator[subprocess.Popen[bytes]]:
    """A shell that leads a session of its own, with everything that it says going to the descriptor."""
    with subprocess.Popen(
        [*leads, "sh", "-c", f"{first}; {then}"],
        cwd=program.CHECKOUT,
        env=program.environment(),
        stdin=descriptor,
        stdout=descriptor,
        stderr=descriptor,
    ) as process:
        os.close(descriptor)
        try:
            yield process
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)


ENDS: Dict[str, Tuple[Callable[..., ContextManager[Session]], Callable[[Session], None]]] = {
    "shell killed": (on_a_pipe, Session.kill_the_shell),
    "group killed": (on_a_pipe, Session.kill_the_group),
    "terminal hung up": (on_a_terminal, Session.hang_up),
}

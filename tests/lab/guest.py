"""A guest as a process on the host."""

from __future__ import annotations

import contextlib
import os
import resource
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Dict, Iterator, List, Optional, Protocol, Tuple

from tests.lab.job import Job
from tests.lab.layout import Shares, lay_out
from tests.lab.machine import Wiring
from tests.lab.scratch import scratch_directory
from tests.lab.stream import new_mark


class Platform(Protocol):
    """What a guest runs on, with its hardware."""

    def shares(self, results: Optional[Path]) -> Shares:
        """What the guest mounts of the host."""

    def command(self, wiring: Wiring, scratch: Path) -> List[str]:
        """The command that boots the guest for the job in the scratch directory."""

    def environment(self) -> Dict[str, str]:
        """That of this command; the job's is in its script."""


@dataclass(frozen=True)
class Lines:
    """The host's ends of the guest's lines."""

    console: int
    stdout: int
    stderr: int
    control: int

    def descriptors(self) -> Tuple[int, ...]:
        """All of them."""
        return (self.console, self.stdout, self.stderr, self.control)


@dataclass(frozen=True)
class Guest:
    """A guest that boots."""

    process: subprocess.Popen[bytes]
    lines: Lines
    mark: bytes


@contextlib.contextmanager
def connected(with_terminal: bool) -> Iterator[Tuple[Lines, Wiring]]:
    """Both ends of new lines; ours are closed when the context is left, the guest's by spawn()."""
    console, stdout, stderr, control = (os.pipe() for _ in range(4))
    terminal = (os.dup(0), os.dup(1)) if with_terminal else None
    ours = Lines(console[0], stdout[0], stderr[0], control[0])
    try:
        yield ours, Wiring(console[1], stdout[1], stderr[1], control[1], terminal)
    finally:
        for descriptor in ours.descriptors():
            os.close(descriptor)


def spawn(command: List[str], environment: Dict[str, str], wiring: Wiring) -> subprocess.Popen[bytes]:
    """Start the guest, which holds the only copy of its ends of the lines then."""
    process = subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=wiring.console,
        stderr=wiring.console,
        pass_fds=wiring.descriptors(),
        env=environment,
        start_new_session=True,
    )
    # A kernel that panics aborts.
    resource.prlimit(process.pid, resource.RLIMIT_CORE, (0, 0))
    for descriptor in wiring.descriptors():
        os.close(descriptor)
    return process


@contextlib.contextmanager
def started(job: Job, platform: Platform) -> Iterator[Guest]:
    """Boot a guest that runs the job; it is killed when the context is left."""
    mark = new_mark()
    with scratch_directory() as scratch, connected(job.terminal is not None) as (lines, wiring):
        lay_out(job, platform.shares(job.results), scratch.path, mark)
        command = platform.command(wiring, scratch.path)
        process = spawn(command, platform.environment(), wiring)
        scratch.kill_first(process)
        yield Guest(process, lines, mark)

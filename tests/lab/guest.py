"""A guest as a process on the host."""

from __future__ import annotations

import contextlib
import os
import resource
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from typing import Dict, Iterator, List, Tuple

from tests.lab import kernel
from tests.lab.job import Job
from tests.lab.kernel import Machine, Wiring
from tests.lab.layout import lay_out
from tests.lab.scratch import scratch_directory
from tests.lab.stream import new_mark

ON_PRIVATE_SEGMENTS = 'ip link set lo up && ip route add 224.0.0.0/4 dev lo && exec "$@"'


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


def memory_directory(size: int) -> str:
    """Where the kernel's memory file goes: it is sparse, unlinked at once and mapped executable."""
    for choice in ("/dev/shm", tempfile.gettempdir(), "/var/tmp"):
        if os.path.isdir(choice) and os.access(choice, os.W_OK):
            executable = not os.statvfs(choice).f_flag & os.ST_NOEXEC
            if executable and shutil.disk_usage(choice).free >= size:
                return choice
    return tempfile.gettempdir()


def in_private_network(command: List[str]) -> List[str]:
    """The command in a network namespace, so that what its NICs send stays there."""
    namespaces = ["unshare", "--net"] if os.geteuid() == 0 else ["unshare", "--map-root-user", "--net"]
    return [*namespaces, "sh", "-c", ON_PRIVATE_SEGMENTS, "sh", *command]


def kernel_environment(machine: Machine) -> Dict[str, str]:
    """The environment of the kernel's own process; the job's is in its script."""
    return {"PATH": kernel.ADMIN_PATH, "TMPDIR": memory_directory(machine.memory)}


def spawn(command: List[str], machine: Machine, wiring: Wiring) -> subprocess.Popen[bytes]:
    """Start the kernel, which holds the only copy of its ends of the lines then."""
    process = subprocess.Popen(
        in_private_network(command) if machine.nics else command,
        stdin=subprocess.DEVNULL,
        stdout=wiring.console,
        stderr=wiring.console,
        pass_fds=wiring.descriptors(),
        env=kernel_environment(machine),
        start_new_session=True,
    )
    # A kernel that panics aborts.
    resource.prlimit(process.pid, resource.RLIMIT_CORE, (0, 0))
    for descriptor in wiring.descriptors():
        os.close(descriptor)
    return process


@contextlib.contextmanager
def started(job: Job, machine: Machine) -> Iterator[Guest]:
    """Boot a guest that runs the job; it is killed when the context is left."""
    program = kernel.program(job.systemd)
    mark = new_mark()
    with scratch_directory() as scratch, connected(job.terminal is not None) as (lines, wiring):
        lay_out(job, scratch.path, mark)
        command = kernel.command_line(program, machine, wiring, scratch.path)
        process = spawn(command, machine, wiring)
        scratch.kill_first(process)
        yield Guest(process, lines, mark)

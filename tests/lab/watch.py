"""Following a guest until its job has ended, or until it is clear that it will not."""

from __future__ import annotations

import contextlib
import os
import select
import time
from dataclasses import dataclass
from typing import Iterator, List, Optional, Sequence, Set

from tests.lab.guest import Guest
from tests.lab.outcome import LabError, TimeLimitError
from tests.lab.report import Console, Control, Line, Output


@dataclass(frozen=True)
class Limits:
    """Seconds from the start: until the job must run, and until it must have ended."""

    boot: float
    total: Optional[float]


class Clock:
    """The time that a guest has left."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._start = time.monotonic()

    def left(self, ready: bool) -> Optional[float]:
        """Seconds until the next deadline, if there is one; an error when it has passed."""
        limit = self._limits.total if ready else self._limits.boot
        if limit is None:
            return None
        left = self._start + limit - time.monotonic()
        if left > 0:
            return left
        if ready:
            raise TimeLimitError.after(limit)
        raise LabError(f"the guest did not boot within {limit:g} s")


@dataclass(frozen=True)
class Watched:
    """A guest's lines, sorted by what becomes of them."""

    control: Control
    console: Console
    outputs: Sequence[Output]

    def lines(self) -> List[Line]:
        """All of them."""
        return [self.control, *self.outputs, self.console]

    def ended(self) -> bool:
        """Whether nothing more is to come that matters."""
        complete = all(output.ended for output in self.outputs)
        return self.control.ended and (complete or self.control.failed is not None)


def watched(guest: Guest, console: Console, on_terminal: bool) -> Watched:
    """The guest's lines, ready to be read."""
    for descriptor in guest.lines.descriptors():
        os.set_blocking(descriptor, False)
    targets = () if on_terminal else ((guest.lines.stdout, 1), (guest.lines.stderr, 2))
    outputs = [Output(descriptor, target, guest.mark) for descriptor, target in targets]
    return Watched(Control(guest.lines.control), console, outputs)


@contextlib.contextmanager
def life_of(process_id: int) -> Iterator[int]:
    """A descriptor that has something to read when the process has ended."""
    descriptor = os.pidfd_open(process_id)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def follow(guest: Guest, console: Console, limits: Limits, on_terminal: bool = False) -> int:
    """Pass the job's output on as it comes; its exit status when it has ended."""
    lines = watched(guest, console, on_terminal)
    with life_of(guest.process.pid) as life:
        pass_on(lines, life, Clock(limits))
    if lines.control.failed is not None:
        raise LabError(f"the guest failed at {lines.control.failed}")
    if lines.control.status is not None:
        return lines.control.status
    panic = console.panic()
    end = f"panicked ({panic})" if panic else "ended"
    when = "before the command did" if lines.control.ready else "during the boot"
    raise LabError(f"the guest's kernel {end} {when}")


def pass_on(watch: Watched, life: int, clock: Clock) -> None:
    """Read the lines until the job has ended or the kernel's process has."""
    alive = True
    while alive and not watch.ended():
        open_lines = [line for line in watch.lines() if not line.ended]
        events = readable([life, *(line.descriptor for line in open_lines)], clock.left(watch.control.ready))
        alive = life not in events
        for line in open_lines:
            if line.descriptor in events:
                line.read()
    for line in watch.lines():
        while not line.ended and line.read():
            pass


def readable(descriptors: Sequence[int], seconds: Optional[float]) -> Set[int]:
    """The descriptors that have something to read, as soon as one has."""
    poll = select.poll()
    for descriptor in descriptors:
        poll.register(descriptor, select.POLLIN)
    return {descriptor for descriptor, _ in poll.poll(None if seconds is None else seconds * 1000)}

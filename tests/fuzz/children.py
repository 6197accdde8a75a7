"""Documents tried in child processes, each with a limit of memory and a deadline per document."""

from __future__ import annotations

import multiprocessing
import resource
import signal
import time
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from multiprocessing.connection import Connection, wait
from typing import Any, Callable, Dict, Iterable, Iterator, Optional, Tuple

from .trial import Verdict, attempt

#: Processor time of one document; a busy machine may take longer by the clock.
DEADLINE = 10.0
#: By the clock: for what waits instead of working.
PATIENCE = 60.0
LARGEST = 1 << 30

_SPAWN = multiprocessing.get_context("spawn")


@dataclass(frozen=True)
class Trial:
    """A document by its name, and what came of it.

    ``seconds`` are processor time, ``peak`` is in bytes, of the whole process.
    """

    name: str
    data: bytes
    verdict: Verdict
    seconds: float
    peak: int


#: What a child does with a document.
Attempt = Callable[[bytes], Verdict]


def serve(connection: Connection, judge: Attempt, deadline: float) -> None:
    """The child: try what comes until nothing more does."""
    resource.setrlimit(resource.RLIMIT_AS, (LARGEST, LARGEST))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    with suppress(EOFError, KeyboardInterrupt):
        while True:
            data = connection.recv_bytes()
            _forget_peak()
            start = time.process_time()
            # Nobody handles it, so that it ends the process, wherever that is.
            signal.setitimer(signal.ITIMER_PROF, deadline)
            verdict = judge(data)
            signal.setitimer(signal.ITIMER_PROF, 0)
            connection.send((verdict, time.process_time() - start, _peak()))


def _forget_peak() -> None:
    """Where /proc does not allow it, the peak is that of all documents so far."""
    with suppress(OSError), open("/proc/self/clear_refs", "w", encoding="ascii") as file:
        file.write("5")


def _peak() -> int:
    with open("/proc/self/status", encoding="ascii") as file:
        line = next(line for line in file if line.startswith("VmHWM"))
    return int(line.split()[1]) * 1024


class _Child:
    """One process with the document that it is at."""

    def __init__(self, judge: Attempt, deadline: float) -> None:
        self.connection, other = _SPAWN.Pipe()
        self.process = _SPAWN.Process(target=serve, args=(other, judge, deadline), daemon=True)
        self.process.start()
        other.close()
        self.task: Optional[Tuple[str, bytes]] = None
        self.since = 0.0

    def give(self, name: str, data: bytes) -> None:
        self.task, self.since = (name, data), time.monotonic()
        self.connection.send_bytes(data)

    def answer(self) -> Trial:
        """What the child says; EOFError, OSError: it is dead."""
        verdict, seconds, peak = self.connection.recv()
        return self._result(verdict, seconds, peak)

    def obituary(self) -> Trial:
        """For a child that is dead or late: it is ended."""
        late = time.monotonic() - self.since
        if late > PATIENCE:
            self.process.kill()
        self.process.join()
        code = self.process.exitcode
        if late > PATIENCE or code == -signal.SIGPROF:
            return self._result(Verdict("hang", f"ended after {late:.1f} s"), late, 0)
        return self._result(Verdict("death", f"exit status {code}"), late, 0)

    def is_late(self) -> bool:
        return self.task is not None and time.monotonic() - self.since > PATIENCE

    def end(self) -> None:
        self.process.kill()
        self.process.join()
        self.connection.close()

    def _result(self, verdict: Verdict, seconds: float, peak: int) -> Trial:
        assert self.task is not None
        (name, data), self.task = self.task, None
        return Trial(name, data, verdict, seconds, peak)


class Children:
    """A context manager over ``count`` children, each replaced when it hangs or dies."""

    def __init__(self, count: int, judge: Attempt = attempt, deadline: float = DEADLINE) -> None:
        self._new_child = partial(_Child, judge, deadline)
        self._children = [self._new_child() for _ in range(count)]

    def __enter__(self) -> Children:
        return self

    def __exit__(self, *_: object) -> None:
        for child in self._children:
            child.end()

    def try_all(self, documents: Iterable[Tuple[str, bytes]]) -> Iterator[Trial]:
        """Results as they come; the documents are asked for one by one, as children are free."""
        waiting = iter(documents)
        for child in self._children:
            self._feed(child, waiting)
        while any(child.task for child in self._children):
            yield from self._collect(waiting)

    def _feed(self, child: _Child, waiting: Iterator[Tuple[str, bytes]]) -> None:
        following = next(waiting, None)
        if following is not None:
            child.give(*following)

    def _collect(self, waiting: Iterator[Tuple[str, bytes]]) -> Iterator[Trial]:
        busy: Dict[Any, int] = {
            child.connection: number for number, child in enumerate(self._children) if child.task
        }
        ready = [busy[connection] for connection in wait(list(busy), timeout=1)]
        late = [number for number, child in enumerate(self._children) if child.is_late()]
        for number in ready or late:
            yield self._trial(number)
            self._feed(self._children[number], waiting)

    def _trial(self, number: int) -> Trial:
        child = self._children[number]
        try:
            if not child.is_late():
                return child.answer()
        except (EOFError, OSError):
            pass
        trial = child.obituary()
        child.end()
        self._children[number] = self._new_child()
        return trial

"""The pairs of a long run side by side, each share of them in a guest of the lab."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from queue import Queue
from typing import Iterator, List, Optional, Sequence

from .campaign import Result

#: Of one pair, with all that a busy machine may do to it.
_SECONDS = 10.0
_BOOT_SECONDS = 300.0


class GuestError(Exception):
    """A guest ended before its share was done."""


def results(jobs: int, pairs: int, arguments: Sequence[str]) -> Iterator[Result]:
    """As they come. Raises GuestError."""
    answers: Queue[Optional[Result]] = Queue()
    guests = [_Guest(job, jobs, pairs, arguments, answers) for job in range(jobs)]
    try:
        for guest in guests:
            guest.start()
        running = jobs
        while running:
            result = answers.get()
            running -= result is None
            if result is not None:
                yield result
    finally:
        for guest in guests:
            guest.end()
    failed = [guest.status for guest in guests if guest.status not in (0, 1)]
    if failed:
        raise GuestError(f"a guest ended with exit status {failed[0]}")


class _Guest(threading.Thread):
    """Reads what a guest writes: a line of JSON for each pair."""

    def __init__(
        self, job: int, jobs: int, pairs: int, arguments: Sequence[str], answers: Queue[Optional[Result]]
    ) -> None:
        super().__init__(daemon=True)
        limit = _BOOT_SECONDS + pairs / jobs * _SECONDS
        self._answers = answers
        self._process = subprocess.Popen(
            [*_lab(limit), *arguments, "--lines", "--share", f"{job}/{jobs}"],
            stdout=subprocess.PIPE,
            text=True,
        )
        self.status: Optional[int] = None

    def run(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            self._answers.put(Result(**json.loads(line)))
        self.status = self._process.wait()
        self._answers.put(None)

    def end(self) -> None:
        """The lab takes the guest along."""
        if self._process.poll() is None:
            self._process.terminate()
            self._process.wait()
        if self.ident is not None:
            self.join()


def _lab(seconds: float) -> List[str]:
    lab = [sys.executable, "-m", "tests.lab", "run", "--auto", "--time-limit", str(seconds)]
    return [*lab, "--", sys.executable, "-m", "tests.independence"]

"""The guardian: how long it waits, what it goes by, and what wakes it."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import threading
import time
from dataclasses import replace
from pathlib import Path
from typing import Callable, Iterator, List

import pytest

from os_net_config.engine.bell import Bell, ring
from os_net_config.engine.guardian import Places, Ward, guard
from os_net_config.engine.journal import Confirm, Journal, JournalFile
from os_net_config.engine.lock import Lock, LockedError, holder

from .test_journal import small

#: Of what does not happen, and of what does.
MOMENT, PATIENCE = 0.2, 20.0

HOLDS = """\
import sys
from os_net_config.engine.lock import Lock
with Lock(sys.argv[1]):
    print("has it", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def places(tmp_path: Path) -> Places:
    found = Places(str(tmp_path / "run"), str(tmp_path / "state"))
    os.mkdir(found.run)
    return found


def awaiting(seconds: float, places: Places, **more: int) -> Journal:
    """A journal on disk whose time is over in so many seconds."""
    until = time.clock_gettime(time.CLOCK_BOOTTIME) + seconds
    journal = replace(small(**more), confirm=Confirm(600, until))
    JournalFile(places.state).begin(journal)
    return journal


class Guard:
    """In a thread of its own; ``taken_back`` are the journals that it took back."""

    def __init__(self, places: Places, ward: Ward) -> None:
        self.taken_back: List[Journal] = []
        self._thread = threading.Thread(target=self._guard, args=(places, ward))
        self._thread.start()

    def _guard(self, places: Places, ward: Ward) -> None:
        with Bell(places.run) as bell:
            guard(ward, places, bell, self.taken_back.append)

    def has_ended(self, seconds: float = PATIENCE) -> bool:
        self._thread.join(seconds)
        return not self._thread.is_alive()


Started = Callable[[], Guard]


@pytest.fixture
def started(places: Places) -> Iterator[Started]:
    made: List[Guard] = []

    def start() -> Guard:
        made.append(Guard(places, Ward.of(small().writer)))
        return made[-1]

    yield start
    JournalFile(places.state).end()
    ring(places.run)
    assert all(one.has_ended() for one in made)


@contextlib.contextmanager
def another_with_the_lock(places: Places) -> Iterator[subprocess.Popen[str]]:
    words = [sys.executable, "-c", HOLDS, places.run]
    with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None and process.stdout.readline() == "has it\n"
        try:
            yield process
        finally:
            process.kill()


def test_a_run_that_left_no_journal(started: Started) -> None:
    found = started()
    assert found.has_ended() and found.taken_back == []


@pytest.mark.parametrize("more", [{"pid": 4321}, {"started": 2}], ids=["pid", "begin"])
def test_the_journal_of_another_run(started: Started, places: Places, more: dict[str, int]) -> None:
    awaiting(-1, places, **more)
    found = started()
    assert found.has_ended() and found.taken_back == []


def test_the_journal_of_a_run_that_is_not_to_be_confirmed(started: Started, places: Places) -> None:
    JournalFile(places.state).begin(small())
    found = started()
    assert found.has_ended() and found.taken_back == []


def test_a_run_that_died_is_taken_back_at_once(started: Started, places: Places) -> None:
    JournalFile(places.state).begin(replace(small(), confirm=Confirm(600)))
    with Lock(places.run):
        found = started()
        assert not found.has_ended(MOMENT)
    assert found.has_ended() and [one.writer for one in found.taken_back] == [small().writer]


def test_at_the_deadline_it_is_taken_back(started: Started, places: Places) -> None:
    begun = time.monotonic()
    journal = awaiting(2 * MOMENT, places)
    found = started()
    assert found.has_ended() and found.taken_back == [journal]
    assert 2 * MOMENT <= time.monotonic() - begun < PATIENCE


def test_it_hears_of_the_deadline_while_the_run_has_its_lock(started: Started, places: Places) -> None:
    """The run is ended then. Here it is another process than the one in the journal: it is waited for."""
    with Lock(places.run):
        found = started()
        journal = awaiting(0, places)
        ring(places.run)
        assert not found.has_ended(MOMENT) and found.taken_back == []
    assert found.has_ended() and found.taken_back == [journal]


def test_a_run_that_keeps_its_lock_beyond_the_deadline_is_ended(places: Places) -> None:
    with another_with_the_lock(places) as run:
        journal = awaiting(0, places, pid=run.pid)
        found = Guard(places, Ward.of(journal.writer))
        assert found.has_ended() and found.taken_back == [journal]
        assert run.wait(PATIENCE) == -9


def test_what_is_confirmed_is_left_alone(started: Started, places: Places) -> None:
    awaiting(600, places)
    found = started()
    ring(places.run)
    assert not found.has_ended(MOMENT)
    JournalFile(places.state).end()
    ring(places.run)
    assert found.has_ended() and found.taken_back == []


# Its bell and the lock


def test_a_bell_that_nobody_hears(tmp_path: Path) -> None:
    ring(str(tmp_path))
    with Bell(str(tmp_path)):
        pass
    ring(str(tmp_path))
    assert (tmp_path / "confirm").is_fifo()
    assert (tmp_path / "confirm").stat().st_mode & 0o777 == 0o600


def test_a_bell_that_was_rung_before_it_is_listened_to(tmp_path: Path) -> None:
    begun = time.monotonic()
    with Bell(str(tmp_path)) as bell:
        for _ in range(100_000):
            ring(str(tmp_path))
        bell.wait(PATIENCE)
        assert time.monotonic() - begun < PATIENCE
        # All of it was one.
        begun = time.monotonic()
        bell.wait(MOMENT)
        assert time.monotonic() - begun >= MOMENT


def test_who_has_the_lock(places: Places) -> None:
    assert holder(places.run) is None
    with another_with_the_lock(places) as run:
        assert holder(places.run) == run.pid
        with pytest.raises(LockedError, match=f"process {run.pid} "), Lock(places.run):
            pass
    with Lock(places.run, waits=True):
        assert holder(places.run) == os.getpid()

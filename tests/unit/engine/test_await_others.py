"""A boot waits for other runs, and for a change that may yet be confirmed: what ends that."""

from __future__ import annotations

import logging
import os
import threading
import time
from typing import Callable

import pytest

from os_net_config.engine.confirmation import await_others
from os_net_config.engine.guardian import Places
from os_net_config.engine.journal import JournalFile
from os_net_config.engine.lock import Lock

from .test_guardian import MOMENT, PATIENCE, another_with_the_lock, awaiting, places

__all__ = ["places"]


def after_a_moment(do: Callable[[], object]) -> threading.Timer:
    timer = threading.Timer(MOMENT, do)
    timer.start()
    return timer


def waited(places: Places, seconds: float = PATIENCE) -> float:
    """How long, in seconds."""
    begun = time.monotonic()
    await_others(JournalFile(places.state), places.run, seconds)
    return time.monotonic() - begun


def test_nobody_is_waited_for(places: Places, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, "os_net_config"):
        waited(places, 0)
        waited(places)
    assert caplog.messages == []


@pytest.mark.parametrize("ends", ["in order", "killed"])
def test_a_run_is_waited_for_until_it_ends(
    places: Places, ends: str, caplog: pytest.LogCaptureFixture
) -> None:
    with another_with_the_lock(places) as run, caplog.at_level(logging.INFO, "os_net_config"):
        assert run.stdin is not None
        timer = after_a_moment(run.stdin.close if ends == "in order" else run.kill)
        assert MOMENT / 2 < waited(places) < PATIENCE
        timer.join()
        pid = run.pid
    assert len(caplog.messages) == 1
    assert caplog.messages[0].startswith(f"waiting up to 20 s: process {pid} (")


def test_a_change_that_may_yet_be_confirmed_is_waited_for(
    places: Places, caplog: pytest.LogCaptureFixture
) -> None:
    awaiting(600, places)

    def confirm() -> None:
        with Lock(places.run):
            JournalFile(places.state).end()

    timer = after_a_moment(confirm)
    with caplog.at_level(logging.INFO, "os_net_config"):
        assert MOMENT / 2 < waited(places) < PATIENCE
    timer.join()
    assert [one.partition(" (")[0] for one in caplog.messages] == [
        "waiting up to 620 s: a change awaits confirmation"
    ]


def test_its_time_is_waited_for_and_who_takes_it_back(places: Places) -> None:
    awaiting(2 * MOMENT, places)
    assert 2 * MOMENT < waited(places, MOMENT) < PATIENCE


def test_a_run_that_does_not_end_is_not_waited_for_forever(places: Places) -> None:
    with another_with_the_lock(places):
        assert MOMENT <= waited(places, MOMENT) < PATIENCE


def test_a_journal_that_cannot_be_read_is_not_waited_for(places: Places) -> None:
    path = JournalFile(places.state).path
    os.mkdir(places.state)
    with open(path, "w", encoding="ascii") as file:
        file.write("{}")
    assert waited(places) < PATIENCE

"""The end of a process that we look after."""

from __future__ import annotations

import signal
import subprocess
import sys
from typing import Iterator

import pytest

from os_net_config.backends.processes import running

#: It ends at the signal of that number; it says so when it is ready.
DEAF = """
import signal, sys
heard = []
def hear(*_):
    heard.append(1)
    if len(heard) == int(sys.argv[1]):
        sys.exit(0)
signal.signal(signal.SIGALRM, hear)
print(flush=True)
while True:
    signal.pause()
"""


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(running, "_AGAIN", 0.05)


@pytest.fixture
def started(request: pytest.FixtureRequest) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-c", DEAF, str(request.param)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, start_new_session=True) as process:
        assert process.stdout is not None
        process.stdout.readline()
        yield process
        process.kill()


@pytest.mark.parametrize("started", [1, 4], indirect=True)
def test_signals_that_are_lost_are_sent_again(
    started: subprocess.Popen[str], caplog: pytest.LogCaptureFixture
) -> None:
    running.end(started.pid, signal.SIGALRM, 20.0)
    assert (started.wait(), caplog.messages) == (0, [])


@pytest.mark.parametrize("started", [1000], indirect=True)
def test_one_that_hears_nothing_is_killed_and_it_is_said(
    started: subprocess.Popen[str], caplog: pytest.LogCaptureFixture
) -> None:
    running.end(started.pid, signal.SIGALRM, 0.2)
    assert started.wait() == -signal.SIGKILL
    assert caplog.messages == [f"process {started.pid} does not end by SIGALRM, and is killed"]

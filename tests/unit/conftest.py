"""What the unit tests share: runs of the program, and a summary of the corpus."""

from __future__ import annotations

from pathlib import Path
from typing import Dict, NoReturn

import pytest

from os_net_config.engine import sources
from os_net_config.state.programs import Programs

from . import corpus
from .runs import Runs


@pytest.fixture(autouse=True)
def no_real_node(monkeypatch: pytest.MonkeyPatch) -> None:
    """A run that a test forgot to give a model would change the machine that the tests are run on."""

    def opened(*_: int) -> NoReturn:
        raise AssertionError("a unit test has no node: take the fixture run")

    monkeypatch.setattr("os_net_config.backends.rtnetlink.socket._opened", opened)
    monkeypatch.setattr("os_net_config.backends.ethtool.backend.opened", opened)


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Runs:
    made = Runs(tmp_path, capsys)
    monkeypatch.setattr("os_net_config.cli.run.NodeBackend", lambda *_: made.node)
    monkeypatch.chdir(tmp_path)
    return made


@pytest.fixture
def programs(monkeypatch: pytest.MonkeyPatch) -> Dict[str, Programs]:
    """What the node has to run processes with."""
    found = {"node": Programs(("dhcpcd", "teamd"))}
    monkeypatch.setattr(sources, "programs", lambda: found["node"])
    return found


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    for line in corpus.summary:
        terminalreporter.write_line(line)

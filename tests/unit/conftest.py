"""What the unit tests share: runs of the program, and a summary of the corpus."""

from __future__ import annotations

from pathlib import Path

import pytest

from . import corpus
from .runs import Runs


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Runs:
    made = Runs(tmp_path, capsys)
    monkeypatch.setattr("os_net_config.cli.run.NodeBackend", lambda *_: made.node)
    monkeypatch.chdir(tmp_path)
    return made


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    for line in corpus.summary:
        terminalreporter.write_line(line)

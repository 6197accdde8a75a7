"""Commands run in process, in a directory of their own, on a node that is a model."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Iterable, List, NamedTuple

import pytest

from os_net_config.cli.main import main
from os_net_config.engine.record_file import RecordFile
from os_net_config.state.model import Key
from os_net_config.state.record import Entry, Record

from .node import Node, nics, node_with

#: Arguments of a run that looks at nothing of the machine it is on.
NODE = ("--inventory", "inventory.yaml", "-m", "mapping.yaml", "--run-dir", "run", "--state-dir", "state")


class Outcome(NamedTuple):
    """What a command said and did."""

    status: int
    out: str
    errors: List[str]


class Runs:
    """Runs commands on ``node``, which has two NICs unless a test gives another."""

    def __init__(self, directory: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.node = Node(node_with(nics("eth0", "eth1")))
        self._directory, self._capsys = directory, capsys
        self.write(
            "inventory.yaml",
            "- {name: eth0, mac: 52:54:00:00:00:01}\n- {name: eth1, mac: 52:54:00:00:00:02}\n",
        )
        self.write("mapping.yaml", "")

    def write(self, name: str, text: str) -> None:
        path = self._directory / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode())

    def remember(self, made: Iterable[Key]) -> None:
        """As after an earlier run of config.yaml that brought this, and nothing else."""
        path = os.path.realpath(self._directory / "config.yaml")
        entries = {key: Entry(key, True, {path: frozenset()}, {}) for key in made}
        RecordFile(str(self._directory / "run")).save(Record(entries))

    def apply(self, text: str, *options: str) -> Outcome:
        """A run of config.yaml, with this text."""
        self.write("config.yaml", text)
        return self("-c", "config.yaml", *NODE, *options)

    def __call__(self, *arguments: str) -> Outcome:
        status = main(arguments)
        output = self._capsys.readouterr()
        return Outcome(status, output.out, output.err.splitlines())

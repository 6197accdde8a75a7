"""Commands run in process, in a directory of their own, on a node that is a model."""

from __future__ import annotations

from pathlib import Path
from typing import List, NamedTuple

import pytest

from os_net_config.cli.main import main

from .node import Node, nics, node_with

#: Arguments of a run that looks at nothing of the machine it is on.
NODE = ("--inventory", "inventory.yaml", "-m", "mapping.yaml", "--lock-file", "run/lock")


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

    def __call__(self, *arguments: str) -> Outcome:
        status = main(arguments)
        output = self._capsys.readouterr()
        return Outcome(status, output.out, output.err.splitlines())

"""A change that the gate does not let through is taken back."""

from __future__ import annotations

import subprocess
import sys
from typing import FrozenSet, List, Optional, Sequence

import pytest

from os_net_config.config.document import parse
from os_net_config.config.nics import Names
from os_net_config.engine.converge import UndoneError, apply
from os_net_config.engine.prepare import prepare_document, refresh
from os_net_config.engine.prepared import Prepared, Situation
from os_net_config.state.diff import Change
from os_net_config.state.model import AddressKey, State
from os_net_config.state.probe import Worked
from os_net_config.state.record import Record

from ..node import Node, nics, node_with

CHANGE = (
    b"network_config:\n- {type: interface, name: eth0, mtu: 9000, addresses: [{ip_netmask: 10.0.0.1/24}]}\n"
)


class Told(Node):
    """Notes what happens in ``events``."""

    def __init__(self, state: State) -> None:
        super().__init__(state)
        self.events: List[str] = []

    def execute(self, steps: Sequence[Change]) -> None:
        self.events.append("execute")
        super().execute(steps)

    def announce(self, addresses: Sequence[AddressKey]) -> None:
        self.events.append(f"announce {', '.join(map(str, addresses))}")


class Gate:
    def __init__(self, node: Told, failures: List[str]) -> None:
        self._node, self._failures = node, failures

    def before(self, live: State) -> Worked:
        self._node.events.append(f"before {live.values('eth0')['mtu']!s}")
        return frozenset()

    def after(self, before: FrozenSet[object], live: State) -> List[str]:
        self._node.events.append(f"after {live.values('eth0')['mtu']!s}")
        return self._failures


class Disk:
    def __init__(self, node: Told) -> None:
        self._node = node

    def begin(self, prepared: Prepared) -> None:
        self._node.events.append("begin")

    def end(self, prepared: Prepared, reason: Optional[str] = None) -> None:
        self._node.events.append("end")

    def save(self, record: Record) -> None:
        self._node.events.append(f"save {len(record.entries)}")


@pytest.fixture
def node() -> Told:
    return Told(node_with(nics("eth0", "eth1")))


def run(node: Told, failures: List[str]) -> None:
    found = nics("eth0", "eth1")
    prepared = prepare_document(parse("config.yaml", CHANGE), Situation(node.observe(), found, Names({}, {})))
    apply(refresh(prepared, node, Record()), node, Disk(node), Gate(node, failures))


def test_what_is_let_through(node: Told) -> None:
    run(node, [])
    assert node.events == ["before 1500", "begin", "execute", "announce 10.0.0.1/24", "after 9000", "end"]


def test_what_is_not(node: Told) -> None:
    before = node.observe()
    with pytest.raises(UndoneError) as error:
        run(node, ["one does not work", "nor another"])
    assert (error.value.cause, error.value.left) == ("one does not work; nor another", [])
    assert node.observe() == before
    assert node.events[4:] == ["after 9000", "execute", "announce ", "save 0", "end"]


def test_nothing_is_asked_where_nothing_changes(node: Told) -> None:
    run(node, [])
    node.events.clear()
    run(node, ["it does not work"])
    assert "before" not in " ".join(node.events)


def test_without_probes_nothing_of_them_is_imported() -> None:
    """Start-up time is a promise."""
    code = """\
import sys
from os_net_config.cli import check, run
from os_net_config.cli.arguments import parse
parse(["--noop"])
check.main(["examples/bond-vlans.yaml"])
sys.exit(", ".join(name for name in sys.modules if "os_net_config" in name and "probe" in name) or None)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")

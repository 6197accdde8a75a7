"""Two runs at once: the first one works, the other one says at once who has the lock."""

from __future__ import annotations

import contextlib
import os
import re
import time
from pathlib import Path
from typing import IO, Dict, Iterator

import pytest

from .support import program, warm
from .support.node import Node
from .support.observed import identities, observe, snapshot

FIRST = "network_config:\n- {type: interface, name: nic1, addresses: [{ip_netmask: 192.0.2.10/24}]}\n"
SECOND = "network_config:\n- {type: interface, name: nic2, addresses: [{ip_netmask: 192.0.2.20/24}]}\n"
MESSAGE = r"ERROR: another run is changing the network: process (\d+) \((.*)\), since (\d\d:\d\d:\d\d)\n"


class Held:
    """A run amid its change: it waits for a command, which ended at once before the change."""

    def __init__(self, node: Node, output: IO[bytes]) -> None:
        self._go_on = node.directory / "go_on"
        begun = node.directory / "begun"
        for pipe in (self._go_on, begun):
            os.mkfifo(pipe)
        asked = node.directory / "asked"
        waits = f"sh -c 'test -e {asked} || exec touch {asked}; echo > {begun}; read line < {self._go_on}'"
        config = node.file("first.yaml", FIRST)
        self.arguments = node.arguments(config, "--probe-required", f"command:{waits},deadline=60")
        self.started = time.time()
        self.process = program.start(*self.arguments, stdout=output.fileno())
        begun.read_bytes()

    def end(self) -> int:
        self._go_on.write_text("\n", encoding="ascii")
        return self.process.wait(program.TIME_LIMIT)


@pytest.fixture
def held(node: Node) -> Iterator[Held]:
    with (node.directory / "output").open("wb") as output:
        made = Held(node, output)
        try:
            yield made
        finally:
            made.process.kill()
            made.process.wait()


@pytest.mark.acceptance
def test_the_other_one_says_at_once_who_has_the_lock(node: Node, held: Held) -> None:
    place = ("--run-dir", str(node.run_directory), "--state-dir", str(node.directory / "state"))
    config = node.file("second.yaml", SECOND)
    others = (node.arguments(config), node.arguments(config, "--no-activate"), ("recover", *place))
    before = snapshot(), identities(), files(node)
    for arguments in others:
        run = warm.run(*arguments)
        # It did not wait: the first one is still at work.
        assert held.process.poll() is None
        assert (run.status, run.output) == (1, ""), run
        is_named_by(run.errors, held)
    assert (snapshot(), identities(), files(node)) == before
    assert held.end() == 2
    node.unchanged(FIRST, name="first.yaml")
    node.applied(SECOND, name="second.yaml")


def is_named_by(errors: str, held: Held) -> None:
    """Process, command and begin of the one at work."""
    found = re.search(MESSAGE, errors)
    assert found is not None, errors
    pid, words, since = found.groups()
    assert int(pid) == held.process.pid
    assert words.endswith(" ".join(held.arguments))
    moments = range(int(held.started), int(time.time()) + 1)
    assert since in {time.strftime("%H:%M:%S", time.localtime(one)) for one in moments}


def files(node: Node) -> Dict[Path, bytes]:
    """What the program keeps, on disk and for the time of the boot."""
    tops = (node.run_directory, node.directory / "state", Path("/etc/iproute2"))
    return {path: path.read_bytes() for top in tops for path in top.rglob("*") if path.is_file()}


@pytest.mark.acceptance
def test_a_dry_run_needs_no_lock(node: Node, held: Held) -> None:
    run = warm.run(*node.arguments(node.file("second.yaml", SECOND), "--noop"))
    assert run.status == 2, run
    assert held.end() == 2


@pytest.mark.acceptance
def test_the_lock_of_a_run_that_was_killed_is_free(node: Node, held: Held) -> None:
    held.process.kill()
    held.process.wait()
    run = node.apply(SECOND, name="second.yaml")
    assert run.status == 2, run
    assert "what it had begun has been taken back, verified" in run.errors
    assert node.directory.joinpath("state", "journal.json").exists() is False


@pytest.mark.acceptance
def test_many_at_the_same_moment(node: Node) -> None:
    """Each does its work, or says who does; what is there in the end is of those that did."""
    configs = [node.file(f"{number}.yaml", config_of(number)) for number in range(5)]
    outputs = [node.directory / f"{number}.output" for number in range(5)]
    with contextlib.ExitStack() as stack:
        runs = [
            program.start(*node.arguments(config), stdout=stack.enter_context(output.open("wb")).fileno())
            for config, output in zip(configs, outputs)
        ]
        statuses = [run.wait(program.TIME_LIMIT) for run in runs]
    assert 2 in statuses and set(statuses) <= {1, 2}
    for number, (status, output) in enumerate(zip(statuses, outputs)):
        assert (f"vlan{number + 10}" in observe().links) == (status == 2)
        if status == 1:
            assert re.search("another run is changing the network: |is under way", output.read_text())


def config_of(number: int) -> str:
    return f"network_config: [{{type: vlan, vlan_id: {number + 10}, device: nic1}}]\n"

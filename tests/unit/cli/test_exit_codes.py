"""The exit status, plain and with --detailed-exit-codes: every bit, every situation."""

from __future__ import annotations

import errno
import os
import re
from itertools import combinations
from typing import Callable, Collection, FrozenSet, Iterator, NamedTuple, Optional, Tuple

import pytest

from os_net_config.backends.protocol import ObserveError
from os_net_config.cli.exit_codes import ExitCode, status
from os_net_config.engine.lock import Lock
from os_net_config.state.model import Asked, State

from ..node import Node, nics, node_with
from ..runs import NODE, Runs

BITS = list(ExitCode.__members__.values())[1:]


def sums() -> Iterator[ExitCode]:
    """Every combination of bits."""
    for count in range(len(BITS) + 1):
        for some in combinations(BITS, count):
            code = ExitCode.SUCCESS
            for one in some:
                code |= one
            yield code


def test_the_bits_are_those_that_callers_know() -> None:
    assert [int(bit) for bit in BITS] == [1, 2, 4, 8, 16, 32, 64, 128, 256]
    assert len(list(sums())) == 512


def test_plain_only_success_and_failure_are_told_apart() -> None:
    good = {ExitCode.SUCCESS, ExitCode.FILES_CHANGED}
    assert [status(code, detailed=False) for code in sums()] == [0 if code in good else 1 for code in sums()]


def test_detailed_every_bit_up_to_128_is_said() -> None:
    for code in sums():
        if int(code) < 256:
            assert status(code, detailed=True) == int(code)


def test_detailed_what_does_not_fit_the_status_is_never_success() -> None:
    for code in sums():
        if int(code) >= 256:
            assert status(code, detailed=True) == (int(code) - 256) | 1


@pytest.mark.parametrize("detailed", [False, True])
def test_every_status_fits_a_process(detailed: bool) -> None:
    assert {status(code, detailed) for code in sums()} <= set(range(256))


# Runs

GOOD = """\
network_config:
- type: interface
  name: eth0
  mtu: 9000
- type: linux_bond
  name: bond0
  members: [{type: interface, name: eth1}]
"""
DONE = "network_config: [{type: interface, name: eth0, mtu: 1500}]\n"
WARNED = "network_config: [{type: interface, name: eth0, mtu: 1500, mut: 1}]\n"
LATER = "network_config: [{type: interface, name: eth0, dcb: {dscp2prio: [{priority: 3, protocol: 26}]}}]\n"
BAD = "network_config: [{type: interface, name: eth0, mtu: 20}]\n"

ON_NODE = nics("eth0", "eth1")


class Blind(Node):
    """A node that cannot be read."""

    def observe(self, protocols: Optional[FrozenSet[int]] = None, settings: Collection[Asked] = ()) -> State:
        raise ObserveError("links: Operation not permitted")


def blind(state: State) -> Node:
    return Blind(state)


def refuses(state: State) -> Node:
    return Node(state, refused="bond0")


def ignores(state: State) -> Node:
    return Node(state, ignored="mtu")


class Case(NamedTuple):
    """A situation with its plain and its detailed exit status."""

    what: str
    config: str
    arguments: Tuple[str, ...]
    statuses: Tuple[int, int]
    node: Callable[[State], Node] = Node


CASES = [
    Case("nothing to change", DONE, (), (0, 0)),
    Case("nothing to change, dry", DONE, ("--noop",), (0, 0)),
    Case("changed", GOOD, (), (0, 2)),
    Case("would change", GOOD, ("--noop",), (0, 2)),
    Case("would change, as JSON", GOOD, ("--noop", "--format", "json"), (0, 2)),
    Case("checked only", GOOD, ("--no-activate",), (0, 2)),
    Case("for another root", GOOD, ("--root-dir", "."), (0, 0)),
    Case("not to be applied", GOOD, ("--no-network-config",), (0, 0)),
    Case("not to be applied, and bad", BAD, ("--no-network-config",), (1, 1)),
    Case("bad", BAD, (), (1, 1)),
    Case("bad, dry", BAD, ("--noop",), (1, 1)),
    Case("bad, as JSON", BAD, ("--noop", "--format", "json"), (1, 1)),
    Case("bad, strict", BAD, ("--exit-on-validation-errors",), (1, 1)),
    Case("not YAML", "network_config: [", (), (1, 1)),
    Case("empty", "", (), (1, 1)),
    Case("without objects", "network_config: []", (), (1, 1)),
    Case("comes later", LATER, (), (1, 1)),
    Case("comes later, dry", LATER, ("--noop",), (1, 1)),
    Case("a warning", WARNED, (), (0, 0)),
    Case("a warning, strict", WARNED, ("--exit-on-validation-errors",), (1, 1)),
    Case("a NIC that is not there", DONE.replace("eth0", "eth7"), (), (1, 1)),
    Case("a missing config", DONE, ("-c", "missing.yaml"), (1, 1)),
    Case("a missing mapping", DONE, ("-m", "missing.yaml"), (1, 1)),
    Case("the node refuses a step", GOOD, (), (1, 4), refuses),
    Case("the node refuses a step, not in a dry run", GOOD, ("--noop",), (0, 2), refuses),
    Case("the node does not do what it says", GOOD, (), (1, 4), ignores),
    Case("the node cannot be read", GOOD, ("--noop",), (1, 1), blind),
    Case("the report", DONE, ("-i",), (0, 0)),
    Case("the report of what is not there", DONE, ("-i", "nic7"), (1, 1)),
]


@pytest.mark.parametrize("case", CASES, ids=[case.what for case in CASES])
@pytest.mark.parametrize("detailed", [False, True], ids=["plain", "detailed"])
def test_a_run(run: Runs, case: Case, detailed: bool) -> None:
    run.node = case.node(node_with(ON_NODE))
    run.write("config.yaml", case.config)
    flags = ["--detailed-exit-codes"] if detailed else []
    found = run("-c", "config.yaml", *NODE, *case.arguments, *flags)
    assert found.status == case.statuses[detailed]


@pytest.mark.parametrize(
    "arguments", [("--noop",), ("--no-activate",), ("--root-dir", "."), ("--no-network-config",)]
)
def test_runs_that_change_nothing(run: Runs, arguments: Tuple[str, ...]) -> None:
    run.write("config.yaml", GOOD)
    run("-c", "config.yaml", *NODE, *arguments)
    assert run.node.steps == []


def test_a_second_run_does_nothing_and_says_so(run: Runs) -> None:
    run.write("config.yaml", GOOD)
    assert run("-c", "config.yaml", *NODE, "--detailed-exit-codes").status == 2
    run.node.steps.clear()
    again = run("-c", "config.yaml", *NODE, "--detailed-exit-codes")
    assert again == (0, "No change: the node is as the config says.\n", [])
    assert run.node.steps == []


@pytest.mark.parametrize("node", [refuses, ignores])
def test_a_failed_run_leaves_the_node_as_it_was_and_says_so(run: Runs, node: Callable[[State], Node]) -> None:
    run.node = node(node_with(ON_NODE))
    before = run.node.observe()
    run.write("config.yaml", GOOD)
    found = run("-c", "config.yaml", *NODE)
    assert found.out == ""
    assert found.errors[-1] == "ERROR: what was done has been taken back; the node is as it was, verified"
    assert run.node.observe() == before


def test_the_reason_of_a_refused_step_is_said(run: Runs) -> None:
    run.node = refuses(node_with(ON_NODE))
    run.write("config.yaml", GOOD)
    told = "ERROR: config.yaml:5:3: network_config[1]: link bond0: Operation not supported"
    assert run("-c", "config.yaml", *NODE).errors[0] == told


@pytest.mark.parametrize("detailed", [False, True])
def test_another_run_at_work(run: Runs, detailed: bool) -> None:
    run.write("config.yaml", GOOD)
    with Lock("run"):
        found = run("-c", "config.yaml", *NODE, *(["--detailed-exit-codes"] if detailed else []))
        dry = run("-c", "config.yaml", *NODE, "--noop")
    assert (found.status, found.out, run.node.steps) == (1, "", [])
    holder = rf"process {os.getpid()} \(.+\), since \d\d:\d\d:\d\d"
    assert re.fullmatch(f"ERROR: another run is changing the network: {holder}", found.errors[0])
    assert (dry.status, dry.errors) == (0, [])


def test_a_system_error_is_one_line(run: Runs, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> Node:
        raise OSError(errno.EPROTONOSUPPORT, "Protocol not supported")

    monkeypatch.setattr("os_net_config.cli.run.NodeBackend", fail)
    run.write("config.yaml", GOOD)
    assert run("-c", "config.yaml", *NODE) == (1, "", ["ERROR: Protocol not supported"])


# Checks


@pytest.mark.parametrize(
    "texts, arguments, expected",
    [
        ([DONE], [], 0),
        ([DONE, GOOD], [], 0),
        ([WARNED], [], 0),
        ([WARNED], ["--exit-on-validation-errors"], 1),
        ([LATER], [], 0),
        ([LATER], ["--exit-on-validation-errors"], 0),
        ([BAD], [], 1),
        ([DONE, BAD, DONE], [], 1),
        ([BAD, DONE], ["--format", "json"], 1),
    ],
)
def test_a_check(run: Runs, texts: Tuple[str, ...], arguments: Tuple[str, ...], expected: int) -> None:
    names = [f"{number}.yaml" for number, _ in enumerate(texts)]
    for name, text in zip(names, texts):
        run.write(name, text)
    assert run("check", *names, *arguments).status == expected

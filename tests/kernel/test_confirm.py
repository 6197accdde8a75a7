"""A change that nobody confirms is taken back, whatever becomes of the run and of its session."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import select
import signal
import time
from pathlib import Path
from typing import Iterator, List

import pytest

from .support import program, warm
from .support.awaiting import Changes, said
from .support.configs import ON_BOND, ON_NIC
from .support.node import Node
from .support.observed import Observed, observe
from .support.sessions import ENDS, on_a_pipe

pytestmark = pytest.mark.rotating

#: Seconds in which it has to be confirmed, and that it then takes at the most.
WINDOW, MORE = 5, 1
#: Of what ends in its own time.
PATIENCE = 40
ASKED = f"Taken back in {WINDOW} s unless you say: os-net-config confirm"


@pytest.fixture
def before(node: Node) -> Iterator[Observed]:
    """How the node is while nothing new is tried; no guardian is left behind."""
    node.applied(ON_NIC)
    yield observe()
    for process in guardians(node):
        os.kill(process, signal.SIGKILL)


def command(node: Node, *options: str) -> List[str]:
    """That of a run with the new config."""
    return [*program.COMMAND, *node.arguments(node.file("config.yaml", ON_BOND), *options)]


def tried(node: Node, seconds: int) -> None:
    run = node.apply(ON_BOND, "--confirm", str(seconds))
    assert (run.status, run.errors) == (2, ""), run
    assert run.output.endswith(f"Taken back in {seconds} s unless you say: os-net-config confirm\n")


def is_back(before: Observed) -> bool:
    """Not while a link goes that is being read."""
    try:
        return observe() == before
    except FileNotFoundError:
        return False


def said_to(node: Node, *words: str) -> program.Run:
    places = ("--run-dir", str(node.run_directory), "--state-dir", str(node.directory / "state"))
    return warm.run(*words, *places)


def history_then(node: Node) -> List[str]:
    """When the guardian has done its work: the change goes before that is noted."""
    for one in guardians(node):
        wait_for_the_end(one)
    return history(node)


def history(node: Node) -> List[str]:
    found = warm.run("history", "--state-dir", str(node.directory / "state"), "--format", "json").json
    return [f"{one['outcome']} {one['reason']}".strip() for one in found["generations"]]


def guardians(node: Node) -> List[int]:
    """The processes that look after a change of the node."""
    words = {"guard", str(node.run_directory)}
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        with contextlib.suppress(OSError):
            if words <= set(path.read_text().split("\0")):
                found.append(int(path.parent.name))
    return found


def wait_for_the_end(process: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        descriptor = os.pidfd_open(process)
        assert select.select([descriptor], [], [], PATIENCE)[0], f"process {process} goes on"
        os.close(descriptor)


@pytest.mark.parametrize("end", list(ENDS))
def test_it_is_taken_back_in_time(node: Node, before: Observed, end: str) -> None:
    session, ends = ENDS[end]
    with session(command(node, "--confirm", str(WINDOW))) as started, Changes() as changes:
        said(started.output, ASKED, PATIENCE)
        asked = time.monotonic()
        tried = observe()
        assert tried != before
        (guardian,) = guardians(node)
        ends(started)
        back = changes.until(lambda: is_back(before), PATIENCE)
    assert WINDOW - MORE < back - asked < WINDOW + MORE
    wait_for_the_end(guardian)
    assert history(node) == ["applied", f"taken back not confirmed within {WINDOW} s"]
    assert not (node.directory / "state" / "journal.json").exists()
    node.unchanged(ON_NIC)


def test_a_run_that_is_killed_before_its_end_is_taken_back_at_once(node: Node, before: Observed) -> None:
    """All its changes are made; the probe after them ends the run."""
    kills = node.file("kills.sh", "ip link show bond1 2>/dev/null && kill -KILL $PPID\ntrue\n")
    options = ("--confirm", "600", "--probe", f"command:sh {kills}")
    with (
        on_a_pipe(command(node, *options), then="echo killed: $?; sleep 60") as started,
        Changes() as changes,
    ):
        said(started.output, "killed: 137", PATIENCE)
        killed = time.monotonic()
        back = changes.until(lambda: is_back(before), PATIENCE)
    assert back - killed < 2 * MORE
    assert history_then(node) == ["applied", "taken back the run died"]


def test_a_run_whose_output_nobody_takes_cannot_stop_the_clock(node: Node, before: Observed) -> None:
    more = "".join(f"- {{type: vlan, device: nic4, vlan_id: {number}}}\n" for number in range(100, 120))
    node.file("config.yaml", ON_BOND + more)
    reader, writer = os.pipe()
    fcntl.fcntl(writer, fcntl.F_SETPIPE_SZ, 4096)
    os.write(writer, bytes(4096))
    arguments = node.arguments(node.directory / "config.yaml", "--confirm", "1")
    with Changes() as changes, program.start(*arguments, stdout=writer) as process:
        changes.until(lambda: "bond1" in observe().links, PATIENCE)
        changes.until(lambda: is_back(before), PATIENCE)
        assert process.wait(PATIENCE) == -signal.SIGKILL
    os.close(reader)
    os.close(writer)
    assert history_then(node) == ["applied", "taken back not confirmed within 1 s"]


# What is said in the meantime


def test_it_stays_when_it_is_confirmed(node: Node, before: Observed) -> None:
    tried(node, 600)
    now = observe()
    assert now != before
    (guardian,) = guardians(node)
    assert history(node) == ["applied"]
    run = said_to(node, "confirm")
    assert (run.status, run.errors) == (0, "")
    assert run.output == f"Confirmed: {node.directory / 'config.yaml'} stays.\n"
    wait_for_the_end(guardian)
    assert (observe(), history(node)) == (now, ["applied", "applied"])
    node.unchanged(ON_BOND)
    run = said_to(node, "confirm")
    assert (run.status, run.errors) == (1, "ERROR: nothing awaits confirmation\n")


def test_nothing_else_is_begun_while_it_awaits_confirmation(node: Node, before: Observed) -> None:
    tried(node, 600)
    now = observe()
    for options in ((), ("--no-activate",), ("--forward",)):
        run = node.apply(ON_NIC, *options)
        assert (run.status, run.output) == (1, ""), run
        assert run.errors.startswith("ERROR: a change awaits confirmation (")
        assert " s left): os-net-config confirm keeps it, os-net-config recover takes it back" in run.errors
    run = warm.run("rollback", "1", *node.arguments(node.directory / "config.yaml"))
    assert run.status == 1 and "a change awaits confirmation" in run.errors
    run = node.apply(ON_NIC, "--noop")
    assert run.status == 2 and "WARNING: a change awaits confirmation" in run.errors
    assert observe() == now


def test_it_is_taken_back_at_once_when_that_is_said(node: Node, before: Observed) -> None:
    tried(node, 600)
    (guardian,) = guardians(node)
    assert said_to(node, "recover").status == 0
    assert observe() == before
    wait_for_the_end(guardian)
    assert history(node) == ["applied", "taken back os-net-config recover"]


def test_without_a_change_there_is_nothing_to_confirm(node: Node, before: Observed) -> None:
    run = node.apply(f"# the same\n{ON_NIC}", "--confirm", "600")
    assert (run.status, run.output) == (0, f"{program.NO_CHANGE}There is nothing to confirm.\n")
    assert (guardians(node), history(node)) == ([], ["applied", "applied"])
    run = node.apply(ON_BOND, "--confirm", "600", "--noop")
    assert run.status == 2 and guardians(node) == []
    assert run.output.endswith("It would be taken back in 600 s unless you say: os-net-config confirm\n")


# The guardian


def test_it_has_nothing_of_the_run(node: Node, before: Observed) -> None:
    reader, writer = os.pipe()
    os.set_inheritable(writer, True)
    tried(node, 600)
    os.close(writer)
    (guardian,) = guardians(node)
    proc = Path(f"/proc/{guardian}")
    assert os.getsid(guardian) != os.getsid(0) and os.getsid(guardian) != guardian
    assert os.getpgid(guardian) != os.getpgid(0)
    assert os.readlink(proc / "cwd") == "/"
    assert {os.readlink(proc / "fd" / str(number)) for number in range(3)} == {"/dev/null"}
    assert os.read(reader, 1) == b""
    os.close(reader)
    status = dict(line.split(":\t") for line in (proc / "status").read_text().splitlines() if ":\t" in line)
    assert int(status["SigIgn"], 16) & 1 << signal.SIGHUP - 1
    assert int(status["SigBlk"], 16) == 0


def test_one_that_was_killed_is_made_good_by_the_next_run(node: Node, before: Observed) -> None:
    tried(node, 2)
    (guardian,) = guardians(node)
    os.kill(guardian, signal.SIGKILL)
    time.sleep(2)
    run = said_to(node, "confirm")
    assert run.status == 1 and "it is too late: os-net-config recover takes back" in run.errors
    run = node.apply(ON_NIC)
    assert run.status == 0 and "WARNING: what it had begun has been taken back, verified" in run.errors
    assert observe() == before


def test_without_one_nothing_is_begun(node: Node, before: Observed) -> None:
    fifo = node.run_directory / "confirm"
    fifo.mkdir()
    run = node.apply(ON_BOND, "--confirm", "600")
    assert (run.status, run.output) == (1, ""), run
    assert run.errors.startswith("ERROR: nobody would take the change back, so it is not begun: ")
    assert "Is a directory" in run.errors
    assert (observe(), history(node)) == (before, ["applied"])
    fifo.rmdir()


def test_a_boot_comes_up_with_what_was_confirmed_last(node: Node, before: Observed) -> None:
    """Of another boot: the kernel has nothing of the change any more."""
    tried(node, 600)
    (guardian,) = guardians(node)
    os.kill(guardian, signal.SIGKILL)
    journal = node.directory / "state" / "journal.json"
    content = json.loads(journal.read_text())
    content["writer"]["boot"] = "an earlier one"
    journal.write_text(json.dumps(content))
    now = observe()
    run = said_to(node, "recover")
    assert run.status == 0, run
    assert observe() == now
    assert history(node) == ["applied", "taken back not confirmed before the next boot"]
    run = node.apply(ON_NIC)
    assert run.status == 2 and observe() == before

"""A run whose change has to be confirmed: what it leaves on disk, and what becomes of that."""

from __future__ import annotations

import errno
import json
from dataclasses import replace
from pathlib import Path
from typing import List

import pytest

from os_net_config.engine import guardian_process
from os_net_config.engine.disk import NodeDisk
from os_net_config.engine.guardian import GuardianError, Places, Ward
from os_net_config.engine.journal import Confirm, Journal, JournalFile
from os_net_config.engine.record_file import RecordFile
from os_net_config.engine.recovery import recover
from os_net_config.engine.target import TargetFile

from ..node import Node, nics, node_with
from ..runs import NODE, Runs
from .test_journal import small
from .test_target import RUN, applied, config, mtu_of, target, told

PLACES = ("--run-dir", "run", "--state-dir", "state")
AWAITS = (
    "a change awaits confirmation (60 s left): os-net-config confirm keeps it,"
    " os-net-config recover takes it back"
)


@pytest.fixture(autouse=True)
def guardians(monkeypatch: pytest.MonkeyPatch) -> List[Places]:
    """Where one was started. A unit test has none that takes anything back."""
    found: List[Places] = []

    def start(ward: Ward, places: Places) -> None:
        assert not JournalFile("state").exists()
        found.append(places)

    monkeypatch.setattr(guardian_process, "start", start)
    return found


def tried(run: Runs, mtu: int, *options: str) -> None:
    run.write("config.yaml", config(mtu))
    found = run(*RUN, "--confirm", "60", *options)
    assert (found.status, found.errors) == (2, [])


def journal() -> Journal:
    found = JournalFile("state").load()
    assert found is not None
    return found


def test_its_journal_stays_and_it_is_no_target_yet(run: Runs, guardians: List[Places]) -> None:
    applied(run, 9000)
    Path("state/nics.json").unlink()
    run.write("config.yaml", config(8000))
    found = run(*RUN, "--confirm", "60")
    assert found.out.endswith(
        "Applied and verified.\nTaken back in 60 s unless you say: os-net-config confirm\n"
    )
    assert guardians == [Places("run", "state")]
    assert (mtu_of(run), told(target())) == (8000, [1, "1 applied"])
    assert not Path("state/nics.json").exists()
    assert 59 < journal().left <= 60


def test_as_json(run: Runs) -> None:
    run.write("config.yaml", config(8000))
    for options, expected in (([], None), (["--confirm", "60"], 60)):
        assert json.loads(run(*RUN, "--noop", "--format", "json", *options).out)["confirm"] == expected
    for expected in (60, None):
        # The second time nothing is to be changed.
        assert json.loads(run(*RUN, "--confirm", "60", "--format", "json").out)["confirm"] == expected
        run("confirm", *PLACES)


def test_it_is_confirmed(run: Runs) -> None:
    applied(run, 9000)
    tried(run, 8000)
    Path("state/nics.json").unlink()
    RecordFile("run").save(journal().record)
    then = journal().record_then
    assert run("confirm", *PLACES).status == 0
    assert (mtu_of(run), told(target())) == (8000, [2, "1 applied", "2 applied"])
    assert not JournalFile("state").exists()
    assert "52:54:00:00:00:01" in Path("state/nics.json").read_text()
    assert RecordFile("run").load() == then
    assert run(*RUN).status == 0


def test_drift_that_is_repaired_and_confirmed_is_no_generation(run: Runs) -> None:
    applied(run, 9000)
    run.node = Node(node_with(nics("eth0", "eth1")))
    tried(run, 9000)
    assert run("confirm", *PLACES).status == 0
    assert told(target()) == [1, "1 applied"]


@pytest.mark.parametrize(
    ("confirm", "boot", "says"),
    [
        (None, None, "the last run was not finished: os-net-config recover takes back"),
        (Confirm(9), None, "the last run was not finished: os-net-config recover takes back"),
        (Confirm(9, 1.0), None, "it is too late: os-net-config recover takes back"),
        (Confirm(9, 1e12), "an earlier one", "it is too late: os-net-config recover takes back"),
    ],
)
def test_what_cannot_be_confirmed(run: Runs, confirm: Confirm, boot: str, says: str) -> None:
    found = run("confirm", *PLACES)
    assert (found.status, found.errors) == (1, ["ERROR: nothing awaits confirmation"])
    JournalFile("state").begin(replace(small(**({"boot": boot} if boot else {})), confirm=confirm))
    found = run("confirm", *PLACES)
    assert found.status == 1 and says in found.errors[0]
    assert JournalFile("state").exists()


def test_no_other_run_is_begun(run: Runs) -> None:
    applied(run, 9000, 8500)
    tried(run, 8000)
    for options in ([*RUN], ["rollback", *RUN], [*RUN, "--no-activate"], [*RUN, "--confirm", "5"]):
        found = run(*options)
        assert (found.status, found.out, found.errors) == (1, "", [f"ERROR: {AWAITS}"])
    found = run(*RUN, "--noop")
    assert (found.status, found.errors) == (0, [f"WARNING: {AWAITS}"])
    assert mtu_of(run) == 8000


def test_without_a_change_there_is_nothing_to_confirm(run: Runs, guardians: List[Places]) -> None:
    applied(run, 9000)
    run.write("config.yaml", "# a word\n" + config(9000))
    found = run(*RUN, "--confirm", "60")
    assert found.status == 0 and found.out.endswith("There is nothing to confirm.\n")
    assert (guardians, told(target())) == ([], [2, "1 applied", "2 applied"])
    run.write("config.yaml", config(8000))
    found = run(*RUN, "--confirm", "60", "--noop")
    assert found.out.endswith("It would be taken back in 60 s unless you say: os-net-config confirm\n")
    assert guardians == []


def test_without_a_guardian_nothing_is_begun(run: Runs, monkeypatch: pytest.MonkeyPatch) -> None:
    applied(run, 9000)
    run.node.steps.clear()

    def start(ward: Ward, places: Places) -> None:
        raise GuardianError("nobody would take the change back, so it is not begun: no more processes")

    monkeypatch.setattr(guardian_process, "start", start)
    run.write("config.yaml", config(8000))
    found = run(*RUN, "--confirm", "60")
    assert (found.status, found.out) == (1, "")
    assert found.errors == ["ERROR: nobody would take the change back, so it is not begun: no more processes"]
    assert (run.node.steps, JournalFile("state").exists()) == ([], False)


def test_a_change_that_cannot_be_confirmed_is_taken_back(run: Runs, monkeypatch: pytest.MonkeyPatch) -> None:
    """The disk is full by then."""
    applied(run, 9000)

    def full(_: JournalFile) -> None:
        raise OSError(errno.ENOSPC, "No space left on device", "state/journal.json")

    monkeypatch.setattr(JournalFile, "await_confirmation", full)
    run.write("config.yaml", config(8000))
    found = run(*RUN, "--confirm", "60")
    assert (found.status, mtu_of(run), JournalFile("state").exists()) == (4, 9000, False)
    assert "it could not be confirmed: [Errno 28] No space left on device" in found.errors[0]
    assert told(target()) == [1, "1 applied", "2 taken back"]


def test_one_that_the_node_refuses_is_settled(run: Runs) -> None:
    applied(run, 9000)
    run.node = Node(node_with(nics("eth0", "eth1")), refused="eth0")
    run.write("config.yaml", config(8000))
    assert run(*RUN, "--confirm", "60").status == 4
    assert (JournalFile("state").exists(), told(target())) == (False, [1, "1 applied", "2 taken back"])


def test_a_config_that_only_removes_becomes_no_target(run: Runs) -> None:
    applied(run, 9000)
    run.write("remove.yaml", "remove_config: [{remove_type: interface, remove_name: nic1}]\n")
    words = ("-c", "remove.yaml", *NODE, "--remove-config", "--confirm", "60")
    assert run(*words).status == 0
    assert journal().text == ""
    assert run("confirm", *PLACES).status == 0
    assert told(target()) == [1, "1 applied"]


def test_a_journal_that_another_run_began_meanwhile(run: Runs, monkeypatch: pytest.MonkeyPatch) -> None:
    """Between a run's first look and its lock."""
    applied(run, 9000)
    run.write("config.yaml", config(8000))
    monkeypatch.setattr("os_net_config.cli.recover.finish_first", lambda *_: None)
    JournalFile("state").begin(small())
    found = run(*RUN)
    assert (found.status, mtu_of(run)) == (1, 9000)
    assert found.errors == ["ERROR: another run was begun meanwhile, and is not finished: try again"]
    assert JournalFile("state").load() == small()


# What history says of one that was taken back


def taken_back(tmp_path: Path, journal: Journal, forward: bool = False) -> List[str]:
    disk = NodeDisk.below(str(tmp_path / "run"), str(tmp_path / "state"))
    disk.journal.begin(journal)
    recover(journal, disk, Node(node_with(nics("eth0"))), forward)
    generations = TargetFile(str(tmp_path / "state")).load().generations
    return [f"{one.outcome}: {one.reason} ({one.user})" for one in generations]


@pytest.mark.parametrize(
    ("confirm", "boot", "expected"),
    [
        (Confirm(9), "", "the run died"),
        (Confirm(9, 1.0), "", "not confirmed within 9 s"),
        (Confirm(9, 1e12), "", "os-net-config recover"),
        (Confirm(9, 1e12), "an earlier one", "not confirmed before the next boot"),
    ],
)
def test_why(tmp_path: Path, confirm: Confirm, boot: str, expected: str) -> None:
    more = {"boot": boot} if boot else {}
    one = replace(small(user="alice", **more), confirm=confirm)
    assert taken_back(tmp_path, one) == [f"taken back: {expected} (alice)"]


def test_forward_it_is_as_if_confirmed(tmp_path: Path) -> None:
    one = replace(small(user="alice"), confirm=Confirm(9, 1e12))
    assert taken_back(tmp_path, one, forward=True) == ["applied:  (alice)"]


def test_one_that_is_no_target_is_no_generation(tmp_path: Path) -> None:
    assert taken_back(tmp_path, replace(small(), text="", confirm=Confirm(9, 1.0))) == []


def test_history_that_cannot_be_written_is_no_reason_to_stop(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Of a boot: there is no network without it."""
    (tmp_path / "state").mkdir()
    (tmp_path / "state" / "configs").write_text("no directory", encoding="utf-8")
    assert taken_back(tmp_path, replace(small(boot="an earlier one"), confirm=Confirm(9, 1.0))) == []
    assert "it is not noted that the change was taken back" in caplog.text
    assert not (tmp_path / "state" / "journal.json").exists()

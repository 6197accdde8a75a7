"""The target: what the node is to have, what it had before, and going back."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path
from typing import List

import pytest

from os_net_config.cli.notes import KERNEL_UNTOUCHED
from os_net_config.engine.disk import NodeDisk
from os_net_config.engine.journal import JournalFile, Writer
from os_net_config.engine.record_file import RecordFile
from os_net_config.engine.recovery import recover
from os_net_config.engine.target import (
    APPLIED,
    TAKEN_BACK,
    Generation,
    Target,
    TargetError,
    TargetFile,
    generation,
)
from os_net_config.state.model import NameKey

from ..node import Node, nics, node_with
from ..runs import NODE, Runs
from .test_journal import small

RUN = ("-c", "config.yaml", *NODE, "--detailed-exit-codes")
BACK = ("rollback", *RUN)


def config(mtu: int) -> str:
    return f"network_config: [{{type: interface, name: nic1, mtu: {mtu}}}]\n"


def applied(run: Runs, *mtus: int) -> None:
    for mtu in mtus:
        run.write("config.yaml", config(mtu))
        assert run(*RUN).status == 2


def mtu_of(run: Runs) -> object:
    return run.node.observe().values("eth0")["mtu"]


def target() -> Target:
    return TargetFile("state").load()


def told(one: Target) -> List[object]:
    return [one.current, *(f"{each.number} {each.outcome}" for each in one.generations)]


def test_each_config_that_holds_is_a_generation(run: Runs) -> None:
    applied(run, 9000, 8000)
    assert told(target()) == [2, f"1 {APPLIED}", f"2 {APPLIED}"]
    one = target().generations[0]
    assert one.source == os.path.realpath("config.yaml")
    assert TargetFile("state").text(one) == config(9000)
    assert (one.pid, dict(one.numbers)["nic1"]) == (os.getpid(), "52:54:00:00:00:01")
    assert one.user


def test_the_same_again_writes_nothing(run: Runs) -> None:
    applied(run, 9000)
    before = {path: path.stat().st_mtime_ns for path in Path("state").rglob("*")}
    assert run(*RUN).status == 0
    assert {path: path.stat().st_mtime_ns for path in Path("state").rglob("*")} == before


def test_another_text_that_changes_nothing_is_the_target_all_the_same(run: Runs) -> None:
    applied(run, 9000)
    run.write("config.yaml", "# a word\n" + config(9000))
    assert run(*RUN).status == 0
    assert told(target()) == [2, f"1 {APPLIED}", f"2 {APPLIED}"]


def test_drift_that_is_repaired_is_no_generation(run: Runs) -> None:
    applied(run, 9000)
    run.node = Node(node_with(nics("eth0", "eth1")))
    assert run(*RUN).status == 2
    assert told(target()) == [1, f"1 {APPLIED}"]


def test_one_that_is_taken_back_is_remembered_and_no_target(run: Runs) -> None:
    applied(run, 9000)
    run.node = Node(node_with(nics("eth0", "eth1")), refused="eth0")
    run.write("config.yaml", config(8000))
    assert run(*RUN).status == 4
    assert told(target()) == [1, f"1 {APPLIED}", f"2 {TAKEN_BACK}"]
    assert target().generations[-1].reason == "link eth0: Operation not supported"


def test_a_dry_run_and_one_that_is_refused_leave_it_alone(run: Runs) -> None:
    run.write("config.yaml", config(9000))
    run(*RUN, "--noop")
    run.write("config.yaml", config(-1))
    assert run(*RUN).status == 1
    assert not Path("state").exists()


def test_a_target_for_the_next_boot(run: Runs) -> None:
    applied(run, 9000)
    run.node.steps.clear()
    record = RecordFile("run").load()
    run.write("config.yaml", config(8000))
    before = run.node.observe()
    assert run(*RUN, "--no-activate", "--noop").status == 0
    assert target().current == 1
    found = run(*RUN, "--no-activate")
    assert (found.status, found.out) == (2, f"{KERNEL_UNTOUCHED}\n")
    assert (run.node.observe(), run.node.steps, RecordFile("run").load()) == (before, [], record)
    assert told(target()) == [2, f"1 {APPLIED}", f"2 {APPLIED}"]
    assert run(*RUN, "--no-activate").status == 0
    assert run(*RUN).status == 2
    assert (mtu_of(run), target().current) == (8000, 2)


def test_names_of_numbers_are_on_disk_before_the_next_boot(run: Runs) -> None:
    text = "network_config: [{type: route_table, name: green, table_id: 100}]\n"
    run.write("config.yaml", text)
    assert run(*RUN, "--no-activate").status == 2
    assert [step.key for step in run.node.steps] == [NameKey("rt_tables", 100)]
    assert run(*RUN).status == 0


def test_no_target_is_kept_over_a_run_that_died(run: Runs) -> None:
    run.write("config.yaml", config(9000))
    JournalFile("state").begin(small())
    found = run(*RUN, "--no-activate")
    assert (found.status, target().current) == (1, 0)
    assert "os-net-config recover takes it back" in found.errors[0]


def test_back_to_the_one_before_and_forth(run: Runs) -> None:
    applied(run, 9000, 8000)
    run.write("config.yaml", "no config at all")
    assert run(*BACK).status == 2
    assert mtu_of(run) == 9000
    assert told(target())[0] == 3 and target().generations[-1].digest == target().generations[0].digest
    assert run(*BACK).status == 2
    assert mtu_of(run) == 8000


def test_back_to_one_by_its_number(run: Runs) -> None:
    applied(run, 9000, 8000, 7000)
    found = run("rollback", "1", *RUN, "--noop")
    assert found.status == 2 and "7000 → 9000" in found.out
    assert run("rollback", "1", *RUN).status == 2
    assert mtu_of(run) == 9000


def test_a_nic_has_the_number_that_it_had_then(run: Runs) -> None:
    applied(run, 9000)
    text = "- {name: eth0, mac: 52:54:00:00:00:01, active: false}\n- {name: eth1, mac: 52:54:00:00:00:02}\n"
    run.write("inventory.yaml", text)
    run.write("config.yaml", config(8000))
    assert run(*RUN, "--renumber").status == 2
    assert run.node.observe().values("eth1")["mtu"] == 8000
    assert run(*BACK).status == 2
    assert (mtu_of(run), run.node.observe().values("eth1")["mtu"]) == (9000, 1500)


@pytest.mark.parametrize("arguments", [("rollback",), ("rollback", "7")])
def test_there_is_none_to_go_back_to(run: Runs, arguments: List[str]) -> None:
    applied(run, 9000)
    found = run(*arguments, *RUN)
    assert found.status == 1
    assert found.errors[0].startswith("ERROR: there is no generation ")


def test_a_text_that_is_gone(run: Runs) -> None:
    applied(run, 9000, 8000)
    (path,) = (one for one in Path("state/configs").iterdir() if one.read_text() == config(9000))
    path.write_text(config(1280))
    found = run(*BACK)
    assert (found.status, mtu_of(run)) == (1, 8000)
    assert "the text of generation 1, is gone or not what it was" in found.errors[0]


@pytest.mark.parametrize("text", ["", "{}", '{"format": "x"}', "[]"])
def test_one_that_cannot_be_read(run: Runs, text: str) -> None:
    applied(run, 9000)
    Path("state/target.json").write_text(text)
    run.write("config.yaml", config(8000))
    found = run(*RUN)
    assert (found.status, mtu_of(run)) == (1, 9000)
    assert found.errors[0].startswith("ERROR: state/target.json cannot be used: ")


def test_history(run: Runs) -> None:
    assert run("history", "--state-dir", "state").out == "Nothing was applied to this node yet.\n"
    applied(run, 9000, 8000)
    lines = run("history", "--state-dir", "state").out.splitlines()
    source = re.escape(os.path.realpath("config.yaml"))
    when = r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d"
    assert re.fullmatch(rf"     1  {when}  \S+ +{source} \([0-9a-f]{{8}}\)  applied", lines[0])
    assert re.fullmatch(rf"\*    2  {when}  \S+ +{source} \([0-9a-f]{{8}}\)  applied", lines[1])
    document = json.loads(run("history", "--state-dir", "state", "--format", "json").out)
    assert (document["current"], [one["number"] for one in document["generations"]]) == (2, [1, 2])


# Values


def numbered(count: int) -> Target:
    found = Target()
    for number in range(count):
        writer = Writer(number, ("os-net-config",), float(number), "/x", "boot", 1)
        found = found.with_next(generation(writer, f"text {number}", {}))
    return found


def test_only_the_last_ones_are_remembered_and_the_target_always(tmp_path: Path) -> None:
    file, found = TargetFile(str(tmp_path)), Target()
    for number in range(70):
        writer = Writer(number, ("os-net-config",), float(number), "/x", "boot", 1)
        reason = "refused" if number else None
        found = found.with_next(generation(writer, f"text {number}", {}, reason))
        file.save(found, f"text {number}")
    assert found.current == 1
    assert [one.number for one in found.generations] == [1, *range(21, 71)]
    assert len(list((tmp_path / "configs").iterdir())) == len(found.generations)
    assert file.load() == found


@pytest.mark.parametrize("forward", [False, True])
@pytest.mark.parametrize("noted", [False, True])
def test_a_run_that_died_around_it(tmp_path: Path, forward: bool, noted: bool) -> None:
    """It was killed before the target was on disk, or between that and the end of its journal."""
    disk = NodeDisk.below(str(tmp_path / "run"), str(tmp_path / "state"))
    before = numbered(1)
    disk.target.save(before, "text 0")
    journal = small()
    if noted:
        disk.target.save(before.with_next(generation(journal.writer, journal.text, {})), journal.text)
    disk.journal.begin(journal)
    recover(journal, disk, Node(node_with(nics("eth0"))), forward)
    now = disk.target.load()
    assert now.current == (2 if forward else 1)
    outcomes = [one.outcome for one in now.generations]
    assert outcomes == [APPLIED, APPLIED if forward else TAKEN_BACK]


def test_another_text_under_its_digest(tmp_path: Path) -> None:
    file, found = TargetFile(str(tmp_path)), numbered(1)
    with pytest.raises(TargetError, match="is gone or not what it was"):
        file.text(found.generations[0])
    assert isinstance(found.generations[0], Generation)

"""The journal on disk, and a run that finds one."""

from __future__ import annotations

import json
import os
import stat
from dataclasses import replace
from pathlib import Path
from typing import Any, Callable, Dict

import pytest
from hypothesis import assume, given

from os_net_config.engine import journal as module
from os_net_config.engine.boot import boot_id, namespace
from os_net_config.engine.disk import NodeDisk
from os_net_config.engine.journal import Confirm, Journal, JournalError, JournalFile, Writer
from os_net_config.engine.recovery import recover
from os_net_config.state import goal
from os_net_config.state.diff import Change
from os_net_config.state.goal import Goal
from os_net_config.state.model import FileKey, LinkKey, NameKey, Resource, State
from os_net_config.state.record import Record
from os_net_config.state.values import Value

from ..node import Node, nics, node_with
from ..properties import quick
from ..state.networks import runs
from ..state.test_plan_laws import Run, site_after

LINK = LinkKey("eth0")
NAME = NameKey("rt_tables", 100)


def writer(**more: Any) -> Writer:
    here = Writer(1234, ("os-net-config", "-c", "x"), 1.5, "/x", boot_id(), namespace())
    return here._replace(**more)


def small(**more: Any) -> Journal:
    """A run that made an MTU of 9000."""
    was, then = ({"mtu": mtu} for mtu in (1500, 9000))
    here, there = (Goal(State({LINK: Resource(LINK, values)})) for values in (was, then))
    return Journal(writer(**more), [Change(LINK, was, then)], here, there, Record(), Record(), "mtu: 9000")


@quick(40)
@given(runs(2))
def test_what_is_read_is_what_was_written(run: Run) -> None:
    live, configs = run
    site = site_after(live, configs[:-1])
    before = site.observe(configs[-1])
    made = site.planned(configs[-1])
    assume(made)
    steps = (*made.changes, *made.steps)
    was, then = goal.before(steps, before), goal.after(made, site.wanted)
    written = Journal(writer(), steps, was, then, site.record, site.record)
    read = module._from_json(json.loads(json.dumps(module._to_json(written))))
    plain = [one._replace(origin=(), awaits=(), probes=()) for one in steps]
    assert list(read.steps) == plain
    assert (read.before, read.after) == (without_origins(was), without_origins(then))
    assert (read.writer, read.record, read.record_then) == (writer(), site.record, site.record)


def without_origins(one: Goal) -> Goal:
    there = {key: resource._replace(origin=()) for key, resource in one.state.resources.items()}
    return one._replace(state=State(there))


def test_it_is_nobodys_to_read_and_goes_at_the_end(tmp_path: Path) -> None:
    file = JournalFile(str(tmp_path / "state"))
    assert (file.exists(), file.load()) == (False, None)
    file.begin(small())
    assert stat.S_IMODE(os.stat(file.path).st_mode) == 0o600
    assert os.listdir(tmp_path / "state") == ["journal.json"]
    assert file.load() == small()
    file.end()
    file.end()
    assert (file.exists(), file.load()) == (False, None)


@pytest.mark.parametrize(
    "damage",
    [
        lambda text: text[: len(text) // 2],
        lambda text: "[]",
        lambda text: text.replace('"version": 1', '"version": 2'),
        lambda text: text.replace('"pid"', '"who"'),
        lambda text: text.replace('"resource": "link"', '"resource": "lnik"'),
        lambda text: "\0",
    ],
    ids=["half of it", "a list", "another version", "no pid", "an unknown resource", "zeros"],
)
def test_one_that_cannot_be_read(tmp_path: Path, damage: Callable[[str], str]) -> None:
    file = JournalFile(str(tmp_path))
    file.begin(small())
    path = Path(file.path)
    path.write_text(damage(path.read_text(encoding="utf-8")), encoding="utf-8")
    with pytest.raises(JournalError, match=r"journal\.json of an unfinished run cannot be read"):
        file.load()


def test_another_network_namespace_has_to_finish_its_own(tmp_path: Path) -> None:
    file = JournalFile(str(tmp_path))
    file.begin(small(namespace=4711))
    with pytest.raises(JournalError, match="in another network namespace"):
        file.load()
    file.begin(small(namespace=4711, boot="an earlier one"))
    assert file.load() is not None


def test_it_awaits_confirmation_for_so_long(tmp_path: Path) -> None:
    file = JournalFile(str(tmp_path))
    file.begin(replace(small(), confirm=Confirm(60)))
    begun = file.load()
    assert begun is not None and (begun.confirm, begun.until, begun.left) == (Confirm(60), None, 0)
    file.await_confirmation()
    awaits = file.load()
    assert awaits is not None and awaits.until is not None and awaits.confirm is not None
    assert 59 < awaits.left <= 60
    assert replace(awaits, confirm=Confirm(60)) == begun
    assert replace(awaits, confirm=Confirm(60, awaits.until - 60)).left == 0
    # The clock begins anew with each boot.
    assert replace(awaits, writer=writer(boot="an earlier one")).left == 0


def test_one_of_another_run_does_not_await_confirmation(tmp_path: Path) -> None:
    file = JournalFile(str(tmp_path))
    with pytest.raises(JournalError, match="is not what the run has written"):
        file.await_confirmation()
    file.begin(small())
    with pytest.raises(JournalError, match="is not what the run has written"):
        file.await_confirmation()
    assert small().left == 0


def test_one_of_a_version_that_noted_no_user(tmp_path: Path) -> None:
    file = JournalFile(str(tmp_path))
    file.begin(small())
    content = json.loads(Path(file.path).read_text(encoding="utf-8"))
    del content["writer"]["user"]
    Path(file.path).write_text(json.dumps(content), encoding="utf-8")
    assert file.load() == small()


def recovered(tmp_path: Path, node: Node, journal: Journal, forward: bool = False) -> object:
    disk = NodeDisk.below(str(tmp_path / "run"), str(tmp_path / "state"))
    disk.journal.begin(journal)
    found = recover(journal, disk, node, forward)
    assert not disk.journal.exists()
    return found


def node_at(mtu: int) -> Node:
    node = Node(node_with(nics("eth0")))
    node.execute([Change(LINK, {"mtu": 1500}, {"mtu": mtu})])
    node.steps.clear()
    return node


@pytest.mark.parametrize(
    ("mtu", "forward", "expected", "theirs"),
    [
        (9000, False, 1500, []),
        (1500, False, 1500, []),
        (1500, True, 9000, []),
        (9000, True, 9000, []),
        (1400, False, 1400, ["mtu of link eth0"]),
        (1400, True, 1400, ["mtu of link eth0"]),
    ],
)
def test_by_what_the_node_is_now(
    tmp_path: Path, mtu: int, forward: bool, expected: int, theirs: object
) -> None:
    node = node_at(mtu)
    assert recovered(tmp_path, node, small(), forward) == ([], theirs)
    assert node.observe().values("eth0")["mtu"] == expected
    assert bool(node.steps) == (mtu != expected)


def test_after_a_boot_only_what_is_on_disk_is_settled(tmp_path: Path) -> None:
    node = node_at(9000)
    file = FileKey("/etc/network/interfaces")
    there = Resource(NAME, {"name": "storage"}, initial={"name": "storage"})
    journal = small(boot="an earlier one")
    ends = Goal(State({**journal.before.state.resources, NAME: there}), frozenset({file, LINK}))
    journal = Journal(journal.writer, journal.steps, ends, journal.after, Record(), Record())
    recovered(tmp_path, node, journal)
    assert [step.key for step in node.steps] == [NAME]
    assert node.observe().values("eth0")["mtu"] == 9000


@pytest.mark.parametrize("content", [b"as it was", b"written since"])
def test_a_file_that_another_has_written_since_stays(tmp_path: Path, content: bytes) -> None:
    key = FileKey("/etc/network/interfaces.d/eth0")
    was: Dict[str, Value] = {"content": b"as it was", "mode": 0o644}
    before, after = Goal(State({key: Resource(key, was, initial=was)})), Goal(State({}), frozenset({key}))
    journal = Journal(writer(), [Change(key, was, None)], before, after, Record(), Record())
    node = node_at(1500)
    node.others[key] = {**was, "content": content}
    theirs = [f"file {key}"] if content != was["content"] else []
    assert recovered(tmp_path, node, journal, forward=True) == ([], theirs)
    assert (key in node.others) == bool(theirs)


@pytest.mark.parametrize("died_after", [1, 2], ids=["it did not come to that", "it fell"])
def test_what_fell_with_a_link_of_the_run_comes_back(tmp_path: Path, died_after: int) -> None:
    """A VLAN of others, of which no step is: the run was allowed to lose it."""
    node = node_at(1500)
    bond: Dict[str, Value] = {"kind": "bond", "up": 1}
    vlan: Dict[str, Value] = {"kind": "vlan", "link": "bond0", "id": 10, "up": 1}
    make = [Change(LinkKey("bond0"), None, bond), Change(LinkKey("bond0.10"), None, vlan)]
    node.execute(make)
    live = node.observe()
    steps = [Change(LINK, {"mtu": 1500}, {"mtu": 9000}), Change(LinkKey("bond0"), bond, None)]
    journal = Journal(writer(), steps, goal.before(steps, live), Goal(State({})), Record(), Record())
    node.execute(steps[:died_after])
    assert recovered(tmp_path, node, journal) == ([], [])
    assert node.observe().resources == live.resources


def test_a_link_that_others_have_removed_since_does_not_come_back(tmp_path: Path) -> None:
    node = Node(node_with(nics("eth0", "eth1")))
    journal = small()
    other = Resource(LinkKey("eth9"), {"mtu": 1500}, initial={"kind": "dummy"})
    before = Goal(State({**journal.before.state.resources, other.key: other}))
    journal = replace(journal, before=before)
    assert recovered(tmp_path, node, journal) == ([], ["link eth9 is gone"])

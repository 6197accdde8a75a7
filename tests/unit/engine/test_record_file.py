"""The record on disk: written whole or not at all, and of no use after a reboot or when damaged."""

from __future__ import annotations

import json
import logging
import os
import re
import time
from pathlib import Path
from typing import Any, Callable, Dict

import pytest

from os_net_config.engine import record_file
from os_net_config.engine.record_file import RecordFile
from os_net_config.state.model import AddressKey, LinkKey, RouteKey, RowKey
from os_net_config.state.record import Entry, Record
from os_net_config.state.values import Lifetime, Prefix

from ..runs import NODE, Runs

CHECKOUT = Path(__file__).resolve().parents[3]
CONFIG = "/etc/os-net-config/config.yaml"
NETWORK = Prefix(bytes([172, 17, 0, 0]), 24)

#: The record that docs/record-format.md shows.
ENTRIES = (
    Entry(LinkKey("vlan20"), True, {CONFIG: frozenset({"kind", "link", "id", "up"})}, {}),
    Entry(LinkKey("eno2"), False, {CONFIG: frozenset({"mtu", "up"})}, {"mtu": 1500, "up": 0}),
    Entry(
        AddressKey("vlan20", Prefix(bytes([172, 17, 0, 10]), 24)), True, {CONFIG: frozenset({"lifetime"})}, {}
    ),
    Entry(
        RouteKey(Prefix(bytes([172, 17, 1, 0]), 24), 0, table=200),
        False,
        {CONFIG: frozenset({"gateway"})},
        {"gateway": bytes([172, 17, 0, 254])},
    ),
    Entry(
        RouteKey(Prefix(bytes.fromhex("20010db80009") + bytes(10), 48), 1024),
        True,
        {CONFIG: frozenset({"gateway", "link", "type"})},
        {},
        ({"gateway": bytes.fromhex("20010db80020" + "00" * 9 + "01"), "link": "vlan20", "type": "unicast"},),
    ),
)
RECORD = Record({entry.key: entry for entry in ENTRIES})


@pytest.fixture
def file(tmp_path: Path) -> RecordFile:
    return RecordFile(str(tmp_path / "run"), str(tmp_path / "state"))


def changed(file: RecordFile, change: Callable[[Dict[str, Any]], object]) -> None:
    """The file with something in it changed by somebody."""
    path = Path(file.path)
    content = json.loads(path.read_text(encoding="utf-8"))
    change(content)
    path.write_text(json.dumps(content), encoding="utf-8")


def test_what_is_saved_is_loaded(file: RecordFile) -> None:
    file.save(RECORD)
    assert file.load() == RECORD


@pytest.mark.parametrize(("left", "kept"), [(900, True), (30, False), (-900, False)])
def test_a_lifetime_that_is_over_is_not_given_back(file: RecordFile, left: int, kept: bool) -> None:
    end = round(time.monotonic()) + left
    key = AddressKey("eno2", Prefix(bytes([172, 17, 0, 10]), 24))
    entry = Entry(key, False, {CONFIG: frozenset({"lifetime"})}, {"lifetime": Lifetime(end, end)})
    file.save(Record({key: entry}))
    found = file.load().get(key)
    assert found == (entry if kept else entry._replace(before={}))


def test_there_is_none_at_first(file: RecordFile, caplog: pytest.LogCaptureFixture) -> None:
    assert file.load() == Record()
    assert not os.path.exists(os.path.dirname(file.path))
    assert caplog.records == []


@pytest.mark.parametrize(
    "change",
    [{"boot": "another"}, {"version": 2}, {"version": None}],
    ids=["boot", "version", "version of none"],
)
def test_of_another_boot_or_version_nothing_is_known(
    file: RecordFile, caplog: pytest.LogCaptureFixture, change: Dict[str, Any]
) -> None:
    """That is no damage, and not worth a word."""
    file.save(RECORD)
    changed(file, lambda content: content.update(change))
    assert file.load() == Record()
    assert caplog.records == []


DAMAGES: Dict[str, Callable[[Dict[str, Any]], object]] = {
    "no boot": lambda content: content.pop("boot"),
    "no entries": lambda content: content.pop("entries"),
    "entries of another kind": lambda content: content.update(entries=7),
    "an entry of another kind": lambda content: content["entries"].append(7),
    "an entry without a key": lambda content: content["entries"][0].pop("key"),
    "a key of nothing": lambda content: content["entries"][0]["key"].update(resource="neighbour"),
    "a key with too much": lambda content: content["entries"][0]["key"].update(colour="blue"),
    "a key without its name": lambda content: content["entries"][0]["key"].pop("name"),
    "made is a text": lambda content: content["entries"][0].update(made="yes"),
    "claims are a list": lambda content: content["entries"][0].update(claims=[]),
    "values are a list": lambda content: content["entries"][0].update(before=[]),
    "a value of no form": lambda content: content["entries"][0]["before"].update(mtu={"words": "1500"}),
    "what was given is a number": lambda content: content["entries"][0].update(given=7),
    "what was given is a text": lambda content: content["entries"][0].update(given="mtu"),
    "bytes that are none": lambda content: content["entries"][0]["before"].update(address={"bytes": "zz"}),
}


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES)
def test_a_damaged_one_is_named_and_not_used(
    file: RecordFile, caplog: pytest.LogCaptureFixture, damage: Callable[[Dict[str, Any]], object]
) -> None:
    file.save(RECORD)
    changed(file, damage)
    with caplog.at_level(logging.WARNING):
        assert file.load() == Record()
    assert caplog.messages[0].startswith(f"{file.path} cannot be used, and what it told is not known: ")


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"null", b"7", b"\xff\xfe", b'{"version": 1'])
def test_what_is_no_record_at_all(file: RecordFile, caplog: pytest.LogCaptureFixture, content: bytes) -> None:
    file.save(RECORD)
    Path(file.path).write_bytes(content)
    assert file.load() == Record()
    assert len(caplog.records) == 1


def test_a_reader_sees_the_old_one_or_the_new_one(file: RecordFile) -> None:
    """It is another file that gets the name."""
    file.save(Record())
    with open(file.path, encoding="utf-8") as reader:
        file.save(RECORD)
        assert json.load(reader)["entries"] == []
    assert file.load() == RECORD
    assert os.listdir(os.path.dirname(file.path)) == [os.path.basename(file.path)]


def test_one_that_cannot_be_written_leaves_the_old_one(
    file: RecordFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    file.save(RECORD)

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os_net_config.backends.files.os.fsync", full)
    with pytest.raises(OSError, match="No space left"):
        file.save(Record())
    assert file.load() == RECORD
    assert os.listdir(os.path.dirname(file.path)) == [os.path.basename(file.path)]


def test_each_network_namespace_has_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    here = RecordFile(str(tmp_path))
    monkeypatch.setattr(record_file, "namespace", lambda: 4711)
    there = RecordFile(str(tmp_path))
    there.save(RECORD)
    assert (os.path.basename(there.path), here.load()) == ("record-4711.json", Record())


# A run

GOOD = "network_config: [{type: interface, name: eth0, mtu: 9000}]\n"


def of_the_node(run: Runs, directory: Path) -> str:
    return os.path.basename(RecordFile(str(directory / "run")).path)


def test_a_directory_that_cannot_be_written_stops_a_run_before_anything_is_touched(run: Runs) -> None:
    run.write("config.yaml", GOOD)
    run.write("run", "a file where the directory should be")
    found = run("-c", "config.yaml", *NODE)
    assert (found.status, found.out, run.node.steps) == (1, "", [])
    assert any("run" in line and line.startswith("ERROR: ") for line in found.errors)
    # A dry run needs none.
    assert run("-c", "config.yaml", *NODE, "--noop").status == 0


def test_a_record_that_cannot_be_written_stops_a_run_before_anything_is_touched(
    run: Runs, tmp_path: Path
) -> None:
    run.write("config.yaml", GOOD)
    (tmp_path / "run" / of_the_node(run, tmp_path)).mkdir(parents=True)
    found = run("-c", "config.yaml", *NODE)
    assert (found.status, found.out, run.node.steps) == (1, "", [])
    assert run.node.observe().resources[LinkKey("eth0")].values["mtu"] == 1500


def test_the_run_that_finds_all_done_remembers_whose_it_is(run: Runs, tmp_path: Path) -> None:
    """It has nothing to change on the node; without its claim another file could take it away."""
    run.write("config.yaml", GOOD.replace("9000", "1500"))
    assert run("-c", "config.yaml", *NODE).out == "No change: the node is as the config says.\n"
    found = RecordFile(str(tmp_path / "run")).load().get(LinkKey("eth0"))
    assert found is not None
    assert (found.made, found.before["mtu"]) == (False, 1500)
    assert found.claims == {os.path.realpath("config.yaml"): frozenset({"mtu", "up"})}


def test_of_two_names_of_a_file_one_is_remembered(run: Runs, tmp_path: Path) -> None:
    run.write("config.yaml", GOOD)
    (tmp_path / "link.yaml").symlink_to("config.yaml")
    run("-c", "config.yaml", *NODE)
    before = RecordFile(str(tmp_path / "run")).load()
    run("-c", "link.yaml", *NODE)
    assert RecordFile(str(tmp_path / "run")).load() == before


# The document


def test_the_format_is_documented(file: RecordFile) -> None:
    """The example is what is written; its boot is made up."""
    text = (CHECKOUT / "docs" / "record-format.md").read_text(encoding="utf-8")
    (example,) = re.findall(r"```json\n(.*?)```", text, re.DOTALL)
    file.save(RECORD)
    written = json.loads(Path(file.path).read_text(encoding="utf-8"))
    shown = json.loads(example)
    assert shown == {**written, "boot": shown["boot"]}


ROW = Entry(
    RowKey("Bridge", "br-ex"),
    False,
    {CONFIG: frozenset({"fail_mode"})},
    {"fail_mode": "secure"},
    ({"fail_mode": "standalone"},),
)


def test_rows_outlive_a_boot(file: RecordFile, monkeypatch: pytest.MonkeyPatch) -> None:
    file.save(Record({**RECORD.entries, ROW.key: ROW}))
    monkeypatch.setattr("os_net_config.engine.record_file.boot_id", lambda: "another")
    assert file.load() == Record({ROW.key: ROW})


def test_their_file_is_written_only_when_it_changes(file: RecordFile) -> None:
    file.save(RECORD)
    assert not Path(file.rows).exists()
    file.save(Record({ROW.key: ROW}))
    there = Path(file.rows).stat()
    file.save(Record({**RECORD.entries, ROW.key: ROW}))
    now = Path(file.rows).stat()
    # That it was read may show.
    assert (now.st_ino, now.st_mtime_ns) == (there.st_ino, there.st_mtime_ns)
    file.save(RECORD)
    assert file.load() == RECORD

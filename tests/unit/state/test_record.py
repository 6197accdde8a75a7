"""What is known over a boot."""

from __future__ import annotations

from pathlib import Path

from os_net_config.engine.record_file import RecordFile
from os_net_config.state import row
from os_net_config.state.model import DeviceKey, LinkKey, RowKey
from os_net_config.state.record import Entry, Record, with_lasting

LINK, ROW, DEVICE = LinkKey("eno1"), RowKey(row.BRIDGE, "br0"), DeviceKey("0000:3b:00.0")


def record(path: str) -> Record:
    return Record({key: Entry(key, True, {path: frozenset()}, {}) for key in (LINK, ROW, DEVICE)})


def test_rows_and_devices_are_gone_back_to_over_a_boot() -> None:
    then, now = record("then"), record("now")
    assert with_lasting(then, now).entries == {**then.entries, LINK: now.entries[LINK]}
    assert with_lasting(Record(), now).entries == {LINK: now.entries[LINK]}


def test_they_are_what_the_file_has_that_outlives_it(tmp_path: Path) -> None:
    file = RecordFile(str(tmp_path), str(tmp_path))
    file.save(record("then"))
    (tmp_path / Path(file.path).name).unlink()
    assert file.load() == with_lasting(record("then"), Record())

"""The files by which udevd names NICs."""

from __future__ import annotations

from pathlib import Path
from typing import Dict

import pytest

from os_net_config.backends.nic_names import NicNames
from os_net_config.backends.protocol import ExecuteError
from os_net_config.state.diff import Change
from os_net_config.state.model import NicNameKey, Resource
from os_net_config.state.values import Value

from ..node import mac

KEY = NicNameKey("nic1")
VALUES: Dict[str, Value] = {"mac": mac(1), "own": "eno1"}


def test_written_read_changed_and_removed(tmp_path: Path) -> None:
    names = NicNames(str(tmp_path))
    assert names.observe() == {}
    names.execute([Change(KEY, None, VALUES)])
    assert names.observe() == {KEY: Resource(KEY, VALUES)}
    text = (tmp_path / "etc/systemd/network/70-os-net-config-nic1.link").read_text(encoding="utf-8")
    assert "PermanentMACAddress=52:54:00:00:00:01\n" in text and "\nName=nic1\n" in text
    names.execute([Change(KEY, {"mac": mac(1)}, {"mac": mac(2)})])
    assert names.observe() == {KEY: Resource(KEY, {**VALUES, "mac": mac(2)})}
    names.execute([Change(KEY, VALUES, None)])
    assert names.observe() == {}


def test_files_of_others_and_what_a_write_left(tmp_path: Path) -> None:
    directory = tmp_path / "etc/systemd/network"
    directory.mkdir(parents=True)
    (directory / "10-mine.link").write_text("[Match]\n", encoding="utf-8")
    (directory / ".70-os-net-config-nic1.link.new").write_text("half", encoding="utf-8")
    names = NicNames(str(tmp_path))
    assert names.observe() == {}
    names.tidy(["nic1"])
    assert [path.name for path in directory.iterdir()] == ["10-mine.link"]


def test_one_that_somebody_has_spoilt(tmp_path: Path) -> None:
    directory = tmp_path / "etc/systemd/network"
    directory.mkdir(parents=True)
    (directory / "70-os-net-config-nic1.link").write_text("PermanentMACAddress=zz\n", encoding="utf-8")
    assert NicNames(str(tmp_path)).observe() == {KEY: Resource(KEY, {"mac": None, "own": None})}


def test_a_directory_that_takes_none(tmp_path: Path) -> None:
    (tmp_path / "etc").write_text("a file", encoding="utf-8")
    with pytest.raises(ExecuteError, match=r"Not a directory|File exists"):
        NicNames(str(tmp_path)).execute([Change(KEY, None, VALUES)])

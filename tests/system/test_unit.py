"""The boot unit on a real systemd: it applies the config, and says so in the journal."""

from __future__ import annotations

import json
import pathlib
import shutil
import subprocess
import sys
from typing import Iterator

import pytest

CHECKOUT = pathlib.Path(__file__).parents[2]
CONFIG = """\
network_config:
- type: interface
  name: nic1
  addresses:
  - ip_netmask: 192.0.2.10/24
"""
MAPPING = "interface_mapping: {nic1: unit0}\n"


def run(*command: str) -> str:
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


@pytest.fixture
def unit() -> Iterator[str]:
    """The unit and its files in place, on a node with one NIC."""
    program = pathlib.Path(sys.executable).with_name("os-net-config")
    link = pathlib.Path("/usr/local/bin/os-net-config")
    link.symlink_to(program)
    files = pathlib.Path("/etc/os-net-config")
    files.mkdir()
    (files / "config.yaml").write_text(CONFIG)
    (files / "mapping.yaml").write_text(MAPPING)
    shutil.copy(CHECKOUT / "systemd" / "os-net-config.service", "/etc/systemd/system/")
    run("ip", "link", "add", "unit0", "type", "veth", "peer", "name", "unit1")
    run("ip", "link", "set", "unit1", "up")
    run("systemctl", "daemon-reload")
    yield "os-net-config.service"
    run("systemctl", "stop", "os-net-config.service")
    run("ip", "link", "del", "unit0")
    for directory in (files, "/var/lib/os-net-config", "/run/os-net-config"):
        shutil.rmtree(directory, ignore_errors=True)
    link.unlink()


def addresses(link: str) -> list[str]:
    found = json.loads(run("ip", "-j", "addr", "show", "dev", link))
    return [one["local"] for one in found[0]["addr_info"] if one["family"] == "inet"]


def test_the_unit_applies_the_config(unit: str) -> None:
    run("systemctl", "start", unit)
    assert addresses("unit0") == ["192.0.2.10"]
    shown = run("systemctl", "show", unit, "--property=ActiveState,Result,ExecMainStatus")
    assert set(shown.split()) == {"ActiveState=active", "Result=success", "ExecMainStatus=2"}


def test_starting_it_again_changes_nothing(unit: str) -> None:
    run("systemctl", "start", unit)
    run("systemctl", "restart", unit)
    assert "ExecMainStatus=0" in run("systemctl", "show", unit, "--property=ExecMainStatus")


def test_a_bad_config_fails_the_unit_and_is_named_in_the_journal(unit: str) -> None:
    config = pathlib.Path("/etc/os-net-config/config.yaml")
    config.write_text(CONFIG.replace("/24", "/33"))
    assert subprocess.run(["systemctl", "start", unit], check=False, capture_output=True).returncode != 0
    journal = run("journalctl", "--unit", unit, "--output=cat", "--no-pager")
    assert (
        "config.yaml:5:17: network_config[0].addresses[0].ip_netmask: prefix length 33 is not in 0..32"
        in journal
    )
    assert addresses("unit0") == []


def test_a_warning_is_a_warning_in_the_journal(unit: str) -> None:
    config = pathlib.Path("/etc/os-net-config/config.yaml")
    config.write_text(CONFIG.replace("192.0.2.10/24", "192.0.2.10"))
    run("systemctl", "start", unit)
    warnings = run("journalctl", "--unit", unit, "--priority=4..4", "--output=cat", "--no-pager")
    assert "192.0.2.10 has no prefix length: /32 is taken" in warnings

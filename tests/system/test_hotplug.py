"""A NIC that is plugged in: udevd starts the unit that configures it."""

from __future__ import annotations

import select
import shutil
import subprocess
import sys
from pathlib import Path
from typing import IO, Iterator

import pytest

CHECKOUT = Path(__file__).resolve().parents[2]
UNIT, RULES = "os-net-config-hotplug@.service", "99-os-net-config.rules"
CONFIG = """\
network_config:
- {type: interface, name: eno1, addresses: [{ip_netmask: 192.0.2.10/24}]}
- {type: interface, name: late-0, hotplug: true, addresses: [{ip_netmask: 192.0.2.20/24}]}
"""
FILES, STATE = Path("/etc/os-net-config"), Path("/var/lib/os-net-config")
PROGRAM = Path("/usr/local/bin/os-net-config")
PATIENCE = 60


def run(*command: str) -> str:
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def plug_in(name: str) -> None:
    run("ip", "link", "add", name, "type", "veth", "peer", "name", f"{name}-sw")
    run("ip", "link", "set", f"{name}-sw", "up")


@pytest.fixture(autouse=True)
def installed() -> Iterator[None]:
    """A veth has no device: here the rule is about it as well."""
    PROGRAM.write_text(f'#!/bin/sh\ncd {CHECKOUT} && exec {sys.executable} -m os_net_config "$@"\n')
    PROGRAM.chmod(0o755)
    shutil.copy(CHECKOUT / "systemd" / UNIT, "/etc/systemd/system/")
    rules = (CHECKOUT / "systemd" / RULES).read_text(encoding="utf-8")
    assert 'DEVPATH!="/devices/virtual/*", ' in rules
    rules_file = Path("/etc/udev/rules.d", RULES)
    rules_file.write_text(rules.replace('DEVPATH!="/devices/virtual/*", ', ""), encoding="utf-8")
    FILES.mkdir(exist_ok=True)
    (FILES / "config.yaml").write_text(CONFIG, encoding="utf-8")
    plug_in("eno1")
    run("systemctl", "daemon-reload")
    run("udevadm", "control", "--reload")
    yield
    for name in ("eno1", "late-0"):
        subprocess.run(["ip", "link", "del", name], check=False, capture_output=True)
    for directory in (FILES, STATE, Path("/run/os-net-config")):
        shutil.rmtree(directory, ignore_errors=True)
    rules_file.unlink()
    PROGRAM.unlink()


def heard(monitor: IO[str], word: str) -> bool:
    while select.select([monitor], [], [], PATIENCE)[0]:
        line = monitor.readline()
        if not line or word in line:
            return bool(line)
    return False


def test_configured_when_it_comes() -> None:
    run(str(PROGRAM), "--arp-wait", "0")
    with subprocess.Popen(
        ["stdbuf", "-oL", "ip", "-4", "monitor", "address"], stdout=subprocess.PIPE, text=True
    ) as monitor:
        assert monitor.stdout is not None
        plug_in("late-0")
        assert heard(monitor.stdout, "192.0.2.20"), run("journalctl", "--no-pager", "--lines=50")
        monitor.terminate()
    run("systemctl", "start", "os-net-config-hotplug@late-0.service")
    again = subprocess.run([str(PROGRAM), "--detailed-exit-codes"], check=False, capture_output=True)
    assert again.returncode == 0, again

"""The boot unit reaches every example before network-online.target."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Dict, Iterator

import pytest

CHECKOUT = Path(__file__).resolve().parents[2]
EXAMPLES = sorted((CHECKOUT / "examples").glob("*.yaml"))
UNIT, ONLINE = "os-net-config.service", "network-online.target"
SWITCH = "openvswitch-switch.service"
FILES, STATE = Path("/etc/os-net-config"), Path("/var/lib/os-net-config")
NICS = {f"nic{number}": f"eno{number}" for number in range(1, 5)}
PROGRAM = Path("/usr/local/bin/os-net-config")


def run(*command: str) -> str:
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


@pytest.fixture(scope="module", autouse=True)
def installed() -> Iterator[None]:
    """As a package would install it, and enabled."""
    PROGRAM.write_text(f'#!/bin/sh\ncd {CHECKOUT} && exec {sys.executable} -m os_net_config "$@"\n')
    PROGRAM.chmod(0o755)
    shutil.copy(CHECKOUT / "systemd" / UNIT, "/etc/systemd/system/")
    FILES.mkdir()
    mapping = "".join(f"  {alias}: {name}\n" for alias, name in NICS.items())
    (FILES / "mapping.yaml").write_text(f"interface_mapping:\n{mapping}")
    run("systemctl", "daemon-reload")
    run("systemctl", "enable", UNIT)
    yield
    run("systemctl", "disable", UNIT)
    shutil.rmtree(FILES)
    PROGRAM.unlink()


@pytest.fixture(autouse=True)
def nics() -> Iterator[None]:
    """Four of them, each with a cable; what the boot made goes with them."""
    for name in NICS.values():
        run("ip", "link", "add", name, "type", "veth", "peer", "name", f"{name}-sw")
        run("ip", "link", "set", f"{name}-sw", "up")
    there = links()
    yield
    if is_active(SWITCH):
        for bridge in run("ovs-vsctl", "list-br").split():
            run("ovs-vsctl", "del-br", bridge)
    run("systemctl", "stop", ONLINE, UNIT, SWITCH)
    for name in [*(links().keys() - there.keys()), *NICS.values()]:
        # One that stands on another goes with it.
        subprocess.run(["ip", "link", "del", name], check=False, capture_output=True)
    shutil.rmtree(STATE, ignore_errors=True)
    shutil.rmtree("/run/os-net-config", ignore_errors=True)


def is_active(unit: str) -> bool:
    return subprocess.run(["systemctl", "--quiet", "is-active", unit], check=False).returncode == 0


def links() -> Dict[str, object]:
    return {one["ifname"]: one for one in json.loads(run("ip", "-j", "link"))}


def entered(unit: str) -> int:
    """When it was reached, in microseconds since the boot; 0: it is not."""
    shown = run("systemctl", "show", unit, "--property=ActiveEnterTimestampMonotonic,ActiveState")
    found = dict(line.split("=") for line in shown.split())
    return int(found["ActiveEnterTimestampMonotonic"]) if found["ActiveState"] == "active" else 0


@pytest.mark.rotating
@pytest.mark.parametrize("example", EXAMPLES, ids=lambda path: path.stem)
def test_each_example_is_reached_before_the_network_is_online(example: Path) -> None:
    shutil.copy(example, FILES / "config.yaml")
    # Where Open vSwitch is enabled it comes in the same transaction.
    needs_switch = "ovs_" in example.read_text(encoding="utf-8")
    run("systemctl", "start", ONLINE, *([SWITCH] if needs_switch else []))
    journal = run("journalctl", "--unit", UNIT, "--output=cat", "--no-pager")
    assert 0 < entered(UNIT) <= entered(ONLINE), journal
    assert "Applied and verified." in journal
    again = subprocess.run(
        [PROGRAM, "--noop", "--detailed-exit-codes"], capture_output=True, text=True, check=False
    )
    assert again.returncode == 0, (again.stdout, again.stderr)
    assert json.loads((STATE / "target.json").read_text())["current"] == 1

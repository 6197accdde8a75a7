"""The lab's systemd is the real one."""

from __future__ import annotations

import subprocess
from pathlib import Path


def systemctl(*arguments: str) -> str:
    """What systemctl prints."""
    return subprocess.run(["systemctl", *arguments], check=True, stdout=subprocess.PIPE, text=True).stdout


def test_systemd_is_process_1() -> None:
    assert Path("/proc/1/comm").read_text() == "systemd\n"


def test_the_system_came_up_whole() -> None:
    assert systemctl("is-active", "basic.target") == "active\n"
    assert systemctl("list-units", "--failed", "--plain", "--no-legend") == ""


def test_a_unit_of_our_own_starts(tmp_path: Path) -> None:
    proof = tmp_path / "proof"
    unit = Path("/run/systemd/system/lab-test.service")
    unit.parent.mkdir(parents=True, exist_ok=True)
    unit.write_text(f"[Service]\nType=oneshot\nExecStart=/bin/sh -c 'echo started >{proof}'\n")
    systemctl("daemon-reload")
    systemctl("start", unit.name)
    assert proof.read_text() == "started\n"

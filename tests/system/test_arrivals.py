"""NICs that udevd renames: they are waited for by their new names, and not taken by the old ones."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Iterator, List, Sequence

import pytest

from os_net_config.backends import arrivals, udev
from os_net_config.state.nic import Nic

#: Seconds. A test that waits as long as the first has failed; of the second, much happens in it.
LONG, A_WHILE = 30.0, 2.0
LINK_FILE = Path("/run/systemd/network/10-late.link")
RENAMED = "[Match]\nOriginalName=late0\n\n[Link]\nName=eno77\n"


def run(*command: str) -> None:
    subprocess.run(command, check=True)


class Sought:
    """One link by name. ``looks`` are the names of all that were shown, each time."""

    def __init__(self, name: str) -> None:
        self.looks: List[List[str]] = []
        self._name = name

    def __call__(self, nics: Sequence[Nic]) -> List[str]:
        self.looks.append([nic.name for nic in nics])
        return [] if self._name in self.looks[-1] else [self._name]


def make_nic() -> None:
    run("ip", "link", "add", "late0", "type", "veth", "peer", "name", "late1")


def in_a_while(*commands: Sequence[str]) -> threading.Timer:
    """Start a thread that carries them out."""

    def carry_out() -> None:
        for command in commands:
            run(*command)

    timer = threading.Timer(A_WHILE, carry_out)
    timer.start()
    return timer


@pytest.fixture(autouse=True)
def link_file() -> Iterator[None]:
    LINK_FILE.parent.mkdir(parents=True, exist_ok=True)
    LINK_FILE.write_text(RENAMED, encoding="ascii")
    run("udevadm", "control", "--reload")
    run("udevadm", "settle")
    yield
    run("udevadm", "control", "--start-exec-queue")
    run("udevadm", "settle")
    run("ip", "link", "del", "late1")
    LINK_FILE.unlink()
    run("udevadm", "control", "--reload")


def test_udevd_handles_the_links_of_this_namespace_only() -> None:
    make_nic()
    assert udev.handles_links()
    inside = "from os_net_config.backends import udev; assert not udev.handles_links()"
    run("unshare", "--net", sys.executable, "-c", inside)


def test_one_that_comes_late_is_waited_for_by_its_new_name() -> None:
    sought = Sought("eno77")
    timer = in_a_while(["ip", "link", "add", "late0", "type", "veth", "peer", "name", "late1"])
    begun = time.monotonic()
    assert not arrivals.wait(sought, LONG)
    assert A_WHILE / 2 < time.monotonic() - begun < LONG / 2
    timer.join()
    assert not any("late0" in names for names in sought.looks)


def test_while_udevd_has_not_come_to_it_it_is_not_taken() -> None:
    """The link is there by its old name, and the kernel tells of it, again and again."""
    run("udevadm", "control", "--stop-exec-queue")
    make_nic()
    sought = Sought("eno77")
    timer = in_a_while(
        ["ip", "link", "set", "late0", "mtu", "1400"],
        ["udevadm", "control", "--start-exec-queue"],
    )
    assert not arrivals.wait(sought, LONG)
    timer.join()
    assert len(sought.looks) > 2
    assert not any("late0" in names for names in sought.looks)


def test_in_the_end_it_is_taken_as_it_is(caplog: pytest.LogCaptureFixture) -> None:
    """An udevd that hangs does not cost the node its NIC."""
    run("udevadm", "control", "--stop-exec-queue")
    make_nic()
    assert not arrivals.wait(Sought("late0"), A_WHILE / 2)
    assert "taken as they are, though udevd has not finished with them: late0" in caplog.text

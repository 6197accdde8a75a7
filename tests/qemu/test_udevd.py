"""A link that comes back while udevd runs, which has a name of its own for it, and others who set it up."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Iterator

import pytest

from tests.kernel.support.node import ip
from tests.kernel.support.observed import snapshot

from .nics import PciNic, free
from .site import ANOTHER, PORT, Site

LINK_FILE = Path("/run/systemd/network/10-nic.link")
RULE = Path("/run/udev/rules.d/90-up.rules")


def run(*command: str) -> None:
    subprocess.run(command, check=True)


@pytest.fixture
def udevd(nic: PciNic) -> Iterator[None]:
    """It gives the NIC another name, and sets it up, as a daemon for networks does."""
    for path in (LINK_FILE, RULE):
        path.parent.mkdir(parents=True, exist_ok=True)
    LINK_FILE.write_text("[Match]\nMACAddress=02:00:00:00:00:01\n\n[Link]\nName=ens7\n", encoding="ascii")
    RULE.write_text('ACTION=="add", SUBSYSTEM=="net", RUN+="/bin/ip link set $name up"\n', encoding="ascii")
    run("/lib/systemd/systemd-udevd", "--daemon")
    run("udevadm", "control", "--ping")
    yield
    run("udevadm", "control", "--exit")
    LINK_FILE.unlink()
    RULE.unlink()


@pytest.mark.parametrize("state", ["up", "down"])
def test_the_link_has_the_name_that_it_had(site: Site, nic: PciNic, udevd: None, state: str) -> None:
    ip(f"link set {nic.name} name eno7", "link set eth1 up", f"link set eno7 {state}")
    before = snapshot()
    for _ in range(2):
        site.applied(PORT)
        site.applied(ANOTHER)
        run("udevadm", "settle")
        assert nic.told() == free("igb", "eno7")
        assert snapshot() == before

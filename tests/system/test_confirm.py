"""A change that nobody confirms is taken back under a real systemd: its guardian is a service."""

from __future__ import annotations

import contextlib
import os
import select
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Iterator, List

import pytest

from tests.kernel.support import program, warm
from tests.kernel.support.awaiting import Changes, said
from tests.kernel.support.observed import Observed, observe
from tests.kernel.support.sessions import ENDS

from .test_lab_systemd import systemctl

pytestmark = pytest.mark.rotating(2)

#: Seconds in which it has to be confirmed, and that it then takes at the most.
WINDOW, MORE = 5, 1
#: No process has this number.
NOBODY = 1 << 30
#: Of what ends in its own time.
PATIENCE = 60
ASKED = f"Taken back in {WINDOW} s unless you say: os-net-config confirm"
GUARDIANS = "os-net-config-guard-*"

OLD = "network_config: [{type: interface, name: nic1, addresses: [{ip_netmask: 192.0.2.10/24}]}]\n"
NEW = """\
network_config:
- {type: interface, name: nic1, mtu: 1400, addresses: [{ip_netmask: 192.0.2.20/24}]}
- {type: vlan, device: nic1, vlan_id: 20, addresses: [{ip_netmask: 198.51.100.20/24}]}
"""


@dataclass(frozen=True)
class Site:
    """A NIC of this machine, which has the old config. ``directory`` is for files."""

    directory: Path

    @property
    def places(self) -> List[str]:
        return ["--run-dir", str(self.directory / "run"), "--state-dir", str(self.directory / "state")]

    def arguments(self, config: str, *options: str) -> List[str]:
        for name, text in (("config.yaml", config), ("mapping.yaml", "interface_mapping: {nic1: conf0}\n")):
            (self.directory / name).write_text(text, encoding="utf-8")
        files = ["-c", str(self.directory / "config.yaml"), "-m", str(self.directory / "mapping.yaml")]
        return [*files, *self.places, *program.NOT_ASKED, *options]

    def run(self, config: str, *options: str) -> program.Run:
        return warm.run(*self.arguments(config, *options))

    def command(self, *options: str) -> List[str]:
        return [*program.COMMAND, *self.arguments(NEW, *options)]

    def history(self) -> List[str]:
        found = warm.run("history", *self.places[2:], "--format", "json").json
        return [f"{one['outcome']} {one['reason']}".strip() for one in found["generations"]]


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    subprocess.run(["ip", "link", "add", "conf0", "type", "veth", "peer", "name", "conf1"], check=True)
    subprocess.run(["ip", "link", "set", "conf1", "up"], check=True)
    made = Site(tmp_path)
    assert made.run(OLD).status == 0
    yield made
    systemctl("stop", GUARDIANS)
    subprocess.run(["ip", "link", "del", "conf0"], check=True)


@pytest.fixture
def before(site: Site) -> Observed:
    """How it is while nothing new is tried."""
    return observe()


def guardians() -> List[str]:
    lines = systemctl("list-units", "--all", "--plain", "--no-legend", GUARDIANS).splitlines()
    return [line.split()[0] for line in lines]


def is_back(changes: Changes, before: Observed, since: float) -> None:
    """It comes back at the time that was said."""
    back = changes.until(lambda: observe() == before, PATIENCE)
    assert WINDOW - MORE < back - since < WINDOW + MORE


def wait_for_the_end(unit: str) -> None:
    """Until its process has ended, and systemd has noticed."""
    with contextlib.suppress(ProcessLookupError):
        process = os.pidfd_open(int(systemctl("show", unit, "--property=MainPID", "--value")) or NOBODY)
        assert select.select([process], [], [], PATIENCE)[0], f"{unit} goes on"
        os.close(process)
    # A pattern, since a unit that is gone by now is no error then.
    systemctl("stop", f"{unit}*")


@pytest.mark.parametrize("end", list(ENDS))
def test_it_is_taken_back_in_time(site: Site, before: Observed, end: str) -> None:
    session, ends = ENDS[end]
    with session(site.command("--confirm", str(WINDOW))) as started, Changes() as changes:
        said(started.output, ASKED, PATIENCE)
        asked = time.monotonic()
        assert observe() != before
        (guardian,) = guardians()
        ends(started)
        is_back(changes, before, asked)
    assert site.history() == ["applied", f"taken back not confirmed within {WINDOW} s"]
    words = ["journalctl", "--output=cat", "--unit", guardian]
    log = subprocess.run(words, stdout=subprocess.PIPE, text=True, check=True)
    assert "what it had begun has been taken back, verified" in log.stdout


def test_it_outlives_the_unit_of_the_session(site: Site, before: Observed) -> None:
    """As when logind ends a session with all that runs in it."""
    unit = "trial-session.service"
    words = ["systemd-run", "--quiet", "--pipe", "--unit", unit, f"--working-directory={program.CHECKOUT}"]
    script = f"{' '.join(site.command('--confirm', str(WINDOW)))}; sleep 60"
    with (
        Changes() as changes,
        subprocess.Popen(
            [*words, "sh", "-c", script], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE
        ) as session,
    ):
        assert session.stdout is not None
        said(session.stdout.fileno(), ASKED, PATIENCE)
        asked = time.monotonic()
        (guardian,) = guardians()
        systemctl("stop", unit)
        assert observe() != before
        shown = systemctl("show", guardian, "--property=Transient,ActiveState,ControlGroup")
        assert set(shown.split()) == {
            "Transient=yes", "ActiveState=active", f"ControlGroup=/system.slice/{guardian}",
        }  # fmt: skip
        is_back(changes, before, asked)


def test_one_that_is_killed_goes_on(site: Site, before: Observed) -> None:
    with Changes() as changes:
        assert site.run(NEW, "--confirm", str(WINDOW)).status == 0
        (guardian,) = guardians()
        systemctl("kill", "--signal=KILL", guardian)
        # It has to start again first.
        changes.until(lambda: observe() == before, PATIENCE)
    assert site.history() == ["applied", f"taken back not confirmed within {WINDOW} s"]


def test_it_stays_when_it_is_confirmed_and_nothing_is_left(site: Site, before: Observed) -> None:
    assert site.run(NEW, "--confirm", "600").status == 0
    (guardian,) = guardians()
    now = observe()
    assert warm.run("confirm", *site.places).status == 0
    wait_for_the_end(guardian)
    assert guardians() == []
    assert observe() == now != before


def test_without_a_guardian_nothing_is_begun(site: Site, before: Observed) -> None:
    (site.directory / "run" / "confirm").mkdir()
    run = site.run(NEW, "--confirm", "600")
    assert run.status == 1
    assert run.errors.startswith("ERROR: nobody would take the change back, so it is not begun: ")
    assert "does not start: failed (journalctl -u os-net-config-guard-" in run.errors
    assert (observe(), site.history(), guardians()) == (before, ["applied"], [])


@pytest.fixture
def no_bus() -> Iterator[None]:
    systemctl("stop", "dbus.socket", "dbus.service")
    yield
    systemctl("start", "dbus.socket")


@pytest.mark.usefixtures("no_bus")
def test_without_a_bus_it_is_a_process_of_its_own(site: Site, before: Observed) -> None:
    with Changes() as changes:
        run = site.run(NEW, "--confirm", str(WINDOW))
        asked = time.monotonic()
        assert run.status == 0 and "systemd cannot be asked to look after the change" in run.errors
        assert guardians() == []
        is_back(changes, before, asked)


def test_in_another_network_namespace_a_service_would_be_of_no_use(site: Site) -> None:
    code = "from os_net_config.backends import systemd; print(systemd.is_ours('/var'))"
    here = [sys.executable, "-c", code]
    for words, expected in ((here, "True\n"), (["unshare", "--net", *here], "False\n")):
        done = subprocess.run(words, cwd=program.CHECKOUT, stdout=subprocess.PIPE, text=True, check=True)
        assert done.stdout == expected

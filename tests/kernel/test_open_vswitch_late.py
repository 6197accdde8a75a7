"""Open vSwitch that is not there: a run is refused before anything is touched, and a boot waits for it."""

from __future__ import annotations

import contextlib
import os
import threading
import time
from pathlib import Path
from typing import Callable, Iterator, List

import pytest

from os_net_config.backends import appearance
from os_net_config.backends.ovsdb import OvsdbBackend

from .support import warm
from .support.node import NICS, Node, ip
from .support.observed import ipv4_addresses, snapshot
from .support.openvswitch import OpenVSwitch, environment, load_modules
from .support.program import Run

#: Seconds. A test that waits as long as the first has failed; the second is until something happens.
LONG, SOON, SHORT = 30.0, 1.0, 0.5

pytestmark = pytest.mark.rotating(2)

SWITCHED = """\
network_config:
- type: ovs_bridge
  name: br-ex
  members:
  - {type: interface, name: nic1, primary: true}
  - {type: vlan, vlan_id: 20, addresses: [{ip_netmask: 172.17.0.10/24}]}
- {type: interface, name: nic2, addresses: [{ip_netmask: 192.0.2.10/24}]}
"""
PLAIN = """\
network_config:
- {type: interface, name: nic2, addresses: [{ip_netmask: 192.0.2.10/24}]}
"""
FALLBACK = """\
fallback_config:
- {type: interface, name: nic4, addresses: [{ip_netmask: 203.0.113.10/24}]}
"""
WHOLE = {"vlan20": ["172.17.0.10/24"], "eno2": ["192.0.2.10/24"]}


@pytest.fixture
def late(node: Node) -> Iterator[OpenVSwitch]:
    """It is not started yet, and has no directory; it is ended, whatever happens."""
    load_modules()
    made = OpenVSwitch(node.directory / "run" / "ovs")
    with environment(made.directory):
        try:
            yield made
        finally:
            made.stop()


@contextlib.contextmanager
def soon(happening: Callable[[], object]) -> Iterator[None]:
    """In a thread, which is in the namespace of the one that starts it."""
    timer = threading.Timer(SOON, happening)
    timer.start()
    try:
        yield
    finally:
        timer.join()


def start(made: OpenVSwitch) -> None:
    """As its own scripts do it."""
    made.directory.mkdir(parents=True, exist_ok=True)
    made.start_server()
    set_up(made)


def set_up(made: OpenVSwitch) -> None:
    made.vsctl("--no-wait", "init")
    made.start_daemon()


def boot(node: Node, wait: float) -> Run:
    return warm.run("boot", *node.arguments(node.directory / "config.yaml", "--wait-nics", str(wait), "-v"))


def test_a_run_is_refused_before_anything_is_touched(node: Node, late: OpenVSwitch) -> None:
    before = snapshot()
    for options in ((), ("--noop",)):
        run = node.apply(SWITCHED, *options)
        assert run.status == 1, run
        assert "network_config[0]: Open vSwitch does not run: nothing answers at its database" in run.errors
        assert (
            "start it: systemctl start openvswitch-switch (of Debian), openvswitch (of Red Hat)" in run.errors
        )
        assert snapshot() == before
        assert not (node.directory / "state" / "journal.json").exists()
    node.applied(PLAIN)
    assert ipv4_addresses() == {"eno2": ["192.0.2.10/24"]}


def test_one_that_was_killed_does_not_run_though_its_socket_is_there(node: Node, late: OpenVSwitch) -> None:
    start(late)
    node.applied(SWITCHED)
    late.kill("ovsdb-server")
    assert os.path.exists(late.socket)
    before = snapshot()
    run = node.apply(SWITCHED.replace("172.17.0.10", "172.17.0.11"))
    assert run.status == 1, run
    assert "Open vSwitch does not run" in run.errors
    assert snapshot() == before


@pytest.mark.parametrize("stale", [False, True], ids=["no directory", "a socket of one that is gone"])
def test_a_boot_waits_for_it(node: Node, late: OpenVSwitch, stale: bool) -> None:
    if stale:
        late.directory.mkdir(parents=True)
        late.start_server()
        late.kill("ovsdb-server")
    node.file("config.yaml", SWITCHED)
    begun = time.monotonic()
    with soon(lambda: start(late)):
        run = boot(node, LONG)
    assert SOON <= time.monotonic() - begun < LONG / 2
    assert run.status == 2, run
    assert "waiting up to 30 s for Open vSwitch" in run.errors
    assert ipv4_addresses() == WHOLE


def test_a_boot_waits_for_the_row_that_its_scripts_make(node: Node, late: OpenVSwitch) -> None:
    """The server answers before it."""
    late.directory.mkdir(parents=True)
    late.start_server()
    node.file("config.yaml", SWITCHED)
    with soon(lambda: set_up(late)):
        run = boot(node, LONG)
    assert run.status == 2, run
    assert ipv4_addresses() == WHOLE


def test_one_that_is_there_or_is_not_needed_is_not_waited_for(node: Node, late: OpenVSwitch) -> None:
    node.file("config.yaml", PLAIN)
    run = boot(node, LONG)
    assert (run.status, "waiting" in run.errors) == (2, False), run
    start(late)
    node.file("config.yaml", SWITCHED)
    run = boot(node, LONG)
    assert (run.status, "waiting" in run.errors) == (2, False), run
    assert ipv4_addresses() == WHOLE


def test_one_that_never_comes(node: Node, late: OpenVSwitch) -> None:
    """What can be had without it: the fallback, or what was applied before."""
    node.file("config.yaml", SWITCHED + FALLBACK)
    begun = time.monotonic()
    run = boot(node, SHORT)
    assert SHORT <= time.monotonic() - begun < LONG / 2
    assert run.status == 1, run
    assert "not here after" in run.errors and "Open vSwitch does not run" in run.errors
    assert ipv4_addresses() == {"eno4": ["203.0.113.10/24"]}
    node.applied(PLAIN)
    node.file("config.yaml", SWITCHED)
    ip("address flush dev eno2")
    run = boot(node, SHORT)
    assert run.status == 1, run
    assert ipv4_addresses() == {"eno2": ["192.0.2.10/24"]}


def test_a_dry_run_waits_for_nothing(node: Node, late: OpenVSwitch) -> None:
    node.file("config.yaml", SWITCHED)
    run = warm.run("boot", *node.arguments(node.directory / "config.yaml", "--noop", "--wait-nics", "30"))
    assert (run.status, "waiting" in run.errors) == (1, False), run


def test_how_long_it_is_waited_for(late: OpenVSwitch) -> None:
    backend = OvsdbBackend()
    begun = time.monotonic()
    assert not backend.wait(0)
    assert time.monotonic() - begun < SHORT
    assert not backend.wait(SHORT)
    assert time.monotonic() - begun >= SHORT
    late.directory.mkdir(parents=True)
    late.start_server()
    assert not backend.wait(SHORT)
    late.vsctl("--no-wait", "init")
    assert backend.wait(0)
    backend.close()


BONDED = """\
network_config:
- type: ovs_bridge
  name: br-ex
  addresses: [{ip_netmask: 192.0.2.10/24}]
  ovs_extra: ["set interface eno1 other_config:a=b"]
  members:
  - type: ovs_bond
    name: bond1
    ovs_options: bond_mode=active-backup
    members: [{type: interface, name: nic1, primary: true}, {type: interface, name: nic2}]
  - {type: vlan, vlan_id: 20, addresses: [{ip_netmask: 172.17.0.10/24}]}
- {type: interface, name: nic3, addresses: [{ip_netmask: 198.51.100.10/24}]}
"""
ALL_OF_IT = {"br-ex": ["192.0.2.10/24"], "vlan20": ["172.17.0.10/24"], "eno3": ["198.51.100.10/24"]}


def restarted(node: Node, made: OpenVSwitch, without: List[str]) -> None:
    """As by a boot: the database is there, the kernel has nothing but NICs, and some of these not."""
    made.stop()
    ip("address flush dev eno3", *(f"link delete {nic}" for nic in without))
    for one in node.run_directory.glob("*.json"):
        one.unlink()
    made.start_server()
    made.start_daemon()


@pytest.mark.parametrize("without", [["eno1"], ["eno1", "eno2"]], ids="".join)
def test_a_boot_without_nics_of_a_bond(node: Node, late: OpenVSwitch, without: List[str]) -> None:
    """Their rows stay, the rest is applied, and ovs-vswitchd takes them when they come."""
    start(late)
    node.applied(BONDED)
    before = late.configured()
    restarted(node, late, without)
    run = boot(node, SHORT)
    assert run.status == 6, run
    assert ipv4_addresses() == ALL_OF_IT
    assert late.configured() == before
    again = boot(node, 0)
    assert (again.status, "No change" in again.output) == (6, True), again
    for name in without:
        ip(f"link add {name} address {NICS[name]} type veth peer name far{name[-1]}")
        late.vsctl("wait-until", "interface", name, "ofport>0")
    node.applied(BONDED)
    assert late.configured() == before
    node.unchanged(BONDED)


def test_a_first_boot_without_any_nic_of_a_bond(node: Node, late: OpenVSwitch) -> None:
    start(late)
    ip("link delete eno1", "link delete eno2")
    node.file("config.yaml", BONDED)
    run = boot(node, SHORT)
    assert run.status == 6, run
    assert "interface eno1 is not there at this boot: what is said of it is left out" in run.errors
    assert ipv4_addresses() == ALL_OF_IT
    assert {key[1] for key in late.configured() if key[0] == "Port"} == {"br-ex", "vlan20"}


class Looks:
    """A file that is looked for; how often."""

    def __init__(self, path: Path) -> None:
        self.count, self._path = 0, path

    def __call__(self) -> bool:
        self.count += 1
        return self._path.exists()


def test_a_file_in_directories_that_come_one_after_another(tmp_path: Path) -> None:
    """It is looked for when something comes, and not again and again."""
    path = tmp_path / "a" / "b" / "file"
    looks = Looks(path)

    def make() -> None:
        for directory in (tmp_path / "other", path.parent.parent, path.parent):
            directory.mkdir()
            time.sleep(SHORT / 5)
        (tmp_path / "made").write_text("", encoding="ascii")
        (tmp_path / "made").rename(path)

    descriptors = len(os.listdir("/proc/self/fd"))
    with soon(make):
        assert appearance.until(looks, str(path), time.monotonic() + LONG)
    assert 5 <= looks.count <= 8
    assert len(os.listdir("/proc/self/fd")) == descriptors

"""The boot unit and the real Open vSwitch: whoever restarts it, the network on its bridges comes back."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Callable, Dict, Iterator, Set

import pytest

from os_net_config.backends.probes import ask
from os_net_config.state.probe import PING, Probe, Question

pytestmark = pytest.mark.rotating(2)

CHECKOUT = Path(__file__).resolve().parents[2]
UNIT = "os-net-config.service"
SWITCH, DAEMON, SERVER = "openvswitch-switch.service", "ovs-vswitchd.service", "ovsdb-server.service"
FILES, STATE = Path("/etc/os-net-config"), Path("/var/lib/os-net-config")
DATABASE = Path("/var/lib/openvswitch/conf.db")
PROGRAM = Path("/usr/local/bin/os-net-config")
#: A namespace at the other end of the NIC's cable, that has VLAN 20 as well.
FAR = "far"
#: Seconds for the network to be back.
PATIENCE = 180
CONFIG = """\
network_config:
- type: ovs_bridge
  name: br-ex
  addresses: [{ip_netmask: 192.0.2.10/24}, {ip_netmask: "2001:db8::10/64"}]
  routes: [{default: true, next_hop: 192.0.2.20}]
  members:
  - {type: interface, name: eno1, primary: true}
  - type: vlan
    vlan_id: 20
    addresses: [{ip_netmask: 172.17.0.10/24}, {ip_netmask: "fd00:17::10/64"}]
    routes: [{ip_netmask: 172.17.1.0/24, next_hop: 172.17.0.20}]
- {type: interface, name: eno2, addresses: [{ip_netmask: 198.51.100.10/24}]}
"""
WHOLE: Dict[str, Set[str]] = {
    "br-ex": {"192.0.2.10/24", "2001:db8::10/64", "default via 192.0.2.20", "up"},
    "vlan20": {"172.17.0.10/24", "fd00:17::10/64", "172.17.1.0/24 via 172.17.0.20", "up"},
    "eno2": {"198.51.100.10/24", "up"},
}
PINGED = ("192.0.2.20", "2001:db8::20", "172.17.0.20", "fd00:17::20")


def run(*command: str) -> str:
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def batch(*commands: str, inside: str = "") -> None:
    text = "".join(f"{one}\n" for one in commands)
    where = ["-n", inside] if inside else []
    subprocess.run(["ip", *where, "-batch", "-"], input=text, text=True, check=True)


@pytest.fixture(scope="module", autouse=True)
def installed() -> Iterator[None]:
    """As packages would install both of them, and enabled."""
    PROGRAM.write_text(f'#!/bin/sh\ncd {CHECKOUT} && exec {sys.executable} -m os_net_config "$@"\n')
    PROGRAM.chmod(0o755)
    shutil.copy(CHECKOUT / "systemd" / UNIT, "/etc/systemd/system/")
    FILES.mkdir()
    run("systemctl", "daemon-reload")
    run("systemctl", "enable", UNIT)
    yield
    run("systemctl", "disable", UNIT)
    shutil.rmtree(FILES)
    PROGRAM.unlink()


@pytest.fixture(scope="module", autouse=True)
def cables(installed: None) -> Iterator[None]:
    run("ip", "netns", "add", FAR)
    batch(*(f"link add eno{number} type veth peer name far{number} netns {FAR}" for number in (1, 2)))
    batch(
        *("link set far1 up", "link set far2 up", "link add link far1 name far20 up type vlan id 20"),
        *("addr add 192.0.2.20/24 dev far1", "addr add 2001:db8::20/64 dev far1 nodad"),
        *("addr add 172.17.0.20/24 dev far20", "addr add fd00:17::20/64 dev far20 nodad"),
        inside=FAR,
    )
    yield
    run("systemctl", "stop", "network-online.target", UNIT, SWITCH)
    run("ip", "netns", "del", FAR)
    for datapath in run("ovs-dpctl", "dump-dps").split():
        run("ovs-dpctl", "del-dp", datapath)
    DATABASE.unlink()
    for directory in (STATE, Path("/run/os-net-config")):
        shutil.rmtree(directory, ignore_errors=True)


@pytest.fixture(scope="module", autouse=True)
def node(cables: None) -> None:
    """Booted, with its network."""
    (FILES / "config.yaml").write_text(CONFIG)
    run("systemctl", "start", SWITCH, "network-online.target")
    assert found() == WHOLE, journal()
    assert_traffic()


def found() -> Dict[str, Set[str]]:
    """Of each link of ours what it has: addresses, routes, whether it is up."""
    told: Dict[str, Set[str]] = {}
    for one in json.loads(run("ip", "-j", "address")):
        if one["ifname"] in WHOLE:
            own = {f"{ip['local']}/{ip['prefixlen']}" for ip in one["addr_info"] if ip["scope"] == "global"}
            told[one["ifname"]] = own | ({"up"} if "UP" in one["flags"] else set())
    for route in json.loads(run("ip", "-j", "route")):
        if route.get("dev") in told and "gateway" in route:
            told[route["dev"]].add(f"{route['dst']} via {route['gateway']}")
    return told


def assert_traffic() -> None:
    """The far end answers echo requests at all of its addresses."""
    questions = {
        Question(Probe(f"ping:{address}", PING, address), PING, address): float(PATIENCE)
        for address in PINGED
    }
    answers = ask(questions, lambda _: False)
    assert set(answers.values()) == {""}, (answers, run("ovs-vsctl", "show"), run("ip", "address"))


def journal() -> str:
    return run("journalctl", "--boot", "--unit", UNIT, "--output=cat", "--no-pager", "--lines=100")


def shown(unit: str, name: str) -> str:
    return run("systemctl", "show", unit, f"--property={name}", "--value").strip()


def entered(unit: str) -> float:
    """When it became active the last time, in seconds of the monotonic clock."""
    return int(shown(unit, "ActiveEnterTimestampMonotonic")) / 1e6


def is_back(since: str) -> bool:
    """All of it, by another run of the unit."""
    return (shown(UNIT, "ActiveState"), shown(UNIT, "InvocationID") == since) == ("active", False)


def kill(unit: str) -> None:
    os.kill(int(shown(unit, "MainPID")), signal.SIGKILL)


def kill_with_its_links() -> None:
    """Version 3.1 leaves them in the kernel when it ends, and takes them up again."""
    kill(DAEMON)
    run("ovs-dpctl", "del-dp", "ovs-system")


def empty_the_database() -> None:
    # Of those that go along nobody waits for the end otherwise.
    run("systemctl", "stop", SWITCH, DAEMON, SERVER)
    DATABASE.unlink()
    run("systemctl", "start", SWITCH)


HAPPENINGS: Dict[str, Callable[[], object]] = {
    "restarted": lambda: run("systemctl", "restart", SWITCH),
    "ovs-vswitchd killed": lambda: kill(DAEMON),
    "the same, and the module loaded anew": kill_with_its_links,
    # Without it ovs-vswitchd takes half a minute to end.
    "ovsdb-server killed": lambda: kill(SERVER),
    "the database emptied": empty_the_database,
}


@pytest.mark.rotating
@pytest.mark.parametrize("name", HAPPENINGS)
def test_the_network_is_back(name: str) -> None:
    before, begun = shown(UNIT, "InvocationID"), time.monotonic()
    HAPPENINGS[name]()
    while not is_back(before):
        assert time.monotonic() - begun < PATIENCE, journal()
        time.sleep(0.1)
    assert found() == WHOLE, journal()
    assert_traffic()
    passes = time.monotonic() - begun
    switch, back = entered(DAEMON) - begun, entered(UNIT) - begun
    told = f"Open vSwitch runs after {switch:.1f} s, the network is whole after {back:.1f} s"
    sys.stdout.write(f"{name}: {told}, traffic was seen after {passes:.1f} s\n")
    assert shown(UNIT, "Result") == "success"
    assert switch < back


def test_a_reload_is_a_restart_of_its_own_kind() -> None:
    """Its scripts exchange both daemons by jobs of systemd without dependencies."""
    before = shown(DAEMON, "MainPID")
    told = journal().count("Reloaded")
    begun = time.monotonic()
    run("systemctl", "reload", SWITCH)
    while journal().count("Reloaded") == told:
        assert time.monotonic() - begun < PATIENCE, journal()
        time.sleep(0.1)
    assert shown(DAEMON, "MainPID") != before
    assert found() == WHOLE, journal()
    assert_traffic()


def test_a_change_that_awaits_confirmation_is_waited_for() -> None:
    """The network on the bridges comes back when it is settled, one way or the other."""
    changed = FILES / "changed.yaml"
    changed.write_text(CONFIG.replace("198.51.100.10", "198.51.100.11"))
    os_net_config = str(PROGRAM)
    run(os_net_config, "-c", str(changed), "--confirm", "120")
    before = shown(UNIT, "InvocationID")
    begun = time.monotonic()
    run("systemctl", "restart", "--no-block", SWITCH)
    while "a change awaits confirmation" not in journal():
        assert time.monotonic() - begun < PATIENCE, journal()
        time.sleep(0.1)
    assert shown(UNIT, "ActiveState") == "activating"
    run(os_net_config, "recover")
    while not is_back(before):
        assert time.monotonic() - begun < PATIENCE, journal()
        time.sleep(0.1)
    assert found() == WHOLE, journal()
    assert_traffic()


def test_nothing_else_is_lost_when_it_stops() -> None:
    run("systemctl", "stop", SWITCH)
    run("systemctl", "is-active", "network-online.target", "network.target")
    assert run("systemctl", "list-units", "--failed", "--plain", "--no-legend") == ""
    assert found()["eno2"] == WHOLE["eno2"]
    run("systemctl", "start", SWITCH)

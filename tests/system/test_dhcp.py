"""DHCP clients under a real systemd: each is an instance of our template, and comes with the boot unit."""

from __future__ import annotations

import os
import select
import shutil
import signal
import subprocess
import time
from pathlib import Path
from typing import Iterator

import pytest

from os_net_config.backends import appearance
from tests.kernel.support import warm
from tests.kernel.support.awaiting import Changes
from tests.kernel.support.dhcp import STATEFUL, announcing, dhcp_server, without_dhcpcd
from tests.kernel.support.namespace import Namespace
from tests.kernel.support.node import Node, ip
from tests.kernel.support.processes import FAILS, PATIENCE
from tests.kernel.test_dhcp import ON_NIC, PLAIN, addresses, leased, process_of
from tests.kernel.test_dhcpv6 import leased as leased_by_dhcpv6

from .test_dns import FILE, lines, openresolv
from .test_lab_systemd import systemctl
from .units import DIRECTORY, installed, without

pytestmark = pytest.mark.rotating

TEMPLATE, CLIENT = "os-net-config-dhcpcd@.service", "os-net-config-dhcpcd@dhcp0.service"
OF_SERVERS = ("10.0.0.53", "2001:db8:7::53")
NAME_SERVERS = [
    f"--dhcp-option={option}:dns-server,{one}"
    for option, one in zip(("option", "option6"), (OF_SERVERS[0], f"[{OF_SERVERS[1]}]"))
]


@pytest.fixture
def node(tmp_path: Path) -> Iterator[Node]:
    """This machine, with a NIC and a server at the far end of its cable."""
    with installed(TEMPLATE), Namespace() as home, Namespace.new() as far:
        home.enter()
        peer = f"peer name sw1 netns {far.path}"
        ip(f"link add dhcp0 type veth {peer}", descriptors=[far.descriptor])
        node = Node(tmp_path, home, far, "interface_mapping: {nic1: dhcp0}\n")
        with node.at_the_switch():
            ip("address add 2001:db8:7::1/64 dev sw1 nodad")
        with dhcp_server(node, options=(*announcing(STATEFUL), *NAME_SERVERS)):
            yield node
        node.apply(PLAIN)
        ip("link del dhcp0")


def state(unit: str = CLIENT) -> str:
    return systemctl("show", unit, "--property=ActiveState", "--value").strip()


def main_process(unit: str = CLIENT) -> int:
    return int(systemctl("show", unit, "--property=MainPID", "--value"))


def test_it_is_a_unit_and_goes_with_the_config(node: Node) -> None:
    node.applied(ON_NIC)
    assert leased("dhcp0")
    assert (state(), main_process()) == ("active", process_of("dhcp0"))
    node.unchanged(ON_NIC)
    node.applied(PLAIN)
    assert (state(), addresses("dhcp0")) == ("inactive", [])


def test_one_unit_asks_for_both_families(node: Node) -> None:
    both = ON_NIC.replace("true", "true, use_dhcpv6: true")
    node.applied(both)
    assert leased("dhcp0")
    assert leased_by_dhcpv6("dhcp0")
    node.unchanged(both)
    node.applied(ON_NIC)
    assert leased("dhcp0")
    assert not leased_by_dhcpv6("dhcp0")
    node.unchanged(ON_NIC)


def test_name_servers_of_both_families_come_together(node: Node) -> None:
    both = ON_NIC.replace("true", "true, use_dhcpv6: true")
    with openresolv():
        assert "dhcpcd, ipv4, ipv6, defroute, dns" in node.applied(both).output
        appearance.until(lambda: set(OF_SERVERS) <= set(lines("nameserver")), str(FILE), soon())
        assert set(lines("nameserver")) == set(OF_SERVERS)
        node.unchanged(both)
        without = both.replace("true}", "true, dns_servers: []}")
        node.applied(without)
        assert lines("nameserver") == []
        node.applied(both)
        node.applied(PLAIN)
        assert lines("nameserver") == []


def soon() -> float:
    return time.monotonic() + PATIENCE


def test_systemd_starts_it_again(node: Node) -> None:
    node.applied(ON_NIC)
    before = process_of("dhcp0")
    process = os.pidfd_open(before)
    signal.pidfd_send_signal(process, signal.SIGKILL)
    assert select.select([process], [], [], PATIENCE)[0]
    os.close(process)
    subprocess.run(["systemctl", "start", CLIENT], check=True)
    assert process_of("dhcp0") == main_process() != before
    node.unchanged(ON_NIC)


def test_one_that_somebody_stopped_is_a_difference(node: Node) -> None:
    node.applied(ON_NIC)
    (address,) = addresses("dhcp0")
    systemctl("stop", CLIENT)
    # The node is not cut off by that: at a shutdown there may be a root file system behind it.
    assert addresses("dhcp0") == [address]
    assert "~ dhcp     running  no → yes" in node.applied(ON_NIC).output
    assert state() == "active"


def test_a_failed_run_leaves_it_as_it_was(node: Node) -> None:
    assert node.apply(ON_NIC, *FAILS).status == 4
    assert state() == "inactive"
    node.applied(ON_NIC)
    assert node.apply(PLAIN, *FAILS).status == 4
    assert state() == "active"
    with Changes() as changes:
        changes.until(lambda: leased("dhcp0"), PATIENCE)


def test_without_its_unit_nothing_is_touched(node: Node) -> None:
    with without(TEMPLATE):
        run = node.apply(ON_NIC)
    assert run.status == 1
    assert f"systemd has no unit {TEMPLATE}, which runs the DHCP client of dhcp0" in run.errors


def test_a_node_with_dhclient_alone(node: Node) -> None:
    """Its arguments reach it by way of a file."""
    unit = "os-net-config-dhclient@dhcp0.service"
    config = ON_NIC.replace("true", "true, dhclient_args: \"-e 'A=b  c' -e D=$E\"")
    with installed("os-net-config-dhclient@.service"), without_dhcpcd():
        node.applied(config)
        assert leased("dhcp0")
        process = main_process(unit)
        words = Path(f"/proc/{process}/cmdline").read_bytes().split(b"\0")
        assert words[-6:] == [b"-e", b"A=b  c", b"-e", b"D=$E", b"dhcp0", b""]
        node.unchanged(config)
        systemctl("kill", "--signal=SIGKILL", unit)
        with Changes() as changes:
            changes.until(lambda: main_process(unit) not in {0, process}, PATIENCE)
        node.unchanged(config)
        node.applied(PLAIN)
        assert (addresses("dhcp0"), state(unit)) == ([], "inactive")


def test_the_boot_unit_starts_it(node: Node) -> None:
    """As after a boot: what lives below /run is gone, and no client runs."""
    node.applied(ON_NIC)
    systemctl("stop", CLIENT)
    ip("address flush dev dhcp0", "link set dhcp0 down")
    shutil.rmtree("/run/os-net-config/processes")
    shutil.rmtree(node.run_directory)
    places = node.arguments(node.directory / "config.yaml")
    assert warm.run("boot", *places, "--wait-nics", "0").status == 2
    assert leased("dhcp0")
    assert state() == "active"


@pytest.mark.parametrize("template", [TEMPLATE, "os-net-config-dhclient@.service"])
def test_its_unit_is_well_formed(template: str) -> None:
    unit = DIRECTORY / template
    found = subprocess.run(
        ["systemd-analyze", "verify", str(unit)], capture_output=True, text=True, check=False
    )
    assert template not in found.stderr, found

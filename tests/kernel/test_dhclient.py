"""DHCP clients where a node has dhclient alone: real dhclient, real dnsmasq."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from pathlib import Path
from typing import Any, Dict, Iterator, List, Tuple

import pytest

from os_net_config.backends import appearance
from os_net_config.backends.processes import DIRECTORY

from .support.asked import shown
from .support.dhcp import Server, dhcp_server, without_dhcpcd
from .support.node import Node, ip
from .support.processes import PATIENCE, processes_end
from .test_dhcp import (
    ON_NIC,
    PLAIN,
    WITHOUT_ROUTE,
    addresses,
    comes,
    default_routes,
    goes_and_comes_with_failed_runs,
    keeps_its_lease,
    leased,
    takes_only_what_is_wanted,
)

TURNS = pytest.mark.rotating(3)

OF_NIC = Path(DIRECTORY, "dhcp", "eno1")


@pytest.fixture(autouse=True)
def alone(node: Node) -> Iterator[None]:
    with without_dhcpcd(), processes_end():
        yield


@pytest.fixture
def server(node: Node) -> Iterator[Server]:
    with dhcp_server(node) as made:
        yield made


def process_of(link: str) -> int:
    return int(Path(DIRECTORY, "dhcp", link, "dhclient.pid").read_text(encoding="ascii"))


def routes() -> List[Dict[str, Any]]:
    return shown("-4", "route", "show", "proto", "dhcp")


def brought() -> Tuple[List[str], List[Dict[str, Any]], bool]:
    """What it has set, and whether anything of it is there."""
    return addresses("eno1"), routes(), OF_NIC.exists()


def test_a_lease_on_a_nic(node: Node, server: Server) -> None:
    run = node.applied(ON_NIC)
    assert "  + dhcp     dhclient, ipv4, defroute" in run.output
    assert leased("eno1")
    (route,) = default_routes()
    assert (route["gateway"], route["protocol"], route["metric"] > 1000) == ("192.0.2.1", "dhcp", True)
    assert len(routes()) == 2
    node.unchanged(ON_NIC)
    assert node.applied(PLAIN).output.startswith("eno1  network_config[0]\n  - dhcp")
    assert brought() == ([], [], False)
    assert server.heard("DHCPRELEASE") == 1
    node.unchanged(PLAIN)


@TURNS
def test_what_the_file_does_not_want_is_not_taken(node: Node, server: Server) -> None:
    takes_only_what_is_wanted(node)


#: 121 (RFC 3442): a server that has these says the gateway among them.
CLASSLESS = "--dhcp-option=121,0.0.0.0/0,192.0.2.2,10.9.0.0/17,192.0.2.3,10.8.7.0/24,0.0.0.0"


@TURNS
def test_routes_of_the_server(node: Node) -> None:
    with dhcp_server(node, options=[CLASSLESS]):
        node.applied(ON_NIC)
        found = {one["dst"]: one.get("gateway") for one in routes()}
        assert found.pop("192.0.2.0/24") is None
        assert found == {"default": "192.0.2.2", "10.9.0.0/17": "192.0.2.3", "10.8.7.0/24": None}
        node.unchanged(ON_NIC)
        node.applied(WITHOUT_ROUTE)
        assert "default" not in {one["dst"] for one in routes()}
        node.unchanged(WITHOUT_ROUTE)
        node.applied(PLAIN)
        assert brought() == ([], [], False)


@TURNS
def test_one_that_is_told_something_else_keeps_its_lease(node: Node, server: Server) -> None:
    keeps_its_lease(node, server)


@TURNS
def test_static_addresses_are_kept_beside_it(node: Node, server: Server) -> None:
    static = "addresses: [{ip_netmask: 192.0.2.9/24}, {ip_netmask: 198.51.100.9/24}]"
    config = ON_NIC.replace("true", f"true, {static}")
    node.applied(config)
    assert leased("eno1")
    assert addresses("eno1")[:2] == ["192.0.2.9/24", "198.51.100.9/24"]
    node.unchanged(config)
    node.applied(config.replace("use_dhcp: true, ", ""))
    assert addresses("eno1") == ["192.0.2.9/24", "198.51.100.9/24"]
    assert routes() == []


@TURNS
def test_an_address_that_was_leased_may_become_one_of_the_file(node: Node, server: Server) -> None:
    node.applied(ON_NIC)
    (address,) = addresses("eno1")
    static = PLAIN.replace("nic1", f"nic1, addresses: [{{ip_netmask: {address}}}]")
    node.applied(static)
    assert brought() == ([address], [], False)
    node.unchanged(static)
    node.applied(ON_NIC)
    assert leased("eno1")
    node.unchanged(ON_NIC)


def test_one_that_dies_is_started_again(node: Node, server: Server) -> None:
    node.applied(ON_NIC)
    process, pid_file = process_of("eno1"), OF_NIC / "dhclient.pid"
    os.kill(process, signal.SIGKILL)
    deadline = time.monotonic() + PATIENCE
    assert appearance.until(
        lambda: pid_file.exists() and process_of("eno1") != process, str(pid_file), deadline
    )
    node.unchanged(ON_NIC)
    comes("eno1")


@TURNS
def test_a_failed_run_stops_what_it_started_and_starts_what_it_stopped(node: Node, server: Server) -> None:
    goes_and_comes_with_failed_runs(node, OF_NIC.exists)


@TURNS
def test_a_silent_server_ends_the_wait(node: Node) -> None:
    began = time.monotonic()
    run = node.apply(ON_NIC, "--wait-dhcp", "2")
    assert time.monotonic() - began < PATIENCE
    assert run.status == 2
    assert run.errors == "WARNING: dhcp eno1: there is no lease after 2 s; the client goes on asking\n"
    node.unchanged(ON_NIC)
    with dhcp_server(node):
        comes("eno1")
    node.applied(PLAIN)
    assert brought() == ([], [], False)


@TURNS
def test_its_arguments(node: Node, server: Server) -> None:
    with_args = ON_NIC.replace("true", "true, dhclient_args: \"-v -e 'A=b c'\"")
    node.applied(with_args)
    assert leased("eno1")
    words = Path(f"/proc/{process_of('eno1')}/cmdline").read_bytes().split(b"\0")
    assert words[-5:] == [b"-v", b"-e", b"A=b c", b"eno1", b""]
    node.unchanged(with_args)
    assert "  ~ dhcp     arguments -v -e 'A=b c' → none" in node.applied(ON_NIC).output
    node.unchanged(ON_NIC)


@TURNS
def test_another_server_is_no_difference(node: Node) -> None:
    with dhcp_server(node, lease="2m") as server:
        node.applied(ON_NIC)
        server.stop()
        with node.at_the_switch():
            ip("address flush dev sw1", "address add 203.0.113.1/24 dev sw1")
            server.start("--dhcp-range=203.0.113.100,203.0.113.150,1h")
        os.kill(process_of("eno1"), signal.SIGKILL)
        comes("eno1", "203.0.113")
        node.unchanged(ON_NIC)
        node.applied(PLAIN)
        assert brought() == ([], [], False)


@TURNS
def test_ipv6_needs_the_other_client(node: Node) -> None:
    run = node.apply(ON_NIC.replace("true", "true, use_dhcpv6: true"))
    assert run.status == 1
    assert "eno1 needs dhcpcd for IPv6: dhclient, which this node has, serves IPv4 alone" in run.errors
    assert not OF_NIC.exists()


@TURNS
def test_where_the_other_client_comes_it_stays(node: Node, server: Server) -> None:
    node.applied(ON_NIC)
    process = process_of("eno1")
    subprocess.run(["umount", "/usr/sbin/dhcpcd"], check=True)
    node.unchanged(ON_NIC)
    assert process_of("eno1") == process
    more = ON_NIC.replace("true", "true, use_dhcpv6: true")
    assert "  ~ dhcp     program  dhclient → dhcpcd" in node.apply(more, "--noop").output
    node.applied(PLAIN)
    assert brought() == ([], [], False)
    assert "  + dhcp     dhcpcd, ipv4" in node.applied(ON_NIC).output
    node.applied(PLAIN)

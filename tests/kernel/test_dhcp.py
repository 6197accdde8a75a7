"""DHCP clients on a real kernel: real dhcpcd, real dnsmasq."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from pathlib import Path
from typing import Any, Callable, Dict, Iterator, List, Tuple

import pytest

from os_net_config.backends import appearance

from .support import program, warm
from .support.asked import shown
from .support.awaiting import Changes, said
from .support.dhcp import OTHER_LINKS, Server, dhcp_server, is_left
from .support.namespace import Namespace
from .support.node import Node, ip
from .support.observed import observe
from .support.openvswitch import OpenVSwitch
from .support.processes import FAILS, PATIENCE

pytestmark = pytest.mark.usefixtures("alone")

ON_NIC = "network_config: [{type: interface, name: nic1, use_dhcp: true}]\n"
PLAIN = "network_config: [{type: interface, name: nic1}]\n"
WITHOUT_ROUTE = ON_NIC.replace("true", "true, defroute: false")


@pytest.fixture
def server(node: Node) -> Iterator[Server]:
    with dhcp_server(node) as made:
        yield made


def addresses(link: str) -> List[str]:
    """Those of IPv4."""
    (found,) = shown("-4", "address", "show", "dev", link)[:1] or [{"addr_info": []}]
    return [f"{one['local']}/{one['prefixlen']}" for one in found["addr_info"]]


def leased(link: str, network: str = "192.0.2") -> bool:
    """Whether it has an address of a server's range."""
    found = [one for one in addresses(link) if one.startswith(f"{network}.1") and len(one) > 12]
    return bool(found)


def default_routes() -> List[Dict[str, Any]]:
    return shown("-4", "route", "show", "default")


def comes(link: str, network: str = "192.0.2") -> None:
    with Changes() as changes:
        changes.until(lambda: leased(link, network), PATIENCE)


def process_of(link: str) -> int:
    return int(Path(f"/run/dhcpcd/{link}.pid").read_text(encoding="ascii"))


def test_a_lease_on_a_nic(node: Node, server: Server) -> None:
    run = node.applied(ON_NIC)
    assert "  + dhcp     dhcpcd, ipv4, defroute" in run.output
    assert leased("eno1")
    (route,) = default_routes()
    assert (route["gateway"], route["protocol"]) == ("192.0.2.1", "dhcp")
    node.unchanged(ON_NIC)
    assert node.applied(PLAIN).output.startswith("eno1  network_config[0]\n  - dhcp")
    assert (addresses("eno1"), default_routes(), is_left("eno1")) == ([], [], False)
    assert server.heard("DHCPRELEASE") == 1
    node.unchanged(PLAIN)


@pytest.mark.rotating
def test_what_the_file_does_not_want_is_not_taken(node: Node, server: Server) -> None:
    takes_only_what_is_wanted(node)


@pytest.mark.rotating
def test_one_that_is_told_something_else_keeps_its_lease(node: Node, server: Server) -> None:
    keeps_its_lease(node, server)


# What is so of every program that is a client: test_dhclient asks the same.


def keeps_its_lease(node: Node, server: Server) -> None:
    node.applied(ON_NIC)
    (address,), (route,) = addresses("eno1"), default_routes()
    lost = ["ip", "monitor", "address", "dev", "eno1"]
    with subprocess.Popen(lost, stdout=subprocess.PIPE, text=True) as monitor:
        run = node.applied(WITHOUT_ROUTE)
        assert "  ~ dhcp     defroute yes → no\n  - route    default via 192.0.2.1 metric" in run.output
        assert (addresses("eno1"), default_routes()) == ([address], [])
        node.unchanged(WITHOUT_ROUTE)
        node.applied(ON_NIC)
        with Changes() as changes:
            changes.until(lambda: bool(default_routes()), PATIENCE)
        assert (addresses("eno1"), default_routes()) == ([address], [route])
        monitor.terminate()
        told = monitor.stdout.read() if monitor.stdout is not None else ""
    assert "Deleted" not in told
    assert server.heard("DHCPRELEASE") == 0


def takes_only_what_is_wanted(node: Node) -> None:
    resolv_conf = Path("/etc/resolv.conf").read_bytes()
    node.applied(WITHOUT_ROUTE)
    assert leased("eno1")
    assert default_routes() == []
    assert Path("/etc/resolv.conf").read_bytes() == resolv_conf


def goes_and_comes_with_failed_runs(node: Node, is_there: Callable[[], bool]) -> None:
    """``is_there``: whether anything of the client is."""
    node.applied(PLAIN)
    before = observe()
    assert node.apply(ON_NIC, *FAILS).status == 4
    assert (observe(), is_there()) == (before, False)
    node.applied(ON_NIC)
    for config in (PLAIN, WITHOUT_ROUTE):
        assert node.apply(config, *FAILS).status == 4
        comes("eno1")
        node.unchanged(ON_NIC)


@pytest.mark.rotating
@pytest.mark.parametrize("link", list(OTHER_LINKS))
def test_a_lease_on_other_links(node: Node, link: str) -> None:
    config = f"network_config: [{OTHER_LINKS[link].format('use_dhcp')}]\n"
    with node.at_the_switch():
        ip("link add link sw1 name sw1.20 type vlan id 20")
    with dhcp_server(node, "sw1.20" if link == "vlan20" else "sw1"):
        node.applied(config)
        assert leased(link)
        node.unchanged(config)
        node.applied(PLAIN)
        assert not is_left(link)


@pytest.mark.rotating
def test_a_lease_on_a_bridge_of_open_vswitch(node: Node, server: Server, switch: OpenVSwitch) -> None:
    bridge = "type: ovs_bridge, name: br-ex, use_dhcp: true, members: [{type: interface, name: nic1}]"
    config = f"network_config: [{{{bridge}}}]\n"
    node.applied(config)
    assert leased("br-ex")
    node.unchanged(config)
    node.applied(PLAIN)
    assert not is_left("br-ex")


@pytest.mark.rotating
def test_static_addresses_are_kept_beside_it(node: Node, server: Server) -> None:
    static = "addresses: [{ip_netmask: 192.0.2.9/24}, {ip_netmask: 198.51.100.9/24}]"
    config = ON_NIC.replace("true", f"true, {static}")
    node.applied(config)
    assert leased("eno1")
    assert addresses("eno1")[:2] == ["192.0.2.9/24", "198.51.100.9/24"]
    node.unchanged(config)
    more = config.replace("198.51.100.9", "198.51.100.10")
    process = process_of("eno1")
    node.applied(more)
    assert leased("eno1")
    assert process_of("eno1") == process
    node.applied(ON_NIC)
    assert leased("eno1")
    assert len(addresses("eno1")) == 1


@pytest.mark.rotating
def test_an_address_that_was_leased_may_become_one_of_the_file(node: Node, server: Server) -> None:
    node.applied(ON_NIC)
    (address,) = addresses("eno1")
    static = PLAIN.replace("nic1", f"nic1, addresses: [{{ip_netmask: {address}}}]")
    node.applied(static)
    assert addresses("eno1") == [address]
    assert not is_left("eno1")
    node.unchanged(static)
    node.applied(ON_NIC)
    assert leased("eno1")
    node.unchanged(ON_NIC)


@pytest.mark.rotating
def test_another_server_and_no_carrier_are_no_difference(node: Node, server: Server) -> None:
    node.applied(ON_NIC)
    server.stop()
    with node.at_the_switch():
        ip("address flush dev sw1", "address add 203.0.113.1/24 dev sw1")
        server.start("--dhcp-range=203.0.113.100,203.0.113.150,1h")
    subprocess.run(["dhcpcd", "-n", "eno1"], check=True, capture_output=True)
    comes("eno1", "203.0.113")
    node.unchanged(ON_NIC)
    with Changes() as changes:
        with node.at_the_switch():
            ip("link set sw1 down")
        changes.until(lambda: not addresses("eno1"), PATIENCE)
    node.unchanged(ON_NIC)
    with node.at_the_switch():
        ip("link set sw1 up")
    comes("eno1", "203.0.113")
    node.unchanged(ON_NIC)


@pytest.mark.rotating
def test_one_that_dies_is_started_again(node: Node, server: Server) -> None:
    node.applied(ON_NIC)
    process = process_of("eno1")
    descriptor = os.pidfd_open(process)
    os.kill(process, signal.SIGKILL)
    os.close(descriptor)
    pid_file, deadline = "/run/dhcpcd/eno1.pid", time.monotonic() + PATIENCE
    assert appearance.until(lambda: is_left("eno1") and process_of("eno1") != process, pid_file, deadline)
    node.unchanged(ON_NIC)
    comes("eno1")


@pytest.mark.rotating
def test_a_failed_run_stops_what_it_started_and_starts_what_it_stopped(node: Node, server: Server) -> None:
    goes_and_comes_with_failed_runs(node, lambda: is_left("eno1"))


@pytest.mark.rotating
def test_a_silent_server_ends_the_wait(node: Node) -> None:
    began = time.monotonic()
    run = node.apply(ON_NIC, "--wait-dhcp", "2")
    assert time.monotonic() - began < PATIENCE
    assert run.status == 2
    assert run.errors == "WARNING: dhcp eno1: there is no lease after 2 s; the client goes on asking\n"
    assert is_left("eno1")
    node.unchanged(ON_NIC)
    node.applied(PLAIN)
    run = node.apply(ON_NIC, "--wait-dhcp", "2", "--require-dhcp")
    assert run.status == 4
    assert "network_config[0].use_dhcp: dhcp eno1: there is no lease after 2 s" in run.errors
    assert not is_left("eno1")
    node.applied(ON_NIC, "--wait-dhcp", "0")
    with dhcp_server(node):
        comes("eno1")


@pytest.mark.rotating
def test_the_wait_is_seen_on_a_terminal(node: Node) -> None:
    arguments = node.arguments(node.file("config.yaml", ON_NIC), "--wait-dhcp", "60")
    terminal, far_end = os.openpty()
    run = program.start(*arguments, stdout=far_end)
    os.close(far_end)
    said(terminal, "waiting for a lease on eno1: 1 s of 60", PATIENCE)
    with dhcp_server(node):
        assert run.wait(PATIENCE) == 2
    os.close(terminal)


@pytest.mark.rotating
def test_a_route_waits_for_the_lease_that_reaches_its_gateway(node: Node, server: Server) -> None:
    config = ON_NIC.replace("true", "true, routes: [{ip_netmask: 10.0.0.0/8, next_hop: 192.0.2.1}]")
    node.applied(config)
    (route,) = shown("route", "show", "10.0.0.0/8")
    assert route["gateway"] == "192.0.2.1"
    node.unchanged(config)


@pytest.mark.rotating
def test_a_route_without_the_lease_is_an_error_that_says_so(node: Node) -> None:
    config = ON_NIC.replace("true", "true, routes: [{ip_netmask: 10.0.0.0/8, next_hop: 192.0.2.1}]")
    run = node.apply(config, "--wait-dhcp", "1")
    assert run.status == 4
    assert "nothing but a lease reaches the next hop, and there is none after 1 s" in run.errors
    assert not is_left("eno1")


WITH_ROUTE = """\
network_config:
- {type: interface, name: nic1, use_dhcp: true, routes: [{ip_netmask: 10.0.0.0/8, next_hop: 192.0.2.1}]}
- {type: interface, name: nic2, addresses: [{ip_netmask: 10.1.0.1/24}]}
"""


def boot(node: Node, *options: str) -> program.Run:
    places = node.arguments(node.file("config.yaml", WITH_ROUTE), "--wait-nics", "0", *options)
    return warm.run("boot", *places)


@pytest.mark.rotating
def test_a_boot_adds_the_route_when_the_lease_has_come(node: Node, server: Server) -> None:
    run = boot(node)
    assert (run.status, run.errors) == (2, "")
    (route,) = shown("route", "show", "10.0.0.0/8")
    assert route["gateway"] == "192.0.2.1"
    assert (boot(node).status, boot(node).errors) == (0, "")
    node.unchanged(WITH_ROUTE)


@pytest.mark.rotating
def test_a_boot_makes_all_but_the_route_while_the_server_is_silent(node: Node) -> None:
    target = node.directory / "state" / "target.json"
    left_out = "routes[0]: the route 10.0.0.0/8 is not added: nothing but a lease reaches the next hop"
    assert left_out in boot(node, "--noop").errors
    run = boot(node, "--wait-dhcp", "1")
    assert run.status == 6
    assert left_out in run.errors
    assert (addresses("eno2"), is_left("eno1")) == (["10.1.0.1/24"], True)
    assert (boot(node).status, target.exists()) == (6, False)
    with dhcp_server(node):
        comes("eno1")
        assert (boot(node).status, target.exists()) == (2, True)
        assert shown("route", "show", "10.0.0.0/8")
        node.unchanged(WITH_ROUTE)


@pytest.mark.rotating
def test_a_run_that_is_killed_is_taken_back(node: Node) -> None:
    node.applied(PLAIN)
    before = observe()
    arguments = node.arguments(node.file("config.yaml", ON_NIC), "--wait-dhcp", "60")
    terminal, far_end = os.openpty()
    run = program.start(*arguments, stdout=far_end)
    os.close(far_end)
    said(terminal, "waiting for a lease", PATIENCE)
    run.kill()
    run.wait(PATIENCE)
    os.close(terminal)
    assert is_left("eno1")
    places = ("--run-dir", str(node.run_directory), "--state-dir", str(node.directory / "state"))
    assert program.run("recover", *places).status == 0
    assert (observe(), is_left("eno1")) == (before, False)


@pytest.mark.rotating
def test_a_client_of_others_is_an_error(node: Node, server: Server) -> None:
    ip("link set eno1 up")
    subprocess.run(["dhcpcd", "-b", "-q", "eno1"], check=True, capture_output=True)
    try:
        comes("eno1")
        run = node.apply(ON_NIC)
        assert run.status == 1
        assert "is a DHCP client of eno1 already, and not ours" in run.errors
        node.apply(PLAIN)
        assert leased("eno1")
    finally:
        subprocess.run(["dhcpcd", "-k", "eno1"], check=True, capture_output=True)


@pytest.mark.rotating
@pytest.mark.parametrize("links, of", [(("eno1",), "eno1"), ((), "all links")], ids=["one", "all"])
def test_one_in_another_namespace_is_an_error(node: Node, links: Tuple[str, ...], of: str) -> None:
    """dhcpcd has one place for the files of all namespaces: it would tell that one to take the link."""
    with Namespace() as home, Namespace.new():
        ip("link add eno1 type dummy", "link set eno1 up")
        subprocess.run(["dhcpcd", "-b", "-q", *links], check=True, capture_output=True)
        home.enter()
        try:
            run = node.apply(ON_NIC)
            node.applied(PLAIN)
        finally:
            subprocess.run(["dhcpcd", "-k", *links], check=True, capture_output=True)
    assert run.status == 1
    assert f"in another network namespace) is a DHCP client of {of} already, and not ours" in run.errors


@pytest.mark.rotating
def test_it_is_left_alone_in_another_namespace(node: Node, server: Server) -> None:
    """The files of all namespaces are in one place."""
    node.applied(ON_NIC)
    with Namespace() as home, Namespace.new():
        try:
            node.apply("network_config: [{type: linux_tap, name: tap9}]\n", name="other.yaml")
        finally:
            home.enter()
    node.unchanged(ON_NIC)

"""DHCPv6 and router advertisements on a real kernel: real dhcpcd, real dnsmasq."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any, Dict, Iterator, List

import pytest

from .support import program, warm
from .support.asked import shown
from .support.awaiting import Changes, said
from .support.dhcp import (
    BOTH,
    OTHER_LINKS,
    SLAAC,
    Server,
    announcing,
    dhcp_server,
    is_left,
    router,
)
from .support.node import NICS, Node, ip
from .support.observed import observe
from .support.openvswitch import OpenVSwitch
from .support.processes import FAILS, PATIENCE

pytestmark = pytest.mark.usefixtures("alone")

TURNS = pytest.mark.rotating(3)

ON_NIC = "network_config: [{type: interface, name: nic1, use_dhcpv6: true}]\n"
PLAIN = "network_config: [{type: interface, name: nic1}]\n"
NETWORK = "2001:db8:7:"
#: Settings that a client of IPv6 has as it likes.
SETTINGS = ("accept_ra", "autoconf", "addr_gen_mode", "keep_addr_on_down")
#: That of a route which the kernel makes of an advertisement (linux/ipv6_route.h, IP6_RT_PRIO_USER).
KERNEL_METRIC = 1024
_IPV6 = Path("/proc/sys/net/ipv6/conf")


@pytest.fixture
def server(node: Node) -> Iterator[Server]:
    with router(node) as made:
        yield made


def addresses(link: str, *which: str) -> List[str]:
    """Those that others can reach."""
    found = shown("-6", "address", "show", "dev", link, "scope", "global", *which)
    known = (one for entry in found for one in entry.get("addr_info", ()) if one)
    return [f"{one['local']}/{one['prefixlen']}" for one in known]


def leased(link: str, network: str = NETWORK) -> bool:
    """Whether it has an address of a server's range."""
    return any(one.startswith(f"{network}:1") and one.endswith("/128") for one in addresses(link))


def own(mac: str) -> str:
    """The address that a link makes up of its MAC address (RFC 4291, appendix A)."""
    parts = [int(part, 16) for part in mac.split(":")]
    parts = [parts[0] ^ 2, *parts[1:3], 0xFF, 0xFE, *parts[3:]]
    words = (f"{parts[place] << 8 | parts[place + 1]:x}" for place in range(0, 8, 2))
    return f"{NETWORK}0:{':'.join(words)}/64"


def default_routes() -> List[Dict[str, Any]]:
    return shown("-6", "route", "show", "default")


def deaf(link: str) -> None:
    """The kernel does not hear routers by it, whoever else does."""
    (_IPV6 / link / "accept_ra").write_text("0", encoding="ascii")


def settings(link: str) -> List[str]:
    return [(_IPV6 / link / name).read_text(encoding="ascii").strip() for name in SETTINGS]


def test_a_lease_on_a_nic(node: Node, server: Server) -> None:
    deaf("eno1")
    node.applied(PLAIN)
    before, found = observe(), settings("eno1")
    run = node.applied(ON_NIC)
    assert "  + dhcp     dhcpcd, ipv6, defroute" in run.output
    assert leased("eno1")
    with Changes() as changes:
        changes.until(lambda: bool(default_routes()), PATIENCE)
    (route,) = default_routes()
    assert (route["gateway"][:4], route["protocol"]) == ("fe80", "ra")
    assert settings("eno1") == ["0", "0", "1", "0"]
    node.unchanged(ON_NIC)
    node.applied(PLAIN)
    assert (addresses("eno1"), default_routes(), is_left("eno1")) == ([], [], False)
    assert server.heard("DHCPRELEASE") == 1
    assert (observe(), settings("eno1")) == (before, found)
    node.unchanged(PLAIN)


def test_a_router_alone_is_enough(node: Node) -> None:
    """Privacy is the link's: a temporary address beside the one that tells the MAC address, or neither."""
    Path(_IPV6 / "eno1" / "use_tempaddr").write_text("2", encoding="ascii")
    with router(node, mode=SLAAC):
        node.applied(ON_NIC)
        assert own(NICS["eno1"]) in addresses("eno1")
        assert len(addresses("eno1", "temporary")) == 1
        node.unchanged(ON_NIC)
        # Then the kernel hears the router.
        node.applied(PLAIN)
        with Changes() as changes:
            changes.until(lambda: [one["metric"] for one in default_routes()] == [KERNEL_METRIC], PATIENCE)
        ip("address flush dev eno1 scope global")
        Path(_IPV6 / "eno1" / "addr_gen_mode").write_text("3", encoding="ascii")
        assert "dhcpcd, ipv6, defroute, private" in node.applied(ON_NIC).output
        assert addresses("eno1")
        assert own(NICS["eno1"]) not in addresses("eno1")
        node.unchanged(ON_NIC)
        node.applied(PLAIN)
        assert settings("eno1")[2] == "3"


@TURNS
def test_an_address_of_each_kind_and_no_default_route(node: Node) -> None:
    with router(node, mode=BOTH):
        config = ON_NIC.replace("true", "true, defroute: false")
        resolv_conf = Path("/etc/resolv.conf").read_bytes()
        node.applied(config)
        with Changes() as changes:
            changes.until(lambda: leased("eno1") and own(NICS["eno1"]) in addresses("eno1"), PATIENCE)
        assert default_routes() == []
        assert Path("/etc/resolv.conf").read_bytes() == resolv_conf
        node.unchanged(config)
        node.applied(ON_NIC)
        with Changes() as changes:
            changes.until(lambda: bool(default_routes()), PATIENCE)
        run = node.applied(config)
        assert "- route    ::/0 via fe80::" in run.output
        assert default_routes() == []


@TURNS
@pytest.mark.parametrize("link", list(OTHER_LINKS))
def test_a_lease_on_other_links(node: Node, link: str) -> None:
    config = f"network_config: [{OTHER_LINKS[link].format('use_dhcpv6')}]\n"
    with node.at_the_switch():
        ip("link add link sw1 name sw1.20 type vlan id 20")
    with router(node, "sw1.20" if link == "vlan20" else "sw1"):
        node.applied(config)
        assert leased(link)
        node.unchanged(config)
        node.applied(PLAIN)
        assert not is_left(link)


@TURNS
def test_it_comes_again_with_its_link(node: Node) -> None:
    config = "network_config: [{type: vlan, device: nic1, vlan_id: 20, use_dhcpv6: true}]\n"
    with node.at_the_switch():
        ip("link add br9 type bridge mcast_snooping 0", "link set br9 up")
        for name in ("sw1", "sw2"):
            ip(f"link set {name} master br9")
        ip("link add link br9 name br9.20 type vlan id 20")
    with router(node, "br9.20", BOTH):
        node.applied(config)
        elsewhere = config.replace("nic1", "nic2")
        node.applied(elsewhere)
        assert settings("vlan20") == ["0", "0", "1", "0"]
        with Changes() as changes:
            changes.until(lambda: own(NICS["eno2"]) in addresses("vlan20"), PATIENCE)
        node.unchanged(elsewhere)
        assert node.apply(config, *FAILS).status == 4
        with Changes() as changes:
            changes.until(lambda: own(NICS["eno2"]) in addresses("vlan20"), PATIENCE)
        node.unchanged(elsewhere)


@TURNS
def test_a_lease_on_a_bridge_of_open_vswitch(node: Node, server: Server, switch: OpenVSwitch) -> None:
    bridge = "type: ovs_bridge, name: br-ex, use_dhcpv6: true, members: [{type: interface, name: nic1}]"
    config = f"network_config: [{{{bridge}}}]\n"
    node.applied(config)
    assert leased("br-ex")
    node.unchanged(config)
    node.applied(PLAIN)
    assert not is_left("br-ex")


@TURNS
def test_both_families_and_static_addresses_beside(node: Node) -> None:
    static = "addresses: [{ip_netmask: 192.0.2.9/24}, {ip_netmask: '2001:db8:7::9/64'}]"
    config = ON_NIC.replace("true", f"true, use_dhcp: true, {static}")
    range_of_ipv4 = "--dhcp-range=192.0.2.100,192.0.2.150,1h"
    with node.at_the_switch():
        ip("address add 192.0.2.1/24 dev sw1")
    with router(node, options=[range_of_ipv4]) as server:
        node.applied(config)
        assert leased("eno1")
        assert "2001:db8:7::9/64" in addresses("eno1")
        assert server.heard("DHCPACK") == 1
        assert settings("eno1") == ["0", "0", "1", "1"]
        node.unchanged(config)
        text = warm.run("show", *node.arguments(node.directory / "config.yaml")[2:8]).output
        assert "use_dhcp: true\n  use_dhcpv6: true\n" in text
        node.unchanged(text)
        # Each keeps what it has while the other one goes.
        node.applied(ON_NIC)
        assert leased("eno1")
        assert "2001:db8:7::9/64" not in addresses("eno1")
        assert shown("-4", "address", "show", "dev", "eno1") == []
        node.unchanged(ON_NIC)


@TURNS
def test_an_address_that_was_leased_may_become_one_of_the_file(node: Node, server: Server) -> None:
    node.applied(ON_NIC)
    (address,) = addresses("eno1")
    wider = address.replace("/128", "/64")
    static = PLAIN.replace("nic1", f"nic1, addresses: [{{ip_netmask: '{wider}'}}]")
    node.applied(static)
    assert addresses("eno1") == [wider]
    assert settings("eno1") == ["0", "0", "0", "1"]
    node.unchanged(static)
    node.applied(ON_NIC)
    assert leased("eno1")
    node.unchanged(ON_NIC)


@TURNS
def test_another_router_and_no_carrier_are_no_difference(node: Node, server: Server) -> None:
    node.applied(ON_NIC)
    server.stop()
    with node.at_the_switch():
        ip("address del 2001:db8:7::1/64 dev sw1", "address add 2001:db8:9::1/64 dev sw1")
        server.start(*announcing(BOTH, "2001:db8:9"))
    with Changes() as changes:
        with node.at_the_switch():
            ip("link set sw1 down")
        node.unchanged(ON_NIC)
        with node.at_the_switch():
            ip("link set sw1 up", "address replace 2001:db8:9::1/64 dev sw1")
        changes.until(lambda: leased("eno1", "2001:db8:9:"), PATIENCE)
        node.unchanged(ON_NIC)
        # Its link-local address is the client's work too.
        ip("link set eno1 down")
        changes.until(lambda: not addresses("eno1"), PATIENCE)
        assert "~ up " in node.applied(ON_NIC).output
        changes.until(lambda: leased("eno1", "2001:db8:9:"), PATIENCE)
    node.unchanged(ON_NIC)


@TURNS
def test_a_failed_run_stops_what_it_started_and_starts_what_it_stopped(node: Node, server: Server) -> None:
    deaf("eno1")
    node.applied(PLAIN)
    before, found = observe(), settings("eno1")
    assert node.apply(ON_NIC, *FAILS).status == 4
    assert (observe(), settings("eno1"), is_left("eno1")) == (before, found, False)
    node.applied(ON_NIC)
    assert node.apply(PLAIN, *FAILS).status == 4
    with Changes() as changes:
        changes.until(lambda: leased("eno1"), PATIENCE)
    node.unchanged(ON_NIC)


@TURNS
def test_a_run_that_is_killed_is_taken_back(node: Node) -> None:
    deaf("eno1")
    node.applied(PLAIN)
    before, found = observe(), settings("eno1")
    arguments = node.arguments(node.file("config.yaml", ON_NIC), "--wait-dhcp", "60")
    terminal, far_end = os.openpty()
    run = program.start(*arguments, stdout=far_end)
    os.close(far_end)
    said(terminal, "waiting for a lease", PATIENCE)
    run.kill()
    run.wait(PATIENCE)
    os.close(terminal)
    assert (settings("eno1")[2], is_left("eno1")) == ("1", True)
    places = ("--run-dir", str(node.run_directory), "--state-dir", str(node.directory / "state"))
    assert program.run("recover", *places).status == 0
    assert (observe(), settings("eno1"), is_left("eno1")) == (before, found, False)


@TURNS
def test_a_silent_network_ends_the_wait_and_a_server_without_a_router_is_heard(node: Node) -> None:
    run = node.apply(ON_NIC, "--wait-dhcp", "2")
    assert run.status == 2
    assert run.errors == "WARNING: dhcp eno1: there is no lease after 2 s; the client goes on asking\n"
    node.unchanged(ON_NIC)
    node.applied(PLAIN)
    run = node.apply(ON_NIC, "--wait-dhcp", "2", "--require-dhcp")
    assert run.status == 4
    assert "network_config[0].use_dhcpv6: dhcp eno1: there is no lease after 2 s" in run.errors
    assert not is_left("eno1")
    with node.at_the_switch():
        ip("address add 2001:db8:7::1/64 dev sw1 nodad")
    server = Server(node.directory, "sw1")
    with node.at_the_switch():
        server.start(announcing("64")[0])
    try:
        node.applied(ON_NIC)
        assert leased("eno1")
    finally:
        server.stop()


@TURNS
def test_a_client_of_ipv4_leaves_the_kernel_to_hear_routers(node: Node) -> None:
    with dhcp_server(node, options=announcing(SLAAC)):
        with node.at_the_switch():
            ip("address add 2001:db8:7::1/64 dev sw1")
        node.applied(ON_NIC.replace("use_dhcpv6", "use_dhcp"))
        with Changes() as changes:
            changes.until(lambda: own(NICS["eno1"]) in addresses("eno1"), PATIENCE)
        assert settings("eno1") == ["1", "1", "0", "0"]

"""A plan that cuts the branch it sits on says so, on its last line.

That is the link of the default route, or the one that carries the SSH session of whoever runs it.
"""

from __future__ import annotations

import pytest

from .support.node import Node, ip
from .support.site import bonding, config, vlan

#: The session comes to the address of VLAN 20; the default route is by NIC 4.
SESSION = "198.51.100.9 50022 10.20.0.10 22"
HOME = config(
    bonding("mode=2 miimon=100", "nic1 nic2"),
    vlan(20, "device: bond1", ["10.20.0.10/24"]),
    "{type: interface, name: nic3}",
    "{type: interface, name: nic4, addresses: [{ip_netmask: 10.40.0.10/24}],"
    " routes: [{default: true, next_hop: 10.40.0.1}]}",
)

#: What the plan does to the session's link.
SESSION_LOST = {
    "its VLAN moves to another NIC": HOME.replace("device: bond1", "device: nic3"),
    "its VLAN leaves the file": HOME.replace("- {type: vlan", "# {"),
    "the bond below gets another mode": HOME.replace("mode=2", "mode=1"),
    "the bond below leaves the file": HOME.replace("- {type: linux_bond", "# {").replace(
        "device: bond1", "device: nic3"
    ),
    "its address goes": HOME.replace("10.20.0.10/24", "10.20.0.11/24"),
}

#: What it does to that of the default route.
ROUTE_LOST = {
    "its NIC becomes a port": config(bonding("mode=2 miimon=100", "nic1 nic4")),
    "it goes": HOME.replace("{default: true, next_hop: 10.40.0.1}", ""),
    "its NIC leaves the file": HOME.replace("- {type: interface, name: nic4", "# {"),
}

HARMLESS = {
    "a live option": HOME.replace("miimon=100", "miimon=200"),
    "an MTU": HOME.replace("nic3}", "nic3, mtu: 9000}"),
    "another VLAN": HOME + "- {type: vlan, vlan_id: 30, device: bond1}\n",
    "another NIC": HOME.replace("- {type: interface, name: nic3}", ""),
    "an address more": HOME.replace("10.40.0.10/24}", "10.40.0.10/24}, {ip_netmask: 10.41.0.10/24}"),
}


def last_line(node: Node, text: str, *options: str) -> str:
    run = node.apply(text, "--noop", *options)
    assert run.status == 2, run
    return run.output.splitlines()[-1]


@pytest.fixture
def session(node: Node, monkeypatch: pytest.MonkeyPatch) -> Node:
    """The node as it is reached; its SSH daemon says by which address."""
    node.applied(HOME)
    monkeypatch.setenv("SSH_CONNECTION", SESSION)
    return node


@pytest.mark.parametrize("changed", SESSION_LOST.values(), ids=SESSION_LOST)
def test_link_of_the_session(session: Node, changed: str) -> None:
    said = last_line(session, changed)
    assert "SSH" in said
    assert "vlan20" in said
    assert "default route" not in said


@pytest.mark.parametrize("changed", ROUTE_LOST.values(), ids=ROUTE_LOST)
def test_link_of_the_default_route(session: Node, changed: str) -> None:
    said = last_line(session, changed)
    assert "default route" in said
    assert "eno4" in said


@pytest.mark.parametrize("changed", HARMLESS.values(), ids=HARMLESS)
def test_other_links(session: Node, changed: str) -> None:
    said = last_line(session, changed)
    assert "SSH" not in said
    assert "default route" not in said


def test_both_at_once(session: Node) -> None:
    said = last_line(session, config("{type: interface, name: nic1}"))
    assert "SSH" in said
    assert "default route" in said


def test_session_over_ipv6(node: Node, monkeypatch: pytest.MonkeyPatch) -> None:
    ipv6 = HOME.replace("10.20.0.10/24", "2001:db8:20::10/64")
    node.applied(ipv6)
    # As sshd writes it, whatever the file's spelling is.
    monkeypatch.setenv("SSH_CONNECTION", "2001:db8:99::9 50022 2001:db8:20::10 22")
    said = last_line(node, ipv6.replace("device: bond1", "device: nic3"))
    assert "SSH" in said
    assert "vlan20" in said


@pytest.mark.parametrize("said", ["", "nonsense", "198.51.100.9 50022 192.0.2.99 22", "a b c d e"])
def test_session_that_is_none_of_the_nodes(node: Node, monkeypatch: pytest.MonkeyPatch, said: str) -> None:
    """Somebody's variable breaks nothing."""
    node.applied(HOME)
    monkeypatch.setenv("SSH_CONNECTION", said)
    assert "SSH" not in last_line(node, SESSION_LOST["its VLAN leaves the file"])


def test_route_of_an_initramfs_counts_too(node: Node) -> None:
    """Whoever made it: the node speaks to the world by it."""
    ip("link set eno1 up", "address add 192.0.2.55/24 dev eno1", "route add default via 192.0.2.1 proto dhcp")
    said = last_line(node, config(bonding("mode=1", "nic1 nic2")))
    assert "default route" in said
    assert "eno1" in said

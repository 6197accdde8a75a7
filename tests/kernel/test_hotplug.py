"""``hotplug: true``: a run without the NIC goes on, and one that is started when it comes configures it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from .support import warm
from .support.node import Node, ip
from .support.observed import ipv4_addresses as addresses
from .support.observed import observe
from .support.openvswitch import OpenVSwitch
from .support.program import Run
from .support.site import config

LATE = config(
    "{type: interface, name: nic1, addresses: [{ip_netmask: 10.1.0.10/24}]}",
    "{type: interface, name: late, hotplug: true, addresses: [{ip_netmask: 10.2.0.10/24}]}",
    "{type: vlan, vlan_id: 20, device: late, addresses: [{ip_netmask: 10.20.0.10/24}]}",
    "{type: linux_bond, name: bond1, bonding_options: mode=1 miimon=100, members:"
    " [{type: interface, name: nic2}, {type: interface, name: other0, hotplug: yes}]}",
)
MAPPING = "interface_mapping: {nic1: eno1, nic2: eno2, late: 52:54:00:00:00:77}\n"
PLUGGED = ("link add late0 address 52:54:00:00:00:77 type veth peer name far0", "link set far0 up")


@pytest.fixture
def with_late(node: Node) -> Node:
    return replace(node, mapping=MAPPING)


def arrived(node: Node, name: str) -> Run:
    """What the service does that udevd starts."""
    arguments = node.arguments(node.directory / "config.yaml", "--wait-nics", "0", "--arrived", name)
    return warm.run("boot", *arguments)


def test_configured_when_it_comes(with_late: Node) -> None:
    node = with_late
    node.applied(LATE, "--exit-on-validation-errors")
    assert "10.1.0.10/24" in str(addresses()) and "vlan20" not in observe().links
    node.unchanged(LATE)
    ip(*PLUGGED)
    run = arrived(node, "eno3")
    assert (run.status, run.output) == (0, ""), run
    run = arrived(node, "late0")
    assert run.status == 2, run
    assert "10.2.0.10/24" in str(addresses()) and "10.20.0.10/24" in str(addresses())
    node.unchanged(LATE)
    ip("link add other0 type veth peer name far1", "link set far1 up")
    assert arrived(node, "other0").status == 2
    assert observe().links["other0"]["master"] == "bond1"
    # Out again, and in.
    ip("link del late0")
    node.unchanged(LATE)
    ip(*PLUGGED)
    assert arrived(node, "late0").status == 2
    node.unchanged(LATE)


def test_a_boot_does_not_wait_for_it(with_late: Node) -> None:
    node = with_late
    file = node.file("config.yaml", LATE)
    run = warm.run("boot", *node.arguments(file, "--wait-nics", "30"))
    assert run.status == 2 and run.errors == "", run
    assert "10.1.0.10/24" in str(addresses())


def test_with_a_name_of_its_own(with_late: Node) -> None:
    node = with_late
    assert node.apply(LATE, "--persist-mapping").status == 2
    assert node.apply(LATE, "--persist-mapping").status == 0
    ip(*PLUGGED)
    assert arrived(node, "late0").status == 2
    assert {"nic1", "nic2", "late"} <= observe().links.keys()
    assert node.apply(LATE, "--persist-mapping").status == 0


def test_a_nic_without_it(with_late: Node) -> None:
    run = with_late.apply(LATE.replace("hotplug: true, ", ""))
    assert run.status == 1 and "there is no NIC 52:54:00:00:00:77 on this node" in run.errors, run


def test_a_port_of_open_vswitch(node: Node, switch: OpenVSwitch) -> None:
    text = config(
        "{type: ovs_bridge, name: br-ex, members: [{type: interface, name: nic1},"
        " {type: interface, name: late0, hotplug: true}]}"
    )
    node.applied(text)
    assert switch.run("ovs-vsctl", "list-ports", "br-ex").split() == ["eno1"]
    ip(*PLUGGED)
    assert arrived(node, "late0").status == 2
    assert sorted(switch.run("ovs-vsctl", "list-ports", "br-ex").split()) == ["eno1", "late0"]
    node.unchanged(text)

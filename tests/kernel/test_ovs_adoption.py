"""Bridges of Open vSwitch that others made, and what others do on ours, as Neutron's agents do."""

from __future__ import annotations

import shutil
from typing import Any, Dict

import pytest

from .support.namespace import Namespace
from .support.node import Node, ip
from .support.observed import ipv4_addresses, observe, snapshot
from .support.openvswitch import OpenVSwitch
from .support.site import config

pytestmark = pytest.mark.rotating(3)

LITTLE = config("{type: interface, name: nic4}")
CONFIG = """\
network_config:
- type: ovs_bridge
  name: br-ex
  ovs_extra: ["br-set-external-id {name} bridge-id {name}"]
  addresses: [{ip_netmask: 192.0.2.10/24}]
  members:
  - {type: interface, name: nic1, primary: true}
  - {type: vlan, vlan_id: 20, addresses: [{ip_netmask: 172.17.0.10/24}]}
"""
BY_HAND = (
    "add-br br-ex -- set bridge br-ex fail_mode=secure other_config:mac-aging-time=77"
    " external_ids:whose=theirs -- set-controller br-ex tcp:127.0.0.1:6633 -- add-port br-ex eno1"
    " -- add-port br-ex tap0 -- set interface tap0 type=internal -- set port tap0 tag=5"
)
NEUTRON = (
    "set-fail-mode br-ex secure -- set-controller br-ex tcp:127.0.0.1:6633"
    " -- set bridge br-ex protocols=OpenFlow13 external_ids:neutron=yes other_config:mac-aging-time=9"
    " -- add-port br-ex phy-br-ex -- set interface phy-br-ex type=patch options:peer=int-br-ex"
    " -- add-port br-ex tap1 -- set interface tap1 type=internal external_ids:iface-id=1"
    " -- set port vlan20 other_config:net_uuid=1"
)


def identity(switch: OpenVSwitch, names: str = "br-ex eno1 tap0") -> Dict[str, Any]:
    """What differs where something was made anew."""
    bridge = {one["name"]: (one["_uuid"], one["datapath_id"]) for one in switch.rows("Bridge")}
    ports = {
        one["name"]: (one["_uuid"], one["ofport"], one["ifindex"])
        for one in switch.rows("Interface")
        if one["name"] in names.split()
    }
    return {**ports, **{f"bridge {name}": found for name, found in bridge.items()}}


def test_a_bridge_that_was_there_gets_what_the_file_says_and_keeps_what_it_had(
    node: Node, switch: OpenVSwitch
) -> None:
    switch.vsctl(*BY_HAND.split())
    ip("link set br-ex up", "link set eno1 up")
    before, same = switch.configured(), identity(switch)

    node.applied(CONFIG)
    assert identity(switch) == same
    found = switch.configured()
    added = {"external_ids": {"whose": "theirs", "bridge-id": "br-ex"}}
    bridge = before["Bridge", "br-ex"]
    assert found["Bridge", "br-ex"] == {**bridge, **added, "ports": ["br-ex", "eno1", "tap0", "vlan20"]}
    assert found.keys() - before.keys() == {("Port", "vlan20"), ("Interface", "vlan20")}
    assert {key: found[key] for key in before if key != ("Bridge", "br-ex")} == {
        key: one for key, one in before.items() if key != ("Bridge", "br-ex")
    }
    node.unchanged(CONFIG)

    node.applied(LITTLE)
    assert (switch.configured(), identity(switch)) == (before, same)


def test_what_others_do_on_our_bridge_is_left_alone(node: Node, switch: OpenVSwitch) -> None:
    node.applied(CONFIG)
    switch.vsctl(*NEUTRON.split())
    ours, same = switch.configured(), identity(switch, "br-ex eno1 vlan20 tap1")
    count = switch.vsctl("get", "Open_vSwitch", ".", "next_cfg")
    for reboot in (False, True):
        if reboot:
            shutil.rmtree(node.run_directory)
        run = node.apply(CONFIG)
        assert (run.status, run.errors) == (0, ""), run
        assert (switch.configured(), identity(switch, "br-ex eno1 vlan20 tap1")) == (ours, same)
        assert switch.vsctl("get", "Open_vSwitch", ".", "next_cfg") == count


def test_what_the_file_names_and_others_have_changed_is_told(node: Node, switch: OpenVSwitch) -> None:
    named = CONFIG.replace("  ovs_extra:", "  ovs_fail_mode: standalone\n  ovs_extra:")
    node.applied(named)
    switch.vsctl(*NEUTRON.split())
    theirs = switch.configured()
    for reboot in (False, True):
        if reboot:
            shutil.rmtree(node.run_directory)
        run = node.apply(named)
        assert run.status == 0, run
        assert run.errors.count("WARNING") == 1, run
        assert "fail_mode of bridge br-ex is secure instead of standalone: somebody changed it" in run.errors
        assert switch.configured() == theirs

    more = named.replace("vlan_id: 20,", "vlan_id: 30,")
    changed = node.apply(more)
    assert changed.status == 2, changed
    found = switch.configured()
    assert found["Bridge", "br-ex"] == {
        **theirs["Bridge", "br-ex"],
        "ports": sorted({*theirs["Bridge", "br-ex"]["ports"], "vlan30"} - {"vlan20"}),
    }
    assert found["Port", "tap1"] == theirs["Port", "tap1"]


def test_a_bridge_with_ports_of_others_is_not_removed(node: Node, switch: OpenVSwitch) -> None:
    node.applied(CONFIG)
    switch.vsctl(*NEUTRON.split())
    theirs = switch.configured()
    refused = node.apply(LITTLE)
    assert refused.status == 1, refused
    assert "ports of others go along: phy-br-ex, tap1" in refused.errors
    assert switch.configured() == theirs
    failed = node.apply(LITTLE, "--allow-loss", "--probe-required", "command:false,deadline=1")
    assert failed.status == 4, failed
    assert "the node is as it was, verified" in failed.errors
    assert switch.configured() == theirs
    node.applied_with_losses(LITTLE, "--allow-loss")
    assert {key for key in switch.configured() if key[0] != "Open_vSwitch"} == set()


def test_what_could_not_come_back_is_not_lost(node: Node, switch: OpenVSwitch) -> None:
    node.applied(CONFIG)
    mirror = "-- --id=@m create mirror name=m0 select_all=true -- set bridge br-ex mirrors=@m"
    switch.vsctl(*mirror.split())
    node.unchanged(CONFIG)
    refused = node.apply(LITTLE)
    assert refused.status == 1, refused
    assert "bridge br-ex is to be removed, and with it its mirrors" in refused.errors
    assert "clear that first" in refused.errors
    switch.vsctl("clear", "bridge", "br-ex", "mirrors")
    node.applied(LITTLE)


HELD_BY_OTHERS = {
    "an interface of their bond": (
        "add-bond br-ex bond1 eno1 eno2",
        "- {type: linux_bond, name: bond2, members: [{type: interface, name: nic1}]}",
        "eno1 is a port of bond1, which is not ours (release it first: ovs-vsctl del-bond-iface bond1 eno1)",
    ),
    "a port of their bridge": (
        "add-port br-ex eno1",
        "- {type: linux_bridge, name: br0, members: [{type: interface, name: nic1}]}",
        "eno1 is a port of br-ex, which is not ours (release it first: ovs-vsctl del-port eno1)",
    ),
    "an interface of their bond, in another bridge": (
        "add-bond br-ex bond1 eno1 eno2",
        "- {type: ovs_bridge, name: br0, members: [{type: interface, name: nic1}]}",
        "eno1 belongs to bond1 already, by somebody else"
        " (release it first: ovs-vsctl del-bond-iface bond1 eno1)",
    ),
    "a port of their bridge of the kernel": (
        "",
        "- {type: ovs_bridge, name: br0, members: [{type: interface, name: nic1}]}",
        "eno1 is a port of kb, which is not ours (release it first: ip link set eno1 nomaster)",
    ),
}


@pytest.mark.parametrize(("theirs", "objects", "told"), HELD_BY_OTHERS.values(), ids=HELD_BY_OTHERS)
def test_a_nic_that_is_in_what_others_made(
    node: Node, switch: OpenVSwitch, theirs: str, objects: str, told: str
) -> None:
    """Nothing is begun: neither the kernel nor Open vSwitch would take it."""
    switch.vsctl("add-br", "br-ex", *(["--", *theirs.split()] if theirs else []))
    ip("link add kb type bridge")
    if not theirs:
        ip("link set eno1 master kb")
    before = switch.configured(), snapshot()
    for options in (["--noop"], []):
        run = node.apply(f"network_config:\n{objects}\n", *options)
        assert run.status == 1 and told in run.errors, run
    assert (switch.configured(), snapshot()) == before


@pytest.mark.parametrize("is_in_the_switch", [True, False], ids=["of Open vSwitch", "of the kernel"])
def test_addresses_on_a_port_of_others(node: Node, switch: OpenVSwitch, is_in_the_switch: bool) -> None:
    switch.vsctl("add-br", "br-ex")
    ip("link add kb type bridge")
    if is_in_the_switch:
        switch.vsctl("add-port", "br-ex", "eno1")
    else:
        ip("link set eno1 master kb")
    holder = "br-ex" if is_in_the_switch else "kb"
    config = "network_config: [{type: interface, name: nic1, addresses: [{ip_netmask: 192.0.2.10/24}]}]\n"
    run = node.apply(config)
    assert run.status == 2, run
    assert f"eno1 is a port of {holder}, which is not ours: its addresses are of no use there" in run.errors


#: As Neutron's agents give routers and DHCP servers their links.
ROUTER = "add-port br-ex qg1 -- set interface qg1 type=internal external_ids:iface-id=1"
USER_SPACE = CONFIG.replace("ovs_bridge", "ovs_user_bridge")
WITHOUT_VLAN = "".join(line for line in CONFIG.splitlines(keepends=True) if "vlan_id" not in line)


def moved(name: str, inside: Namespace) -> None:
    """The link goes to a container, and has an address there."""
    ip(f"link set {name} netns {inside.path}", descriptors=[inside.descriptor])
    with inside.inside():
        ip(f"addr add 198.51.100.5/24 dev {name}", f"link set {name} up")


#: The port, the config after CONFIG, and what becomes of it with that.
MOVED = {
    "another datapath": ("qg1", USER_SPACE, "made anew"),
    "no bridge": ("qg1", LITTLE, "removed"),
    "a VLAN of ours": ("vlan20", WITHOUT_VLAN, "removed"),
}


@pytest.mark.parametrize("which", MOVED)
def test_a_port_in_another_network_namespace_is_not_lost(
    node: Node, switch: OpenVSwitch, inside: Namespace, which: str
) -> None:
    name, config, what = MOVED[which]
    node.applied(CONFIG)
    switch.vsctl(*ROUTER.split())
    moved(name, inside)
    there = switch.configured()
    told = f"links of Open vSwitch in other network namespaces are to be {what}"
    for options in (["--noop"], []):
        refused = node.apply(config, *options)
        assert refused.status == 1, refused
        assert f"{told}, with all that they have there: {name}" in refused.errors, refused
    assert switch.configured() == there
    with inside.inside():
        assert ipv4_addresses()[name] == ["198.51.100.5/24"]
    shown = node.apply(config, "--noop", "--allow-loss")
    assert told in shown.output + shown.errors, shown
    node.applied_with_losses(config, "--allow-loss")
    with inside.inside():
        assert name not in observe().links


@pytest.mark.parametrize("named", [CONFIG, WITHOUT_VLAN], ids=["with a VLAN", "alone"])
def test_a_bridge_that_somebody_has_made_his_own_stays_whole(
    node: Node, switch: OpenVSwitch, named: str
) -> None:
    """He has set the whole of external_ids, and our label is gone: of the bridge, not of its own port."""
    node.applied(named)
    switch.vsctl("set", "bridge", "br-ex", "external_ids={whose=theirs}")
    same = identity(switch, "br-ex")
    for _ in range(2):
        node.applied(LITTLE)
        node.unchanged(LITTLE)
        assert identity(switch, "br-ex") == same
        found = switch.configured()
        assert found["Bridge", "br-ex"]["ports"] == "br-ex"
        labelled = [key for key, one in found.items() if "os-net-config" in one.get("external_ids", {})]
        assert labelled == []
        assert "br-ex" in observe().links and ipv4_addresses() == {}
        node.applied(named)
        node.unchanged(named)


@pytest.mark.parametrize("table", ["port", "interface"])
def test_a_bridge_of_ours_goes_with_its_own_port(node: Node, switch: OpenVSwitch, table: str) -> None:
    before = switch.configured()
    node.applied(CONFIG)
    switch.vsctl("clear", table, "br-ex", "external_ids")
    node.unchanged(CONFIG)
    node.applied(LITTLE)
    assert switch.configured() == before
    assert "br-ex" not in observe().links

"""NICs that get their alias as their name: now and for good, with all that is on them, and back."""

from __future__ import annotations

import json
import subprocess
from dataclasses import replace
from pathlib import Path
from typing import Dict, List

import pytest

from .support.node import NICS, Node, ip
from .support.observed import identities, observe
from .support.openvswitch import OpenVSwitch
from .support.site import config

PERSIST = "--persist-mapping"
FILES = Path("/etc/systemd/network")

ON_NICS = config(
    "{type: interface, name: nic1, mtu: 1400, addresses: [{ip_netmask: 10.1.0.10/24},"
    " {ip_netmask: '2001:db8:1::10/64'}], routes: [{ip_netmask: 203.0.113.0/24, next_hop: 10.1.0.1},"
    " {ip_netmask: '2001:db8:9::/48', next_hop: '2001:db8:1::1'}]}",
    "{type: interface, name: nic1.30, addresses: [{ip_netmask: 10.30.0.10/24}]}",
    "{type: vlan, vlan_id: 20, device: nic1, addresses: [{ip_netmask: '2001:db8:20::10/64'}]}",
    "{type: linux_bond, name: bond1, bonding_options: mode=1 miimon=100,"
    " members: [{type: interface, name: nic2, primary: true}, {type: interface, name: nic3}]}",
)
NOTHING = config("{type: interface, name: eno4}")


def mapping(**aliases: str) -> str:
    return "interface_mapping: " + json.dumps(aliases)


def links() -> Dict[str, str]:
    """The names of the NICs' links by those that they were made with."""
    found = observe().links
    macs = {str(link["mac"]): name for name, link in found.items() if name.startswith(("eno", "nic", "x"))}
    return {name: macs[mac] for name, mac in NICS.items() if mac in macs}


def indexes() -> Dict[int, str]:
    told = json.loads(subprocess.run(["ip", "-j", "link"], stdout=subprocess.PIPE, check=True).stdout)
    return {one["ifindex"]: one["ifname"] for one in told}


def by_new_names(text: str) -> str:
    for number in range(1, 5):
        text = text.replace(f"eno{number}", f"nic{number}")
    return text


@pytest.fixture(autouse=True)
def no_files() -> None:
    for path in FILES.glob("70-os-net-config-*"):
        path.unlink()


def test_renamed_with_all_that_is_on_them(node: Node) -> None:
    """What is on the NICs, stands on them and leads over them stays, and is as if it was never otherwise."""
    node.applied(ON_NICS)
    before, was = observe(), indexes()
    run = node.apply(ON_NICS, PERSIST, "--noop")
    assert "  ~ rename   eno1 → nic1\n" in run.output, run
    assert observe() == before
    run = node.apply(ON_NICS, PERSIST)
    assert run.status == 2, run
    after, now = observe(), indexes()
    assert repr(after).replace("'eno4'", "'nic4'") == by_new_names(repr(before)), run
    assert {n: name for n, name in now.items() if name != was[n]} == {
        n: by_new_names(name) for n, name in was.items() if name.startswith(("eno1", "eno2", "eno3"))
    }
    again = node.apply(ON_NICS, PERSIST)
    assert (again.status, again.errors) == (0, ""), again


def test_restored_without_the_option(node: Node) -> None:
    node.applied(ON_NICS)
    before = observe()
    assert node.apply(ON_NICS, PERSIST).status == 2
    assert observe() != before
    run = node.apply(ON_NICS)
    assert run.status == 2, run
    assert observe() == before, run
    node.unchanged(ON_NICS)


def test_restored_when_the_nics_leave_the_config(node: Node) -> None:
    before = observe()
    assert node.apply(ON_NICS, PERSIST).status == 2
    run = node.apply(NOTHING, PERSIST)
    assert run.status == 2, run
    assert sorted(name for name in observe().links if name.startswith(("eno", "nic"))) == list(NICS)
    assert observe().links["eno1"]["mtu"] == before.links["eno1"]["mtu"]


def test_the_first_run_renames(node: Node) -> None:
    """And gives the same network as one by the names that the NICs have already."""
    assert node.apply(ON_NICS, PERSIST).status == 2
    found = observe()
    assert list(identities()) and "nic1.30" in found.links
    assert node.apply(ON_NICS, PERSIST).status == 0


def test_by_the_attribute(node: Node) -> None:
    text = config("{type: interface, name: nic1, persist_mapping: 'true'}", "{type: interface, name: nic2}")
    assert node.apply(text).status == 2
    assert links() == {"eno1": "nic1", "eno2": "eno2", "eno3": "eno3", "eno4": "eno4"}
    assert node.apply(text).status == 0
    text = text.replace(", persist_mapping: 'true'", "")
    assert node.apply(text).status == 2
    assert links() == {name: name for name in NICS}


def test_names_are_exchanged(node: Node) -> None:
    """By way of another name; the mapping goes on to speak of the names that they had."""
    node = replace(node, mapping=mapping(eno1="eno2", eno2="eno3", eno3="eno1"))
    text = config(
        "{type: interface, name: eno1, addresses: [{ip_netmask: 10.2.0.10/24}]}",
        "{type: interface, name: eno2, addresses: [{ip_netmask: 10.3.0.10/24}]}",
        "{type: interface, name: eno3, addresses: [{ip_netmask: 10.1.0.10/24}]}",
    )
    run = node.apply(text, PERSIST)
    assert run.status == 2, run
    assert links() == {"eno1": "eno3", "eno2": "eno1", "eno3": "eno2", "eno4": "eno4"}
    run = node.apply(text, PERSIST)
    assert (run.status, run.errors) == (0, ""), run
    assert replace(node, mapping="").apply(NOTHING).status == 2
    assert links() == {name: name for name in NICS}


def test_a_name_that_another_link_has(node: Node) -> None:
    """Is an error before anything is touched; so is one that the kernel does not take."""
    ip("link add storage type dummy", "link set eno4 up", "link property add dev eno4 altname tenant")
    before = observe()
    for alias, says in (
        ("storage", "another link is called storage"),
        ("tenant", "that is the name of eno4"),
        ("a-name-of-17-bytes", "it has more than 15 characters"),
    ):
        other = replace(node, mapping=mapping(**{alias: "eno1"}))
        run = other.apply(config(f"{{type: interface, name: {alias}, mtu: 1400}}"), PERSIST)
        assert run.status == 1, run
        assert says in run.errors and "interface_mapping" in run.errors, run
        assert observe() == before


def test_taken_back(node: Node) -> None:
    """A step that fails after the renames leads back to the old names."""
    node.applied(ON_NICS)
    before, was = observe(), indexes()
    failing = "- {type: interface, name: nic4, addresses: [{ip_netmask: 2001:db8:4::10/64}]}\n"
    ip("link set eno4 up mtu 1270")
    prepared = observe()
    run = node.apply(ON_NICS + failing, PERSIST)
    assert run.status not in {0, 2}, run
    assert "the node is as it was, verified" in run.errors, run
    assert observe() == prepared
    assert was == indexes()
    assert before.links["eno1"] == prepared.links["eno1"]


def test_a_nic_with_another_alternative_name(node: Node) -> None:
    """Its own name may be one of them, as udevd gives them."""
    ip("link property add dev eno1 altname nic1")
    run = node.apply(config("{type: interface, name: nic1, mtu: 1400}"), PERSIST)
    assert run.status == 2, run
    assert links()["eno1"] == "nic1"


# What udevd does at boot


def with_devices(node: Node) -> List[str]:
    """A veth has no device, so that the NICs are declared."""
    found = [{"name": name, "mac": mac} for name, mac in NICS.items()]
    return ["--inventory", str(node.file("inventory.yaml", json.dumps(found)))]


def test_files_for_udevd(node: Node) -> None:
    text = config("{type: interface, name: nic1}", "{type: interface, name: storage}")
    node = replace(node, mapping=mapping(nic1="eno1", storage=NICS["eno2"]))
    run = node.apply(text, PERSIST, *with_devices(node))
    assert run.status == 2, run
    assert "  + at boot  52:54:00:00:00:01, eno1\n" in run.output, run
    file = FILES / "70-os-net-config-storage.link"
    assert file.read_text(encoding="utf-8") == (
        "# Written by os-net-config: the NIC with this MAC address is called storage.\n"
        "[Match]\nPermanentMACAddress=52:54:00:00:00:02\n\n"
        "[Link]\nName=storage\nAlternativeNamesPolicy=database onboard slot path\n"
        "MACAddressPolicy=persistent\n\n[X-os-net-config]\nOwn=eno2\n"
    )
    assert node.apply(text, PERSIST, *with_devices(node)).status == 0
    # As after a boot, with the names from the files: nobody remembers but these.
    for path in node.run_directory.glob("record-*"):
        path.unlink()
    run = node.apply(text, PERSIST, *with_devices(node))
    assert (run.status, run.errors) == (0, ""), run
    for path in node.run_directory.glob("record-*"):
        path.unlink()
    run = node.apply(text, *with_devices(node))
    assert run.status == 2, run
    assert links() == {name: name for name in NICS}
    assert list(FILES.glob("70-os-net-config-*")) == []


# Open vSwitch


BRIDGE = config(
    "{type: ovs_bridge, name: br-ex, addresses: [{ip_netmask: 10.9.0.10/24}], members: ["
    "{type: interface, name: nic1}, {type: ovs_bond, name: bond1, members: ["
    "{type: interface, name: nic2}, {type: interface, name: nic3}]}]}",
)


def test_ports_of_open_vswitch_follow(node: Node, switch: OpenVSwitch) -> None:
    node.applied(BRIDGE)
    switch.run("ovs-vsctl", "set", "Port", "eno1", "tag=7", "external_ids:whose=neutron")
    run = node.apply(BRIDGE, PERSIST)
    assert run.status == 2, run
    assert switch.run("ovs-vsctl", "get", "Port", "nic1", "tag", "external_ids:whose").split() == [
        "7",
        "neutron",
    ]
    assert sorted(switch.run("ovs-vsctl", "list-ifaces", "br-ex").split()) == ["nic1", "nic2", "nic3"]
    errors = switch.run("ovs-vsctl", "--columns=error", "--bare", "list", "Interface")
    assert errors.split() == []
    run = node.apply(BRIDGE, PERSIST)
    assert (run.status, run.errors) == (0, ""), run
    run = node.apply(BRIDGE)
    assert run.status == 2, run
    assert sorted(switch.run("ovs-vsctl", "list-ifaces", "br-ex").split()) == ["eno1", "eno2", "eno3"]


def test_a_port_of_what_others_made(node: Node, switch: OpenVSwitch) -> None:
    """It goes by its name there: the run is refused."""
    switch.run("ovs-vsctl", "add-br", "br0")
    switch.run("ovs-vsctl", "add-port", "br0", "eno1")
    run = node.apply(config("{type: interface, name: nic1}"), PERSIST)
    assert run.status == 1, run
    assert "eno1 cannot be renamed to nic1: it is a port of br0, which is not ours" in run.errors, run

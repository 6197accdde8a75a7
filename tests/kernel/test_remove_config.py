"""``remove_config``: what it names goes in the same transaction, whoever made it."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Dict, Sequence

import pytest

from .support.namespace import Namespace
from .support.node import Node, ip
from .support.observed import Snapshot, bonds, identities, observe, rules, snapshot
from .support.openvswitch import OpenVSwitch
from .support.program import NO_CHANGE

pytestmark = pytest.mark.rotating

#: The network that the file goes on to name.
KEPT = "network_config:\n- {type: interface, name: nic4}\n"

FOREIGN_BOND = (
    "link add bond9 type bond mode active-backup miimon 100",
    "link set eno2 master bond9",
    "link set eno3 master bond9",
    "link set bond9 up mtu 1400",
    "address add 192.0.2.9/24 dev bond9",
    "route add 203.0.113.0/24 via 192.0.2.1 dev bond9 proto static",
)


def remove(*entries: str, network: str = KEPT) -> str:
    """A config; each entry is a type and a name."""
    listed = (entry.split() for entry in entries)
    lines = [f"- {{remove_type: {kind}, remove_name: '{name}'}}\n" for kind, name in listed]
    return f"{network}remove_config:\n{''.join(lines)}"


def link(name: str) -> Dict[str, object]:
    return dict(observe().links[name])


def goes(node: Node, *made: str, asked: Sequence[str]) -> Snapshot:
    """What is made goes when it is asked for, and the node is as it was; the second run finds nothing."""
    ip("link set eno4 up")
    before = snapshot()
    ip(*made)
    run = node.applied(remove(*asked), "--remove-config")
    again = node.apply(remove(*asked), "--remove-config")
    assert (again.status, again.output) == (0, NO_CHANGE), (run, again)
    assert "remove_config[0]" in run.output
    return before


def test_a_vlan_of_others(node: Node) -> None:
    before = goes(
        node,
        "link set eno1 up",
        "link add link eno1 name vlan20 type vlan id 20",
        "link set vlan20 up",
        "address add 10.20.0.1/24 dev vlan20",
        "route add 203.0.113.0/24 via 10.20.0.2 dev vlan20 proto bird",
        asked=["vlan vlan20"],
    )
    ip("link set eno1 down")
    assert snapshot() == before


@pytest.mark.parametrize("entry", ["interface nic1.20", "interface eno1.20", "vlan nic1.20"])
def test_a_vlan_by_its_dotted_name(node: Node, entry: str) -> None:
    goes(node, "link add link eno1 name eno1.20 type vlan id 20", asked=[entry])
    assert "eno1.20" not in observe().links


def test_a_bond_with_ports_and_a_vlan(node: Node) -> None:
    """The ports stay, up as they are."""
    goes(
        node,
        *FOREIGN_BOND,
        "link add link bond9 name vlan30 type vlan id 30",
        "link set vlan30 up",
        asked=["linux_bond bond9", "vlan vlan30"],
    )
    found = observe()
    assert not {"bond9", "vlan30"} & found.links.keys()
    assert [found.links[port]["state"] for port in ("eno2", "eno3")] == ["up", "up"]
    assert not found.addresses.keys() & {"eno2", "eno3", "bond9"}
    assert not any("203.0.113.0" in one for one in found.routes)


def test_a_bridge_with_ports(node: Node) -> None:
    goes(
        node,
        "link add br9 type bridge",
        "link set eno2 up master br9",
        "link set br9 up",
        "address add 192.0.2.9/24 dev br9",
        asked=["linux_bridge br9"],
    )
    assert "br9" not in observe().links
    assert (link("eno2")["state"], link("eno2").get("master")) == ("up", None)


def test_a_tap(node: Node) -> None:
    # /dev/net/tun comes with the module.
    subprocess.run(["modprobe", "tun"], check=True)
    goes(node, "tuntap add dev tap9 mode tap", asked=["linux_tap tap9"])
    assert "tap9" not in observe().links


def test_a_nic_is_emptied_and_stays(node: Node) -> None:
    before = goes(
        node,
        "link set eno1 up",
        "address add 192.0.2.1/24 dev eno1",
        "address add 192.0.2.2/24 dev eno1",
        "address add 2001:db8::1/64 dev eno1",
        "route add default via 192.0.2.254 dev eno1 proto static",
        "route add 2001:db8:9::/48 via 2001:db8::2 dev eno1 proto bird",
        "route add 203.0.113.0/24 dev eno1 table 100",
        asked=["interface nic1"],
    )
    assert link("eno1")["state"] == "up"
    ip("link set eno1 down")
    assert snapshot() == before


def test_a_nic_with_nothing_but_a_route_of_others(node: Node) -> None:
    ip("link set eno1 up")
    goes(node, "route add 203.0.113.0/24 dev eno1 proto bird", asked=["interface nic1"])
    assert not any("203.0.113.0" in one for one in observe().routes)


def test_a_nic_leaves_its_bridge(node: Node) -> None:
    goes(node, "link add br9 type bridge", "link set eno1 up master br9", asked=["interface nic1"])
    assert link("eno1").get("master") is None
    assert "br9" in observe().links


def test_of_a_nic_what_is_ours_goes_back_too(node: Node) -> None:
    """A file that only removes takes back what another one brought."""
    ip("link set eno4 up")
    before = snapshot()
    node.applied(
        "network_config:\n- {type: interface, name: nic1, mtu: 1400,"
        " addresses: [{ip_netmask: '2001:db8::1/64'}], rules: [{rule: 'iif eno1 table 100'}]}\n"
        "- {type: interface, name: nic4}\n",
        name="first.yaml",
    )
    node.applied(remove("interface nic1", network=""), "--remove-config")
    assert snapshot() == before
    assert not any("eno1" in one for one in rules())


def test_what_is_not_named_stays(node: Node) -> None:
    ip(
        "link set eno1 up",
        "link set eno2 up",
        "address add 192.0.2.1/24 dev eno2",
        "link add link eno1 name vlan20 type vlan id 20",
        "link add link eno1 name vlan21 type vlan id 21",
        "address add 198.51.100.1/24 dev eno1",
    )
    before = observe(), identities()
    node.applied(remove("vlan vlan20"), "--remove-config")
    after = observe(), identities()
    del before[0].links["vlan20"], before[1]["vlan20"]
    before[0].links["eno4"]["state"] = "up"
    assert after[1] == before[1]
    assert after[0].addresses == before[0].addresses
    assert after[0].links.keys() == before[0].links.keys()


def test_without_the_option_it_is_only_checked(node: Node) -> None:
    ip("link set eno4 up", "link add br9 type bridge")
    node.apply(remove("linux_bridge br9"))
    assert "br9" in observe().links
    run = node.apply(remove("linux_bridge br9", network=""))
    assert (run.status, "there is no network_config" in run.errors) == (1, True), run


def test_a_file_that_only_removes_leaves_the_rest_alone(node: Node) -> None:
    """Also what an earlier version of the file brought."""
    node.applied(
        "network_config:\n- {type: interface, name: nic1, addresses: [{ip_netmask: 192.0.2.1/24}]}\n"
    )
    ip("link add br9 type bridge")
    before = observe()
    text = remove("linux_bridge br9", network="")
    node.applied(text, "--remove-config", "--cleanup", "--prune-all")
    del before.links["br9"]
    assert observe() == before
    again = node.apply(text, "--remove-config")
    assert (again.status, again.output) == (0, NO_CHANGE)


def test_without_network_config_it_is_removed_all_the_same(node: Node) -> None:
    ip("link add br9 type bridge")
    text = remove("linux_bridge br9", network="network_config:\n- {type: interface, name: nic1, mtu: 9000}\n")
    run = node.applied(text, "--remove-config", "--no-network-config")
    assert "br9" not in observe().links
    assert link("eno1")["mtu"] == "1500", run


def test_noop_removes_nothing(node: Node) -> None:
    ip(*FOREIGN_BOND)
    before = observe(), identities()
    run = node.apply(remove("linux_bond bond9", "interface nic1"), "--remove-config", "--noop")
    assert run.status == 2, run
    for line in ("bond9  remove_config[0]\n", "- link     bond", "- address  192.0.2.9/24", "203.0.113.0/24"):
        assert line in run.output, run
    assert (observe(), identities()) == before
    assert not node.run_directory.exists()


# Removed, and made anew


def test_what_network_config_names_too_is_made_anew(node: Node) -> None:
    """The bond of others becomes ours: with the options of the file, and nothing of what it had."""
    ip(*FOREIGN_BOND, "link set bond9 xdpgeneric off", "link property add dev bond9 altname storage")
    before = identities()
    network = (
        "network_config:\n- {type: linux_bond, name: bond9, bonding_options: mode=1 miimon=50,"
        " members: [{type: interface, name: nic2}], addresses: [{ip_netmask: 192.0.2.10/24}]}\n"
    )
    run = node.applied(remove("linux_bond bond9", network=network), "--remove-config")
    assert "! is made anew" in run.output, run
    found = observe()
    assert bonds()["bond9"]["slaves"] == "eno2"
    assert bonds()["bond9"]["miimon"] == "50"
    assert found.links["bond9"]["mtu"] == "1500"
    assert found.links["bond9"]["group"] in {"111", "os-net-config"}
    assert [one.split()[0] for one in found.addresses["bond9"]] == ["192.0.2.10/24"]
    assert identities()["eno2"] == before["eno2"]
    node.unchanged(network)
    node.applied(KEPT)
    assert "bond9" not in observe().links


def test_a_name_that_is_taken_by_another_kind_is_made_free(node: Node) -> None:
    ip("link add vlan20 type bridge", "link set vlan20 up", "address add 192.0.2.9/24 dev vlan20")
    network = "network_config:\n- {type: vlan, vlan_id: 20, device: nic1}\n"
    node.applied(remove("linux_bridge vlan20", network=network), "--remove-config")
    assert link("vlan20")["kind"] == "vlan"
    assert "vlan20" not in observe().addresses
    node.unchanged(network)


def test_a_nic_that_network_config_names_too_has_what_the_file_says(node: Node) -> None:
    ip("link set eno1 up", "address add 192.0.2.9/24 dev eno1", "address add 192.0.2.10/24 dev eno1")
    network = "network_config:\n- {type: interface, name: nic1, addresses: [{ip_netmask: 192.0.2.10/24}]}\n"
    node.applied(remove("interface nic1", network=network), "--remove-config")
    assert [one.split()[0] for one in observe().addresses["eno1"]] == ["192.0.2.10/24"]
    node.unchanged(network)


# Refusals


def refused(node: Node, text: str, *words: str) -> None:
    """Nothing is touched."""
    before = observe(), identities()
    run = node.apply(text, "--remove-config")
    assert run.status == 1, run
    for word in words:
        assert word in run.errors, run
    assert (observe(), identities()) == before


@pytest.mark.parametrize(
    ("made", "entry", "says"),
    [
        ("link add vlan20 type bridge", "vlan vlan20", "vlan20 is a bridge on this node, and no vlan"),
        ("link add br9 type bond", "linux_bridge br9", "br9 is a bond on this node, and no linux_bridge"),
        ("link add br9 type bridge", "interface br9", "br9 is a bridge on this node, and no interface"),
        ("link add br9 type bridge", "linux_bond eno1", "eno1 is a veth on this node, and no linux_bond"),
    ],
)
def test_a_link_of_another_kind(node: Node, made: str, entry: str, says: str) -> None:
    ip(made)
    refused(node, remove(entry), says, "config.yaml:4:17: remove_config[0].remove_type")


def test_a_vlan_of_others_on_it_is_no_part_of_it(node: Node) -> None:
    ip(*FOREIGN_BOND, "link add link bond9 name vlan30 type vlan id 30")
    text = remove("linux_bond bond9")
    refused(node, text, "bond9 is to be removed, and takes along", "the link vlan30 (vlan)")
    assert node.apply(text, "--remove-config", "--allow-loss").status == 2
    assert not {"bond9", "vlan30"} & observe().links.keys()


def test_what_is_in_a_container_is_no_part_of_it(node: Node, inside: Namespace) -> None:
    ip(*FOREIGN_BOND)
    ip(f"link add link bond9 name mv0 netns {inside.path} type macvlan", descriptors=[inside.descriptor])
    refused(node, remove("linux_bond bond9"), "mv0 (macvlan) in another network namespace")


def test_what_network_config_needs(node: Node) -> None:
    ip(*FOREIGN_BOND)
    network = "network_config:\n- {type: vlan, vlan_id: 20, device: bond9}\n"
    refused(
        node, remove("linux_bond bond9", network=network), "network_config needs bond9, and only names it"
    )


# Failure


def test_a_failed_run_puts_everything_back(node: Node) -> None:
    """What was removed is made again, with all that was on it."""
    ip(
        *FOREIGN_BOND,
        "link add link bond9 name vlan30 type vlan id 30",
        "link set vlan30 up",
        "address add 10.30.0.1/24 dev vlan30",
        "link set eno1 up",
        "address add 198.51.100.1/24 dev eno1 label eno1:vip",
        "route add 203.0.114.0/24 via 198.51.100.2 dev eno1 proto static",
    )
    Path("/proc/sys/net/ipv6/conf/eno4/disable_ipv6").write_text("1", encoding="ascii")
    before = observe(), identities()
    failing = (
        "network_config:\n- {type: interface, name: nic4, addresses: [{ip_netmask: 2001:db8:4::10/64}]}\n"
    )
    text = remove("linux_bond bond9", "vlan vlan30", "interface nic1", network=failing)
    run = node.apply(text, "--remove-config")
    assert run.status == 4, run
    assert "the node is as it was, verified" in run.errors, run
    assert observe() == before[0]
    assert identities() == before[1]


# Open vSwitch

OF_OTHERS = """\
add-br br-ex
add-port br-ex eno1
add-port br-ex vlan20 tag=20 -- set interface vlan20 type=internal
add-bond br-ex bond1 eno2 eno3
""".replace("\n", " -- ").split()[:-1]


def test_a_bridge_of_open_vswitch_and_a_vlan_of_it(node: Node, switch: OpenVSwitch) -> None:
    ip("link set eno4 up")
    before = switch.configured()
    switch.vsctl(*OF_OTHERS)
    ip("link set br-ex up", "address add 192.0.2.9/24 dev br-ex")
    ip("route add 203.0.113.0/24 via 192.0.2.1 dev br-ex proto static")
    # To the program the cables of these tests are containers', unless they are named.
    every = remove("ovs_bridge br-ex", "vlan vlan20", "interface nic1", "ovs_bond bond1")
    run = node.apply(every, "--remove-config")
    assert (run.status, run.errors) == (2, ""), run
    assert switch.configured() == before
    assert {"br-ex", "vlan20"}.isdisjoint(observe().links)
    again = node.apply(every, "--remove-config")
    assert (again.status, again.output) == (0, NO_CHANGE), again


def test_ports_and_bonds_of_open_vswitch(node: Node, switch: OpenVSwitch) -> None:
    ip("link set eno4 up")
    switch.vsctl(*OF_OTHERS)
    asked = ("interface nic1", "ovs_bond bond1")
    run = node.apply(remove(*asked), "--remove-config")
    assert (run.status, run.errors) == (2, ""), run
    assert switch.vsctl("list-ports", "br-ex") == "vlan20\n"
    refused = node.apply(remove("ovs_bridge br-ex"), "--remove-config")
    assert refused.status == 1, refused
    assert "br-ex is to be removed, and ports of others go along: vlan20" in refused.errors
    assert switch.vsctl("list-ports", "br-ex") == "vlan20\n"

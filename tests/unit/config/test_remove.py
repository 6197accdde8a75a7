"""``remove_config``: its entries, what they are on a node, and what becomes of a run."""

from __future__ import annotations

from typing import Dict, List

import pytest

from os_net_config.config.nics import Names
from os_net_config.config.remove import absent, asked
from os_net_config.state import row
from os_net_config.state.model import AddressKey, LinkKey, Resource, RowKey, State
from os_net_config.state.problem import ProblemsError, Severity
from os_net_config.state.rows import lost_with
from os_net_config.state.values import Prefix, Value

from ..node import Node, bridge, database, link, nics, node_with
from ..runs import NODE, Runs
from ..texts import config, said

KEPT = "network_config: [{type: interface, name: eth0}]\n"
NAMES = Names({"nic1": "eth0", "storage": "eth1"})


def removing(*entries: str) -> str:
    listed = (entry.split() for entry in entries)
    return "remove_config:\n" + "".join(
        f"- {{remove_type: {kind}, remove_name: '{name}'}}\n" for kind, name in listed
    )


def made(name: str, kind: str, **more: Value) -> Resource:
    (nic,) = nics(name)
    return link(nic, kind=kind, **more)


LIVE = State(
    {
        one.key: one
        for one in (
            made("eth0", ""),
            made("eth1", ""),
            made("eth0.20", "vlan", link="eth0"),
            made("vlan30", "vlan", link="eth0"),
            made("bond1", "bond"),
            made("br-ex", "bridge"),
            made("tap0", "tun"),
            made("dummy0", "dummy"),
        )
    }
)


@pytest.mark.parametrize(
    ("entry", "links", "emptied"),
    [
        ("interface eth0", [], ["eth0"]),
        ("interface nic1", [], ["eth0"]),
        ("interface storage", [], ["eth1"]),
        ("interface dummy0", [], ["dummy0"]),
        ("interface tap0", [], ["tap0"]),
        ("interface nic1.20", ["eth0.20"], []),
        ("vlan eth0.20", ["eth0.20"], []),
        ("vlan vlan30", ["vlan30"], []),
        ("linux_bond bond1", ["bond1"], []),
        ("linux_bridge br-ex", ["br-ex"], []),
        ("linux_tap tap0", ["tap0"], []),
        ("vlan vlan31", [], []),
    ],
)
def test_what_an_entry_stands_for(entry: str, links: List[str], emptied: List[str]) -> None:
    found = config(KEPT + removing(entry), NAMES).removals
    on_the_node = asked(found, LIVE)
    assert (list(on_the_node.links), list(on_the_node.nics)) == (links, emptied)
    assert absent(found, LIVE) == ([] if links or emptied else ["vlan31"])


@pytest.mark.parametrize(
    ("entry", "says"),
    [
        ("vlan bond1", "bond1 is a bond on this node, and no vlan"),
        ("linux_bond eth0", "eth0 is a NIC on this node, and no linux_bond"),
        ("linux_bridge dummy0", "dummy0 is a dummy on this node, and no linux_bridge"),
        ("interface vlan30", "vlan30 is a vlan on this node, and no interface"),
        ("interface br-ex", "br-ex is a bridge on this node, and no interface"),
    ],
)
def test_a_link_of_another_kind_is_an_error_at_its_type(entry: str, says: str) -> None:
    with pytest.raises(ProblemsError) as error:
        asked(config(KEPT + removing(entry)).removals, LIVE)
    (problem,) = error.value.problems
    assert (problem.message, problem.path) == (says, ("remove_config", 0, "remove_type"))
    assert problem.severity is Severity.ERROR


@pytest.mark.parametrize("kind", ["sriov_pf", "sriov_vf"])
def test_a_type_of_another_version_is_refused_only_if_it_is_to_be_removed(run: Runs, kind: str) -> None:
    run.write("config.yaml", KEPT + removing(f"{kind} x0"))
    assert run("-c", "config.yaml", *NODE, "--noop").status == 0
    found = run("-c", "config.yaml", *NODE, "--noop", "--remove-config")
    (error,) = found.errors
    assert found.status == 1
    place = "config.yaml:3:17: remove_config[0].remove_type"
    assert error.startswith(f"{place}: {kind}: not supported by this version yet")


def switch() -> State:
    """br-ex with a NIC, a bond of two, a VLAN of ours, and a tap that somebody has plugged in."""
    state = [*node_with(nics("eth0", "eth1", "eth2"), database(), *bridge("br-ex"))]
    ours: Dict[str, Value] = {row.LABEL: "made"}
    for port, kind, values in (("eth0", "", {}), ("vlan20", "internal", ours), ("tap1", "", {})):
        state.append(Resource(RowKey(row.PORT, port), {"bridge": "br-ex", **values}))
        state.append(Resource(RowKey(row.INTERFACE, port), {"port": port, "type": kind, **values}))
    for port, kind, interfaces in (
        ("bond1", "", ("eth1", "eth2")),
        ("dpdkbond0", "dpdk", ("dpdk1", "dpdk2")),
        *((name, name.rstrip("0"), (name,)) for name in ("dpdk0", "patch0", "vxlan0")),
    ):
        state.append(Resource(RowKey(row.PORT, port), {"bridge": "br-ex", **(ours if kind else {})}))
        for name in interfaces:
            state.append(Resource(RowKey(row.INTERFACE, name), {"port": port, "type": kind}))
    state += [made("vlan20", "openvswitch"), made("br-ex", "openvswitch"), made("tap1", "tun")]
    return State({one.key: one for one in state})


@pytest.mark.parametrize(
    "entry, gone",
    [
        ("interface eth0", "Port eth0, Interface eth0"),
        ("interface eth1", "Interface eth1"),
        ("vlan vlan20", "Port vlan20, Interface vlan20"),
        ("ovs_bond bond1", "Port bond1, Interface eth1, Interface eth2"),
        ("ovs_dpdk_bond dpdkbond0", "Port dpdkbond0, Interface dpdk1, Interface dpdk2"),
        ("ovs_dpdk_port dpdk0", "Port dpdk0, Interface dpdk0"),
        ("ovs_dpdk_port dpdk1", "Interface dpdk1"),
        ("ovs_patch_port patch0", "Port patch0, Interface patch0"),
        ("ovs_tunnel vxlan0", "Port vxlan0, Interface vxlan0"),
        ("linux_tap tap1", "Port tap1, Interface tap1"),
        (
            "ovs_bridge br-ex",
            "Bridge br-ex, Port br-ex, Interface br-ex, Port eth0, Interface eth0, Port vlan20,"
            " Interface vlan20, Port bond1, Interface eth1, Interface eth2, Port dpdkbond0, Interface dpdk1,"
            " Interface dpdk2, Port dpdk0, Interface dpdk0, Port patch0, Interface patch0, Port vxlan0,"
            " Interface vxlan0",
        ),
        ("ovs_bridge br-int", ""),
    ],
)
def test_what_of_open_vswitch_goes(entry: str, gone: str) -> None:
    rows = asked(config(KEPT + removing(entry)).removals, switch()).rows
    assert ", ".join(f"{key[0]} {key[1]}" for key in rows) == gone


@pytest.mark.parametrize(
    ("entry", "says"),
    [
        ("ovs_bridge eth0", "eth0 is a NIC on this node, and no ovs_bridge"),
        ("ovs_bond eth0", "eth0 is a NIC on this node, and no ovs_bond"),
        ("ovs_bond br-ex", "br-ex is a ovs_bridge on this node, and no ovs_bond"),
        ("vlan br-ex", "br-ex is a ovs_bridge on this node, and no vlan"),
        ("interface br-ex", "br-ex is a ovs_bridge on this node, and no interface"),
        ("ovs_bridge vlan20", "vlan20 is a vlan on this node, and no ovs_bridge"),
        ("interface bond1", "bond1 is a ovs_bond on this node, and no interface"),
        ("ovs_bond dpdkbond0", "dpdkbond0 is a ovs_dpdk_bond on this node, and no ovs_bond"),
        ("ovs_tunnel dpdk0", "dpdk0 is a ovs_dpdk_port on this node, and no ovs_tunnel"),
        ("linux_bond patch0", "patch0 is a ovs_patch_port on this node, and no linux_bond"),
        ("ovs_patch_port vxlan0", "vxlan0 is a ovs_tunnel on this node, and no ovs_patch_port"),
        ("vlan tap1", "tap1 is a tun on this node, and no vlan"),
    ],
)
def test_what_is_something_else_in_open_vswitch_is_an_error_at_its_type(entry: str, says: str) -> None:
    with pytest.raises(ProblemsError) as error:
        asked(config(KEPT + removing(entry)).removals, switch())
    (problem,) = error.value.problems
    assert (problem.message, problem.path) == (says, ("remove_config", 0, "remove_type"))


def test_what_somebody_has_plugged_in_is_not_given_up_with_the_bridge() -> None:
    live = switch()
    rows = asked(config(KEPT + removing("ovs_bridge br-ex")).removals, live).rows
    (problem,) = lost_with(rows, State(), live)
    assert "ports of others go along: tap1" in problem.message


def test_lo_stays_with_a_warning() -> None:
    text = KEPT + removing("interface lo")
    assert config(text).removals == []
    (warning,) = said(text)
    assert warning.startswith("3:3: warning: remove_config[0]: lo stays")


# Runs


def node(*more: Resource) -> Node:
    return Node(node_with(nics("eth0", "eth1"), *more))


VLAN = made("vlan30", "vlan", link="eth1", id=30)
ADDRESS = Resource(
    AddressKey("vlan30", Prefix(bytes([192, 0, 2, 1]), 24)), {"protocol": 0, "scope": 0, "lifetime": None}
)


def test_a_file_that_only_removes(run: Runs) -> None:
    """It is good with the option alone; what is gone is gone in the second run."""
    run.node = node(VLAN, ADDRESS)
    run.write("config.yaml", removing("vlan vlan30"))
    arguments = ("-c", "config.yaml", *NODE, "--detailed-exit-codes")
    refused = run(*arguments)
    assert refused.status == 1
    assert "there is no network_config: nothing to configure (with --remove-config" in refused.errors[0]
    found = run(*arguments, "--remove-config")
    assert found.status == 2
    assert "vlan30  remove_config[0]\n  - link     vlan, on eth1" in found.out
    assert "- address  192.0.2.1/24" in found.out
    again = run(*arguments, "--remove-config", "-v")
    assert again.status == 0
    assert "remove_config: there is no vlan30 on this node" in "".join(again.errors)


def test_a_file_without_either(run: Runs) -> None:
    run.write("config.yaml", "remove_config: []\n")
    assert run("-c", "config.yaml", *NODE, "--remove-config").status == 1


def test_a_check_takes_a_file_that_only_removes(run: Runs) -> None:
    run.write("config.yaml", removing("vlan vlan30"))
    assert run("check", "config.yaml").status == 0


def test_where_a_removal_is_refused_the_status_says_so(run: Runs) -> None:
    run.node = Node(node_with(nics("eth0", "eth1"), VLAN), refused="vlan30")
    run.write("config.yaml", KEPT + removing("vlan vlan30"))
    found = run("-c", "config.yaml", *NODE, "--detailed-exit-codes", "--remove-config")
    assert found.status == 32
    assert LinkKey("vlan30") in run.node.observe().resources


def test_where_something_else_is_refused_the_status_is_as_ever(run: Runs) -> None:
    run.node = Node(node_with(nics("eth0", "eth1"), VLAN), refused="eth0")
    run.write(
        "config.yaml",
        "network_config: [{type: interface, name: eth0, mtu: 1400}]\n" + removing("vlan vlan30"),
    )
    found = run("-c", "config.yaml", *NODE, "--detailed-exit-codes", "--remove-config")
    assert found.status == 4
    assert LinkKey("vlan30") in run.node.observe().resources


def test_what_is_removed_and_a_route_leads_over(run: Runs) -> None:
    run.node = node(VLAN)
    route = "{ip_netmask: 203.0.113.0/24, route_options: nexthop dev eth0 nexthop dev vlan30}"
    network = f"network_config: [{{type: interface, name: eth0, routes: [{route}]}}]\n"
    run.write("config.yaml", network + removing("vlan vlan30"))
    found = run("-c", "config.yaml", *NODE, "--remove-config")
    assert found.status == 1
    assert "leads over vlan30, which remove_config removes" in found.errors[0], found

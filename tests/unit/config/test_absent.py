"""A config without NICs that are not there is the config that somebody would write without them."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Dict, List, NamedTuple, Tuple

import pytest

from os_net_config.cli.problems import line
from os_net_config.config.compile import compile_section
from os_net_config.config.document import read
from os_net_config.config.expected import expected, names_here
from os_net_config.config.load import Config, Node, load
from os_net_config.config.nics import Absent, Names
from os_net_config.config.objects import walk
from os_net_config.engine.prepare import prepare_document
from os_net_config.engine.prepared import Situation
from os_net_config.state.model import LinkKey
from os_net_config.state.problem import ProblemsError, Severity

from ..corpus import CHECKOUT, node_of
from ..node import database, node_with
from ..texts import NO_TABLES, document

EXAMPLES = sorted((CHECKOUT / "examples").glob("*.yaml"))

#: Links that the files here do not declare, and that are on the node.
THERE = frozenset({"eth0", "eth5"})


def loaded(objects: str, *missing: Absent) -> Config:
    text = document("network_config:\n" + objects)
    there = THERE - {one.word for one in missing}
    return load(text, Node(Names({}, absent=missing), lambda name: name in there, NO_TABLES))


def wanted(config: Config) -> Dict[str, Tuple[Any, Any]]:
    """What is wanted of the node, whatever asks for it."""
    state = compile_section(config.objects, config.routes, (), lambda name: name, config.rules)
    return {repr(one.key): (dict(one.values), dict(one.initial)) for one in state}


def warnings(config: Config) -> List[str]:
    assert {one.severity for one in config.problems} <= {Severity.WARNING}
    return [line(one, config.document, "f.yaml") for one in config.problems]


class Case(NamedTuple):
    """A config, and what it is without eth0."""

    what: str
    whole: str
    rest: str


ETH0 = "- {type: interface, name: eth0, addresses: [{ip_netmask: 192.0.2.1/24}]}\n"
ETH1 = "- {type: interface, name: eth1, addresses: [{ip_netmask: 198.51.100.1/24}]}\n"

DPDK = "  - {type: ovs_dpdk_port, name: dpdk%d, members: [{type: interface, name: eth%d}]}\n"
SWITCH = "- type: ovs_user_bridge\n  name: br-link\n  members:\n"

OVS_BRIDGE = "- type: ovs_bridge\n  name: br-ex\n  members:\n"
OVS_BOND = f"{OVS_BRIDGE}  - type: ovs_bond\n    name: bond1\n    members:\n    %s\n"
VLAN_IN_A_BRIDGE = (
    "  - {type: vlan, vlan_id: 20, device: bond1, addresses: [{ip_netmask: 172.17.0.10/24}]}\n"
    "  - {type: vlan, vlan_id: 30, device: eth0}\n"
)

CASES = [
    Case("the NIC of a port of DPDK", SWITCH + DPDK % (0, 0) + DPDK % (5, 5), SWITCH + DPDK % (5, 5)),
    Case(
        "a port of a bond of Open vSwitch",
        OVS_BOND % ("  - {type: interface, name: eth0}\n    " + "  - {type: interface, name: eth5}"),
        OVS_BOND % "  - {type: interface, name: eth5}",
    ),
    Case(
        "the only port of a bond of Open vSwitch, and what names it in its bridge stays",
        OVS_BOND % "  - {type: interface, name: eth0}" + VLAN_IN_A_BRIDGE,
        OVS_BRIDGE + VLAN_IN_A_BRIDGE,
    ),
    Case("a NIC", ETH0 + ETH1, ETH1),
    Case("a VLAN", "- {type: vlan, vlan_id: 10, device: eth0}\n" + ETH1, ETH1),
    Case("a VLAN by its dotted name", "- {type: interface, name: eth0.10}\n" + ETH1, ETH1),
    Case(
        "what stands on that, in any order",
        "- {type: linux_bridge, name: br, members: [{type: interface, name: vlan10}]}\n"
        "- {type: vlan, vlan_id: 20, device: vlan10}\n"
        "- {type: vlan, vlan_id: 10, device: eth0}\n",
        "- {type: linux_bridge, name: br}\n",
    ),
    Case(
        "a port of a bond",
        "- type: linux_bond\n  name: b\n  addresses: [{ip_netmask: 192.0.2.1/24}]\n  members:\n"
        "  - {type: interface, name: eth0}\n  - {type: interface, name: eth1}\n",
        "- type: linux_bond\n  name: b\n  addresses: [{ip_netmask: 192.0.2.1/24}]\n  members:\n"
        "  - {type: interface, name: eth1}\n",
    ),
    Case(
        "the only port of a bond, and its VLAN stays",
        "- {type: linux_bond, name: b, members: [{type: interface, name: eth0}]}\n"
        "- {type: vlan, vlan_id: 10, device: b, addresses: [{ip_netmask: 192.0.2.1/24}]}\n",
        "- {type: linux_bond, name: b}\n"
        "- {type: vlan, vlan_id: 10, device: b, addresses: [{ip_netmask: 192.0.2.1/24}]}\n",
    ),
    Case(
        "the primary, as a member",
        "- type: linux_bond\n  name: b\n  members:\n"
        "  - {type: interface, name: eth0, primary: true}\n  - {type: interface, name: eth1}\n",
        "- {type: linux_bond, name: b, members: [{type: interface, name: eth1}]}\n",
    ),
    Case(
        "the primary, as an option",
        "- type: linux_bond\n  name: b\n  bonding_options: active-backup primary=eth0 miimon=50\n"
        "  members: [{type: interface, name: eth0}, {type: interface, name: eth1}]\n",
        "- type: linux_bond\n  name: b\n  bonding_options: active-backup miimon=50\n"
        "  members: [{type: interface, name: eth1}]\n",
    ),
    Case(
        "another primary",
        "- type: linux_bond\n  name: b\n  bonding_options: mode=1 primary=eth1\n"
        "  members: [{type: interface, name: eth0}, {type: interface, name: eth1}]\n",
        "- type: linux_bond\n  name: b\n  bonding_options: mode=1 primary=eth1\n"
        "  members: [{type: interface, name: eth1}]\n",
    ),
    Case(
        "the member that gave a bond its MTU, which a VLAN needs",
        "- type: linux_bond\n  name: b\n  members:\n"
        "  - {type: interface, name: eth0, mtu: 9000}\n  - {type: interface, name: eth1}\n"
        "- {type: vlan, vlan_id: 10, device: b, mtu: 9000}\n",
        "- type: linux_bond\n  name: b\n  mtu: 9000\n  members: [{type: interface, name: eth1}]\n"
        "- {type: vlan, vlan_id: 10, device: b, mtu: 9000}\n",
    ),
    Case(
        "the only port of a bridge, which gave it its MTU",
        "- {type: linux_bridge, name: br, members: [{type: interface, name: eth0, mtu: 9000}]}\n"
        "- {type: vlan, vlan_id: 10, device: br, mtu: 9000}\n",
        "- {type: linux_bridge, name: br, mtu: 9000}\n- {type: vlan, vlan_id: 10, device: br, mtu: 9000}\n",
    ),
    Case(
        "one port of a bridge, which has the MTU of the other",
        "- type: linux_bridge\n  name: br\n  members:\n"
        "  - {type: interface, name: eth0, mtu: 9000}\n  - {type: interface, name: eth1, mtu: 9000}\n",
        "- {type: linux_bridge, name: br, members: [{type: interface, name: eth1, mtu: 9000}]}\n",
    ),
    Case(
        "a bond in a bridge",
        "- type: linux_bridge\n  name: br\n  members:\n  - {type: vlan, vlan_id: 10}\n"
        "  - {type: linux_bond, name: b, members: [{type: interface, name: eth0, mtu: 9000}]}\n",
        "- type: linux_bridge\n  name: br\n  members:\n  - {type: vlan, vlan_id: 10}\n"
        "  - {type: linux_bond, name: b, mtu: 9000}\n",
    ),
    Case(
        "its routes and rules",
        "- type: interface\n  name: eth0\n  addresses: [{ip_netmask: 192.0.2.1/24}]\n"
        "  routes: [{default: true, next_hop: 192.0.2.254}]\n  rules: [{rule: from 192.0.2.1 table 7}]\n"
        + ETH1
        + "  \n",
        ETH1,
    ),
    Case(
        "one of two next hops",
        ETH0 + ETH1[:-2] + ", routes: [{default: true, route_options: nexthop via 192.0.2.254 dev eth0"
        " nexthop via 198.51.100.254 dev eth1}]}\n",
        ETH1[:-2] + ", routes: [{default: true, next_hop: 198.51.100.254}]}\n",
    ),
    Case(
        "one of two next hops of a route that is its own",
        ETH0[:-2] + ", routes: [{default: true, route_options: nexthop via 192.0.2.254"
        " nexthop via 198.51.100.254 dev eth1 onlink}]}\n" + ETH1,
        ETH1[:-2] + ", routes: [{default: true, route_options: via 198.51.100.254 onlink}]}\n",
    ),
    Case(
        "one of three next hops",
        ETH0[:-2] + ", routes: [{default: true, route_options: nexthop via 192.0.2.254"
        " nexthop via 198.51.100.253 dev eth1 nexthop via 198.51.100.254 dev eth1 weight 2}]}\n" + ETH1,
        ETH1[:-2] + ", routes: [{default: true, route_options: "
        "nexthop via 198.51.100.253 nexthop via 198.51.100.254 weight 2}]}\n",
    ),
    Case(
        "all next hops",
        ETH0 + ETH1[:-2] + ", routes: [{ip_netmask: 203.0.113.0/24, route_options: "
        "nexthop via 192.0.2.253 dev eth0 nexthop via 192.0.2.254 dev eth0}]}\n",
        ETH1,
    ),
    Case(
        "the next hop that is left is of a link that the file does not know",
        ETH0[:-2] + ", routes: [{default: true, route_options: nexthop via 192.0.2.254"
        " nexthop via 198.51.100.254 dev eth5}]}\n" + ETH1,
        ETH1,
    ),
    Case(
        "the source of a route, which the kernel would refuse",
        ETH0 + ETH1[:-2] + ", routes: [{ip_netmask: 203.0.113.0/24, next_hop: 198.51.100.254,"
        " route_options: src 192.0.2.1}]}\n",
        ETH1,
    ),
    Case(
        "what a rule speaks of, by name: the kernel waits for the link",
        ETH0 + ETH1[:-2] + ", rules: [{rule: iif eth0 table 7}]}\n",
        ETH1[:-2] + ", rules: [{rule: iif eth0 table 7}]}\n",
    ),
]  # fmt: skip


@pytest.mark.parametrize("case", CASES, ids=[case.what for case in CASES])
def test_the_rest_is_complete(case: Case) -> None:
    whole = loaded(case.whole, Absent("eth0"))
    assert wanted(whole) == wanted(loaded(case.rest))
    assert any("NIC eth0 is not on this node: " in one for one in warnings(whole))


@pytest.mark.parametrize("case", CASES, ids=[case.what for case in CASES])
def test_with_all_nics_nothing_is_left_out(case: Case) -> None:
    assert not any("is not on this node" in one for one in warnings(loaded(case.whole)))


def test_a_bond_of_dpdk_goes_with_its_last_port() -> None:
    bond = f"  - type: ovs_dpdk_bond\n    name: b\n    members:\n  {DPDK % (0, 0)}  {DPDK % (1, 1)}"
    one = loaded(f"{SWITCH}{bond}{DPDK % (5, 5)}", Absent("eth0"))
    assert {"dpdk1", "b"} <= {one.name for one in walk(one.objects)}
    none = loaded(f"{SWITCH}{bond}{DPDK % (5, 5)}", Absent("eth0"), Absent("eth1"))
    assert wanted(none) == wanted(loaded(f"{SWITCH}{DPDK % (5, 5)}"))
    assert "NIC eth0 is not on this node: ovs_dpdk_bond b, which stands on it, is left out" in str(
        warnings(none)
    )


def test_each_object_is_named_with_its_place() -> None:
    config = loaded(
        ETH0 + "- {type: vlan, vlan_id: 10, device: eth0}\n"
        "- {type: linux_bond, name: b, members: [{type: interface, name: eth3}]}\n",
        Absent("eth0"),
        Absent("eth3"),
    )
    assert warnings(config) == [
        "f.yaml:2:3: warning: network_config[0]: NIC eth0 is not on this node: it is left out",
        "f.yaml:3:3: warning: network_config[1]: NIC eth0 is not on this node: "
        "vlan vlan10, which stands on it, is left out",
        "f.yaml:4:41: warning: network_config[2].members[0]: NIC eth3 is not on this node: it is left out",
    ]


def test_so_is_each_next_hop() -> None:
    (case,) = [case for case in CASES if case.what == "one of two next hops"]
    assert warnings(loaded(case.whole, Absent("eth0")))[1].endswith(
        "NIC eth0 is not on this node: the next hop via 192.0.2.254 dev eth0 weight 1 is left out"
    )


def test_an_alias_is_told_with_what_it_stood_for() -> None:
    """Nobody knows the name of its link, so that no rule can wait for it."""
    rule = (
        "- type: interface\n  name: eth1\n  rules: [{rule: iif nic2 table 7}, {rule: iif nic2.5 table 8}]\n"
    )
    absent = Absent("nic2", "52:54:00:00:00:02")
    config = loaded("- {type: interface, name: nic2.10}\n" + rule, absent)
    assert list(wanted(config)) == ["LinkKey(name='eth1', resource='link')"]
    first, *others = warnings(config)
    assert "NIC nic2 (52:54:00:00:00:02) is not on this node: interface nic2.10, which stands on it," in first
    assert [one.split("on this node: ")[1] for one in others] == [
        "the rule 10000: from all iif nic2 lookup 7 is left out",
        "the rule 10001: from all iif nic2.5 lookup 8 is left out",
    ]


def test_rules_keep_their_priorities() -> None:
    rules = [
        f"- type: interface\n  name: eth{n}\n  rules: [{{rule: from 192.0.2.{n} table 7}}]\n" for n in (0, 1)
    ]
    whole, rest = loaded("".join(rules)), loaded("".join(rules), Absent("eth0"))
    assert {key for key in wanted(rest) if "RuleKey" in key} < set(wanted(whole))


def test_what_is_wrong_only_without_the_nic_is_no_error() -> None:
    """nic1 is eth7 with the NIC; without, it is nobody."""
    route = "routes: [{default: true, next_hop: 192.0.2.254, route_options: dev eth7}]"
    objects = ETH0[:-2].replace("eth0", "nic1") + f", {route}}}\n" + ETH1
    with pytest.raises(ProblemsError):
        loaded(objects)
    assert wanted(loaded(objects, Absent("nic1", "eth7"))) == wanted(loaded(ETH1))


def test_other_sections_are_without_it_in_silence() -> None:
    vlan = "fallback_config:\n- {type: vlan, vlan_id: 10, device: eth9}\n"
    assert warnings(loaded(ETH1 + vlan, Absent("eth9"))) == []


def test_a_route_that_goes_is_named() -> None:
    for what in ("all next hops", "the source of a route, which the kernel would refuse"):
        (case,) = [case for case in CASES if case.what == what]
        _, of_the_route = warnings(loaded(case.whole, Absent("eth0")))
        assert of_the_route.endswith("the route to 203.0.113.0/24 is left out, which needs it")


@pytest.mark.parametrize("path", EXAMPLES, ids=[path.name for path in EXAMPLES])
def test_whatever_is_missing_the_rest_can_be_planned(path: Path) -> None:
    document = read(str(path))
    _, found, names = node_of(document)
    wanted = expected(document, names.aliases, {})
    whole = wanted.missing([])
    assert whole
    for missing in (*([one] for one in whole), whole):
        gone = {names.rename(one.word) for one in missing}
        here = [nic for nic in found if nic.name not in gone]
        left = names_here(here, names.aliases, {}, wanted)
        assert left.absent == tuple(missing)
        prepared = prepare_document(document, Situation(node_with(here, database()), here, left))
        assert not gone & {key.name for key in prepared.wanted.resources if isinstance(key, LinkKey)}
        assert len(prepared.warnings) >= len(missing)

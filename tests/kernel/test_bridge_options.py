"""Every option of bridges and of their ports reaches the kernel as it is meant, and changes live.

Each value has a bridge or a port of its own, all in one config, so that a run or two tell about all of them.
"""

from __future__ import annotations

from pathlib import Path
from typing import Dict, Iterator, List, NamedTuple

import pytest

from os_net_config.state import bridge, bridge_port

from .support.node import Node, ip, made_node
from .support.observed import identities, observe
from .support.program import NO_CHANGE
from .support.raw import own_attributes, port_attributes

_SYS_CLASS_NET = Path("/sys/class/net")


class Case(NamedTuple):
    """An option with a value, and what the file of sysfs says then. ``rest`` is what it needs beside it."""

    option: str
    text: str
    shown: str
    rest: str = ""
    file: str = ""

    def __str__(self) -> str:
        return f"{self.option}={self.text}"

    @property
    def options(self) -> str:
        return f"{self.rest} {self}".strip()


def value(option: str, text: str, rest: str = "", file: str = "") -> Case:
    return Case(option, text, text, rest, file)


def flag(option: str, word: str, rest: str = "", file: str = "") -> Case:
    return Case(option, word, "1" if word in {"on", "yes"} else "0", rest, file)


STP = "stp_state=on"
FILTERING = "vlan_filtering=on"
BRIDGES = [
    flag("stp_state", "on"),
    value("forward_delay", "0"),
    value("forward_delay", "400", STP),
    value("hello_time", "100", STP),
    value("max_age", "600", STP),
    value("priority", "4096", STP),
    value("priority", "0", STP),
    value("ageing_time", "0"),
    value("ageing_time", "4294967294"),
    value("group_addr", "01:80:c2:00:00:0e"),
    Case("group_fwd_mask", "65528", "0xfff8"),
    flag("no_linklocal_learn", "on"),
    flag("vlan_filtering", "on"),
    Case("vlan_protocol", "802.1ad", "0x88a8", FILTERING),
    Case("vlan_protocol", "0x8100", "0x8100", FILTERING),
    value("default_pvid", "0", FILTERING),
    value("default_pvid", "4094", FILTERING),
    flag("vlan_stats_enabled", "on", FILTERING),
    flag("vlan_stats_per_port", "on", FILTERING),
    flag("multicast_snooping", "off"),
    value("multicast_router", "2"),
    value("multicast_router", "0"),
    flag("multicast_querier", "on"),
    flag("multicast_query_use_ifaddr", "yes"),
    value("hash_max", "512"),
    value("multicast_last_member_count", "5"),
    value("multicast_startup_query_count", "4"),
    value("multicast_last_member_interval", "200"),
    value("multicast_membership_interval", "4294967294"),
    value("multicast_querier_interval", "20000"),
    value("multicast_query_interval", "100"),
    value("multicast_query_interval", "8640000"),
    value("multicast_query_response_interval", "500"),
    value("multicast_startup_query_interval", "2000"),
    value("multicast_igmp_version", "3"),
    value("multicast_mld_version", "2"),
    flag("multicast_stats_enabled", "on"),
    flag("nf_call_iptables", "on"),
    flag("nf_call_ip6tables", "on"),
    flag("nf_call_arptables", "on"),
    # Names of ip-link(8)
    value("mcast_hash_max", "64", file="hash_max"),
    value("vlan_default_pvid", "7", FILTERING, "default_pvid"),
]
#: Options without a file: text, and the bit of IFLA_BR_MULTI_BOOLOPT.
SWITCHES = [(f"{FILTERING} multicast_vlan_snooping=on", 1), (f"{STP} mst_enabled=on", 2)]

PORTS = [
    value("path_cost", "1"),
    value("path_cost", "65535"),
    value("port_priority", "63", file="priority"),
    value("priority", "0"),
    flag("bpdu_guard", "on"),
    flag("root_block", "on"),
    flag("hairpin_mode", "on"),
    flag("isolated", "on"),
    flag("learning", "off"),
    flag("unicast_flood", "off"),
    flag("multicast_flood", "off"),
    flag("broadcast_flood", "off"),
    flag("multicast_fast_leave", "on"),
    flag("multicast_to_unicast", "on"),
    value("port_multicast_router", "2", file="multicast_router"),
    value("multicast_router", "0"),
    flag("proxyarp", "on"),
    flag("proxyarp_wifi", "on"),
    flag("neigh_suppress", "on"),
    Case("port_group_fwd_mask", "0x4000", "0x4000", file="group_fwd_mask"),
]
#: Options of ports without a file: text, and IFLA_BRPORT_….
BARE_PORTS = [("locked=on", 39), ("vlan_tunnel=on", 29)]


def config_of_all() -> str:
    lines = ["network_config:"]
    texts = [*(case.options for case in BRIDGES), *(text for text, _ in SWITCHES)]
    lines += [
        f"- {{type: linux_bridge, name: br{number}, bridge_options: '{text}'}}"
        for number, text in enumerate(texts)
    ]
    lines += ["- type: linux_bridge", "  name: switch", f"  bridge_options: {STP} {FILTERING}", "  members:"]
    texts = [*(case.options for case in PORTS), *(text for text, _ in BARE_PORTS)]
    lines += [
        f"  - {{type: vlan, vlan_id: {number}, device: nic1, bridge_port_options: '{text}'}}"
        for number, text in enumerate(texts, 1)
    ]
    return "\n".join(lines) + "\n"


class Applied(NamedTuple):
    """What was made of all cases, in their order, and what the next run said."""

    bridges: List[str]
    switches: List[int]
    ports: List[str]
    bare_ports: List[int]
    same_again: str


@pytest.fixture(scope="module")
def applied(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Applied]:
    with made_node(tmp_path_factory.mktemp("bridges")) as node:
        node.applied(config_of_all())
        yield Applied(
            [_shown(f"br{n}", "bridge", case) for n, case in enumerate(BRIDGES)],
            [own_attributes(f"br{n}")[46][0] for n, _ in enumerate(SWITCHES, len(BRIDGES))],
            [_shown(f"vlan{n}", "brport", case) for n, case in enumerate(PORTS, 1)],
            [
                port_attributes(f"vlan{n}")[attribute][0]
                for n, (_, attribute) in enumerate(BARE_PORTS, 1 + len(PORTS))
            ],
            node.apply(config_of_all()).output,
        )


def _shown(link: str, directory: str, case: Case) -> str:
    return (_SYS_CLASS_NET / link / directory / (case.file or case.option)).read_text().strip()


@pytest.mark.parametrize("number", range(len(BRIDGES)), ids=lambda number: str(BRIDGES[number]))
def test_option_of_a_bridge(applied: Applied, number: int) -> None:
    assert applied.bridges[number] == BRIDGES[number].shown


@pytest.mark.parametrize("number", range(len(PORTS)), ids=lambda number: str(PORTS[number]))
def test_option_of_a_port(applied: Applied, number: int) -> None:
    assert applied.ports[number] == PORTS[number].shown


def test_options_without_a_file(applied: Applied) -> None:
    assert applied.switches == [1 << bit for _, bit in SWITCHES]
    assert applied.bare_ports == [1] * len(BARE_PORTS)


def test_nothing_is_left_to_change(applied: Applied) -> None:
    assert applied.same_again == NO_CHANGE


def test_no_option_is_forgotten() -> None:
    switches = {text.split()[-1].partition("=")[0] for text, _ in SWITCHES}
    assert set(bridge.ATTRIBUTES) <= {case.option for case in BRIDGES} | switches
    bare = {text.partition("=")[0] for text, _ in BARE_PORTS}
    assert set(bridge_port.ATTRIBUTES) <= {case.option for case in PORTS} | bare


# Changes


def bridged(options: str, first: str = "", second: str = "", more: str = "") -> str:
    return f"""\
network_config:
- type: linux_bridge
  name: br-ex
  bridge_options: '{options}'
  addresses: [{{ip_netmask: 192.0.2.10/24}}]
  members:
  - {{type: interface, name: nic1, bridge_port_options: '{first}'}}
  - {{type: interface, name: nic2, bridge_port_options: '{second}'}}
{more}"""


def options_of(link: str, directory: str = "bridge") -> Dict[str, str]:
    found = observe().links[link]["bridge" if directory == "bridge" else "port"]
    assert isinstance(found, dict)
    return found


def test_options_change_live_and_no_port_is_released(node: Node) -> None:
    node.applied(bridged("ageing_time=1000 vlan_protocol=802.1ad vlan_filtering=on", "isolated=on"))
    # What nobody else knows of, and would be lost.
    ip("link set eno1 type bridge_slave hairpin on", "link set br-ex type bridge mcast_router 2")
    before, links = options_of("br-ex"), identities()
    changed = bridged(
        "ageing_time=2000 vlan_protocol=802.1Q vlan_filtering=off multicast_query_interval=3000"
        " no_linklocal_learn=on",
        "isolated=off proxyarp=on",
        "learning=off group_fwd_mask=0x4000",
    )
    node.applied(changed)
    assert options_of("br-ex") == {
        **before,
        "ageing_time": "2000",
        "group_addr": "01:80:c2:00:00:00",
        "multicast_query_interval": "3000",
        "no_linklocal_learn": "1",
        "vlan_filtering": "0",
        "vlan_protocol": "0x8100",
    }
    first, second = options_of("eno1", "brport"), options_of("eno2", "brport")
    assert (first["isolated"], first["proxyarp"], first["hairpin_mode"]) == ("0", "1", "1")
    assert (second["learning"], second["group_fwd_mask"]) == ("0", "0x4000")
    assert identities() == links
    node.unchanged(changed)


def test_stp_comes_and_goes_with_a_delay_that_only_one_of_them_allows(node: Node) -> None:
    without, with_stp = bridged("stp_state=off forward_delay=0"), bridged("stp_state=on forward_delay=400")
    for config, shown in ((without, ("0", "0")), (with_stp, ("1", "400")), (without, ("0", "0"))):
        node.applied(config)
        found = options_of("br-ex")
        assert (found["stp_state"], found["forward_delay"]) == shown
    node.unchanged(without)


def test_stp_has_the_usual_delay_unless_another_is_said(node: Node) -> None:
    node.applied(bridged(""))
    assert options_of("br-ex")["forward_delay"] == "0"
    node.applied(bridged("stp_state=on"))
    assert options_of("br-ex")["forward_delay"] == "1500"


def test_a_port_keeps_its_options_when_it_moves_to_another_bridge(node: Node) -> None:
    bridges = """\
network_config:
- {{type: linux_bridge, name: br1, members: [{}]}}
- {{type: linux_bridge, name: br2, members: [{}]}}
"""
    port = "{type: interface, name: nic1, bridge_port_options: isolated=on learning=off}"
    node.applied(bridges.format(port, ""))
    moved = bridges.format("", port)
    node.applied(moved)
    found = options_of("eno1", "brport")
    assert (observe().links["eno1"]["master"], found["isolated"], found["learning"]) == ("br2", "1", "0")
    node.unchanged(moved)


def test_a_bond_that_is_declared_elsewhere_is_a_port_with_options(node: Node) -> None:
    config = """\
network_config:
- type: linux_bridge
  name: br-ex
  members: [{type: interface, name: bond1, bridge_port_options: isolated=on multicast_router=2}]
- type: linux_bond
  name: bond1
  bonding_options: mode=1 primary=nic3
  members: [{type: interface, name: nic3}]
"""
    node.applied(config)
    found = options_of("bond1", "brport")
    assert (found["isolated"], found["multicast_router"]) == ("1", "2")
    node.unchanged(config)


def test_what_somebody_undid_is_done_again(node: Node) -> None:
    config = bridged("stp_state=on priority=4096", "isolated=on path_cost=17", "learning=off")
    node.applied(config)
    before = observe()
    ip(
        "link set br-ex type bridge stp_state 0 priority 1",
        "link set eno1 nomaster",
        "link set eno2 type bridge_slave learning on",
    )
    node.applied(config)
    assert observe() == before
    assert (_SYS_CLASS_NET / "eno1/brport/path_cost").read_text() == "17\n"


# Refusals


def refused(node: Node, config: str, status: int, *words: str) -> None:
    """The run with this config fails with these words, and leaves no trace."""
    before = observe(), identities()
    run = node.apply(config)
    assert run.status == status, run
    for word in words:
        assert word in run.errors, run
    assert (observe(), identities()) == before


def test_a_delay_that_the_spanning_tree_of_others_does_not_allow(node: Node) -> None:
    node.applied(bridged(""))
    ip("link set br-ex type bridge stp_state 1")
    refused(
        node, bridged("forward_delay=100"), 4, "br-ex", "forward_delay 100: Numerical result out of range"
    )


def isolation() -> Dict[str, str]:
    """Of each port."""
    ports = Path("/sys/class/net/br-ex/brif").iterdir()
    return {port.name: (port / "isolated").read_text().strip() for port in ports}


@pytest.mark.parametrize("option", ["vlan_stats_per_port", "mst_enabled"])
def test_an_option_that_ports_are_in_the_way_of(node: Node, option: str) -> None:
    needed = "vlan_filtering=on stp_state=on"
    node.applied(bridged(needed, "isolated=on"))
    before = identities(), isolation()
    node.applied(bridged(f"{needed} {option}=on", "isolated=on"))
    node.unchanged(bridged(f"{needed} {option}=on", "isolated=on"))
    assert (identities(), isolation()) == before == (identities(), {"eno1": "1", "eno2": "0"})
    node.applied(bridged(needed, "isolated=on"))
    node.unchanged(bridged(needed, "isolated=on"))


def test_an_option_of_a_port_of_somebody_elses_bridge(node: Node) -> None:
    ip("link add virbr0 type bridge", "link set eno1 master virbr0")
    refused(node, bridged("", "isolated=on"), 1, "virbr0")


#: What cannot be done where the kernel has no IPv6 on the NIC: it comes last.
FAILING = "- {type: interface, name: nic4, addresses: [{ip_netmask: 2001:db8:4::10/64}]}\n"


def test_a_run_that_fails_takes_options_back(node: Node) -> None:
    """STP has raised the delay, snooping by VLAN has gone with the VLANs, a port has gone to a bond."""
    Path("/proc/sys/net/ipv6/conf/eno4/disable_ipv6").write_text("1", encoding="ascii")
    node.applied(bridged("vlan_protocol=802.1ad vlan_filtering=on", "isolated=on", "learning=off"))
    ip("link set br-ex type bridge mcast_vlan_snooping 1", "link set eno2 type bridge_slave cost 77")
    before = own_attributes("br-ex")[46]
    bond = "- {type: linux_bond, name: bond1, members: [{type: interface, name: nic2}]}\n"
    options = "stp_state=on vlan_filtering=off vlan_protocol=802.1Q"
    changed = bridged(options, "isolated=off", "", bond + FAILING)
    changed = changed.replace("  - {type: interface, name: nic2, bridge_port_options: ''}\n", "")
    refused(node, changed, 4, "2001:db8:4::10/64 on eno4", "the node is as it was, verified")
    assert own_attributes("br-ex")[46] == before
    assert (_SYS_CLASS_NET / "eno2/brport/path_cost").read_text() == "77\n"


def test_a_spanning_tree_that_is_taken_back_leaves_no_delay(node: Node) -> None:
    """The plan says nothing of the delay: it is what the kernel made of it."""
    node.applied(bridged("stp_state=off"))
    ip("link set br-ex type bridge forward_delay 1500")
    Path("/proc/sys/net/ipv6/conf/eno4/disable_ipv6").write_text("1", encoding="ascii")
    refused(node, bridged("stp_state=on", more=FAILING), 4, "the node is as it was, verified")
    ip("link set br-ex type bridge forward_delay 100")
    refused(node, bridged("stp_state=on", more=FAILING), 4, "the node is as it was, verified")

"""DHCP clients from the config to the node in miniature, back, and on to something else."""

from __future__ import annotations

from ipaddress import ip_address
from typing import Collection, Dict, FrozenSet, List, Optional, Set

import pytest

from os_net_config.backends.processes.dhcpcd import DHCPCD
from os_net_config.state import clients, process
from os_net_config.state.diff import Change
from os_net_config.state.model import AddressKey, Asked, Key, ProcessKey, Resource, RouteKey, State, SysctlKey
from os_net_config.state.programs import Programs
from os_net_config.state.values import Lifetime, Prefix, Value, Values

from .cli.test_plan_output import as_json
from .node import Node, link, nics, node_with
from .runs import Runs

pytestmark = pytest.mark.usefixtures("programs")

CLIENT = ProcessKey(process.DHCP, "eth0")
NO_CHANGE = "No change: the node is as the config says.\n"
NIC = "network_config: [{type: interface, name: eth0, use_dhcp: true}]\n"
NIC_V6 = NIC.replace("use_dhcp", "use_dhcpv6")
PLAIN = "network_config: [{type: interface, name: eth0}]\n"
STATIC = "network_config: [{type: interface, name: eth0, addresses: [{ip_netmask: 192.0.2.100/24}]}]\n"
LEASED = AddressKey("eth0", Prefix(bytes([192, 0, 2, 100]), 24))
PLACE = "config.yaml:1:58: network_config[0].use_dhcp: "


class Served(Node):
    """Each client gets the same lease at once, and takes it away again."""

    def carry_out(self, step: Change) -> None:
        super().carry_out(step)
        if not isinstance(step.key, ProcessKey):
            return
        leased = AddressKey(step.key.link, LEASED.prefix)
        if step.after is None:
            self.addresses.pop(leased, None)
        else:
            self.addresses[leased] = {"protocol": 0, "scope": 0, "lifetime": Lifetime(3600, 3600)}

    def observe(self, protocols: Optional[FrozenSet[int]] = None, settings: Collection[Asked] = ()) -> State:
        return State(clients.with_marks(super().observe(protocols, settings).resources))


@pytest.fixture
def node(run: Runs) -> Served:
    found = nics("eth0", "eth1")
    run.node = node = Served(node_with(found, link(found[0], up=0)))
    return node


def told(node: Served) -> Dict[str, Value]:
    return dict(node.others[CLIENT])


def steps(node: Served, since: int = 0) -> List[str]:
    return [
        f"{'-' if one.after is None else '+' if one.before is None else '~'} {one.key}"
        for one in node.steps[since:]
    ]


def test_it_starts_once_the_link_is_up_and_stops_when_it_leaves_the_file(run: Runs, node: Served) -> None:
    assert run.apply(NIC).out.splitlines()[2] == "  + dhcp     dhcpcd, ipv4, defroute, dns"
    assert steps(node) == ["~ eth0", "+ dhcp eth0"]
    assert told(node) == {
        "program": "dhcpcd",
        "ipv4": 1,
        "ipv6": 0,
        "private": 0,
        "defroute": 1,
        "dns": 1,
        "arguments": None,
        "running": 1,
    }
    assert run.apply(NIC).out == NO_CHANGE
    assert run.apply(PLAIN).errors == []
    assert CLIENT not in node.others


def test_another_word_starts_it_anew(run: Runs, node: Served) -> None:
    run.apply(NIC)
    since = len(node.steps)
    changed = NIC.replace("use_dhcp: true", "use_dhcp: true, defroute: false, dns_servers: []")
    out = run.apply(changed).out
    assert "  ~ dhcp     defroute yes → no\n  ~ dhcp     dns      yes → no\n" in out
    assert steps(node, since) == ["- dhcp eth0", "+ dhcp eth0"]
    assert (told(node)["defroute"], told(node)["dns"], told(node)["program"]) == (0, 0, "dhcpcd")


def test_one_that_does_not_run_is_started(run: Runs, node: Served) -> None:
    run.apply(NIC)
    node.others[CLIENT]["running"] = 0
    assert "~ dhcp     running  no → yes" in run.apply(NIC).out


def test_a_lease_that_becomes_an_address_of_the_file_is_added_anew(run: Runs, node: Served) -> None:
    """The client takes it away when it stops."""
    run.apply(NIC)
    since = len(node.steps)
    assert "+ address  192.0.2.100/24" in run.apply(STATIC).out
    found = steps(node, since)
    assert found.index("- dhcp eth0") < found.index("+ 192.0.2.100/24")


def test_what_it_brought_is_no_loss_when_its_link_goes(run: Runs, node: Served) -> None:
    vlan = "network_config:\n- {type: vlan, device: eth0, vlan_id: 9, use_dhcp: true}\n"
    run.apply(vlan)
    since = len(node.steps)
    assert run.apply(PLAIN).errors == []
    found = steps(node, since)
    assert found.index("- dhcp vlan9") < found.index("- vlan9")


def test_it_starts_anew_with_its_link(run: Runs, node: Served) -> None:
    vlan = "network_config:\n- {{type: vlan, device: {}, vlan_id: 9, use_dhcp: true}}\n"
    run.apply(vlan.format("eth0"))
    since = len(node.steps)
    assert run.apply(vlan.format("eth1")).errors == []
    found = steps(node, since)
    order = [found.index(one) for one in ("- dhcp vlan9", "- vlan9", "+ vlan9", "+ dhcp vlan9")]
    assert order == sorted(order)


def test_a_node_without_a_client_is_an_error_before_anything_is_touched(
    run: Runs, node: Served, programs: Dict[str, Programs]
) -> None:
    programs["node"] = Programs()
    assert run.apply(NIC).errors == [
        f"{PLACE}eth0 needs a DHCP client, and there is no dhcpcd and no dhclient on this node"
        " (install dhcpcd: the package is dhcpcd-base on Debian, dhcpcd on Fedora and Red Hat)"
    ]
    programs["node"] = Programs(("dhcpcd",), {"dhcpcd": "os-net-config-dhcpcd@.service"})
    (error,) = run.apply(NIC).errors
    assert "systemd has no unit os-net-config-dhcpcd@.service" in error
    assert node.steps == []


@pytest.mark.parametrize(("on", "where"), [("eth0", "eth0"), (process.EVERY_LINK, "all links")])
def test_a_client_of_others_is_an_error(run: Runs, node: Served, on: str, where: str) -> None:
    key = ProcessKey(process.DHCP, on)
    node.others[key] = {process.OWNER: "dhclient (process 7)"}
    assert run.apply(NIC).errors == [
        f"{PLACE}dhclient (process 7) is a DHCP client of {where} already, and not ours"
        " (stop it, and what starts it at boot)"
    ]
    assert run.apply(PLAIN).errors == []
    assert key in node.others


def test_a_route_by_a_gateway_of_the_lease_awaits_it(run: Runs, node: Served) -> None:
    run.apply(NIC.replace("true", "true, routes: [{ip_netmask: 10.0.0.0/8, next_hop: 192.0.2.1}]"))
    awaits = {str(one.key): one.awaits for one in node.steps}
    assert awaits["10.0.0.0/8"] == (CLIENT,)
    since = len(node.steps)
    routes = "routes: [{ip_netmask: 10.1.0.0/16, next_hop: 192.0.2.1}]"
    run.apply(NIC.replace("true", f"true, addresses: [{{ip_netmask: 192.0.2.9/24}}], {routes}"))
    assert all(one.awaits == () for one in node.steps[since:])


def test_a_port_has_none(run: Runs, node: Served) -> None:
    port = "members: [{type: interface, name: eth0, use_dhcp: true}]"
    bridge = f"network_config: [{{type: linux_bridge, name: br0, {port}}}]\n"
    (warning,) = run.apply(bridge).errors
    assert warning.endswith("use_dhcp has no effect: eth0 is a port of br0 (remove it)")
    assert CLIENT not in node.others


def test_it_is_told_to_programs(run: Runs, node: Served) -> None:
    found = as_json(run.apply(NIC, "--noop", "--format", "json").out)
    (change,) = (one for one in found["changes"] if one["resource"] == "process")
    assert (change["link"], change["service"]) == ("eth0", "dhcp")
    assert change["after"]["defroute"] is True


def test_a_failed_run_starts_again_what_it_stopped(run: Runs, node: Served) -> None:
    run.apply(NIC)
    before = told(node)
    node.fails_at = 3
    bond = "network_config: [{type: linux_bond, name: bond0, members: [{type: interface, name: eth0}]}]\n"
    assert run.apply(bond).status != 0
    assert told(node) == before
    assert node.links["eth0"]["up"] == 1


def gen_mode(link: str, value: int) -> Resource:
    return Resource(SysctlKey(link, 6, "addr_gen_mode"), {"value": value})


def test_a_client_of_ipv6_hears_routers_as_long_as_it_runs(run: Runs, node: Served) -> None:
    settings = {"accept_ra": 1, "autoconf": 1, "addr_gen_mode": 0}
    keys = {name: SysctlKey("eth0", 6, name) for name in settings}
    for name, value in settings.items():
        node.others[keys[name]] = {"value": value}
    out = run.apply(NIC_V6).out
    assert "  + dhcp     dhcpcd, ipv6, defroute, dns\n" in out
    assert [node.others[keys[name]]["value"] for name in settings] == [0, 0, 1]
    assert run.apply(NIC_V6).out == NO_CHANGE
    since = len(node.steps)
    assert run.apply(PLAIN).errors == []
    assert {name: node.others[keys[name]]["value"] for name in settings} == settings
    assert steps(node, since)[0] == "- dhcp eth0"


@pytest.mark.parametrize(("link", "mode", "private"), [("eth0", 3, 1), ("default", 2, 1), ("eth0", 0, 0)])
def test_its_addresses_are_as_private_as_those_of_the_kernel(link: str, mode: int, private: int) -> None:
    told = {"ipv4": 0, "ipv6": 1, "private": 0, "defroute": 1, "dns": 0, "running": 1}
    wanted, mine = State({CLIENT: Resource(CLIENT, told)}), Programs(("dhcpcd",))
    node = {one.key: one for one in [gen_mode(link, mode)]}
    first = clients.fitted(wanted, State(node), mine).resources[CLIENT]
    assert first.values["private"] == private
    # It has put an end to the kernel's.
    running = {CLIENT: first, **{one.key: one for one in [gen_mode(link, 1)]}}
    assert clients.fitted(wanted, State(running), mine).resources[CLIENT].values["private"] == private


def of_ipv6(text: str, length: int = 64) -> Prefix:
    return Prefix(ip_address(text).packed, length)


@pytest.mark.parametrize(
    ("prefix", "values", "brought", "is_served"),
    [
        (of_ipv6("2001:db8::100", 128), {"lifetime": Lifetime(9, 9)}, True, True),
        (of_ipv6("2001:db8::5054"), {"lifetime": None, "noprefixroute": 1}, True, True),
        (of_ipv6("2001:db8::100", 128), {"lifetime": Lifetime(9, 9), "detection": "under way"}, True, False),
        (of_ipv6("fe80::5054"), {"protocol": 0, "lifetime": None}, True, False),
        (of_ipv6("fe80::5054"), {"protocol": 3, "lifetime": None}, False, False),
        (of_ipv6("2001:db8::9"), {"protocol": 111, "lifetime": None}, False, False),
        (of_ipv6("2001:db8::9"), {"protocol": 0, "lifetime": None}, False, False),
    ],
)
def test_what_a_client_of_ipv6_brings(
    prefix: Prefix, values: Dict[str, Value], brought: bool, is_served: bool
) -> None:
    key = AddressKey("eth0", prefix)
    client = Resource(CLIENT, {"ipv4": 0, "ipv6": 1, "running": 1})
    live: Dict[Key, Resource] = {CLIENT: client, key: Resource(key, values)}
    found = clients.with_marks(live)
    assert (process.BROUGHT in found[key].values) is brought
    assert clients.is_served(key, values) is is_served
    live[CLIENT] = client._replace(values={"ipv4": 1, "ipv6": 0})
    assert process.BROUGHT not in clients.with_marks(live)[key].values


def test_a_default_route_of_a_router_goes_with_defroute(run: Runs, node: Served) -> None:
    client: Values = {"ipv4": 0, "ipv6": 1, "private": 0, "defroute": 1, "dns": 0, "running": 1}
    key = RouteKey(of_ipv6("::", 0), 1002)
    route = Resource(key, {"link": "eth0", "protocol": 9, "gateway": of_ipv6("fe80::1").address})
    live = State(clients.with_marks({CLIENT: Resource(CLIENT, client), key: route}))
    assert clients.default_routes(State({CLIENT: Resource(CLIENT, client)}), live) == {}
    less = Resource(CLIENT, {**client, "defroute": 0}, ("network_config", 0, "use_dhcpv6"))
    assert clients.default_routes(State({CLIENT: less}), live) == {key: less.origin}


@pytest.mark.parametrize(
    ("told", "said", "not_said"),
    [
        ({"ipv4": 1, "ipv6": 0}, {"noipv6"}, {"noipv4", "ia_na", "slaac private"}),
        ({"ipv4": 0, "ipv6": 1}, {"noipv4", "ia_na"}, {"noipv6", "slaac private"}),
        ({"ipv4": 1, "ipv6": 1, "private": 1}, {"ia_na", "slaac private"}, {"noipv4", "noipv6"}),
    ],
)
def test_what_dhcpcd_is_told(told: Dict[str, Value], said: Set[str], not_said: Set[str]) -> None:
    (text,) = DHCPCD.files({"private": 0, "defroute": 1, "dns": 0, **told}).values()
    lines = set(text.splitlines())
    assert said <= lines
    assert not lines & not_said

"""Name servers from the config to the node in miniature, back, and on to another resolver."""

from __future__ import annotations

from typing import Dict, List, Mapping

import pytest

from os_net_config.state import dns
from os_net_config.state.model import ROOT_KEY, AddressKey, DnsKey, Key, LinkKey, ResolverKey
from os_net_config.state.values import Prefix, Value

from .cli.test_plan_output import as_json
from .node import Node
from .runs import Runs

ONE = "192.0.2.1"
FILE, RECORD = ResolverKey(dns.FILE), ResolverKey(dns.RESOLVCONF)
NOTHING = "No change: the node is as the config says.\n"
PLAIN = "network_config: [{type: interface, name: eth0}]\n"
ADDRESS = "addresses: [{ip_netmask: 192.0.2.10/24}]"


def config(*links: str) -> str:
    return "network_config:\n" + "".join(f"- {{type: interface, name: {one}}}\n" for one in links)


@pytest.fixture
def node(run: Runs) -> Node:
    return run.node


def lists(*servers: str, domains: tuple[str, ...] = ()) -> Dict[str, Value]:
    return {"servers": servers, "domains": domains}


def test_no_resolver_is_asked_where_nothing_is_said(
    run: Runs, node: Node, monkeypatch: pytest.MonkeyPatch
) -> None:
    def asked(_: object) -> None:
        raise AssertionError("a resolver is asked")

    monkeypatch.setattr(node, "_told_dns", asked)
    assert run.apply(PLAIN).status == 0
    assert run.apply(PLAIN).out == NOTHING


@pytest.mark.parametrize("place, key", [(dns.FILE, FILE), (dns.RESOLVCONF, RECORD)])
def test_a_node_has_one_list(run: Runs, node: Node, place: str, key: Key) -> None:
    node.resolver = place
    text = config(
        f"eth0, dns_servers: [{ONE}, '2001:DB8::1'], domain: A.example.", f"eth1, dns_servers: {ONE}"
    )
    assert run.apply(text).errors == []
    assert node.dns == {key: lists(ONE, "2001:db8::1", domains=("a.example",))}
    assert run.apply(text).out == NOTHING
    assert run.apply(config("eth0", f"eth1, dns_servers: {ONE}")).errors == []
    assert node.dns == {key: lists(ONE)}
    assert run.apply(PLAIN).errors == []
    assert node.dns == {}
    assert run.apply(PLAIN).out == NOTHING


def test_each_link_has_its_own(run: Runs, node: Node) -> None:
    node.resolver = dns.RESOLVED
    node.dns[DnsKey("eth0")] = lists("10.0.0.1", domains=("old.example",))
    before = {key: dict(one) for key, one in node.dns.items()}
    text = config(f"eth0, {ADDRESS}, dns_servers: {ONE}", "eth1, domain: [a.example, b.example]")
    assert run.apply(text).errors == []
    assert node.dns == {
        DnsKey("eth0"): lists(ONE, domains=("old.example",)),
        DnsKey("eth1"): {"domains": ("a.example", "b.example")},
    }
    assert run.apply(text).out == NOTHING
    assert run.apply(config("eth0", "eth1")).errors == []
    assert {key: one for key, one in node.dns.items() if any(one.values())} == before


def test_those_of_a_link_of_ours_come_and_go_with_it(run: Runs, node: Node) -> None:
    node.resolver = dns.RESOLVED
    vlan = f"- {{type: vlan, vlan_id: 10, device: eth0, {ADDRESS}, "
    assert run.apply(f"{config('eth0')}{vlan} dns_servers: {ONE}, domain: a}}\n").errors == []
    key = DnsKey("vlan10")
    assert node.dns[key] == lists(ONE, domains=("a",))
    # It is made again on another NIC.
    moved = vlan.replace("eth0", "eth1")
    assert run.apply(f"{config('eth0', 'eth1')}{moved} dns_servers: {ONE}, domain: a}}\n").errors == []
    assert node.dns[key] == lists(ONE, domains=("a",))
    assert run.apply(f"{config('eth0', 'eth1')}{moved} domain: b}}\n").errors == []
    assert node.dns[key] == lists(domains=("b",))
    assert run.apply(PLAIN).errors == []
    assert key not in node.dns


@pytest.mark.parametrize("place", [dns.FILE, dns.RESOLVED])
def test_a_failed_run_takes_them_back(run: Runs, node: Node, place: str) -> None:
    node.resolver = place
    run.apply(config(f"eth0, {ADDRESS}, dns_servers: {ONE}"))
    before = {key: dict(one) for key, one in node.dns.items()}
    text = config(f"eth0, {ADDRESS}, mtu: 1400, dns_servers: 192.0.2.2", "eth1, domain: a")
    for number in range(6):
        node.fails_at = number
        outcome = run.apply(text)
        if outcome.status == 0:
            break
        found = {key: {**lists(), **one} for key, one in node.dns.items()}
        assert {key: one for key, one in found.items() if any(one.values())} == {
            key: {**lists(), **one} for key, one in before.items()
        }
    assert number > 1


def test_another_resolver_is_installed_later(run: Runs, node: Node) -> None:
    text = config(f"eth0, {ADDRESS}, dns_servers: {ONE}, domain: a")
    run.apply(text)
    assert set(node.dns) == {FILE}
    node.resolver = dns.RESOLVED
    assert run.apply(text).errors == []
    assert node.dns == {DnsKey("eth0"): lists(ONE, domains=("a",))}
    node.resolver = dns.RESOLVCONF
    assert run.apply(text).errors == []
    assert node.dns[RECORD] == lists(ONE, domains=("a",))


def test_a_boot_forgets_links_and_not_the_file(
    run: Runs, node: Node, monkeypatch: pytest.MonkeyPatch
) -> None:
    run.apply(config(f"eth0, dns_servers: {ONE}"))
    monkeypatch.setattr("os_net_config.engine.record_file.boot_id", lambda: "another")
    assert run.apply(PLAIN).errors == []
    assert node.dns == {}


def test_what_no_record_knows_goes_with_all(run: Runs, node: Node) -> None:
    node.dns[FILE] = lists(ONE)
    assert run.apply(PLAIN).out == NOTHING
    assert run.apply(PLAIN, "--prune-all").errors == []
    assert node.dns == {}
    node.dns[FILE] = lists(ONE)
    assert run.apply(PLAIN, "--cleanup").errors == []
    assert node.dns == {}


def test_no_prune_leaves_them(run: Runs, node: Node) -> None:
    run.apply(config(f"eth0, dns_servers: {ONE}"))
    assert run.apply(PLAIN, "--no-prune").out == NOTHING
    assert node.dns == {FILE: lists(ONE)}


def test_what_the_file_says_already_is_not_ours(
    run: Runs, node: Node, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(type(node), "found_dns", {"servers": (ONE,), "domains": ("old",)})
    assert run.apply(config(f"eth0, dns_servers: {ONE}")).out == NOTHING
    assert run.apply(config(f"eth0, dns_servers: {ONE}, domain: new")).errors == []
    assert node.dns == {FILE: lists(ONE, domains=("new",))}


# What is told


def test_the_plan(run: Runs, node: Node) -> None:
    node.resolver = dns.RESOLVED
    text = config(f"eth0, {ADDRESS}, dns_servers: [{ONE}, 192.0.2.2], domain: a")
    lines = run.apply(text, "--noop").out.splitlines()
    assert "  ~ dns      servers none → 192.0.2.1 192.0.2.2" in lines
    assert "  ~ dns      domains none → a" in lines
    found = as_json(run.apply(text, "--noop", "--format", "json").out)
    (change,) = [one for one in found["changes"] if one["resource"] == "dns"]
    assert change["after"] == {"servers": [ONE, "192.0.2.2"], "domains": ["a"]}
    assert change["link"] == "eth0"
    node.resolver = dns.FILE
    shown = run.apply(text, "--noop").out
    assert (
        "/etc/resolv.conf  network_config[0].dns_servers\n  + dns      servers 192.0.2.1 192.0.2.2" in shown
    )
    found = as_json(run.apply(text, "--noop", "--format", "json").out)
    (change,) = [one for one in found["changes"] if one["resource"] == "resolver"]
    assert change["place"] == "resolv.conf"


MANY = "192.0.2.{1,2,3,4,5}"
WARNINGS: Mapping[str, List[str]] = {
    f"eth0, dns_servers: [{ONE}, 192.0.2.2, 192.0.2.3, 192.0.2.4]": [
        "192.0.2.4 is not used: the resolver asks 3 name servers, 192.0.2.1, 192.0.2.2, 192.0.2.3"
        " (name 3 at most, the preferred one first)"
    ],
    "eth0, domain: [a, b, c, d, e, f, g, h]": [
        "g, h are not used before glibc 2.26, which tries 6 domains, a, b, c, d, e, f"
        " (name 6 at most, the preferred one first)"
    ],
    f"eth0, dns_servers: [{ONE}, {ONE}, {ONE}, {ONE}]": [],
}


@pytest.mark.parametrize("said", WARNINGS)
def test_more_than_the_resolver_takes_is_a_warning(run: Runs, said: str) -> None:
    outcome = run.apply(config(said))
    attribute = "domain" if "domain" in said else "dns_servers"
    place = f"WARNING: config.yaml:2:{config(said).splitlines()[1].index(attribute) + len(attribute) + 3}"
    expected = [f"{place}: network_config[0].{attribute}: {one}" for one in WARNINGS[said]]
    assert outcome.errors == expected
    assert outcome.status == 0


def test_resolved_takes_as_many_as_there_are(run: Runs, node: Node) -> None:
    node.resolver = dns.RESOLVED
    text = config(f"eth0, {ADDRESS}, dns_servers: [{ONE}, 192.0.2.2, 192.0.2.3, 192.0.2.4]")
    assert run.apply(text).errors == []


def test_resolved_needs_an_address_on_the_link(run: Runs, node: Node) -> None:
    node.resolver = dns.RESOLVED
    (told,) = run.apply(config(f"eth0, dns_servers: {ONE}")).errors
    assert "systemd-resolved asks those of eth0 only once that link has an address" in told
    node.addresses[AddressKey("eth0", Prefix(bytes([192, 0, 2, 9]), 24))] = {"protocol": 0, "scope": 0}
    assert run.apply(config(f"eth0, dns_servers: {ONE}")).errors == []


@pytest.mark.parametrize(
    "said, message",
    [
        (f"lo, dns_servers: {ONE}", "systemd-resolved has no name servers of lo"),
        ("eth0, domain: .", "systemd-resolved takes no search domain '.'"),
    ],
)
def test_what_resolved_does_not_take_is_an_error(run: Runs, node: Node, said: str, message: str) -> None:
    node.resolver = dns.RESOLVED
    node.links["lo"] = {**node.links["eth0"], "address": bytes(6), "permanent": None}
    outcome = run.apply(config(said))
    assert outcome.status == 1
    assert message in outcome.errors[0]
    assert LinkKey("lo") not in [step.key for step in node.steps]
    node.resolver = dns.FILE
    assert run.apply(config(said)).errors == []


def test_what_has_no_link_speaks_for_its_bridge(run: Runs, node: Node) -> None:
    node.resolver = dns.RESOLVED
    node.rows[ROOT_KEY] = {}
    bond = f"{{type: ovs_bond, name: bond0, dns_servers: {ONE}, members: [{{type: interface, name: eth0}}]}}"
    bridge = (
        f"network_config:\n- {{type: ovs_bridge, name: br-ex, domain: a, {ADDRESS}, members: [{bond}]}}\n"
    )
    assert run.apply(bridge).errors == []
    assert node.dns == {DnsKey("br-ex"): {"servers": (ONE,), "domains": ("a",)}}
    assert run.apply(bridge).out == NOTHING

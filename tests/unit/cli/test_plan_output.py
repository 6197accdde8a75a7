"""How a plan looks to a person and to a program, and that nothing else is on stdout."""

from __future__ import annotations

import json
import os
import re
import sys
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any, Dict, List

import jsonschema
import pytest

from os_net_config import __version__
from os_net_config.cli import plan_json
from os_net_config.cli.plan_text import render
from os_net_config.config.document import parse
from os_net_config.config.nics import name_nics
from os_net_config.engine.prepare import prepare_document
from os_net_config.engine.prepared import Situation
from os_net_config.state import model, route
from os_net_config.state.diff import Change
from os_net_config.state.fall import Fall
from os_net_config.state.model import AddressKey, NameKey, Resource, RouteKey, State, SysctlKey
from os_net_config.state.plan import Plan
from os_net_config.state.values import Prefix, Value

from ..node import Node, database, link, nics, node_with
from ..runs import NODE, Runs

CHECKOUT = Path(__file__).resolve().parents[3]
EXAMPLES = sorted((CHECKOUT / "examples").glob("*.yaml"))

CONFIG = """\
network_config:
- type: interface
  name: eth0
  mtu: 9000
  addresses:
  - ip_netmask: 192.0.2.10/24
  - ip_netmask: 2001:db8::10/64
  routes:
  - default: true
    next_hop: 192.0.2.254
  - ip_netmask: 198.51.100.0/24
    next_hop: 192.0.2.1
    metric: 50
- type: linux_bond
  name: bond0
  bonding_options: mode=802.3ad lacp_rate=fast miimon=100
  members:
  - type: interface
    name: eth1
- type: vlan
  vlan_id: 20
  device: bond0
  mtu: 1400
  addresses:
  - ip_netmask: 203.0.113.10/24
"""

TEXT = """\
eth0  network_config[0]
  ~ mtu      1500 → 9000
  + address  192.0.2.10/24
  + address  2001:db8::10/64
  ~ route default gateway  192.0.2.1 → 192.0.2.254
  + route    198.51.100.0/24 via 192.0.2.1 metric 50
  - address  192.0.2.99/24
  - route    10.0.0.0/8 via 192.0.2.1
bond0  network_config[1]
  + link     bond, up, mode 802.3ad, miimon 100, lacp_rate fast
eth1  network_config[1].members[0]
  ! goes down for a moment
  ~ master   none → bond0
vlan20  network_config[2]
  + link     vlan, on bond0, mtu 1400, up, id 20
  + address  203.0.113.10/24
6 to add, 3 to change, 2 to remove.
Careful: the default route by eth0 is changed.
"""

OURS: Dict[str, Value] = {"protocol": route.PROTOCOL, "scope": 0}


def prefix(*numbers: int, length: int) -> Prefix:
    return Prefix(bytes(numbers), length)


#: What a link with a static address of IPv6 is set to.
STATIC_IPV6 = (("accept_ra", 0), ("autoconf", 0), ("keep_addr_on_down", 1))


def earlier(run: Runs) -> None:
    """A node with two NICs and what an earlier run of the file left on eth0."""
    via = {**OURS, "gateway": bytes([192, 0, 2, 1]), "link": "eth0", "type": "unicast"}
    left = (
        Resource(AddressKey("eth0", prefix(192, 0, 2, 99, length=24)), OURS),
        Resource(RouteKey(prefix(0, 0, 0, 0, length=0), 0), via),
        Resource(RouteKey(prefix(10, 0, 0, 0, length=8), 0), via),
    )
    settings = (Resource(SysctlKey("eth0", 6, name), {"value": value}) for name, value in STATIC_IPV6)
    run.node = Node(node_with([], *map(link, nics("eth0", "eth1")), *left, *settings))
    run.remember(one.key for one in left)


@pytest.fixture(autouse=True)
def node(run: Runs) -> None:
    earlier(run)
    run.write("config.yaml", CONFIG)


def shown(run: Runs, *arguments: str) -> str:
    """What a dry run prints; it says nothing on stderr."""
    found = run("-c", "config.yaml", *NODE, "--noop", *arguments)
    assert found.errors == []
    return found.out


# Text


def test_one_line_per_change_grouped_by_link_and_a_summary(run: Runs) -> None:
    assert shown(run) == TEXT


def test_a_real_run_prints_the_same_plan_and_that_it_was_made(run: Runs) -> None:
    assert run("-c", "config.yaml", *NODE) == (0, TEXT + "Applied and verified.\n", [])


def test_no_change(run: Runs) -> None:
    run("-c", "config.yaml", *NODE)
    assert shown(run) == "No change: the node is as the config says.\n"


def test_names_come_under_their_file(run: Runs) -> None:
    """Those of our label, on a node that we have not been on yet."""
    known = [one for one in node_with(nics("eth0", "eth1")) if not isinstance(one.key, NameKey)]
    run.node = Node(State({one.key: one for one in known}))
    vlan = "{type: vlan, device: eth0, vlan_id: 20, addresses: [{ip_netmask: 192.0.2.1/24}]}"
    run.write("config.yaml", f"network_config: [{vlan}]\n")
    assert (
        run("-c", "config.yaml", *NODE).out
        == """\
/etc/iproute2/rt_protos.d/os-net-config.conf
  + name     111 os-net-config
/etc/iproute2/group
  + name     111 os-net-config
vlan20  network_config[0]
  + link     vlan, on eth0, up, id 20
  + address  192.0.2.1/24
4 to add, 0 to change, 0 to remove.
Applied and verified.
"""
    )


def test_a_number_that_nothing_has_gets_no_name(run: Runs) -> None:
    known = [one for one in node_with(nics("eth0", "eth1")) if not isinstance(one.key, NameKey)]
    run.node = Node(State({one.key: one for one in known}))
    run.write("config.yaml", "network_config: [{type: interface, name: eth0, mtu: 9000}]\n")
    out = run("-c", "config.yaml", *NODE).out
    assert "1500 → 9000\n0 to add, 1 to change, 0 to remove." in out


def test_names_and_settings() -> None:
    """In both forms, added, changed and removed."""
    setting = SysctlKey("eth0", 6, "accept_ra")
    storage = NameKey("rt_tables", 200)
    changes = (
        Change(setting, {"value": 1}, {"value": 0}),
        Change(storage, None, {"name": "storage"}),
        Change(storage, {"name": "storage"}, {"name": "tenant"}),
        Change(storage, {"name": "tenant"}, None),
    )
    document = parse("config.yaml", b"network_config: [{type: interface, name: eth0}]\n")
    eth0 = nics("eth0")
    prepared = prepare_document(document, Situation(node_with(eth0), eth0, name_nics(eth0, {})))
    prepared = replace(prepared, plan=Plan(changes, changes, Fall()))
    assert (
        render(prepared)
        == """\
eth0  network_config[0]
  ~ sysctl   ipv6 accept_ra 1 → 0
/etc/iproute2/rt_tables.d/os-net-config.conf
  + name     200 storage
  ~ name     200 storage → tenant
  - name     200 tenant
1 to add, 2 to change, 1 to remove."""
    )
    found = as_json(json.dumps(plan_json.as_json(prepared, "config.yaml", False)))
    assert found["changes"][1] == {
        "action": "add", "resource": "name", "file": "rt_tables", "number": 200, "origin": None,
        "before": None, "after": {"name": "storage"},
    }  # fmt: skip


ESCAPE = re.compile(r"\x1b\[(\d+)m")


@pytest.mark.parametrize(
    "terminal, environment, arguments, coloured",
    [
        (False, {}, [], False),
        (True, {}, [], True),
        (True, {"NO_COLOR": "1"}, [], False),
        (True, {"NO_COLOR": ""}, [], False),
        (True, {"TERM": "dumb"}, [], False),
        (True, {}, ["--color", "never"], False),
        (False, {"NO_COLOR": "1"}, ["--color", "always"], True),
        (True, {}, ["--format", "json"], False),
    ],
)
def test_colour_on_a_terminal_only(  # noqa: PLR0913, PLR0917
    run: Runs,
    monkeypatch: pytest.MonkeyPatch,
    terminal: bool,
    environment: Dict[str, str],
    arguments: List[str],
    coloured: bool,
) -> None:
    for name in ("NO_COLOR", "TERM"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(sys.stdout, "isatty", lambda: terminal)
    assert bool(ESCAPE.search(shown(run, *arguments))) is coloured


def test_colour_changes_no_word(run: Runs) -> None:
    coloured = shown(run, "--color", "always")
    assert ESCAPE.sub("", coloured) == TEXT
    marks = {"32": "+", "33": "~", "31": "-", "35": "!"}
    for line in coloured.splitlines():
        colour = ESCAPE.match(line.strip())
        if colour and colour.group(1) in marks:
            assert ESCAPE.sub("", line).strip()[0] == marks[colour.group(1)]
            assert line.endswith("\x1b[0m")


POLICY = """\
network_config:
- type: interface
  name: eth0
  addresses: [{ip_netmask: 192.0.2.10/24}]
  routes:
  - {default: true, next_hop: 192.0.2.1, table: storage, route_options: mtu 1400 onlink}
  - {ip_netmask: 10.0.0.0/8, route_options: blackhole metric 5}
  - {default: true, table: 201, route_options: nexthop via 192.0.2.1 nexthop via 192.0.2.2 weight 2}
  - {ip_netmask: 10.1.0.0/16, next_hop: 192.0.2.1, route_options: tos CS1}
  rules:
  - {rule: from 192.0.2.0/24 table storage}
  - {rule: -6 prohibit pref 5}
- {type: route_table, name: storage, table_id: 200}
"""
POLICY_TEXT = """\
/etc/iproute2/rt_tables.d/os-net-config.conf  network_config[1]
  + name     200 storage
eth0  network_config[0]
  + address  192.0.2.10/24
  + route    default via 192.0.2.1 table 200 onlink on mtu 1400
  + route    10.1.0.0/16 via 192.0.2.1 tos 0x20
routes without a link  network_config[0].routes[1]
  + route    blackhole 10.0.0.0/8 metric 5
  + route    default nexthops via 192.0.2.1 dev eth0 weight 1, via 192.0.2.2 dev eth0 weight 2 table 201
rules  network_config[0].rules[0].rule
  + rule     10000: from 192.0.2.0/24 lookup 200
rules of IPv6  network_config[0].rules[1].rule
  + rule     5: from all prohibit
8 to add, 0 to change, 0 to remove.
"""


def test_policy_routing(run: Runs) -> None:
    run.node = Node(node_with(nics("eth0")))
    run.write("config.yaml", POLICY)
    assert shown(run) == POLICY_TEXT


def test_policy_routing_as_json(run: Runs) -> None:
    run.node = Node(node_with(nics("eth0")))
    run.write("config.yaml", POLICY)
    changes = as_json(shown(run, "--format", "json"))["changes"]
    (rule,) = [one for one in changes if one["resource"] == "rule" and one["family"] == 6]
    assert rule == {
        "action": "add",
        "resource": "rule",
        "family": 6,
        "priority": 5,
        "rule": "5: from all prohibit",
        "origin": "network_config[0].rules[1].rule",
        "before": None,
        "after": {"protocol": 111},
    }
    (dead_end,) = [one for one in changes if one.get("destination") == "10.0.0.0/8"]
    assert (dead_end["link"], dead_end["after"]["type"]) == ("", "blackhole")


# The price of it, the risk of it, and what it leaves alone

BOND = """\
network_config:
- type: linux_bond
  name: bond0
  bonding_options: mode=802.3ad miimon=100
  members:
  - {type: interface, name: eth0}
  - {type: interface, name: eth1}
- type: vlan
  vlan_id: 20
  device: bond0
  addresses: [{ip_netmask: 203.0.113.10/24}]
  routes: [{default: true, next_hop: 203.0.113.1}]
"""


@pytest.fixture
def bonded(run: Runs) -> Runs:
    """A node with a bond and a VLAN of ours, and with somebody's address on that."""
    run.node = Node(node_with(nics("eth0", "eth1")))
    run.remember([])
    run.write("config.yaml", BOND)
    assert run("-c", "config.yaml", *NODE).status == 0
    run.node.addresses[AddressKey("vlan20", prefix(203, 0, 113, 100, length=24))] = {
        "protocol": 0,
        "scope": 0,
    }
    run.write("config.yaml", BOND.replace("802.3ad", "active-backup"))
    return run


def test_what_goes_down_and_what_comes_back(bonded: Runs) -> None:
    assert (
        shown(bonded)
        == """\
bond0  network_config[0]
  ! goes down and lets go of its ports for a moment, and 1 VLAN with it
  ! lost with it, and put back: 1 route (route default)
  ~ mode     802.3ad → active-backup
0 to add, 1 to change, 0 to remove.
Careful: the default route is by vlan20, which goes down.
"""
    )
    plan = as_json(shown(bonded, "--format", "json"))
    assert plan["interruptions"] == [{"link": "bond0", "what": "ports released", "vlans": 1, "returned": 1}]
    assert plan["at_risk"] == ["the default route is by vlan20, which goes down"]


def test_what_is_made_anew(bonded: Runs) -> None:
    """Those of others are named first."""
    bonded.write("config.yaml", BOND.replace("device: bond0", "device: eth2"))
    bonded.node.links["eth2"] = dict(link(nics("eth0", "eth1", "eth2")[2]).values)
    text = shown(bonded)
    assert "vlan20  network_config[1]\n  ! is made anew\n" in text
    assert "put back: 2 addresses and 1 route (203.0.113.100/24, 203.0.113.10/24, route default)\n" in text


@pytest.mark.parametrize("arguments", [[], ["--noop"]])
def test_the_session_that_is_cut_off_is_named(
    bonded: Runs, monkeypatch: pytest.MonkeyPatch, arguments: List[str]
) -> None:
    """On the last line of the plan; by a real run beforehand as well, when it can still be read."""
    monkeypatch.setenv("SSH_CONNECTION", "198.51.100.9 50022 203.0.113.10 22")
    session = "Careful: this SSH session comes by vlan20, which goes down"
    found = bonded("-c", "config.yaml", *NODE, *arguments)
    lines = [line for line in found.out.splitlines() if line != "Applied and verified."]
    assert lines[-1] == f"{session}; the default route is by vlan20, which goes down."
    assert found.errors == ([] if arguments else [f"WARNING: {session}."])


def test_a_link_that_leaves_the_config(bonded: Runs) -> None:
    bonded.write("config.yaml", BOND[: BOND.index("- type: vlan")])
    bonded.node.addresses.popitem()
    assert (
        shown(bonded)
        == """\
vlan20  (no longer in the config)
  - link     vlan, on bond0, mtu 1500, address 52:54:00:00:00:01, up, id 20
  - address  203.0.113.10/24
  - route    default via 203.0.113.1
0 to add, 0 to change, 3 to remove.
Careful: the default route is by vlan20, which is removed.
"""
    )


def test_a_released_nic_has_no_place(run: Runs) -> None:
    run.remember([])
    run.write("config.yaml", "network_config: [{type: interface, name: eth1, mtu: 9000}]\n")
    assert run("-c", "config.yaml", *NODE).status == 0
    run.write("config.yaml", "network_config: [{type: interface, name: eth0}]\n")
    assert "eth1  (no longer in the config)\n  ~ mtu      9000 → 1500\n" in shown(run)


def unknown(run: Runs, count: int) -> None:
    """VLANs that carry our label, and an address on each."""
    for number in range(count):
        name = f"vlan{30 + number}"
        run.node.links[name] = {"kind": "vlan", "link": "eth0", "id": 30 + number, "group": 111, "up": 1,
                                "mtu": 1500, "master": None, "address": b"RT"}  # fmt: skip
        run.node.addresses[AddressKey(name, prefix(10, 50, number, 10, length=24))] = dict(OURS)


def test_what_no_record_knows_is_listed(bonded: Runs) -> None:
    unknown(bonded, 1)
    line = "Ours by their label, and of no config that is known: vlan30, 10.50.0.10/24 on vlan30"
    lines = shown(bonded).splitlines()
    assert lines[-2] == f"{line} (--prune-all removes them)"
    assert as_json(shown(bonded, "--format", "json"))["unknown"] == [
        {"resource": "link", "link": "vlan30"},
        {"resource": "address", "link": "vlan30", "address": "10.50.0.10/24"},
    ]


def test_of_very_much_that_no_record_knows_the_first_are_listed(bonded: Runs) -> None:
    unknown(bonded, 9)
    assert ": vlan30, vlan31, vlan32, vlan33, vlan34, vlan35, vlan36, vlan37 and 10 more (" in shown(bonded)


def test_what_no_record_knows_is_listed_where_there_is_nothing_to_change(bonded: Runs) -> None:
    bonded.write("config.yaml", BOND)
    unknown(bonded, 1)
    assert shown(bonded).startswith("No change: the node is as the config says.\nOurs by their label, ")
    # A real run says what it did; this it did not touch.
    assert bonded("-c", "config.yaml", *NODE).out == "No change: the node is as the config says.\n"


def test_prune_all_leaves_nothing_unknown(bonded: Runs) -> None:
    unknown(bonded, 1)
    text = shown(bonded, "--prune-all")
    assert "vlan30  (no longer in the config)\n  - link     vlan, on eth0, " in text
    assert "Ours by their label" not in text


def test_text_and_json_count_the_same(bonded: Runs) -> None:
    """Resources, not attributes."""
    bonded.write("config.yaml", BOND.replace("802.3ad miimon=100", "active-backup miimon=200"))
    assert "0 to add, 1 to change, 0 to remove." in shown(bonded)
    assert as_json(shown(bonded, "--format", "json"))["summary"] == {"add": 0, "change": 1, "remove": 0}


# JSON


@cache
def validator() -> jsonschema.Draft7Validator:
    schema = json.loads((CHECKOUT / "schemas" / "plan.schema.json").read_text(encoding="utf-8"))
    jsonschema.Draft7Validator.check_schema(schema)
    return jsonschema.Draft7Validator(schema)


def as_json(text: str) -> Any:
    """The one document on stdout, which fits its schema."""
    document = json.loads(text)
    validator().validate(document)
    return document


def test_warnings_are_in_the_json(run: Runs) -> None:
    run.write("config.yaml", CONFIG.replace("  mtu: 9000\n", "  mtu: 9000\n  colour: blue\n"))
    found = run("-c", "config.yaml", *NODE, "--noop", "--format", "json")
    (warning,) = [one for one in as_json(found.out)["warnings"] if "unknown" in one["message"]]
    assert (warning["file"], warning["severity"]) == ("config.yaml", "warning")
    assert warning["path"] == "network_config[0].colour"


def test_a_section_that_is_not_applied_may_ask_for_what_comes_later(run: Runs) -> None:
    fallback = "fallback_config:\n- {type: interface, name: nic1, use_dhcp: true}\n"
    run.write("config.yaml", CONFIG + fallback)
    assert run("-c", "config.yaml", *NODE, "--noop").status == 0


def test_a_plan_as_json(run: Runs) -> None:
    plan = as_json(shown(run, "--format", "json"))
    steps = plan.pop("steps")
    changes = plan.pop("changes")
    assert plan == {
        "format": "os-net-config plan",
        "version": 1,
        "program": __version__,
        "file": "config.yaml",
        "section": "network_config",
        "changed": True,
        "applied": False,
        "summary": {"add": 6, "change": 3, "remove": 2},
        "interruptions": [{"link": "eth1", "what": "down", "vlans": 0, "returned": 0}],
        "unknown": [],
        "at_risk": ["the default route by eth0 is changed"],
        "confirm": None,
        "warnings": [],
    }
    assert changes[0] == {
        "action": "change",
        "resource": "link",
        "link": "eth0",
        "origin": "network_config[0]",
        "before": {"mtu": 1500},
        "after": {"mtu": 9000},
    }
    assert changes[1] == {
        "action": "add",
        "resource": "link",
        "link": "bond0",
        "origin": "network_config[1]",
        "before": None,
        "after": {
            "group": 111,
            "kind": "bond",
            "mode": "802.3ad",
            "miimon": 100,
            "lacp_rate": "fast",
            "up": True,
        },
    }
    assert [(one["action"], one["resource"], one["link"]) for one in changes] == [
        ("change", "link", "eth0"),
        ("add", "link", "bond0"),
        ("change", "link", "eth1"),
        ("add", "link", "vlan20"),
        ("add", "address", "eth0"),
        ("add", "address", "eth0"),
        ("change", "route", "eth0"),
        ("add", "route", "eth0"),
        ("add", "address", "vlan20"),
        ("remove", "address", "eth0"),
        ("remove", "route", "eth0"),
    ]
    # promote_secondaries is set while the first address of the subnet goes.
    assert {(one["resource"], one["link"]) for one in steps} == {
        *((one["resource"], one["link"]) for one in changes),
        ("sysctl", "eth0"),
    }


def test_addresses_and_routes_as_json(run: Runs) -> None:
    changes = as_json(shown(run, "--format", "json"))["changes"]
    assert changes[4] == {
        "action": "add",
        "resource": "address",
        "link": "eth0",
        "address": "192.0.2.10/24",
        "origin": "network_config[0].addresses[0]",
        "before": None,
        "after": {"protocol": 111, "scope": 0, "broadcast": "192.0.2.255", "lifetime": None},
    }
    assert changes[6] == {
        "action": "change",
        "resource": "route",
        "link": "eth0",
        "destination": "0.0.0.0/0",
        "metric": 0,
        "table": 254,
        "origin": "network_config[0].routes[0]",
        "before": {"gateway": "192.0.2.1"},
        "after": {"gateway": "192.0.2.254"},
    }
    assert changes[10]["before"]["gateway"] == "192.0.2.1"
    assert changes[10]["after"] is None


def test_what_is_asked_for_is_in_the_json(run: Runs) -> None:
    """With the first step that brings a new IPv4 address."""
    plan = as_json(shown(run, "--format", "json"))
    first = next(one for one in plan["steps"] if one.get("address") == "192.0.2.10/24")
    assert [one for one in plan["steps"] if "probes" in one] == [first]
    assert first["probes"] == [
        {"resource": "address", "link": "eth0", "address": "192.0.2.10/24"},
        {"resource": "address", "link": "vlan20", "address": "203.0.113.10/24"},
    ]


@pytest.mark.parametrize("form", ["text", "json"])
def test_a_duplicate_that_is_found_before_the_run(run: Runs, form: str) -> None:
    run.node.taken = {AddressKey("eth0", prefix(192, 0, 2, 10, length=24)): bytes([2, 0, 0, 0, 0, 1])}
    assert shown(run, "--format", form)
    found = run("-c", "config.yaml", *NODE, "--noop", "--probe-addresses", "--format", form)
    assert found.status == 1
    message = "192.0.2.10/24 on eth0 is in use already, by 02:00:00:00:00:01"
    if form == "json":
        (problem,) = as_json(found.out)["problems"]
        assert (problem["line"], problem["message"]) == (6, message)
    else:
        assert any(
            f"config.yaml:6:5: network_config[0].addresses[0]: {message}" in one for one in found.errors
        )
    assert run.node.steps == []


def test_json_is_the_same_each_time(run: Runs) -> None:
    assert shown(run, "--format", "json") == shown(run, "--format", "json")


def test_a_real_run_as_json_says_that_it_was_applied(run: Runs) -> None:
    found = run("-c", "config.yaml", *NODE, "--format", "json")
    plan = as_json(found.out)
    assert (plan["changed"], plan["applied"], found.errors) == (True, True, [])
    again = as_json(run("-c", "config.yaml", *NODE, "--format", "json").out)
    assert (again["changed"], again["changes"], again["steps"]) == (False, [], [])


def test_problems_as_json(run: Runs) -> None:
    run.write("config.yaml", CONFIG.replace("vlan_id: 20", "vlan_id: 5000"))
    found = run("-c", "config.yaml", *NODE, "--noop", "--format", "json")
    assert (found.status, found.errors) == (1, [])
    assert as_json(found.out) == {
        "format": "os-net-config errors",
        "version": 1,
        "problems": [
            {
                "file": "config.yaml",
                "line": 21,
                "column": 12,
                "path": "network_config[2].vlan_id",
                "severity": "error",
                "message": "5000 is not in 1..4094",
                "hint": None,
            }
        ],
    }


@pytest.mark.parametrize(
    "text", ["", "network_config: [", "- a", CONFIG + "- {type: ovs_bridge, name: br-ex}\n"]
)
def test_every_refusal_as_json_fits_the_schema(run: Runs, text: str) -> None:
    run.write("config.yaml", text)
    assert (
        as_json(run("-c", "config.yaml", *NODE, "--format", "json").out)["format"] == "os-net-config errors"
    )


def test_a_missing_file_as_json(run: Runs) -> None:
    found = as_json(run("-c", "missing.yaml", *NODE, "--noop", "--format", "json").out)
    (problem,) = found["problems"]
    assert (problem["file"], problem["line"], problem["column"]) == ("missing.yaml", None, None)


def test_a_check_as_json(run: Runs) -> None:
    run.write("bad.yaml", "network_config: [{type: interface, name: eth0, mtu: 20, mut: 1}]\n")
    found = as_json(run("check", "--format", "json", "config.yaml", "bad.yaml", "missing.yaml").out)
    assert [(one["file"], one["good"]) for one in found["files"]] == [
        ("config.yaml", True),
        ("bad.yaml", False),
        ("missing.yaml", False),
    ]
    assert [one["severity"] for one in found["files"][1]["problems"]] == ["error", "warning"]


@pytest.mark.parametrize("path", EXAMPLES, ids=[path.name for path in EXAMPLES])
def test_every_example_is_good_and_its_plan_fits_the_schema(run: Runs, path: Path) -> None:
    run.write("config.yaml", path.read_text(encoding="utf-8"))
    assert as_json(run("check", "--format", "json", "config.yaml").out)["files"][0]["good"]
    found = [f"eno{number}" for number in range(1, 9)]
    run.node = Node(node_with(nics(*found), database()))
    run.write(
        "inventory.yaml",
        "".join(f"- {{name: {one.name}, mac: '{one.mac.hex(':')}'}}\n" for one in nics(*found)),
    )
    assert as_json(shown(run, "--format", "json"))["changed"]


def test_the_format_is_documented_attribute_by_attribute() -> None:
    text = (CHECKOUT / "docs" / "plan-format.md").read_text(encoding="utf-8")
    names = {name for table in model.LINK_KINDS.values() for name in table}
    assert [name for name in sorted(names) if f"`{name}`" not in text] == []
    for block in re.findall(r"```json\n(.*?)```", text, re.DOTALL):
        as_json(block)


# Logs


@pytest.mark.parametrize(
    "arguments", [["--noop"], [], ["--noop", "--format", "json"], ["--format", "json"], ["-i"]]
)
@pytest.mark.parametrize("level", ["-v", "-d"])
def test_logs_are_never_on_stdout(run: Runs, arguments: List[str], level: str) -> None:
    run.write("config.yaml", CONFIG + "- {type: interface, name: eth0.7, mut: 1}\n")
    quiet = run("-c", "config.yaml", *NODE, *arguments)
    earlier(run)
    loud = run("-c", "config.yaml", *NODE, *arguments, level, "--provider", "ifcfg")
    assert loud.out == quiet.out
    assert all(re.match("(DEBUG|INFO|WARNING): ", line) for line in loud.errors)
    assert any("--provider ifcfg" in line for line in loud.errors)


def test_a_warning_of_the_file_is_on_stderr_with_its_place(run: Runs) -> None:
    run.write("config.yaml", CONFIG.replace("mtu: 9000", "mtu: 9000\n  mut: 1"))
    assert run("-c", "config.yaml", *NODE, "--noop") == (
        0,
        TEXT,
        ["WARNING: config.yaml:5:3: network_config[0].mut: unknown attribute, not used (did you mean mtu?)"],
    )


def test_in_the_journal_a_line_has_its_priority(
    run: Runs, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    log = tmp_path / "journal"
    with log.open("w+") as stream:
        status = os.fstat(stream.fileno())
        monkeypatch.setattr(sys, "stderr", stream)
        monkeypatch.setenv("JOURNAL_STREAM", f"{status.st_dev}:{status.st_ino}")
        assert run("-c", "config.yaml", *NODE, "--provider", "ifcfg", "--noop").out == TEXT
        stream.seek(0)
        assert stream.read().startswith("<4>--provider ifcfg: ")

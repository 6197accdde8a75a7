"""minimum_config before network_config, and fallback_config where a node has no other network."""

from __future__ import annotations

import json
from typing import Sequence

import pytest

from .support.node import Node
from .support.observed import ipv4_addresses as addresses
from .support.observed import observe, snapshot
from .support.program import NO_CHANGE

pytestmark = pytest.mark.rotating

MAIN = """\
network_config:
- type: linux_bond
  name: bond0
  bonding_options: mode=active-backup
  members:
  - {type: interface, name: nic1, primary: true}
  - {type: interface, name: nic2}
- type: vlan
  device: bond0
  vlan_id: 20
  addresses: [{ip_netmask: 10.20.0.10/24}]
"""
OTHER = MAIN.replace("10.20.0.10", "10.20.0.11")
MINIMUM = """\
minimum_config:
- type: interface
  name: nic1
  addresses: [{ip_netmask: 192.0.2.10/24}]
- type: interface
  name: nic3
  addresses: [{ip_netmask: 198.51.100.10/24}]
"""
FALLBACK = """\
fallback_config:
- type: interface
  name: nic4
  mtu: 1400
  addresses: [{ip_netmask: 203.0.113.10/24}]
"""
#: Breaks a run after its last step.
FAILS = ("--probe-required", "command:false,deadline=1")


def test_minimum_config_comes_first_and_stays(node: Node) -> None:
    run = node.applied(MINIMUM + MAIN, "--minimum-config")
    assert run.output.index("minimum_config:\n") < run.output.index("network_config:\n")
    assert "eno3" in addresses(), addresses()
    assert addresses()["vlan20"] == ["10.20.0.10/24"]


def test_when_network_config_is_in_place_minimum_config_has_done_its_work(node: Node) -> None:
    node.applied(MINIMUM + MAIN, "--minimum-config")
    there = snapshot()
    run = node.apply(MINIMUM + MAIN, "--minimum-config", "--verbose")
    assert (run.status, run.output) == (0, NO_CHANGE), run
    assert "minimum_config is not applied: network_config was applied since the boot" in run.errors
    assert snapshot() == there
    node.applied(MINIMUM + OTHER, "--minimum-config")
    assert addresses()["eno3"] == ["198.51.100.10/24"]


def test_a_run_without_the_option_takes_back_what_minimum_config_brought(node: Node) -> None:
    before = observe().links["eno3"]
    node.applied(MINIMUM + MAIN, "--minimum-config")
    assert observe().links["eno3"] != before
    node.applied(MINIMUM + MAIN)
    assert observe().links["eno3"] == before
    assert addresses() == {"vlan20": ["10.20.0.10/24"]}
    node.unchanged(MINIMUM + MAIN)


def test_a_failure_returns_to_what_minimum_config_made(node: Node) -> None:
    run = node.apply(MINIMUM + MAIN, "--minimum-config", *FAILS)
    assert run.status == 4, run
    assert addresses() == {"eno1": ["192.0.2.10/24"], "eno3": ["198.51.100.10/24"]}
    again = node.apply(MINIMUM + MAIN, "--minimum-config", *FAILS)
    assert again.status == 4, again
    assert "minimum_config:\n" + NO_CHANGE in again.output
    assert addresses() == {"eno1": ["192.0.2.10/24"], "eno3": ["198.51.100.10/24"]}


def test_then_fallback_config_is_applied_on_top(node: Node) -> None:
    run = node.apply(MINIMUM + MAIN + FALLBACK, "--minimum-config", *FAILS)
    assert run.status == 4, run
    assert addresses() == {
        "eno1": ["192.0.2.10/24"],
        "eno3": ["198.51.100.10/24"],
        "eno4": ["203.0.113.10/24"],
    }


def test_without_the_section_the_option_is_a_failure_of_its_own(node: Node) -> None:
    run = node.apply(MAIN, "--minimum-config")
    assert run.status == 16 | 2, run
    assert "there is no minimum_config in" in run.errors
    assert addresses()["vlan20"] == ["10.20.0.10/24"]


TAKEN = MINIMUM.replace("198.51.100.10/24", "300.51.100.10/24")


@pytest.mark.parametrize("options", [(), ("--minimum-config",)])
def test_a_mistake_in_any_section_is_an_error_before_anything_is_touched(
    node: Node, options: Sequence[str]
) -> None:
    before = snapshot()
    run = node.apply(TAKEN + MAIN, *options)
    assert run.status == 1, run
    assert "minimum_config[1].addresses[0].ip_netmask" in run.errors
    assert snapshot() == before


def test_fallback_config_on_a_node_without_a_network(node: Node) -> None:
    run = node.apply(MAIN + FALLBACK, *FAILS)
    assert run.status == 4, run
    assert "fallback_config is applied" in run.errors
    assert addresses() == {"eno4": ["203.0.113.10/24"]}
    assert run.output.startswith("fallback_config:\n")


def test_the_next_good_run_takes_over_what_fallback_config_brought(node: Node) -> None:
    assert node.apply(MAIN + FALLBACK, *FAILS).status == 4
    node.applied(MAIN + FALLBACK)
    assert addresses() == {"vlan20": ["10.20.0.10/24"]}
    assert observe().links["eno4"]["mtu"] == "1500"
    node.unchanged(MAIN + FALLBACK)


def test_a_network_config_that_is_in_place_is_better_than_the_fallback(node: Node) -> None:
    node.applied(MAIN)
    before = snapshot()
    run = node.apply(OTHER + FALLBACK, *FAILS)
    assert run.status == 4, run
    assert "fallback_config is not applied: the network_config of before is in place" in run.errors
    assert snapshot() == before


def test_a_run_that_only_removed_has_left_no_network(node: Node) -> None:
    node.apply("remove_config: [{remove_type: interface, remove_name: nic3}]\n", "--remove-config")
    assert node.apply(MAIN + FALLBACK, *FAILS).status == 4
    assert addresses() == {"eno4": ["203.0.113.10/24"]}


def test_fallback_config_may_be_forbidden(node: Node) -> None:
    before = snapshot()
    assert node.apply(MAIN + FALLBACK, "--no-fallback-config", *FAILS).status == 4
    assert snapshot() == before


def test_a_fallback_that_cannot_be_applied(node: Node) -> None:
    missing = FALLBACK.replace("nic4", "eno9")
    run = node.apply(MAIN + missing, *FAILS)
    assert run.status == 4 | 8, run
    assert "fallback_config[0]" in run.errors
    assert addresses() == {}


def test_a_dry_run_shows_both_and_does_neither(node: Node) -> None:
    before = snapshot()
    run = node.apply(MINIMUM + MAIN + FALLBACK, "--minimum-config", "--noop")
    assert run.status == 2, run
    assert run.output.index("minimum_config:\n") < run.output.index("network_config:\n")
    assert "eno4" not in run.output
    assert snapshot() == before


def test_json_is_one_document(node: Node) -> None:
    run = node.apply(MINIMUM + MAIN, "--minimum-config", "--format", "json")
    document = json.loads(run.output)
    assert (document["section"], document["applied"], document["changed"]) == ("network_config", True, True)
    inside = document["earlier"]["minimum_config"]
    assert (inside["section"], inside["applied"], inside["changed"]) == ("minimum_config", True, True)
    assert run.status == 2


def test_only_minimum_config(node: Node) -> None:
    run = node.apply(MINIMUM + MAIN, "--minimum-config", "--no-network-config")
    assert run.status == 2, run
    assert addresses() == {"eno1": ["192.0.2.10/24"], "eno3": ["198.51.100.10/24"]}

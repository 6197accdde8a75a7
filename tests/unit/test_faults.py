"""Interfaces that Open vSwitch has rows for and cannot make: by hand a difference, at a boot a warning."""

from __future__ import annotations

from typing import List, Optional

import pytest

from os_net_config.config.document import parse
from os_net_config.config.nics import Names
from os_net_config.engine.converge import UndoneError, apply
from os_net_config.engine.prepare import prepare_document
from os_net_config.engine.prepared import Prepared, Scope, Situation
from os_net_config.state import faults, goal, row
from os_net_config.state.model import ROOT_KEY, Key, LinkKey, Resource, RowKey, State
from os_net_config.state.values import Values

from .node import Node, database, link, nics, node_with

NICS = nics("em1")
CONFIG = """\
network_config:
- type: ovs_bridge
  name: br-ex
  addresses: [{ip_netmask: 192.0.2.9/24}]
  members: [{type: interface, name: em1}]
"""
EM1 = RowKey(row.INTERFACE, "em1")
BUSY = "could not add network device em1 to ofproto (Device or resource busy)"


def prepared(node: Node, text: str = CONFIG, booting: bool = False) -> Prepared:
    situation = Situation(node.observe(), NICS, Names({}, {}))
    return prepare_document(parse("config.yaml", text.encode()), situation, Scope(booting=booting))


def changed(node: Node, key: Key, values: Values) -> Node:
    """The node with other values of a resource."""
    there = node.observe().resources
    return Node(State({**there, key: there[key]._replace(values={**there[key].values, **values})}))


@pytest.fixture
def good() -> Node:
    made = Node(node_with(NICS, database()))
    apply(prepared(made), made)
    assert not prepared(made).plan
    return made


@pytest.fixture
def busy(good: Node) -> Node:
    """em1 is in another bridge."""
    kb = link(NICS[0])._replace(key=LinkKey("kb"))
    there = {**good.observe().resources, kb.key: kb._replace(values={**kb.values, "kind": "bridge"})}
    within = changed(Node(State(there)), LinkKey("em1"), {"master": "kb"})
    return changed(within, EM1, {row.ERROR: BUSY, row.UNMADE: 1})


def test_what_is_not_made_is_a_difference_and_fails_the_run(busy: Node) -> None:
    before, found = busy.observe(), prepared(busy)
    (change,) = found.plan.changes
    assert (change.key, change.before, change.after) == (EM1, {row.ERROR: BUSY}, {row.ERROR: None})
    assert change.origin == ("network_config", 0, "members", 0)
    assert [step.key for step in found.plan.steps] == [EM1]
    with pytest.raises(UndoneError) as caught:
        apply(found, busy)
    assert (caught.value.left, [one.path for one in caught.value.causes]) == ([], [change.origin])
    assert busy.observe() == before


def test_what_is_made_then_is_as_the_config_says(busy: Node) -> None:
    free = changed(busy, LinkKey("em1"), {"master": None})
    apply(prepared(free), free)
    assert not prepared(free).plan


def test_nobody_goes_back_to_an_error(busy: Node) -> None:
    """It may be over since, and what is said of the row is as it was."""
    plan = prepared(busy).plan
    assert goal.before(plan.steps, busy.observe()).state.resources[EM1].values == {}


def test_a_boot_leaves_it_and_says_it(busy: Node) -> None:
    found = prepared(busy, booting=True)
    assert not found.plan
    (problem,) = faults.told(found.wanted, found.live)
    assert (problem.path, problem.message) == (
        ("network_config", 0, "members", 0),
        f"interface em1 is not made: {BUSY}",
    )
    (nudge,) = faults.nudges(found.wanted, found.live)
    assert (nudge.key, nudge.before, nudge.after, nudge.transient) == (EM1, {}, {}, True)


ERROR, UNMADE = {row.ERROR: BUSY}, {row.UNMADE: 1}


@pytest.mark.parametrize(
    ("values", "is_behind", "text"),
    [
        ({}, False, None),
        (ERROR, False, BUSY),
        ({**ERROR, **UNMADE}, True, BUSY),
        (UNMADE, False, row.ONLY_IN_ITS_LOG),
        # It has not looked at it yet, or does not run.
        (UNMADE, True, None),
        # Its other end may come later.
        ({**ERROR, "type": row.PATCH}, False, None),
        ({**UNMADE, "type": row.PATCH}, False, row.ONLY_IN_ITS_LOG),
    ],
)
def test_what_is_a_fault(values: Values, is_behind: bool, text: Optional[str]) -> None:
    root: Values = {row.BEHIND: 1} if is_behind else {}
    live = State({ROOT_KEY: Resource(ROOT_KEY, root), EM1: Resource(EM1, {"port": "em1", **values})})
    assert told(Resource(EM1, {"port": "em1"}), live) == ([f"{EM1} is not made: {text}"] if text else [])
    # Of an interface of others it says some setting.
    assert told(Resource(EM1, {"bfd:enable": "true"}), live) == []


def told(wanted: Resource, live: State) -> List[str]:
    return [one.message for one in faults.told(State({wanted.key: wanted}), live)]

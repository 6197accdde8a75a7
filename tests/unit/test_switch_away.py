"""Runs while nothing answers at Open vSwitch's database: its rows stay, and so does what is known of them."""

from __future__ import annotations

from typing import Dict, Set

import pytest

from os_net_config.config.document import parse
from os_net_config.config.nics import name_nics
from os_net_config.engine.converge import apply
from os_net_config.engine.prepare import prepare_document
from os_net_config.engine.prepared import Memory, Prepared, Scope, Situation
from os_net_config.state import row
from os_net_config.state.model import AddressKey, Key, LinkKey, Resource, RowKey, State
from os_net_config.state.problem import ProblemsError
from os_net_config.state.record import Entry, Record

from .node import Node, bridge, database, nics, node_with

EM = nics("em1", "em2")
SWITCHED = """\
network_config:
- type: ovs_bridge
  name: br-ex
  ovs_extra: set bridge br-ex external_ids:whose=us
  members: [{type: interface, name: em1}]
fallback_config:
- {type: interface, name: em2, addresses: [{ip_netmask: 192.0.2.9/24}]}
"""
PLAIN = "network_config: [{type: interface, name: em1, addresses: [{ip_netmask: 192.0.2.1/24}]}]\n"
USUAL = Scope()
BRIDGE = RowKey(row.BRIDGE, "br-ex")


class Site:
    """A node whose Open vSwitch may be away, and comes back with the rows that it had."""

    def __init__(self, *more: Resource) -> None:
        self.node = Node(node_with(EM, database(), *more))
        self.record = Record()
        self.away: Dict[Key, Resource] = {}

    def stop(self) -> None:
        found = self.node.observe().resources
        self.away = {key: one for key, one in found.items() if isinstance(key, RowKey)}
        self.node = Node(State({key: one for key, one in found.items() if key not in self.away}))

    def start(self) -> None:
        self.node = Node(State({**self.node.observe().resources, **self.away}))

    def prepared(self, text: str, scope: Scope = USUAL, is_installed: bool = True) -> Prepared:
        memory = Memory(self.record, "config.yaml")
        live, names = self.node.observe(), name_nics(EM, {})
        situation = Situation(live, EM, names, memory=memory, has_open_vswitch=is_installed)
        return prepare_document(parse("config.yaml", text.encode()), situation, scope)

    def applied(self, text: str, scope: Scope = USUAL, is_installed: bool = True) -> Prepared:
        prepared = self.prepared(text, scope, is_installed)
        apply(prepared, self.node)
        self.record = prepared.record_then
        return prepared

    @property
    def rows(self) -> Dict[Key, Entry]:
        return {one.key: one for one in self.record if isinstance(one.key, RowKey)}

    @property
    def bridges(self) -> Set[str]:
        found = self.node.observe().resources
        return {key.name for key in found if isinstance(key, RowKey) and key.table == row.BRIDGE}


def test_what_another_section_does_meanwhile_forgets_nothing() -> None:
    """At a boot the main section is refused, and the fallback is applied."""
    link = Resource(LinkKey("br-ex"), {"kind": "openvswitch", "mtu": 1500, "group": 0, "up": 1})
    site = Site(*bridge("br-ex"), link)
    site.applied(SWITCHED)
    known = site.rows
    site.stop()
    site.applied(SWITCHED, Scope(section="fallback_config"))
    assert site.rows == known
    assert not site.prepared(SWITCHED, Scope(section="fallback_config")).plan
    site.start()
    site.applied(SWITCHED)
    site.applied(PLAIN)
    values = site.node.observe().resources[BRIDGE].values
    # It is as it was before us.
    assert site.bridges == {"br-ex"} and "external_ids:whose" not in values


def test_a_run_that_cannot_take_back_what_left_the_file_is_refused() -> None:
    site = Site()
    site.applied(SWITCHED)
    site.stop()
    with pytest.raises(ProblemsError) as error:
        site.prepared(PLAIN)
    (problem,) = error.value.problems
    assert problem.message == (
        "Open vSwitch does not run: nothing answers at its database, and what this config has no more is "
        "there: bridge br-ex, port br-ex, port em1"
    )
    assert "start it" in problem.hint and "--no-prune" in problem.hint


@pytest.mark.parametrize(
    ("scope", "is_installed", "is_told"),
    [(Scope(booting=True), True, True), (Scope(), False, True), (Scope(prune=False), True, False)],
    ids=["at a boot", "where there is none any more", "asked for"],
)
def test_where_it_goes_on_the_rows_go_once_there_is_a_database(
    scope: Scope, is_installed: bool, is_told: bool
) -> None:
    site = Site()
    site.applied(SWITCHED)
    known = site.rows
    site.stop()
    prepared = site.applied(PLAIN, scope, is_installed)
    assert [one.message.partition(":")[0] for one in prepared.warnings] == [
        "Open vSwitch does not run"
    ] * is_told
    assert any(isinstance(key, AddressKey) for key in site.node.observe().resources)
    assert site.rows == known
    site.start()
    assert site.bridges == {"br-ex"}
    site.applied(PLAIN)
    assert (site.bridges, site.rows) == (set(), {})


def test_nobody_is_told_of_what_others_have_there() -> None:
    site = Site(*bridge("br-int"))
    site.applied(PLAIN)
    site.stop()
    assert not site.prepared(PLAIN).warnings

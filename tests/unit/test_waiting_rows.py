"""A boot without NICs of Open vSwitch: rows of theirs that are there stay, and the rest is applied."""

from __future__ import annotations

from dataclasses import replace
from typing import AbstractSet, Dict, List, Sequence

import pytest

from os_net_config.config.document import parse
from os_net_config.config.nics import Absent, name_nics
from os_net_config.engine.converge import apply
from os_net_config.engine.prepare import prepare_document
from os_net_config.engine.prepared import Memory, Prepared, Scope, Situation
from os_net_config.state import row, rows
from os_net_config.state.model import Key, LinkKey, Resource, RowKey, State
from os_net_config.state.record import Record
from os_net_config.state.values import Values

from .node import Node, database, node_with, on_pci
from .node import nics as numbered

EM = [on_pci(nic, number) for number, nic in enumerate(numbered("em1", "em2", "em3"), 1)]
EXTRA = "[set port bond1 other_config:lacp-time=fast, set interface em2 other_config:a=b]"
BOND = f"""\
network_config:
- type: ovs_bridge
  name: br-ex
  ovs_extra: {EXTRA}
  addresses: [{{ip_netmask: 192.0.2.9/24}}]
  members:
  - type: ovs_bond
    name: bond1
    ovs_options: bond_mode=active-backup
    members: [{{type: interface, name: em2, primary: true}}, {{type: interface, name: em3}}]
  - {{type: vlan, vlan_id: 20, device: bond1, addresses: [{{ip_netmask: 172.17.0.9/24}}]}}
- {{type: interface, name: em1, mtu: 1400}}
"""
#: em3 has left the bond.
ONE = BOND.replace(", {type: interface, name: em3}", "").replace("name: em1", "name: em3")
PLAIN = "network_config: [{type: interface, name: em1, mtu: 1400}]\n"


class Site:
    """A node that boots, with or without some of its NICs."""

    def __init__(self) -> None:
        self.node = Node(node_with(EM, database()))
        self.record = Record()

    def prepared(self, text: str, missing: Sequence[str] = (), booting: bool = False) -> Prepared:
        here = [nic for nic in EM if nic.name not in missing]
        names = replace(name_nics(here, {}), absent=tuple(map(Absent, missing)))
        situation = Situation(self.node.observe(), here, names, memory=Memory(self.record, "config.yaml"))
        document = parse("config.yaml", text.encode())
        return prepare_document(document, situation, Scope(booting=booting))

    def applied(self, text: str) -> None:
        self._apply(self.prepared(text))
        assert not self.prepared(text).plan

    def _apply(self, prepared: Prepared) -> None:
        apply(prepared, self.node)
        self.record = prepared.record_then

    def booted(self, text: str, missing: Sequence[str]) -> Prepared:
        """The kernel has NICs and what ovs-vswitchd makes; known is what is on the disk."""
        there = self.node.observe().resources
        kept: Dict[Key, Resource] = {key: one for key, one in there.items() if isinstance(key, RowKey)}
        made = (LinkKey(name) for name, one in self.node.observe().links() if one.values["kind"] == rows.KIND)
        kept.update({key: there[key]._replace(values={**there[key].values, "up": 0}) for key in made})
        here = [nic for nic in EM if nic.name not in missing]
        self.node = Node(State({**node_with(here).resources, **kept}))
        entries = self.record.entries
        self.record = Record({key: one for key, one in entries.items() if isinstance(key, RowKey)})
        prepared = self.prepared(text, missing, booting=True)
        self._apply(prepared)
        assert not self.prepared(text, missing, booting=True).plan
        return prepared

    def came(self, *names: str) -> None:
        now = self.node.observe().resources
        nics = node_with([nic for nic in EM if nic.name in names]).resources
        self.node = Node(State({**nics, **now}))

    def rows(self) -> Dict[Key, Values]:
        there = self.node.observe().resources
        return {key: one.values for key, one in there.items() if isinstance(key, RowKey)}

    def links(self) -> AbstractSet[str]:
        return {name for name, _ in self.node.observe().links()}


def warnings(prepared: Prepared) -> List[str]:
    return [one.message for one in prepared.warnings]


@pytest.mark.parametrize("missing", [["em2"], ["em3"], ["em2", "em3"]], ids="".join)
def test_rows_of_nics_that_are_not_here_stay(missing: List[str]) -> None:
    site = Site()
    site.applied(BOND)
    before = site.rows()
    prepared = site.booted(BOND, missing)
    assert site.rows() == before
    assert {"br-ex", "vlan20"} <= site.links()
    assert any(f"NIC {missing[0]} is not on this node" in one for one in warnings(prepared))
    # The next boot finds them as well, and what is left to say of them is said when they are here.
    site.booted(BOND, missing)
    assert site.rows() == before
    site.came(*missing)
    site.applied(BOND)
    assert site.rows() == before
    site.applied(PLAIN)
    assert site.rows().keys() == {RowKey(row.ROOT, row.ROOT_NAME)}


@pytest.mark.parametrize("missing", [["em2"], ["em2", "em3"]], ids="".join)
def test_where_there_are_no_rows_the_rest_is_made(missing: List[str]) -> None:
    site = Site()
    prepared = site.booted(BOND, missing)
    assert {"br-ex", "vlan20", "em1"} <= site.links()
    assert {RowKey(row.INTERFACE, name) for name in missing}.isdisjoint(site.rows())
    assert (RowKey(row.PORT, "bond1") in site.rows()) == ("em3" not in missing)
    assert "interface em2 is not there at this boot: what is said of it is left out" in warnings(prepared)
    site.came(*missing)
    site.applied(BOND)
    assert site.rows()[RowKey(row.INTERFACE, "em2")]["other_config:a"] == "b"


def test_what_left_the_file_goes_though_a_nic_is_not_here() -> None:
    site = Site()
    site.applied(BOND)
    site.booted(ONE, ["em2"])
    ports = {name: RowKey(row.PORT, name) in site.rows() for name in ("bond1", "em3")}
    assert ports == {"bond1": True, "em3": False}
    assert RowKey(row.INTERFACE, "em3") not in site.rows()
    assert site.node.observe().values("em3")["mtu"] == 1400


def test_a_bridge_that_leaves_the_file_takes_them_along() -> None:
    site = Site()
    site.applied(BOND)
    other = "{type: ovs_bridge, name: br2, members: [{type: interface, name: em2}]}"
    site.booted(f"{PLAIN[:-2]}, {other}]\n", ["em2"])
    assert not {name for name in ("br-ex", "bond1", "em2", "em3") if RowKey(row.PORT, name) in site.rows()}

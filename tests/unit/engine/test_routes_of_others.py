"""When a run reads the routes of others: hundreds of thousands on a router, and no matter of most runs."""

from __future__ import annotations

from typing import Collection, FrozenSet, List, Optional

import pytest

from os_net_config.state.model import Asked, RouteKey, State
from os_net_config.state.route import PROTOCOL
from os_net_config.state.values import NextHop, Prefix

from ..node import Node, nics, node_with
from ..runs import NODE, Runs

KEY = RouteKey(Prefix(bytes.fromhex("20010db80009") + bytes(10), 48), 1024)
THEIRS = NextHop(bytes.fromhex("fe80") + bytes([*bytes(13), 11]), "eth0")
BGP = 186
OURS, ALL = frozenset({PROTOCOL}), None

LINK = "network_config: [{type: interface, name: eth0, addresses: [{ip_netmask: '2001:db8:1::10/64'}]"
WITH = LINK + ", routes: [{ip_netmask: '2001:db8:9::/48', next_hop: '2001:db8:1::1'}]}]\n"
WITHOUT = LINK + "}]\n"


class Watched(Node):
    """Notes what is asked for."""

    def __init__(self, state: State) -> None:
        super().__init__(state)
        self.reads: List[Optional[FrozenSet[int]]] = []

    def observe(self, protocols: Optional[FrozenSet[int]] = None, settings: Collection[Asked] = ()) -> State:
        self.reads.append(protocols)
        return super().observe(protocols, settings)


@pytest.fixture
def node(run: Runs) -> Watched:
    """One to which the config with the route has been applied."""
    run.node = node = Watched(node_with(nics("eth0")))
    run.write("config.yaml", WITH)
    assert run("-c", "config.yaml", *NODE).status == 0
    assert KEY in node.routes
    node.reads.clear()
    node.steps.clear()
    return node


def their_next_hop_comes(node: Node, first: bool) -> None:
    node.others_hops[KEY] = {THEIRS: BGP}
    if first:
        node.theirs_first.add(KEY)


def again(run: Runs, text: str) -> str:
    run.write("config.yaml", text)
    found = run("-c", "config.yaml", *NODE)
    assert (found.status, found.errors) == (0, [])
    return found.out


@pytest.mark.parametrize("merged", [False, True])
def test_a_run_without_change_reads_ours_alone(run: Runs, node: Watched, merged: bool) -> None:
    if merged:
        their_next_hop_comes(node, first=False)
    assert again(run, WITH) == "No change: the node is as the config says.\n"
    assert (node.reads, node.steps) == ([OURS], [])


def test_where_theirs_is_the_first_all_are_read_and_nothing_is_done(run: Runs, node: Watched) -> None:
    their_next_hop_comes(node, first=True)
    assert again(run, WITH) == "No change: the node is as the config says.\n"
    assert (node.reads, node.steps) == ([OURS, ALL], [])


def test_a_route_that_goes_is_looked_for_behind_theirs_once(run: Runs, node: Watched) -> None:
    their_next_hop_comes(node, first=True)
    assert "- route    2001:db8:9::/48 via 2001:db8:1::1" in again(run, WITHOUT)
    assert KEY not in node.routes and node.others_hops[KEY] == {THEIRS: BGP}
    node.reads.clear()
    assert again(run, WITHOUT) == "No change: the node is as the config says.\n"
    assert node.reads == [OURS]

"""What rows have to do with each other, with links and with others; links that Open vSwitch has left."""

from __future__ import annotations

from typing import Dict, List, Set

import pytest
from hypothesis import given
from hypothesis import strategies as st

from os_net_config.state import row, rows
from os_net_config.state.model import (
    AddressKey,
    Key,
    LinkKey,
    Resource,
    RouteKey,
    RowKey,
    State,
    SysctlKey,
    value_of,
)
from os_net_config.state.problem import Path, Problem, Severity
from os_net_config.state.record import Entry, Record
from os_net_config.state.rows import stale, without
from os_net_config.state.values import NextHop, Prefix, Value, Values

from ..properties import quick

PREFIX = Prefix(b"\xc0\x00\x02\x0a", 24)


def node(interfaces: List[str], has_database: bool = True) -> Dict[Key, Resource]:
    """Two internal links, a VLAN on the first, and what they have."""
    found: Dict[Key, Values] = {
        LinkKey("ovs-system"): {"kind": "openvswitch"},
        LinkKey("br0"): {"kind": "openvswitch"},
        LinkKey("br1"): {"kind": "openvswitch"},
        LinkKey("br0.5"): {"kind": "vlan", "link": "br0"},
        LinkKey("eno1"): {"kind": "", "datapath": "ovs-system"},
        AddressKey("br0.5", PREFIX): {},
        AddressKey("br1", PREFIX): {},
        SysctlKey("br0", 6, "autoconf"): {"value": 0},
        RouteKey(PREFIX, 1): {"link": "br0"},
        RouteKey(PREFIX, 2): {"nexthops": (NextHop(None, "br0", 1, 0), NextHop(None, "br1", 1, 0))},
        RouteKey(PREFIX, 3): {},
        **{RowKey(row.INTERFACE, name): {"type": row.INTERNAL} for name in interfaces},
        **({RowKey(row.ROOT, row.ROOT_NAME): {}} if has_database else {}),
    }
    return {key: Resource(key, values) for key, values in found.items()}


def lost(resources: Dict[Key, Resource]) -> Set[Key]:
    return resources.keys() - without(resources, stale(resources)).keys()


def test_those_that_no_row_speaks_of_and_what_stands_on_them() -> None:
    assert lost(node(["br1"])) == {
        *(LinkKey("br0"), LinkKey("br0.5"), AddressKey("br0.5", PREFIX)),
        *(SysctlKey("br0", 6, "autoconf"), RouteKey(PREFIX, 1)),
    }


def test_with_their_rows_or_without_a_database_to_ask_nothing_is() -> None:
    assert lost(node(["br0", "br1"])) == set()
    assert lost(node([], has_database=False)) == set()


ROOT = RowKey(row.ROOT, row.ROOT_NAME)
BR0, BR1 = RowKey(row.BRIDGE, "br0"), RowKey(row.BRIDGE, "br1")
PORT, INTERFACE = RowKey(row.PORT, "p0"), RowKey(row.INTERFACE, "p0")
CONTROLLER = RowKey(row.CONTROLLER, "br0 tcp:192.0.2.1")
PLACE = ("network_config", 0)
PATH = "/etc/os-net-config/config.yaml"


def state(values: Dict[Key, Values]) -> State:
    return State({key: Resource(key, one, PLACE) for key, one in values.items()})


def texts(problems: List[Problem]) -> List[str]:
    assert all(one.path == PLACE and one.hint for one in problems)
    return [one.message for one in problems]


def test_rows_need_a_database() -> None:
    wanted = state({LinkKey("br0"): {}, BR0: {}, PORT: {}})
    assert texts(list(rows.no_database(wanted, State()))) == [rows.NO_DATABASE]
    assert not list(rows.no_database(wanted, state({ROOT: {}})))
    assert not list(rows.no_database(state({LinkKey("br0"): {}}), State()))


#: What is to be made, what is there, and why that cannot be.
MAKING: Dict[str, Dict[Key, Values]] = {
    "": {BR0: {}, RowKey(row.PORT, "br0"): {"bridge": "br0"}},
    "there is no bridge br0": {BR0: {"stp_enable": 1}},
    "there is no port p0": {PORT: {"tag": 5}},
    "there is no bridge br9 for port p0": {PORT: {"bridge": "br9"}},
    "there is no port p9 for interface p0": {INTERFACE: {"port": "p9"}},
}


@pytest.mark.parametrize(("text", "made"), MAKING.items())
def test_a_row_needs_a_place(text: str, made: Dict[Key, Values]) -> None:
    wanted = state(made)
    found = [one for own in wanted for one in rows.cannot_make(own, wanted, state({ROOT: {}}))]
    assert texts(found) == [one for one in [text] if one]


def test_the_place_may_be_there_or_be_made() -> None:
    port, bridge = state({PORT: {"bridge": "br0"}}), state({BR0: {}})
    for wanted, live in ((port, bridge), (State({**port.resources, **bridge.resources}), State())):
        assert not list(rows.cannot_make(port.resources[PORT], wanted, live))


@pytest.mark.parametrize(("kind", "told"), [("dummy", "dummy"), ("", "NIC")])
def test_an_internal_interface_takes_no_link_s_place(kind: str, told: str) -> None:
    wanted = state({PORT: {"bridge": "br0"}, INTERFACE: {"port": "p0", "type": row.INTERNAL}})
    live = state({LinkKey("p0"): {"kind": kind}})
    found = list(rows.cannot_make(wanted.resources[INTERFACE], wanted, live))
    assert texts(found) == [f"p0 is there already as a {told}"]
    system = wanted.resources[INTERFACE]._replace(values={"port": "p0", "type": ""})
    assert not list(rows.cannot_make(system, wanted, live))


def test_only_our_rows_are_moved() -> None:
    theirs = Resource(PORT, {"bridge": "br0"})
    ours = Resource(PORT, {"bridge": "br0", row.LABEL: rows.MADE})
    move: Values = {"bridge": "br1"}
    assert texts(list(rows.cannot_change(theirs, move, PLACE))) == [
        "p0 belongs to br0 already, by somebody else"
    ]
    assert not list(rows.cannot_change(ours, move, PLACE))
    assert not list(rows.cannot_change(theirs, {"tag": 5}, PLACE))
    assert not list(rows.cannot_change(Resource(BR0, {}), {"fail_mode": "secure"}, PLACE))


@pytest.mark.parametrize(
    ("said", "known", "is_refused"),
    [
        ("x", {row.DATAPATHS: ("netdev", "system")}, True),
        ("netdev", {row.DATAPATHS: ("netdev", "system")}, False),
        ("", {row.DATAPATHS: ("netdev", "system")}, False),
        # ovs-vswitchd has never run.
        ("x", {row.DATAPATHS: ()}, False),
        ("x", {}, False),
    ],
)
def test_a_datapath_that_is_not_known(said: str, known: Values, is_refused: bool) -> None:
    live = state({ROOT: known})
    found = list(rows.no_such_datapath(BR0, {"datapath_type": said}, PLACE, live))
    told = ["br0 cannot have the datapath x: this Open vSwitch has netdev, system"]
    assert texts(found) == (told if is_refused else [])
    assert not list(rows.no_such_datapath(PORT, {"datapath_type": said}, PLACE, live))
    assert not list(rows.no_such_datapath(BR0, {"datapath_type": said}, PLACE, State()))


values = st.fixed_dictionaries(
    {},
    optional={
        "fail_mode": st.sampled_from(["secure", "standalone"]),
        "stp_enable": st.sampled_from([0, 1]),
        "other_config:a": st.sampled_from(["1", "2"]),
        "protocols": st.sampled_from([(), ("OpenFlow10",)]),
    },
)


@quick(100)
@given(values, values, values)
def test_what_somebody_has_changed_since_is_left_so(given_: Values, now: Values, said: Values) -> None:
    """Only what the same config gave, and says still, and only where it is not so any more."""
    entry = Entry(BR0, True, {PATH: frozenset(given_)}, {}, (given_,))
    wanted, live = state({ROOT: {}, BR0: said}), state({BR0: now})
    theirs = rows.taken(wanted, live, Record({BR0: entry}), PATH)
    left = rows.left_alone(wanted, live, theirs).resources[BR0].values
    for name, value in said.items():
        is_theirs = given_.get(name) == value != value_of(live.resources[BR0], name)
        assert (name in theirs.get(BR0, ())) == (name not in left) == is_theirs
    problems = list(rows.told(theirs, wanted, live))
    assert len(texts(problems)) == len(said) - len(left)
    assert all(one.severity is Severity.WARNING for one in problems)
    assert not rows.taken(wanted, live, Record({BR0: entry}), "another config")
    assert not rows.taken(wanted, State(), Record({BR0: entry}), PATH)


def test_a_controller_that_somebody_took_away_is_not_made_again() -> None:
    said: Values = {"controller": ("tcp:192.0.2.1",), "stp_enable": 1}
    entry = Entry(BR0, True, {PATH: frozenset(said)}, {}, (said,))
    peer: Dict[Key, Values] = {CONTROLLER: {"bridge": "br0", "target": "tcp:192.0.2.1"}}
    wanted, live = state({BR0: said, **peer}), state({BR0: {"controller": (), "stp_enable": 1}})
    theirs = rows.taken(wanted, live, Record({BR0: entry}), PATH)
    left = rows.left_alone(wanted, live, theirs)
    assert {one.key: one.values for one in left} == {BR0: {"stp_enable": 1}}
    (problem,) = rows.told(theirs, wanted, live)
    assert problem.message == (
        "controller of bridge br0 is none instead of tcp:192.0.2.1: somebody changed it since, so it stays"
    )
    # One that is there may be spoken of.
    live = state({BR0: {"controller": ("tcp:192.0.2.1", "tcp:192.0.2.2")}, **peer})
    theirs = rows.taken(wanted, live, Record({BR0: entry}), PATH)
    assert CONTROLLER in rows.left_alone(wanted, live, theirs).resources


def test_what_goes_along() -> None:
    manager = RowKey(row.MANAGER, "ptcp:6640")
    other = RowKey(row.CONTROLLER, "br1 tcp:192.0.2.1")
    live = state(
        {
            ROOT: {"manager": ("ptcp:6640",)},
            manager: {"target": "ptcp:6640"},
            BR0: {},
            CONTROLLER: {"bridge": "br0"},
            BR1: {},
            other: {"bridge": "br1"},
            PORT: {"bridge": "br0"},
            INTERFACE: {"port": "p0", "type": row.INTERNAL},
            LinkKey("p0"): {"kind": rows.KIND},
        }
    )
    along = rows.going_along
    assert along(State(), live, {}) == {}
    # Of a bridge, and of an interface, what belongs to it.
    all_of_it: Dict[Key, Path] = dict.fromkeys((CONTROLLER, PORT, INTERFACE, LinkKey("p0")), ())
    assert along(State(), live, {BR0: ("why",)}) == all_of_it
    assert along(State(), live, {BR0: ("why",), PORT: ("it",)}).keys() == all_of_it.keys() - {PORT}
    stays = state({PORT: {}, INTERFACE: {}, LinkKey("p0"): {}})
    assert along(stays, live, {BR0: ("why",)}) == {CONTROLLER: ()}
    assert along(State(), live, {INTERFACE: ("why",)}) == {LinkKey("p0"): ("why",)}
    assert along(state({LinkKey("p0"): {}}), live, {INTERFACE: ("why",)}) == {}
    # What is not among those that there are to be.
    assert along(state({BR0: {"controller": ()}, ROOT: {"manager": ()}}), live, {}) == {
        CONTROLLER: PLACE,
        manager: PLACE,
    }
    assert along(state({BR0: {}, ROOT: {}}), live, {}) == {}
    assert along(state({BR0: {"controller": ("tcp:192.0.2.1",)}, CONTROLLER: {}}), live, {}) == {}


def test_what_is_lost_with_rows_that_go() -> None:
    live = state(
        {
            BR0: {row.REFERS: ("mirrors", "sflow")},
            PORT: {"bridge": "br0"},
            RowKey(row.PORT, "ours"): {"bridge": "br0", row.LABEL: rows.MADE},
        }
    )
    removals: Dict[Key, Path] = {BR0: PLACE}
    mirrors, port = rows.lost_with({**removals, **rows.going_along(State(), live, removals)}, State(), live)
    assert mirrors.message == "bridge br0 is to be removed, and with it its mirrors, sflow"
    assert port.message == "br0 is to be removed, and ports of others go along: p0"
    assert not list(rows.lost_with(removals, state({BR0: {}}), live))
    # By remove_config.
    (mirrors,) = rows.lost_with({**removals, PORT: PLACE}, State(), live)
    assert "mirrors" in mirrors.message


def test_a_patch_port_without_its_other_end() -> None:
    patch: Values = {"port": "p0", "type": row.PATCH, "options:peer": "p1"}
    alone = state({INTERFACE: patch})
    (problem,) = rows.without_peer(alone, State())
    assert (problem.message, problem.severity) == ("the other end of p0 is not there: p1", Severity.WARNING)
    other = state({RowKey(row.INTERFACE, "p1"): {}})
    assert not list(rows.without_peer(alone, other))
    assert not list(rows.without_peer(State({**alone.resources, **other.resources}), State()))
    assert not list(rows.without_peer(state({INTERFACE: {"type": row.INTERNAL}}), State()))


def test_an_interface_leaves_a_bond_with_it_where_it_is_the_last_one() -> None:
    bond, other = RowKey(row.PORT, "bond1"), RowKey(row.INTERFACE, "eno2")
    both = state({bond: {"bridge": "br0"}, INTERFACE: {"port": "bond1"}, other: {"port": "bond1"}})
    assert list(rows.rows_of_port("p0", both)) == [INTERFACE]
    assert list(rows.rows_of_port("bond1", both)) == [bond, INTERFACE, other]
    alone = state({bond: {"bridge": "br0"}, INTERFACE: {"port": "bond1"}})
    assert list(rows.rows_of_port("p0", alone)) == [INTERFACE, bond]
    assert list(rows.rows_of_port("p9", alone)) == []
    assert list(rows.rows_of_bridge("br0", alone)) == []


def test_what_is_said_no_more_of_our_row() -> None:
    initial: Dict[str, Value] = {"fail_mode": "standalone", "other_config:a": "1", row.LABEL: rows.MADE}
    ours = Resource(BR0, {"other_config:b": "2"}, PLACE, initial)
    names = ["fail_mode", "stp_enable", "protocols", "other_config", "other_config:a", "other_config:c"]
    assert dict(rows.unsaid(ours, names)) == {
        "fail_mode": "standalone",
        "stp_enable": 0,
        "protocols": (),
        "other_config": ("a=1", "b=2"),
        "other_config:a": "1",
        "other_config:c": None,
    }
    assert dict(rows.unsaid(Resource(PORT, {}), ["bridge"])) == {}

"""Links under the names that they are going to have: what speaks of them, and the order of the renames."""

from __future__ import annotations

from typing import Dict, List

import pytest

from os_net_config.state import row
from os_net_config.state.carriers import with_carriers
from os_net_config.state.diff import Change, diff
from os_net_config.state.goal import before
from os_net_config.state.model import AddressKey, LinkKey, Resource, RouteKey, RowKey, State, SysctlKey
from os_net_config.state.plan import plan
from os_net_config.state.record import Entry, Record
from os_net_config.state.renaming import (
    NAME,
    as_named,
    called_by,
    in_turn,
    labelled,
    names_now,
    own_names,
    problems,
    record_by,
    with_names,
)
from os_net_config.state.values import NextHop, Prefix, Value

from ..node import link, nics

ADDRESS = Prefix(bytes([10, 1, 0, 10]), 24)
FAR = Prefix(bytes([203, 0, 113, 0]), 24)


def node(*more: Resource) -> State:
    """NICs with the indexes 1, 2 and 3, and more."""
    found = [link(nic, index=number) for number, nic in enumerate(nics("eno1", "eno2", "eno3"), 1)]
    return State({one.key: one for one in (*found, *more)})


def resource(key: object, **values: Value) -> Resource:
    return Resource(key, values)  # type: ignore[arg-type]


LIVE = node(
    resource(LinkKey("vlan10"), kind="vlan", link="eno1", index=10, id=10),
    resource(LinkKey("bond1"), kind="bond", primary="eno2", index=11),
    resource(AddressKey("eno1", ADDRESS)),
    resource(SysctlKey("eno1", 6, "accept_ra"), value=0),
    resource(RouteKey(FAR, 0), link="eno1", nexthops=(NextHop(None, "eno1"), NextHop(None, "eno3"))),
    resource(RowKey(row.INTERFACE, "eno1"), port="eno1"),
)


def test_all_that_speaks_of_a_link() -> None:
    found = labelled(LIVE, {1: "nic1", 2: "nic2"})
    assert found.values("nic1")[NAME] == "eno1" and found.link("eno1") is None
    assert found.values("vlan10")["link"] == "nic1"
    assert found.values("bond1")["primary"] == "nic2"
    assert {AddressKey("nic1", ADDRESS), SysctlKey("nic1", 6, "accept_ra")} <= found.resources.keys()
    route = found.resources[RouteKey(FAR, 0)].values
    assert (route["link"], route["nexthops"]) == ("nic1", (NextHop(None, "nic1"), NextHop(None, "eno3")))
    # It goes by its name.
    assert RowKey(row.INTERFACE, "eno1") in found.resources


def test_there_and_back() -> None:
    found = as_named(labelled(LIVE, {1: "eno2", 2: "nic2"}))
    assert found.resources.keys() == LIVE.resources.keys()
    assert found.values("vlan10") == LIVE.values("vlan10")


def test_a_link_that_keeps_its_name_is_known_by_it() -> None:
    found = labelled(LIVE, {1: "eno1"})
    assert found.values("eno1")[NAME] == "eno1" and names_now(found) == {}


def renames(**then: str) -> List[Change]:
    numbers = {name: number for number, name in enumerate(("eno1", "eno2", "eno3"), 1)}
    live = labelled(LIVE, {numbers[now]: name for now, name in then.items()})
    return in_turn(diff(with_names(State(), live, ()), live).changes, live)


def carried_out(steps: List[Change]) -> Dict[str, str]:
    """The NICs by the names that they had at first; a name that another one has is refused."""
    names = {name: name for name in ("eno1", "eno2", "eno3")}
    for step in steps:
        old, new = (str((side or {})[NAME]) for side in (step.before, step.after))
        assert new not in names
        names[new] = names.pop(old)
    return {was: now for now, was in names.items()}


@pytest.mark.parametrize(
    "then",
    [
        {"eno1": "nic1"},
        {"eno1": "nic1", "eno2": "eno1"},
        {"eno1": "eno2", "eno2": "eno3", "eno3": "nic3"},
        {"eno1": "eno2", "eno2": "eno1"},
        {"eno1": "eno2", "eno2": "eno3", "eno3": "eno1"},
    ],
)
def test_a_name_is_free_when_a_link_gets_it(then: Dict[str, str]) -> None:
    steps = renames(**then)
    assert carried_out(steps) == {**{name: name for name in ("eno1", "eno2", "eno3")}, **then}
    assert len(steps) == len(then) + bool(then.keys() == set(then.values()))


def test_the_plan_begins_with_them_and_its_goal_is_by_the_old_names() -> None:
    live = labelled(LIVE, {1: "nic1", 2: "nic2"})
    address = resource(AddressKey("nic1", Prefix(bytes([10, 9, 0, 1]), 24)))
    wanted = with_names(State({address.key: address}), live, ())
    found = plan(diff(wanted, live).changes, wanted, live)
    assert [(step.before or {}).get(NAME) for step in found.steps[:2]] == ["eno1", "eno2"]
    assert Change(LinkKey("bond1"), {"primary": "nic2"}, {"primary": "nic2"}, transient=True) in found.steps
    assert found.steps[-1].key == address.key or address.key in [step.key for step in found.steps[2:]]
    assert {"nic1", "nic2"} <= found.fall.downed
    back = before(found.steps, live)
    assert back.state.values("eno1")[NAME] == "eno1" and back.state.link("nic1") is None
    assert called_by(back.state) == {1: "eno1", 2: "eno2"}
    assert AddressKey("eno1", Prefix(bytes([10, 9, 0, 1]), 24)) in back.absent


def test_the_record() -> None:
    entry = Entry(LinkKey("nic1"), False, {"a": frozenset({NAME})}, {NAME: "eno1", "master": "bond1"})
    record = Record({entry.key: entry})
    live = labelled(LIVE, {1: "nic1"})
    assert own_names(live, record) == {"nic1": "eno1"}
    (moved,) = record_by(record, {"nic1": "eno1"})
    assert moved == entry._replace(key=LinkKey("eno1"))


def test_a_port_of_what_others_made() -> None:
    bridge = resource(RowKey(row.PORT, "eno1"), bridge="br0")
    live = labelled(State({**LIVE.resources, bridge.key: bridge}), {1: "nic1"})
    (problem,) = problems(with_names(State(), live, ()), live, {})
    assert problem.message == "eno1 cannot be renamed to nic1: it is a port of br0, which is not ours"


# linkdelay


def steps_of(*wanted: Resource) -> List[Change]:
    """With eno1, which is down, and 5 seconds for it."""
    live = node()
    down = live.resources[LinkKey("eno1")]
    live = State({**live.resources, down.key: down._replace(values={**down.values, "up": 0})})
    state = State({one.key: one for one in wanted})
    made = plan(diff(state, live).changes, state, live)
    return list(with_carriers(made, {"eno1": 5}, state, live).steps)


UP = resource(LinkKey("eno1"), up=1)
VLAN = resource(LinkKey("vlan10"), kind="vlan", link="eno1", id=10, up=1)


@pytest.mark.parametrize("on", ["eno1", "vlan10"])
def test_the_first_address_waits_for_carrier(on: str) -> None:
    other = AddressKey("eno2", ADDRESS)
    key = AddressKey(on, Prefix(bytes([10, 2, 0, 1]), 24))
    found = steps_of(UP, VLAN, resource(other), resource(key), resource(LinkKey("eno2"), mtu=1400))
    assert {step.key: step.carriers for step in found if step.carriers} == {key: (("eno1", 5),)}


def test_nothing_waits_for_a_link_that_nobody_needs_or_sets_up() -> None:
    assert not any(step.carriers for step in steps_of(UP, resource(AddressKey("eno2", ADDRESS))))
    assert not any(step.carriers for step in steps_of(resource(AddressKey("eno1", ADDRESS))))

"""Which rows change together, and what else ovs-vswitchd is asked for."""

from __future__ import annotations

from typing import Dict, FrozenSet, Set

from hypothesis import given
from hypothesis import strategies as st

from os_net_config.backends.ovsdb.told import errors
from os_net_config.state import row
from os_net_config.state.context import Context
from os_net_config.state.devices import DEVARGS
from os_net_config.state.diff import Change, diff
from os_net_config.state.fall import Fall
from os_net_config.state.graph import Fact
from os_net_config.state.model import DeviceKey, Key, LinkKey, Resource, RowKey, State
from os_net_config.state.plan import plan
from os_net_config.state.row_tasks import Together, row_tasks
from os_net_config.state.values import Values

from ..properties import quick

ROOT = RowKey(row.ROOT, row.ROOT_NAME)


def state(values: Dict[Key, Values]) -> State:
    return State({key: Resource(key, one) for key, one in values.items()})


def internal(*names: str) -> Dict[Key, Values]:
    """Ports of br0 that Open vSwitch makes links for."""
    found: Dict[Key, Values] = {}
    for name in names:
        found[RowKey(row.PORT, name)] = {"bridge": "br0"}
        found[RowKey(row.INTERFACE, name)] = {"port": name, "type": row.INTERNAL}
    return found


some = st.dictionaries(
    st.sampled_from(["p0", "p1", "p2", "p3"]), st.sampled_from(["comes", "goes", "stays"]), min_size=1
)


def changes(ends: Dict[str, str]) -> Dict[Key, Change]:
    """Interfaces of the kernel's links: each hangs on its own link."""
    sides: Dict[str, tuple[Values | None, Values | None]] = {
        "comes": (None, {"port": "p", "type": ""}),
        "goes": ({"port": "p", "type": ""}, None),
        "stays": ({"mtu_request": None}, {"mtu_request": 1400}),
    }
    keys = {name: RowKey(row.INTERFACE, name) for name in ends}
    return {keys[name]: Change(keys[name], *sides[end]) for name, end in ends.items()}


@quick(100)
@given(some)
def test_what_changes_together_needs_the_same(ends: Dict[str, str]) -> None:
    around = Context(State(), State(), changes(ends), Fall())
    own = {task.step.key: frozenset(task.needs) for task in row_tasks(around, Together.NONE)}
    going = {key for key in own if ends[str(key[1])] == "goes"}
    groups = {Together.ALL: [set(own)], Together.BY_END: [going, set(own) - going]}
    for together, parts in groups.items():
        found = {task.step.key: frozenset(task.needs) for task in row_tasks(around, together)}
        assert found.keys() == own.keys()
        for part in parts:
            needed: Set[Fact] = {fact for key in part for fact in own[key]}
            assert all(found[key] == needed for key in part)


@quick(50)
@given(st.frozensets(st.sampled_from(["p0", "p1", "p2"])))
def test_links_that_somebody_removed_are_asked_for_again(missing: FrozenSet[str]) -> None:
    """Their rows are as they should be: ovs-vswitchd is only to look once more, and once for all of them."""
    ports = internal("p0", "p1", "p2")
    links: Dict[Key, Values] = {LinkKey(name): {"up": 1} for name in ("p0", "p1", "p2")}
    there = {key: one for key, one in links.items() if str(key) not in missing}
    live = state({ROOT: {}, RowKey(row.BRIDGE, "br0"): {}, **ports, **there})
    wanted = state({**ports, **links})
    found = diff(wanted, live)
    assert not found.problems
    steps = plan(found.changes, wanted, live).steps
    nudges = [number for number, step in enumerate(steps) if isinstance(step.key, RowKey)]
    assert {steps[number].key for number in nudges} == {RowKey(row.INTERFACE, name) for name in missing}
    assert nudges == list(range(nudges[0], nudges[-1] + 1)) if nudges else not missing
    for number in nudges:
        assert (steps[number].before, steps[number].after, steps[number].transient) == ({}, {}, True)
    assert {str(step.key) for step in steps[nudges[-1] + 1 :]} == missing if nudges else True


DEVICES = {f"dpdk{number}": f"0000:0{number}:00.0" for number in range(3)}


@quick(20)
@given(st.frozensets(st.sampled_from(sorted(DEVICES))))
def test_interfaces_whose_devices_are_bound_are_asked_for_again(unbound: FrozenSet[str]) -> None:
    """By their own names: what ovs-vswitchd says of them then is said of this run."""
    rows: Dict[Key, Values] = {}
    driven: Dict[Key, Values] = {}
    for name, address in DEVICES.items():
        rows[RowKey(row.PORT, name)] = {"bridge": "br0"}
        rows[RowKey(row.INTERFACE, name)] = {"port": name, "type": "dpdk", DEVARGS: address}
        driven[DeviceKey(address)] = {"driver": "vfio-pci"}
    now = {
        key: {"driver": "i40e" if number in unbound else "vfio-pci"} for number, key in zip(DEVICES, driven)
    }
    wanted = state({**rows, **driven})
    live = state({ROOT: {}, RowKey(row.BRIDGE, "br0"): {}, **rows, **now})
    steps = plan(diff(wanted, live).changes, wanted, live).steps
    asked = [step for step in steps if isinstance(step.key, RowKey)]
    assert {step.key for step in asked} == {RowKey(row.INTERFACE, name) for name in unbound}
    assert list(steps[len(steps) - len(asked) :]) == asked
    broken: Dict[Key, Resource] = {
        key: Resource(key, {**one, row.ERROR: "Error attaching device"})
        for key, one in rows.items()
        if key[0] == row.INTERFACE
    }
    told = {text for _, text in errors(asked, broken)}
    assert told == {f"interface {name}: Error attaching device" for name in unbound}

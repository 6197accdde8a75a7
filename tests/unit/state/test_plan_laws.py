"""Plans carried out on the kernel in miniature, from any node to any config and back."""

from __future__ import annotations

from random import Random
from typing import AbstractSet, Dict, List, Sequence, Tuple

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from os_net_config.backends.protocol import ExecuteError
from os_net_config.engine.undo import begun, undo
from os_net_config.state import bond, bridge, goal, route, row, vlan
from os_net_config.state.diff import Change, diff
from os_net_config.state.graph import CycleError
from os_net_config.state.model import (
    AddressKey,
    EthtoolKey,
    Key,
    LinkKey,
    Resource,
    RouteKey,
    RowKey,
    State,
    SysctlKey,
)
from os_net_config.state.plan import Plan, plan
from os_net_config.state.record import is_bridge_without_ports
from os_net_config.state.shared import ours
from os_net_config.state.values import NextHop, Prefix, Value, Values

from ..properties import quick
from .model_kernel import ModelKernel
from .networks import BONDS, runs
from .site import Site, WholeKernel, told

Run = Tuple[State, List[State]]
Places = Dict[Tuple[Key, str], int]

_RTPROT_KERNEL = 2
randoms = st.randoms(use_true_random=False)


def planned(wanted: State, live: State) -> Plan:
    difference = diff(wanted, live)
    assume(not difference.problems)
    return plan(difference.changes, wanted, live)


def site_after(live: State, earlier: Sequence[State]) -> Site:
    """The node after these configs, one after the other."""
    site = Site(live)
    for wanted in earlier:
        site.apply(wanted)
    return site


def after(live: State, earlier: Sequence[State]) -> State:
    return site_after(live, earlier).kernel.observe()


# On the kernel in miniature


@quick(100)
@given(runs())
def test_the_kernel_takes_every_step_and_nothing_is_left_to_do(run: Run) -> None:
    live, configs = run
    site = Site(live)
    for wanted in configs:
        made = site.apply(wanted)
        left = site.planned(wanted).changes
        assert not left, f"left: {told(left)}\nafter: {told(made.steps)}"


@quick(100)
@given(runs(2))
def test_one_config_after_another_is_the_other_alone(run: Run) -> None:
    live, configs = run
    alone, later = site_after(live, configs[-1:]), Site(live)
    steps = [told(later.apply(wanted).steps) for wanted in configs]
    there = later.kernel.observe()
    found = differences(with_any_port_s_address(there), with_any_port_s_address(alone.kernel.observe()))
    assert not found, "\n\n".join((*found, *steps))


def with_any_port_s_address(state: State) -> State:
    """A bond of which no address is said has that of one of its ports: which one hangs on the past.

    So does what a bridge without ports has; what the kernel made up may be the least of a bridge's, or not.
    """
    resources = dict(state.resources)
    for name, one in state.links():
        if one.values.get("address") in addresses_below(name, state) or stands_on_chance(name, state):
            resources[one.key] = one._replace(values={**one.values, "address": None})
    return State(resources)


def addresses_below(name: str, state: State) -> List[Value]:
    """Those of the NICs that a bond stands on, or a VLAN or a bridge on one."""
    resource = state.resources[LinkKey(name)]
    values = resource.values
    if is_bridge_without_ports(resource, state):
        return [values["address"]]
    if values.get("kind") == bridge.KIND:
        return [mac for port in state.ports(name) for mac in addresses_below(port, state)]
    if values.get("kind") == vlan.KIND:
        return addresses_below(str(values["link"]), state)
    if values.get("kind") != bond.KIND:
        return []
    ports = [one.values["address"] for _, one in state.links() if one.values.get("master") == name]
    # Without one it has what the kernel made up.
    return ports or [values["address"]]


def stands_on_chance(name: str, state: State) -> bool:
    """Whether there is a bond without ports below a bridge, or below a VLAN on that."""
    values, ports = state.values(name), state.ports(name)
    if values.get("kind") == bond.KIND:
        return not ports
    below = [str(values["link"])] if values.get("kind") == vlan.KIND else ports
    return any(stands_on_chance(one, state) for one in below)


@quick(40)
@given(runs())
def test_what_others_made_stays_where_no_link_goes_down(run: Run) -> None:
    live, configs = run
    site = Site(live)
    for wanted in configs:
        before, known = site.kernel.observe(), site.record
        made = site.apply(wanted)
        assume(not went_down(made.steps))
        there = site.kernel.observe()
        for resource in before:
            if is_foreign(resource) and resource.key not in wanted.resources:
                now = there.get(resource.key)
                assert now is not None, f"{resource.key} fell: {told(made.steps)}"
                ours = known.get(resource.key)
                names = frozenset().union(*ours.claims.values()) if ours is not None else frozenset()
                assert said(now.values, names) == said(resource.values, names)


def is_foreign(resource: Resource) -> bool:
    if isinstance(resource.key, RowKey):
        return row.LABEL not in resource.values
    ours = {_RTPROT_KERNEL, route.PROTOCOL}
    return (
        not isinstance(resource.key, (EthtoolKey, LinkKey, SysctlKey))
        and resource.values.get("protocol") not in ours
    )


def went_down(steps: Sequence[Change]) -> bool:
    return any(isinstance(step.key, LinkKey) and step.after == {"up": 0} for step in steps)


def said(values: Values, by_us: AbstractSet[str]) -> Values:
    """Without the place among the addresses of a subnet, and what we have said of it."""
    return {name: value for name, value in values.items() if name not in {"secondary", *by_us}}


@quick(80)
@given(runs(2), randoms)
def test_next_hops_of_others_among_ours_stay(run: Run, random: Random) -> None:
    live, configs = run
    first, last = (with_a_route(configs[number], random) for number in (0, -1))
    site = site_after(live, [first])
    kernel = site.kernel
    others_come(kernel, random)
    assume(kernel.others_hops)
    assert not site.planned(first).changes
    brought = {key: set(hops) for key, hops in kernel.others_hops.items()}
    made = site.apply(last)
    left = site.planned(last).changes
    assert not left, f"left: {told(left)}\nafter: {told(made.steps)}"
    assert {key: set(hops) for key, hops in kernel.others_hops.items()} == brought, told(made.steps)
    for key in brought:
        assert (key in kernel.routes) == (key in last.resources), told(made.steps)


def with_a_route(config: State, random: Random) -> State:
    """The config with one more IPv6 route over any link, or without it."""
    links = [name for name, one in config.links() if one.values.get("master") is None]
    if not links or random.random() < _SELDOM:
        return config
    key = RouteKey(Prefix(bytes.fromhex("20010db8f0") + bytes(11), 40), 1024)
    values: Dict[str, Value] = {"link": random.choice(links), "type": "unicast"}
    values["gateway"] = bytes.fromhex("fe80") + bytes([*bytes(13), random.choice((1, 2))])
    if random.random() < _OFTEN:
        values["mtu"] = random.choice((1300, 1400))
    initial: Dict[str, Value] = {"protocol": route.PROTOCOL, "scope": 0}
    return State({**config.resources, key: Resource(key, values, (), initial)})


_SELDOM, _OFTEN = 0.1, 0.5


def others_come(kernel: ModelKernel, random: Random) -> None:
    """A routing daemon appends a next hop to our IPv6 routes, or brought its own before."""
    for key, values in kernel.routes.items():
        ours_by_a_gateway = values["gateway"] is not None and values["protocol"] == route.PROTOCOL
        if key.family == 6 and ours_by_a_gateway:
            neighbour = NextHop(bytes.fromhex("fe80") + bytes([*bytes(13), 11]), str(values["link"]))
            kernel.others_hops[key] = {neighbour: _BGP}
            if random.random() < _OFTEN:
                kernel.theirs_first.add(key)


_BGP = 186


@quick(80)
@given(runs(2), randoms)
def test_a_run_that_breaks_off_is_taken_back(run: Run, random: Random) -> None:
    live, configs = run
    configs = [with_a_route(config, random) for config in configs]
    site = site_after(live, configs[:-1])
    kernel = site.kernel
    others_come(kernel, random)
    before = site.observe(configs[-1])
    made = site.planned(configs[-1])
    assume(made.steps)
    kernel.fails_at = random.randrange(len(made.steps))
    with pytest.raises(ExecuteError) as error:
        kernel.execute(made.steps)
    done = begun(error.value, made.steps)
    left = undo(goal.before(done, before), kernel, ours(site.record, configs[-1]))
    assert not left, told(done)
    found = differences(without_others_label(site.observe(configs[-1])), without_others_label(before))
    assert not found, told(done)


def killed(run: Run, random: Random) -> Tuple[Site, State, Plan]:
    """The node in the middle of its last config, its state before, and the plan."""
    live, configs = run
    configs = [with_a_route(config, random) for config in configs]
    site = site_after(live, configs[:-1])
    before = site.observe(configs[-1])
    made = site.planned(configs[-1])
    assume(made.steps)
    site.kernel.fails_at = random.randrange(len(made.steps))
    with pytest.raises(ExecuteError):
        site.kernel.execute(made.steps)
    return site, before, made


@quick(80)
@given(runs(2), randoms)
def test_from_wherever_a_run_was_killed_a_way_leads_back(run: Run, random: Random) -> None:
    site, before, made = killed(run, random)
    was = goal.before([*made.changes, *made.steps], before)
    left = undo(was, site.kernel, ours(site.record, site.wanted))
    assert not left, told(made.steps)
    found = differences(site.observe(site.wanted), before)
    assert not found, "\n".join((*found, told(made.steps)))


@quick(80)
@given(runs(2), randoms)
def test_from_wherever_a_run_was_killed_a_way_leads_to_its_end(run: Run, random: Random) -> None:
    state = random.getstate()
    site, _, made = killed(run, random)
    left = undo(goal.after(made, site.wanted), site.kernel, ours(site.record, site.wanted))
    assert not left, told(made.steps)
    random.setstate(state)
    live, configs = run
    configs = [with_a_route(config, random) for config in configs]
    whole = site_after(live, configs).observe(configs[-1])
    found = differences(site.observe(configs[-1]), whole)
    assert not found, "\n".join((*found, told(made.steps)))


def without_others_label(state: State) -> State:
    """Where ours is the first nobody can read it."""
    resources = dict(state.resources)
    for key, one in state.resources.items():
        if isinstance(key, RouteKey) and key.others:
            resources[key] = one._replace(values={**one.values, "protocol": None})
    return State(resources)


def is_connected(resource: Resource) -> bool:
    """A route that the kernel makes, of several links with one subnet for any of them."""
    return isinstance(resource.key, RouteKey) and resource.values.get("protocol") == _RTPROT_KERNEL


def differences(now: State, before: State) -> List[str]:
    found = []
    for key in dict.fromkeys(one.key for one in (*before, *now) if not is_connected(one)):
        was, there = before.get(key), now.get(key)
        old, new = (one.values if one else {"exists": None} for one in (was, there))
        found += [
            f"{key.resource} {key}: {name} is {new.get(name)!r}, was {old.get(name)!r}"
            for name in dict.fromkeys((*old, *new))
            if old.get(name) != new.get(name)
        ]
    return found


# On plain tables


def simply(state: State, changes: Sequence[Change]) -> State:
    """As if the kernel did what it is told, and nothing else."""
    resources = dict(state.resources)
    for change in changes:
        if change.after is None:
            del resources[change.key]
            continue
        have = resources.get(change.key)
        resources[change.key] = Resource(change.key, {**(have.values if have else {}), **change.after})
    return State(resources)


def facts(state: State) -> Dict[Key, Dict[str, Value]]:
    """The attributes that are something: None is what is not there."""
    return {
        one.key: {n: v for n, v in one.values.items() if v not in {None, 0} and n != "place"} for one in state
    }


@quick(40)
@given(runs(2))
def test_the_changes_say_all_of_the_difference_and_their_inverses_take_it_back(run: Run) -> None:
    live, configs = run
    before = after(live, configs[:-1])
    changes = planned(configs[-1], before).changes
    there = simply(before, changes)
    assert not [one for one in diff(configs[-1], there).changes if "place" not in (one.after or {})]
    back = simply(there, [change.inverse for change in reversed(changes)])
    assert facts(back) == facts(before)


@quick(40)
@given(runs(2))
def test_a_state_does_not_differ_from_itself(run: Run) -> None:
    live, configs = run
    for state in (live, *configs, after(live, configs[:-1])):
        assert not diff(state, state).changes
    assert not plan([], configs[-1], live)


def shuffled(state: State, random: Random) -> State:
    """In another order, but for the addresses: theirs is said by the config."""
    keys = random.sample(list(state.resources), len(state))
    addresses = (key for key in state.resources if isinstance(key, AddressKey))
    again = [next(addresses) if isinstance(key, AddressKey) else key for key in keys]
    return State({key: state.resources[key] for key in again})


@quick(40)
@given(runs(1), randoms)
def test_the_order_of_the_config_changes_no_step(run: Run, random: Random) -> None:
    live, (wanted,) = run
    other = shuffled(wanted, random)
    steps, others = planned(wanted, live).steps, planned(other, live).steps
    assert sorted(map(repr, steps)) == sorted(map(repr, others))
    for config, some in ((wanted, steps), (other, others)):
        kernel = WholeKernel(live)
        kernel.execute(some)
        assert not diff(config, kernel.observe()).changes


# The order, looked at without a kernel


def places(steps: Sequence[Change]) -> Places:
    """The step that last writes each attribute, and, as "exists", the one that makes the resource."""
    found: Places = {}
    for number, step in enumerate(steps):
        if step.before is None:
            found[step.key, "exists"] = number
        for name in step.after or ():
            found[step.key, name] = number
    return found


def links_used(step: Change) -> List[str]:
    """The links that must be there for the step."""
    used = [str(value) for name, value in (step.after or {}).items() if name in {"link", "master"} and value]
    if isinstance(step.key, AddressKey):
        used.append(step.key.link)
    return used


@quick(40)
@given(runs(2))
def test_links_are_made_before_they_are_used(run: Run) -> None:
    live, configs = run
    steps = planned(configs[-1], after(live, configs[:-1])).steps
    place = places(steps)
    for number, step in enumerate(steps):
        for name in links_used(step):
            assert place.get((LinkKey(name), "exists"), -1) < number, told(steps)


@quick(40)
@given(runs(2))
def test_ports_are_down_when_a_bond_takes_them(run: Run) -> None:
    """The driver sets down what a bond lets go of, and sets up what it takes."""
    live, configs = run
    site = site_after(live, configs[:-1])
    before = site.kernel.observe()
    up = {name: bool(one.values.get("up")) for name, one in before.links()}
    master = {name: one.values.get("master") for name, one in before.links()}
    steps = site.planned(configs[-1]).steps
    for step in steps:
        if not isinstance(step.key, LinkKey):
            continue
        name, values = step.key.name, step.after or {}
        left = [port for port, holder in master.items() if step.after is None and holder == name]
        if "master" in values:
            left += [name] if master.get(name) is not None else []
            master[name] = values["master"]
        for port in left:
            up[port] = up[port] and name not in BONDS and (step.before or {}).get("master") not in BONDS
        if values.get("master") in BONDS:
            assert not up.get(name), told(steps)
            up[name] = True
        if "up" in values:
            up[name] = bool(values["up"])


@quick(40)
@given(runs(2))
def test_lower_links_are_up_before_upper_ones_and_addresses_there_before_routes(run: Run) -> None:
    live, configs = run
    wanted = configs[-1]
    steps = planned(wanted, after(live, configs[:-1])).steps
    place = places(steps)
    for name, resource in wanted.links():
        below = LinkKey(str(resource.values.get("link")))
        if (LinkKey(name), "up") in place:
            assert place.get((below, "up"), -1) <= place[LinkKey(name), "up"], told(steps)
    for number, step in enumerate(steps):
        for key in reaching(step, wanted):
            assert place.get((key, "exists"), -1) < number, told(steps)


def reaching(step: Change, wanted: State) -> List[AddressKey]:
    """The addresses whose network the route's next hop is in."""
    gateway, on = (step.after or {}).get("gateway"), (step.after or {}).get("link")
    if not isinstance(step.key, RouteKey) or not isinstance(gateway, bytes):
        return []
    keys = [key for key in wanted.resources if isinstance(key, AddressKey)]
    return [key for key in keys if key.link == on and key.prefix.contains(gateway)]


# By hand


def link(name: str, **values: Value) -> Resource:
    return Resource(LinkKey(name), {"up": 1, **values})


def state(*resources: Resource) -> State:
    return State({one.key: one for one in resources})


RINGS = {
    "a bridge with its own VLAN": (
        link("br1", kind="bridge"),
        link("vlan10", kind="vlan", link="br1", id=10, master="br1"),
    ),
    "two VLANs on each other": (
        link("vlan10", kind="vlan", link="vlan20", id=10),
        link("vlan20", kind="vlan", link="vlan10", id=20),
    ),
}


@pytest.mark.parametrize("ring", RINGS.values(), ids=RINGS)
def test_a_ring_is_reported_by_the_names_of_its_links(ring: Tuple[Resource, ...]) -> None:
    wanted = state(*ring)
    changes = diff(wanted, State()).changes
    with pytest.raises(CycleError) as error:
        plan(changes, wanted, State())
    assert all(str(one.key) in str(error.value) for one in ring)

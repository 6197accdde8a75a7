"""What is remembered of a run, and what a later config wants of what it no longer names.

Each case is a story: what the node was, what configs were applied by which path, and what the last
one comes to. A node on which they are carried out for real is in test_plan_laws.py and tests/kernel.
"""

from __future__ import annotations

from typing import Dict, List, Mapping, NamedTuple, Optional, Sequence, Set, Tuple

import pytest

from os_net_config.state.diff import diff
from os_net_config.state.model import (
    AddressKey,
    Key,
    LinkKey,
    NameKey,
    Resource,
    RouteKey,
    RuleKey,
    State,
    SysctlKey,
)
from os_net_config.state.record import Entry, Record, updated
from os_net_config.state.release import Settled, labelled, settle
from os_net_config.state.values import Lifetime, Prefix, Value

MINE, OTHER = "/etc/os-net-config/config.yaml", "/etc/os-net-config/other.yaml"
OURS = 111

ETH0, VLAN = LinkKey("eth0"), LinkKey("vlan10")
ADDRESS = AddressKey("eth0", Prefix(bytes([192, 0, 2, 10]), 24))
ROUTE = RouteKey(Prefix(bytes([10, 0, 0, 0]), 8), 0)
RULE = RuleKey(4, 100, table=200)
SETTING = SysctlKey("eth0", 6, "accept_ra")
NAME = NameKey("rt_tables", 200)


def one(key: Key, initial: Optional[Mapping[str, Value]] = None, **values: Value) -> Resource:
    return Resource(key, values, (), initial or {})


def state(*resources: Resource) -> State:
    return State({resource.key: resource for resource in resources})


def nic(**more: Value) -> Resource:
    values: Dict[str, Value] = {"kind": "", "mtu": 1500, "up": 1, "master": None, "group": 0}
    return Resource(ETH0, {**values, **more})


def vlan(**more: Value) -> Resource:
    values: Dict[str, Value] = {"kind": "vlan", "link": "eth0", "id": 10, "mtu": 1500, "up": 1}
    return Resource(VLAN, {**values, "master": None, **more})


LABEL: Mapping[str, Value] = {"protocol": OURS}
W_VLAN = one(VLAN, {"group": OURS}, kind="vlan", link="eth0", id=10, up=1)
W_ADDRESS = one(ADDRESS, LABEL)
W_ROUTE = one(ROUTE, LABEL, link="eth0", type="unicast")
W_RULE = one(RULE, LABEL)
W_NAME = one(NAME, name="storage")


class Node:
    """Remembers as a node does, and does what a settled state says, with nothing of the kernel's own."""

    def __init__(self, *resources: Resource) -> None:
        self.live = state(*resources)
        self.record = Record()

    def settled(self, *wanted: Resource, path: str = MINE, everything: bool = False) -> Settled:
        return settle(state(*wanted), self.live, self.record, path, everything)

    def apply(self, *wanted: Resource, path: str = MINE, prune: bool = True) -> None:
        said = state(*wanted)
        settled = self.settled(*wanted, path=path) if prune else Settled(said, {})
        record = updated(self.record, said, self.live, path, keep_rest=not prune)
        resources = dict(self.live.resources)
        for change in diff(settled.wanted, self.live, settled.removals).changes:
            have = resources.pop(change.key, None)
            if change.after is not None:
                values = {**(have.values if have is not None else {}), **change.after}
                resources[change.key] = Resource(change.key, values)
        self.live, self.record = State(resources), record

    def goes(self, *wanted: Resource, path: str = MINE, everything: bool = False) -> Set[Key]:
        return set(self.settled(*wanted, path=path, everything=everything).removals)

    def back(self, *wanted: Resource, key: Key = ETH0, path: str = MINE) -> Dict[str, Value]:
        """The values that the config does not say and that are wanted all the same."""
        found = self.settled(*wanted, path=path).wanted.get(key)
        said = state(*wanted).get(key)
        mine = said.values if said is not None else {}
        return {n: v for n, v in found.values.items() if n not in mine} if found is not None else {}


# Made


@pytest.mark.parametrize("wanted", [W_VLAN, W_ADDRESS, W_ROUTE, W_RULE, W_NAME])
def test_what_was_made_goes_when_it_leaves_the_file(wanted: Resource) -> None:
    node = Node(nic())
    node.apply(wanted)
    assert node.goes(wanted) == set()
    assert node.goes() == {wanted.key}


@pytest.mark.parametrize("wanted", [W_VLAN, W_ADDRESS, W_ROUTE, W_RULE, W_NAME])
def test_what_another_path_claims_as_well_stays_until_that_one_lets_go(wanted: Resource) -> None:
    node = Node(nic())
    node.apply(wanted)
    node.apply(wanted, path=OTHER)
    assert node.goes() == set()
    node.apply()
    assert wanted.key in node.live.resources
    assert node.goes(path=OTHER) == {wanted.key}


def test_an_address_for_a_time_is_made_one_for_good_and_given_back() -> None:
    """In the place that it has by then: the order of the file is no longer asked for."""
    leased = Lifetime(1000, 900)
    wanted = one(ADDRESS, LABEL, lifetime=None)
    node = Node(nic(), Resource(ADDRESS, {"lifetime": leased}))
    node.apply(wanted)
    assert node.live.resources[ADDRESS].values["lifetime"] is None
    assert (node.goes(), node.back(key=ADDRESS)) == (set(), {"lifetime": leased, "place": None})
    node.apply()
    assert node.live.resources[ADDRESS].values["lifetime"] == leased


def test_an_address_that_was_there_for_good_is_left_as_it_is() -> None:
    node = Node(nic(), Resource(ADDRESS, {}))
    node.apply(one(ADDRESS, LABEL, lifetime=None))
    assert (node.goes(), node.back(key=ADDRESS)) == (set(), {})


@pytest.mark.parametrize(("end", "differs"), [(1000, False), (1002, False), (1010, True), (None, True)])
def test_an_end_is_read_with_the_seconds_that_the_kernel_rounds(end: Optional[int], differs: bool) -> None:
    live = state(Resource(ADDRESS, {"lifetime": None if end is None else Lifetime(end, end)}))
    found = diff(state(one(ADDRESS, lifetime=Lifetime(1000, 900))), live)
    assert bool(found.changes) is differs


def test_what_only_another_path_brought_stays() -> None:
    node = Node(nic())
    node.apply(W_VLAN, path=OTHER)
    assert (node.goes(), node.settled().wanted.resources) == (set(), {})


def test_what_was_made_and_is_gone_needs_nobody() -> None:
    node = Node(nic())
    node.apply(W_VLAN)
    node.live = state(nic())
    assert node.goes() == set()


@pytest.mark.parametrize(
    "anothers", [vlan(group=0), one(ROUTE, protocol=16, link="eth0"), one(RULE, protocol=0)]
)
def test_what_somebody_made_anew_in_the_place_of_ours_is_his(anothers: Resource) -> None:
    wanted = {one.key: one for one in (W_VLAN, W_ROUTE, W_RULE)}[anothers.key]
    node = Node(nic())
    node.apply(wanted)
    node.live = state(nic(), anothers)
    assert node.goes() == set()


def test_an_address_of_an_old_kernel_has_no_label_and_goes_all_the_same() -> None:
    node = Node(nic())
    node.apply(W_ADDRESS)
    node.live = state(nic(), one(ADDRESS, protocol=0))
    assert node.goes() == {ADDRESS}


# Adopted


ADOPTED = {
    "a link": (vlan(group=0), one(VLAN, kind="vlan", link="eth0", id=10, up=1)),
    "an address": (one(ADDRESS, protocol=0), W_ADDRESS),
    "a NIC": (nic(), one(ETH0, up=1)),
    "a setting": (one(SETTING, value=0), one(SETTING, value=0)),
}


@pytest.mark.parametrize(("there", "wanted"), ADOPTED.values(), ids=ADOPTED)
def test_what_was_there_is_never_removed(there: Resource, wanted: Resource) -> None:
    node = Node(there)
    node.apply(wanted)
    assert node.goes() == set()
    node.apply()
    assert node.live == state(there)


BACK = {
    "an MTU": (nic(mtu=1400), one(ETH0, mtu=9000), {"mtu": 1400}),
    "down as found": (nic(up=0), one(ETH0, up=1), {"up": 0}),
    "a port": (nic(), one(ETH0, master="bond0", up=1), {"master": None, "up": 1}),
}


@pytest.mark.parametrize(("there", "wanted", "was"), BACK.values(), ids=BACK)
def test_what_it_was_comes_back(there: Resource, wanted: Resource, was: Dict[str, Value]) -> None:
    node = Node(there)
    node.apply(wanted)
    assert node.back() == was
    node.apply()
    assert node.live == state(there)


def test_a_setting_comes_back() -> None:
    node = Node(nic(), one(SETTING, value=1))
    node.apply(one(SETTING, value=0))
    assert node.back(key=SETTING) == {"value": 1}


def test_one_attribute_that_is_named_no_longer_comes_back_alone() -> None:
    node = Node(nic(mtu=1400, up=0))
    node.apply(one(ETH0, mtu=9000, up=1))
    assert node.back(one(ETH0, up=1)) == {"mtu": 1400}


def test_what_an_option_changed_along_comes_back_with_it() -> None:
    """Of a bond's monitors one stops the other."""
    bond0 = LinkKey("bond0")
    node = Node(one(bond0, kind="bond", miimon=100, arp_interval=0))
    node.apply(one(bond0, kind="bond", arp_interval=200))
    node.live = state(one(bond0, kind="bond", miimon=0, arp_interval=200))
    assert node.back(one(bond0, kind="bond"), key=bond0) == {"miimon": 100, "arp_interval": 0}
    assert node.back(key=bond0) == {"kind": "bond", "miimon": 100, "arp_interval": 0}


def test_nothing_goes_back_on_a_link_that_goes() -> None:
    """An address that somebody leased on a VLAN of ours, and that we made to stay."""
    on_vlan = AddressKey("vlan10", Prefix(bytes([10, 0, 0, 5]), 24))
    node = Node(nic())
    node.apply(W_VLAN)
    leased = Lifetime(90000, 90000)
    node.live = state(*node.live, Resource(on_vlan, {"protocol": 0, "lifetime": leased}))
    node.apply(W_VLAN, one(on_vlan, LABEL, lifetime=None))
    assert node.back(W_VLAN, key=on_vlan) == {"lifetime": leased, "place": None}
    assert node.back(key=on_vlan) == {}


def test_the_first_value_counts_not_the_last() -> None:
    node = Node(nic(mtu=1400))
    node.apply(one(ETH0, mtu=9000))
    node.apply(one(ETH0, mtu=8000))
    assert node.back() == {"mtu": 1400}


def test_an_attribute_that_comes_later_is_remembered_as_it_is_then() -> None:
    node = Node(nic(mtu=1400, up=0))
    node.apply(one(ETH0, up=1))
    node.live = state(nic(mtu=1300, up=1))
    node.apply(one(ETH0, up=1, mtu=9000))
    assert node.back() == {"up": 0, "mtu": 1300}


def test_what_no_config_ever_said_is_left_alone() -> None:
    node = Node(nic())
    node.apply(one(ETH0, up=1))
    node.live = state(nic(mtu=1300))
    assert node.back() == {"up": 1}


def test_an_attribute_that_another_path_says_too_stays() -> None:
    node = Node(nic(mtu=1400, up=0))
    node.apply(one(ETH0, mtu=9000, up=1))
    node.apply(one(ETH0, up=1), path=OTHER)
    assert node.back() == {"mtu": 1400}
    node.apply()
    assert node.back(path=OTHER) == {"up": 0}


def test_a_master_that_is_no_more_is_not_gone_back_to() -> None:
    node = Node(nic(master="br9"), one(LinkKey("br9"), kind="bridge"))
    node.apply(one(ETH0, master="bond0"))
    assert node.back() == {"master": "br9"}
    node.live = state(nic(master="bond0"))
    assert node.back() == {"master": None}


def test_a_nic_that_is_gone_needs_nobody() -> None:
    node = Node(nic())
    node.apply(one(ETH0, mtu=9000))
    node.live = State()
    assert node.settled() == Settled(State(), {})


# --no-prune


def test_what_is_not_pruned_is_still_known_afterwards() -> None:
    node = Node(nic(mtu=1400))
    node.apply(W_VLAN, one(ETH0, mtu=9000))
    node.apply(prune=False)
    assert (VLAN in node.live.resources, node.live.resources[ETH0].values["mtu"]) == (True, 9000)
    assert (node.goes(), node.back()) == ({VLAN}, {"mtu": 1400})


def test_an_attribute_that_is_not_pruned_is_still_known_afterwards() -> None:
    node = Node(nic(mtu=1400))
    node.apply(one(ETH0, mtu=9000, up=1))
    node.apply(one(ETH0, up=1), prune=False)
    assert node.back(one(ETH0, up=1)) == {"mtu": 1400}


# Without a record


LABELLED = [
    vlan(group=OURS), one(ADDRESS, protocol=OURS), one(ROUTE, protocol=OURS, link="eth0"),
    one(RULE, protocol=OURS), one(NAME, name="storage"),
]  # fmt: skip
OTHERS = [
    vlan(group=0), one(ADDRESS, protocol=0), one(ROUTE, protocol=16, link="eth0"), one(RULE, protocol=2),
    one(NAME, name="storage", owner="/etc/iproute2/rt_tables"), nic(group=OURS), one(SETTING, value=0),
]  # fmt: skip


@pytest.mark.parametrize("there", LABELLED)
def test_what_carries_our_label_and_nobody_knows_stays(there: Resource) -> None:
    node = Node(nic(), there)
    assert list(labelled(node.live)) == [there]
    assert node.goes() == set()
    assert node.goes(everything=True) == {there.key}


@pytest.mark.parametrize("there", OTHERS)
def test_what_carries_no_label_of_ours_stays_whatever_is_asked(there: Resource) -> None:
    """A group on a NIC is somebody's own: we make no NICs."""
    node = Node(there)
    assert list(labelled(node.live)) == []
    assert node.goes(everything=True) == set()


def test_all_is_what_other_paths_brought_too_but_not_what_is_wanted() -> None:
    node = Node(nic())
    node.apply(W_VLAN, path=OTHER)
    node.apply(W_ADDRESS)
    node.live = state(nic(), vlan(group=OURS), one(ADDRESS, protocol=OURS))
    assert node.goes(W_ADDRESS, everything=True) == {VLAN}


def test_an_mtu_of_ours_that_nobody_knows_follows_the_link_below_again() -> None:
    node = Node(nic(), vlan(group=OURS))
    assert node.back(W_VLAN, key=VLAN) == {"mtu": 1500}


# The record


class Case(NamedTuple):
    """``runs`` are (path, what it wants) on a node with one NIC; ``entry`` what is known of it then."""

    runs: Sequence[Tuple[str, Mapping[str, Value]]]
    entry: Optional[Entry]


def entry(before: Mapping[str, Value], **claims: Sequence[str]) -> Entry:
    paths = {"mine": MINE, "other": OTHER}
    return Entry(ETH0, False, {paths[path]: frozenset(names) for path, names in claims.items()}, before)


CASES: Dict[str, Case] = {
    "one": Case([(MINE, {"mtu": 9000})], entry({"mtu": 1500}, mine=["mtu"])),
    "again, the same": Case([(MINE, {"mtu": 9000})] * 2, entry({"mtu": 1500}, mine=["mtu"])),
    "two paths": Case(
        [(MINE, {"mtu": 9000}), (OTHER, {"up": 1})], entry({"mtu": 1500, "up": 1}, mine=["mtu"], other=["up"])
    ),
    "one of two lets go": Case(
        [(MINE, {"mtu": 9000}), (OTHER, {"up": 1}), (MINE, {})], entry({"mtu": 1500, "up": 1}, other=["up"])
    ),
    "both let go": Case([(MINE, {"mtu": 9000}), (OTHER, {"up": 1}), (MINE, {}), (OTHER, {})], None),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_record(case: Case) -> None:
    live, record = state(nic()), Record()
    for path, values in case.runs:
        record = updated(record, state(Resource(ETH0, values)) if values else State(), live, path)
    assert record.get(ETH0) == case.entry


def test_of_what_was_made_no_value_is_remembered() -> None:
    record = updated(Record(), state(W_VLAN), state(nic()), MINE)
    again = updated(record, state(W_VLAN), state(nic(), vlan(group=OURS)), MINE)
    assert again == record
    assert record.get(VLAN) == Entry(VLAN, True, {MINE: frozenset({"kind", "link", "id", "up"})}, {})


def test_what_is_gone_is_forgotten() -> None:
    record = updated(Record(), state(W_VLAN), state(nic()), MINE)
    assert list(updated(record, State(), state(nic()), OTHER)) == []


def told(record: Record) -> List[Key]:
    return [found.key for found in record]


def test_what_is_wanted_and_gone_is_not_forgotten() -> None:
    record = updated(Record(), state(W_VLAN), state(nic()), MINE)
    assert told(updated(record, state(W_VLAN), state(nic()), OTHER)) == [VLAN]

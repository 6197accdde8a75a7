"""Of which addresses neighbours are told, and which are awaited."""

from __future__ import annotations

from typing import Optional

import pytest

from os_net_config.backends.rtnetlink.backend import _batches
from os_net_config.state.address import DETECTION, FAILED, UNDER_WAY
from os_net_config.state.announcements import announcements, announcements_back
from os_net_config.state.detection import awaited, duplicates
from os_net_config.state.diff import Change
from os_net_config.state.fall import Fall
from os_net_config.state.model import AddressKey, Key, LinkKey, Resource, State
from os_net_config.state.plan import Plan
from os_net_config.state.values import IpAddress, Prefix, Value, Values


def address(text: str, link: str = "eth0") -> AddressKey:
    host, _, length = text.partition("/")
    packed = IpAddress().parse(host)
    assert isinstance(packed, bytes)
    return AddressKey(link, Prefix(packed, int(length)))


def there(key: AddressKey, **values: Value) -> Resource:
    return Resource(key, {"scope": 0, "protocol": 111, **values})


def link(name: str, mac: bytes, more: Optional[Values] = None) -> Resource:
    return Resource(LinkKey(name), {"kind": "", "address": mac, "index": 2, **(more or {})})


def state(*resources: Resource) -> State:
    return State({one.key: one for one in resources})


def plan_of(*steps: Change) -> Plan:
    return Plan(steps, steps, Fall())


def added(key: Key, values: Optional[Values] = None) -> Change:
    return Change(key, None, values or {})


OLD, NEW = b"\x52\x54\0\0\0\1", b"\x52\x54\0\0\0\2"
ONE, SIX = address("192.0.2.10/24"), address("2001:db8::10/64")
VIP = address("192.0.2.99/32", "vlan20")


@pytest.mark.parametrize(
    ("key", "values", "told"),
    [
        (ONE, {}, True),
        (SIX, {}, True),
        (address("192.0.2.10/32"), {}, True),
        (address("192.0.2.10/32", "lo"), {}, False),
        (address("2001:db8::10/128", "lo"), {}, False),
        (address("fe80::1/64"), {"scope": 253}, False),
        (address("fe80::1/64"), {"scope": 0}, False),
        (address("192.0.2.10/24"), {"scope": 254}, False),
        (SIX, {DETECTION: UNDER_WAY}, False),
        (SIX, {DETECTION: FAILED}, False),
    ],
)
def test_an_address_that_comes(key: AddressKey, values: Values, told: bool) -> None:
    before = state(link("eth0", OLD), link("lo", bytes(6)))
    after = state(*before, there(key, **values))
    assert announcements(plan_of(added(key)), before, after) == ([key] if told else [])


@pytest.mark.parametrize(
    "change", [{"address": NEW}, {"index": 9}, {"link": "eth1"}, {"id": 30}], ids=lambda one: next(iter(one))
)
def test_a_link_that_neighbours_know_otherwise(change: Values) -> None:
    """All its addresses, whoever brought them; those of the link below only if it is one itself."""
    vlan: Values = {"kind": "vlan", "link": "eth0", "id": 20}
    rest = (link("eth0", OLD), there(ONE), there(VIP, protocol=0))
    before = state(link("vlan20", OLD, vlan), *rest)
    after = state(link("vlan20", OLD, {**vlan, **change}), *rest)
    assert announcements(plan_of(), before, after) == [VIP]
    assert announcements(plan_of(), before, before) == []


def test_what_is_replaced_or_goes_is_not_announced() -> None:
    before = state(link("eth0", OLD), there(ONE), there(SIX))
    steps = plan_of(Change(SIX, {"scope": 0}, None), Change(ONE, {"protocol": 0}, {"protocol": 111}))
    assert announcements(steps, before, state(link("eth0", OLD), there(ONE))) == []


def test_what_a_plan_took_away_is_announced_when_it_is_back() -> None:
    """On the link from which it went to another, and on one whose MAC address had changed."""
    moved = address("192.0.2.10/24", "bond0")
    before = state(link("eth0", OLD), link("eth1", OLD), there(ONE), there(address("10.0.0.1/8", "eth1")))
    after = state(link("eth0", OLD), link("eth1", NEW), there(moved), there(address("10.0.0.1/8", "eth1")))
    steps = plan_of(Change(ONE, {"scope": 0}, None), added(moved))
    assert announcements_back(steps, before, after) == [ONE, address("10.0.0.1/8", "eth1")]
    assert announcements_back(plan_of(added(SIX)), before, before) == []


def test_wanted_ipv6_addresses_that_a_plan_makes_are_awaited() -> None:
    other, gone = address("2001:db8::77/64"), address("2001:db8::5/64")
    wanted = state(link("eth0", OLD), there(SIX), there(ONE), there(gone))
    again = Change(other, {"scope": 0}, {"scope": 0}, transient=True)
    steps = plan_of(
        added(LinkKey("eth0")), added(SIX), added(ONE), again, added(gone), Change(gone, {}, None)
    )
    assert awaited(steps, wanted) == [SIX]


def test_a_wanted_address_that_is_a_duplicate_is_told() -> None:
    wanted = state(there(SIX)._replace(origin=("network_config", 0)))
    (problem,) = duplicates(wanted, state(there(SIX, **{DETECTION: FAILED})))
    assert problem.path == ("network_config", 0)
    assert "2001:db8::10/64 on eth0" in problem.message
    assert not list(duplicates(wanted, state(there(SIX, **{DETECTION: UNDER_WAY}))))
    assert not list(duplicates(state(), state(there(SIX, **{DETECTION: FAILED}))))


def test_a_step_that_awaits_begins_a_batch() -> None:
    """Once: the next one that awaits the same finds it usable."""
    old = [Change(address(f"2001:db8::{n}/64"), {}, None, awaits=(SIX,)) for n in range(3)]
    later = Change(address("2001:db8::9/64"), {}, None, awaits=(SIX, address("2001:db8::20/64")))
    steps = [added(ONE), added(SIX), *old, later]
    assert [len(batch) for batch in _batches(steps)] == [2, 3, 1]
    assert [len(batch) for batch in _batches(old)] == [3]

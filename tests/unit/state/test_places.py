"""Which addresses are given again so that those of a subnet stand in the order of the config."""

from __future__ import annotations

from typing import Dict, List

import pytest
from hypothesis import given
from hypothesis import strategies as st

from os_net_config.state.model import AddressKey, Resource, State
from os_net_config.state.places import by_subnet, misplaced
from os_net_config.state.values import Prefix

from ..properties import quick


def address(host: int, network: int = 2, on: str = "eth0") -> AddressKey:
    return AddressKey(on, Prefix(bytes([192, 0, network, host]), 24))


def state(hosts: List[int]) -> State:
    keys = [address(host) for host in hosts]
    return State({key: Resource(key, {}) for key in keys})


def moved(wanted: List[int], live: List[int]) -> Dict[int, object]:
    found = misplaced(state(wanted), state(live))
    return {key.prefix.address[3]: places for key, places in found.items() if isinstance(key, AddressKey)}


@pytest.mark.parametrize(
    ("wanted", "live", "again"),
    [
        ([1, 2, 3], [1, 2, 3], {}),
        ([1, 2, 3], [], {}),
        ([1, 2, 3], [1], {}),
        ([1, 2], [2, 1], {2: (1, 2)}),
        ([1, 2, 3], [3, 2, 1], {2: (2, 2), 3: (1, 3)}),
        ([1, 2, 3], [2, 3], {2: (1, 2), 3: (2, 3)}),
        ([1, 3], [1, 2, 3], {}),
        ([1, 2], [9, 1, 2], {}),
        ([1, 9, 2], [1, 2], {2: (2, 3)}),
        ([1], [2, 1], {}),
    ],
    ids=[
        "in order", "all new", "new ones at the end", "the first one is another", "turned round",
        "a new one at the front", "one leaves", "another's in front", "a new one between", "one alone",
    ],
)  # fmt: skip
def test_moved(wanted: List[int], live: List[int], again: Dict[int, object]) -> None:
    assert moved(wanted, live) == again


def test_what_is_wanted_without_a_place_stays_where_it_is() -> None:
    released = Resource(address(2), {"place": None})
    wanted = State({address(1): Resource(address(1), {}), address(2): released})
    assert misplaced(wanted, state([2, 1])) == {}


def test_each_subnet_of_each_link_has_an_order_of_its_own() -> None:
    wanted = [
        address(1),
        address(2),
        address(1, 3),
        address(2, 3),
        address(1, on="eth1"),
        address(2, on="eth1"),
    ]
    live = [
        address(2, 3),
        address(1, 3),
        address(1),
        address(2),
        address(1, on="eth1"),
        address(2, on="eth1"),
    ]
    wanted_state, live_state = (State({key: Resource(key, {}) for key in keys}) for keys in (wanted, live))
    assert list(misplaced(wanted_state, live_state)) == [address(2, 3)]


def test_ipv6_has_no_order() -> None:
    keys = [AddressKey("eth0", Prefix(b"\x20\x01" + bytes(13) + bytes([host]), 64)) for host in (1, 2)]
    wanted, live = (State({key: Resource(key, {}) for key in some}) for some in (keys, keys[::-1]))
    assert by_subnet(wanted) == {}
    assert misplaced(wanted, live) == {}


ORDERS = st.lists(st.integers(1, 6), unique=True)


@quick(200)
@given(ORDERS, ORDERS)
def test_given_again_and_added_at_the_end_they_are_in_order(wanted: List[int], live: List[int]) -> None:
    again = moved(wanted, live)
    stay = [host for host in live if host not in again]
    there = [*stay, *(host for host in wanted if host not in stay)]
    assert [host for host in there if host in wanted] == wanted
    assert set(again) <= set(wanted) & set(live)

"""Keys and values as JSON and back."""

from __future__ import annotations

import json
from typing import Any, Dict

import pytest
from hypothesis import given
from hypothesis import strategies as st

from os_net_config.state.codec import (
    CodecError,
    key_from_json,
    key_to_json,
    values_from_json,
    values_to_json,
)
from os_net_config.state.model import (
    AddressKey,
    EthtoolKey,
    Key,
    LinkKey,
    NameKey,
    RouteKey,
    RuleKey,
    SysctlKey,
)
from os_net_config.state.values import Lifetime, NextHop, Prefix

from ..properties import quick

TEXT = st.text(max_size=15)
NUMBER = st.integers(0, 2**32 - 1)
ADDRESS = st.one_of(st.binary(min_size=4, max_size=4), st.binary(min_size=16, max_size=16))
PREFIX = ADDRESS.flatmap(
    lambda address: st.builds(Prefix, st.just(address), st.integers(0, 8 * len(address)))
)
RANGE = st.none() | st.tuples(st.integers(0, 65535), st.integers(0, 65535))
HOP = st.builds(
    NextHop, st.none() | ADDRESS, st.none() | TEXT, st.integers(1, 256), st.integers(0, 1)
)  # fmt: skip


def rule(parts: Dict[str, Any]) -> RuleKey:
    return RuleKey(**parts)


RULES = st.fixed_dictionaries(
    {"family": st.sampled_from((4, 6)), "priority": NUMBER},
    optional={
        "action": TEXT,
        "table": NUMBER,
        "source": PREFIX,
        "destination": PREFIX,
        "incoming": TEXT,
        "fwmark": NUMBER,
        "source_ports": RANGE,
        "users": RANGE,
        "suppress_prefixlength": st.integers(-1, 128),
        "inverted": st.booleans(),
    },
)
KEYS: st.SearchStrategy[Key] = st.one_of(
    TEXT.map(LinkKey),
    st.tuples(TEXT, PREFIX).map(lambda parts: AddressKey(*parts)),
    st.tuples(PREFIX, NUMBER, NUMBER, st.integers(0, 255)).map(lambda parts: RouteKey(*parts)),
    st.tuples(TEXT, st.sampled_from((4, 6)), TEXT).map(lambda parts: SysctlKey(*parts)),
    st.tuples(TEXT, TEXT).map(lambda parts: EthtoolKey(*parts)),
    st.tuples(TEXT, NUMBER).map(lambda parts: NameKey(*parts)),
    RULES.map(rule),
)
VALUES = st.dictionaries(
    TEXT,
    st.one_of(
        st.none(),
        st.integers(-(2**63), 2**64),
        TEXT,
        st.binary(max_size=64),
        st.lists(ADDRESS, max_size=4).map(tuple),
        st.lists(HOP, max_size=4).map(tuple),
        st.builds(Lifetime, NUMBER, NUMBER),
    ),
    max_size=5,
)


def through_a_file(document: Any) -> Any:
    return json.loads(json.dumps(document))


@quick(200)
@given(KEYS)
def test_a_key_comes_back(key: Key) -> None:
    back = key_from_json(through_a_file(key_to_json(key)))
    assert (back, type(back)) == (key, type(key))


@quick(200)
@given(VALUES)
def test_values_come_back(values: Dict[str, Any]) -> None:
    back = values_from_json(through_a_file(values_to_json(values)))
    assert back == values
    assert {name: type(value) for name, value in back.items()} == {n: type(v) for n, v in values.items()}


def test_a_prefix_keeps_the_host_s_part() -> None:
    key = AddressKey("eth0", Prefix(bytes([192, 0, 2, 10]), 24))
    assert key_to_json(key) == {"resource": "address", "link": "eth0", "prefix": {"prefix": "192.0.2.10/24"}}


def test_what_is_usual_is_left_out() -> None:
    assert key_to_json(RuleKey(4, 100, table=200)) == {
        "resource": "rule",
        "family": 4,
        "priority": 100,
        "table": 200,
    }


@pytest.mark.parametrize(
    "entry",
    [
        None, 7, "link", [], {}, {"name": "eth0"}, {"resource": "link"}, {"resource": "link", "name": []},
        {"resource": "neighbour", "name": "eth0"},
        {"resource": "link", "name": "eth0", "colour": 1}, {"resource": [], "name": "eth0"},
        {"resource": "address", "link": "eth0", "prefix": {"prefix": "192.0.2.300/24"}},
        {"resource": "address", "link": "eth0", "prefix": {"prefix": 7, "more": 8}},
    ],
)  # fmt: skip
def test_no_key(entry: Any) -> None:
    with pytest.raises(CodecError):
        key_from_json(entry)


@pytest.mark.parametrize(
    "entry",
    [
        None, [], "up", {"mtu": {}}, {"mtu": {"bytes": 7}}, {"mtu": {"bytes": "0"}}, {"mtu": {"words": "x"}},
        {"mtu": {"bytes": "00", "list": []}}, {"hops": {"hop": [1, 2, 3, 4, 5]}}, {"hops": {"hop": 7}},
        {"mtu": [1500]}, {"mtu": 1.5}, {"hops": {"list": [[]]}},
        {"lifetime": {"lifetime": [1]}}, {"lifetime": {"lifetime": ["x", 1]}},
    ],
)  # fmt: skip
def test_no_values(entry: Any) -> None:
    with pytest.raises(CodecError):
        values_from_json(entry)

"""Steps on IPv6 routes in which others have next hops: each of ours by a message of its own."""

from __future__ import annotations

import errno
from typing import Dict, List, Tuple

import pytest

from os_net_config.backends.rtnetlink import decode_route, wire
from os_net_config.backends.rtnetlink.requests import requests
from os_net_config.state import route
from os_net_config.state.diff import Change
from os_net_config.state.model import RouteKey
from os_net_config.state.values import NextHop, Prefix, Value, Values

KEY = RouteKey(Prefix(bytes.fromhex("20010db80009") + bytes(10), 48), 1024)
NAMES = {1: "lo", 2: "eno1"}
APPEND = (wire.RTM_NEWROUTE, wire.NLM_F_CREATE | wire.NLM_F_APPEND, errno.EEXIST)
DELETE = (wire.RTM_DELROUTE, 0, errno.ESRCH)


def hop(host: int, weight: int = 1, link: str = "eno1") -> NextHop:
    return NextHop(bytes.fromhex("20010db80001") + bytes([*bytes(9), host]), link, weight)


A, B, C = hop(1), hop(2), hop(3)


def values(*hops: NextHop, **more: Value) -> Values:
    found: Dict[str, Value] = {"type": "unicast", "scope": 0, "protocol": route.PROTOCOL, route.BESIDE: 1}
    return {**found, "nexthops": hops, **more}


def sent(step: Change) -> List[Tuple[Tuple[int, int, int], NextHop, Value]]:
    """Of each message what it does and what it tolerates, the next hop, and the protocol."""
    found = []
    for message in requests(step, {name: index for index, name in NAMES.items()}.__getitem__):
        read = dict(
            next(iter(decode_route.routes([(message.body, 0, len(message.body))], NAMES).values())).values
        )
        (one,) = route.hops(read)
        (tolerated,) = message.tolerated
        found.append(((message.type, message.flags, tolerated), one, read["protocol"]))
    return found


OURS = route.PROTOCOL


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        (None, values(A), [(APPEND, A)]),
        (values(A), None, [(DELETE, A)]),
        (values(A, B), None, [(DELETE, A), (DELETE, B)]),
        # What stays may have fallen with its link.
        (values(A, B), values(B, C), [(APPEND, B), (APPEND, C), (DELETE, A)]),
        (values(A, B), values(A, B), [(APPEND, A), (APPEND, B)]),
        # Two with one gateway cannot be.
        (values(A, mtu=None), values(A, mtu=1400), [(DELETE, A), (APPEND, A)]),
        (values(A), values(hop(1, weight=5)), [(DELETE, A), (APPEND, hop(1, weight=5))]),
    ],
    ids=["new", "gone", "several gone", "changed", "put back", "another option", "another weight"],
)
def test_ours_come_and_go_one_by_one(before: Values, after: Values, expected: List[object]) -> None:
    assert sent(Change(KEY, before, after)) == [(*one, OURS) for one in expected]  # type: ignore[misc]


def test_others_are_only_put_back() -> None:
    theirs = values(C, protocol=186)
    step = Change(KEY._replace(others=True), {**theirs, "nexthops": (A,)}, theirs)
    assert sent(step) == [(APPEND, C, 186)]


def test_what_fell_with_a_link_that_is_gone_is_not_asked_for() -> None:
    def index(name: str) -> int:
        if name == "vlan20":
            raise OSError(errno.ENODEV, "No such device")
        return 2

    step = Change(KEY, values(hop(1, link="vlan20")), values(B))
    assert [message.type for message in requests(step, index)] == [wire.RTM_NEWROUTE]

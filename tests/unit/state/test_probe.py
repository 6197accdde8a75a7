"""What has to work after a change, by what worked before it."""

from __future__ import annotations

from typing import Dict, List, Mapping, Optional

import pytest

from os_net_config.config.formats import ip_address
from os_net_config.config.probes import parse
from os_net_config.state.model import Resource, RouteKey, State
from os_net_config.state.probe import (
    NEIGHBOUR,
    PING,
    Duty,
    Probe,
    Question,
    duties,
    failures,
    gateways,
    is_link_local,
    not_working,
    questions,
    worked,
)
from os_net_config.state.values import NextHop, Prefix, Value

TCP, TIME = parse("tcp:10.0.0.1:22"), "no answer within 5 s"
GATEWAY = parse("gateway")
REQUIRED = {one: one._replace(required=True) for one in (TCP, GATEWAY)}


def node(*ways: str, **more: Value) -> State:
    """With default routes, each ``GATEWAY LINK``."""
    found = []
    for metric, way in enumerate(ways):
        address, link = way.split()
        packed = ip_address(address)
        key = RouteKey(Prefix(bytes(len(packed)), 0), metric)
        values: Dict[str, Value] = {"gateway": packed, "link": link, "type": "unicast", "protocol": 3}
        found.append(Resource(key, {**values, **more}))
    return State({one.key: one for one in found})


def told(probe: Probe, before: Mapping[str, str], after: Mapping[str, str], live: State) -> List[str]:
    """What fails. ``before`` and ``after``: by ``KIND`` or ``KIND GATEWAY LINK``, why it was not answered."""
    works = worked({one: before[name(one)] for one in questions(probe, live_before(before))})
    owed = duties(probe, live, works)
    asked = {one for duty in owed for one in duty.questions}
    return failures(owed, {one: after[name(one)] for one in asked if name(one) in after})


def live_before(before: Mapping[str, str]) -> State:
    return node(*(one.partition(" ")[2] for one in before if one.startswith(NEIGHBOUR)))


def name(one: Question) -> str:
    return f"{one.kind} {one.target} {one.link}" if one.probe.kind == "gateway" else one.kind


@pytest.mark.parametrize(
    "probe, before, after, fails",
    [
        (TCP, "", "", []),
        (
            TCP,
            "",
            "Connection refused",
            ["probe tcp:10.0.0.1:22 does not work any more (Connection refused)"],
        ),
        (TCP, TIME, "", []),
        (TCP, TIME, TIME, []),
        (REQUIRED[TCP], TIME, "", []),
        (REQUIRED[TCP], TIME, TIME, [f"probe tcp:10.0.0.1:22 does not work ({TIME})"]),
        (REQUIRED[TCP], "", TIME, [f"probe tcp:10.0.0.1:22 does not work any more ({TIME})"]),
    ],
)
def test_before_and_after(probe: Probe, before: str, after: str, fails: List[str]) -> None:
    assert told(probe, {"tcp": before}, {"tcp": after}, State()) == fails


def both(gateway: str, arp: str = "", echo: Optional[str] = None) -> Dict[str, str]:
    """How a gateway on a link answers."""
    return {f"{NEIGHBOUR} {gateway}": arp, f"{PING} {gateway}": arp if echo is None else echo}


ONE, TWO, SIX = "10.0.0.1 eth0", "10.0.0.2 eth0", "2001:db8::1 eth0"
SAME_ELSEWHERE = "10.0.0.1 vlan11"


@pytest.mark.parametrize(
    "before, after, fails",
    [
        ({}, both(ONE, TIME), []),
        (both(ONE), both(ONE), []),
        (both(ONE, "", TIME), both(ONE, "", TIME), []),
        (both(ONE, TIME), both(ONE, TIME), []),
        # By whatever means it answered.
        (
            both(ONE),
            both(ONE, TIME),
            [f"probe gateway 10.0.0.1 (eth0) does not answer any more (ARP: {TIME}, echo requests: {TIME})"],
        ),
        (
            both(ONE),
            both(ONE, "", TIME),
            [f"probe gateway 10.0.0.1 (eth0) does not answer any more (echo requests: {TIME})"],
        ),
        (
            both(ONE, "", TIME),
            both(ONE, TIME),
            [f"probe gateway 10.0.0.1 (eth0) does not answer any more (ARP: {TIME})"],
        ),
        (
            both(SIX, "", TIME),
            both(SIX, TIME),
            [f"probe gateway 2001:db8::1 (eth0) does not answer any more (neighbour discovery: {TIME})"],
        ),
        # It is the same one by another link.
        (both(ONE), both(SAME_ELSEWHERE), []),
        (
            both(ONE, "", TIME),
            both(SAME_ELSEWHERE, TIME),
            [f"probe gateway 10.0.0.1 (vlan11) does not answer any more (ARP: {TIME})"],
        ),
        # Another one has to answer, by any means.
        (both(ONE), both(TWO, "", TIME), []),
        (both(ONE), both(TWO, TIME, ""), []),
        (
            both(ONE),
            both(TWO, TIME),
            [f"probe gateway: 10.0.0.2 (eth0) does not answer (ARP: {TIME}, echo requests: {TIME})"],
        ),
        (both(ONE), both(SIX), ["probe gateway: there is no IPv4 default gateway any more"]),
        ({**both(ONE), **both(SIX)}, both(ONE), ["probe gateway: there is no IPv6 default gateway any more"]),
        # A family in which none answered owes nothing, nor does one among several that did not.
        ({**both(ONE), **both(SIX, TIME)}, {**both(ONE), **both(SIX, TIME)}, []),
        ({**both(ONE), **both(TWO, TIME)}, {**both(ONE), **both(TWO, TIME)}, []),
        (
            {**both(ONE), **both(TWO)},
            {**both(ONE), **both(TWO, TIME)},
            [f"probe gateway 10.0.0.2 (eth0) does not answer any more (ARP: {TIME}, echo requests: {TIME})"],
        ),
        # A link-local address is another one on each link.
        (
            {**both("fe80::1 eth0"), **both("fe80::1 eth1", TIME)},
            {**both("fe80::1 eth0"), **both("fe80::1 eth1", TIME)},
            [],
        ),
    ],
)
def test_gateways_before_and_after(before: Dict[str, str], after: Dict[str, str], fails: List[str]) -> None:
    assert told(GATEWAY, before, after, live_before(after)) == fails


@pytest.mark.parametrize(
    "before, after, fails",
    [
        ({}, both(ONE, "", TIME), []),
        ({}, {**both(ONE, TIME), **both(SIX)}, []),
        ({}, {}, ["probe gateway: there is no default gateway"]),
        (
            both(ONE, TIME),
            both(ONE, TIME),
            [f"probe gateway: 10.0.0.1 (eth0) does not answer (ARP: {TIME}, echo requests: {TIME})"],
        ),
    ],
)
def test_a_gateway_that_is_required(before: Dict[str, str], after: Dict[str, str], fails: List[str]) -> None:
    assert told(REQUIRED[GATEWAY], before, after, live_before(after)) == fails


def test_open_questions_fail_nothing_and_meet_nothing() -> None:
    one, other = questions(GATEWAY, node(ONE))
    duty = Duty((one, other), "none")
    for answers, met, failed in (
        ({}, False, False),
        ({one: TIME}, False, False),
        ({one: TIME, other: TIME}, False, True),
        ({one: TIME, other: ""}, True, False),
        ({other: ""}, True, False),
    ):
        assert (duty.is_met(answers), duty.is_failed(answers)) == (met, failed)


def test_which_gateways() -> None:
    several = (NextHop(ip_address("10.0.0.3"), "eth1", 1), NextHop(None, "ppp0", 1))
    more = [
        Resource(RouteKey(Prefix(bytes(4), 0), 9), {"nexthops": several}),
        Resource(RouteKey(Prefix(bytes(4), 0), 8), {"link": "ppp1"}),
        Resource(RouteKey(Prefix(bytes(4), 0), 7), {"type": "unreachable"}),
        Resource(RouteKey(Prefix(bytes(4), 0), 1, table=200), {"gateway": bytes(4), "link": "eth5"}),
        Resource(RouteKey(Prefix(bytes(4), 1), 1), {"gateway": bytes(4), "link": "eth5"}),
    ]
    state = State({one.key: one for one in (*node(ONE, ONE, SIX), *more)})
    assert gateways(state) == [("10.0.0.1", "eth0"), ("2001:db8::1", "eth0"), ("10.0.0.3", "eth1")]


@pytest.mark.parametrize(
    "address, expected",
    [("fe80::1", True), ("febf::1", True), ("fec0::1", False), ("fe8::1", False), ("2001:db8::fe80", False)],
)
def test_link_local(address: str, expected: bool) -> None:
    assert is_link_local(address) is expected


def test_what_is_said_of_what_does_not_work_before() -> None:
    arp, echo = questions(GATEWAY, node(ONE))
    (tcp,), (required,) = questions(TCP, State()), questions(REQUIRED[TCP], State())
    refused = "Connection refused"
    assert not_working({arp: "", echo: TIME, tcp: ""}) == []
    assert not_working({arp: TIME, echo: TIME, tcp: refused}) == [
        f"probe gateway 10.0.0.1 (eth0) does not work before the change ({TIME}): it is not counted",
        f"probe tcp:10.0.0.1:22 does not work before the change ({refused}): it is not counted",
    ]
    assert not_working({required: refused}) == [
        f"probe tcp:10.0.0.1:22 does not work before the change ({refused}): it has to after it all the same"
    ]

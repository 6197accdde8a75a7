"""From steps to batches of messages, from the answers to what was done, from garbage to an error."""

from __future__ import annotations

import errno
import socket
from typing import Dict, List, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from os_net_config.backends.protocol import ExecuteError, ObserveError
from os_net_config.backends.rtnetlink import RtnetlinkBackend, decode, wire
from os_net_config.backends.rtnetlink.socket import NetlinkSocket
from os_net_config.state.diff import Change
from os_net_config.state.model import AddressKey, LinkKey, RouteKey, RuleKey
from os_net_config.state.values import NextHop, Prefix, Value

from ..properties import quick
from .fake_kernel import Answer, FakeKernel, Request, ack, acknowledges, tells

BOND = Change(LinkKey("bond1"), None, {"kind": "bond"})
VLAN = Change(LinkKey("vlan20"), None, {"kind": "vlan", "link": "bond1", "id": 20})
BRIDGE = Change(LinkKey("br-ex"), None, {"kind": "bridge"})
PORT = Change(LinkKey("eno1"), {"master": None}, {"master": "bond1"})
UP = Change(LinkKey("bond1"), {"up": 0}, {"up": 1})
ADDRESS = Change(AddressKey("vlan20", Prefix(bytes(4), 24)), None, {"scope": 0})
ROUTE = Change(RouteKey(Prefix(bytes(4), 0), 0), None, {"type": "unicast", "link": "vlan20"})
ROUTE_BY_ENO2 = Change(RouteKey(Prefix(bytes(4), 0), 1), None, {"type": "unicast", "link": "eno2"})
HOPS = Change(
    RouteKey(Prefix(bytes(4), 0), 2),
    None,
    {"type": "unicast", "nexthops": (NextHop(bytes(4), "eno2"), NextHop(bytes(4), "bond1"))},
)
DEAD_END = Change(RouteKey(Prefix(bytes(4), 0), 3), None, {"type": "blackhole"})
RULE = Change(RuleKey(4, 5, incoming="vlan20", table=7), None, {"protocol": 111})


@pytest.fixture
def links(monkeypatch: pytest.MonkeyPatch) -> Dict[str, int]:
    """The links that there are."""
    found = {"eno1": 2, "eno2": 3}

    def index(name: str) -> int:
        if name not in found:
            raise OSError(errno.ENODEV, "no such link")
        return found[name]

    monkeypatch.setattr(socket, "if_nametoindex", index)
    return found


def executed(steps: Sequence[Change], links: Dict[str, int]) -> List[int]:
    """How many messages each send had; a link has an index from the send that makes it on."""

    def script(requests: Sequence[Request]) -> List[Answer]:
        for one in requests:
            if one.type == wire.RTM_NEWLINK and one.flags & wire.NLM_F_CREATE:
                named = {
                    number: one.body[start:end]
                    for number, start, end in decode.attributes(one.body, wire.IFINFOMSG.size, len(one.body))
                }
                links[named[wire.IFLA_IFNAME].rstrip(b"\0").decode()] = len(links) + 2
        return acknowledges(requests)

    kernel = FakeKernel(script)
    RtnetlinkBackend(NetlinkSocket(kernel)).execute(steps)
    return [len(batch) for batch in kernel.sent]


@pytest.mark.parametrize(
    ("steps", "sizes"),
    [
        ([], []),
        ([BOND, BRIDGE], [2]),
        ([BOND, BRIDGE, VLAN], [2, 1]),
        ([BOND, PORT], [1, 1]),
        ([BOND, UP], [1, 1]),
        ([BOND, BRIDGE, PORT, VLAN, ADDRESS, ROUTE], [2, 2, 2]),
        ([BOND, ROUTE_BY_ENO2, DEAD_END, RULE], [4]),
        ([BOND, ROUTE_BY_ENO2, HOPS], [2, 1]),
        ([BOND, VLAN, RULE, ROUTE], [1, 2, 1]),
    ],
)  # fmt: skip
def test_a_batch_ends_exactly_where_an_index_is_needed(
    steps: List[Change], sizes: List[int], links: Dict[str, int]
) -> None:
    assert executed(steps, links) == sizes


def test_a_link_that_is_not_there(links: Dict[str, int]) -> None:
    """The step that needs it fails before its batch is sent; what was sent before is done."""
    kernel = FakeKernel(acknowledges)
    links["bond1"] = 9
    gone = Change(AddressKey("eno9", Prefix(bytes(4), 24)), None, {"scope": 0})
    with pytest.raises(ExecuteError, match=r"not there \(of eno9\)") as error:
        RtnetlinkBackend(NetlinkSocket(kernel)).execute([BOND, UP, gone, DEAD_END])
    assert (error.value.step, error.value.done, error.value.remaining) == (gone, (BOND,), (UP, DEAD_END))


def refusing(*numbers: int, code: int = errno.EINVAL) -> FakeKernel:
    """Refuses the messages with these numbers."""

    def script(requests: Sequence[Request]) -> List[Answer]:
        return [b"".join(ack(one, code if number in numbers else 0) for number, one in enumerate(requests))]

    return FakeKernel(script)


def ways(*gateways: int) -> Dict[str, Value]:
    return {"nexthops": tuple(NextHop(bytes([32, *bytes(14), one]), "eno2") for one in gateways)}


#: Next hops of IPv6 are exchanged with two messages.
EXCHANGE = Change(RouteKey(Prefix(bytes(16), 0), 5), ways(1, 2), {"type": "unicast", **ways(1, 3)})


@pytest.mark.parametrize(
    ("refused", "done"),
    [((0,), (EXCHANGE, DEAD_END)), ((1,), (EXCHANGE, DEAD_END)), ((0, 1), (DEAD_END,)), ((2,), (EXCHANGE,))],
)
def test_a_step_of_which_a_part_was_done_is_taken_back(
    refused: Sequence[int], done: Sequence[Change], links: Dict[str, int]
) -> None:
    kernel = refusing(*refused)
    with pytest.raises(ExecuteError, match="Invalid argument") as error:
        RtnetlinkBackend(NetlinkSocket(kernel)).execute([EXCHANGE, DEAD_END])
    assert [len(batch) for batch in kernel.sent] == [3]
    assert error.value.step == (DEAD_END if refused == (2,) else EXCHANGE)
    assert error.value.done == tuple(done)


def test_next_hops_that_are_gone_or_of_others_need_no_removal(links: Dict[str, int]) -> None:
    """The kernel goes through them all, and says ESRCH at the end where one was not there."""
    removal = Change(RouteKey(Prefix(bytes(16), 0), 5), {"type": "unicast", **ways(1, 2)}, None)
    RtnetlinkBackend(NetlinkSocket(refusing(0, code=errno.ESRCH))).execute([removal])
    with pytest.raises(ExecuteError, match="Operation not permitted"):
        RtnetlinkBackend(NetlinkSocket(refusing(0, code=errno.EPERM))).execute([removal])
    one = removal._replace(before={"type": "unicast", "link": "eno2"})
    with pytest.raises(ExecuteError, match="No such process"):
        RtnetlinkBackend(NetlinkSocket(refusing(0, code=errno.ESRCH))).execute([one])


def test_routes_are_asked_for_by_protocol() -> None:
    kernel = FakeKernel(tells({}))
    backend = RtnetlinkBackend(NetlinkSocket(kernel))
    backend.observe()
    backend.observe(frozenset({111, 4}))
    backend.observe(frozenset())
    asked = [one for batch in kernel.sent for one in batch if one.type == wire.RTM_GETROUTE]
    headers = [wire.RTMSG.unpack(one.body) for one in asked]
    assert [(header[0], header[5]) for header in headers] == [
        (wire.AF_INET, 0), (wire.AF_INET6, 0),
        (wire.AF_INET, 4), (wire.AF_INET6, 4), (wire.AF_INET, 111), (wire.AF_INET6, 111),
    ]  # fmt: skip
    # Anything else that is said would be another filter.
    assert all(not any((*header[1:5], *header[6:])) for header in headers)


@given(st.dictionaries(st.sampled_from([18, 22, 26, 34]), st.lists(st.binary(max_size=60), max_size=3)))
@quick(300)
def test_garbage_is_a_state_or_an_error_with_a_name(tables: Dict[int, List[bytes]]) -> None:
    backend = RtnetlinkBackend(NetlinkSocket(FakeKernel(tells(tables))))
    try:
        state = backend.observe()
    except ObserveError:
        return
    assert all(str(one.key) is not None and dict(one.values) for one in state)

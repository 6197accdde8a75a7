"""What others made and a plan takes along is named before it is gone."""

from __future__ import annotations

from typing import List, Sequence, Tuple

import pytest

from os_net_config.cli import problems
from os_net_config.state import row
from os_net_config.state.diff import diff
from os_net_config.state.loss import losses
from os_net_config.state.model import AddressKey, Key, LinkKey, Resource, RouteKey, RowKey, State
from os_net_config.state.plan import plan
from os_net_config.state.problem import Problem, Severity
from os_net_config.state.values import Prefix

BY_DHCP = 16


def live() -> State:
    eth0 = Resource(LinkKey("eth0"), {"kind": "", "up": 1, "mtu": 1500, "master": None, "index": 2})
    above = Resource(LinkKey("eth0.9"), {"kind": "vlan", "link": "eth0", "id": 9, "up": 1, "master": None})
    default = RouteKey(Prefix(bytes(4), 0), 0)
    routed = RouteKey(Prefix(bytes([10, 10, 0, 0]), 16), 0)
    address = AddressKey("eth0", Prefix(b"\x20\x01\x0d\xb8" + bytes(11) + b"\5", 64))
    found = [
        eth0,
        above,
        Resource(
            default,
            {"link": "eth0", "gateway": bytes([192, 0, 2, 1]), "protocol": BY_DHCP, "type": "unicast"},
        ),
        Resource(routed, {"link": "eth0.9", "gateway": None, "protocol": BY_DHCP, "type": "unicast"}),
        Resource(address, {"protocol": 0}),
        Resource(AddressKey("eth0", Prefix(bytes([192, 0, 2, 5]), 24)), {"protocol": 0}),
    ]
    return State({one.key: one for one in found})


def found(wanted: State, before: State, removals: Sequence[Key] = ()) -> List[Problem]:
    changes = diff(wanted, before, dict.fromkeys(removals, ())).changes
    return list(losses(plan(changes, wanted, before), wanted, before))


def messages(wanted: State, before: State) -> List[str]:
    return [one.message for one in found(wanted, before)]


def state(*resources: Resource) -> State:
    return State({one.key: one for one in resources})


def test_a_port_that_goes_down_takes_routes_and_ipv6_along() -> None:
    bond = Resource(LinkKey("bond0"), {"kind": "bond", "mode": 1, "up": 1})
    port = Resource(LinkKey("eth0"), {"master": "bond0", "up": 1}, ("network_config", 0, "members", 0))
    (loss,) = found(state(bond, port), live())
    assert loss == Problem(
        ("network_config", 0, "members", 0),
        "eth0 goes down to become a port of bond0, and loses the default route, 2001:db8::5/64",
        "what is needed has to be in the config, on bond0",
        Severity.WARNING,
    )


def test_a_port_of_a_bridge_stays_up() -> None:
    bridge = Resource(LinkKey("br0"), {"kind": "bridge", "up": 1})
    port = Resource(LinkKey("eth0"), {"master": "br0", "up": 1})
    assert messages(state(bridge, port), live()) == []


VLAN = Resource(LinkKey("vlan20"), {"kind": "vlan", "link": "eth0", "id": 20, "up": 1, "group": 111})
MACVLAN = Resource(LinkKey("vip"), {"kind": "macvlan", "link": "vlan20", "up": 1})
XDP = VLAN._replace(values={**VLAN.values, "xdp": 1})
MOVED = Resource(LinkKey("vlan20"), {"kind": "vlan", "link": "eth1", "id": 20}, ("network_config", 1))


def nic(name: str) -> Resource:
    return Resource(LinkKey(name), {"kind": "", "up": 1, "mtu": 1500, "master": None})


@pytest.mark.parametrize(
    ("there", "along"),
    [((VLAN, MACVLAN), "the link vip (macvlan)"), ((XDP,), "its XDP program")],
)  # fmt: skip
def test_a_link_that_is_made_anew(there: Tuple[Resource, ...], along: str) -> None:
    (loss,) = found(state(MOVED), state(nic("eth0"), nic("eth1"), *there))
    assert (loss.path, loss.severity) == (("network_config", 1), Severity.ERROR)
    assert loss.message == f"vlan20 has to be made anew, and takes along what cannot be brought back: {along}"
    assert loss.hint == "move that away first, or lose it with --allow-loss"


def test_a_link_that_leaves_the_config_has_no_place_in_it() -> None:
    """What hangs on the link itself goes with it as is meant, what others put there does not."""
    vip = Resource(AddressKey("vlan20", Prefix(bytes([192, 0, 2, 100]), 32)), {"protocol": 0})
    (loss,) = found(State(), state(nic("eth0"), XDP, MACVLAN, vip), [VLAN.key])
    assert problems.line(loss, None, "config.yaml") == (
        "config.yaml: vlan20 is no longer in the config and goes, and takes along what cannot be brought"
        " back: the link vip (macvlan), 192.0.2.100/32 (move that away first, or lose it with --allow-loss)"
    )


def test_very_many_are_not_all_named() -> None:
    uppers = [MACVLAN._replace(key=LinkKey(f"vip{number}")) for number in range(20)]
    (loss,) = found(state(MOVED), state(nic("eth0"), nic("eth1"), VLAN, *uppers))
    assert loss.message.endswith("the link vip11 (macvlan) and 8 more")


@pytest.mark.parametrize(("up", "told"), [(0, ["the route 10.10.0.0/16"]), (1, [])])
def test_a_link_that_is_made_anew_and_stays_down_has_no_routes(up: int, told: List[str]) -> None:
    """An address it can have."""
    before = state(
        Resource(LinkKey("br0"), {"kind": "openvswitch", "up": 1, "master": None}),
        Resource(RowKey(row.BRIDGE, "br0"), {"datapath_type": "netdev"}),
        Resource(RowKey(row.PORT, "br0"), {"bridge": "br0"}),
        Resource(RowKey(row.INTERFACE, "br0"), {"port": "br0", "type": row.INTERNAL}),
        Resource(AddressKey("br0", Prefix(bytes([10, 0, 0, 5]), 24)), {"protocol": 0}),
        Resource(
            RouteKey(Prefix(bytes([10, 10, 0, 0]), 16), 0),
            {"link": "br0", "gateway": bytes([10, 0, 0, 1]), "protocol": BY_DHCP, "type": "unicast"},
        ),
    )
    bridge = Resource(RowKey(row.BRIDGE, "br0"), {"datapath_type": ""})
    assert messages(state(bridge, Resource(LinkKey("br0"), {"up": up})), before) == [
        f"br0 has to be made anew, and takes along what cannot be brought back: {one}" for one in told
    ]

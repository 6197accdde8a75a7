"""What others made and a plan takes along is named before it is gone."""

from __future__ import annotations

from os_net_config.state.diff import diff
from os_net_config.state.loss import losses
from os_net_config.state.model import AddressKey, LinkKey, Resource, RouteKey, State
from os_net_config.state.plan import plan
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


def warnings(wanted: State) -> list[str]:
    before = live()
    return [one.message for one in losses(plan(diff(wanted, before).changes, wanted, before), wanted, before)]


def test_a_port_that_goes_down_takes_routes_and_ipv6_along() -> None:
    bond = Resource(LinkKey("bond0"), {"kind": "bond", "mode": 1, "up": 1})
    port = Resource(LinkKey("eth0"), {"master": "bond0", "up": 1})
    assert warnings(State({bond.key: bond, port.key: port})) == [
        "eth0 goes down to become a port, and with it go the route default on eth0, "
        "the route 10.10.0.0/16 on eth0.9, 2001:db8::5/64 on eth0"
    ]


def test_a_port_of_a_bridge_stays_up() -> None:
    bridge = Resource(LinkKey("br0"), {"kind": "bridge", "up": 1})
    port = Resource(LinkKey("eth0"), {"master": "br0", "up": 1})
    assert warnings(State({bridge.key: bridge, port.key: port})) == []

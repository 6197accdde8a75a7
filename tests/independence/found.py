"""Pairs in which A then B was not B, once: each as small as it could be made, with what was wrong."""

from __future__ import annotations

from typing import Iterator, Tuple

from .entries import Directed, bond, bridge, directed, nic, on, tap, vlan
from .features import Feature
from .language import Config

_ALL = tuple(Feature)

_MULTIPATH = {"route_options": "nexthop via 2001:db8:2::1 weight 2 nexthop via 2001:db8:2::3"}
_HOP = {"ip_netmask": "2001:db8:f2::/48"}
_SMALL = {**_HOP, "next_hop": "2001:db8:2::1", "route_options": "mtu 1300"}
_VLAN_20 = {"type": "interface", "name": "vlan20"}
_SELF = {"ip_netmask": "172.16.1.0/24", "next_hop": "self"}
_LACP = "mode=802.3ad ad_actor_sys_prio=100 ad_actor_system=02:00:00:00:00:07 ad_user_port_key=7 miimon=100"


#: Named after what stayed, came too early or was refused.
_FOUND: Tuple[Tuple[str, Config, Config], ...] = (
    ("a tap's MAC address", [tap("net1")], [bridge("net1", [nic(2)])]),
    (
        "what a provider bridge made of its group address",
        [
            bridge(
                "net1",
                [],
                bridge_options="vlan_filtering=1 vlan_protocol=802.1ad group_addr=01:80:c2:00:00:04",
            )
        ],
        [bridge("net1", [])],
    ),
    (
        "options of a bridge",
        [bridge("net1", [], bridge_options="multicast_router=0")],
        [bond("net1", [])],
    ),
    ("options of a bond", [bond("net1", [], "fail_over_mac=active")], [bridge("net1", [])]),
    (
        "options of a bridge's port",
        [bridge("net1", [nic(2, bridge_port_options="proxyarp=0")])],
        [bond("net1", [nic(2)])],
    ),
    (
        "a bond's other monitor",
        [bond("net1", [], "arp_interval=100 arp_ip_target=10.1.0.1")],
        [bond("net1", [])],
    ),
    (
        "both monitors of a bond",
        [bond("net1", [])],
        [bond("net1", [], "mode=balance-xor arp_interval=100 arp_ip_target=10.1.0.1")],
    ),
    ("options that only a mode tells", [bond("net1", [], _LACP)], [bond("net1", [], "mode=balance-alb")]),
    (
        "a MAC address that fail_over_mac=follow ignores",
        [bond("net3", [])],
        [bond("net3", [nic(2, primary=True)], "fail_over_mac=follow miimon=100")],
    ),
    ("a route of a bond's port", [bond("net3", [nic(2, routes=[_SELF])])], [nic(4)]),
    ("an address of a bond's port", [bond("net3", [nic(5, **on("2001:db8:3::12/64"))])], [nic(2)]),
    (
        "addresses of the port of a bond that changes its mode",
        [bond("net3", [nic(1, **on("10.3.0.11/25", "2001:db8:3::12/64"))])],
        [bond("net3", [nic(1), nic(5)], "mode=802.3ad")],
    ),
    (
        "an address of a bridge's port that a bond of the same name takes",
        [bridge("net1", [nic(1, **on("2001:db8:4::11/64"))])],
        [bond("net1", [nic(1, **on("2001:db8:4::12/48")), nic(2)])],
    ),
    (
        "addresses in another order on a VLAN that moves",
        [vlan(10, "eno4"), vlan(20, "vlan10", **on("10.6.0.12/25")), bond("net2", [nic(1)])],
        [
            vlan(10, "eno4"),
            vlan(20, "net2", **on("10.6.0.10/25", "10.6.0.12/25")),
            bond("net2", [nic(1)]),
        ],
    ),
    (
        "the MTU of a bond as the limit of a VLAN on what was its port",
        [bond("net1", [nic(1, mtu=1280)])],
        [vlan(30, "eno1", mtu=1400)],
    ),
    (
        "the MTU of a bond as the limit of a VLAN on the bridge of its name",
        [bond("net1", [nic(1, mtu=1280)])],
        [bridge("net1", []), vlan(40, "net1", mtu=1400)],
    ),
    (
        "the MTU of a bridge in a VLAN on the bond of its name",
        [bridge("net1", [nic(4, mtu=1400), bond("net2", [nic(1)])]), vlan(40, "net2")],
        [bond("net1", [], "mode=balance-tlb"), vlan(40, "net1")],
    ),
    (
        "the MTU that a new bridge has already",
        [bond("net2", [nic(1)])],
        [bridge("net1", [nic(1, mtu=1400)], mtu=1500)],
    ),
    (
        "a next hop beside two of another link",
        [nic(4, **on("2001:db8:2::12/64"), routes=[{**_HOP, "next_hop": "2001:db8:2::1"}])],
        [bridge("net2", [nic(2, **on("2001:db8:2::13/64"), routes=[{**_HOP, **_MULTIPATH}])])],
    ),
    (
        "two next hops beside one of another link",
        [bridge("net1", [], **on("2001:db8:2::12/64"), routes=[{**_HOP, **_MULTIPATH}])],
        [vlan(30, "eno5", **on("2001:db8:2::10/64"), routes=[{**_HOP, "next_hop": "2001:db8:2::2"}])],
    ),
    (
        "an option that a bond takes only while it is down",
        [bond("net3", [nic(4)], "mode=802.3ad")],
        [bond("net3", [nic(4)], "mode=802.3ad ad_user_port_key=7")],
    ),
    (
        "a delay without a monitor",
        [bond("net2", [], "mode=balance-xor miimon=100 updelay=200")],
        [bond("net2", [nic(1)], "mode=broadcast arp_interval=100 arp_ip_target=10.1.0.1")],
    ),
    (
        "the MTU that a port gets back where a bridge takes over its bond's name",
        [bond("net3", [nic(4)], mtu=1400)],
        [bridge("net3", [nic(4, mtu=1400)])],
    ),
    (
        "routes of a port that a bond of its bridge's name takes",
        [bridge("net3", [nic(4, **on("10.3.0.12/24", via="10.3.0.1"))])],
        [bond("net3", [nic(4, **on("10.3.0.12/24", via="10.3.0.1"))], "mode=balance-alb")],
    ),
    (
        "an address of a port that a bond of its bridge's name takes",
        [bridge("net1", [nic(4, **on("10.3.0.13/24"))])],
        [bond("net1", [nic(4, **on("10.2.0.11/25"))], "mode=802.3ad", **on("10.1.0.10/25"))],
    ),
    (
        "a VLAN on a bridge that lost its MAC address with its last port",
        [bridge("net1", [vlan(10, "eno5")])],
        [bridge("net1", []), vlan(20, "net1", **on("2001:db8:2::11/64"))],
    ),
    (
        "the MTU that a bridge has by its port, which leaves",
        [bridge("net2", [nic(4, mtu=1400)])],
        [bridge("net2", [], mtu=9000)],
    ),
    (
        "the MTU that a bridge is told and has already, when its port leaves",
        [bridge("net2", [nic(3, mtu=1400)])],
        [bridge("net2", [], mtu=1400), nic(3, mtu=1400)],
    ),
    (
        "the MAC address that a bridge has by chance",
        [bridge("net2", [nic(3), nic(2)])],
        [bridge("net2", [nic(1), nic(2, primary=True), nic(3)])],
    ),
    (
        "the order of addresses on a VLAN that moves",
        [vlan(20, "eno3", **on("10.5.0.10/24"))],
        [bridge("net3", [vlan(20, **on("10.5.0.10/24", "10.5.0.12/24"))])],
    ),
    (
        "a MAC address that is set and that fail_over_mac=follow ignores",
        [bond("net3", [nic(2)])],
        [bond("net3", [nic(1)], "mode=active-backup miimon=100 fail_over_mac=follow")],
    ),
    (
        "a route by its link alone in the place of two next hops",
        [bridge("net1", [], **on("2001:db8:2::10/64"), routes=[{**_HOP, **_MULTIPATH}])],
        [vlan(10, "eno5", **on("2001:db8:2::10/64"), routes=[{**_HOP, "next_hop": "self"}])],
    ),
    (
        "the MTU of a bond as the limit of a VLAN on the port of a bridge of its name",
        [bond("net1", [nic(5), nic(1, mtu=1280)])],
        [bridge("net1", [nic(5)]), vlan(30, "eno5", mtu=1400)],
    ),
    (
        "the MTU of a NIC as the limit of the VLAN on it, which a bond makes larger",
        [vlan(40, "eno3")],
        [bond("net3", [nic(3)], mtu=9000), vlan(40, "eno3")],
    ),
    (
        "the MTU of a bond in a VLAN on its port",
        [bond("net3", [nic(3)], mtu=1400), vlan(40, "eno3")],
        [bond("net3", [nic(3)], mtu=9000), vlan(40, "eno3")],
    ),
    (
        "two next hops on a link that goes, in the place of a dead end",
        [vlan(40, "eno1", **on("2001:db8:2::12/64"), routes=[{**_HOP, **_MULTIPATH}])],
        [nic(5, **on("2001:db8:2::11/64"), routes=[{**_HOP, "route_options": "prohibit"}])],
    ),
    (
        "a route by its link alone under two next hops on the VLAN that moves",
        [
            vlan(20, "eno1"),
            vlan(40, "vlan20", **on("2001:db8:2::10/64"), routes=[{**_HOP, "next_hop": "self"}]),
        ],
        [vlan(40, "eno2", **on("2001:db8:2::10/64"), routes=[{**_HOP, **_MULTIPATH}])],
    ),
    (
        "the MAC address of a VLAN that is a bridge's primary",
        [vlan(20, "eno5")],
        [vlan(20, "eno5"), bridge("net3", [nic(3), {**_VLAN_20, "primary": True}])],
    ),
    (
        "the MAC address of a bridge whose port is a VLAN on a new bridge",
        [bridge("net1", [nic(2, primary=True)])],
        [bridge("net2", [nic(5)]), bridge("net1", [vlan(40, "net2")])],
    ),
    (
        "a dead end in the place of two next hops",
        [nic(5, **on("2001:db8:2::11/64"), routes=[{**_HOP, "route_options": "prohibit"}])],
        [nic(5, **on("2001:db8:2::11/64"), routes=[{**_HOP, **_MULTIPATH}])],
    ),
    (
        "the MTU of a link in an IPv6 route with an MTU of its own",
        [nic(3, **on("2001:db8:2::13/48"), routes=[_SMALL])],
        [nic(3, **on("2001:db8:2::13/48"), routes=[_SMALL], mtu=1280)],
    ),
    (
        "the larger MTU of a link in an IPv6 route",
        [nic(3, **on("2001:db8:2::13/48"), routes=[_SMALL], mtu=1300)],
        [nic(3, **on("2001:db8:2::13/48"), routes=[_SMALL], mtu=1500)],
    ),
)


def pairs() -> Iterator[Directed]:
    for name, first, second in _FOUND:
        yield directed(f"found: {name}", first, second, *_ALL)

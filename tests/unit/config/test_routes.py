"""Routes: both spellings of each attribute, defaults, options, and what is wrong with one."""

from __future__ import annotations

import ipaddress
from typing import List, NamedTuple, Optional, Union

import pytest

from os_net_config.config.routes import Route
from os_net_config.state.values import Prefix

from ..texts import config, said

CONFIG = """\
network_config:
- type: interface
  name: eth0
  use_dhcp: false
  addresses: [{{ip_netmask: 192.0.2.10/24}}, {{ip_netmask: 2001:db8::10/64}}]
  routes:
  - {{{route}}}
"""


ROUTE = "network_config[0].routes[0]"
ANY = "0.0.0.0/0"


class Wanted(NamedTuple):
    """A route as a test writes it."""

    destination: str
    gateway: Optional[str] = None
    metric: int = 0
    table: Union[int, str] = 254
    onlink: bool = False


def prefix(text: str) -> Prefix:
    network = ipaddress.ip_network(text)
    return Prefix(network.network_address.packed, network.prefixlen)


def as_written(route: Route) -> Wanted:
    gateway = str(ipaddress.ip_address(route.gateway)) if route.gateway else None
    return Wanted(str(route.destination), gateway, route.metric, route.table, route.onlink)


def routes(text: str) -> List[Wanted]:
    found = config(CONFIG.format(route=text)).routes
    return [as_written(route) for some in found.values() for route in some]


def problems(text: str) -> List[str]:
    return said(CONFIG.format(route=text))


@pytest.mark.parametrize(
    "text, wanted",
    [
        ("ip_netmask: 198.51.100.0/24, next_hop: 192.0.2.1", Wanted("198.51.100.0/24", "192.0.2.1")),
        ("destination: 198.51.100.0/24, nexthop: 192.0.2.1", Wanted("198.51.100.0/24", "192.0.2.1")),
        ("ip_netmask: 198.51.100.0/24, nexthop: 192.0.2.1", Wanted("198.51.100.0/24", "192.0.2.1")),
        (
            "ip_netmask: 198.51.100.0/255.255.255.0, next_hop: 192.0.2.1",
            Wanted("198.51.100.0/24", "192.0.2.1"),
        ),
        ("ip_netmask: 198.51.100.7, next_hop: 192.0.2.1", Wanted("198.51.100.7/32", "192.0.2.1")),
        ("ip_netmask: 198.51.100.0/24, next_hop: self", Wanted("198.51.100.0/24")),
        (
            "ip_netmask: '2001:db8:1::/48', next_hop: '2001:db8::1'",
            Wanted("2001:db8:1::/48", "2001:db8::1", 1024),
        ),
        ("ip_netmask: '2001:DB8:1:0::/48', next_hop: 'fe80::1'", Wanted("2001:db8:1::/48", "fe80::1", 1024)),
        ("ip_netmask: '2001:db8:1::/48', next_hop: self", Wanted("2001:db8:1::/48", None, 1024)),
        ("ip_netmask: '::/0', next_hop: '2001:db8::1'", Wanted("::/0", "2001:db8::1", 1024)),
        ("default: true, next_hop: 192.0.2.1", Wanted(ANY, "192.0.2.1")),
        ("default: 'yes', nexthop: 192.0.2.1", Wanted(ANY, "192.0.2.1")),
        ("default: true, next_hop: '2001:db8::1'", Wanted("::/0", "2001:db8::1", 1024)),
        ("default: true, ip_netmask: 0.0.0.0/0, next_hop: 192.0.2.1", Wanted(ANY, "192.0.2.1")),
        ("default: true, ip_netmask: '::/0', next_hop: '2001:db8::1'", Wanted("::/0", "2001:db8::1", 1024)),
        ("default: true, next_hop: self", Wanted("0.0.0.0/0")),
        ("default: true, ip_netmask: '::/0', next_hop: self", Wanted("::/0", None, 1024)),
        ("ip_netmask: 0.0.0.0/0, next_hop: 192.0.2.1", Wanted(ANY, "192.0.2.1")),
        (
            "default: false, ip_netmask: 198.51.100.0/24, next_hop: 192.0.2.1",
            Wanted("198.51.100.0/24", "192.0.2.1"),
        ),
        ("default: true, next_hop: 192.0.2.1, metric: 100", Wanted(ANY, "192.0.2.1", 100)),
        ("default: true, next_hop: 192.0.2.1, metric: '0x10'", Wanted(ANY, "192.0.2.1", 16)),
        ("default: true, next_hop: 192.0.2.1, metric: 0", Wanted(ANY, "192.0.2.1", 0)),
        # The kernel gives 1024 where IPv6 is given 0.
        ("default: true, next_hop: '2001:db8::1', metric: 0", Wanted("::/0", "2001:db8::1", 1024)),
        ("default: true, next_hop: 192.0.2.1, table: 254", Wanted(ANY, "192.0.2.1")),
        ("default: true, next_hop: 192.0.2.1, table: main", Wanted(ANY, "192.0.2.1", table="main")),
        ("default: true, next_hop: 192.0.2.1, route_options: metric 10", Wanted(ANY, "192.0.2.1", 10)),
        ("default: true, next_hop: 192.0.2.1, route_options: preference 10", Wanted(ANY, "192.0.2.1", 10)),
        (
            "default: true, next_hop: 192.0.2.1, metric: 5, route_options: metric 10",
            Wanted(ANY, "192.0.2.1", 10),
        ),
        (
            "default: true, next_hop: 192.0.2.1, route_options: table main",
            Wanted(ANY, "192.0.2.1", table="main"),
        ),
        ("default: true, next_hop: 192.0.2.1, route_options: ''", Wanted(ANY, "192.0.2.1")),
        ("default: true, next_hop: 192.0.2.1, route_options: null", Wanted(ANY, "192.0.2.1")),
    ],
)
def test_a_route(text: str, wanted: Wanted) -> None:
    assert routes(text) == [wanted]
    assert problems(text) == []


@pytest.mark.parametrize(
    "text, says",
    [
        (
            "default: true",
            f"7:5: {ROUTE}: the route has no next_hop"
            " (add next_hop: <address of the gateway>, or next_hop: self)",
        ),
        (
            "next_hop: 192.0.2.1",
            f"7:5: {ROUTE}: the route has no destination (add ip_netmask: <network>, or default: true)",
        ),
        (
            "default: false, next_hop: 192.0.2.1",
            f"7:5: {ROUTE}: the route has no destination (add ip_netmask: <network>, or default: true)",
        ),
        (
            "default: true, next_hop: 192.0.2.1, nexthop: 192.0.2.1",
            f"7:5: {ROUTE}: next_hop and nexthop are the same attribute (keep one of them)",
        ),
        (
            "ip_netmask: 198.51.100.0/24, destination: 198.51.100.0/24, next_hop: 192.0.2.1",
            f"7:5: {ROUTE}: ip_netmask and destination are the same attribute (keep one of them)",
        ),
        (
            "ip_netmask: 198.51.100.0/24, next_hop: '2001:db8::1'",
            f"7:5: {ROUTE}: the next hop 2001:db8::1 is not of the address family of 198.51.100.0/24",
        ),
        (
            "ip_netmask: '2001:db8:1::/48', next_hop: 192.0.2.1",
            f"7:5: {ROUTE}: the next hop 192.0.2.1 is not of the address family of 2001:db8:1::/48",
        ),
        (
            "default: true, next_hop: gateway",
            f"7:31: {ROUTE}.next_hop: 'gateway' is not an IPv4 or IPv6 address (for example 192.0.2.1)",
        ),
        (
            "default: true, next_hop: 192.0.2.1, metric: -1",
            f"7:50: {ROUTE}.metric: -1 is not in 0..4294967295",
        ),
        (
            "default: true, next_hop: 192.0.2.1, route_options: metric low",
            f"7:57: {ROUTE}.route_options: metric needs a number, not 'low'",
        ),
        (
            "default: true, next_hop: 192.0.2.1, route_options: metric",
            f"7:57: {ROUTE}.route_options: metric needs a number",
        ),
        (
            "ip_netmask: 198.51.100.0/33, next_hop: 192.0.2.1",
            f"7:18: {ROUTE}.ip_netmask: prefix length 33 is not in 0..32 (for example 198.51.100.0/24)",
        ),
        (
            "ip_netmask: default, next_hop: 192.0.2.1",
            f"7:18: {ROUTE}.ip_netmask: 'default' is not an IPv4 or IPv6 address"
            " (for example 198.51.100.0/24)",
        ),
    ],
)
def test_a_route_that_is_none(text: str, says: str) -> None:
    assert problems(text) == [says]


@pytest.mark.parametrize(
    "text, says, wanted",
    [
        (
            "ip_netmask: 198.51.100.7/24, next_hop: 192.0.2.1",
            f"7:18: warning: {ROUTE}.ip_netmask: 198.51.100.7/24 has host bits set:"
            " the route goes to 198.51.100.0/24",
            Wanted("198.51.100.0/24", "192.0.2.1"),
        ),
        (
            "default: true, ip_netmask: 198.51.100.0/24, next_hop: 192.0.2.1",
            f"7:33: warning: {ROUTE}.ip_netmask: default: true makes 198.51.100.0/24 meaningless:"
            " the default route is made (remove one of the two)",
            Wanted(ANY, "192.0.2.1"),
        ),
        (
            "ip_netmask: 0.0.0.0/0, next_hop: '2001:db8::1'",
            f"7:18: warning: {ROUTE}.ip_netmask: the default route of IPv6 is ::/0, not 0.0.0.0/0"
            " (write ::/0)",
            Wanted("::/0", "2001:db8::1", 1024),
        ),
    ],
)
def test_a_route_with_a_warning(text: str, says: str, wanted: Wanted) -> None:
    assert problems(text) == [says]
    assert routes(text) == [wanted]


@pytest.mark.parametrize(
    "text, says",
    [
        ("table: 200", "7:49: {}.table: not supported by this version yet (route tables)"),
        ("table: storage", "7:49: {}.table: not supported by this version yet (route tables)"),
        (
            "route_options: table 200",
            "7:57: {}.route_options: not supported by this version yet (route tables)",
        ),
        (
            "route_options: mtu 1400",
            "7:57: {}.route_options: 'mtu 1400' is not supported by this version yet",
        ),
        (
            "route_options: src 192.0.2.10",
            "7:57: {}.route_options: 'src 192.0.2.10' is not supported by this version yet",
        ),
        ("route_options: onlink", "7:57: {}.route_options: 'onlink' is not supported by this version yet"),
    ],
)
def test_what_comes_later(text: str, says: str) -> None:
    first, *_ = problems(f"default: true, next_hop: 192.0.2.1, {text}")
    assert says.format(ROUTE) in first


TWO = """\
network_config:
- type: interface
  name: eth0
  addresses: [{{ip_netmask: 192.0.2.10/24}}]
  routes: [{{default: true, next_hop: 192.0.2.1{first}}}]
- type: interface
  name: eth1
  addresses: [{{ip_netmask: 203.0.113.10/24}}]
  routes: [{{default: true, next_hop: 203.0.113.1{second}}}]
"""


def test_of_two_routes_to_one_destination_the_first_counts_with_a_warning() -> None:
    assert said(TWO.format(first="", second="")) == [
        "9:12: warning: network_config[1].routes[0]: a route to 0.0.0.0/0 with metric 0 stands at"
        " network_config[0].routes[0] already: that one counts (give one of them another metric)"
    ]


@pytest.mark.parametrize("first, second", [("", ", metric: 100"), (", metric: 1", ", metric: 2")])
def test_routes_of_different_metrics_stand_beside_each_other(first: str, second: str) -> None:
    assert said(TWO.format(first=first, second=second)) == []


def test_the_same_route_written_twice_is_one() -> None:
    same = "ip_netmask: 0.0.0.0/0, next_hop: 192.0.2.1}\n  - {default: true, next_hop: 192.0.2.1"
    assert problems(same) == []

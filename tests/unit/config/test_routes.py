"""Routes: both spellings of each attribute, defaults, options, and what is wrong with one."""

from __future__ import annotations

import ipaddress
from typing import List, NamedTuple, Optional

import pytest

from os_net_config.config.routes import Route
from os_net_config.state.model import RouteKey, attributes_of

from ..texts import config, said

CONFIG = """\
network_config:
- type: interface
  name: eth0
  use_dhcp: false
  addresses: [{{ip_netmask: 192.0.2.10/24}}, {{ip_netmask: 2001:db8::10/64}}]
  routes:
  - {{{route}}}
- {{type: route_table, name: storage, table_id: 200}}
"""


ROUTE = "network_config[0].routes[0]"
ANY = "0.0.0.0/0"


class Wanted(NamedTuple):
    """A route as a test writes it."""

    destination: str
    gateway: Optional[str] = None
    metric: int = 0
    table: int = 254
    options: str = ""


def as_written(route: Route) -> Wanted:
    gateway = str(ipaddress.ip_address(route.gateway)) if route.gateway else None
    table = attributes_of(RouteKey(*route.key), {})
    words = [f"{name} {table[name].type.show(value)}" for name, value in route.said.items()]
    words += [f"tos {route.tos:#x}"] if route.tos else []
    return Wanted(str(route.destination), gateway, route.metric, route.table, " ".join(words))


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
        ("default: true, next_hop: 192.0.2.1, table: main", Wanted(ANY, "192.0.2.1", table=254)),
        ("default: true, next_hop: 192.0.2.1, route_options: metric 10", Wanted(ANY, "192.0.2.1", 10)),
        ("default: true, next_hop: 192.0.2.1, route_options: preference 10", Wanted(ANY, "192.0.2.1", 10)),
        (
            "default: true, next_hop: 192.0.2.1, metric: 10, route_options: priority 0xa",
            Wanted(ANY, "192.0.2.1", 10),
        ),
        ("default: true, next_hop: 192.0.2.1, table: 200", Wanted(ANY, "192.0.2.1", table=200)),
        ("default: true, next_hop: 192.0.2.1, table: '0xc8'", Wanted(ANY, "192.0.2.1", table=200)),
        ("default: true, next_hop: 192.0.2.1, table: 4294967295", Wanted(ANY, "192.0.2.1", table=2**32 - 1)),
        ("default: true, next_hop: 192.0.2.1, table: storage", Wanted(ANY, "192.0.2.1", table=200)),
        ("default: true, next_hop: 192.0.2.1, table: local", Wanted(ANY, "192.0.2.1", table=255)),
        (
            "default: true, next_hop: 192.0.2.1, table: storage, route_options: table 200",
            Wanted(ANY, "192.0.2.1", table=200),
        ),
        (
            "default: true, next_hop: 192.0.2.1, route_options: table storage mtu 1400",
            Wanted(ANY, "192.0.2.1", table=200, options="mtu 1400"),
        ),
        ("default: true, route_options: via 192.0.2.1", Wanted(ANY, "192.0.2.1")),
        ("default: true, route_options: via inet6 2001:db8::1", Wanted("::/0", "2001:db8::1", 1024)),
        ("default: true, next_hop: 192.0.2.1, route_options: via 192.0.2.1", Wanted(ANY, "192.0.2.1")),
        (
            "default: true, next_hop: '2001:DB8::0:1', route_options: via 2001:db8::1",
            Wanted("::/0", "2001:db8::1", 1024),
        ),
        ("default: true, route_options: dev eth0", Wanted(ANY)),
        ("default: true, next_hop: 192.0.2.1, route_options: dev eth0", Wanted(ANY, "192.0.2.1")),
        (
            "default: true, next_hop: 192.0.2.1, route_options: src 192.0.2.10 realms 3/4 tos 10",
            Wanted(ANY, "192.0.2.1", options="source 192.0.2.10 realms 196612 tos 0x10"),
        ),
        (
            "default: true, next_hop: '2001:db8::1', route_options: pref low src 2001:db8::10",
            Wanted("::/0", "2001:db8::1", 1024, options="pref low source 2001:db8::10"),
        ),
        # It leads nowhere: self is the next hop that an entry had to have.
        ("default: true, route_options: blackhole", Wanted(ANY, options="type blackhole")),
        ("default: true, next_hop: self, route_options: throw", Wanted(ANY, options="type throw")),
        (
            "default: true, ip_netmask: '::/0', route_options: type prohibit metric 5",
            Wanted("::/0", None, 5, options="type prohibit"),
        ),
        (
            "default: true, next_hop: 192.0.2.1, route_options: table main",
            Wanted(ANY, "192.0.2.1", table=254),
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
            f"7:64: {ROUTE}.route_options: metric: 'low' is not a number",
        ),
        (
            "default: true, next_hop: 192.0.2.1, route_options: metric",
            f"7:57: {ROUTE}.route_options: metric needs a value",
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
        # What stands in two places
        (
            "next_hop: 192.0.2.1, metric: 5, route_options: metric 10",
            "68: warning: {o}: metric 10 counts, not the 5 of metric (say it once)",
        ),
        (
            "next_hop: 192.0.2.1, table: main, route_options: mtu 1400 table storage",
            "79: warning: {o}: table storage counts, not the main of table (say it once)",
        ),
        (
            "next_hop: 192.0.2.1, route_options: via 192.0.2.2",
            "57: {o}: via 192.0.2.2 contradicts next_hop: 192.0.2.1 (say it once)",
        ),
        (
            "nexthop: self, route_options: via 192.0.2.2",
            "51: {o}: via 192.0.2.2 contradicts nexthop: self (say it once)",
        ),
        (
            "next_hop: 192.0.2.1, route_options: mtu 1400 dev eth1",
            "66: {o}: eth1 is not eth0, to which this route belongs (move the route to that link's object)",
        ),
        (
            "next_hop: 192.0.2.1, route_options: nexthop via 192.0.2.1 nexthop via 192.0.2.2",
            "31: {r}.next_hop: next_hop and the nexthop of route_options exclude each other"
            " (write all next hops in one place)",
        ),
        # Routes that lead nowhere
        (
            "next_hop: 192.0.2.1, route_options: blackhole",
            "31: {r}.next_hop: a route of type blackhole leads nowhere, so that it has no next_hop"
            " (remove next_hop, or blackhole)",
        ),
        (
            "route_options: blackhole dev eth0",
            "46: {o}: a route of type blackhole leads nowhere: remove dev",
        ),
        ("next_hop: self, route_options: onlink", "52: {o}: onlink is said of a next hop, and there is none"),
        # Families
        (
            "ip_netmask: 10.0.0.0/8, route_options: via 2001:db8::1",
            "45: {o}: the next hop 2001:db8::1 is not of the address family of 10.0.0.0/8",
        ),
        (
            "ip_netmask: 10.0.0.0/8, route_options: nexthop via fe80::1 nexthop via fe80::2",
            "45: {o}: the next hop fe80::1 is not of the address family of 10.0.0.0/8",
        ),
        (
            "next_hop: 192.0.2.1, route_options: src 2001:db8::10",
            "57: {o}: the source 2001:db8::10 is not of the address family of 0.0.0.0/0",
        ),
        (
            "next_hop: 192.0.2.1, route_options: mtu 1400 pref high",
            "66: {o}: pref is for routes of IPv6 only, and 0.0.0.0/0 is not (remove it)",
        ),
        (
            "next_hop: '2001:db8::1', route_options: realms 5",
            "61: {o}: realms are for routes of IPv4 only, and ::/0 is not (remove it)",
        ),
        (
            "next_hop: '2001:db8::1', route_options: scope link",
            "61: {o}: scope is for routes of IPv4 only, and ::/0 is not (remove it)",
        ),
        (
            "next_hop: '2001:db8::1', route_options: tos 10",
            "61: {o}: tos is for routes of IPv4 only, and ::/0 is not (remove it)",
        ),
        (
            "next_hop: 192.0.2.1, route_options: scope link",
            "57: {o}: what is reached by a next hop is not in the scope of the link"
            " (remove scope, or the next hop)",
        ),
        # Tables
        (
            "next_hop: 192.0.2.1, table: storag",
            "49: {r}.table: there is no route table storag; did you mean storage?"
            " (declare it: {{type: route_table, name: storag, table_id: 200}})",
        ),
        (
            "next_hop: 192.0.2.1, route_options: table unspec",
            "57: {o}: there is no route table unspec"
            " (declare it: {{type: route_table, name: unspec, table_id: 200}})",
        ),
        ("next_hop: 192.0.2.1, table: 0", "49: {r}.table: 0 is not in 1..4294967295"),
        # The node
        (
            "next_hop: 192.0.2.1, route_options: src 192.0.2.77",
            "57: warning: {o}: no link of this file has the address 192.0.2.77, which src names"
            " (the kernel refuses the route unless the node has it)",
        ),
        (
            "route_options: nexthop via 192.0.2.1 nexthop via 198.51.100.1 dev eth7",
            "36: {o}: there is no link eth7 for a next hop (declare eth7 in this file, or correct the name)",
        ),
        (
            "route_options: nexthop via 192.0.2.1 nexthop via 198.51.100.1",
            "5: {r}: no address of eth0 reaches the next hop 198.51.100.1 (correct it, or give the link an"
            " address in the next hop's network)",
        ),
        (
            "ip_netmask: 192.0.2.0/24, next_hop: self, route_options: mtu 1400",
            "5: {r}: the kernel makes the route to 192.0.2.0/24 itself, with the address"
            " (give this one a metric of 1 or more, or another table)",
        ),
    ],
)
def test_options_that_do_not_fit(text: str, says: str) -> None:
    text = text if text.startswith("ip_netmask") else f"default: true, {text}"
    assert problems(text) == [f"7:{says.format(r=ROUTE, o=f'{ROUTE}.route_options')}"]


@pytest.mark.parametrize("name, says", [("storage", ""), ("tenant", "warning"), ("main", "")])
def test_without_a_node_a_name_may_be_one_of_its_own(name: str, says: str) -> None:
    found = said(CONFIG.format(route=f"default: true, next_hop: 192.0.2.1, table: {name}"), tables=None)
    assert found == [
        f"7:49: {says}: {ROUTE}.table: no route_table of this file is named {name}: the node has to know it"
        f" (declare it: {{type: route_table, name: {name}, table_id: 200}})"
    ] * bool(says)


@pytest.mark.parametrize(
    "options, place",
    [
        ("route_options: foo 1", "7:57: {}: 'foo' is no"),
        ("route_options: 'mtu 1400 foo'", "7:67: {}: 'foo' is no"),
        ('route_options: "mtu 1400 foo"', "7:67: {}: 'foo' is no"),
        ("route_options:   mtu   1400   foo", "7:72: {}: 'foo' is no"),
        # The text is not in the file as it is read.
        ('route_options: "mtu 1400 \\x66oo"', "7:57: {}: word 3: 'foo' is no"),
        ("route_options: 'mtu 1400\n      foo'", "7:57: {}: word 3: 'foo' is no"),
        ("route_options: !!str mtu foo", "7:57: {}: word 2: mtu: 'foo' is not a number"),
        ("route_options: 5", "7:57: {}: '5' is no"),
    ],
)
def test_the_place_of_a_word(options: str, place: str) -> None:
    (found,) = problems(f"default: true, next_hop: 192.0.2.1, {options}")
    assert found.startswith(place.format(f"{ROUTE}.route_options"))


BLOCK = """\
network_config:
- type: interface
  name: eth0
  addresses: [{ip_netmask: 192.0.2.10/24}]
  routes:
  - default: true
    next_hop: 192.0.2.1
    route_options: >-
      mtu 1400
      mut 1500
"""


def test_the_place_of_a_word_in_a_block() -> None:
    (found,) = said(BLOCK)
    assert found.startswith(
        f"8:20: {ROUTE}.route_options: word 3: 'mut' is no word of ip route; did you mean mtu?"
    )


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


@pytest.mark.parametrize(
    "first, second",
    [
        (", table: 200", ""),
        (", table: 200", ", table: 201"),
        (", route_options: tos 4", ""),
    ],
)
def test_routes_of_different_tables_stand_beside_each_other(first: str, second: str) -> None:
    assert said(TWO.format(first=first, second=second)) == []


def test_of_two_routes_in_a_table_the_first_counts_with_a_warning() -> None:
    (found,) = said(TWO.format(first=", table: 200", second=", route_options: table 200"))
    assert "a route to 0.0.0.0/0 with metric 0 in the same table stands at network_config[0]" in found


def test_a_way_out_by_a_route_of_the_same_table_or_of_the_main_one() -> None:
    direct = "ip_netmask: 203.0.113.1/32, next_hop: self{}}}\n  - {{default: true, next_hop: 203.0.113.1{}"
    assert problems(direct.format("", ", table: 200")) == []
    assert problems(direct.format(", table: 200", ", table: 200")) == []
    assert len(problems(direct.format(", table: 200", ""))) == 1
    assert len(problems(direct.format(", route_options: blackhole", ""))) == 1


def test_the_same_route_written_twice_is_one() -> None:
    same = "ip_netmask: 0.0.0.0/0, next_hop: 192.0.2.1}\n  - {default: true, next_hop: 192.0.2.1"
    assert problems(same) == []

"""Pairs that are the same in every run: each class of change once, so that none is left to chance."""

from __future__ import annotations

from functools import cache
from typing import Iterator, List, Tuple

from . import found, own_links, pool
from .draw import INERT, fitting
from .entries import Directed, bond, bridge, directed, nic, on, tap, vlan
from .features import Feature, Features
from .language import CONTAINERS, Config, Entry, with_options

#: A network of each family with a route.
_NETWORK = on("10.1.0.10/24", "10.1.0.11/24", "2001:db8:1::10/64", via="10.1.0.1")


@cache
def pairs(features: Features) -> Tuple[Tuple[str, Config, Config], ...]:
    """Name, first and second config of those that the features allow."""
    return tuple((one.name, one.first, one.second) for one in _all() if one.needs <= features)


def _all() -> Iterator[Directed]:
    yield from _language()
    yield from _addresses()
    yield from _routes()
    yield from _ports()
    yield from _mtus()
    yield from _bonding()
    yield from _gone()
    yield from _recreated()
    yield from _kinds()
    yield from _rules_and_tables()
    yield from _bridge_options()
    yield from own_links.pairs()
    yield from found.pairs()


def _language() -> Iterator[Directed]:
    """Every attribute of every type, also those that mean nothing to the kernel."""
    inert: Entry = {key: value for one in INERT for key, value in one.items()}
    everything = [
        nic(1, **inert, **on("10.1.0.10/24")),
        bond(
            "net1",
            [nic(2, primary=True)],
            "mode=active-backup",
            mtu=1500,
            **inert,
            **on("10.2.0.10/24", via="10.2.0.1"),
        ),
        bridge(
            "net2",
            [nic(3), vlan(30, "eno1", primary=True)],
            mtu=1500,
            **inert,
            **on("10.3.0.10/24", via="10.3.0.1"),
        ),
        vlan(10, "eno1", mtu=1500, **inert, **on("10.4.0.10/24", "2001:db8:1::10/64", via="2001:db8:1::1")),
        nic(4, mtu=1500, **on("10.5.0.10/24", via="10.5.0.1")),
    ]
    yield directed("every attribute", [nic(1)], everything)
    aliases = [
        {"destination": "172.16.2.0/24", "nexthop": "10.1.0.1", "metric": 100},
        {"default": True, "next_hop": "10.1.0.2"},
    ]
    options = [{"destination": "172.16.3.0/24", "nexthop": "10.1.0.1", "route_options": "metric 300"}]
    yield directed(
        "aliases of routes", [nic(1, **_NETWORK)], [nic(1, addresses=_NETWORK["addresses"], routes=aliases)]
    )
    yield directed(
        "metric as an option", [nic(1, **_NETWORK)], [nic(1, addresses=_NETWORK["addresses"], routes=options)]
    )
    stacked = [
        bridge("net1", [bond("net2", [nic(1), nic(2)]), vlan(10), vlan(20, "eno3")]),
        vlan(30, "net1"), vlan(40, "vlan30", **_NETWORK), nic(3), {"type": "interface", "name": "net2.20"},
    ]  # fmt: skip
    yield directed("everything on everything", [nic(1, **_NETWORK), nic(3)], stacked, Feature.PRUNING)
    yield directed("a bridge over a bond and VLANs", [nic(3)], stacked)


def _addresses() -> Iterator[Directed]:
    three = ("10.1.0.10/24", "10.1.0.11/24", "10.1.0.12/24", "2001:db8:1::10/64")
    yield directed("first address goes", [nic(1, **on(*three))], [nic(1, **on(*three[1:]))])
    yield directed("last address goes", [nic(1, **on(*three))], [nic(1, **on(*three[:2]))])
    yield directed("all addresses go", [nic(1, **_NETWORK)], [nic(1)])
    yield directed("IPv4 prefix length", [nic(1, **on("10.1.0.10/24"))], [nic(1, **on("10.1.0.10/16"))])
    yield directed(
        "IPv6 prefix length", [nic(1, **on("2001:db8:1::10/64"))], [nic(1, **on("2001:db8:1::10/48"))]
    )
    yield directed(
        "addresses move", [nic(1, **_NETWORK), vlan(10, "eno2")], [nic(1), vlan(10, "eno2", **_NETWORK)]
    )
    yield directed("addresses move to a new bond", [nic(1, **_NETWORK)], [bond("net1", [nic(1)], **_NETWORK)])
    yield directed(
        "address order", [nic(1, **on(*three, via="10.1.0.1"))], [nic(1, **on(*three[::-1], via="10.1.0.1"))],
        Feature.ADDRESS_ORDER,
    )  # fmt: skip
    yield directed(
        "another first address", [nic(1, **on(*three[1:]))], [nic(1, **on(*three))], Feature.ADDRESS_ORDER
    )


def _routes() -> Iterator[Directed]:
    plain = on("10.1.0.10/24", "2001:db8:1::10/64")

    def with_routes(*routes: Entry) -> Entry:
        return nic(1, **plain, routes=list(routes))

    four, six = {"ip_netmask": "172.16.1.0/24"}, {"ip_netmask": "2001:db8:f1::/48"}
    one = with_routes({**four, "next_hop": "10.1.0.1"}, {**six, "next_hop": "2001:db8:1::1"})
    yield directed(
        "gateway",
        [one],
        [with_routes({**four, "next_hop": "10.1.0.2"}, {**six, "next_hop": "2001:db8:1::2"})],
    )
    yield directed("metric", [one], [with_routes({**four, "next_hop": "10.1.0.1", "metric": 50})])
    yield directed(
        "gateway to link", [one], [with_routes({**four, "next_hop": "self"}, {**six, "next_hop": "self"})]
    )
    yield directed("all routes go", [one], [nic(1, **plain)])
    moved = nic(2, **on("10.1.0.20/24"), routes=[{**four, "next_hop": "10.1.0.1"}])
    yield directed("route moves", [one, nic(2)], [nic(1, **on("10.2.0.10/24")), moved])
    optional = [
        {"ip_netmask": f"172.17.{number}.0/24", "next_hop": "10.1.0.1", "route_options": option}
        for number, option in enumerate(pool.ROUTE_OPTIONS)
    ]
    bare = [{key: route[key] for key in ("ip_netmask", "next_hop")} for route in optional]
    other = [{**route, "route_options": one["route_options"]} for route, one in zip(optional, optional[1:])]
    yield directed("route options", [with_routes(*bare)], [with_routes(*optional)], Feature.ROUTE_OPTIONS)
    yield directed("no route options", [with_routes(*optional)], [with_routes(*bare)], Feature.ROUTE_OPTIONS)
    yield directed(
        "other route options", [with_routes(*optional)], [with_routes(*other)], Feature.ROUTE_OPTIONS
    )


def _ports() -> Iterator[Directed]:
    for kind in (bond, bridge):
        name = kind.__name__
        both = kind("net1", [nic(1), nic(2)])
        yield directed(f"port of a {name} is attached", [kind("net1", [nic(1)]), nic(2)], [both])
        yield directed(f"port of a {name} is released", [both], [kind("net1", [nic(1)]), nic(2)])
        yield directed(
            f"ports of a {name} leave",
            [kind("net1", [nic(1), nic(2)], **_NETWORK)],
            [kind("net1", [], **_NETWORK), nic(1), nic(2)],
        )
        primary = kind("net1", [nic(1, primary=True), nic(2)])
        yield directed(f"primary of a {name}", [primary], [kind("net1", [nic(1), nic(2, primary=True)])])
        yield directed(f"primary of a {name} begins", [both], [primary])
        yield directed(f"primary of a {name} goes", [primary], [both], Feature.RESETTING)
        for other in (bond, bridge):
            yield directed(
                f"port moves from a {name} to a {other.__name__}",
                [kind("net1", [nic(1), nic(2)], **_NETWORK), other("net2", [nic(3)])],
                [kind("net1", [nic(1)], **_NETWORK), other("net2", [nic(3), nic(2)])],
            )
    on_top, port = bridge("net1", [nic(1), vlan(10)]), bridge("net1", [nic(1), vlan(10, "eno2")])
    yield directed("VLAN joins a bridge", [bridge("net1", [nic(1)]), vlan(10, "eno2")], [port])
    yield directed("VLAN on a bridge", [bridge("net1", [nic(1)])], [on_top])
    inside = bridge("net1", [bond("net2", [nic(1), nic(2)])])
    yield directed("bond joins a bridge", [bond("net2", [nic(1), nic(2)]), bridge("net1", [])], [inside])
    yield directed("bond leaves a bridge", [inside], [bond("net2", [nic(1), nic(2)]), bridge("net1", [])])


def _mtus() -> Iterator[Directed]:
    def chain(lower: int, upper: int) -> Config:
        return [bond("net1", [nic(1), nic(2)], mtu=lower), vlan(10, "net1", mtu=upper, **_NETWORK)]

    yield directed("MTU grows", chain(1500, 1400), chain(9000, 8000))
    yield directed("MTU shrinks", chain(9000, 8000), chain(1500, 1400))
    without = [bond("net1", [nic(1), nic(2)]), vlan(10, "net1", **_NETWORK)]
    yield directed("MTU goes", chain(9000, 8000), without, Feature.RESETTING, Feature.FOLLOWING)
    yield directed("MTU is followed", without, [{**without[0], "mtu": 9000}, without[1]], Feature.FOLLOWING)
    yield directed("MTU of a NIC goes", [nic(1, mtu=9000)], [nic(1)], Feature.RESETTING)
    small = [bridge("net1", [nic(1, mtu=1400), nic(2, mtu=9000)], mtu=1400)]
    yield directed("MTU of a bridge", small, [bridge("net1", [nic(1, mtu=9000), nic(2, mtu=9000)], mtu=9000)])
    yield directed(
        "MTU of a bridge goes", small, [bridge("net1", [nic(1, mtu=9000), nic(2, mtu=9000)])],
        Feature.RESETTING, Feature.FOLLOWING,
    )  # fmt: skip


def _bonding() -> Iterator[Directed]:
    """All options that go together, in one bond of each mode."""
    ring = (*pool.MODES[1:], pool.MODES[0])
    for mode, following in zip(pool.MODES, ring):
        yield directed(
            f"{mode} to {following}",
            [bond("net1", [nic(1), nic(2)], f"mode={mode} miimon=100"), vlan(10, "net1", **_NETWORK)],
            [bond("net1", [nic(1), nic(2)], f"mode={following} miimon=100"), vlan(10, "net1", **_NETWORK)],
            Feature.PORTS_RELEASED,
        )
    for mode, monitor, other in (
        ("balance-rr", pool.CARRIER, pool.ARP),
        ("active-backup", pool.CARRIER, pool.ARP),
        ("active-backup", pool.ARP, pool.CARRIER),
        ("802.3ad", pool.CARRIER, pool.ARP),
        ("balance-alb", pool.CARRIER, pool.ARP),
    ):
        yield from _options(mode, monitor[0], [name for name in pool.allowed(mode) if name not in other])


def _options(mode: str, monitor: str, names: List[str]) -> Iterator[Directed]:
    ports = [nic(1), nic(2)]
    bare = bond("net1", ports, f"mode={mode}", **_NETWORK)
    live = [name for name in names if name not in pool.DOWN and name != "fail_over_mac"]
    first, second = _valued(mode, live, 0), _valued(mode, live, 1)
    primary = " primary=eno2" if pool.allowed(mode, ("primary",)) else ""
    title = f"options of {mode} with {monitor}"
    yield directed(
        title, [{**bare, "bonding_options": first}], [{**bare, "bonding_options": second + primary}]
    )
    yield directed(f"no {title}", [{**bare, "bonding_options": first + primary}], [bare], Feature.RESETTING)
    whole = [bond("net1", ports, _valued(mode, names, number), **_NETWORK) for number in (0, 1)]
    both = (Feature.LINK_DOWN, Feature.PORTS_RELEASED)
    yield directed(f"made with all {title}", [nic(1)], whole[:1])
    yield directed(f"all {title}", whole[:1], whole[1:], *both)
    yield directed(f"no more {title}", whole[:1], [bare], Feature.RESETTING, *both)


def _valued(mode: str, names: List[str], number: int) -> str:
    """Options with the first or the second of their values."""
    return with_options(fitting({"mode": mode, **{name: pool.OPTIONS[name][number] for name in names}}))


def _gone() -> Iterator[Directed]:
    """What the first config names and the second does not."""
    whole: Config = [
        nic(1, mtu=9000, **_NETWORK), bond("net1", [nic(2, primary=True), nic(3)], "mode=802.3ad", mtu=9000),
        vlan(10, "net1", **on("10.2.0.10/24", via="10.2.0.1")), bridge("net2", [nic(4), vlan(20, "net1")]),
        vlan(30, "eno1", mtu=1400, **on("10.3.0.10/24")),
    ]  # fmt: skip
    needs = (Feature.PRUNING, Feature.RESETTING, Feature.FOLLOWING)
    yield directed("all but a NIC goes", whole, [nic(5, **on("10.4.0.10/24"))], *needs)
    yield directed("NIC goes", whole, whole[1:4], *needs)
    yield directed("bond goes", whole, [whole[0], whole[4]], *needs)
    yield directed("VLANs go", whole, [whole[0], whole[1]], *needs)
    yield directed("bridge goes", whole, [*whole[:3], whole[4]], *needs)
    yield directed("VLAN remains", whole, [vlan(30, "eno1")], *needs)
    yield directed("port goes", [bond("net1", [nic(1), nic(2)])], [bond("net1", [nic(1)])], *needs)
    yield directed("bond becomes its NIC", [bond("net1", [nic(1)], **_NETWORK)], [nic(1, **_NETWORK)], *needs)
    yield directed(
        "bridge becomes its NIC", [bridge("net1", [nic(1)], **_NETWORK)], [nic(1, **_NETWORK)], *needs
    )
    yield directed("another VLAN id", [vlan(10, "eno1", **_NETWORK)], [vlan(20, "eno1", **_NETWORK)], *needs)


def _recreated() -> Iterator[Directed]:
    carriers = [nic(1), bond("net1", [nic(2)]), bridge("net2", [nic(3)]), vlan(20, "eno4")]
    places = ("eno1", "net1", "net2", "vlan20")
    for first, second in zip(places, (*places[1:], places[0])):
        yield directed(
            f"VLAN from {first} to {second}",
            [*carriers, vlan(10, first, **_NETWORK)],
            [*carriers, vlan(10, second, **_NETWORK)],
            Feature.RECREATION,
        )
    below = [*carriers, vlan(30, "vlan20", **_NETWORK)]
    yield directed(
        "device of a VLAN's device", below, [*carriers[:3], vlan(20, "eno5"), below[-1]], Feature.RECREATION
    )
    port = [bridge("net3", [vlan(10, "eno1")], **_NETWORK)]
    yield directed(
        "VLAN that is a port",
        [*carriers, *port],
        [*carriers, bridge("net3", [vlan(10, "net1")], **_NETWORK)],
        Feature.RECREATION,
    )


def _kinds() -> Iterator[Directed]:
    makers = {"linux_bond": bond, "linux_bridge": bridge}
    needs = [Feature.KINDS, Feature.PRUNING, Feature.RESETTING]
    upper = vlan(10, "net1", **on("10.2.0.10/24"))
    for one in (*CONTAINERS, "linux_tap"):
        for other in (*CONTAINERS, "linux_tap"):
            if one == other:
                continue
            first = (
                makers[one]("net1", [nic(1), nic(2)], **_NETWORK)
                if one in makers
                else tap("net1", **_NETWORK)
            )
            second = (
                makers[other]("net1", [nic(1), nic(2)], **_NETWORK)
                if other in makers
                else tap("net1", **_NETWORK)
            )
            taps = [Feature.TAPS] if "linux_tap" in {one, other} else []
            yield directed(f"{one} becomes {other}", [first, upper], [second, upper], *needs, *taps)


def _rules_and_tables() -> Iterator[Directed]:
    some = [{"rule": rule} for rule in pool.RULES]
    said = [{**rule, "comment": "why"} for rule in some]
    numbered = [{"ip_netmask": "172.16.1.0/24", "next_hop": "10.1.0.1", "table": 100}]
    named = [{**numbered[0], "table": "blue"}]
    table: Entry = {"type": "route_table", "name": "blue", "table_id": 100}
    plain, routed = nic(1, **on("10.1.0.10/24")), nic(1, **on("10.1.0.10/24"), routes=numbered)
    for kind in (nic(1), vlan(10, "eno1"), bond("net1", [nic(2)]), bridge("net2", [nic(3)])):
        title, bare = f"rules of {kind['type']}", [nic(1), kind] if kind["type"] != "interface" else [kind]
        yield directed(title, bare, [*bare[:-1], {**kind, "rules": said}], Feature.RULES, Feature.TABLES)
        yield directed(
            f"no {title}", [*bare[:-1], {**kind, "rules": some}], bare, Feature.RULES, Feature.TABLES
        )
    yield directed(
        "order of rules", [nic(1, rules=some)], [nic(1, rules=some[::-1])], Feature.RULES, Feature.TABLES
    )
    yield directed(
        "rules change owner",
        [nic(1, rules=some), nic(2)],
        [nic(1), nic(2, rules=some)],
        Feature.RULES,
        Feature.TABLES,
    )
    yield directed(
        "table begins", [plain], [table, nic(1, **on("10.1.0.10/24"), routes=named)], Feature.TABLES
    )
    yield directed(
        "table goes",
        [table, nic(1, **on("10.1.0.10/24"), routes=named)],
        [plain],
        Feature.TABLES,
        Feature.PRUNING,
    )
    yield directed(
        "table has a name", [routed], [table, nic(1, **on("10.1.0.10/24"), routes=named)], Feature.TABLES
    )
    other = [{**table, "table_id": 101}, nic(1, **on("10.1.0.10/24"), routes=named)]
    yield directed(
        "table has another number",
        [table, nic(1, **on("10.1.0.10/24"), routes=named)],
        other,
        Feature.TABLES,
        Feature.PRUNING,
    )
    yield directed(
        "route changes its table",
        [{**plain, "routes": [{**numbered[0], "table": "main"}]}],
        [routed],
        Feature.TABLES,
    )
    yield directed(
        "tap begins",
        [nic(1)],
        [nic(1), tap("net1", mtu=1400, rules=some, **_NETWORK)],
        Feature.TAPS,
        Feature.RULES,
        Feature.TABLES,
    )
    inert: Entry = {key: value for one in INERT for key, value in one.items()}
    yield directed("every attribute of a tap", [nic(1)], [nic(1), tap("net1", **inert)], Feature.TAPS)


def _bridge_options() -> Iterator[Directed]:
    for number in (0, 1):
        texts = [
            with_options({name: values[n] for name, values in pool.BRIDGE_OPTIONS.items()})
            for n in (number, 1 - number)
        ]
        ports = [
            with_options({name: values[n] for name, values in pool.PORT_OPTIONS.items()})
            for n in (number, 1 - number)
        ]
        configs = [
            [bridge("net1", [nic(1, bridge_port_options=port), vlan(10, "eno2", bridge_port_options=port),
                             bond("net2", [nic(3)], bridge_port_options=port)], bridge_options=text)]
            for text, port in zip(texts, ports)
        ]  # fmt: skip
        bare = [bridge("net1", [nic(1), vlan(10, "eno2"), bond("net2", [nic(3)])])]
        yield directed(f"bridge options {number}", configs[0], configs[1], Feature.BRIDGE_OPTIONS)
        yield directed(f"bridge options begin {number}", bare, configs[0], Feature.BRIDGE_OPTIONS)
        yield directed(
            f"bridge options go {number}", configs[0], bare, Feature.BRIDGE_OPTIONS, Feature.RESETTING
        )

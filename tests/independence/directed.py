"""Pairs that are the same in every run: each class of change once, so that none is left to chance."""

from __future__ import annotations

from functools import cache
from typing import Any, Dict, Iterator, List, NamedTuple, Sequence, Tuple

from . import pool
from .draw import INERT, fitting
from .features import Feature, Features
from .language import CONTAINERS, Config, Entry, with_options


class Directed(NamedTuple):
    name: str
    first: Config
    second: Config
    needs: Features


def nic(number: int, **more: Any) -> Entry:
    return {"type": "interface", "name": f"eno{number}", **more}


def bond(name: str, ports: Sequence[Entry], options: str = "", **more: Any) -> Entry:
    said = {"bonding_options": options} if options else {}
    return {"type": "linux_bond", "name": name, "members": list(ports), **said, **more}


def bridge(name: str, ports: Sequence[Entry], **more: Any) -> Entry:
    return {"type": "linux_bridge", "name": name, "members": list(ports), **more}


def vlan(number: int, device: str = "", **more: Any) -> Entry:
    return {"type": "vlan", "vlan_id": number, **({"device": device} if device else {}), **more}


def tap(name: str, **more: Any) -> Entry:
    return {"type": "linux_tap", "name": name, **more}


def on(*addresses: str, via: str = "", **more: Any) -> Dict[str, Any]:
    """Addresses, and a route by a gateway."""
    routes = [{"ip_netmask": pool.FAR[6 if ":" in via else 4][0], "next_hop": via}] if via else []
    entries = [{"ip_netmask": address} for address in addresses]
    return {"addresses": entries, **({"routes": routes} if routes else {}), **more}


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


def _pair(name: str, first: Config, second: Config, *needs: Feature) -> Directed:
    return Directed(name, first, second, frozenset(needs))


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
    yield _pair("every attribute", [nic(1)], everything)
    aliases = [
        {"destination": "172.16.2.0/24", "nexthop": "10.1.0.1", "metric": 100},
        {"default": True, "next_hop": "10.1.0.2"},
    ]
    options = [{"destination": "172.16.3.0/24", "nexthop": "10.1.0.1", "route_options": "metric 300"}]
    yield _pair(
        "aliases of routes", [nic(1, **_NETWORK)], [nic(1, addresses=_NETWORK["addresses"], routes=aliases)]
    )
    yield _pair(
        "metric as an option", [nic(1, **_NETWORK)], [nic(1, addresses=_NETWORK["addresses"], routes=options)]
    )
    stacked = [
        bridge("net1", [bond("net2", [nic(1), nic(2)]), vlan(10), vlan(20, "eno3")]),
        vlan(30, "net1"), vlan(40, "vlan30", **_NETWORK), nic(3), {"type": "interface", "name": "net2.20"},
    ]  # fmt: skip
    yield _pair("everything on everything", [nic(1, **_NETWORK), nic(3)], stacked, Feature.PRUNING)
    yield _pair("a bridge over a bond and VLANs", [nic(3)], stacked)


def _addresses() -> Iterator[Directed]:
    three = ("10.1.0.10/24", "10.1.0.11/24", "10.1.0.12/24", "2001:db8:1::10/64")
    yield _pair("first address goes", [nic(1, **on(*three))], [nic(1, **on(*three[1:]))])
    yield _pair("last address goes", [nic(1, **on(*three))], [nic(1, **on(*three[:2]))])
    yield _pair("all addresses go", [nic(1, **_NETWORK)], [nic(1)])
    yield _pair("IPv4 prefix length", [nic(1, **on("10.1.0.10/24"))], [nic(1, **on("10.1.0.10/16"))])
    yield _pair(
        "IPv6 prefix length", [nic(1, **on("2001:db8:1::10/64"))], [nic(1, **on("2001:db8:1::10/48"))]
    )
    yield _pair(
        "addresses move", [nic(1, **_NETWORK), vlan(10, "eno2")], [nic(1), vlan(10, "eno2", **_NETWORK)]
    )
    yield _pair("addresses move to a new bond", [nic(1, **_NETWORK)], [bond("net1", [nic(1)], **_NETWORK)])
    yield _pair(
        "address order", [nic(1, **on(*three, via="10.1.0.1"))], [nic(1, **on(*three[::-1], via="10.1.0.1"))],
        Feature.ADDRESS_ORDER,
    )  # fmt: skip
    yield _pair(
        "another first address", [nic(1, **on(*three[1:]))], [nic(1, **on(*three))], Feature.ADDRESS_ORDER
    )


def _routes() -> Iterator[Directed]:
    plain = on("10.1.0.10/24", "2001:db8:1::10/64")

    def with_routes(*routes: Entry) -> Entry:
        return nic(1, **plain, routes=list(routes))

    four, six = {"ip_netmask": "172.16.1.0/24"}, {"ip_netmask": "2001:db8:f1::/48"}
    one = with_routes({**four, "next_hop": "10.1.0.1"}, {**six, "next_hop": "2001:db8:1::1"})
    yield _pair(
        "gateway",
        [one],
        [with_routes({**four, "next_hop": "10.1.0.2"}, {**six, "next_hop": "2001:db8:1::2"})],
    )
    yield _pair("metric", [one], [with_routes({**four, "next_hop": "10.1.0.1", "metric": 50})])
    yield _pair(
        "gateway to link", [one], [with_routes({**four, "next_hop": "self"}, {**six, "next_hop": "self"})]
    )
    yield _pair("all routes go", [one], [nic(1, **plain)])
    moved = nic(2, **on("10.1.0.20/24"), routes=[{**four, "next_hop": "10.1.0.1"}])
    yield _pair("route moves", [one, nic(2)], [nic(1, **on("10.2.0.10/24")), moved])
    optional = [
        {"ip_netmask": f"172.17.{number}.0/24", "next_hop": "10.1.0.1", "route_options": option}
        for number, option in enumerate(pool.ROUTE_OPTIONS)
    ]
    bare = [{key: route[key] for key in ("ip_netmask", "next_hop")} for route in optional]
    other = [{**route, "route_options": one["route_options"]} for route, one in zip(optional, optional[1:])]
    yield _pair("route options", [with_routes(*bare)], [with_routes(*optional)], Feature.ROUTE_OPTIONS)
    yield _pair("no route options", [with_routes(*optional)], [with_routes(*bare)], Feature.ROUTE_OPTIONS)
    yield _pair("other route options", [with_routes(*optional)], [with_routes(*other)], Feature.ROUTE_OPTIONS)


def _ports() -> Iterator[Directed]:
    for kind in (bond, bridge):
        name = kind.__name__
        both = kind("net1", [nic(1), nic(2)])
        yield _pair(f"port of a {name} is attached", [kind("net1", [nic(1)]), nic(2)], [both])
        yield _pair(f"port of a {name} is released", [both], [kind("net1", [nic(1)]), nic(2)])
        yield _pair(
            f"ports of a {name} leave",
            [kind("net1", [nic(1), nic(2)], **_NETWORK)],
            [kind("net1", [], **_NETWORK), nic(1), nic(2)],
        )
        primary = kind("net1", [nic(1, primary=True), nic(2)])
        yield _pair(f"primary of a {name}", [primary], [kind("net1", [nic(1), nic(2, primary=True)])])
        yield _pair(f"primary of a {name} begins", [both], [primary])
        yield _pair(f"primary of a {name} goes", [primary], [both], Feature.RESETTING)
        for other in (bond, bridge):
            yield _pair(
                f"port moves from a {name} to a {other.__name__}",
                [kind("net1", [nic(1), nic(2)], **_NETWORK), other("net2", [nic(3)])],
                [kind("net1", [nic(1)], **_NETWORK), other("net2", [nic(3), nic(2)])],
            )
    on_top, port = bridge("net1", [nic(1), vlan(10)]), bridge("net1", [nic(1), vlan(10, "eno2")])
    yield _pair("VLAN joins a bridge", [bridge("net1", [nic(1)]), vlan(10, "eno2")], [port])
    yield _pair("VLAN on a bridge", [bridge("net1", [nic(1)])], [on_top])
    inside = bridge("net1", [bond("net2", [nic(1), nic(2)])])
    yield _pair("bond joins a bridge", [bond("net2", [nic(1), nic(2)]), bridge("net1", [])], [inside])
    yield _pair("bond leaves a bridge", [inside], [bond("net2", [nic(1), nic(2)]), bridge("net1", [])])


def _mtus() -> Iterator[Directed]:
    def chain(lower: int, upper: int) -> Config:
        return [bond("net1", [nic(1), nic(2)], mtu=lower), vlan(10, "net1", mtu=upper, **_NETWORK)]

    yield _pair("MTU grows", chain(1500, 1400), chain(9000, 8000))
    yield _pair("MTU shrinks", chain(9000, 8000), chain(1500, 1400))
    without = [bond("net1", [nic(1), nic(2)]), vlan(10, "net1", **_NETWORK)]
    yield _pair("MTU goes", chain(9000, 8000), without, Feature.RESETTING, Feature.FOLLOWING)
    yield _pair("MTU is followed", without, [{**without[0], "mtu": 9000}, without[1]], Feature.FOLLOWING)
    yield _pair("MTU of a NIC goes", [nic(1, mtu=9000)], [nic(1)], Feature.RESETTING)
    small = [bridge("net1", [nic(1, mtu=1400), nic(2, mtu=9000)], mtu=1400)]
    yield _pair("MTU of a bridge", small, [bridge("net1", [nic(1, mtu=9000), nic(2, mtu=9000)], mtu=9000)])
    yield _pair(
        "MTU of a bridge goes", small, [bridge("net1", [nic(1, mtu=9000), nic(2, mtu=9000)])],
        Feature.RESETTING, Feature.FOLLOWING,
    )  # fmt: skip


def _bonding() -> Iterator[Directed]:
    """All options that go together, in one bond of each mode."""
    ring = (*pool.MODES[1:], pool.MODES[0])
    for mode, following in zip(pool.MODES, ring):
        yield _pair(
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
    yield _pair(title, [{**bare, "bonding_options": first}], [{**bare, "bonding_options": second + primary}])
    yield _pair(f"no {title}", [{**bare, "bonding_options": first + primary}], [bare], Feature.RESETTING)
    whole = [bond("net1", ports, _valued(mode, names, number), **_NETWORK) for number in (0, 1)]
    both = (Feature.LINK_DOWN, Feature.PORTS_RELEASED)
    yield _pair(f"made with all {title}", [nic(1)], whole[:1])
    yield _pair(f"all {title}", whole[:1], whole[1:], *both)
    yield _pair(f"no more {title}", whole[:1], [bare], Feature.RESETTING, *both)


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
    yield _pair("all but a NIC goes", whole, [nic(5, **on("10.4.0.10/24"))], *needs)
    yield _pair("NIC goes", whole, whole[1:4], *needs)
    yield _pair("bond goes", whole, [whole[0], whole[4]], *needs)
    yield _pair("VLANs go", whole, [whole[0], whole[1]], *needs)
    yield _pair("bridge goes", whole, [*whole[:3], whole[4]], *needs)
    yield _pair("VLAN remains", whole, [vlan(30, "eno1")], *needs)
    yield _pair("port goes", [bond("net1", [nic(1), nic(2)])], [bond("net1", [nic(1)])], *needs)
    yield _pair("bond becomes its NIC", [bond("net1", [nic(1)], **_NETWORK)], [nic(1, **_NETWORK)], *needs)
    yield _pair(
        "bridge becomes its NIC", [bridge("net1", [nic(1)], **_NETWORK)], [nic(1, **_NETWORK)], *needs
    )
    yield _pair("another VLAN id", [vlan(10, "eno1", **_NETWORK)], [vlan(20, "eno1", **_NETWORK)], *needs)


def _recreated() -> Iterator[Directed]:
    carriers = [nic(1), bond("net1", [nic(2)]), bridge("net2", [nic(3)]), vlan(20, "eno4")]
    places = ("eno1", "net1", "net2", "vlan20")
    for first, second in zip(places, (*places[1:], places[0])):
        yield _pair(
            f"VLAN from {first} to {second}",
            [*carriers, vlan(10, first, **_NETWORK)],
            [*carriers, vlan(10, second, **_NETWORK)],
            Feature.RECREATION,
        )
    below = [*carriers, vlan(30, "vlan20", **_NETWORK)]
    yield _pair(
        "device of a VLAN's device", below, [*carriers[:3], vlan(20, "eno5"), below[-1]], Feature.RECREATION
    )
    port = [bridge("net3", [vlan(10, "eno1")], **_NETWORK)]
    yield _pair(
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
            yield _pair(f"{one} becomes {other}", [first, upper], [second, upper], *needs, *taps)


def _rules_and_tables() -> Iterator[Directed]:
    some = [{"rule": rule} for rule in pool.RULES]
    said = [{**rule, "comment": "why"} for rule in some]
    numbered = [{"ip_netmask": "172.16.1.0/24", "next_hop": "10.1.0.1", "table": 100}]
    named = [{**numbered[0], "table": "blue"}]
    table: Entry = {"type": "route_table", "name": "blue", "table_id": 100}
    plain, routed = nic(1, **on("10.1.0.10/24")), nic(1, **on("10.1.0.10/24"), routes=numbered)
    for kind in (nic(1), vlan(10, "eno1"), bond("net1", [nic(2)]), bridge("net2", [nic(3)])):
        title, bare = f"rules of {kind['type']}", [nic(1), kind] if kind["type"] != "interface" else [kind]
        yield _pair(title, bare, [*bare[:-1], {**kind, "rules": said}], Feature.RULES, Feature.TABLES)
        yield _pair(f"no {title}", [*bare[:-1], {**kind, "rules": some}], bare, Feature.RULES, Feature.TABLES)
    yield _pair(
        "order of rules", [nic(1, rules=some)], [nic(1, rules=some[::-1])], Feature.RULES, Feature.TABLES
    )
    yield _pair(
        "rules change owner",
        [nic(1, rules=some), nic(2)],
        [nic(1), nic(2, rules=some)],
        Feature.RULES,
        Feature.TABLES,
    )
    yield _pair("table begins", [plain], [table, nic(1, **on("10.1.0.10/24"), routes=named)], Feature.TABLES)
    yield _pair(
        "table goes",
        [table, nic(1, **on("10.1.0.10/24"), routes=named)],
        [plain],
        Feature.TABLES,
        Feature.PRUNING,
    )
    yield _pair(
        "table has a name", [routed], [table, nic(1, **on("10.1.0.10/24"), routes=named)], Feature.TABLES
    )
    other = [{**table, "table_id": 101}, nic(1, **on("10.1.0.10/24"), routes=named)]
    yield _pair(
        "table has another number",
        [table, nic(1, **on("10.1.0.10/24"), routes=named)],
        other,
        Feature.TABLES,
        Feature.PRUNING,
    )
    yield _pair(
        "route changes its table",
        [{**plain, "routes": [{**numbered[0], "table": "main"}]}],
        [routed],
        Feature.TABLES,
    )
    yield _pair(
        "tap begins",
        [nic(1)],
        [nic(1), tap("net1", mtu=1400, rules=some, **_NETWORK)],
        Feature.TAPS,
        Feature.RULES,
        Feature.TABLES,
    )
    inert: Entry = {key: value for one in INERT for key, value in one.items()}
    yield _pair("every attribute of a tap", [nic(1)], [nic(1), tap("net1", **inert)], Feature.TAPS)


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
        yield _pair(f"bridge options {number}", configs[0], configs[1], Feature.BRIDGE_OPTIONS)
        yield _pair(f"bridge options begin {number}", bare, configs[0], Feature.BRIDGE_OPTIONS)
        yield _pair(
            f"bridge options go {number}", configs[0], bare, Feature.BRIDGE_OPTIONS, Feature.RESETTING
        )

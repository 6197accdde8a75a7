"""Routes: ip shows what we write, we read what ip makes, and what others made is not hit."""

from __future__ import annotations

import subprocess
from ipaddress import ip_address
from typing import Any, Dict, Iterator, List, Mapping, Tuple

import pytest

from os_net_config.backends.protocol import ExecuteError
from os_net_config.state import model, route
from os_net_config.state.diff import Change
from os_net_config.state.model import RouteKey
from os_net_config.state.values import NextHop, Prefix, Value

from .support.asked import make, read, remove, shown, values_of, write
from .support.node import Node, ip

pytestmark = pytest.mark.rotating(5)

#: RTPROT_BGP.
BGP = 186


@pytest.fixture
def reached(node: Node) -> Iterator[Node]:
    """A node with two networks of each family."""
    ip(
        "link set eno1 up",
        "link set eno2 up",
        "address add 192.0.2.10/24 dev eno1",
        "address add 198.51.100.10/24 dev eno2",
        "address add 2001:db8:1::10/64 dev eno1 nodad",
        "address add 2001:db8:2::10/64 dev eno2 nodad",
    )
    yield node


def packed(text: str) -> bytes:
    return ip_address(text).packed


def key(destination: str, metric: int = 5, table: int = route.MAIN_TABLE, tos: int = 0) -> RouteKey:
    address, length = destination.split("/")
    return RouteKey(Prefix(packed(address), int(length)), metric, table, tos)


def given(**values: Value) -> Dict[str, Value]:
    """The values of a route of ours."""
    return {"type": "unicast", "scope": 0, "protocol": route.PROTOCOL, **values}


def by(gateway: str, on: str = "eno1", **more: Value) -> Dict[str, Value]:
    return {**given(gateway=packed(gateway), link=on), **more}


def hop(gateway: str, link: str, weight: int = 1, onlink: int = 0) -> NextHop:
    return NextHop(packed(gateway), link, weight, onlink)


V4, V6 = "203.0.113.0/24", "2001:db8:99::/48"
V4_HOPS = route.in_order([hop("192.0.2.1", "eno1", 3), hop("198.51.100.1", "eno2")])
V6_HOPS = route.in_order([hop("2001:db8:1::1", "eno1", 3), hop("2001:db8:2::1", "eno2")])
GATEWAYS = {V4: "192.0.2.1", V6: "2001:db8:1::1"}

#: Our name of a metric: a value, and what ip says of it.
METRICS: Mapping[str, Tuple[Value, str]] = {
    "mtu": (1400, "mtu 1400"),
    "window": (5000, "window 5000"),
    "rtt": (640, "rtt 80ms"),
    "rttvar": (80, "rttvar 20ms"),
    "ssthresh": (10, "ssthresh 10"),
    "cwnd": (11, "cwnd 11"),
    "advmss": (1200, "advmss 1200"),
    "reordering": (4, "reordering 4"),
    "hoplimit": (9, "hoplimit 9"),
    "initcwnd": (12, "initcwnd 12"),
    "features": (1, "features ecn"),
    "rto_min": (300, "rto_min 300ms"),
    "initrwnd": (13, "initrwnd 13"),
    "quickack": (1, "quickack 1"),
    "congctl": ("reno", "congctl reno"),
    "fastopen_no_cookie": (1, "fastopen_no_cookie 1"),
}


def spoken(destination: str) -> str:
    """What ip prints of this destination, on one line."""
    family = "-6" if ":" in destination else "-4"
    command = ["ip", family, "-d", "route", "show", "table", "all", destination]
    return " ".join(subprocess.run(command, capture_output=True, text=True, check=True).stdout.split())


def test_every_metric_has_an_example() -> None:
    assert METRICS.keys() | {"lock"} == route.METRICS.keys()


@pytest.mark.parametrize("destination", [V4, V6])
def test_metrics_one_by_one(reached: Node, destination: str) -> None:
    for number, (name, (value, words)) in enumerate(METRICS.items(), 100):
        values = {**by(GATEWAYS[destination]), name: value}
        make(key(destination, number), values)
        assert values_of(key(destination, number)) == values
        assert f"metric {number} {words}" in spoken(destination)
        write(Change(key(destination, number), {name: value}, {**values, name: None}))
        assert values_of(key(destination, number)) == by(GATEWAYS[destination])


@pytest.mark.parametrize("destination", [V4, V6])
def test_everything_at_once(reached: Node, destination: str) -> None:
    source = "192.0.2.10" if destination == V4 else "2001:db8:1::10"
    own: Dict[str, Value] = {"realms": 3 << 16 | 4} if destination == V4 else {"pref": 3}
    metrics = {name: value for name, (value, _) in METRICS.items()}
    locks = 1 << 2 | 1 << 7 | 1 << 13 | 1 << 16
    values = {**by(GATEWAYS[destination], source=packed(source), onlink=1, lock=locks), **own, **metrics}
    make(key(destination, 9, 1000), values)
    assert values_of(key(destination, 9, 1000)) == values
    text = spoken(destination)
    for words in (
        "table 1000 proto 111", f"src {source} metric 9 onlink", "mtu lock 1400", "cwnd lock 11",
        "rto_min lock 300ms", "congctl lock reno", "realms 3/4" if destination == V4 else "pref low",
        "rtt 80ms",
    ):  # fmt: skip
        assert words in text
    remove(key(destination, 9, 1000))
    assert spoken(destination) == ""


#: What ip is told, and what we read.
MADE: Mapping[str, Tuple[str, RouteKey, Dict[str, Value]]] = {
    "plain": (f"route add {V4} via 192.0.2.1 proto 111", key(V4, 0), by("192.0.2.1")),
    "default": ("route add default via 192.0.2.1 proto 111", key("0.0.0.0/0", 0), by("192.0.2.1")),
    "default of IPv6": (
        "route add ::/0 via fe80::1 dev eno2 proto 111", key("::/0", 1024), by("fe80::1", "eno2"),
    ),
    "direct": (
        f"route add {V4} dev eno2 proto 111 metric 7", key(V4, 7), {**given(link="eno2"), "scope": 253},
    ),
    "direct of IPv6": (f"route add {V6} dev eno2 proto 111", key(V6, 1024), given(link="eno2")),
    "tos": (
        f"route add {V4} tos 0x10 via 192.0.2.1 proto 111", key(V4, 0, tos=0x10), by("192.0.2.1"),
    ),
    "table": (
        f"route add {V4} via 192.0.2.1 table 100000 proto 111", key(V4, 0, 100000), by("192.0.2.1"),
    ),
    "table of IPv6": (
        f"route add {V6} via 2001:db8:1::1 table 300 proto 111 metric 8 pref high",
        key(V6, 8, 300), by("2001:db8:1::1", pref=1),
    ),
    "medium is nothing": (
        f"route add {V6} via 2001:db8:1::1 proto 111 metric 8 pref medium", key(V6, 8), by("2001:db8:1::1"),
    ),
    "host": ("route add 203.0.113.7 via 192.0.2.1 proto 111", key("203.0.113.7/32", 0), by("192.0.2.1")),
    "blackhole": (f"route add blackhole {V4} proto 111", key(V4, 0), {**given(), "type": "blackhole"}),
    "blackhole of IPv6": (
        f"route add blackhole {V6} proto 111", key(V6, 1024), {**given(), "type": "blackhole"},
    ),
    "local table": (
        "route add local 203.0.113.9 dev eno1 proto 111", key("203.0.113.9/32", 0, 255),
        {**given(link="eno1"), "type": "local", "scope": 254},
    ),
    "next hops": (
        f"route add {V4} proto 111 nexthop via 198.51.100.1 dev eno2 nexthop via 192.0.2.1 dev eno1 weight 3",
        key(V4, 0), given(nexthops=V4_HOPS),
    ),
    "next hops and realms": (
        f"route add {V4} proto 111 nexthop via 198.51.100.1 dev eno2 realms 5 nexthop dev eno1 realms 5",
        key(V4, 0),
        given(realms=5, nexthops=(NextHop(None, "eno1"), hop("198.51.100.1", "eno2"))),
    ),
    "next hops of IPv6": (
        f"route add {V6} proto 111 mtu 1400 nexthop via 2001:db8:2::1 dev eno2"
        " nexthop via 2001:db8:1::1 dev eno1 weight 3",
        key(V6, 1024), given(nexthops=V6_HOPS, mtu=1400),
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", MADE)
def test_what_ip_made_is_read_and_made_again(reached: Node, name: str) -> None:
    command, place, values = MADE[name]
    ip(command)
    before = ours()
    assert values_of(place) == values
    remove(place)
    assert values_of(place) is None
    make(place, values)
    assert values_of(place) == values
    assert ours() == before != []


def ours() -> List[Dict[str, Any]]:
    """What ip shows of our routes; next hops in an order, which means nothing."""
    found = [
        one
        for family in ("-4", "-6")
        for one in shown(family, "route", "show", "table", "all", "proto", "111")
    ]
    return [{**one, "nexthops": sorted(map(repr, one.get("nexthops", ())))} for one in found]


@pytest.mark.parametrize("kind", route.DEAD_ENDS)
@pytest.mark.parametrize("destination", [V4, V6])
def test_dead_ends(reached: Node, destination: str, kind: str) -> None:
    values = {**given(), "type": kind}
    make(key(destination), values)
    assert values_of(key(destination)) == values
    assert spoken(destination).startswith(f"{kind} {destination}")
    remove(key(destination))
    assert spoken(destination) == ""


#: What ip is told that we have no words for, with {} for metric and protocol; the destination.
BEYOND = {
    "gateway of the other family": (f"route add {V4} {{}} via inet6 2001:db8:1::1 dev eno1", V4),
    "next hops of both families": (
        f"route add {V4} {{}} nexthop via inet6 2001:db8:1::1 dev eno1 nexthop via 192.0.2.1 dev eno1", V4,
    ),
    "realms that differ": (
        f"route add {V4} {{}} nexthop via 192.0.2.1 dev eno1 realms 1 nexthop via 198.51.100.1 dev eno2", V4,
    ),
    "next hop object": (f"route add {V4} {{}} nhid 7", V4),
    "group of next hop objects": (f"route add {V4} {{}} nhid 9", V4),
    "next hop object of IPv6": (f"route add {V6} {{}} nhid 17", V6),
}  # fmt: skip


@pytest.mark.parametrize("name", BEYOND)
@pytest.mark.parametrize("protocol", [route.PROTOCOL, BGP])
def test_what_cannot_be_said_is_removed_and_put_back(reached: Node, name: str, protocol: int) -> None:
    ip(
        "nexthop add id 7 via 192.0.2.1 dev eno1",
        "nexthop add id 8 via 198.51.100.1 dev eno2",
        "nexthop add id 9 group 7/8",
        "nexthop add id 17 via 2001:db8:1::1 dev eno1",
    )
    command, destination = BEYOND[name]
    ip(command.format(f"metric 5 proto {protocol}"))
    before = spoken(destination)
    values = values_of(key(destination))
    assert values is not None
    assert values["type"] == route.OTHER
    write(Change(key(destination), values, None))
    assert spoken(destination) == ""
    make(key(destination), values)
    assert spoken(destination) == before


def test_foreign_routes_are_put_back_as_they_were(reached: Node) -> None:
    ip(
        f"route add {V4} via 192.0.2.1 proto bird metric 5 mtu lock 1400 advmss 1200 realms 7",
        f"route add {V6} proto bird metric 5 nexthop via 2001:db8:1::1 dev eno1 weight 4"
        " nexthop via 2001:db8:2::1 dev eno2",
        "route add 203.0.114.0/24 proto bird metric 5 nexthop via 192.0.2.1 nexthop dev eno2",
    )
    destinations = (V4, V6, "203.0.114.0/24")
    before = [spoken(one) for one in destinations]
    values = [values_of(key(one)) for one in destinations]
    for one in destinations:
        remove(key(one))
        assert spoken(one) == ""
    for one, was in zip(destinations, values):
        assert was is not None and model.MESSAGE in was
        make(key(one), was)
    assert [spoken(one) for one in destinations] == before


def test_routes_for_certain_sources_are_of_others(reached: Node) -> None:
    """Not told of: there is no key for them, and to the kernel they are other routes."""
    ip(f"route add {V6} from 2001:db8:1::/64 via 2001:db8:1::1 metric 5")
    assert values_of(key(V6)) is None
    make(key(V6), by("2001:db8:1::2"))
    remove(key(V6))
    assert "from 2001:db8:1::/64" in spoken(V6)


def test_only_the_protocols_asked_for_are_read(reached: Node) -> None:
    ip(
        f"route add {V4} via 192.0.2.1 proto 111",
        f"route add {V4} via 192.0.2.1 proto bird table 500",
        f"route add {V4} via 192.0.2.1 proto static table 600",
        f"route add {V6} via 2001:db8:1::1 proto 111 table 700",
        f"route add {V6} via 2001:db8:1::1 proto bird",
    )

    def tables(state: model.State) -> List[int]:
        return sorted(one.key.table for one in state if isinstance(one.key, RouteKey))

    assert tables(read(frozenset({route.PROTOCOL}))) == [254, 700]
    assert tables(read(frozenset({route.PROTOCOL, 12}))) == [254, 254, 500, 700]
    assert tables(read(frozenset())) == []
    everything = tables(read())
    assert {254, 500, 600, 700} == set(everything)


# Whose route is hit


def test_another_with_the_same_key_stays(reached: Node) -> None:
    """IPv4 has several routes with one key; the first of them is used."""
    make(key(V4, 0), by("192.0.2.1"))
    ip(f"route append {V4} via 192.0.2.2 proto bgp", f"route prepend {V4} via 192.0.2.3 proto bgp")
    values = values_of(key(V4, 0))
    assert values == {**by("192.0.2.1"), route.BEHIND: 1}
    remove(key(V4, 0))
    assert [one["gateway"] for one in shown("route", "show", V4)] == ["192.0.2.3", "192.0.2.2"]
    with pytest.raises(ExecuteError, match="File exists"):
        make(key(V4, 0), by("192.0.2.1"))


@pytest.mark.parametrize("destination", [V4, V6])
def test_what_is_ours_no_more_is_not_removed(reached: Node, destination: str) -> None:
    gateway = GATEWAYS[destination]
    for values in (by(gateway), {**given(), "type": "blackhole"}):
        make(key(destination), values)
        ip(f"route replace {destination} via {gateway} metric 5 proto bgp")
        with pytest.raises(ExecuteError, match="No such process"):
            write(Change(key(destination), values, None))
        assert "proto bgp" in spoken(destination)
        remove(key(destination))


def test_a_removal_without_metric_takes_the_one_without(reached: Node) -> None:
    make(key(V4, 7), by("192.0.2.1"))
    make(key(V4, 0), by("192.0.2.1"))
    remove(key(V4, 0))
    assert [one["metric"] for one in shown("route", "show", V4)] == [7]


def test_next_hops_of_two_makers_are_one_route_of_the_first(reached: Node) -> None:
    """No dump tells whose each of them is; a removal with next hop and protocol takes just ours."""
    ours, theirs = "2001:db8:1::1", "2001:db8:2::1"
    append = f"route append {V6} via {theirs} dev eno2 proto bgp metric 5"
    make(key(V6), by(ours))
    ip(append)
    (entry,) = shown("-6", "route", "show", V6)
    assert (entry["protocol"], [one["gateway"] for one in entry["nexthops"]]) == ("111", [ours, theirs])
    assert not any("protocol" in one for one in entry["nexthops"])
    both = route.in_order([hop(ours, "eno1"), hop(theirs, "eno2")])
    assert values_of(key(V6)) == given(nexthops=both)
    write(Change(key(V6), by(ours), None))
    (entry,) = shown("-6", "route", "show", V6)
    assert (entry["protocol"], entry["gateway"]) == ("bgp", theirs)
    with pytest.raises(ExecuteError, match="File exists"):
        make(key(V6), by(ours))
    # As above with what is read of it: their next hop is said, and is not theirs to the kernel.
    ip(f"route del {V6} via {theirs} dev eno2 metric 5")
    make(key(V6), by(ours))
    ip(append)
    remove(key(V6))
    (entry,) = shown("-6", "route", "show", V6)
    assert (entry["protocol"], entry["gateway"]) == ("bgp", theirs)


CHANGES: Mapping[str, Tuple[Dict[str, Value], Dict[str, Value]]] = {
    "one more": (
        by("2001:db8:1::1"),
        given(nexthops=(hop("2001:db8:1::1", "eno1"), hop("2001:db8:1::2", "eno1"))),
    ),
    "one less": (
        given(nexthops=(hop("2001:db8:1::1", "eno1"), hop("2001:db8:1::2", "eno1"))),
        by("2001:db8:1::2"),
    ),
    "another one": (
        given(nexthops=(hop("2001:db8:1::1", "eno1"), hop("2001:db8:1::2", "eno1"))),
        given(nexthops=(hop("2001:db8:1::1", "eno1"), hop("2001:db8:2::3", "eno2"))),
    ),
    "all others": (
        given(nexthops=(hop("2001:db8:1::1", "eno1"), hop("2001:db8:1::2", "eno1"))),
        given(nexthops=(hop("2001:db8:1::3", "eno1"), hop("2001:db8:2::3", "eno2"))),
    ),
    "another weight": (
        given(nexthops=(hop("2001:db8:1::1", "eno1"), hop("2001:db8:1::2", "eno1"))),
        given(nexthops=(hop("2001:db8:1::1", "eno1"), hop("2001:db8:1::2", "eno1", 5))),
    ),
    "next hops and a metric": (
        given(nexthops=(hop("2001:db8:1::1", "eno1"), hop("2001:db8:1::2", "eno1"))),
        given(nexthops=(hop("2001:db8:1::1", "eno1"), hop("2001:db8:1::3", "eno1")), mtu=1400),
    ),
    "a metric": (
        given(nexthops=(hop("2001:db8:1::1", "eno1"), hop("2001:db8:1::2", "eno1"))),
        given(nexthops=(hop("2001:db8:1::1", "eno1"), hop("2001:db8:1::2", "eno1")), mtu=1400),
    ),
}


def change(before: Mapping[str, Value], after: Mapping[str, Value]) -> Change:
    """As the comparison makes it: what differs, None for what is not there."""
    names = [name for name in {**before, **after} if before.get(name) != after.get(name)]
    was = {name: before.get(name) for name in names}
    # A plan says all of a route that it changes.
    return Change(key(V6), was, {**after, **{name: after.get(name) for name in names}})


@pytest.mark.parametrize(
    ("name", "merged"),
    # With others' next hops a plan changes no metric alone: it would replace the route.
    [(name, merged) for name in CHANGES for merged in (False, True) if not (merged and name == "a metric")],
)
def test_next_hops_change_and_change_back(reached: Node, name: str, merged: bool) -> None:
    before, after = CHANGES[name]
    theirs = [hop("2001:db8:2::9", "eno2")] if merged else []
    make(key(V6), before)
    if merged:
        ip(f"route append {V6} via 2001:db8:2::9 dev eno2 proto bgp metric 5")
    step = change(before, after)
    write(step)
    assert hops_now() == {*hops_of(after), *theirs}
    # Of the metrics only those of the first maker are told.
    assert ("mtu 1400" in spoken(V6)) == ("mtu" in after and not merged)
    write(step.inverse)
    assert hops_now() == {*hops_of(before), *theirs}
    if not merged:
        assert values_of(key(V6)) == before


def hops_of(values: Mapping[str, Value]) -> List[NextHop]:
    several = values.get("nexthops")
    if isinstance(several, tuple):
        return [one for one in several if isinstance(one, NextHop)]
    gateway, link = values["gateway"], values["link"]
    assert isinstance(gateway, bytes) and isinstance(link, str)
    return [NextHop(gateway, link)]


def hops_now() -> set[NextHop]:
    """Those of all entries: ip shows one that has no siblings apart."""
    found = [one.values for one in read() if isinstance(one.key, RouteKey) and one.key == key(V6)]
    return {one for values in found for one in hops_of(values)}


@pytest.mark.parametrize("hops", [1, 2])
def test_next_hops_give_way_to_a_dead_end_and_back(reached: Node, hops: int) -> None:
    several = (hop("2001:db8:1::1", "eno1"), hop("2001:db8:1::2", "eno1"))
    before = given(nexthops=several) if hops == 2 else by("2001:db8:1::1")
    make(key(V6), before)
    dead: Dict[str, Value] = {"type": "unreachable", "protocol": route.PROTOCOL}
    step = change(before, dead)
    write(step)
    assert [one["type"] for one in shown("-6", "route", "show", V6)] == ["unreachable"]
    write(step.inverse)
    assert values_of(key(V6)) == before


@pytest.mark.parametrize("destination", [V4, V6])
def test_a_changed_route_is_the_same_one(reached: Node, destination: str) -> None:
    gateway = GATEWAYS[destination]
    make(key(destination), by(gateway, mtu=1400, advmss=1200))
    other = packed(gateway)[:-1] + b"\7"
    step = Change(key(destination), {"gateway": packed(gateway), "mtu": 1400},
                  {**by(gateway), "gateway": other, "mtu": None, "advmss": 1200})  # fmt: skip
    write(step)
    assert values_of(key(destination)) == {**by(gateway, advmss=1200), "gateway": other}
    write(step.inverse)
    assert values_of(key(destination)) == by(gateway, mtu=1400, advmss=1200)


def test_a_route_behind_anothers_is_not_changed(node: Node) -> None:
    text = "network_config: [{{type: interface, name: nic1, addresses: [{{ip_netmask: 192.0.2.10/24}}],"
    text += f" routes: [{{{{ip_netmask: {V4}, next_hop: {{}}}}}}]}}}}]\n"
    node.applied(text.format("192.0.2.1"))
    ip(f"route prepend {V4} via 192.0.2.3 proto static")
    node.unchanged(text.format("192.0.2.1"))
    run = node.apply(text.format("192.0.2.2"))
    assert run.status == 1 and "with next hops of others" in run.errors, run
    assert [one["gateway"] for one in shown("route", "show", V4)] == ["192.0.2.3", "192.0.2.1"]


def test_refusals_say_what_is_wrong(reached: Node) -> None:
    with pytest.raises(ExecuteError, match="invalid gateway"):
        make(key(V4), by("10.9.9.9"))
    with pytest.raises(ExecuteError, match="Invalid prefsrc"):
        make(key(V4), by("192.0.2.1", source=packed("192.0.2.77")))
    with pytest.raises(ExecuteError, match="Invalid"):
        make(key(V4), by("192.0.2.1", features=1 << 20))

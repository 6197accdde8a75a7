"""What we encode others read, what we read they encode, and garbage does no harm."""

from __future__ import annotations

import time
from types import MappingProxyType
from typing import Any, Callable, Dict, Iterator, List, Mapping, Optional, Sequence, Tuple

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyroute2.netlink.rtnl.fibmsg import fibmsg
from pyroute2.netlink.rtnl.ifaddrmsg import ifaddrmsg
from pyroute2.netlink.rtnl.ifinfmsg import ifinfmsg
from pyroute2.netlink.rtnl.ifinfmsg.plugins.bond import bond as bond_data
from pyroute2.netlink.rtnl.ifinfmsg.plugins.vlan import vlan as vlan_data
from pyroute2.netlink.rtnl.rtmsg import rtmsg

from os_net_config.backends.rtnetlink import decode, decode_route, decode_rule, wire
from os_net_config.backends.rtnetlink.encode import Encoded
from os_net_config.backends.rtnetlink.refusal import reason
from os_net_config.backends.rtnetlink.requests import requests
from os_net_config.backends.rtnetlink.socket import Refusal
from os_net_config.state import address, bond, link, model, route, vlan
from os_net_config.state.attributes import Attribute
from os_net_config.state.diff import Change
from os_net_config.state.model import AddressKey, Key, LinkKey, RouteKey, RuleKey
from os_net_config.state.values import (
    Choice,
    Flag,
    Integer,
    IpAddress,
    IpAddressList,
    Lifetime,
    LinkName,
    MacAddress,
    NextHop,
    PortRange,
    Power,
    Prefix,
    Text,
    Value,
    Values,
    VlanProtocol,
    show_address,
)

from ..properties import quick
from .kernel_headers import HEADERS, headers

#: Indexes of links.
NAMES = {1: "lo", 2: "eno1", 3: "eno2", 4: "bond1"}
INDEXES = {name: index for index, name in NAMES.items()}


def encoded(step: Change) -> Encoded:
    (message,) = requests(step, INDEXES.__getitem__)
    return message


def made(key: Key, values: Values) -> Encoded:
    return encoded(Change(key, None, values))


def whole(message: Encoded) -> decode.Message:
    return message.body, 0, len(message.body)


def told(message_class: Any, message: Encoded) -> Dict[str, Any]:
    """What pyroute2 reads of a message, attributes by name."""
    header = wire.NLMSGHDR.pack(wire.NLMSGHDR.size + len(message.body), message.type, message.flags, 1, 0)
    read = message_class(header + message.body)
    read.decode()
    return {**{name: read[name] for name, _ in message_class.fields}, **flat(read)}


def flat(holder: Any) -> Dict[str, Any]:
    found: Dict[str, Any] = {}
    for name, value in holder["attrs"]:
        assert name != "UNKNOWN", value
        found.update(flat(value) if isinstance(value, dict) and "attrs" in value else {name: value})
    return found


# Values of attributes


def addresses(size: int) -> st.SearchStrategy[bytes]:
    return st.binary(min_size=size, max_size=size)


_PORTS = st.integers(1, 2**16 - 1)
_VALUES: Mapping[type, Callable[[Any], st.SearchStrategy[Any]]] = {
    Integer: lambda kind: st.integers(max(kind.low, 0), kind.high),
    Power: lambda kind: st.sampled_from([1 << place for place in range(len(kind.words))]),
    PortRange: lambda kind: st.tuples(_PORTS, _PORTS).map(lambda ends: min(ends) << 16 | max(ends)),
    IpAddress: lambda kind: addresses(4) | addresses(16),
    Flag: lambda kind: st.integers(0, 1),
    Choice: lambda kind: st.integers(kind.first, kind.first + len(kind.words) - 1),
    VlanProtocol: lambda kind: st.sampled_from([0x8100, 0x88A8]),
    MacAddress: lambda kind: addresses(6),
    Text: lambda kind: st.text(st.characters(min_codepoint=32, max_codepoint=0x2FF), min_size=1, max_size=60),
    LinkName: lambda kind: st.sampled_from(["eno1", "eno2", None]),
    IpAddressList: lambda kind: st.lists(
        addresses(4 if kind.family == 4 else 16), min_size=1, max_size=kind.most
    ).map(tuple),
}


def values_for(one: Attribute) -> st.SearchStrategy[Any]:
    return next(draw(one.type) for kind, draw in _VALUES.items() if isinstance(one.type, kind))


def some_of(table: Mapping[str, Attribute], *but: str) -> st.SearchStrategy[Dict[str, Any]]:
    return st.fixed_dictionaries(
        {}, optional={name: values_for(one) for name, one in table.items() if name not in but}
    )


_SIZES = st.sampled_from([4, 16])
#: One that is set: 0 is nothing.
_SET = st.integers(1, 2**32 - 1)


@st.composite
def prefixes(draw: Callable[..., Any], size: int, shortest: int = 0) -> Prefix:
    return Prefix(draw(addresses(size)), draw(st.integers(shortest, size * 8))).network


@st.composite
def routes(draw: Callable[..., Any]) -> Tuple[RouteKey, Dict[str, Value]]:
    size = draw(_SIZES)
    key = RouteKey(
        draw(prefixes(size)), draw(st.integers(0, 2**32 - 1)), draw(_SET), draw(st.integers(0, 255))
    )
    metrics = {name: _SET for name in route.METRICS if name != "congctl"}
    optional = {
        **metrics,
        "congctl": st.sampled_from(["reno", "cubic"]),
        "onlink": st.just(1),
        "source": addresses(size),
        "realms": _SET,
        "pref": st.integers(1, 3),
    }
    values: Dict[str, Value] = draw(st.fixed_dictionaries({}, optional=optional))
    hop = st.builds(
        NextHop, st.none() | addresses(size), st.sampled_from(["eno1", "eno2"]), st.integers(1, 256),
        st.integers(0, 1),
    )  # fmt: skip
    ways: st.SearchStrategy[Dict[str, Value]] = st.one_of(
        st.sampled_from(route.DEAD_ENDS).map(lambda kind: {"type": kind}),
        st.fixed_dictionaries(
            {"link": st.sampled_from(["eno1", "eno2"])}, optional={"gateway": addresses(size)}
        ),
        st.lists(hop, min_size=2, max_size=4).map(lambda hops: {"nexthops": route.in_order(hops)}),
    )
    protocol = draw(st.sampled_from([route.PROTOCOL, 4, 12]))
    scope = draw(st.sampled_from([0, 253]))
    return key, {"type": "unicast", "scope": scope, "protocol": protocol, **values, **draw(ways)}


@st.composite
def rules(draw: Callable[..., Any]) -> Tuple[RuleKey, Dict[str, Value]]:
    size = draw(_SIZES)
    numbers, bytes_ = st.integers(0, 2**32 - 1), st.integers(0, 255)
    ports, users = (st.none() | st.tuples(one, one) for one in (st.integers(0, 2**16 - 1), numbers))
    prefix = st.none() | prefixes(size, shortest=1)
    name = st.sampled_from(["", "eno1", "vlan-that-is-not"])
    least = st.integers(-1, 2**31 - 1)
    mark = draw(numbers)
    key = RuleKey(
        4 if size == 4 else 6, draw(numbers), draw(st.sampled_from(list(wire.FR_ACT_NAMES.values()))),
        draw(numbers), draw(prefix), draw(prefix), draw(name), draw(name), mark,
        draw(numbers), draw(bytes_), draw(bytes_), draw(ports), draw(ports), draw(users), draw(numbers),
        draw(least), draw(least), draw(bytes_), draw(st.integers(0, 2**64 - 1)), draw(numbers),
        draw(st.booleans()), draw(bytes_),
    )  # fmt: skip
    return key, {"protocol": key.protocol}


# What is read is what was written


@given(some_of(link.ATTRIBUTES, "kind", "name", "up"), st.integers(0, 1))
@quick()
def test_links(values: Dict[str, Value], up: int) -> None:
    message = made(LinkKey("vlan20"), {"kind": "dummy", "up": up, **values})
    found = only(
        decode.links([named(1, "lo"), named(2, "eno1"), named(3, "eno2"), whole(message)])[0], "vlan20"
    )
    assert {name: found.get(name) for name in values} == values
    assert (found["kind"], found["up"]) == ("dummy", up)


@pytest.mark.parametrize("kind", model.LINK_KINDS)
@given(st.data())
@quick()
def test_links_of_a_kind(kind: str, data: st.DataObject) -> None:
    own = {name: one for name, one in model.LINK_KINDS[kind].items() if name not in link.ATTRIBUTES}
    values = data.draw(some_of(own))
    message = made(LinkKey("new"), {"kind": kind, **values})
    found = only(decode.links([named(2, "eno1"), named(3, "eno2"), whole(message)])[0], "new")
    assert {name: found.get(name) for name in values} == values
    assert found["kind"] == kind


def named(index: int, name: str) -> decode.Message:
    attribute = wire.NLATTR.pack(4 + len(name) + 1, wire.IFLA_IFNAME) + name.encode() + b"\0"
    body = wire.IFINFOMSG.pack(0, 1, index, 0, 0) + attribute
    return body, 0, len(body)


def only(found: Mapping[Key, model.Resource], name: str) -> Values:
    return found[LinkKey(name)].values


@given(_SIZES, st.data())
@quick()
def test_addresses(size: int, data: st.DataObject) -> None:
    prefix = Prefix(data.draw(addresses(size)), data.draw(st.integers(0, size * 8)))
    values: Dict[str, Value] = {
        "scope": data.draw(st.integers(0, 255)),
        "protocol": data.draw(st.integers(0, 255)),
    }
    if size == 4:
        values["broadcast"] = data.draw(addresses(4))
    key = AddressKey("eno1", prefix)
    found = decode.addresses([whole(made(key, values))], NAMES)[key].values
    assert {name: found[name] for name in values} == values


@pytest.mark.parametrize("left", [(900, 600), (900, 0), None])
@pytest.mark.parametrize("protocol", [route.PROTOCOL, 0])
def test_the_lifetime_of_an_address(left: Optional[Tuple[int, int]], protocol: int) -> None:
    """Of others' addresses all the rest is told as the kernel told it."""
    now = round(time.monotonic())
    lifetime = Lifetime(now + left[0], now + left[1]) if left is not None else None
    key = AddressKey("eno1", Prefix(bytes([192, 0, 2, 10]), 24))
    first = made(key, {"scope": 0, "protocol": protocol, "lifetime": Lifetime(now + 50, now + 40)})
    label = wire.NLATTR.pack(11, 3) + b"eno1:a\0" + b"\0"
    before = decode.addresses([(first.body + label, 0, len(first.body + label))], NAMES)[key].values
    again = encoded(Change(key, before, {**before, "lifetime": lifetime}))
    found = decode.addresses([whole(again)], NAMES)[key].values
    assert address.ATTRIBUTES["lifetime"].type.same(found.get("lifetime"), lifetime)
    if left is not None:
        told_by_them = told(ifaddrmsg, again)["IFA_CACHEINFO"]
        assert told_by_them["ifa_valid"] == pytest.approx(left[0], abs=2)
        assert told_by_them["ifa_preferred"] == pytest.approx(left[1], abs=2)
    assert (b"eno1:a" in again.body) is (protocol == 0)


def test_who_is_deprecated_for_good_is_put_back_so() -> None:
    key = AddressKey("eno1", Prefix(bytes([192, 0, 2, 10]), 24))
    told_so = (
        made(key, {"scope": 0}).body
        + wire.NLATTR.pack(20, 6)
        + wire.IFA_CACHEINFO.pack(0, wire.FOREVER, 0, 0)
    )
    values = decode.addresses([(told_so, 0, len(told_so))], NAMES)[key].values
    assert values["lifetime"] is None
    assert made(key, values).body == told_so


@given(routes())
@quick(200)
def test_routes(one: Tuple[RouteKey, Dict[str, Value]]) -> None:
    key, values = one
    message = made(key, values)
    found = decode_route.routes([whole(message)], NAMES)
    if key.table == wire.RT_TABLE_LOCAL and values["protocol"] != route.PROTOCOL:
        assert found == {}
        return
    told_of = found[key].values
    read = dict(told_of)
    assert {name: told_of.get(name) for name in (*route.ATTRIBUTES, route.BEHIND)} == {
        name: read.get(name) for name in (*route.ATTRIBUTES, route.BEHIND)
    }
    assert (model.MESSAGE in read) == (values["protocol"] != route.PROTOCOL)
    again = read.pop(model.MESSAGE, message.body)
    assert read == values
    assert made(key, {**values, model.MESSAGE: again}).body == message.body


@given(rules())
@quick(200)
def test_rules(one: Tuple[RuleKey, Dict[str, Value]]) -> None:
    key, values = one
    if key.fwmark and not key.fwmask:
        key = key._replace(fwmask=7)
    found = decode_rule.rules([whole(made(key, values))])
    assert list(found) == [key]
    read = dict(found[key].values)
    assert (model.MESSAGE in read) == (values["protocol"] != route.PROTOCOL)
    assert read["protocol"] == values["protocol"]


# pyroute2's own message classes read the same


@given(routes())
@quick()
def test_routes_as_pyroute2_reads_them(one: Tuple[RouteKey, Dict[str, Value]]) -> None:
    key, values = one
    # The one attribute that it does not know
    values.pop("fastopen_no_cookie", None)
    read = told(rtmsg, made(key, values))
    size = len(key.destination.address)
    assert (read["family"], read["dst_len"], read["tos"]) == (
        wire.FAMILIES[size], key.destination.length, key.tos,
    )  # fmt: skip
    assert (read["proto"], read["scope"], read["type"]) == (
        values["protocol"], values["scope"], number_of(str(values["type"])),
    )  # fmt: skip
    assert (read.get("RTA_PRIORITY", 0), read["RTA_TABLE"]) == (key.metric, key.table)
    if key.destination.length:
        assert read["RTA_DST"] == show_address(key.destination.address)
    for name, value in values.items():
        one_of = route.ATTRIBUTES[name]
        if name == "nexthops":
            assert isinstance(value, tuple)
            assert [hop_as_told(hop) for hop in read["RTA_MULTIPATH"]] == list(value)
        elif name == "realms" and "nexthops" in values:
            assert {hop.get_attr("RTA_FLOW") for hop in read["RTA_MULTIPATH"]} == {value}
        elif one_of.number:
            assert read[one_of.kernel if name != "congctl" else "RTAX_CC_ALGO"] == plain(value), name


def number_of(kind: str) -> int:
    return next(number for number, name in wire.RTN_NAMES.items() if name == kind)


def hop_as_told(hop: Any) -> NextHop:
    import ipaddress

    gateway = hop.get_attr("RTA_GATEWAY")
    if isinstance(gateway, bytes):
        # Now and then pyroute2 leaves the first attribute of a next hop as it came, with its header.
        gateway = gateway[4:]
    return NextHop(
        ipaddress.ip_address(gateway).packed if gateway else None, NAMES[hop["oif"]], hop["hops"] + 1,
        int(bool(hop["flags"] & wire.RTNH_F_ONLINK)),
    )  # fmt: skip


def plain(value: Value) -> Any:
    """As pyroute2 tells it."""
    if isinstance(value, bytes):
        return show_address(value)
    return INDEXES.get(value, value) if isinstance(value, str) else value


@given(rules())
@quick()
def test_rules_as_pyroute2_reads_them(one: Tuple[RuleKey, Dict[str, Value]]) -> None:
    key, values = one
    read = told(fibmsg, made(key, values))
    assert (read["tos"], bool(read["flags"] & wire.FIB_RULE_INVERT)) == (key.tos, key.inverted)
    assert wire.FR_ACT_NAMES[read["action"]] == key.action
    said = {
        "FRA_PRIORITY": key.priority, "FRA_TABLE": key.table, "FRA_FWMARK": key.fwmark,
        "FRA_FWMASK": key.fwmask, "FRA_GOTO": key.goto, "FRA_FLOW": key.realms, "FRA_TUN_ID": key.tunnel,
        "FRA_L3MDEV": key.l3mdev, "FRA_IP_PROTO": key.ip_protocol, "FRA_PROTOCOL": values["protocol"],
        "FRA_SUPPRESS_PREFIXLEN": key.suppress_prefixlength % 2**32,
        "FRA_SUPPRESS_IFGROUP": key.suppress_ifgroup % 2**32,
    }  # fmt: skip
    unsaid = {"FRA_SUPPRESS_PREFIXLEN": 2**32 - 1, "FRA_SUPPRESS_IFGROUP": 2**32 - 1}
    assert {name: read.get(name, unsaid.get(name, 0)) for name in said} == said
    assert (read.get("FRA_IIFNAME", ""), read.get("FRA_OIFNAME", "")) == (key.incoming, key.outgoing)
    for name, length, prefix in (("FRA_SRC", "src_len", key.source), ("FRA_DST", "dst_len", key.destination)):
        assert read[length] == (prefix.length if prefix else 0)
        assert read.get(name) == (show_address(prefix.address) if prefix else None)
    for name, ends in (
        ("FRA_UID_RANGE", key.users), ("FRA_SPORT_RANGE", key.source_ports),
        ("FRA_DPORT_RANGE", key.destination_ports),
    ):  # fmt: skip
        assert read.get(name) == (":".join(map(str, ends)) if ends else None)


@given(some_of(link.ATTRIBUTES, "kind", "name", "up"))
@quick()
def test_links_as_pyroute2_reads_them(values: Dict[str, Value]) -> None:
    read = told(ifinfmsg, made(LinkKey("vlan20"), {"kind": "dummy", **values}))
    assert (read["IFLA_IFNAME"], read["IFLA_INFO_KIND"]) == ("vlan20", "dummy")
    for name, value in values.items():
        expected = value.hex(":") if isinstance(value, bytes) else plain(value) or 0
        assert read[link.ATTRIBUTES[name].kernel] == expected


@given(some_of(bond.ATTRIBUTES))
@quick()
def test_bonds_as_pyroute2_reads_them(values: Dict[str, Value]) -> None:
    known = {
        name: value
        for name, value in values.items()
        if bond.ATTRIBUTES[name].kernel in {one for one, _ in bond_data.nla_map}
    }
    read = told(ifinfmsg, made(LinkKey("bond1"), {"kind": "bond", **known}))
    for name, value in known.items():
        one = bond.ATTRIBUTES[name]
        got = read[one.kernel]
        if isinstance(value, tuple):
            assert [entry if isinstance(entry, str) else entry["value"] for entry in numbered(got)] == [
                show_address(entry) for entry in value if isinstance(entry, bytes)
            ]
        elif isinstance(value, bytes):
            assert got.replace(":", "").lower() == value.hex()
        else:
            assert got == (plain(value) or 0), name


def numbered(got: Any) -> Sequence[Any]:
    return got if isinstance(got, (list, tuple)) else [got]


# Numbers


def test_numbers_are_pyroute2s() -> None:
    for table, classes in (
        (link.ATTRIBUTES, (ifinfmsg,)), (bond.ATTRIBUTES, (bond_data,)), (vlan.ATTRIBUTES, (vlan_data,)),
        (address.ATTRIBUTES, (ifaddrmsg,)), (route.METRICS, (rtmsg.metrics,)),
        ({name: one for name, one in route.ATTRIBUTES.items() if not one.nest}, (rtmsg,)),
    ):  # fmt: skip
        known = {name: number for one in classes for number, name in numbers_of(one)}
        compared = [one for one in table.values() if one.kernel in known]
        assert compared
        for one in compared:
            assert one.number == known[one.kernel], one.name
    for number, name in numbers_of(fibmsg):
        assert getattr(wire, name, number) == number, name


def numbers_of(message_class: Any) -> Iterator[Tuple[int, str]]:
    """A map of pyroute2's has the numbers, or is in their order."""
    for place, entry in enumerate(message_class.nla_map):
        yield (entry[0], entry[1]) if isinstance(entry[0], int) else (place, entry[0])


@pytest.mark.skipif(not HEADERS.is_dir(), reason="the kernel's headers are not here (linux-libc-dev)")
def test_numbers_are_the_kernels() -> None:
    known = headers(
        *("if_link.h", "if_addr.h", "rtnetlink.h", "fib_rules.h", "netlink.h", "if.h"),
        *("net_namespace.h", "neighbour.h", "pkt_sched.h"),
    )
    tables = [link.ATTRIBUTES, *model.LINK_KINDS.values(), address.ATTRIBUTES, route.ATTRIBUTES]
    rows = [one for table in tables for one in table.values()]
    named_in_tables = {name: number for one in rows for number, name in one.kernel_s}
    ours = {name: value for name, value in vars(wire).items() if name.isupper() and isinstance(value, int)}
    compared = {name: number for name, number in {**ours, **named_in_tables}.items() if name in known}
    assert compared == {name: known[name] for name in compared}
    # A name that is not found is a test that says nothing.
    assert len(compared) > 110
    for name in (
        "RTA_MULTIPATH",
        "RTAX_MTU",
        "FRA_DPORT_RANGE",
        "IFLA_BOND_MODE",
        "IFA_PROTO",
        "RTM_GETRULE",
    ):
        assert name in compared


# Garbage


def examples() -> List[bytes]:
    """Messages with much in them."""
    hops = (NextHop(bytes(4), "eno1"), NextHop(None, "eno2", 3, 1))
    rule_key = RuleKey(
        6, 5, "goto", 7, Prefix(bytes(16), 9), None, "eno1", "", 1, 2, 4, 6, (1, 2), (3, 4), (5, 6)
    )
    steps: List[Tuple[Key, Values]] = [
        (LinkKey("bond1"), {"kind": "bond", "mode": 1, "arp_ip_target": (bytes(4),), "mtu": 9000, "up": 1}),
        (AddressKey("eno1", Prefix(bytes(16), 64)), {"scope": 0, "protocol": 111}),
        (RouteKey(Prefix(bytes(4), 0), 5, 1000), {"nexthops": hops, "mtu": 9, "realms": 1, "protocol": 186}),
        (
            RouteKey(Prefix(b"\x20" + bytes(15), 8), 5),
            {"gateway": bytes(16), "link": "eno1", "congctl": "reno"},
        ),
        (rule_key, {"protocol": 186}),
    ]
    return [made(key, values).body for key, values in steps]


@st.composite
def garbled(draw: Callable[..., Any]) -> bytes:
    """A message cut off, with some of its bytes changed."""
    body = bytearray(draw(st.sampled_from(examples()) | st.binary(max_size=80)))
    for _ in range(draw(st.integers(0, 6)) if body else 0):
        body[draw(st.integers(0, len(body) - 1))] = draw(st.integers(0, 255))
    return bytes(body[: draw(st.integers(0, len(body)))])


@given(st.lists(garbled(), max_size=3), st.binary(max_size=9))
@quick(300)
def test_garbage_is_no_route_and_no_rule(bodies: List[bytes], before: bytes) -> None:
    """Whatever stands before and after a message."""
    messages = [(before + body + before, len(before), len(before) + len(body)) for body in bodies]
    for resource in (
        *decode_route.routes(messages, NAMES).values(),
        *decode_rule.rules(messages).values(),
    ):
        assert str(resource.key)
        for value in dict(resource.values).values():
            assert value is None or isinstance(value, (int, str, bytes, tuple))


@pytest.mark.parametrize("number", [wire.RTA_NH_ID, wire.RTA_VIA, wire.RTA_ENCAP, wire.RTA_NEWDST])
@pytest.mark.parametrize("protocol", [route.PROTOCOL, 186])
def test_a_route_that_we_cannot_say_is_never_a_wanted_one(number: int, protocol: int) -> None:
    key = RouteKey(Prefix(bytes(4), 0), 5)
    message = made(key, {"type": "unicast", "link": "eno1", "protocol": protocol})
    body = message.body + wire.NLATTR.pack(8, number) + wire.U32.pack(7)
    values = decode_route.routes([(body, 0, len(body))], NAMES)[key].values
    assert values["type"] == route.OTHER
    again = values[model.MESSAGE]
    assert isinstance(again, bytes)
    kept = [one for one, *_ in decode.attributes(again, wire.RTMSG.size, len(again))]
    # The kernel takes a next hop object or a link, not both.
    assert (wire.RTA_OIF in kept) == (number != wire.RTA_NH_ID)
    assert number in kept
    assert encoded(Change(key, values, None)).body == again


@pytest.mark.parametrize("number", [25, 26, 28, 30])
def test_a_rule_that_we_cannot_say_is_left_out(number: int) -> None:
    """FRA_DSCP, FRA_FLOWLABEL… of newer kernels."""
    body = made(RuleKey(4, 5, table=7), MappingProxyType({"protocol": route.PROTOCOL})).body
    assert len(decode_rule.rules([(body, 0, len(body))])) == 1
    more = body + wire.NLATTR.pack(8, number) + wire.U32.pack(7)
    assert decode_rule.rules([(more, 0, len(more))]) == {}


# Which attribute was refused


def place_of(body: bytes, first: int, *numbers: int) -> int:
    """Where the header of a nested attribute is."""
    begin, end = first, len(body)
    for wanted in numbers:
        begin, end = next(
            (start, stop) for number, start, stop in decode.attributes(body, begin, end) if number == wanted
        )
    return begin - wire.NLATTR.size


@pytest.mark.parametrize(
    ("key", "values", "numbers", "words"),
    [
        (RouteKey(Prefix(bytes(4), 0), 5), {"mtu": 9000, "link": "eno1"}, (8, 2), "mtu 9000: "),
        (RouteKey(Prefix(bytes(4), 0), 5), {"congctl": "x", "link": "eno1"}, (8, 16), "congctl x: "),
        (RouteKey(Prefix(bytes(4), 0), 5), {"source": bytes(4), "link": "eno1"}, (7,), "source 0.0.0.0: "),
        (RouteKey(Prefix(bytes(4), 0), 5), {"link": "eno1"}, (6,), "metric 5: "),
        (RouteKey(Prefix(bytes(4), 0), 5, 70), {"link": "eno1"}, (15,), "table 70: "),
        (RouteKey(Prefix(bytes(4), 8), 5), {"link": "eno1"}, (1,), "destination 0.0.0.0/8: "),
        (RuleKey(4, 5, source=Prefix(bytes(4), 8)), {}, (2,), "source 0.0.0.0/8: "),
        (RuleKey(4, 5, source_ports=(7, 3)), {}, (23,), "source_ports 7-3: "),
        (RuleKey(4, 5, incoming="eno1"), {}, (3,), "incoming eno1: "),
        (LinkKey("bond1"), {"kind": "bond", "mode": 1}, (18, 2, 1), "mode active-backup: "),
        (LinkKey("eno1"), {"kind": "", "mtu": 9}, (4,), "mtu 9: "),
    ],
)  # fmt: skip
def test_the_refused_attribute_is_named(
    key: Key, values: Values, numbers: Tuple[int, ...], words: str
) -> None:
    sizes = {"link": wire.IFINFOMSG.size, "route": wire.RTMSG.size, "rule": wire.FIB_RULE_HDR.size}
    step = Change(key, None, values)
    body = encoded(step).body
    refusal = Refusal(0, 22, "no good", place_of(body, sizes[key.resource], *numbers))
    assert reason(step, body, refusal) == f"{words}Invalid argument: no good"
    assert reason(step, body, refusal._replace(offset=len(body))) == "Invalid argument: no good"
    assert reason(step, body, refusal._replace(offset=None)) == "Invalid argument: no good"

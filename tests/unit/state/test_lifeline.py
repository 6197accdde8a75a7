"""Whether a plan cuts the branch it sits on; with real links in tests/kernel/test_lifeline.py."""

from __future__ import annotations

from typing import Dict, List, Mapping, Sequence, Tuple

import pytest

from os_net_config.state import bond, row
from os_net_config.state.diff import diff
from os_net_config.state.lifeline import at_risk, session_address, session_at_risk
from os_net_config.state.model import AddressKey, Key, LinkKey, Resource, RouteKey, RowKey, State
from os_net_config.state.plan import plan
from os_net_config.state.values import NextHop, Prefix, Value

ROUND_ROBIN, ACTIVE_BACKUP = (bond.MODES.index(one) for one in ("balance-rr", "active-backup"))
HERE = bytes([10, 20, 0, 10])
GATEWAY = bytes([10, 20, 0, 1])
DEFAULT = RouteKey(Prefix(bytes(4), 0), 0)
DEFAULT_IPV6 = RouteKey(Prefix(bytes(16), 0), 1024)


def link(name: str, **values: Value) -> Resource:
    return Resource(LinkKey(name), {"kind": "", "up": 1, "master": None, "mtu": 1500, **values})


def address(on: str, packed: bytes = HERE) -> Resource:
    return Resource(AddressKey(on, Prefix(packed, 24)), {"protocol": 111})


def route(key: RouteKey, on: str, **more: Value) -> Resource:
    values: Dict[str, Value] = {"link": on, "gateway": GATEWAY, "type": "unicast", "protocol": 111}
    return Resource(key, {**values, **more})


def said(name: str, **values: Value) -> Resource:
    return Resource(LinkKey(name), values)


NICS = tuple(link(f"eth{number}") for number in range(4))
BOND = (
    link("bond0", kind="bond", mode=ROUND_ROBIN, group=111),
    link("eth0", master="bond0"),
    link("eth1", master="bond0"),
)
VLAN = link("vlan20", kind="vlan", link="bond0", id=20, group=111)
BRIDGE = (
    link("br0", kind="bridge", group=111),
    link("eth3", master="br0"),
    link("tap0", kind="tun", master="br0"),
)


def state(*resources: Resource) -> State:
    return State({one.key: one for one in resources})


def risks(
    wanted: Sequence[Resource], live: Sequence[Resource], removals: Sequence[Key] = (), session: bytes = HERE
) -> List[str]:
    before, then = state(*live), state(*wanted)
    changes = diff(then, before, dict.fromkeys(removals, ())).changes
    return at_risk(plan(changes, then, before), before, session)


ON_VLAN = (*NICS, *BOND, VLAN, address("vlan20"))
BY = "this SSH session comes by vlan20, which"
Case = Tuple[Sequence[Resource], Sequence[Key], str]

OF_THE_SESSION: List[Case] = [
    ([], [VLAN.key], f"{BY} is removed"),
    ([said("vlan20", kind="vlan", link="eth2", id=20)], [], f"{BY} is made anew"),
    ([said("bond0", mode=ACTIVE_BACKUP)], [], f"{BY} goes down"),
    ([said("vlan20", up=0)], [], f"{BY} goes down"),
    ([said("eth0", master=None), said("eth1", master=None)], [],
     f"{BY} stands on bond0, which is without eth0, eth1"),
    ([], [AddressKey("vlan20", Prefix(HERE, 24))],
     "this SSH session comes to 10.20.0.10 on vlan20, which is removed"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("wanted", "removals", "text"), OF_THE_SESSION, ids=[one[2] for one in OF_THE_SESSION]
)
def test_session(wanted: Sequence[Resource], removals: Sequence[Key], text: str) -> None:
    assert risks(wanted, ON_VLAN, removals) == [text]


HARMLESS: List[Tuple[Sequence[Resource], Sequence[Key]]] = [
    ([], []),
    ([said("bond0", mtu=1400)], []),
    ([said("vlan20", mtu=1400)], []),
    ([said("eth1", master=None)], []),
    ([said("eth2", up=0)], []),
    ([Resource(AddressKey("vlan20", Prefix(bytes([10, 20, 0, 11]), 24)), {})], []),
]


@pytest.mark.parametrize(("wanted", "removals"), HARMLESS)
def test_what_cuts_nothing(wanted: Sequence[Resource], removals: Sequence[Key]) -> None:
    """A bond has other ports."""
    assert risks(wanted, (*ON_VLAN, route(DEFAULT, "vlan20")), removals) == []


def test_a_port_of_a_bridge_may_be_the_one_that_leads_out() -> None:
    there = (*NICS, *BRIDGE, address("br0"))
    assert risks([said("eth3", master=None)], there) == [
        "this SSH session comes by br0, which is without eth3"
    ]
    assert risks([said("tap0", master=None)], there) == []


def test_a_bridge_on_a_bond_that_goes_down() -> None:
    port = link("bond0", kind="bond", mode=ROUND_ROBIN, master="br0")
    there = (*NICS, *BOND, link("br0", kind="bridge"), port, address("br0"))
    wanted = [said("bond0", mode=ACTIVE_BACKUP, master="br0")]
    assert risks(wanted, there) == ["this SSH session comes by br0, which is without bond0"]


def test_a_nic_becomes_a_port() -> None:
    there = (*NICS, route(DEFAULT, "eth2"))
    wanted = [link("br9", kind="bridge"), said("eth2", master="br9")]
    assert risks(wanted, there) == ["the default route is by eth2, which becomes a port of br9"]


def rows(bridge: str, ports: Mapping[str, Sequence[str]]) -> Tuple[Resource, ...]:
    """A bridge of Open vSwitch with its own interface, and ports with theirs; a VLAN is an internal one."""
    found = [Resource(RowKey(row.BRIDGE, bridge), {row.LABEL: "made"})]
    for port, interfaces in {bridge: [bridge], **ports}.items():
        found.append(Resource(RowKey(row.PORT, port), {"bridge": bridge, row.LABEL: "made"}))
        for name in interfaces:
            is_internal = name == bridge or name.startswith("vlan")
            values: Dict[str, Value] = {"port": port, "type": row.INTERNAL if is_internal else ""}
            found.append(Resource(RowKey(row.INTERFACE, name), {**values, row.LABEL: "made"}))
    return tuple(found)


PORTS = {"eth0": ["eth0"], "obond": ["eth1", "eth2"], "tap0": ["tap0"], "vlan20": ["vlan20"]}
SWITCH = rows("br-ex", PORTS)
IN_THE_SWITCH = (
    *NICS,
    *(link(name, kind="openvswitch") for name in ("br-ex", "vlan20")),
    link("tap0", kind="tun"),
    *SWITCH,
)


def without(*names: str) -> List[Key]:
    return [one.key for one in SWITCH if isinstance(one.key, RowKey) and one.key.name in names]


@pytest.mark.parametrize(
    ("on", "wanted", "removals", "text"),
    [
        ("eth3", rows("br9", {"eth3": ["eth3"]}), [], "eth3, which becomes a port of br9"),
        ("eth3", rows("br9", {"b": ["eth3", "eth2"]}), [], "eth3, which becomes a port of br9"),
        ("br-ex", (), without("eth0"), "br-ex, which is without eth0"),
        ("vlan20", (), without("eth0"), "vlan20, which stands on br-ex, which is without eth0"),
        ("br-ex", (), without("obond", "eth1", "eth2"), "br-ex, which is without obond"),
        ("br-ex", (), without("eth1"), ""),
        ("br-ex", (), without("tap0"), ""),
        ("br-ex", (said("eth0", up=0),), [], "br-ex, which is without eth0"),
        ("eth3", (), without("eth0"), ""),
    ],
)
def test_a_session_by_way_of_open_vswitch(
    on: str, wanted: Sequence[Resource], removals: Sequence[Key], text: str
) -> None:
    told = [f"this SSH session comes by {text}"] if text else []
    assert risks(wanted, (*IN_THE_SWITCH, address(on)), removals) == told


def test_default_route() -> None:
    there = (*ON_VLAN, route(DEFAULT, "eth2"), route(DEFAULT_IPV6, "eth3"))
    assert risks([], there, [DEFAULT]) == ["the default route by eth2 is removed"]
    assert risks([], there, [DEFAULT_IPV6]) == ["the default route by eth3 is removed"]
    assert risks([said("eth3", up=0)], there) == ["the default route is by eth3, which goes down"]
    assert risks([route(DEFAULT, "eth1")], there) == ["the default route by eth2 is changed"]
    assert risks([route(DEFAULT, "eth2", onlink=1)], there) == []


def test_default_routes_of_both_families_by_one_link() -> None:
    there = (*NICS, route(DEFAULT, "eth2"), route(DEFAULT_IPV6, "eth2"))
    assert risks([said("eth2", up=0)], there) == ["the default route is by eth2, which goes down"]


def test_default_route_of_several_next_hops() -> None:
    hops = (NextHop(link="eth2", gateway=GATEWAY), NextHop(link="eth3", gateway=GATEWAY))
    there = (*NICS, route(DEFAULT, "", link=None, gateway=None, nexthops=hops))
    assert risks([said("eth3", up=0)], there) == ["the default route is by eth3, which goes down"]


def test_default_route_that_leads_nowhere() -> None:
    there = (*NICS, route(DEFAULT, "", link=None, gateway=None, type="blackhole"))
    assert risks([], there, [DEFAULT]) == []


def test_session_and_default_route_at_once() -> None:
    before = state(*ON_VLAN, route(DEFAULT, "vlan20"))
    cut = plan(diff(State(), before, {VLAN.key: ()}).changes, State(), before)
    assert at_risk(cut, before, HERE) == [
        f"{BY} is removed",
        "the default route is by vlan20, which is removed",
    ]
    assert at_risk(cut, before) == ["the default route is by vlan20, which is removed"]
    assert session_at_risk(cut, before, HERE) == [f"{BY} is removed"]
    assert session_at_risk(cut, before, bytes([192, 0, 2, 1])) == []
    assert session_at_risk(cut, before, None) == []


def test_two_nics_that_are_each_others_peer_have_no_end() -> None:
    there = (link("eth0", kind="veth", link="eth1"), link("eth1", kind="veth", link="eth0"), address("eth0"))
    assert risks([link("br9", kind="bridge")], there) == []


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("198.51.100.9 50022 10.20.0.10 22", HERE),
        ("2001:db8:99::9 50022 2001:DB8:20:0::10 22", bytes.fromhex("20010db8002000000000000000000010")),
        ("fe80::9%eth0 50022 fe80::1%eth0 22", b"\xfe\x80" + bytes(13) + b"\1"),
        ("", None),
        ("nonsense", None),
        ("a b c d", None),
        ("a b c d e", None),
        ("198.51.100.9 50022 10.20.0.10", None),
    ],
)
def test_session_address(text: str, found: bytes) -> None:
    assert session_address(text) == found

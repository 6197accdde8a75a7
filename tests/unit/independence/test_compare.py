"""The comparison of two readings: whatever differs is found, and only what may differ is let pass."""

from __future__ import annotations

import copy
from typing import Any, Callable, Dict

import pytest

from tests.independence.allowances import ALLOWANCES
from tests.independence.compare import differences
from tests.independence.reader import Reading

Change = Callable[[Reading], object]


def link(mac: str, kind: str = "veth", **more: Any) -> Dict[str, Any]:
    info = {"info_kind": kind, "info_data": more.pop("data", {}), "info_slave_data": more.pop("port", {})}
    return {
        "ifindex": 2, "flags": ["UP", "LOWER_UP"], "mtu": 1500, "operstate": "UP", "address": mac,
        "qdisc": "noqueue", "promiscuity": 0, "linkinfo": info, "settings": {"ipv6.accept_ra": 1}, **more,
    }  # fmt: skip


def mac(number: int) -> str:
    return f"52:54:00:00:00:{number:02}"


def port(number: int) -> Dict[str, Any]:
    return {"perm_hwaddr": mac(number), "state": "ACTIVE", "mii_status": "UP", "queue_id": 0}


def address(text: str, length: int, **more: Any) -> Dict[str, Any]:
    family = "inet6" if ":" in text else "inet"
    return {"family": family, "local": text, "prefixlen": length, "protocol": 111, **more}


def reading() -> Reading:
    """A bond of two NICs with a VLAN on it, and a bridge over a third."""
    bond = {"mode": "balance-xor", "miimon": 100, "active_slave": "eno1"}
    bridge_port = {"cost": 2, "no": "0x1", "priority": 32, "bridge_id": "8000.52:54:0:0:0:3"}
    return {
        "links": {
            "eno1": link(mac(1), master="bond1", port=port(1)),
            "eno2": link(mac(1), master="bond1", port=port(2)),
            "eno3": link(mac(3), master="br1", port=bridge_port),
            "bond1": link(mac(1), "bond", data=bond, bonding={"slaves": "eno1 eno2", "miimon": "100"}),
            "br1": link(mac(3), "bridge", data={"stp_state": 0, "gc_timer": 0.5}),
            "vlan10": link(mac(1), "vlan", data={"id": 10}, link="bond1"),
        },
        "addresses": {
            "vlan10": [address("10.1.0.10", 24), address("10.1.0.11", 24, secondary=True),
                       address("10.2.0.10", 24), address("2001:db8:1::10", 64),
                       address("fe80::5054:ff:fe00:1", 64, protocol=3)],
        },
        "routes": [
            {"type": "unicast", "dst": "172.16.1.0/24", "gateway": "10.1.0.1", "dev": "vlan10",
             "table": "main", "protocol": "111", "flags": []},
            {"type": "unicast", "dst": "fe80::/64", "dev": "vlan10", "protocol": "kernel", "flags": []},
        ],
        "rules": [{"header": "02", "15": "fe000000"}],
        "names": {"rt_tables": "254 main\n"},
        "defaults": {"ipv6/conf/all/accept_ra": "1"},
    }  # fmt: skip


def put(*place: Any) -> Change:
    """Give the thing at a place, the last but one, the last one as its value."""

    def change(one: Reading) -> None:
        holder: Any = one
        for key in place[:-2]:
            holder = holder[key]
        holder[place[-2]] = place[-1]

    return change


def both(*changes: Change) -> Change:
    return lambda one: [change(one) for change in changes]


VLAN10 = ("addresses", "vlan10")
BOND_DATA = ("links", "bond1", "linkinfo", "info_data")
PORT_DATA = ("links", "eno3", "linkinfo", "info_slave_data")

DIFFERENT: Dict[str, Change] = {
    "a link is missing": lambda one: one["links"].pop("vlan10"),
    "a link is left over": put("links", "net1", link(mac(4))),
    "a link is down": put("links", "eno1", "flags", []),
    "mtu": put("links", "eno1", "mtu", 9000),
    "master": put("links", "eno3", "master", "br2"),
    "an attribute that nobody has heard of": put("links", "eno1", "new", 1),
    "a bond's option": put(*BOND_DATA, "miimon", 200),
    "a bond's option in sysfs": put("links", "bond1", "bonding", "miimon", "200"),
    "a bond's ports": put("links", "bond1", "bonding", "slaves", "eno1"),
    "a bridge's option": put("links", "br1", "linkinfo", "info_data", "stp_state", 1),
    "a VLAN's device": put("links", "vlan10", "link", "eno3"),
    "a setting": put("links", "eno1", "settings", "ipv6.accept_ra", 0),
    "a NIC's MAC address": put("links", "eno3", "address", mac(9)),
    "a bond's MAC address that is no port's": put("links", "bond1", "address", mac(9)),
    "a port's MAC address that is not its bond's": put("links", "eno2", "address", mac(2)),
    "a VLAN's MAC address that is not its device's": put("links", "vlan10", "address", mac(2)),
    "a cost that somebody set": put(*PORT_DATA, "cost", 10),
    "a port's priority": put(*PORT_DATA, "priority", 8),
    "promiscuity": put("links", "eno3", "promiscuity", 1),
    "an address is missing": lambda one: one["addresses"]["vlan10"].pop(2),
    "an address is left over": lambda one: one["addresses"]["vlan10"].append(address("10.9.0.1", 24)),
    "an address is a duplicate": both(
        put(*VLAN10, 3, "tentative", True), put(*VLAN10, 3, "dadfailed", True)
    ),
    "an address has no label": put(*VLAN10, 0, "protocol", 0),
    "another prefix length": put(*VLAN10, 3, "prefixlen", 48),
    "the order within a subnet": both(
        put(*VLAN10, 0, address("10.1.0.11", 24)), put(*VLAN10, 1, address("10.1.0.10", 24, secondary=True))
    ),
    "a link-local address that somebody gave": put(*VLAN10, 4, "local", "fe80::1"),
    "a route is missing": lambda one: one["routes"].pop(0),
    "a route is there twice": lambda one: one["routes"].append(dict(one["routes"][0])),
    "a gateway": put("routes", 0, "gateway", "10.1.0.2"),
    "a table": put("routes", 0, "table", "100"),
    "a rule is left over": lambda one: one["rules"].append({"header": "02", "15": "64000000"}),
    "a name is left over": put("names", "rt_tables", "254 main\n100 blue\n"),
    "a file of names is left over": put("names", "rt_tables.d/x.conf", "100 blue\n"),
    "a setting of all links": put("defaults", "ipv6/conf/all/accept_ra", "0"),
}  # fmt: skip


def _swap_subnets(one: Reading) -> None:
    entries = one["addresses"]["vlan10"]
    one["addresses"]["vlan10"] = [entries[2], *entries[:2], *entries[3:]]


def _detection_goes_on(one: Reading) -> None:
    one["addresses"]["vlan10"][3]["tentative"] = True
    own = {"type": "local", "dst": "2001:db8::10", "dev": "eno3", "protocol": "kernel", "table": "local"}
    one["routes"].append(own)


def _another_port_gives_its_address(one: Reading) -> None:
    for name in ("eno1", "eno2", "bond1", "vlan10"):
        one["links"][name]["address"] = mac(2)


ALIKE: Dict[str, Change] = {
    "index": put("links", "eno1", "ifindex", 7),
    "carrier": both(
        put("links", "eno1", "flags", ["UP", "NO-CARRIER"]),
        put("links", "eno1", "operstate", "LOWERLAYERDOWN"),
        put("routes", 0, "flags", ["dead", "linkdown"]),
    ),
    "active port": put(*BOND_DATA, "active_slave", "eno2"),
    "LACP": put(*BOND_DATA, "ad_info", {"aggregator": 1}),
    "spanning tree": put("links", "br1", "linkinfo", "info_data", "gc_timer", 3.5),
    "path cost": put(*PORT_DATA, "cost", 100),
    "detection": _detection_goes_on,
    "offload limits": put("links", "bond1", "tso_max_size", 1),
    "link-local": both(put(*VLAN10, 4, "local", "fe80::5054:ff:fe00:2"), put("routes", 1, "dev", "eno3")),
    "automatic MAC": _another_port_gives_its_address,
    "order of ports": both(
        put("links", "bond1", "bonding", "slaves", "eno2 eno1"), put(*PORT_DATA, "no", "0x2")
    ),
    "order of subnets": _swap_subnets,
    "order of routes": lambda one: one["routes"].reverse(),
    "names of our number": lambda one: one["names"].update(
        {"rt_protos.d/os-net-config.conf": "# Written by os-net-config\n111\tos-net-config\n"}
    ),
    "rule of VRFs": lambda one: one["rules"].append({"header": "02", "19": "01", "21": "02"}),
}


def changed(change: Change) -> Reading:
    made = reading()
    change(made)
    assert made != reading()
    return made


@pytest.mark.parametrize("name", DIFFERENT)
def test_differences_are_found(name: str) -> None:
    other = changed(DIFFERENT[name])
    assert differences(other, reading())
    assert differences(reading(), other)


@pytest.mark.parametrize("name", ALIKE)
def test_what_may_differ_does_not(name: str) -> None:
    assert differences(changed(ALIKE[name]), reading()) == []


@pytest.mark.parametrize("allowed", ALIKE)
@pytest.mark.parametrize("name", ["mtu", "an address is left over", "a rule is left over", "a gateway"])
def test_what_may_differ_hides_nothing_else(allowed: str, name: str) -> None:
    other = changed(both(DIFFERENT[name], ALIKE[allowed]))
    assert differences(other, reading()) == differences(changed(DIFFERENT[name]), reading())


def test_queue_of_a_link_that_is_down() -> None:
    down = changed(put("links", "eno3", "flags", []))
    other = changed(both(put("links", "eno3", "flags", []), put("links", "eno3", "qdisc", "noop")))
    assert differences(other, down) == []
    assert differences(changed(put("links", "eno3", "qdisc", "noop")), reading())


def test_promiscuity_of_a_bonds_ports() -> None:
    alb = changed(put(*BOND_DATA, "mode", "balance-alb"))
    other = copy.deepcopy(alb)
    other["links"]["eno1"].update(promiscuity=1, allmulti=1)
    assert differences(other, alb) == []
    assert differences(changed(put("links", "eno1", "promiscuity", 1)), reading()) == []
    assert differences(changed(put("links", "eno1", "allmulti", 1)), reading())
    assert differences(changed(put("links", "eno3", "promiscuity", 1)), reading())


def test_mac_address_that_the_config_names() -> None:
    other = changed(_another_port_gives_its_address)
    assert differences(other, reading(), frozenset({"bond1"})) == [
        f"links.bond1.address: {mac(2)}, alone {mac(1)}"
    ]


def test_ports_that_exchange_their_addresses() -> None:
    alb = changed(put(*BOND_DATA, "mode", "balance-alb"))
    other = copy.deepcopy(alb)
    other["links"]["eno2"]["address"] = mac(2)
    assert differences(other, alb) == []
    other["links"]["eno2"]["address"] = mac(9)
    assert differences(other, alb)


def test_random_address_of_a_tap() -> None:
    one, other = (changed(put("links", "tap1", link(mac(number), "tun"))) for number in (8, 9))
    assert differences(one, other) == []


def test_readings_are_left_as_they_are() -> None:
    one = reading()
    differences(one, reading())
    assert one == reading()


def test_every_allowance_has_its_reason_and_its_test() -> None:
    others = {"queue of a link that is down", "promiscuity"}
    assert {one.name for one in ALLOWANCES} == {*ALIKE, *others}
    assert all(one.reason for one in ALLOWANCES)


def test_a_difference_says_where_it_is() -> None:
    assert differences(changed(put("links", "eno1", "mtu", 9000)), reading()) == [
        "links.eno1.mtu: 9000, alone 1500"
    ]

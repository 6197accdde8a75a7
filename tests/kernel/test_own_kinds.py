"""Kinds of links of our own: made, changed by the gentlest means, made anew, adopted, taken back, removed."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any, Dict, NamedTuple, Sequence

import pytest

from .support.node import Node, ip
from .support.observed import identities, observe, snapshot
from .test_rollback import TAKEN_BACK

pytestmark = pytest.mark.rotating

_MAC, _OTHER_MAC = "52:54:00:aa:00:01", "52:54:00:aa:00:02"


def config(*objects: str) -> str:
    return "network_config:\n" + "".join(f"- {{{one}}}\n" for one in objects)


#: What is there whatever the tests say, so that no NIC leaves the file.
NICS = (
    "type: interface, name: nic1, addresses: [{ip_netmask: 192.0.2.10/24}, {ip_netmask: '2001:db8::10/64'}]",
    "type: interface, name: nic2, mtu: 1600",
)


def told(name: str) -> Dict[str, Any]:
    """What ip tells of a link, its kind's own data among it."""
    done = subprocess.run(["ip", "-j", "-d", "link", "show", name], stdout=subprocess.PIPE, check=True)
    (one,) = json.loads(done.stdout)
    own = one.get("linkinfo", {}).get("info_data", {})
    return {**one, **own, "kind": one["linkinfo"]["info_kind"], "up": "UP" in one["flags"]}


class Kind(NamedTuple):
    """``said`` is the whole object; each of ``changes`` is another one, what ip tells then, and whether
    the link is made anew for it.
    """

    said: str
    told: Dict[str, Any]
    #: The commands with which somebody makes the same.
    by_hand: Sequence[str]
    changes: Sequence[tuple[str, Dict[str, Any], bool]]


DUMMY = "type: dummy, name: own1"
MACVLAN = "type: macvlan, name: own1, device: nic1"
VXLAN = "type: vxlan, name: own1, vxlan_id: 10"
TUNNEL = f"{VXLAN}, device: nic1, local: 192.0.2.10, remote: 192.0.2.11, learning: true"
TUNNEL6 = f"{VXLAN}, device: nic1, local: '2001:db8::10', remote: '2001:db8::11'"

KINDS = {
    "dummy": Kind(
        f"{DUMMY}, macaddr: '{_MAC}', addresses: [{{ip_netmask: 10.9.0.1/32}}]",
        {"kind": "dummy", "address": _MAC, "mtu": 1500, "up": True, "group": "os-net-config"},
        (f"link add own1 address {_MAC} type dummy", "link set own1 up"),
        [
            (f"{DUMMY}, macaddr: '{_OTHER_MAC}'", {"address": _OTHER_MAC}, False),
            (f"{DUMMY}, mtu: 9000", {"mtu": 9000}, False),
            (DUMMY, {"mtu": 1500}, False),
        ],
    ),
    "macvlan": Kind(
        f"{MACVLAN}, mode: vepa, macaddr: '{_MAC}', addresses: [{{ip_netmask: 192.0.2.20/24}}]",
        {"kind": "macvlan", "mode": "vepa", "link": "eno1", "address": _MAC, "mtu": 1500, "up": True},
        (f"link add own1 link eno1 address {_MAC} type macvlan mode private", "link set own1 up"),
        [
            (f"{MACVLAN}, mode: private", {"mode": "private"}, False),
            (MACVLAN, {"mode": "bridge"}, False),
            (f"{MACVLAN}, macaddr: '{_OTHER_MAC}'", {"address": _OTHER_MAC}, False),
            (f"{MACVLAN}, mtu: 1400", {"mtu": 1400}, False),
            (MACVLAN, {"mtu": 1500}, False),
            (f"{MACVLAN}, mode: passthru", {"mode": "passthru", "address": "52:54:00:00:00:01"}, True),
            (f"{MACVLAN}, mode: vepa", {"mode": "vepa"}, True),
            ("type: macvlan, name: own1, device: nic2", {"link": "eno2", "mtu": 1600}, True),
        ],
    ),
    "vxlan": Kind(
        TUNNEL,
        {"kind": "vxlan", "id": 10, "link": "eno1", "local": "192.0.2.10", "remote": "192.0.2.11",
         "port": 4789, "learning": True, "ageing": 300, "ttl": 0, "mtu": 1450, "up": True},
        ("link add own1 type vxlan id 10 dev eno1 local 192.0.2.10 dstport 4789 nolearning",
         "link set own1 up"),
        [
            (f"{TUNNEL}, ttl: 9", {"ttl": 9}, False),
            (f"{TUNNEL}, tos: 1", {"tos": "0x1", "ttl": 0}, False),
            (f"{TUNNEL}, df: set", {"df": "set"}, False),
            (f"{TUNNEL}, ageing: 60".replace("true", "false"), {"learning": False, "ageing": 60}, False),
            (f"{TUNNEL}, mtu: 1400", {"learning": True, "ageing": 300, "mtu": 1400}, False),
            (f"{TUNNEL}, macaddr: '{_MAC}'", {"address": _MAC, "mtu": 1450}, False),
            (f"{VXLAN}, device: nic1, remote: 192.0.2.12", {"remote": "192.0.2.12", "local": None}, False),
            (f"{VXLAN}, device: nic1, local: 192.0.2.10", {"remote": None, "local": "192.0.2.10"}, False),
            (TUNNEL, {"remote": "192.0.2.11"}, False),
            (f"{TUNNEL}, srcport: 40000-50000", {"port_range": {"low": 40000, "high": 50000}}, True),
            (TUNNEL, {"port_range": {"low": 0, "high": 0}}, True),
            (f"{TUNNEL}, dstport: 8472", {"port": 8472}, True),
            (TUNNEL.replace("id: 10", "id: 11"), {"id": 11, "port": 4789}, True),
            (f"{VXLAN}, device: nic1, group: 239.1.1.1", {"group": "239.1.1.1", "remote": None}, True),
            (f"{VXLAN}, device: nic2, group: 239.1.1.1", {"group": "239.1.1.1", "link": "eno2",
                                                         "mtu": 1550}, True),
            (f"{VXLAN}, remote: 192.0.2.11", {"link": None, "mtu": 1500}, True),
            (TUNNEL6, {"remote6": "2001:db8::11", "local6": "2001:db8::10", "mtu": 1430}, True),
            (f"{VXLAN}, device: nic1, group: 'ff05::1'", {"group6": "ff05::1"}, True),
            (VXLAN, {"group6": None}, True),
        ],
    ),
}  # fmt: skip

each = pytest.mark.parametrize("kind", list(KINDS.values()), ids=list(KINDS))


def is_told(expected: Dict[str, Any]) -> None:
    found = told("own1")
    assert {name: found.get(name) for name in expected} == expected


@each
def test_made_changed_and_removed(node: Node, kind: Kind) -> None:
    """A second run finds nothing, and without it the node is as one that never had it."""
    node.applied(config(*NICS))
    before = snapshot()
    node.applied(config(*NICS, kind.said))
    is_told(kind.told)
    node.unchanged(config(*NICS, kind.said))
    for said, expected, is_anew in kind.changes:
        index = identities()["own1"]
        run = node.applied(config(*NICS, said))
        is_told(expected)
        assert told("own1")["up"]
        assert ("made anew" in run.output) is is_anew, run
        assert identities()["own1"] == index
        node.unchanged(config(*NICS, said))
    node.applied(config(*NICS))
    assert snapshot() == before


@each
def test_made_by_hand_it_is_adopted_and_released(node: Node, kind: Kind) -> None:
    node.applied(config(*NICS))
    ip(*kind.by_hand)
    before, index = snapshot(), identities()["own1"]
    node.applied(config(*NICS, kind.said))
    is_told({name: value for name, value in kind.told.items() if name != "group"})
    assert identities()["own1"] == index
    node.unchanged(config(*NICS, kind.said))
    node.applied(config(*NICS))
    assert snapshot() == before


@each
def test_a_refused_run_is_taken_back(node: Node, kind: Kind) -> None:
    """Its last step is refused: the kernel has no IPv6 on that NIC."""
    Path("/proc/sys/net/ipv6/conf/eno4/disable_ipv6").write_text("1", encoding="ascii")
    refused = "type: interface, name: nic4, addresses: [{ip_netmask: '2001:db8:4::10/64'}]"
    node.applied(config(*NICS))
    before = snapshot()
    run = node.apply(config(*NICS, kind.said, refused))
    assert (run.status, TAKEN_BACK in run.errors) == (4, True), run
    assert snapshot() == before
    node.applied(config(*NICS, kind.said))
    for said, _, _ in kind.changes:
        made = snapshot()
        run = node.apply(config(*NICS, said, refused))
        assert (run.status, TAKEN_BACK in run.errors) == (4, True), run
        assert snapshot() == made
        node.applied(config(*NICS, said))


@pytest.mark.parametrize("name", list(KINDS))
def test_remove_config(node: Node, name: str) -> None:
    node.applied(config(*NICS))
    before = snapshot()
    ip(*KINDS[name].by_hand)
    asked = f"{config(*NICS)}remove_config:\n- {{remove_type: {name}, remove_name: own1}}\n"
    node.applied(asked, "--remove-config")
    assert snapshot() == before


@each
def test_it_goes_with_its_device(node: Node, kind: Kind) -> None:
    """Made anew with the VLAN that it stands on, with all that it has."""
    said = kind.said.replace("device: nic1", "device: vlan20")
    below = "type: vlan, vlan_id: 20, device: nic2"
    node.applied(config(*NICS, said, below))
    made = observe()
    node.applied(config(*NICS, said, below.replace("nic2", "nic3")))
    moved = observe()
    assert moved.addresses.get("own1") == made.addresses.get("own1")
    node.unchanged(config(*NICS, said, below.replace("nic2", "nic3")))
    node.applied(config(*NICS, said, below))
    assert observe() == made


@pytest.mark.parametrize(
    "member", [f"{{{DUMMY}}}", f"{{{MACVLAN}}}", f"{{{TUNNEL}}}"], ids=["dummy", "macvlan", "vxlan"]
)
def test_a_port_of_a_bridge(node: Node, member: str) -> None:
    said = config(*NICS, f"type: linux_bridge, name: br0, members: [{member}]")
    node.applied(said)
    assert told("own1")["master"] == "br0"
    node.unchanged(said)
    alone = config(*NICS, member[1:-1])
    node.applied(alone)
    assert "master" not in told("own1")
    node.unchanged(alone)


def test_a_dummy_in_a_bond(node: Node) -> None:
    said = config(*NICS, f"type: linux_bond, name: bond1, members: [{{{DUMMY}}}]")
    node.applied(said)
    assert told("own1")["master"] == "bond1"
    node.unchanged(said)


def test_two_vxlans_change_places(node: Node) -> None:
    """The kernel has each id once."""
    one, two = "type: vxlan, name: a1, vxlan_id: {}", "type: vxlan, name: a2, vxlan_id: {}"
    node.applied(config(*NICS, one.format(10), two.format(20)))
    node.applied(config(*NICS, one.format(20), two.format(10)))
    assert (told("a1")["id"], told("a2")["id"]) == (20, 10)


def test_an_id_that_somebody_has_is_an_error_before_anything_is_touched(node: Node) -> None:
    ip("link add theirs type vxlan id 10 dstport 4789")
    before = snapshot()
    run = node.apply(config(*NICS, VXLAN))
    assert run.status == 1, run
    assert "VXLAN 10 at UDP port 4789 is there already, as theirs" in run.errors
    assert snapshot() == before


def test_a_device_that_macvlans_had_becomes_a_port(node: Node) -> None:
    """Its driver hands what it receives to one: the macvlans go first, and come when it is free."""
    macvlans = config(NICS[0], "type: interface, name: nic2", "type: macvlan, name: own1, device: nic2")
    bridged = config(NICS[0], "type: linux_bridge, name: br0, members: [{type: interface, name: nic2}]")
    bonded = bridged.replace("linux_bridge", "linux_bond")
    for said in (macvlans, bridged, macvlans, bonded, macvlans):
        node.applied(said)
        node.unchanged(said)
    assert told("own1")["link"] == "eno2"


def test_a_macvlan_that_takes_its_device_for_itself(node: Node) -> None:
    one, two = (
        "type: macvlan, name: {}, device: nic2",
        "type: macvlan, name: {}, device: nic2, mode: passthru",
    )
    node.applied(config(*NICS, one.format("a1")))
    node.applied(config(*NICS, two.format("a2")))
    node.applied(config(*NICS, one.format("a1"), one.format("a3")))
    assert told("a1")["mode"] == "bridge"


def test_an_mtu_follows_the_device(node: Node) -> None:
    def said(mtu: int) -> str:
        nic = f"type: interface, name: nic3, mtu: {mtu}"
        return config(
            nic, MACVLAN.replace("nic1", "nic3"), "type: vxlan, name: vx1, vxlan_id: 5, device: nic3"
        )

    for mtu in (1500, 9000, 1400, 1500):
        node.applied(said(mtu))
        assert (told("own1")["mtu"], told("vx1")["mtu"]) == (mtu, mtu - 50)
        node.unchanged(said(mtu))


def test_infiniband_is_asked_for_where_there_is_none(node: Node) -> None:
    run = node.apply("network_config:\n- {type: ib_interface, name: nic1}\n")
    assert run.status == 1, run
    assert "eno1 is no InfiniBand interface" in run.errors

"""IPv6 routes in which the kernel has next hops of ours and of a routing daemon: each keeps its own."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any, List, Sequence, Tuple

import pytest

from .support.foreign import next_hops
from .support.node import Node
from .support.site import site

pytestmark = [pytest.mark.acceptance, pytest.mark.rotating(5)]

TO = "2001:db8:9::/48"
_IPV4 = "{ip_netmask: 203.0.113.0/24, next_hop: 10.20.0.1}"
WITHOUT = site(routes=[_IPV4])
MOVED = site(vlan20="device: nic4")
THEIRS = "2001:db8:20::b"
FIRST, SECOND, THIRD = "2001:db8:20::1", "2001:db8:20::2", "2001:db8:20::3"


def via(*gateways: str, more: str = "", device: str = "bond1") -> str:
    """The site with these next hops of ours, and its VLAN 20 on this device."""
    hops = " ".join(f"nexthop via {one} dev vlan20" for one in gateways if len(gateways) > 1)
    said = [f"ip_netmask: '{TO}'"]
    said += [f"next_hop: '{gateways[0]}'"] if len(gateways) == 1 else []
    said += [f"route_options: '{f'{more} {hops}'.strip()}'"] if more or hops else []
    return site(routes=[_IPV4, f"{{{', '.join(said)}}}"], vlan20=f"device: {device}")


def append(gateway: str = THEIRS, protocol: str = "186") -> None:
    _ip6(f"route append {TO} via {gateway} dev vlan20 proto {protocol}")


def _ip6(command: str) -> None:
    subprocess.run(["ip", "-6", *command.split()], check=True)


def shown(option: str = "") -> List[Tuple[str, str]]:
    """Type and protocol of the route, as the kernel tells them: the protocol is the first one's."""
    command = ["ip", *option.split(), "-6", "-j", "-d", "route", "show", TO]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    return [(one["type"], str(one["protocol"])) for one in json.loads(done.stdout)]


def label() -> str:
    """The protocol that the kernel tells of the route, as a number."""
    ((_, protocol),) = shown("-N")
    return protocol


def is_by(protocol: str, gateway: str) -> bool:
    """Whether the next hop was there with this protocol; it is gone then."""
    command = ["ip", "-6", "route", "del", TO, "via", gateway, "dev", "vlan20", "proto", protocol]
    return subprocess.run(command, stderr=subprocess.DEVNULL, check=False).returncode == 0


def theirs_first(ours: str = FIRST) -> None:
    """As after a moment without ours in which the daemon was quicker."""
    append()
    _ip6(f"route del {TO} via {ours} dev vlan20 proto 111")
    append(ours, "111")
    assert label() == "186"


@pytest.fixture(params=["ours first", "theirs first"])
def beside(node: Node, request: pytest.FixtureRequest) -> Node:
    """A node with our route, in which a daemon has a next hop, too."""
    node.applied(site())
    append() if request.param == "ours first" else theirs_first()
    return node


def recorded(node: Node) -> List[Any]:
    """What the record says that we gave the route."""
    (path,) = node.run_directory.glob("record-*.json")
    entries = json.loads(Path(path).read_text(encoding="utf-8"))["entries"]
    return [one.get("given") for one in entries if one["key"].get("destination") == {"prefix": TO}]


def test_nothing_is_to_be_changed(beside: Node) -> None:
    beside.unchanged(site())
    assert beside.apply(site(), "--noop").status == 0
    assert next_hops(TO) == [FIRST, THEIRS]


def test_ours_changes(beside: Node) -> None:
    beside.applied(via(SECOND))
    assert next_hops(TO) == [SECOND, THEIRS]
    assert [len(given) for given in recorded(beside)] == [1]
    beside.unchanged(via(SECOND))
    assert is_by("111", SECOND) and is_by("186", THEIRS)


@pytest.mark.parametrize("kept", ["", "--prune-all"])
def test_ours_goes(beside: Node, kept: str) -> None:
    beside.applied(WITHOUT, *kept.split())
    assert next_hops(TO) == [THEIRS]
    assert recorded(beside) == []
    beside.unchanged(WITHOUT)
    assert is_by("186", THEIRS)


def test_without_a_record_ours_goes_by_its_label(node: Node) -> None:
    node.applied(site())
    append()
    for path in node.run_directory.glob("record-*.json"):
        path.unlink()
    node.applied(WITHOUT, "--prune-all")
    assert next_hops(TO) == [THEIRS]


def test_ours_becomes_several_and_one_again(beside: Node) -> None:
    for gateways in ((FIRST, SECOND), (SECOND, THIRD), (THIRD,), (FIRST, SECOND, THIRD), (FIRST,)):
        beside.applied(via(*gateways))
        assert next_hops(TO) == [*gateways, THEIRS]
        beside.unchanged(via(*gateways))


def test_several_of_ours_alone_become_one_and_several(node: Node) -> None:
    for gateways in ((FIRST, SECOND), (SECOND,), (SECOND, THIRD), (FIRST,)):
        node.applied(via(*gateways))
        assert next_hops(TO) == list(gateways)
        node.unchanged(via(*gateways))


def test_an_option_of_ours_changes(beside: Node) -> None:
    """Of the one that is not the first no dump tells it."""
    for more in ("mtu 1400", "mtu 1300", ""):
        beside.applied(via(FIRST, more=more))
        assert next_hops(TO) == [FIRST, THEIRS]
        beside.unchanged(via(FIRST, more=more))
    assert is_by("186", THEIRS)
    assert is_by("111", FIRST)


def test_ours_comes_back_where_it_is_missing(beside: Node) -> None:
    assert is_by("111", FIRST)
    assert label() == "186"
    beside.applied(site())
    assert next_hops(TO) == [FIRST, THEIRS]
    beside.unchanged(site())


def test_theirs_goes(beside: Node) -> None:
    _ip6(f"route del {TO} via {THEIRS} dev vlan20 proto 186")
    beside.unchanged(site())
    beside.applied(via(SECOND))
    assert next_hops(TO) == [SECOND]


def test_where_only_theirs_is_there_it_is_a_conflict(node: Node) -> None:
    node.applied(WITHOUT)
    append()
    run = node.apply(site())
    assert run.status == 1 and "not ours (protocol 186" in run.errors, run
    assert next_hops(TO) == [THEIRS]


DEAD_END = f"{{ip_netmask: '{TO}', route_options: unreachable}}"


def test_a_dead_end_of_ours_takes_no_next_hop_of_theirs(beside: Node) -> None:
    """The kernel cannot merge it: it would stand for all of the route, or behind theirs."""
    run = beside.apply(site(routes=[_IPV4, DEAD_END]))
    assert run.status == 1 and f"a route to {TO} with metric 1024 is there already" in run.errors, run
    assert next_hops(TO) == [FIRST, THEIRS]


def test_a_dead_end_stands_for_what_falls_with_its_link(node: Node) -> None:
    """The link of the next hops goes in the same run."""
    node.applied(via(FIRST, SECOND))
    dead = [_IPV4, DEAD_END]
    node.applied(site(routes=dead, vlan20="device: nic4"))
    assert shown() == [("unreachable", "os-net-config")]
    node.unchanged(site(routes=dead, vlan20="device: nic4"))
    node.applied(via(FIRST, SECOND))
    assert next_hops(TO) == [FIRST, SECOND]


def test_another_takes_our_next_hop_over(node: Node) -> None:
    """It has it with its own label now, and what we would remove is not ours any more."""
    node.applied(site())
    _ip6(f"route replace {TO} via {FIRST} dev vlan20 proto 186")
    append()
    node.unchanged(site())
    node.apply(via(SECOND))
    assert next_hops(TO) == [FIRST, SECOND, THEIRS]
    node.unchanged(via(SECOND))


def test_the_vlan_moves(beside: Node) -> None:
    """Theirs is put back with the protocol that is known of it, or the one for routes of which none is."""
    known = label() == "186"
    said = f"come back with the protocol boot, as theirs cannot be read: {TO} metric 1024"
    planned = beside.apply(MOVED, "--noop")
    assert f"others' next hops of route {TO}" in planned.output, planned
    assert (said in planned.output) != known, planned
    beside.applied(MOVED)
    assert next_hops(TO) == [FIRST, THEIRS]
    beside.unchanged(MOVED)
    assert is_by("111", FIRST)
    assert is_by("186" if known else "boot", THEIRS)


def test_the_vlan_moves_and_ours_changes(beside: Node) -> None:
    beside.applied(via(SECOND, THIRD))
    beside.applied(via(FIRST, THIRD, device="nic4"))
    assert next_hops(TO) == [FIRST, THIRD, THEIRS]


def test_several_of_ours_change_while_the_vlan_moves(node: Node) -> None:
    node.applied(via(SECOND, THIRD))
    node.applied(via(FIRST, THIRD, device="nic4"))
    assert next_hops(TO) == [FIRST, THIRD]


def failing(text: str) -> str:
    """What cannot be done comes last: there is no IPv6 on NIC 4."""
    return text.replace("10.40.0.10/24}", "10.40.0.10/24}, {ip_netmask: '2001:db8:4::10/64'}")


CHANGES: Sequence[str] = (via(SECOND), via(SECOND, THIRD), via(FIRST, more="mtu 1400"), WITHOUT)


@pytest.mark.parametrize("changed", CHANGES, ids=["another", "several", "an option", "none"])
def test_a_failed_run_is_taken_back(beside: Node, changed: str) -> None:
    Path("/proc/sys/net/ipv6/conf/eno4/disable_ipv6").write_text("1", encoding="ascii")
    before = recorded(beside)
    run = beside.apply(failing(changed))
    assert (run.status, "the node is as it was, verified" in run.errors) == (4, True), run
    assert next_hops(TO) == [FIRST, THEIRS]
    assert recorded(beside) == before
    beside.unchanged(site())
    assert is_by("111", FIRST)
    assert is_by("186", THEIRS)


def test_a_failed_run_in_which_the_vlan_moves_is_taken_back(beside: Node) -> None:
    Path("/proc/sys/net/ipv6/conf/eno4/disable_ipv6").write_text("1", encoding="ascii")
    run = beside.apply(failing(MOVED))
    assert (run.status, "the node is as it was, verified" in run.errors) == (4, True), run
    assert next_hops(TO) == [FIRST, THEIRS]
    beside.unchanged(site())

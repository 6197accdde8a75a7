"""What was there before us and is named by the file: taken over in place, and given back.

A network that somebody made by hand, with ip's own words, and one that an initramfs left.
"""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any, Dict, List, Sequence, Tuple

import pytest

from .support import tracing
from .support.node import Node, ip
from .support.observed import bonds, carrier_changes, identities, observe
from .support.program import Run
from .support.router import announce_prefix
from .support.site import bonding, config, far_end, vlan
from .support.traffic import streaming
from .support.watching import wait_until_up, watching

pytestmark = [pytest.mark.acceptance, pytest.mark.rotating]

#: A file that names next to nothing of the node.
LITTLE = config("{type: interface, name: nic4}")

BY_HAND = (
    "link set eno4 up",
    "link add bond1 type bond mode balance-xor miimon 250 xmit_hash_policy layer3+4 resend_igmp 7",
    "link set eno1 down",
    "link set eno1 master bond1",
    "link set eno2 down",
    "link set eno2 master bond1",
    "link set bond1 mtu 1450",
    "link set bond1 up",
    "link add link bond1 name vlan10 type vlan id 10",
    "link set vlan10 mtu 1400",
    "link set vlan10 up",
    "address add 10.10.0.10/24 brd + dev vlan10",
    "address add 10.10.0.20/24 brd + dev vlan10",
    "address add 2001:db8:10::10/64 dev vlan10 nodad",
    "route add 203.0.113.0/24 via 10.10.0.1 dev vlan10",
    "route add default via 10.10.0.1 dev vlan10 metric 100",
    "link add br-ex type bridge forward_delay 300 ageing_time 6000",
    "link set eno3 master br-ex",
    "link set eno3 up",
    "link set br-ex up",
    "address add 10.30.0.10/24 dev br-ex",
)

BRIDGE = (
    "{type: linux_bridge, name: br-ex, addresses: [{ip_netmask: 10.30.0.10/24}],"
    " members: [{type: interface, name: nic3}]}"
)
ADDRESSES = ("10.10.0.10/24", "10.10.0.20/24", "2001:db8:10::10/64")
ROUTE = "{ip_netmask: 203.0.113.0/24, next_hop: 10.10.0.1}"
OPTIONS = "mode=2 miimon=250 xmit_hash_policy=layer3+4"

#: The file that says what there is.
AS_IT_IS = config(
    bonding(OPTIONS), vlan(10, "device: bond1", ADDRESSES, [ROUTE]), BRIDGE, "{type: interface, name: nic4}"
)
#: And one that says more, and some of it otherwise.
OTHERWISE = config(
    bonding("mode=2 miimon=100 updelay=200 xmit_hash_policy=layer2"),
    vlan(
        10,
        "device: bond1, mtu: 1300",
        [*ADDRESSES, "10.10.0.30/24", "10.60.0.10/24"],
        [ROUTE, "{ip_netmask: 203.0.114.0/24, next_hop: 10.10.0.1}"],
    ),
    vlan(20, "device: bond1", ["10.20.0.10/24"]),
    BRIDGE.replace("10.30.0.10/24}", "10.30.0.10/24}, {ip_netmask: 10.31.0.10/24}"),
    "{type: interface, name: nic4, mtu: 1600, addresses: [{ip_netmask: 10.40.0.10/24}]}",
)


@pytest.fixture
def hand_made(node: Node) -> Node:
    """Things of no protocol and of no group, as ip makes them."""
    far_end(node)
    with node.switch.inside():
        ip("link set lag0 mtu 1450")
    ip(*BY_HAND)
    wait_until_up("bond1", "vlan10", "br-ex", "eno3")
    return node


#: The names of our label's number, as soon as something has it; and a link with a static address of IPv6 no
#: longer listens to routers (see config/compile.py).
NAMES = {("name", "rt_protos"), ("name", "group")}
STATIC_IPV6 = {("sysctl", f"vlan10 {name}") for name in ("accept_ra", "autoconf", "keep_addr_on_down")}


def changes(run: Run, part: str = "changes") -> Dict[Tuple[str, str], Dict[str, Any]]:
    """By what is changed: the attributes that differ, as they are going to be. Of a plan as JSON."""
    assert run.status == 2, run
    return {(one["resource"], _named(one)): one["after"] for one in run.json[part]}


def _named(one: Dict[str, Any]) -> str:
    if one["resource"] == "sysctl":
        return f"{one['link']} {one['name']}"
    return str(next(one[name] for name in ("address", "destination", "file", "link") if name in one))


def test_a_file_that_says_what_there_is_changes_nothing(hand_made: Node) -> None:
    """No link, address, route or rule: not in the plan, and not by a message to the kernel."""
    before, indexes = observe(), identities()
    shown = hand_made.apply(AS_IT_IS, "--noop", "--format", "json")
    assert changes(shown).keys() == changes(shown, "steps").keys() == STATIC_IPV6
    path = hand_made.file("config.yaml", AS_IT_IS)
    run, calls = tracing.traced(hand_made.directory, *hand_made.arguments(path))
    assert (run.status, run.errors) == (2, ""), run
    sent = tracing.requests(calls)
    assert {message.type for message in sent} >= tracing.QUESTIONS
    assert [message for message in sent if not message.only_asks] == []
    assert (observe(), identities()) == (before, indexes)
    hand_made.unchanged(AS_IT_IS)


def test_the_plan_shows_only_what_differs(hand_made: Node) -> None:
    changed = changes(hand_made.apply(OTHERWISE, "--noop", "--format", "json"))
    assert set(changed) == {
        ("link", "bond1"), ("link", "vlan10"), ("link", "vlan20"), ("link", "eno4"),
        ("address", "10.10.0.30/24"), ("address", "10.60.0.10/24"), ("address", "10.20.0.10/24"),
        ("address", "10.31.0.10/24"), ("address", "10.40.0.10/24"), ("route", "203.0.114.0/24"),
        *NAMES, *STATIC_IPV6,
    }  # fmt: skip
    assert changed["link", "bond1"] == {"miimon": 100, "updelay": 200, "xmit_hash_policy": "layer2"}
    assert changed["link", "vlan10"] == {"mtu": 1300}
    assert changed["link", "eno4"] == {"mtu": 1600}


def test_taken_over_without_a_loss(hand_made: Node) -> None:
    """Nothing is made anew; what stays equal does not even blink."""
    carrying = {"eno1", "eno2", "bond1", "vlan10"}
    indexes, changes = identities(), carrier_changes("bond1")
    with watching() as seen, streaming(hand_made.switch, "10.10.0.10", "vlan10") as stream:
        hand_made.applied(OTHERWISE)
    assert stream.lost == []
    assert not seen.interrupted & {*carrying, "br-ex", "eno3"}
    assert not seen.withdrawn & set(ADDRESSES)
    assert {name: identities()[name] for name in indexes} == indexes
    assert carrier_changes("bond1") == changes
    assert bonds()["bond1"]["xmit_hash_policy"] == "layer2 0"
    # Not ours: it was there, and is not counted as made by us.
    assert "group" not in observe().links["bond1"]
    hand_made.unchanged(OTHERWISE)


@pytest.mark.parametrize("taken", [AS_IT_IS, OTHERWISE], ids=["as it is", "otherwise"])
def test_given_back(hand_made: Node, taken: str) -> None:
    """Taken out of the file: what was there is there again, what we added is gone."""
    before, indexes = observe(), identities()
    run = hand_made.apply(taken)
    assert (run.status in {0, 2}, run.errors) == (True, ""), run
    with streaming(hand_made.switch, "10.10.0.10", "vlan10") as stream:
        run = hand_made.apply(LITTLE)
    assert (run.status in {0, 2}, run.errors) == (True, ""), run
    assert observe() == before
    assert identities() == indexes
    assert stream.lost == []


def test_given_back_attribute_by_attribute(hand_made: Node) -> None:
    """The file still names the links, and says less of them."""
    before = observe()
    hand_made.applied(OTHERWISE)
    hand_made.applied(AS_IT_IS)
    assert observe() == before


def test_changed_twice_and_given_back(hand_made: Node) -> None:
    """What counts is what was there before our first change."""
    before = observe()
    hand_made.applied(OTHERWISE)
    hand_made.applied(OTHERWISE.replace("miimon=100", "miimon=50").replace("mtu: 1300", "mtu: 1280"))
    hand_made.applied(LITTLE)
    assert observe() == before


PREPARED = ("link add bond1 type bond mode active-backup miimon 70", "link set eno1 master bond1")


@pytest.mark.parametrize("name", ["bond1", "br-ex"])
def test_what_was_down_is_down_again(node: Node, name: str) -> None:
    """A bond and a bridge that somebody prepared, and did not set up."""
    ip("link set eno4 up", *PREPARED, "link add br-ex type bridge", "link set eno3 master br-ex")
    before, indexes = observe(), identities()
    node.applied(config(bonding("mode=1 miimon=70", "nic1"), BRIDGE, "{type: interface, name: nic4}"))
    assert observe().links[name]["state"] == "up"
    node.applied(LITTLE)
    assert observe() == before
    assert identities() == indexes


def test_a_port_of_our_own_leaves_a_bond_that_was_there(node: Node) -> None:
    ip("link set eno4 up", *PREPARED, "link set bond1 up")
    before = observe()
    node.applied(config(bonding("mode=1 miimon=70"), "{type: interface, name: nic4}"))
    assert observe().links["eno2"]["master"] == "bond1"
    node.applied(LITTLE)
    assert observe() == before


def test_a_mode_that_somebody_chose_comes_back(node: Node) -> None:
    """The bond is the same one all the time, and so is the VLAN on it."""
    ip(
        "link set eno4 up",
        "link add bond1 type bond mode balance-xor miimon 70",
        "link set eno1 master bond1",
        "link set bond1 up",
        "link add link bond1 name vlan10 type vlan id 10",
        "link set vlan10 up",
        "address add 10.10.0.10/24 dev vlan10",
        "address add 2001:db8:10::10/64 dev vlan10 nodad",
    )
    before, indexes = observe(), identities()
    node.applied(config(bonding("mode=1 miimon=70", "nic1"), "{type: interface, name: nic4}"))
    assert bonds()["bond1"]["mode"] == "active-backup 1"
    assert observe().addresses == before.addresses
    node.applied(LITTLE)
    assert observe() == before
    assert identities() == indexes


def test_prune_all_takes_no_adopted_link(hand_made: Node) -> None:
    before, indexes = observe(), identities()
    hand_made.applied(OTHERWISE)
    run = hand_made.apply(LITTLE, "--prune-all")
    assert (run.status, run.errors) == (2, ""), run
    assert identities() == indexes
    assert observe() == before


# What an initramfs leaves: a NIC that is up, with an address and a way out.

INITRAMFS = (
    "link set eno1 up",
    "address add 192.0.2.55/24 brd + dev eno1 {lifetime}",
    "route add default via 192.0.2.1 dev eno1 proto {protocol} src 192.0.2.55",
)
STATIC = (
    "{type: interface, name: nic1, addresses: [{ip_netmask: 192.0.2.55/24}%s],"
    " routes: [{default: true, next_hop: 192.0.2.1}%s]}"
)


def left_by_initramfs(protocol: str, lifetime: str = "") -> None:
    ip("link set eno4 up", *(one.format(protocol=protocol, lifetime=lifetime) for one in INITRAMFS))


@pytest.mark.parametrize("protocol", ["dhcp", "boot"])
def test_nic_of_an_initramfs(node: Node, protocol: str) -> None:
    """The address and the default route by which the root file system may be mounted."""
    left_by_initramfs(protocol)
    before, indexes = observe(), identities()
    more = config(
        STATIC % (", {ip_netmask: 192.0.2.66/24}", ", {ip_netmask: 203.0.113.0/24, next_hop: 192.0.2.2}"),
        "{type: interface, name: nic4}",
    )
    with node.switch.inside():
        ip("address add 192.0.2.1/24 dev sw1")
    with watching() as seen, streaming(node.switch, "192.0.2.55", "eno1") as stream:
        node.applied(more)
        state = observe()
        node.applied(LITTLE)
    assert stream.lost == []
    assert "eno1" not in seen.interrupted
    assert "192.0.2.55/24" not in seen.withdrawn
    assert any(one.startswith("192.0.2.66/24 ") for one in state.addresses["eno1"])
    assert any(one.startswith("default via 192.0.2.1 ") for one in state.routes)
    assert observe() == before
    assert identities() == indexes


@pytest.mark.parametrize("protocol", ["dhcp", "boot"])
def test_the_way_out_of_an_initramfs_is_no_difference(node: Node, protocol: str) -> None:
    left_by_initramfs(protocol)
    text = config(STATIC % ("", ""), "{type: interface, name: nic4}")
    node.unchanged(text)


# Addresses for a time: a DHCP client leased them, or a router announced them.

LEASED = "valid_lft 900 preferred_lft 600"
LEASED_IPV6 = f"address add 2001:db8:55::55/64 dev eno1 nodad {LEASED}"
BOTH = STATIC % (", {ip_netmask: '2001:db8:55::55/64'}", "")


def lifetimes(link: str) -> List[Tuple[int, int]]:
    """Of the global addresses of a link, in seconds that are left: as valid, as preferred."""
    done = subprocess.run(
        ["ip", "-j", "address", "show", "dev", link, "scope", "global"], stdout=subprocess.PIPE, check=True
    )
    (found,) = json.loads(done.stdout)
    return [(one["valid_life_time"], one["preferred_life_time"]) for one in found["addr_info"] if one]


def is_nearly(found: Sequence[Tuple[int, int]], left: Tuple[int, int], number: int) -> bool:
    """Within the time that a test takes."""
    return len(found) == number and all(
        at_first - 30 < now <= at_first + 2 for one in found for now, at_first in zip(one, left)
    )


def test_an_address_that_would_run_out_is_made_to_stay(node: Node) -> None:
    """The file says that the node has it; nobody renews what the initramfs's client leased.

    Out of the file, it gets back what is left of its time.
    """
    left_by_initramfs("dhcp", LEASED)
    ip(LEASED_IPV6)
    before, text = observe(), config(BOTH, "{type: interface, name: nic4}")
    assert is_nearly(lifetimes("eno1"), (900, 600), 2)
    changed = changes(node.apply(text, "--noop", "--format", "json"))
    addresses = {what: after for what, after in changed.items() if what[0] not in {"name", "sysctl"}}
    assert addresses == {
        ("address", "192.0.2.55/24"): {"lifetime": None},
        ("address", "2001:db8:55::55/64"): {"lifetime": None},
    }
    with watching() as seen:
        node.applied(text)
        state = observe()
        node.unchanged(text)
        node.applied(LITTLE)
    assert [one for one in state.addresses["eno1"] if "for a time" in one] == []
    assert len(state.addresses["eno1"]) == 2
    assert seen.withdrawn == set()
    assert observe() == before
    assert is_nearly(lifetimes("eno1"), (900, 600), 2)


def test_a_run_that_is_taken_back_gives_an_address_its_time_back(node: Node) -> None:
    left_by_initramfs("dhcp", LEASED)
    ip(LEASED_IPV6)
    Path("/proc/sys/net/ipv6/conf/eno4/disable_ipv6").write_text("1", encoding="ascii")
    before = observe()
    failing = "{type: interface, name: nic4, addresses: [{ip_netmask: '2001:db8:4::10/64'}]}"
    with watching() as seen:
        run = node.apply(config(BOTH, failing))
    assert run.status == 4, run
    assert "taken back; the node is as it was" in run.errors, run
    assert observe() == before
    assert is_nearly(lifetimes("eno1"), (900, 600), 2)
    assert not seen.withdrawn & {"192.0.2.55/24", "2001:db8:55::55/64"}


def test_an_address_that_a_router_announced_is_made_to_stay(node: Node) -> None:
    ip("link set eno4 up", "link set eno1 up")
    wait_until_up("eno1")
    announced = announce_prefix(node, "sw1", "2001:db8:77::", valid=900, preferred=600)
    assert announced == ("eno1", "2001:db8:77:0:5054:ff:fe00:1/64")
    before = observe()
    link = f"{{type: interface, name: nic1, addresses: [{{ip_netmask: '{announced[1]}'}}]}}"
    text = config(link, "{type: interface, name: nic4}")
    with watching() as seen:
        node.applied(text)
        (found,) = lifetimes("eno1")
        node.unchanged(text)
        # It goes with the link now, and no router brings it again.
        node.applied(config(link.replace("nic1,", "nic1, mtu: 1400,"), "{type: interface, name: nic4}"))
        (still,) = lifetimes("eno1")
        node.applied(LITTLE)
    assert found == still == (0xFFFFFFFF, 0xFFFFFFFF)
    assert seen.withdrawn == set()
    assert observe() == before
    assert is_nearly(lifetimes("eno1"), (900, 600), 1)

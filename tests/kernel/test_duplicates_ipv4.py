"""Other nodes are asked for new IPv4 addresses before they come; one that is in use fails the run.

The other node is the far end of a cable.
"""

from __future__ import annotations

import json
import re
import socket
import subprocess
import time
from typing import Callable, List, Tuple

import pytest

from os_net_config.backends.arp import Times, in_use
from os_net_config.backends.packets import arp_announcement, arp_probe
from os_net_config.backends.protocol import Answers
from os_net_config.backends.rtnetlink.socket import NetlinkSocket
from os_net_config.state.model import AddressKey
from os_net_config.state.values import IpAddress, Prefix

from .support import warm
from .support.capturing import Question, questions
from .support.node import NICS, Node, ip
from .support.observed import identities, observe
from .support.program import COMMAND, Run, environment
from .test_changes import single
from .test_rollback import TAKEN_BACK

pytestmark = pytest.mark.rotating

ASKING = ("--arp-wait", "1")
#: For what needs no answer.
BRIEFLY = ("--arp-wait", "0.3")
RTM_GETLINK = 18
OTHER = bytes.fromhex("525400ffff01")
NEW, NEXT = "192.0.2.10/24", "192.0.2.11/24"


def key(text: str, link: str = "eno1") -> AddressKey:
    host, _, length = text.partition("/")
    packed = IpAddress(4).parse(host)
    assert isinstance(packed, bytes)
    return AddressKey(link, Prefix(packed, int(length)))


def the_other_has(node: Node, *addresses: str, on: str = "sw1") -> str:
    """Its MAC address."""
    with node.at_the_switch():
        ip(*(f"address add {one} dev {on}" for one in addresses))
        shown = subprocess.run(["ip", "-j", "link", "show", on], stdout=subprocess.PIPE, check=True)
    return str(json.loads(shown.stdout)[0]["address"])


def plug(node: Node, state: str, cable: str = "sw1") -> None:
    with node.at_the_switch():
        ip(f"link set {cable} {state}")


def says(node: Node, frame: bytes, cable: str = "sw1") -> None:
    """The other node sends it, to everybody."""
    with node.at_the_switch(), socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0) as other:
        other.sendto(frame, (cable, 0))


def asked(addresses: List[AddressKey], times: Times, meanwhile: Callable[[], None] = lambda: None) -> Answers:
    """What others answer; something happens when the links have been read."""

    class Happening(NetlinkSocket):
        def dump(self, kind: int, body: bytes) -> List[Tuple[bytes, int, int]]:
            answers = super().dump(kind, body)
            assert kind == RTM_GETLINK
            meanwhile()
            return answers

    with Happening() as route:
        return in_use(addresses, times, route)


def vlans(count: int) -> str:
    items = (
        f"- {{type: vlan, vlan_id: {n}, device: nic1, addresses: [{{ip_netmask: 10.0.{n}.1/24}}]}}\n"
        for n in range(2, count + 2)
    )
    return "network_config:\n- {type: interface, name: nic1}\n" + "".join(items)


# A run


def test_a_duplicate_fails_the_run_and_is_named(node: Node) -> None:
    mac = the_other_has(node, NEXT)
    node.applied(single(["192.0.2.1/24"], {"0.0.0.0/0": "192.0.2.254"}))
    before = observe(), identities()
    run = node.apply(single([NEW, NEXT], {"0.0.0.0/0": "192.0.2.253"}, ", mtu: 1400"), *ASKING)
    assert run.status == 4, run
    assert f"address {NEXT} on eno1: is in use already, by {mac}\n" in run.errors
    assert TAKEN_BACK in run.errors
    assert (observe(), identities()) == before


def test_all_that_are_in_use_are_named(node: Node) -> None:
    """On links that the run itself makes."""
    with node.at_the_switch():
        ip(
            *(f"link add sw1.{n} link sw1 up type vlan id {n}" for n in (5, 7)),
            *(f"address add 10.0.{n}.1/24 dev sw1.{n}" for n in (5, 7)),
        )
    before = observe(), identities()
    run = node.apply(vlans(8), *ASKING)
    assert run.status == 4, run
    assert "address 10.0.5.1/24 on vlan5: is in use already, by " in run.errors
    assert "; in use by other nodes: 10.0.7.1/24 on vlan7 (" in run.errors
    assert (observe(), identities()) == before


def test_addresses_that_nobody_has(node: Node) -> None:
    """They are asked for by nobody's address, three times, and only as long as they are new."""
    the_other_has(node, "192.0.2.1/24")
    with questions(node, "sw1") as heard:
        node.applied(single([NEW], {}), *BRIEFLY)
    assert heard == [Question("sw1", "0.0.0.0", "192.0.2.10", NICS["eno1"])] * 3
    with questions(node, "sw1") as heard:
        run = node.apply(single([NEW], {}), *ASKING)
        assert run.status == 0, run
        node.applied(single([NEW, NEXT], {}), *BRIEFLY)
    assert {one.target for one in heard} == {"192.0.2.11"}


def test_by_default_they_are_asked_for_a_second(node: Node) -> None:
    mac = the_other_has(node, NEW)
    config = node.file("config.yaml", single([NEW], {}))
    words = [word for word in node.arguments(config) if word not in {"--arp-wait", "0"}]
    begin = time.monotonic()
    run = warm.run(*words)
    assert time.monotonic() - begin > 1
    assert run.status == 4, run
    assert mac in run.errors


def test_nobody_is_asked(node: Node) -> None:
    """With 0, and for what moves here from another link."""
    with questions(node, "sw1", "sw2") as heard:
        node.applied(single([NEW], {}), "--arp-wait", "0")
        moved = single([NEW], {}).replace("nic1", "nic2")
        node.applied(moved, *ASKING)
    assert heard == []


def test_on_a_new_bond(node: Node) -> None:
    """The far end has the address on the cable of its active port."""
    mac = the_other_has(node, NEW)
    config = f"""\
network_config:
- type: linux_bond
  name: bond1
  bonding_options: mode=active-backup miimon=100
  addresses: [{{ip_netmask: {NEW}}}]
  members: [{{type: interface, name: nic1, primary: true}}, {{type: interface, name: nic2}}]
"""
    before = observe(), identities()
    run = node.apply(config, *ASKING)
    assert run.status == 4, run
    assert f"address {NEW} on bond1: is in use already, by {mac}" in run.errors
    assert (observe(), identities()) == before


def test_without_carrier_nobody_can_be_asked(node: Node) -> None:
    plug(node, "down")
    begin = time.monotonic()
    run = node.apply(single([NEW], {}), *BRIEFLY, "--verbose")
    assert time.monotonic() - begin > 0.3
    assert run.status == 2, run
    assert f"nobody knows yet whether {NEW} on eno1 is a duplicate: its link has no carrier" in run.errors


def test_a_node_that_may_not_ask(node: Node) -> None:
    """Its network is made, and it is told that nobody was asked."""
    config = node.file("config.yaml", single([NEW], {}))
    command = ["setpriv", "--bounding-set", "-net_raw", *COMMAND, *node.arguments(config, *BRIEFLY)]
    run = subprocess.run(command, env=environment(), capture_output=True, text=True, check=False)
    assert run.returncode == 2, run
    assert "WARNING: a duplicate IPv4 address would not be noticed: other nodes cannot be asked" in run.stderr


# What is asked and understood


def test_many_take_as_long_as_one(node: Node) -> None:
    """One after the other they would take hundreds of seconds."""
    count = 250
    node.applied(vlans(count).replace("10.0.", "10.9."))
    with node.at_the_switch():
        ip(
            *(f"link add sw1.{n} link sw1 up type vlan id {n}" for n in range(2, count + 2)),
            *(f"address add 10.0.{n}.1/24 dev sw1.{n}" for n in range(2, count + 2)),
        )
    keys = [key(f"10.0.{n}.1/24", f"vlan{n}") for n in range(2, count + 2)]
    begin = time.monotonic()
    answers = asked(keys, Times(1, 1))
    assert time.monotonic() - begin < count / 10
    assert list(answers.taken) == keys


def test_carrier_that_comes_meanwhile(node: Node) -> None:
    """The wait begins with it."""
    the_other_has(node, NEW)
    plug(node, "down")
    ip("link set eno1 up", "link set eno2 up")
    keys = [key(NEW), key(NEXT, "eno2")]
    answers = asked(keys, Times(1, 1), lambda: plug(node, "up"))
    assert (list(answers.taken), answers.unasked) == ([keys[0]], {})


def test_carrier_that_is_not_waited_for(node: Node) -> None:
    plug(node, "down")
    ip("link set eno1 up")
    begin = time.monotonic()
    assert asked([key(NEW)], Times(30, 0)) == Answers({}, {key(NEW): "its link has no carrier"})
    assert time.monotonic() - begin < 5


def test_links_without_arp(node: Node) -> None:
    ip(
        "link set eno1 up arp off",
        "link add bond1 type bond",
        "link set eno2 master bond1",
        "link set bond1 up",
    )
    keys = [key(NEW, name) for name in ("lo", "eno1", "eno2", "gone1")]
    begin = time.monotonic()
    answers = asked(keys, Times(30, 0))
    assert time.monotonic() - begin < 5
    reasons = dict.fromkeys(keys[:3], "its link does no ARP, or is a port of a bond")
    assert answers == Answers({}, {**reasons, keys[3]: "its link is gone"})


def test_a_link_that_goes_meanwhile(node: Node) -> None:
    ip("link set eno1 up", "link set eno2 up", "link set eno3 up")
    the_other_has(node, NEXT, on="sw3")
    keys = [key(NEW, "eno1"), key(NEW, "eno2"), key(NEXT, "eno3")]
    answers = asked(keys, Times(0.5, 0), lambda: ip("link set eno1 down", "link del eno2"))
    assert list(answers.unasked) == keys[:2]
    assert list(answers.taken) == keys[2:]


@pytest.mark.parametrize("frame", [arp_announcement, arp_probe], ids=["has it", "is about to take it"])
def test_another_that_speaks_unasked(node: Node, frame: Callable[[bytes, bytes], bytes]) -> None:
    ip("link set eno1 up", "link set eno2 up")
    mine, other_s = key(NEW), key(NEW, "eno2")
    said = frame(OTHER, mine.prefix.address)
    answers = asked([mine, other_s], Times(0.3, 0), lambda: says(node, said))
    assert answers == Answers({mine: OTHER}, {})


def test_what_is_said_on_a_vlan_that_this_node_does_not_have(node: Node) -> None:
    """It comes in on the link below the VLAN, and is of another network."""
    with node.at_the_switch():
        ip("link add sw1.77 link sw1 up type vlan id 77")
    ip("link set eno1 up")
    said = arp_announcement(OTHER, key(NEW).prefix.address)
    assert asked([key(NEW)], Times(0.3, 0), lambda: says(node, said, "sw1.77")) == Answers({}, {})


def test_a_question_that_comes_back(node: Node) -> None:
    """By another port of the same bond."""
    with node.at_the_switch():
        ip("link add lan up type bridge", "link set sw1 master lan", "link set sw2 master lan")
    ip(
        "link add bond1 type bond mode balance-rr",
        *(f"link set {nic} master bond1" for nic in ("eno1", "eno2")),
        "link set bond1 up",
    )
    assert asked([key(NEW, "bond1")], Times(0.5, 1)) == Answers({}, {})


def test_notifications_that_were_lost(node: Node) -> None:
    """So many that the one of the carrier is among them: then the links are read again."""
    reads: List[int] = []

    def flood() -> None:
        reads.append(1)
        if len(reads) == 1:
            ip(*(f"link set eno2 alias name{number}" for number in range(2000)))
            plug(node, "up")

    the_other_has(node, NEW)
    plug(node, "down")
    # Of a link that is down an alias is not told (net/core/dev.c, netdev_state_change).
    ip("link set eno1 up", "link set eno2 up")
    answers = asked([key(NEW)], Times(1, 1), flood)
    assert list(answers.taken) == [key(NEW)]
    assert len(reads) == 2


# Before a run


def looked(node: Node, config: str, *options: str) -> Run:
    return node.apply(config, "--noop", *options)


def test_a_dry_run_asks_only_if_it_is_told_to(node: Node) -> None:
    ip("link set eno1 up")
    with questions(node, "sw1") as heard:
        run = looked(node, single([NEW], {}), *ASKING)
        assert (run.status, run.errors) == (2, ""), run
    assert heard == []
    with questions(node, "sw1") as heard:
        run = looked(node, single([NEW], {}), *BRIEFLY, "--probe-addresses")
        assert (run.status, run.errors) == (2, ""), run
    assert {one.target for one in heard} == {"192.0.2.10"}


@pytest.mark.parametrize("form", ["text", "json"])
def test_a_dry_run_finds_a_duplicate(node: Node, form: str) -> None:
    ip("link set eno1 up")
    mac = the_other_has(node, NEXT)
    before = observe(), identities()
    run = looked(node, single([NEW, NEXT], {}), *ASKING, "--probe-addresses", "--format", form)
    assert run.status == 1, run
    message = f"{NEXT} on eno1 is in use already, by {mac}"
    if form == "json":
        (problem,) = run.json["problems"]
        assert (problem["path"], problem["message"]) == ("network_config[0].addresses[1]", message)
    else:
        assert re.search(rf"config.yaml:1:\d+: network_config\[0\].addresses\[1\]: {message}", run.errors)
    assert (observe(), identities()) == before


def test_a_dry_run_says_whom_nobody_could_ask_for(node: Node) -> None:
    """A link that is down or not there stays so."""
    the_other_has(node, NEW)
    plug(node, "down", "sw2")
    ip("link set eno2 up")
    config = f"""\
network_config:
- {{type: interface, name: nic1, addresses: [{{ip_netmask: {NEW}}}]}}
- {{type: interface, name: nic2, addresses: [{{ip_netmask: {NEXT}}}]}}
- {{type: vlan, vlan_id: 5, device: nic2, addresses: [{{ip_netmask: 203.0.113.10/24}}]}}
"""
    run = looked(node, config, *ASKING, "--probe-addresses")
    assert run.status == 2, run
    for place, why in (
        (f"{NEW} on eno1", "its link is not there, not up, or made anew"),
        ("203.0.113.10/24 on vlan5", "its link is not there, not up, or made anew"),
        (f"{NEXT} on eno2", "its link has no carrier"),
    ):
        assert f"WARNING: nobody knows yet whether {place} is a duplicate: {why}\n" in run.errors

"""What others have on a node outlives all that we do to it; what cannot, is named first.

On the links of the site there are services' addresses (Pacemaker, keepalived), routes of FRR, bird
and an operator, policy rules, links and containers of others.
"""

from __future__ import annotations

import socket
import subprocess
from pathlib import Path
from typing import Callable, Dict, List, NamedTuple, Optional, Sequence, Tuple

import pytest

from .support import xdp
from .support.foreign import foreign, next_hops
from .support.namespace import Namespace
from .support.node import Node, ip
from .support.observed import Observed, Snapshot, identities, observe, rules, snapshot
from .support.program import Run
from .support.site import bonding, config, site, vlan

pytestmark = [pytest.mark.acceptance, pytest.mark.rotating(5)]

IN_OUR_SUBNETS = (
    "address add 10.20.0.100/24 dev vlan20 label vlan20:vip",
    "address add 10.20.0.101/24 brd + dev vlan20 valid_lft 5000 preferred_lft 4000",
    "address add 2001:db8:20::100/64 dev vlan20 nodad",
    "address add 10.30.0.100/24 dev br-ex",
    "address add 10.40.0.100/24 dev eno4",
)
ELSEWHERE = (
    "address add 192.0.2.100/32 dev vlan20",
    "address add 2001:db8:99::7/64 dev vlan20 nodad",
    "address add 192.0.2.7/24 dev br-ex",
    "address add 198.51.100.7/24 dev bond1",
)
ROUTES = (
    "route add 203.0.114.0/24 via 10.20.0.3 dev vlan20 proto zebra metric 20 mtu 1400 advmss 1200",
    "route add 203.0.115.0/24 via 10.20.0.4 dev vlan20 proto bird src 10.20.0.100",
    "route add 203.0.116.0/24 dev vlan20 proto static scope link",
    "route add 203.0.117.0/24 via 10.20.0.5 dev vlan20 proto 186",
    "route add 203.0.118.0/24 proto bird metric 7 nexthop via 10.20.0.3 dev vlan20 weight 2"
    " nexthop via 10.30.0.3 dev br-ex weight 1",
    "route add blackhole 203.0.119.0/24 proto bird metric 7",
    "route add 2001:db8:f1::/48 via 2001:db8:20::3 dev vlan20 proto zebra metric 20",
    "route add 2001:db8:f2::/48 via 2001:db8:99::3 dev vlan20 proto static metric 20 mtu 1300",
)
#: To where our routes go: with another metric, or in another table.
WITH_OUR_KEYS = (
    "route add 203.0.113.0/24 via 10.20.0.6 dev vlan20 proto bird metric 50",
    "route add 203.0.113.0/24 via 10.20.0.7 dev vlan20 proto zebra table 200",
    "route add 2001:db8:9::/48 via 2001:db8:20::6 dev vlan20 proto 186 metric 2048",
    "route add 2001:db8:9::/48 via 2001:db8:20::7 dev vlan20 proto bird table 200",
)
#: BGP's own next hop beside ours: the kernel makes one route of them.
APPENDED = "-6 route append 2001:db8:9::/48 via 2001:db8:20::b dev vlan20 proto 186"
RULES = (
    "rule add from 10.20.0.100 lookup 200 priority 1000 protocol bird",
    "rule add iif vlan20 lookup 200 priority 1001",
    "rule add fwmark 0x10/0xff lookup 200 priority 10000",
    "-6 rule add from 2001:db8:20::100 lookup 200 priority 1000 protocol zebra",
)
LINKS = (
    "link add link bond1 name storage.77 type vlan id 77",
    "link set storage.77 up",
    "address add 10.77.0.10/24 dev storage.77",
    "address add 2001:db8:77::10/64 dev storage.77 nodad",
    "route add 203.0.120.0/24 via 10.77.0.1 dev storage.77 proto static",
    "link add dummy-vip type dummy",
    "link set dummy-vip up",
    "address add 192.0.2.201/32 dev dummy-vip",
    "link add link eno4 name mac-vm type macvlan mode bridge",
    "link set mac-vm up",
    "address add 10.40.0.201/24 dev mac-vm",
    "link add vnet0 type veth peer name vm0",
    "link set vnet0 master br-ex up",
    "link set vm0 up",
    "address add 10.30.0.201/24 dev vm0",
)


def batched(commands: Sequence[str]) -> None:
    """Those with a family are started one by one: a batch has one family."""
    ip(*(one for one in commands if not one.startswith("-")))
    for one in commands:
        if one.startswith("-"):
            subprocess.run(["ip", *one.split()], check=True)


def everything_of_others() -> None:
    batched((*IN_OUR_SUBNETS, *ELSEWHERE, *ROUTES, *WITH_OUR_KEYS, *RULES, *LINKS))


def in_the_container(inside: Namespace) -> None:
    """A container's own macvlan of our bond, and its veth in our bridge."""
    ip(
        f"link add link bond1 name c-mac netns {inside.path} type macvlan mode bridge",
        f"link add c0 type veth peer name c-eth netns {inside.path}",
        "link set c0 master br-ex up",
        descriptors=[inside.descriptor],
    )
    with inside.inside():
        ip("link set c-mac up", "link set c-eth up", "address add 10.30.0.202/24 dev c-eth")


def vlan_in_the_container(inside: Namespace) -> None:
    """It goes down and up with our bond, wherever it is; the kernel drops its routes then."""
    ip(
        f"link add link bond1 name c-vlan netns {inside.path} type vlan id 88",
        descriptors=[inside.descriptor],
    )
    with inside.inside():
        ip(
            "link set c-vlan up",
            "address add 10.88.0.10/24 dev c-vlan",
            "route add 203.0.121.0/24 via 10.88.0.1 dev c-vlan",
        )


def of_the_container(inside: Namespace) -> Tuple[Observed, Dict[str, int]]:
    """All of its state; ``identities`` reads /sys, which is the node's."""
    with inside.inside():
        return observe(), {name: index for index, name in socket.if_nameindex()}


ANOTHER_MODE = "mode=1 miimon=100"
CHANGES: Dict[str, List[str]] = {
    "nothing": [site()],
    "live options and MTU": [site(bond="mode=2 miimon=200 xmit_hash_policy=layer3+4", nic4="mtu: 1600")],
    "another address of the subnet": [site(addresses=["10.20.0.11/24", "2001:db8:20::11/64"])],
    "an address less": [
        site(addresses=["10.20.0.9/24", "10.20.0.10/24", "2001:db8:20::10/64"]),
        site(addresses=["10.20.0.10/24", "2001:db8:20::10/64"]),
    ],
    "another prefix length": [site(addresses=["10.20.0.10/25", "2001:db8:20::10/60"])],
    "no address": [site(addresses=[], routes=[], nic4="mtu: 1500")],
    "another gateway": [site(routes=["{ip_netmask: 203.0.113.0/24, next_hop: 10.20.0.2}"])],
    "no route": [site(routes=[])],
    "another mode of the bond": [site(bond=ANOTHER_MODE)],
    "the bond's mode and back": [site(bond=ANOTHER_MODE), site()],
    "a VLAN comes and goes": [site(vlan(30, "device: bond1", ["10.50.0.10/24"])), site()],
    "a NIC leaves the file": [site().replace("- {type: interface, name: nic4", "# {")],
}


@pytest.mark.parametrize("configs", CHANGES.values(), ids=CHANGES)
def test_everything_of_others_stays(node: Node, inside: Namespace, configs: List[str]) -> None:
    node.applied(site())
    everything_of_others()
    in_the_container(inside)
    before = foreign(), of_the_container(inside)
    for text in configs:
        run = node.apply(text)
        assert run.status in {0, 2}, run
        assert foreign() == before[0]
        assert of_the_container(inside) == before[1]


@pytest.mark.parametrize(
    "change", ["nothing", "another address of the subnet", "another mode of the bond", "no route"]
)
def test_next_hop_of_bgp_stays(node: Node, change: str) -> None:
    node.applied(site())
    batched([APPENDED])
    for text in CHANGES[change]:
        run = node.apply(text)
        assert (run.status in {0, 2}, run.errors) == (True, ""), run
        assert "2001:db8:20::b" in next_hops("2001:db8:9::/48")


@pytest.mark.parametrize(
    "text",
    [site(bond="mode=2 miimon=200 xmit_hash_policy=layer3+4"), site(addresses=[], routes=[])],
    ids=["live options", "no address"],
)
def test_a_vlan_of_a_container_stays(node: Node, inside: Namespace, text: str) -> None:
    node.applied(site())
    vlan_in_the_container(inside)
    before = of_the_container(inside)
    node.applied(text)
    assert of_the_container(inside) == before


def test_routes_of_a_container_that_a_change_of_the_mode_would_drop(node: Node, inside: Namespace) -> None:
    """Its VLAN of our bond would come up again without them, and they are not ours to put back."""
    node.applied(site())
    vlan_in_the_container(inside)
    before = untouched(), of_the_container(inside)
    run = node.apply(site(bond=ANOTHER_MODE))
    assert run.status == 1, run
    named(run, "bond1", "namespace", "--allow-loss")
    assert (untouched(), of_the_container(inside)) == before


@pytest.mark.parametrize("kept", ["--no-prune", "--prune-all"])
def test_pruning_takes_nothing_of_others(node: Node, kept: str) -> None:
    """With VLAN 30 and all that is ours on NIC 4 leaving the file."""
    node.applied(site(vlan(30, "device: bond1", ["10.50.0.10/24"])))
    everything_of_others()
    before = foreign()
    run = node.apply(site(nic4="mtu: 1500"), kept)
    assert (run.status in {0, 2}, run.errors) == (True, ""), run
    assert foreign() == before


def test_next_hop_of_bgp_outlives_ours(node: Node) -> None:
    """The kernel shows one route with one label: deleting that label would take both."""
    node.applied(site())
    batched([APPENDED])
    assert next_hops("2001:db8:9::/48") == ["2001:db8:20::1", "2001:db8:20::b"]
    node.unchanged(site())
    ipv4 = "{ip_netmask: 203.0.113.0/24, next_hop: 10.20.0.1}"
    node.applied(site(routes=[ipv4]))
    assert next_hops("2001:db8:9::/48") == ["2001:db8:20::b"]


def test_our_next_hop_changes_beside_bgps(node: Node) -> None:
    node.applied(site())
    batched([APPENDED])
    node.applied(site(routes=["{ip_netmask: '2001:db8:9::/48', next_hop: '2001:db8:20::2'}"]))
    assert next_hops("2001:db8:9::/48") == ["2001:db8:20::2", "2001:db8:20::b"]


# Re-creation: the VLAN moves to another device and keeps its name.

MOVED = site(vlan20="device: nic4")
LEFT = site().replace("- {type: vlan, vlan_id: 20", "# {")
ON_THE_VLAN = (*IN_OUR_SUBNETS[:3], *ELSEWHERE[:2], *ROUTES[:4], *ROUTES[6:], *WITH_OUR_KEYS, *RULES)


def test_what_stood_on_a_vlan_that_moves_comes_back(node: Node) -> None:
    node.applied(site())
    batched(ON_THE_VLAN)
    before = foreign()
    planned = node.apply(MOVED, "--noop")
    assert planned.status == 2, planned
    for word in ("10.20.0.100/24", "192.0.2.100/32", "2001:db8:99::7/64", "203.0.114.0/24"):
        assert word in planned.output, planned
    node.applied(MOVED)
    assert observe().links["vlan20"]["on"] == "eno4"
    assert foreign() == before
    node.unchanged(MOVED)


def test_next_hop_of_bgp_on_a_vlan_that_moves(node: Node) -> None:
    node.applied(site())
    batched([APPENDED])
    node.applied(MOVED)
    assert next_hops("2001:db8:9::/48") == ["2001:db8:20::1", "2001:db8:20::b"]


def test_vlan_of_another_id_with_a_name_of_its_own(node: Node) -> None:
    """The dotted name stays, the number after the dot is the id: it is another link then."""
    dotted = "{type: interface, name: nic4.%d, addresses: [{ip_netmask: 10.60.0.10/24}]}"
    node.applied(config(dotted % 60))
    ip("address add 10.60.0.100/24 dev eno4.60")
    run = node.apply(config(dotted % 61))
    # The service's address stood on a link of ours that leaves the file.
    assert "10.60.0.100" in run.output + run.errors, run


def macvlan_elsewhere(inside: Namespace) -> None:
    ip(
        f"link add link vlan20 name c-mac netns {inside.path} type macvlan mode bridge",
        descriptors=[inside.descriptor],
    )


def macvlan_here(inside: Namespace) -> None:
    ip("link add link vlan20 name mac-vip type macvlan mode bridge", "link set mac-vip up",
       "address add 10.20.0.200/24 dev mac-vip")  # fmt: skip


def vlan_on_top(inside: Namespace) -> None:
    ip("link add link vlan20 name inner.5 type vlan id 5", "link set inner.5 up")


def xdp_program(inside: Namespace) -> None:
    xdp.attach("vlan20")


def qdisc(inside: Namespace) -> None:
    subprocess.run(["tc", "qdisc", "add", "dev", "vlan20", "root", "handle", "1:", "prio"], check=True)


def tc_filter(inside: Namespace) -> None:
    subprocess.run(["tc", "qdisc", "add", "dev", "vlan20", "clsact"], check=True)
    match = "tc filter add dev vlan20 ingress protocol ip prio 5 u32 match u32 0 0 action pass"
    subprocess.run(match.split(), check=True)


class Loss(NamedTuple):
    """Something of others on VLAN 20 that goes with it, and the word for it."""

    make: Callable[[Namespace], None]
    word: str


LOSSES = {
    "a macvlan in another namespace": Loss(macvlan_elsewhere, "namespace"),
    "a macvlan": Loss(macvlan_here, "mac-vip"),
    "a VLAN on top": Loss(vlan_on_top, "inner.5"),
    "an XDP program": Loss(xdp_program, "xdp"),
    "a qdisc": Loss(qdisc, "qdisc"),
    "a tc filter": Loss(tc_filter, "qdisc"),
}

LINKS_OF_OTHERS = ("namespace", "mac-vip", "inner.5")


def untouched() -> Tuple[Snapshot, Dict[str, int]]:
    return snapshot(), identities()


def named(run: Run, *words: str) -> None:
    text = (run.output + run.errors).lower()
    assert all(word in text for word in words), run


#: A VLAN that leaves the file is meant to go, its qdiscs with it; links of others on it are not.
CASES = {
    **{f"moves: {name}": (MOVED, loss) for name, loss in LOSSES.items()},
    **{f"leaves: {name}": (LEFT, loss) for name, loss in LOSSES.items() if loss.word in LINKS_OF_OTHERS},
}


@pytest.mark.parametrize(("changed", "loss"), CASES.values(), ids=CASES)
def test_what_cannot_come_back_is_named_and_refused(
    node: Node, inside: Namespace, changed: str, loss: Loss
) -> None:
    """Whether the VLAN is made anew or leaves the file: what stands on it goes with it."""
    node.applied(site())
    loss.make(inside)
    before = untouched(), of_the_container(inside)
    for options in ((), ("--noop",)):
        run = node.apply(changed, *options)
        assert run.status == 1, run
        named(run, "vlan20", loss.word, "--allow-loss")
        assert (untouched(), of_the_container(inside)) == before
    allowed = node.applied_with_losses(changed, "--allow-loss")
    named(allowed, "vlan20", loss.word)
    assert observe().links.get("vlan20", {}).get("on") != "bond1"


def test_a_macvlan_that_was_made_elsewhere_counts_too(node: Node, inside: Namespace) -> None:
    """It was made here and moved there, as container runtimes do."""
    node.applied(site())
    ip("link add link vlan20 name c-mac type macvlan mode bridge")
    ip(f"link set c-mac netns {inside.path}", descriptors=[inside.descriptor])
    before = untouched(), of_the_container(inside)
    run = node.apply(MOVED)
    assert run.status == 1, run
    named(run, "vlan20", "namespace", "--allow-loss")
    assert (untouched(), of_the_container(inside)) == before


def neighbour(inside: Namespace) -> None:
    ip("neigh add 10.20.0.77 lladdr 52:54:00:00:00:77 dev vlan20")


def other_name(inside: Namespace) -> None:
    ip("link property add dev vlan20 altname storage-network")


@pytest.mark.parametrize(
    ("make", "word"), [(neighbour, "10.20.0.77"), (other_name, "storage-network")], ids=["neighbour", "name"]
)
def test_what_is_lost_by_the_way(
    node: Node, inside: Namespace, make: Callable[[Namespace], None], word: str
) -> None:
    node.applied(site())
    make(inside)
    before = untouched()
    run = node.apply(MOVED)
    assert run.status == 1, run
    named(run, "vlan20", word, "--allow-loss")
    assert untouched() == before


def test_the_alias_of_a_vlan_that_moves_comes_back(node: Node) -> None:
    node.applied(site())
    alias = Path("/sys/class/net/vlan20/ifalias")
    alias.write_text("storage of rack 7", encoding="ascii")
    node.applied(MOVED)
    assert observe().links["vlan20"]["on"] == "eno4"
    assert alias.read_text(encoding="ascii") == "storage of rack 7\n"


def test_ports_of_others_in_a_bridge_that_leaves(node: Node, inside: Namespace) -> None:
    node.applied(site())
    in_the_container(inside)
    before = untouched(), of_the_container(inside)
    run = node.apply(site().replace("- {type: linux_bridge", "# {"))
    assert run.status == 1, run
    named(run, "br-ex", "c0", "--allow-loss")
    assert (untouched(), of_the_container(inside)) == before


def test_an_xdp_program_stays_where_nothing_is_made_anew(node: Node) -> None:
    """A change of the bond's mode takes its VLANs down, and makes none of them anew."""
    node.applied(site())
    for link in ("vlan20", "eno4"):
        xdp.attach(link)
    node.applied(site(addresses=["10.20.0.11/24"], routes=[], nic4="mtu: 1400", bond=ANOTHER_MODE))
    assert [xdp.is_attached(link) for link in ("vlan20", "eno4")] == [True, True]


def test_qdiscs_of_others_stay(node: Node) -> None:
    node.applied(site())
    subprocess.run(["tc", "qdisc", "add", "dev", "vlan20", "root", "handle", "1:", "prio"], check=True)
    subprocess.run(["tc", "qdisc", "add", "dev", "eno4", "clsact"], check=True)
    shown = ["tc", "qdisc", "show"]
    before = subprocess.run(shown, stdout=subprocess.PIPE, check=True).stdout
    node.applied(site(addresses=["10.20.0.11/24"], routes=[], nic4="mtu: 1400", bond=ANOTHER_MODE))
    assert subprocess.run(shown, stdout=subprocess.PIPE, check=True).stdout == before


# Conflicts: what somebody else holds is not taken.

IPV4_ROUTE = "{ip_netmask: 203.0.113.0/24, next_hop: 10.20.0.1}"
IPV6_ROUTE = "{ip_netmask: '2001:db8:9::/48', next_hop: '2001:db8:20::1'}"


def refused(node: Node, text: str, *words: str) -> None:
    before = untouched()
    run = node.apply(text)
    assert run.status == 1, run
    named(run, *words)
    assert untouched() == before
    assert node.apply(text, "--prune-all", "--allow-loss").status == 1
    assert untouched() == before


@pytest.mark.parametrize(
    ("held", "ours", "words"),
    [
        (
            "203.0.113.0/24 via 10.20.0.7 dev vlan20 table 200 proto bird",
            "{ip_netmask: 203.0.113.0/24, next_hop: 10.20.0.1, table: 200}",
            ("203.0.113.0/24", "10.20.0.7"),
        ),
        ("unreachable 203.0.113.0/24 proto static", IPV4_ROUTE, ("203.0.113.0/24",)),
        (
            "2001:db8:9::/48 via 2001:db8:20::7 dev vlan20 metric 1024 proto 186",
            IPV6_ROUTE,
            ("2001:db8:9::/48", "2001:db8:20::7"),
        ),
        ("unreachable 2001:db8:9::/48 metric 1024 proto zebra", IPV6_ROUTE, ("2001:db8:9::/48",)),
    ],
    ids=["another table", "unreachable", "IPv6", "IPv6, unreachable"],
)
def test_route_that_somebody_else_holds(node: Node, held: str, ours: str, words: Tuple[str, ...]) -> None:
    node.applied(site(routes=[]))
    ip(f"route add {held}")
    refused(node, site(routes=[ours]), *words)


@pytest.mark.parametrize(
    ("held", "ours"),
    [
        ("203.0.113.0/24 via 10.20.0.1 dev vlan20 proto static", IPV4_ROUTE),
        ("2001:db8:9::/48 via 2001:db8:20::1 dev vlan20 metric 1024 proto 186", IPV6_ROUTE),
    ],
    ids=["IPv4", "IPv6"],
)
def test_the_very_route_of_somebody_else_stays_his(node: Node, held: str, ours: str) -> None:
    """Whether the plan calls it good or a conflict: it keeps its label, and goes with no file of ours."""
    node.applied(site(routes=[]))
    ip(f"route add {held}")
    before = foreign()
    assert node.apply(site(routes=[ours])).status in {0, 1}
    assert foreign() == before
    assert node.apply(site(routes=[])).status == 0
    assert foreign() == before


@pytest.mark.parametrize("priority", [500, None], ids=["its priority", "none"])
def test_the_very_rule_of_somebody_else_stays_his(node: Node, priority: Optional[int]) -> None:
    """The kernel takes ours beside it, since the protocol differs; ours goes alone."""
    node.applied(site())
    ip("rule add from 10.20.0.0/24 lookup 200 priority 500 protocol static",
       "rule add from 10.20.0.0/24 lookup 200 priority 10000 protocol bird")  # fmt: skip
    before = foreign().rules
    ours = "from 10.20.0.0/24 table 200" + (f" priority {priority}" if priority else "")
    addresses = "addresses: [{ip_netmask: 10.40.0.10/24}]"
    node.applied(site(nic4=f"{addresses}, rules: [{{rule: '{ours}'}}]"))
    assert foreign().rules == before
    assert len(rules()) == len(before) + 1
    node.applied(site())
    assert rules() == before


def test_port_that_somebody_took(node: Node) -> None:
    """A port of our bond is in a bridge of others by now: it is not taken back."""
    node.applied(site())
    ip("link add virbr0 type bridge", "link set eno2 nomaster", "link set eno2 master virbr0")
    refused(node, site(), "eno2", "virbr0")


def test_nic_of_the_file_that_is_a_port_of_others(node: Node) -> None:
    ip("link add virbr0 type bridge", "link set eno4 master virbr0", "link set eno4 up")
    run = node.apply(site())
    # Naming the NIC alone does not say that it is to leave a bridge that is not ours.
    assert observe().links["eno4"]["master"] == "virbr0", run


def test_link_of_this_name_that_is_not_ours(node: Node) -> None:
    ip("link add br-ex type dummy", "link add vlan20 type bridge")
    refused(node, site(), "br-ex", "dummy")


def test_link_of_this_name_and_another_kind_that_is_ours(node: Node) -> None:
    """Ours may be made anew as what the file says now."""
    node.applied(config(bonding("mode=1 miimon=100", "nic1")))
    changed = "{type: linux_bridge, name: bond1, members: [{type: interface, name: nic1}]}"
    node.applied(config(changed))
    links = observe().links
    assert (links["bond1"]["kind"], links["eno1"]["master"]) == ("bridge", "bond1")


def test_vlan_that_somebody_has_under_another_name(node: Node) -> None:
    ip("link add link eno4 name storage type vlan id 20")
    refused(node, MOVED, "storage")

"""What leaves the file: released where it is the node's, removed where it is ours, else left alone."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
from pathlib import Path
from typing import Dict, Optional, Tuple

import pytest

from .support import tracing
from .support.configs import ON_BOND, ON_BRIDGE, ON_NIC
from .support.foreign import foreign, is_ours
from .support.namespace import Namespace
from .support.node import Node, ip, made_node
from .support.observed import Observed, bonds, identities, observe, routes_of_other_tables, rules, snapshot
from .support.openvswitch import open_vswitch
from .support.program import EXAMPLES, NO_CHANGE
from .support.site import bonding, config, site, vlan
from .test_examples import as_texts, expected, expected_rows, observed

pytestmark = [pytest.mark.acceptance, pytest.mark.rotating(5)]

#: A file that names next to nothing of the node.
LITTLE = config("{type: interface, name: nic4}")

NIC = "{type: interface, name: nic1, %s}"
NETWORK = (
    "mtu: 9000, addresses: [{ip_netmask: 192.0.2.10/24}, {ip_netmask: '2001:db8::10/64'}],"
    " routes: [{default: true, next_hop: 192.0.2.1},"
    " {ip_netmask: '2001:db8:9::/48', next_hop: '2001:db8::1'}]"
)


def link(name: str) -> Dict[str, object]:
    return dict(observe().links[name])


# Release


@pytest.mark.parametrize("up", ["up", "down"])
@pytest.mark.parametrize("mtu", [1500, 1400])
def test_nic_that_leaves_the_file(node: Node, up: str, mtu: int) -> None:
    """It goes back to its MTU, and up or down as found; what is ours on it goes."""
    ip("link set eno4 up", f"link set eno1 mtu {mtu} {up}")
    before = snapshot()
    node.applied(config(NIC % NETWORK, "{type: interface, name: nic4}"))
    node.applied(LITTLE)
    assert snapshot() == before
    node.unchanged(LITTLE)


def test_ports_that_leave_the_file_with_their_bond(node: Node) -> None:
    """They get their MAC and MTU back, and are down again."""
    ip("link set eno4 up", "link set eno2 mtu 1600")
    before, indexes = snapshot(), identities()
    node.applied(ON_BOND + "- {type: interface, name: nic4}\n")
    node.applied(LITTLE)
    assert snapshot() == before
    assert identities() == indexes


def test_ports_that_leave_the_file_with_their_bridge(node: Node) -> None:
    ip("link set eno4 up", "link set eno3 up")
    before = snapshot()
    node.applied(ON_BRIDGE + "- {type: interface, name: nic4}\n")
    node.applied(LITTLE)
    assert snapshot() == before


def test_one_port_leaves_a_bond(node: Node) -> None:
    before = link("eno2")
    node.applied(config(bonding("mode=1 miimon=100"), "{type: interface, name: nic4}"))
    index = identities()["bond1"]
    node.applied(config(bonding("mode=1 miimon=100", "nic1"), "{type: interface, name: nic4}"))
    assert link("eno2") == before
    assert identities()["bond1"] == index
    assert bonds()["bond1"]["slaves"] == "eno1"


def test_released_nic_keeps_what_others_put_there(node: Node) -> None:
    node.applied(config(NIC % NETWORK, "{type: interface, name: nic4}"))
    ip(
        "address add 192.0.2.100/24 dev eno1",
        "address add 198.51.100.7/24 dev eno1",
        "route add 203.0.114.0/24 via 198.51.100.1 dev eno1 proto bird",
    )
    before = foreign()
    node.apply(LITTLE)
    assert foreign() == before
    assert link("eno1")["state"] == "up"


# Attributes that the file no longer names


@pytest.mark.parametrize("found", [1500, 1400])
def test_mtu_goes_back_to_what_it_was_before_we_first_set_it(node: Node, found: int) -> None:
    ip(f"link set eno1 mtu {found}")
    node.applied(config(NIC % "mtu: 9000"))
    node.applied(config(NIC % "mtu: 8000"))
    node.applied(config(NIC % "onboot: true"))
    assert link("eno1")["mtu"] == str(found)
    node.unchanged(config(NIC % "onboot: true"))


def test_what_we_never_set_is_left_alone(node: Node) -> None:
    """Somebody's MTU and bond option stay as long as the file does not speak of them."""
    node.applied(config(NIC % "addresses: [{ip_netmask: 192.0.2.10/24}]", bonding("mode=1", "nic2")))
    ip("link set eno1 mtu 1400", "link set bond1 type bond resend_igmp 7")
    node.unchanged(config(NIC % "addresses: [{ip_netmask: 192.0.2.10/24}]", bonding("mode=1", "nic2")))
    assert (link("eno1")["mtu"], bonds()["bond1"]["resend_igmp"]) == ("1400", "7")


OPTIONS = {
    "xmit_hash_policy": ("mode=2 miimon=100 xmit_hash_policy=layer3+4", "mode=2 miimon=100", "layer2 0"),
    "updelay": ("mode=1 miimon=100 updelay=400", "mode=1 miimon=100", "0"),
    "lacp_rate": ("mode=4 miimon=100 lacp_rate=fast", "mode=4 miimon=100", "slow 0"),
    "primary_reselect": ("mode=1 miimon=100 primary_reselect=failure", "mode=1 miimon=100", "always 0"),
    "num_grat_arp": ("mode=1 miimon=100 num_grat_arp=5", "mode=1 miimon=100", "1"),
    "primary": ("mode=1 miimon=100 primary=nic2", "mode=1 miimon=100", None),
    "arp_interval": ("mode=1 arp_interval=500 arp_ip_target=192.0.2.1", "mode=1 miimon=100", "0"),
    "arp_ip_target": ("mode=1 arp_interval=500 arp_ip_target=192.0.2.1", "mode=1 miimon=100", None),
}


@pytest.mark.parametrize("name", OPTIONS)
def test_bond_option_that_is_no_longer_named(node: Node, name: str) -> None:
    """Of a bond that we made: what a new one has. None: nothing."""
    with_it, without, default = OPTIONS[name]
    node.applied(config(bonding(with_it)))
    index = identities()["bond1"]
    node.applied(config(bonding(without)))
    assert bonds()["bond1"].get(name) == default
    assert identities()["bond1"] == index
    node.unchanged(config(bonding(without)))


def test_bond_option_without_a_record(node: Node) -> None:
    """The kernel's default stands for what it was."""
    node.applied(config(bonding("mode=2 miimon=100 xmit_hash_policy=layer3+4")))
    forget(node)
    node.applied(config(bonding("mode=2 miimon=100")))
    assert bonds()["bond1"]["xmit_hash_policy"] == "layer2 0"


# Links of ours


def test_links_that_leave_the_file(node: Node) -> None:
    """A VLAN, a bridge and a bond, with what is ours on them, in one run."""
    ip("link set eno4 up")
    before, indexes = snapshot(), identities()
    node.applied(site(vlan(30, "device: br-ex", ["10.50.0.10/24"])))
    node.applied(LITTLE)
    assert snapshot() == before
    assert identities() == indexes
    node.unchanged(LITTLE)


def test_one_vlan_leaves_the_file(node: Node) -> None:
    node.applied(site())
    before, indexes = snapshot(), identities()
    more = vlan(30, "device: bond1", ["10.50.0.10/24"], ["{default: true, next_hop: 10.50.0.1}"])
    node.applied(site(more))
    run = node.apply(site(), "--noop")
    assert run.status == 2, run
    assert "vlan30" in run.output, run
    node.applied(site())
    assert snapshot() == before
    assert identities() == indexes


def test_bond_below_a_vlan_that_stays(node: Node) -> None:
    """The VLAN moves to a NIC, the bond that it stood on leaves the file."""
    node.applied(config(bonding("mode=1 miimon=100"), vlan(20, "device: bond1", ["10.20.0.10/24"])))
    node.applied(config(vlan(20, "device: nic1", ["10.20.0.10/24"])))
    state = observe()
    assert "bond1" not in state.links
    assert (state.links["vlan20"]["on"], state.links["eno1"].get("master")) == ("eno1", None)
    assert any(one.startswith("10.20.0.10/24") for one in state.addresses["vlan20"])


TABLE_AND_RULES = (
    ", routes: [{ip_netmask: 203.0.113.0/24, next_hop: 10.40.0.1, table: 200}], rules: ["
    "{rule: 'from 10.40.0.0/24 table 200'}, {rule: 'from 2001:db8:40::/64 table 200 priority 900'}]"
)


def test_routes_of_other_tables_and_rules_leave_the_file(node: Node) -> None:
    nic = "{{type: interface, name: nic4, addresses: [{{ip_netmask: 10.40.0.10/24}}]{}}}"
    node.applied(config(nic.format("")))
    without = snapshot()
    node.applied(config(nic.format(TABLE_AND_RULES)))
    found = snapshot()
    assert len([one for one in found.rules if is_ours(one)]) == 2
    assert len(found.other_tables) == 1
    node.applied(config(nic.format("")))
    assert snapshot() == without


def test_link_that_somebody_deleted_and_the_file_no_longer_names(node: Node) -> None:
    """A record of what is not there any more does no harm."""
    node.applied(site(vlan(30, "device: bond1", ["10.50.0.10/24"])))
    ip("link del vlan30")
    run = node.apply(site())
    assert (run.status, run.errors) == (0, ""), run


def test_link_that_somebody_made_anew_is_his(node: Node) -> None:
    """The same name, without our label: what we made is gone, this one stays."""
    node.applied(site(vlan(30, "device: bond1", ["10.50.0.10/24"])))
    ip("link del vlan30", "link add vlan30 type dummy", "address add 10.50.0.99/24 dev vlan30")
    before = foreign()
    run = node.apply(site())
    assert (run.status, run.errors) == (0, ""), run
    assert foreign() == before


# A, then B, is B


ALL = {"nic": ON_NIC, "bond": ON_BOND, "bridge": ON_BRIDGE, "site": site()}
PAIRS = [(first, second) for first in ALL for second in ALL if first != second]


@pytest.fixture(scope="module")
def alone() -> Dict[str, Optional[Observed]]:
    """By name of the config: what a fresh node is with it."""
    return dict.fromkeys(ALL)


@pytest.mark.parametrize(("first", "second"), PAIRS, ids=[" then ".join(pair) for pair in PAIRS])
def test_a_then_b_is_b(tmp_path: Path, alone: Dict[str, Optional[Observed]], first: str, second: str) -> None:
    if alone[second] is None:
        with made_node(tmp_path) as fresh:
            fresh.applied(ALL[second])
            alone[second] = observe()
    with made_node(tmp_path) as node:
        shutil.rmtree(node.run_directory, ignore_errors=True)
        node.applied(ALL[first])
        node.applied(ALL[second])
        assert observe() == alone[second]
        node.unchanged(ALL[second])


@pytest.mark.parametrize("number", range(len(EXAMPLES)), ids=lambda number: EXAMPLES[number].stem)
def test_an_example_after_another(node: Node, number: int) -> None:
    """The node is what is written out for the second, as if there had been no first."""
    first, second = (EXAMPLES[one].read_text(encoding="utf-8") for one in (number - 1, number))
    with contextlib.ExitStack() as stack:
        if "ovs_" in first + second:
            switch = stack.enter_context(open_vswitch(node.directory / "ovs"))
        node.applied(first)
        node.applied(second)
        wanted = expected(EXAMPLES[number])
        found = observed(wanted)
        # Open vSwitch's own: the datapaths that it has made once.
        links = {name: one for name, one in found.links.items() if name in wanted.links or name[:4] != "ovs-"}
        assert found._replace(links=links) == wanted
        if "ovs_" in second:
            assert as_texts(switch.configured()) == expected_rows(EXAMPLES[number])


# Which file it came from


def test_no_prune_keeps_all(node: Node) -> None:
    node.applied(site())
    before = snapshot(), identities()
    run = node.apply(LITTLE, "--no-prune")
    assert (run.status, run.errors) == (0, ""), run
    assert (snapshot(), identities()) == before
    # It is still known where all of it came from.
    node.applied(LITTLE)
    assert not {"bond1", "br-ex", "vlan10", "vlan20"} & identities().keys()


def test_what_another_file_brought_stays(node: Node) -> None:
    other = config(vlan(30, "device: nic4", ["10.50.0.10/24"], ["{default: true, next_hop: 10.50.0.1}"]))
    mine = config(bonding("mode=1 miimon=100"), vlan(20, "device: bond1", ["10.20.0.10/24"]))
    node.applied(other, name="other.yaml")
    of_the_other = observe()
    node.applied(mine)
    node.unchanged(other, name="other.yaml")
    node.unchanged(mine)
    # Each file takes only its own.
    node.applied(config("{type: interface, name: nic1}", "{type: interface, name: nic2}"))
    assert observe().addresses == of_the_other.addresses
    assert observe().routes == of_the_other.routes
    node.unchanged(other, name="other.yaml")
    node.applied(config("{type: interface, name: nic4}"), name="other.yaml")
    assert "vlan30" not in identities()


def test_one_file_by_two_names(node: Node) -> None:
    """A path is a place: however it is written, it is the same file."""
    node.applied(site())
    (node.directory / "further").mkdir()
    run = node.apply(LITTLE, name="further/../config.yaml")
    assert (run.status, run.errors) == (2, ""), run
    assert "vlan20" not in identities()


# Without a record


def forget(node: Node) -> None:
    """As after the record was lost: the labels in the kernel are all that is left."""
    shutil.rmtree(node.run_directory)


def test_labelled_and_unrecorded_is_shown_and_left(node: Node) -> None:
    node.applied(site(vlan(30, "device: bond1", ["10.50.0.10/24"])))
    forget(node)
    before = snapshot(), identities()
    shown = node.apply(site(), "--noop")
    for word in ("vlan30", "10.50.0.10/24", "--prune-all"):
        assert word in shown.output + shown.errors, shown
    assert node.apply(site()).status in {0, 2}
    assert (snapshot(), identities()) == before
    node.applied(site(), "--prune-all")
    assert "vlan30" not in identities()
    assert {"bond1", "vlan10", "vlan20", "br-ex"} <= identities().keys()


def test_prune_all_takes_what_every_file_brought(node: Node) -> None:
    node.applied(config(vlan(30, "device: nic4", ["10.50.0.10/24"])), name="other.yaml")
    node.applied(config("{type: interface, name: nic1}"), "--prune-all")
    assert "vlan30" not in identities()
    assert not any(is_ours(one) for found in observe().addresses.values() for one in found)


def test_prune_all_takes_no_link_that_was_there_before(node: Node) -> None:
    ip("link add link eno4 name vlan30 type vlan id 30", "link set eno4 up", "link set vlan30 up")
    node.applied(config(vlan(30, "device: nic4", ["10.50.0.10/24"])))
    node.applied(config("{type: interface, name: nic1}"), "--prune-all")
    assert "vlan30" in identities()
    assert "vlan30" not in observe().addresses


# The record itself


def files(node: Node) -> Dict[str, Tuple[int, int, bytes]]:
    """What is below the run directory beside the lock: content, inode and time."""
    found = [path for path in sorted(node.run_directory.rglob("*")) if path.is_file()]
    return {
        str(path): (path.stat().st_ino, path.stat().st_mtime_ns, path.read_bytes())
        for path in found
        if path.name != "lock"
    }


def test_a_dry_run_writes_no_record(node: Node) -> None:
    assert node.apply(site(), "--noop").status == 2
    assert files(node) == {}
    node.applied(site())
    before = files(node)
    assert before, "no record was written at all"
    assert node.apply(LITTLE, "--noop").status == 2
    assert files(node) == before


def test_a_run_that_is_refused_writes_no_record(node: Node) -> None:
    node.applied(site())
    before = files(node)
    assert node.apply(config("{type: interface, name: nic9}")).status == 1
    assert files(node) == before


def test_a_run_that_is_taken_back_leaves_the_record_as_it_was(node: Node) -> None:
    """What the failed run brought is not ours to prune afterwards: it is not there."""
    node.applied(site())
    Path("/proc/sys/net/ipv6/conf/eno4/disable_ipv6").write_text("1", encoding="ascii")
    before = snapshot()
    failing = site(vlan(30, "device: bond1"), nic4="addresses: [{ip_netmask: '2001:db8:4::10/64'}]")
    assert node.apply(failing).status == 4
    assert snapshot() == before
    node.unchanged(site())
    node.applied(LITTLE)
    assert not {"bond1", "br-ex", "vlan10", "vlan20"} & identities().keys()


def test_an_unchanged_run_writes_nothing_at_all(node: Node) -> None:
    path = node.file("config.yaml", site())
    node.applied(site())
    before = files(node)
    run, calls = tracing.traced(node.directory, *node.arguments(path))
    assert (run.status, run.output) == (0, NO_CHANGE), run
    assert tracing.writes(calls) == []
    assert files(node) == before


# --cleanup


def tap(name: str) -> None:
    """A virtual machine's; its device file comes with the module."""
    subprocess.run(["modprobe", "tun"], check=False, stderr=subprocess.DEVNULL)
    if not os.path.exists("/dev/net/tun"):
        os.makedirs("/dev/net", exist_ok=True)
        os.mknod("/dev/net/tun", 0o20666, os.makedev(10, 200))
    subprocess.run(["ip", "tuntap", "add", name, "mode", "tap"], check=True)


#: By kind: names that containers, virtual machines and OVN give to theirs.
NEVER = {
    "bridge": ("docker0", "docker_gwbridge", "virbr0"),
    "dummy": ("ovs-system", "br-int", "genev_sys_6081", "vxlan_sys_4789", "o-hm0", "virbr0-nic"),
}


def test_cleanup(node: Node, inside: Namespace) -> None:
    """Links that the file does not name go; never those of containers, machines, OVS, and the NICs."""
    node.applied(site())
    tap("tap0")
    ip(
        *(f"link add {name} type {kind}" for kind, names in NEVER.items() for name in names),
        f"link add veth-c type veth peer name eth0 netns {inside.path}",
        "link add dummy7 type dummy",
        "link add br-old type bridge",
        "link add bond-old type bond",
        "link add link eno4 name eno4.99 type vlan id 99",
        "link set eno4 up",
        "address add 198.51.100.7/24 dev eno3",
        descriptors=[inside.descriptor],
    )
    never = {"lo", "eno1", "eno2", "eno3", "eno4", "tap0", "veth-c", *NEVER["bridge"], *NEVER["dummy"]}
    little = config("{type: interface, name: nic4, mtu: 1400}")
    shown = node.apply(little, "--cleanup", "--noop")
    for name in ("dummy7", "br-old", "bond-old", "eno4.99"):
        assert name in shown.output, shown
    before = identities()
    assert node.apply(little, "--cleanup").status == 2
    assert identities() == {name: before[name] for name in never}
    state = observe()
    # Only emptied of our things.
    assert state.addresses["eno3"] == ["198.51.100.7/24 scope global"]
    assert not any(is_ours(one) for one in state.routes)
    assert state.links["lo"]["state"] == "up"


def test_without_cleanup_links_of_others_stay(node: Node) -> None:
    ip("link add dummy7 type dummy", "link add br-old type bridge")
    node.applied(site())
    node.applied(LITTLE)
    assert {"dummy7", "br-old"} <= identities().keys()


def test_cleanup_frees_a_link_of_the_file(node: Node) -> None:
    """It is in somebody's bridge, which goes. A bond would take it down, and stays.

    Not one of the NICs: here they have an end in another namespace, which no clean-up touches.
    """
    ip(
        "link add br-old type bridge",
        "link add bond-old type bond mode active-backup",
        "link add own type dummy",
        "link add own2 type dummy",
        "link set own master br-old up",
        "link set own2 master bond-old",
        "link set bond-old up",
    )
    own = "{type: interface, name: own, mtu: 1500, addresses: [{ip_netmask: 10.40.0.10/24}]}"
    wanted = config(own, "{type: interface, name: own2}")
    before = link("own2")
    node.applied(wanted, "--cleanup")
    assert "br-old" not in identities()
    assert (link("own")["state"], link("own").get("master")) == ("up", None)
    assert any("10.40.0.10/24" in one for one in observe().addresses["own"])
    assert link("own2") == before
    node.unchanged(wanted)


def test_cleanup_that_fails_is_taken_back(node: Node) -> None:
    """Links of others come back with what they had."""
    ip(
        "link add dummy7 type dummy",
        "link add dummy8 type dummy",
        "link set dummy8 mtu 1400 up",
        "address add 198.51.100.7/24 dev dummy8",
        "link add bond-old type bond mode active-backup",
        "link set dummy7 master bond-old",
        "link set bond-old up",
        "link add link bond-old name old.99 type vlan id 99",
        "link set old.99 up",
        "address add 10.99.0.7/24 dev old.99",
    )
    Path("/proc/sys/net/ipv6/conf/eno4/disable_ipv6").write_text("1", encoding="ascii")
    before = observe()
    failing = config("{type: interface, name: nic4, addresses: [{ip_netmask: '2001:db8:4::10/64'}]}")
    run = node.apply(failing, "--cleanup")
    assert run.status == 4, run
    assert "taken back; the node is as it was" in run.errors, run
    assert observe() == before


def test_cleanup_says_what_goes_with_the_links(node: Node) -> None:
    """It was asked for: no --allow-loss is needed."""
    ip("link add dummy7 type dummy", "link set dummy7 up", "address add 192.0.2.201/32 dev dummy7")
    run = node.applied_with_losses(LITTLE, "--cleanup")
    assert "192.0.2.201/32" in run.errors, run
    assert "dummy7" not in identities()


def test_cleanup_takes_a_pair_and_a_stack(node: Node) -> None:
    ip(
        "link add a-old type veth peer name b-old",
        "link add br-old type bridge",
        "link set a-old master br-old",
        "link add link br-old name br-old.5 type vlan id 5",
        "link add link br-old.5 name mac-old type macvlan",
        "link add vx-old type vxlan id 7 dstport 4789",
    )
    node.applied_with_losses(LITTLE, "--cleanup")
    assert identities().keys() == {"lo", "eno1", "eno2", "eno3", "eno4"}


def test_cleanup_does_not_reach_into_other_namespaces(node: Node, inside: Namespace) -> None:
    ip("link add dummy7 type dummy")
    ip(f"link add link dummy7 name c-mac netns {inside.path} type macvlan", descriptors=[inside.descriptor])
    run = node.apply(LITTLE, "--cleanup")
    assert run.status == 1, run
    assert all(word in run.errors for word in ("dummy7", "c-mac", "namespace", "--allow-loss")), run
    assert "dummy7" in identities()
    node.applied_with_losses(LITTLE, "--cleanup", "--allow-loss")
    assert "dummy7" not in identities()


def test_cleanup_takes_what_is_ours_and_nobody_remembers(node: Node) -> None:
    """Addresses, routes and rules of ours on a NIC that the file does not name."""
    nic = "{{type: interface, name: nic{}, addresses: [{{ip_netmask: 10.40.0.10/24}}]{}}}"
    fresh = rules(), routes_of_other_tables()
    node.applied(config(nic.format(3, TABLE_AND_RULES), "{type: interface, name: nic4}"))
    forget(node)
    ip("address add 198.51.100.7/24 dev eno3")
    node.applied(LITTLE, "--cleanup")
    assert observe().addresses["eno3"] == ["198.51.100.7/24 scope global"]
    # That of IPv6 is from a network of which the NIC has no address.
    assert [one for one in rules() if "10.40.0" in one] == []
    assert routes_of_other_tables() == fresh[1]

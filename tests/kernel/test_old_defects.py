"""What went wrong in the os-net-config that today's users run, and does not go wrong here.

``ELSEWHERE`` names the tests that show it in the files where they belong; the rest is below. Defects
have numbers, classes of bugs that came back again and again have letters, A to O. Not here: what
concerns DHCP, Open vSwitch, SR-IOV, DPDK, DCB, team and InfiniBand.
"""

from __future__ import annotations

import importlib
import os
import re
from dataclasses import replace
from pathlib import Path
from typing import Dict, List, Tuple

import pytest

from .support import tracing, warm
from .support.node import NICS, Node, ip
from .support.observed import bonds, identities, observe, rules, snapshot
from .support.program import CHECKOUT
from .support.site import bonding, config, site, vlan
from .support.watching import watching

pytestmark = [pytest.mark.acceptance, pytest.mark.rotating]

KERNEL, UNIT = "tests.kernel.", "tests.unit."

#: By the defect: where it is shown that ours has none of it.
ELSEWHERE: Dict[str, Tuple[str, ...]] = {
    "1: a file refused by the schema exits 0": (
        UNIT + "cli.test_exit_codes:test_detailed_what_does_not_fit_the_status_is_never_success",
    ),
    "2: an unknown type is no error": (
        UNIT + "test_mistakes:test_a_run_says_it_in_one_line_and_touches_nothing",
    ),
    "3: a usage error looks like a change": (
        UNIT + "cli.test_arguments:test_a_usage_error_is_never_taken_for_a_change",
    ),
    "4, I: a dry run acts": (
        KERNEL + "test_no_write:test_looking_does_not_write",
        KERNEL + "test_prune:test_a_dry_run_writes_no_record",
    ),
    "7: routes flushed by each run": (KERNEL + "test_no_write:test_second_run_as_the_kernel_hears_it",),
    "7: addresses and ports that left the file stay": (
        KERNEL + "test_changes:test_addresses_come_and_go",
        KERNEL + "test_prune:test_one_port_leaves_a_bond",
    ),
    "10: a linux_bridge crashes": (KERNEL + "test_changes:test_vlan_joins_a_bridge_that_is_there",),
    "12: unknown options of bonds dropped in silence": (
        UNIT + "config.test_bonding_options:test_what_the_driver_does_not_know_is_an_error",
    ),
    "12: unknown options of routes dropped in silence": (
        UNIT + "config.test_routes:test_a_route_that_is_none",
    ),
    "14: a mapped NIC that is missing is another one": (
        UNIT + "config.test_nics:test_a_mapping_that_cannot_be_met_is_an_error",
    ),
    "14: MAC addresses in another case": (UNIT + "config.test_nics:test_mac_addresses_in_any_spelling",),
    "15, N: the text false is true": (UNIT + "config.test_coercion:test_false",),
    "15: an empty config is a traceback": (UNIT + "config.test_document:test_nothing",),
    "15: always changed": (KERNEL + "test_examples:test_example",),
    "18: acts before the whole file is checked": (KERNEL + "test_refusals:test_nic_that_is_not_there",),
    "19: two runs at once": (KERNEL + "test_refusals:test_second_run_names_the_first",),
    "20: what leaves the file stays configured": (KERNEL + "test_prune:test_links_that_leave_the_file",),
    "A: the same default route twice": (
        UNIT + "config.test_routes:test_the_same_route_written_twice_is_one",
    ),
    "A: no change is said when there was one": (
        UNIT + "cli.test_exit_codes:test_a_second_run_does_nothing_and_says_so",
    ),
    "B: a link bounced beside a change": (
        KERNEL + "test_streams:test_the_vlan_beside_a_change_loses_nothing",
        KERNEL + "test_changes:test_bond_options_that_change_live",
    ),
    "C: a bond up before its ports": (
        UNIT + "state.test_plan_laws:test_ports_are_down_when_a_bond_takes_them",
    ),
    "C: a VLAN up before its bond": (
        UNIT
        + "state.test_plan_laws:test_lower_links_are_up_before_upper_ones_and_addresses_there_before_routes",
    ),
    "C: a NIC that is up cannot become a port": (KERNEL + "test_changes:test_nic_that_is_up_becomes_a_port",),
    "E: NICs counted in another order, or the wrong ones": (
        UNIT + "config.test_nics:test_nics_of_the_mainboard_first_then_naturally",
        UNIT + "config.test_nics:test_what_is_not_counted",
    ),
    "E: names not mapped in members, or before a dot": (
        UNIT + "config.test_nics:test_names_are_mapped_wherever_a_link_is_named",
        UNIT + "config.test_nics:test_dotted_names_are_mapped_before_the_dot",
    ),
    "E: a NIC without carrier is not mapped": (
        UNIT + "config.test_nics:test_the_name_of_a_nic_without_carrier_may_be_an_alias",
    ),
    "J: a change that failed is a success": (
        KERNEL + "test_rollback:test_exit_status_without_details",
        UNIT + "cli.test_exit_codes:test_a_failed_run_leaves_the_node_as_it_was_and_says_so",
    ),
    "K: a clean-up takes NICs down, lo along, things of others away": (
        KERNEL + "test_prune:test_cleanup",
        KERNEL + "test_prune:test_without_cleanup_links_of_others_stay",
    ),
    "K: policy rules of others removed": (KERNEL + "test_foreign:test_pruning_takes_nothing_of_others",),
    "L: half a change stays": (KERNEL + "test_rollback:test_on_a_node_that_is_in_use",),
    "O: the same VLAN id twice is overwritten": (
        UNIT + "config.test_checks:test_it_is_said_where_it_stands",
    ),
}


@pytest.mark.parametrize("places", ELSEWHERE.values(), ids=ELSEWHERE)
def test_it_is_shown_elsewhere(places: Tuple[str, ...]) -> None:
    for place in places:
        module, name = place.split(":")
        path = CHECKOUT.joinpath(*module.split(".")).with_suffix(".py")
        assert re.search(rf"^def {name}\(", path.read_text(encoding="utf-8"), re.MULTILINE), place


def nic(rest: str, number: int = 1) -> str:
    return f"{{type: interface, name: nic{number}, {rest}}}"


ADDRESSES = "addresses: [{ip_netmask: 192.0.2.10/24}, {ip_netmask: '2001:db8::10/64'}]"
IPV4_ROUTE = "{ip_netmask: 203.0.113.0/24, next_hop: 192.0.2.1}"
IPV6_ROUTE = "{ip_netmask: '2001:db8:9::/48', next_hop: '2001:db8::%d'}"


# Defects


@pytest.mark.parametrize("options", [("--cleanup",), ("--prune-all",), ()], ids=" ".join)
def test_5_a_root_directory_keeps_the_node_untouched(
    node: Node, tmp_path: Path, options: Tuple[str, ...]
) -> None:
    """--cleanup with --root-dir wiped the machine that it ran on."""
    node.applied(site())
    ip("link add dummy7 type dummy")
    before = observe(), identities()
    root = tmp_path / "image"
    root.mkdir()
    (root / "config.yaml").write_text(config(nic("mtu: 1400", 4)), encoding="utf-8")
    run = warm.run(*node.arguments(Path("/config.yaml"), "--root-dir", str(root), *options))
    assert run.status in {0, 2}, run
    assert (observe(), identities()) == before


def test_8_a_route_of_ipv6_changes_and_those_of_ipv4_stay(node: Node) -> None:
    """The change was looked up in the file of the other family, and all of its routes went."""
    node.applied(config(nic(f"{ADDRESSES}, routes: [{IPV4_ROUTE}, {IPV6_ROUTE % 1}]")))
    node.applied(config(nic(f"{ADDRESSES}, routes: [{IPV4_ROUTE}, {IPV6_ROUTE % 2}]")))
    routes = [one for one in observe().routes if "proto kernel" not in one]
    assert [one.split(" dev ")[0] for one in routes] == [
        "2001:db8:9::/48 via 2001:db8::2",
        "203.0.113.0/24 via 192.0.2.1",
    ]


@pytest.mark.parametrize("length", [16, 25])
def test_9_only_the_prefix_length_changes(node: Node, length: int) -> None:
    """It was not applied at all."""
    node.applied(config(nic("addresses: [{ip_netmask: 192.0.2.10/24}]")))
    node.applied(config(nic(f"addresses: [{{ip_netmask: 192.0.2.10/{length}}}]")))
    (address,) = observe().addresses["eno1"]
    assert address.startswith(f"192.0.2.10/{length} ")


LIVE = {
    "a second address": f"{ADDRESSES[:-1]}, {{ip_netmask: 192.0.2.11/24}}]",
    "an IPv6 address": ADDRESSES.replace("::10/64", "::20/64"),
    "an IPv4 address": ADDRESSES.replace("192.0.2.10", "192.0.2.20"),
    "an MTU with IPv6": f"{ADDRESSES}, mtu: 1400",
    "a route": f"{ADDRESSES}, routes: [{IPV4_ROUTE}]",
    "a rule": f"{ADDRESSES}, rules: [{{rule: from 192.0.2.0/24 table 200}}]",
}


@pytest.mark.parametrize("changed", LIVE.values(), ids=LIVE)
def test_9_a_change_does_not_bounce_the_link(node: Node, changed: str) -> None:
    """A second address, any IPv6 address, an MTU beside one restarted the interface."""
    node.applied(config(nic(ADDRESSES)))
    with watching() as seen:
        node.applied(config(nic(changed)))
        node.applied(config(nic(ADDRESSES)))
    assert "eno1" not in seen.interrupted


def test_11_rules_outlive_what_has_nothing_to_do_with_them(node: Node) -> None:
    """The list of our rules was emptied in between, so that they stayed for ever."""
    rule = "rules: [{rule: from 192.0.2.0/24 table 200}]"
    fresh = rules()
    node.applied(config(nic(f"{ADDRESSES}, {rule}")))
    with_ours = rules()
    assert len(with_ours) == len(fresh) + 1
    node.applied(config(nic(f"{ADDRESSES}, {rule}"), nic("mtu: 1400", 2)))
    assert rules() == with_ours
    node.applied(config(nic(ADDRESSES), nic("mtu: 1400", 2)))
    assert rules() == fresh


def test_11_dns_is_left_alone_where_the_file_names_none(node: Node) -> None:
    """Every run without DNS emptied it."""
    path = Path("/etc/resolv.conf")
    path.write_text("nameserver 192.0.2.53\n", encoding="ascii")
    before = path.stat().st_mtime_ns
    node.applied(site())
    node.applied(config(nic(ADDRESSES)))
    assert path.read_text(encoding="ascii") == "nameserver 192.0.2.53\n"
    assert path.stat().st_mtime_ns == before


@pytest.mark.parametrize("mode", ["1", "active-backup"])
def test_12_the_primary_of_a_mode_by_number(node: Node, mode: str) -> None:
    """It was known by the mode's name only."""
    ports = "[{type: interface, name: nic1}, {type: interface, name: nic2, primary: true}]"
    bond = f"{{type: linux_bond, name: bond1, bonding_options: mode={mode} miimon=100, members: {ports}}}"
    node.applied(config(bond))
    assert (bonds()["bond1"]["mode"], bonds()["bond1"]["primary"]) == ("active-backup 1", "eno2")


def test_13_a_route_by_the_link_itself_and_metrics(node: Node) -> None:
    """next_hop self was handed to ip as a word, a metric was dropped."""
    routes = (
        "{ip_netmask: 203.0.113.0/24, next_hop: self},"
        " {ip_netmask: 203.0.114.0/24, next_hop: 192.0.2.1, metric: 50},"
        " {ip_netmask: 203.0.114.0/24, next_hop: 192.0.2.2, route_options: metric 60},"
        " {ip_netmask: '2001:db8:9::/48', next_hop: self, metric: 70}"
    )
    node.applied(config(nic(f"{ADDRESSES}, routes: [{routes}]")))
    found = [one for one in observe().routes if "203.0.11" in one or "2001:db8:9:" in one]
    words = [re.sub(r" (dev|proto|scope) \S+", "", one) for one in found]
    assert sorted(words) == [
        "2001:db8:9::/48 metric 70",
        "203.0.113.0/24",
        "203.0.114.0/24 via 192.0.2.1 metric 50",
        "203.0.114.0/24 via 192.0.2.2 metric 60",
    ]


@pytest.mark.parametrize("word", ["add ", ""])
def test_13_a_rule_with_the_word_add(node: Node, word: str) -> None:
    """As the manual has it; it became ``ip rule add add``."""
    node.applied(config(nic(f"{ADDRESSES}, rules: [{{rule: '{word}blackhole from 198.51.100.0/24'}}]")))
    (found,) = [one for one in rules() if "198.51.100.0/24" in one]
    assert "blackhole" in found


def test_14_a_nic_that_is_mapped_to_its_own_name(node: Node) -> None:
    """The identity was fatal."""
    mapped = replace(node, mapping="interface_mapping: {eno1: eno1}\n")
    mapped.applied(config("{type: interface, name: eno1, mtu: 1400}"))
    assert observe().links["eno1"]["mtu"] == "1400"


# Classes of bugs

SPELLINGS = {
    "IPv6 written out": (
        nic("addresses: [{ip_netmask: '2001:db8::10/64'}],"
            " routes: [{ip_netmask: '2001:db8:9::/48', next_hop: '2001:db8::1'}]"),
        nic("addresses: [{ip_netmask: '2001:0DB8:0000::0:0010/64'}],"
            " routes: [{ip_netmask: '2001:0db8:0009::0/48', next_hop: '2001:DB8:0::1'}]"),
    ),
    "members in another order": (
        bonding("mode=2 miimon=100", "nic1 nic2"),
        bonding("mode=2 miimon=100", "nic2 nic1"),
    ),
    "keys and options in another order": (
        "{type: linux_bond, name: bond1, mtu: 1400, bonding_options: mode=1 miimon=100 updelay=200,"
        " members: [{type: interface, name: nic1}]}",
        "{members: [{name: nic1, type: interface}], mtu: '1400', name: bond1,"
        " bonding_options: updelay=200 miimon=100 mode=active-backup, type: linux_bond}",
    ),
    "what goes without saying": (
        nic(f"{ADDRESSES}, routes: [{IPV4_ROUTE}, {IPV6_ROUTE % 1}, {{default: true, next_hop: 192.0.2.1}}]"),
        nic(f"{ADDRESSES}, routes: [{IPV4_ROUTE[:-1]}, metric: 0, table: main}},"
            f" {IPV6_ROUTE[:-1] % 1}, metric: 1024, table: 254}},"
            " {destination: 0.0.0.0/0, nexthop: 192.0.2.1}]"),
    ),
}  # fmt: skip


@pytest.mark.parametrize(("one", "other"), SPELLINGS.values(), ids=SPELLINGS)
def test_a_another_spelling_is_no_change(node: Node, one: str, other: str) -> None:
    """Texts were compared, and what differed was restarted."""
    node.applied(config(one))
    node.unchanged(config(other))
    node.unchanged(config(one))


def test_c_what_stands_on_a_bond_that_goes_down_comes_back(node: Node) -> None:
    """VLANs stayed down or lost their routes, the bond itself stayed down."""
    node.applied(site())
    before, indexes = observe(), identities()
    node.applied(site(bond="mode=4 miimon=100 lacp_rate=fast"))
    node.applied(site())
    assert observe() == before
    assert identities() == indexes


def test_c_a_vlan_in_a_bond(node: Node) -> None:
    """A bond over VLANs of two NICs."""
    node.applied(config(bonding("mode=1 miimon=100", "nic1.20 nic2.20")))
    links = observe().links
    assert {links[name].get("master") for name in ("eno1.20", "eno2.20")} == {"bond1"}
    assert {links[name]["state"] for name in ("eno1", "eno1.20", "bond1")} == {"up"}


SAID = (
    "mtu: 1400, addresses: [{ip_netmask: 192.0.2.10/24}, {ip_netmask: '2001:db8::10/64'}],"
    " routes: [{ip_netmask: 203.0.113.0/24, next_hop: 192.0.2.1},"
    " {ip_netmask: '2001:db8:9::/48', next_hop: '2001:db8::1'},"
    " {ip_netmask: 203.0.114.0/24, next_hop: 192.0.2.1, table: 200}],"
    " rules: [{rule: from 192.0.2.0/24 table 200}, {rule: 'from 2001:db8::/64 table 200'}]"
)
KINDS = {
    "eno1": f"{{type: interface, name: nic1, {SAID}}}",
    "eno1.30": f"{{type: interface, name: nic1.30, {SAID}}}",
    "vlan20": f"{{type: vlan, vlan_id: 20, device: nic1, {SAID}}}",
    "bond1": f"{{type: linux_bond, name: bond1, members: [{{type: interface, name: nic1}}], {SAID}}}",
    "br-ex": f"{{type: linux_bridge, name: br-ex, members: [{{type: interface, name: nic1}}], {SAID}}}",
}


@pytest.mark.parametrize("name", KINDS)
def test_d_every_kind_of_link_takes_everything(node: Node, name: str) -> None:
    """Rules of bridges, routes of bridges with IPv6: each kind had its own copy, with its own gaps."""
    fresh = snapshot()
    node.applied(config(KINDS[name], "{type: interface, name: nic4}"))
    state, other_tables, policy = snapshot()
    assert state.links[name]["mtu"] == "1400"
    assert [one.split()[0] for one in state.addresses[name]] == ["192.0.2.10/24", "2001:db8::10/64"]
    assert len([one for one in state.routes if "proto kernel" not in one and f"dev {name} " in one]) == 2
    assert len(other_tables) == len(fresh.other_tables) + 1
    assert len(policy) == len(fresh.rules) + 2
    node.unchanged(config(KINDS[name], "{type: interface, name: nic4}"))
    node.applied(config("{type: interface, name: nic4}"))
    left = snapshot()
    assert (left.other_tables, left.rules) == (fresh.other_tables, fresh.rules)
    assert name not in left.state.addresses


def test_e_a_mapping_by_mac_holds_when_ports_share_one(node: Node) -> None:
    """In a bond every port has the same MAC; which NIC is meant is the one that had it before."""
    mapping = "interface_mapping:\n" + "".join(
        f"  nic{number}: '{mac}'\n" for number, mac in enumerate(NICS.values(), 1)
    )
    mapped = replace(node, mapping=mapping)
    mapped.applied(config(bonding("mode=2 miimon=100", "nic2 nic3")))
    assert {observe().links[name].get("master") for name in ("eno2", "eno3")} == {"bond1"}
    mapped.unchanged(config(bonding("mode=2 miimon=100", "nic2 nic3")))


#: Where there is no event: a program that ends again and again is started ever more rarely, and
#: systemd-resolved tells nobody that it has read of a link.
_PAUSES = {"backends/processes/supervisor.py", "backends/resolver/resolved.py"}


def test_g_nobody_sleeps() -> None:
    """Waits for a while, and another try: now every wait has an event."""
    # Where the checkout is the host's, caches of Python come and go meanwhile: os.walk passes over them.
    program = CHECKOUT / "os_net_config"
    walked = os.walk(program)
    sources = sorted(Path(at, name) for at, _, names in walked for name in names if name.endswith(".py"))
    assert len(sources) > 50
    sleeping = [path for path in sources if re.search(r"\bsleep\(", path.read_text(encoding="utf-8"))]
    assert {str(path.relative_to(program)) for path in sleeping} == _PAUSES


#: Where the program may write beside the kernel: its own directory, and the names of its numbers.
_OWN_FILES = re.compile(r'"[^"]*/(run|state)/[^"]*"|"/etc/iproute2/[^"]*"|"/proc/sys/net/[^"]*"|"/dev/null"')


def test_h_m_no_other_program_and_no_shared_file(node: Node) -> None:
    """Daemons were restarted, files of other programs written: a run that makes a whole site."""
    run, calls = tracing.traced(node.directory, *node.arguments(node.file("config.yaml", site())))
    assert run.status == 2, run
    assert [str(one) for one in calls if one.name == "execve" and one.result == "0"][1:] == []
    assert [str(one) for one in calls if one.name in {"kill", "tkill", "tgkill", "fork", "vfork"}] == []
    opened = [one for one in calls if one.name in {"open", "openat", "openat2", "creat"}]
    writable = [one for one in opened if re.search(r"\bO_(WRONLY|RDWR|CREAT)\b", one.arguments)]
    assert [str(one) for one in writable if not _OWN_FILES.search(one.arguments)] == []
    assert not [one for one in writable if "O_TMPFILE" in one.arguments]


def test_n_zero_is_a_value(node: Node) -> None:
    """A rate, a VF, a metric of 0 was taken for nothing said."""
    options = "mode=1 miimon=0 num_grat_arp=0 resend_igmp=0 min_links=0"
    route = "{ip_netmask: 203.0.113.0/24, next_hop: 192.0.2.1, metric: 0}"
    text = config(bonding(options, "nic2"), nic(f"{ADDRESSES}, routes: [{route}]"))
    node.applied(text)
    found = bonds()["bond1"]
    assert [found[name] for name in ("miimon", "num_grat_arp", "resend_igmp")] == ["0", "0", "0"]
    assert any(
        one.startswith("203.0.113.0/24 via 192.0.2.1") and "metric" not in one for one in observe().routes
    )
    ip("link set bond1 type bond miimon 100 resend_igmp 1 num_grat_arp 1")
    node.applied(text)
    assert bonds()["bond1"] == found


def test_o_whatever_the_provider_the_plan_is_one(node: Node) -> None:
    """Each provider made something else of the same file."""
    plans: List[object] = []
    for provider in ("ifcfg", "nmstate", "eni", "iproute"):
        run = node.apply(site(), "--noop", "--format", "json", "--provider", provider)
        assert run.status == 2, run
        plans.append((run.json["changes"], run.json["steps"]))
    assert all(one == plans[0] for one in plans)
    assert plans[0] != ([], [])


def test_o_a_bond_with_a_vlan_of_its_own_network(node: Node) -> None:
    """One provider refused an address on a bond and a VLAN above it."""
    bond = bonding("mode=1 miimon=100").replace(
        "members", "addresses: [{ip_netmask: 192.0.2.10/24}], members"
    )
    node.applied(config(bond, vlan(20, "device: bond1", ["10.20.0.10/24"])))
    assert {"bond1", "vlan20"} <= observe().addresses.keys()


def test_o_the_loopback_link_takes_addresses(node: Node) -> None:
    """It was made a link of another type. What was there stays there."""
    addresses = "{ip_netmask: 192.0.2.200/32}, {ip_netmask: '2001:db8::200/128'}"
    lo = f"{{type: interface, name: lo, addresses: [{addresses}]}}"
    before = observe().addresses["lo"]
    node.applied(config(lo))
    found = observe().addresses["lo"]
    assert {one.split()[0] for one in found} == {
        "127.0.0.1/8", "::1/128", "192.0.2.200/32", "2001:db8::200/128",
    }  # fmt: skip
    node.applied(config("{type: interface, name: nic1}"))
    assert observe().addresses["lo"] == before
    assert observe().links["lo"]["state"] == "up"


def test_every_class_is_shown() -> None:
    """A to O, with F left out: at boot there is nothing to wait for on links that are made here."""
    module = importlib.import_module(__name__)
    here = {name.split("_")[1] for name in vars(module) if name.startswith("test_")}
    here |= {name.split("_")[2] for name in vars(module) if name.startswith("test_h_m_")}
    shown = {part.strip() for key in ELSEWHERE for part in key.split(":")[0].split(",")}
    letters = {one.upper() for one in here | shown if len(one) == 1 and one.isalpha()}
    assert letters == set("ABCDEGHIJKLMNO")

"""Every example, applied to a real kernel, makes exactly the state that is written out for it."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, Dict, List, NamedTuple, Optional, Tuple

import pytest
import yaml

from .support import tracing, warm
from .support.node import NICS, Node
from .support.observed import Attributes, Observed, identities, observe, snapshot
from .support.openvswitch import OpenVSwitch
from .support.program import EXAMPLES, NO_CHANGE

pytestmark = pytest.mark.rotating

Rows = Dict[str, Any]

EXPECTED = Path(__file__).parent / "expected"

#: The bit of a MAC address that nobody has assigned to a manufacturer (IEEE 802).
_LOCAL = 2

LOOPBACK: Attributes = {"kind": "loopback", "state": "up", "mac": "00:00:00:00:00:00", "mtu": "65536"}
LOOPBACK_ADDRESSES = ["127.0.0.1/8 scope host", "::1/128 scope host"]

#: The options of a bond about which nobody said anything (Documentation/networking/bonding.rst).
FRESH_BOND = {
    "ad_select": "stable 0",
    "all_slaves_active": "0",
    "arp_all_targets": "any 0",
    "arp_interval": "0",
    "arp_missed_max": "2",
    "arp_validate": "none 0",
    "downdelay": "0",
    "fail_over_mac": "none 0",
    "lacp_active": "on 1",
    "lacp_rate": "slow 0",
    "lp_interval": "1",
    "miimon": "0",
    "min_links": "0",
    "num_grat_arp": "1",
    "num_unsol_na": "1",
    "packets_per_slave": "1",
    "peer_notif_delay": "0",
    "primary_reselect": "always 0",
    "resend_igmp": "1",
    "tlb_dynamic_lb": "1",
    "updelay": "0",
    "use_carrier": "1",
    "xmit_hash_policy": "layer2 0",
}
#: Those that only this mode shows.
FRESH_LACP = {"ad_actor_sys_prio": "65535", "ad_actor_system": "00:00:00:00:00:00", "ad_user_port_key": "0"}

#: The options of a bridge that we made, and of a port, about which nobody said anything.
FRESH_BRIDGE = {
    "ageing_time": "30000",
    "default_pvid": "1",
    "forward_delay": "0",
    "group_addr": "01:80:c2:00:00:00",
    "group_fwd_mask": "0x0",
    "hash_elasticity": "16",
    "hash_max": "4096",
    "hello_time": "200",
    "max_age": "2000",
    "multicast_igmp_version": "2",
    "multicast_last_member_count": "2",
    "multicast_last_member_interval": "100",
    "multicast_membership_interval": "26000",
    "multicast_mld_version": "1",
    "multicast_querier": "0",
    "multicast_querier_interval": "25500",
    "multicast_query_interval": "12500",
    "multicast_query_response_interval": "1000",
    "multicast_query_use_ifaddr": "0",
    "multicast_router": "1",
    "multicast_snooping": "1",
    "multicast_startup_query_count": "2",
    "multicast_stats_enabled": "0",
    "nf_call_arptables": "0",
    "nf_call_ip6tables": "0",
    "nf_call_iptables": "0",
    "no_linklocal_learn": "0",
    "priority": "32768",
    "stp_state": "0",
    "vlan_filtering": "0",
    "vlan_protocol": "0x8100",
    "vlan_stats_enabled": "0",
    "vlan_stats_per_port": "0",
}
FRESH_PORT = {
    "bpdu_guard": "0",
    "broadcast_flood": "1",
    "group_fwd_mask": "0x0",
    "hairpin_mode": "0",
    "isolated": "0",
    "learning": "1",
    "multicast_fast_leave": "0",
    "multicast_flood": "1",
    "multicast_router": "1",
    "multicast_to_unicast": "0",
    "neigh_suppress": "0",
    "priority": "32",
    "proxyarp": "0",
    "proxyarp_wifi": "0",
    "root_block": "0",
    "unicast_flood": "1",
}


#: What a VXLAN and a macvlan have about which nobody said anything, in the words of ip.
FRESH_DATA: Dict[str, Attributes] = {
    "macvlan": {"bcqueuelen": "1000", "usedbcqueuelen": "1000"},
    "vxlan": {
        "ageing": "300",
        "df": "unset",
        "learning": "True",
        "port": "4789",
        "port_range": "{'low': 0, 'high': 0}",
        "ttl": "0",
        "udp_csum": "True",
        "udp_zero_csum6_rx": "False",
        "udp_zero_csum6_tx": "False",
    },
}


def fresh(sets: str, maps: str, flags: str = "", numbers: str = "", texts: str = "") -> Rows:
    """A row's columns by kind, with their values as YAML without types has them."""
    found: Rows = {**{name: [] for name in sets.split()}, **{name: {} for name in maps.split()}}
    for names, value in ((flags, "False"), (numbers, "0"), (texts, "")):
        found.update(dict.fromkeys(names.split(), value))
    return found


#: The columns of a row about which nobody said anything (ovs-vswitchd.conf.db(5)).
FRESH_ROWS: Dict[str, Rows] = {
    "Open_vSwitch": fresh(
        sets="bridges db_version manager_options ovs_version ssl system_type system_version",
        maps="datapaths external_ids other_config",
    ),
    "Bridge": fresh(
        sets="auto_attach controller fail_mode flood_vlans ipfix mirrors netflow ports protocols sflow",
        maps="external_ids flow_tables other_config",
        flags="mcast_snooping_enable rstp_enable stp_enable",
        texts="datapath_type",
    ),
    "Port": fresh(
        sets="bond_mode cvlans lacp mac qos tag trunks vlan_mode",
        maps="external_ids other_config",
        flags="bond_fake_iface fake_bridge protected",
        numbers="bond_downdelay bond_updelay",
    ),
    "Interface": fresh(
        sets="cfm_fault cfm_fault_status cfm_flap_count cfm_health cfm_mpid cfm_remote_opstate mac"
        " mtu_request ofport_request",
        maps="bfd bfd_status external_ids lldp options other_config",
        numbers="ingress_policing_burst ingress_policing_kpkts_burst ingress_policing_kpkts_rate"
        " ingress_policing_rate",
        texts="type",
    ),
}


def expected(example: Path) -> Observed:
    """What is written out for an example, and what every node and every bond has."""
    path = EXPECTED / example.name
    assert path.exists(), f"write to {path} what {example.name} makes of a node"
    # Every value is a text: 52:54:00:00:00:01 would be a number otherwise.
    written = yaml.load(path.read_text(encoding="utf-8"), yaml.BaseLoader)
    links = {name: with_defaults(link, written["links"]) for name, link in written["links"].items()}
    return Observed(
        {"lo": LOOPBACK, **links},
        {"lo": LOOPBACK_ADDRESSES, **written["addresses"]},
        sorted(written["routes"]),
    )


#: Rules that every node has.
FRESH_RULES = [
    "-4 0:\tfrom all lookup local proto kernel",
    "-4 32766:\tfrom all lookup main proto kernel",
    "-4 32767:\tfrom all lookup default proto kernel",
    "-6 0:\tfrom all lookup local proto kernel",
    "-6 32766:\tfrom all lookup main proto kernel",
]


class Policy(NamedTuple):
    """Routes of other tables than main and local, and all rules."""

    tables: List[str]
    rules: List[str]


def expected_policy(example: Path) -> Policy:
    written = yaml.load((EXPECTED / example.name).read_text(encoding="utf-8"), yaml.BaseLoader)
    added = [rule.replace(": ", ":\t", 1) for rule in written.get("rules", ())]
    return Policy(sorted(written.get("tables", ())), sorted([*FRESH_RULES, *added]))


def observed_policy() -> Policy:
    """Without what the table of a VRF has as the table local has it: the kernel fills it itself."""
    found = snapshot()
    tables = [one for one in found.other_tables if not re.search(_AS_IN_LOCAL, one)]
    return Policy(tables, sorted(found.rules))


_AS_IN_LOCAL = r"^table \S+: (local|broadcast|multicast|anycast|fe80:\S+) "


def expected_resolver(example: Path) -> List[str]:
    """Without name servers in the example it is as it was."""
    written = yaml.load((EXPECTED / example.name).read_text(encoding="utf-8"), yaml.BaseLoader)
    return list(written.get("resolver") or resolver())


def resolver() -> List[str]:
    """What resolv.conf says, apart from options."""
    path = Path("/etc/resolv.conf")
    lines = path.read_text(encoding="ascii").splitlines() if path.exists() else []
    return [line for line in lines if line.startswith(("nameserver ", "search "))]


def expected_rows(example: Path) -> Dict[Tuple[str, str], Rows]:
    """All of all rows, by table and name; what we made has our label."""
    written = yaml.load((EXPECTED / example.name).read_text(encoding="utf-8"), yaml.BaseLoader)
    return {
        (table, name): {
            **FRESH_ROWS[table],
            **({} if table == "Open_vSwitch" else {"name": name}),
            **said,
            "external_ids": {
                **({} if table == "Open_vSwitch" else {"os-net-config": "made"}),
                **said.get("external_ids", {}),
            },
        }
        for table, rows in written["rows"].items()
        for name, said in rows.items()
    }


def as_texts(value: Any) -> Any:
    """As YAML without types has them."""
    if isinstance(value, dict):
        return {key: as_texts(one) for key, one in value.items()}
    return [as_texts(one) for one in value] if isinstance(value, list) else str(value)


def observed(wanted: Observed) -> Observed:
    """An address that the kernel has drawn is ``random`` where that is expected."""
    found = observe()
    for name, link in found.links.items():
        drawn = wanted.links.get(name, {}).get("mac") == "random"
        if drawn and link["mac"] not in NICS.values() and int(str(link["mac"])[:2], 16) & _LOCAL:
            link["mac"] = "random"
    return found


def with_defaults(link: Dict[str, Any], links: Dict[str, Any]) -> Attributes:
    found = dict(link)
    if "bonding" in link:
        lacp = FRESH_LACP if link["bonding"]["mode"] == "802.3ad 4" else {}
        found["bonding"] = {**FRESH_BOND, **lacp, **link["bonding"]}
    if link["kind"] in FRESH_DATA and link["kind"] in link:
        found[link["kind"]] = {**FRESH_DATA[link["kind"]], **link[link["kind"]]}
    if link["kind"] == "bridge":
        found["bridge"] = {**FRESH_BRIDGE, **link.get("bridge", {})}
    if "master" in link and links[link["master"]]["kind"] == "bridge":
        found["port"] = {**FRESH_PORT, **link.get("port", {})}
    return found


def test_every_expectation_has_its_example() -> None:
    assert {path.name for path in EXPECTED.glob("*.yaml")} == {path.name for path in EXAMPLES}


def test_examples_are_good_without_a_warning() -> None:
    run = warm.run("check", "--exit-on-validation-errors", *map(str, EXAMPLES))
    assert run.status == 0, run
    assert run.output.splitlines() == [f"{example}: good" for example in EXAMPLES]
    assert run.errors == ""


def test_example(node: Node, needed_switch: Optional[OpenVSwitch], example: Path) -> None:
    wanted, names = expected(example), expected_resolver(example)
    before = observe(), identities(), told(needed_switch)

    first = warm.run(*node.arguments(example, "--noop"))
    assert first.status == 2, first
    assert (observe(), identities(), told(needed_switch)) == before

    applied = node.run(example)
    assert applied.status == 2, applied
    assert applied.errors == ""
    assert observed(wanted) == wanted
    assert observed_policy() == expected_policy(example)
    assert resolver() == names
    links, rows = identities(), told(needed_switch)
    if needed_switch is not None:
        assert as_texts(needed_switch.configured()) == expected_rows(example)

    second, calls = tracing.traced(node.directory, *node.arguments(example))
    assert (second.status, second.output, second.errors) == (0, NO_CHANGE, "")
    assert tracing.writes(calls) == []
    assert {one.type for one in tracing.requests(calls)} == tracing.QUESTIONS

    last = warm.run(*node.arguments(example, "--noop", "--format", "json"))
    assert last.status == 0, last
    assert (last.json["changed"], last.json["changes"], last.json["steps"]) == (False, [], [])
    assert (observed(wanted), identities(), told(needed_switch)) == (wanted, links, rows)


def told(switch: Optional[OpenVSwitch]) -> Tuple[Any, ...]:
    """All rows, and how often somebody asked ovs-vswitchd for something."""
    if switch is None:
        return ()
    return switch.configured(), switch.vsctl("get", "Open_vSwitch", ".", "next_cfg")

"""Every option of the bonding driver, by name and by number, reaches the driver as it is meant.

Each value has a bond of its own, all in one config, so that a run or two tell about all of them.
"""

from __future__ import annotations

from typing import Callable, Dict, Iterator, List, NamedTuple, Tuple

import pytest

from os_net_config.state import bond

from .support.node import Node, made_node
from .support.observed import bonds, identities, observe
from .support.program import NO_CHANGE
from .support.raw import own_attributes

ARP = "mode=active-backup arp_interval=100 arp_ip_target=192.0.2.1"
LACP = "mode=802.3ad miimon=100"


class Case(NamedTuple):
    """An option with a value, as sysfs shows it in ``file``. ``rest`` is what it needs beside it."""

    option: str
    word: str
    number: str
    shown: str
    rest: str = "mode=active-backup"
    file: str = ""
    ports: Tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"{self.option}={self.word}"

    def config(self, name: str, value: str) -> str:
        options = f"{self.rest} {self.option}={value}".strip()
        members = ", ".join(f"{{type: interface, name: {port}}}" for port in self.ports)
        return f"- {{type: linux_bond, name: {name}, bonding_options: '{options}', members: [{members}]}}\n"


def enumeration(option: str, *words: str, rest: str = "mode=active-backup", bare: bool = False) -> List[Case]:
    """All values of an enumeration; sysfs shows word and number, or the number alone."""
    return [
        Case(option, word, str(number), str(number) if bare else f"{word} {number}", rest)
        for number, word in enumerate(words)
    ]


def value(option: str, text: str, shown: str = "", rest: str = "mode=active-backup", file: str = "") -> Case:
    return Case(option, text, text, shown or text, rest, file)


CASES = [
    *enumeration("mode", "balance-rr", "active-backup", "balance-xor", "broadcast", "802.3ad", "balance-tlb",
                 "balance-alb", rest=""),
    *enumeration("arp_validate", "none", "active", "backup", "all", "filter", "filter_active",
                 "filter_backup", rest=ARP),
    *enumeration("arp_all_targets", "any", "all", rest=ARP),
    *enumeration("primary_reselect", "always", "better", "failure"),
    *enumeration("fail_over_mac", "none", "active", "follow"),
    *enumeration("xmit_hash_policy", "layer2", "layer3+4", "layer2+3", "encap2+3", "encap3+4", "vlan+srcmac",
                 rest="mode=balance-xor"),
    *enumeration("lacp_rate", "slow", "fast", rest=LACP),
    *enumeration("lacp_active", "off", "on", rest=LACP),
    *enumeration("ad_select", "stable", "bandwidth", "count", rest=LACP),
    *enumeration("use_carrier", "off", "on", bare=True),
    *enumeration("all_slaves_active", "dropped", "delivered", bare=True),
    *enumeration("tlb_dynamic_lb", "off", "on", rest="mode=balance-tlb", bare=True),
    value("miimon", "250"),
    value("updelay", "300", rest="mode=active-backup miimon=100"),
    value("downdelay", "500", rest="mode=active-backup miimon=250"),
    value("peer_notif_delay", "400", rest="mode=active-backup miimon=200"),
    value("arp_interval", "500", rest="mode=balance-xor arp_ip_target=192.0.2.1"),
    value("arp_ip_target", "192.0.2.9,192.0.2.1", "192.0.2.9 192.0.2.1",
          rest="mode=broadcast arp_interval=100"),
    value("ns_ip6_target", "2001:db8::9,2001:db8::1", "2001:db8::9 2001:db8::1",
          rest="mode=active-backup arp_interval=100"),
    value("arp_missed_max", "5", rest=ARP),
    value("resend_igmp", "7"),
    value("num_peer_notif", "9", file="num_grat_arp"),
    value("min_links", "2", rest=LACP),
    value("lp_interval", "30", rest="mode=balance-alb"),
    value("packets_per_slave", "64", rest="mode=balance-rr"),
    value("ad_actor_sys_prio", "100", rest=LACP),
    value("ad_user_port_key", "777", rest=LACP),
    value("ad_actor_system", "02:00:00:00:00:07", rest=LACP),
    Case("primary", "nic2", "nic2", "eno2", ports=("nic1", "nic2")),
    Case("active_slave", "nic4", "nic4", "eno4", ports=("nic3", "nic4")),
    # Other names of the same options
    value("num_grat_arp", "3", file="num_unsol_na"),
    value("num_unsol_na", "4", file="num_grat_arp"),
    value("missed_max", "6", rest=ARP, file="arp_missed_max"),
    Case("ad_lacp_rate", "fast", "1", "fast 1", LACP, "lacp_rate"),
    Case("ad_lacp_active", "off", "0", "off 0", LACP, "lacp_active"),
]  # fmt: skip

#: What Linux has only since 6.9, 6.17 and 6.18: text, IFLA_BOND_… and value. An older kernel ignores or
#: refuses it, unless it was brought to it (6.1.176 has the first).
RECENT = [("coupled_control=off", 32, 0), ("broadcast_neighbor=on", 33, 1), ("ad_select=port_prio", 22, 3)]

Spelling = Callable[[Case], str]
SPELLINGS: Dict[str, Spelling] = {"by name": lambda case: case.word, "by number": lambda case: case.number}


def config_of_all(spelling: str) -> str:
    bonds = [case.config(f"bond{number}", SPELLINGS[spelling](case)) for number, case in enumerate(CASES)]
    return "network_config:\n" + "".join(bonds)


class Applied(NamedTuple):
    """What was made of a config with all cases: the bonds' options, and what the next run said."""

    bonds: Dict[str, Dict[str, str]]
    same_again: str
    other_spelling: str


@pytest.fixture(scope="module", params=SPELLINGS)
def applied(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Applied]:
    spelling = str(request.param)
    other = next(name for name in SPELLINGS if name != spelling)
    with made_node(tmp_path_factory.mktemp("bonds")) as node:
        node.applied(config_of_all(spelling))
        made = bonds()
        again, otherwise = node.apply(config_of_all(spelling)), node.apply(config_of_all(other))
    yield Applied(made, again.output, otherwise.output)


@pytest.mark.parametrize("number", range(len(CASES)), ids=lambda number: str(CASES[number]))
def test_option(applied: Applied, number: int) -> None:
    case = CASES[number]
    assert applied.bonds[f"bond{number}"][case.file or case.option] == case.shown


def test_nothing_is_left_to_change(applied: Applied) -> None:
    assert applied.same_again == NO_CHANGE


def test_names_and_numbers_are_the_same(applied: Applied) -> None:
    assert applied.other_spelling == NO_CHANGE


def test_no_option_is_forgotten() -> None:
    recent = {text.partition("=")[0] for text, _, _ in RECENT}
    assert set(bond.ATTRIBUTES) <= {case.option for case in CASES} | recent


@pytest.mark.parametrize(("option", "attribute", "wanted"), RECENT)
def test_option_that_a_kernel_may_not_have(node: Node, option: str, attribute: int, wanted: int) -> None:
    """It is set, or the run fails, says what cannot be set, and takes back what it did."""
    before = observe(), identities()
    run = node.apply(f"""\
network_config:
- {{type: interface, name: nic1, mtu: 9000, addresses: [{{ip_netmask: 192.0.2.10/24}}]}}
- type: linux_bond
  name: bond1
  bonding_options: mode=802.3ad miimon=100 {option}
  members: [{{type: interface, name: nic2}}]
- {{type: vlan, vlan_id: 20, device: bond1, addresses: [{{ip_netmask: 198.51.100.10/24}}]}}
""")
    if run.status == 2:
        assert own_attributes("bond1")[attribute][0] == wanted
        return
    assert run.status == 4, run
    assert option.partition("=")[0] in run.errors
    assert (observe(), identities()) == before

"""Policy rules in the words of ip-rule(8): what each means, and which word is wrong."""

from __future__ import annotations

import ipaddress
from typing import Any, Dict, List, Optional

import pytest
from hypothesis import given
from hypothesis import strategies as st

from os_net_config.config.nics import name_nics
from os_net_config.config.rules import parse
from os_net_config.config.words import WordError
from os_net_config.state.model import RuleKey
from os_net_config.state.rule import ACTIONS
from os_net_config.state.values import Prefix

from ..node import nics
from ..properties import quick
from ..texts import NO_TABLES, config, said

CONFIG = """\
network_config:
- {{type: route_table, name: storage, table_id: 200}}
- type: interface
  name: nic1
  rules:
{rules}
"""
RULE = "network_config[1].rules[0].rule"
EM = name_nics(nics("em1", "em2"), {})


def text_of(*rules: str) -> str:
    return CONFIG.format(rules="\n".join(f"  - rule: {rule}" for rule in rules))


def keys(*rules: str) -> List[RuleKey]:
    found = config(text_of(*rules), EM, exists=["em1", "em2"]).rules
    return [rule.key for some in found.values() for rule in some]


def prefix(text: str) -> Prefix:
    network = ipaddress.ip_network(text)
    return Prefix(network.network_address.packed, network.prefixlen)


NET, NET6 = prefix("192.0.2.0/24"), prefix("2001:db8::/32")
ALL_BITS = 0xFFFFFFFF


@pytest.mark.parametrize(
    "text, fields",
    [
        ("from 192.0.2.0/24 table 200", {"source": NET, "table": 200}),
        ("add from 192.0.2.0/24 table 200", {"source": NET, "table": 200}),
        ("from 192.0.2.0/255.255.255.0 lookup 200", {"source": NET, "table": 200}),
        ("from 192.0.2.7 lookup 200", {"source": prefix("192.0.2.7/32"), "table": 200}),
        ("to 192.0.2.0/24 lookup storage", {"destination": NET, "table": 200}),
        ("from all lookup main", {"table": 254}),
        ("from any to default lookup local", {"table": 255}),
        ("lookup default", {"table": 253}),
        ("table 4294967295", {"table": 2**32 - 1}),
        ("table 0xc8", {"table": 200}),
        ("not from 192.0.2.0/24 table 200", {"inverted": True, "source": NET, "table": 200}),
        ("from 192.0.2.0/24 not table 200", {"inverted": True, "source": NET, "table": 200}),
        ("iif nic2 table 200", {"incoming": "em2", "table": 200}),
        ("dev nic2.20 table 200", {"incoming": "em2.20", "table": 200}),
        ("oif vlan20 iif lo table 200", {"outgoing": "vlan20", "incoming": "lo", "table": 200}),
        ("tos 10 table 200", {"tos": 0x10, "table": 200}),
        ("dsfield CS2 table 200", {"tos": 0x40, "table": 200}),
        # A mark without a mask is compared whole.
        ("fwmark 5 table 200", {"fwmark": 5, "fwmask": ALL_BITS, "table": 200}),
        ("fwmark 0x10/0xf0 table 200", {"fwmark": 0x10, "fwmask": 0xF0, "table": 200}),
        ("fwmark 0/0xffffffff table 200", {"fwmark": 0, "fwmask": ALL_BITS, "table": 200}),
        ("fwmark 0x10 fwmask 0xf0 table 200", {"fwmark": 0x10, "fwmask": 0xF0, "table": 200}),
        ("ipproto tcp table 200", {"ip_protocol": 6, "table": 200}),
        ("ipproto icmp dport 9 table 200", {"ip_protocol": 1, "destination_ports": (9, 9), "table": 200}),
        ("ipproto 132 table 200", {"ip_protocol": 132, "table": 200}),
        ("sport 80 table 200", {"source_ports": (80, 80), "table": 200}),
        ("sport 1-65534 table 200", {"source_ports": (1, 65534), "table": 200}),
        ("dport 1000-2000 table 200", {"destination_ports": (1000, 2000), "table": 200}),
        ("uidrange 0-99 table 200", {"users": (0, 99), "table": 200}),
        ("tun_id 18446744073709551615 table 200", {"tunnel": 2**64 - 1, "table": 200}),
        ("realms 3/4 table 200", {"realms": 3 << 16 | 4, "table": 200}),
        ("suppress_prefixlength 0 table main", {"suppress_prefixlength": 0, "table": 254}),
        ("table main sup_pl 24", {"suppress_prefixlength": 24, "table": 254}),
        ("suppress_ifgroup default table main", {"suppress_ifgroup": 0, "table": 254}),
        ("sup_group 111 table main", {"suppress_ifgroup": 111, "table": 254}),
        ("l3mdev", {"l3mdev": 1}),
        ("type unicast table 200", {"table": 200}),
        ("nop", {"action": "nop"}),
        ("type nop", {"action": "nop"}),
        ("blackhole from 192.0.2.0/24", {"action": "blackhole", "source": NET}),
        ("from 192.0.2.0/24 type blackhole", {"action": "blackhole", "source": NET}),
        ("unreachable iif em1", {"action": "unreachable", "incoming": "em1"}),
        ("to 192.0.2.0/24 prohibit", {"action": "prohibit", "destination": NET}),
        # As ip does, and the kernel tells it.
        ("add blackhole from 192.0.2.0/24 table 200", {"action": "blackhole", "source": NET, "table": 200}),
        ("goto 20000", {"action": "goto", "goto": 20000}),
        # The family
        ("from 2001:db8::/32 table 200", {"family": 6, "source": NET6, "table": 200}),
        ("from 2001:DB8:0::/32 to ::/0 table 200", {"family": 6, "source": NET6, "table": 200}),
        ("from ::/0 table 200", {"family": 6, "table": 200}),
        ("from 0.0.0.0/0 table 200", {"table": 200}),
        ("-6 table 200", {"family": 6, "table": 200}),
        ("inet6 add table 200", {"family": 6, "table": 200}),
        ("add -6 ipproto ipv6-icmp table 200", {"family": 6, "ip_protocol": 58, "table": 200}),
        ("-4 from all table 200", {"table": 200}),
        ("inet from 192.0.2.0/24 table 200", {"source": NET, "table": 200}),
    ],
)
def test_what_the_words_mean(text: str, fields: Dict[str, Any]) -> None:
    assert keys(text) == [RuleKey(**{"family": 4, "priority": 10000, **fields})]
    assert said(text_of(text)) == []


@pytest.mark.parametrize("word", ["priority", "pref", "preference", "order", "prio"])
def test_words_for_the_priority(word: str) -> None:
    assert keys(f"{word} 0 table 200", f"table 200 {word} 4294967295") == [
        RuleKey(4, 0, table=200),
        RuleKey(4, 2**32 - 1, table=200),
    ]


@pytest.mark.parametrize(
    "text, word, says",
    [
        ("foo", "foo", "'foo' is no word of ip rule"),
        ("form 192.0.2.0/24 table 200", "form", "'form' is no word of ip rule; did you mean from?"),
        ("from all tabel 200", "tabel", "'tabel' is no word of ip rule; did you mean table?"),
        ("from all drop", "drop", "'drop' is no word of ip rule; did you mean blackhole?"),
        ("from all add table 200", "add", "'add' is no word of ip rule"),
        ("table 200 -6", "-6", "'-6' is no word of ip rule"),
        ("throw", "throw", "'throw' is no word of ip rule"),
        ("from", "from", "from needs a value"),
        ("from all table", "table", "table needs a value"),
        ("from 192.0.2.0/33 table 200", "192.0.2.0/33", "from: prefix length 33 is not in 0..32"),
        ("to nic1 table 200", "nic1", "to: 'nic1' is not an IPv4 or IPv6 address"),
        ("table 0", "0", "table: 0 is not in 1..4294967295"),
        ("tos 0x13 table 200", "0x13", "tos: 0x13 has bits of ECN set, which are not for routing"),
        (
            "fwmark 0 table 200",
            "0",
            "fwmark: 0 without a mask matches every packet: write 0/0xffffffff for those without a mark",
        ),
        ("fwmark mark table 200", "mark", "fwmark: 'mark' is not a number"),
        ("fwmark 5/ table 200", "5/", "fwmark: '' is not a number"),
        ("fwmask 5 table 200", "fwmask", "fwmask needs a fwmark"),
        ("fwmark 5/1 fwmask 1 table 200", "fwmask", "fwmark has a mask already"),
        (
            "iif a/b table 200",
            "a/b",
            "iif: 'a/b' cannot be the name of a link: no blank or slash may stand in it",
        ),
        ("ipproto foo table 200", "foo", "ipproto: 'foo' is no IP protocol that this machine knows"),
        ("ipproto 0 table 200", "0", "ipproto: 0 is not in 1..255"),
        ("ipproto 256 table 200", "256", "ipproto: 256 is not in 1..255"),
        ("sport 0 table 200", "0", "sport: 0 is not in 1..65534"),
        ("sport 1-65535 table 200", "1-65535", "sport: 65535 is not in 1..65534"),
        ("dport 90-80 table 200", "90-80", "dport: 90-80 ends before it begins"),
        ("dport http table 200", "http", "dport: 'http' is not a number"),
        ("uidrange 5 table 200", "5", "uidrange: '5' is not a range: write 5-5 for one user"),
        ("uidrange 5-4294967295 table 200", "5-4294967295", "uidrange: 4294967295 is not in 0..4294967294"),
        ("tun_id 0 table 200", "0", "tun_id: 0 is not in 1..18446744073709551615"),
        ("realms x table 200", "x", "realms: 'x' is not a number"),
        ("sup_pl 129 table 200", "129", "sup_pl: 129 is not in 0..128"),
        ("goto 0", "0", "goto: 0 is not in 1..4294967295"),
        (
            "type throw",
            "throw",
            "type: 'throw' is not one of unicast, nop, blackhole, unreachable, prohibit",
        ),
        ("pref low table 200", "low", "pref: 'low' is not a number"),
        ("from all from all table 200", "from", "from stands twice"),
        ("table 200 lookup 201", "lookup", "lookup contradicts table"),
        ("blackhole prohibit", "prohibit", "prohibit contradicts blackhole"),
        ("not not table 200", "not", "not stands twice"),
        ("-4 -6 table 200", "-6", "-6 contradicts -4"),
        ("goto 20000 table 200", "goto", "table and goto exclude each other"),
        ("prohibit goto 20000", "goto", "prohibit and goto exclude each other"),
        ("l3mdev table 200", "table", "l3mdev and table exclude each other"),
        ("from 192.0.2.0/24 to 2001:db8::/32 table 200", "to", "the rule speaks of two address families"),
        ("-6 from 192.0.2.0/24 table 200", "from", "the rule speaks of two address families"),
        ("-6 realms 3 table 200", "realms", "the kernel has realms for IPv4 only"),
        ("add", "", "the rule says nothing"),
        ("-6", "", "the rule says nothing"),
        ("  ", "", "the rule says nothing"),
    ],
)
def test_the_word_that_is_wrong(text: str, word: str, says: str) -> None:
    with pytest.raises(WordError) as error:
        parse(text)
    assert (error.value.word.text if error.value.word else "", str(error.value)) == (word, says)


@pytest.mark.parametrize(
    "text, why",
    [
        ("del from all table 200", "one that it does not name any more is removed"),
        ("delete pref 5", "one that it does not name any more is removed"),
        ("flush", "one that it does not name any more is removed"),
        ("from all table 200 protocol static", "protocol 111"),
        ("from all table 200 proto 5", "protocol 111"),
        ("from all nat 192.0.2.1", "no addresses"),
        ("from all map-to 192.0.2.1", "no addresses"),
    ],
)
def test_words_of_ip_that_are_not_possible_say_why(text: str, why: str) -> None:
    with pytest.raises(WordError, match="is not possible here: ") as error:
        parse(text)
    assert why in str(error.value)


@pytest.mark.parametrize(
    "text, says",
    [
        ("from all foo 5", "6:20: {}: 'foo' is no word of ip rule"),
        ('"from all foo 5"', "6:21: {}: 'foo' is no word of ip rule"),
        (">-\n      from all\n      foo", "6:11: {}: word 3: 'foo' is no word of ip rule"),
        (
            "from all table storag",
            "6:20: {}: there is no route table storag; did you mean storage?"
            " (declare it: {{type: route_table, name: storag, table_id: 200}})",
        ),
        (
            "from 192.0.2.7/24 table 200",
            "6:11: warning: {}: 192.0.2.7/24 has host bits set: 192.0.2.0/24 is taken",
        ),
        (
            "goto 10000",
            "6:11: {}: goto 10000 does not lead forward: the rule itself has priority 10000"
            " (go to a larger one)",
        ),
        (
            "pref 7 goto 7",
            "6:18: {}: goto 7 does not lead forward: the rule itself has priority 7 (go to a larger one)",
        ),
        # ip takes the main table too.
        (
            "from 192.0.2.0/24",
            "6:11: warning: {}: the rule names no table and no action: the main table is looked up"
            " (add table main)",
        ),
        (
            "iif averylongnameoflink table 200",
            "6:11: {}: averylongnameoflink is longer than a link's name can be, 15 bytes",
        ),
    ],
)
def test_what_is_said_of_a_rule_in_its_file(text: str, says: str) -> None:
    assert said(text_of(text)) == [says.format(RULE)]


def test_a_rule_without_a_table_looks_up_the_main_one() -> None:
    assert keys("from 192.0.2.0/24") == [RuleKey(4, 10000, table=254, source=NET)]


def test_priorities_count_from_10000_around_those_that_are_said() -> None:
    found = keys("table 1", "table 2 pref 10001", "table 3", "-6 table 4", "table 5 pref 7", "table 6")
    assert [(key.table, key.priority) for key in found] == [
        *((1, 10000), (2, 10001), (3, 10002), (4, 10003), (5, 7), (6, 10004)),
    ]


def test_priorities_go_through_the_whole_section() -> None:
    text = """
    network_config:
    - type: linux_bridge
      name: br0
      rules: [{rule: table 1}]
      members:
      - {type: interface, name: eth0, rules: [{rule: table 2}, null]}
    - {type: interface, name: eth1, rules: [{rule: table 3, comment: last}]}
    """
    found = [rule.key for some in config(text).rules.values() for rule in some]
    assert [(key.table, key.priority) for key in found] == [(1, 10000), (2, 10001), (3, 10002)]


@pytest.mark.parametrize(
    "first, second, tables",
    [
        ("table 200", "table storage", [200]),
        ("from all to all table 200", "add table 200", [200]),
        ("pref 5 table 200", "table 200 pref 5", [200]),
        ("fwmark 5 table 200", "fwmark 5/0xffffffff table 200", [200]),
        ("iif nic1 table 200", "iif em1 table 200", [200]),
        ("pref 5 table 200", "table 200", [200, 200]),
        ("table 200", "-6 table 200", [200, 200]),
    ],
)
def test_of_two_equal_rules_one_is_made(first: str, second: str, tables: List[int]) -> None:
    found = keys(first, second, "table 7")
    assert [key.table for key in found] == [*tables, 7]
    # The one that is not made takes no priority.
    assert found[-1].priority == 10000 + sum(key.priority != 5 for key in found[:-1])
    warning = (
        "7:11: warning: network_config[1].rules[1].rule: the rule stands at network_config[1].rules[0].rule"
        " already: it is made once (remove one of them)"
    )
    problems = config(text_of(first, second), EM, exists=["em1"]).problems
    assert [one.message in warning for one in problems] == [True] * (2 - len(tables))


@pytest.mark.parametrize("tables, severity", [(None, "warning"), (NO_TABLES, "")])
def test_a_name_that_only_the_node_may_know(tables: Optional[Dict[str, int]], severity: str) -> None:
    (found,) = said(text_of("lookup tenant"), tables=tables)
    assert found.startswith("6:11: warning: " if severity else "6:11: network_config")


def test_a_name_that_the_node_knows() -> None:
    (rule,) = config(text_of("lookup tenant"), tables={"tenant": 77, "storage": 5}).rules.popitem()[1]
    assert rule.key.table == 77


def test_of_two_unknown_names_neither_is_taken_for_the_other() -> None:
    assert len(said(text_of("lookup a", "lookup b", "lookup a"), tables=None)) == 4


def test_there_is_no_object_that_is_a_rule() -> None:
    (found,) = said("network_config: [{type: route_rule, rule: from all table 5}]")
    assert "'route_rule' is no type of object" in found


# Properties

PREFIXES = st.one_of(
    st.none(),
    st.tuples(st.binary(min_size=4, max_size=4), st.integers(1, 32)).map(lambda one: Prefix(*one).network),
)
PORTS = st.one_of(
    st.none(), st.tuples(st.integers(1, 65534), st.integers(1, 65534)).map(lambda one: tuple(sorted(one)))
)
LINKS = st.sampled_from(["", "eth0", "vlan20", "br-ex"])
KEYS = st.builds(
    RuleKey,
    family=st.just(4),
    priority=st.integers(0, 2**32 - 2),
    action=st.sampled_from([one for one in ACTIONS if one != "goto"]),
    goto=st.just(0),
    l3mdev=st.just(0),
    table=st.integers(1, 2**32 - 1),
    source=PREFIXES,
    destination=PREFIXES,
    incoming=LINKS,
    outgoing=LINKS,
    fwmark=st.integers(1, ALL_BITS),
    fwmask=st.integers(0, ALL_BITS),
    tos=st.integers(0, 63).map(lambda one: one * 4),
    ip_protocol=st.integers(0, 255),
    protocol=st.just(111),
    source_ports=PORTS,
    destination_ports=PORTS,
    users=PORTS,
    suppress_prefixlength=st.integers(-1, 128),
    suppress_ifgroup=st.integers(-1, 200),
    tunnel=st.integers(0, 2**64 - 1),
    realms=st.integers(0, 2**32 - 1),
    inverted=st.booleans(),
    resource=st.just("rule"),
)


@quick(200)
@given(KEYS)
def test_a_rule_is_read_as_it_is_shown(key: RuleKey) -> None:
    priority, _, words = str(key).partition(":")
    found = parse(f"pref {priority}{words}")
    shown = {name: one.value for name, one in found.said.items()}
    assert RuleKey(family=found.family, **shown) == key  # type: ignore[arg-type]


PIECES = [
    *(
        "add",
        "from",
        "to",
        "all",
        "not",
        "table",
        "lookup",
        "goto",
        "fwmark",
        "pref",
        "iif",
        "ipproto",
        "type",
    ),
    *(
        "sport",
        "uidrange",
        "l3mdev",
        "blackhole",
        "nop",
        "realms",
        "tun_id",
        "tos",
        "-6",
        "inet",
        "del",
        "nat",
    ),
    *("10", "0x1/0xf", "192.0.2.0/24", "2001:db8::/32", "eth0", "5-9", "tcp", "-", "/", "\u0663", "\x00"),
]


@quick(500)
@given(st.one_of(st.lists(st.sampled_from(PIECES), max_size=9).map(" ".join), st.text(max_size=40)))
def test_any_text_is_read_or_one_word_of_it_is_wrong(text: str) -> None:
    try:
        assert parse(text).family in {4, 6}
    except WordError as error:
        assert str(error)
        word = error.word
        assert word is None or text[word.offset :].startswith(word.text)
        assert word is None or text.split()[word.number - 1] == word.text

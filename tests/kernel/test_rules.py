"""Policy rules: ip shows what we write, we read what ip makes, and others' rules are not hit."""

from __future__ import annotations

from ipaddress import ip_address
from typing import Any, Dict, List, Mapping, Tuple

import pytest

from os_net_config.backends.protocol import ExecuteError
from os_net_config.state import model, route
from os_net_config.state.diff import Change
from os_net_config.state.model import RuleKey
from os_net_config.state.route import KERNEL
from os_net_config.state.values import Prefix, Values

from .support.asked import make, read, remove, shown, tell, values_of, write
from .support.node import Node, ip

pytestmark = pytest.mark.rotating(5)

OURS: Values = {"protocol": route.PROTOCOL}


def prefix(text: str) -> Prefix:
    address, length = text.split("/")
    return Prefix(ip_address(address).packed, int(length))


#: Fields of a key, and the same in the words of ip-rule(8).
FIELDS: Mapping[str, Tuple[Dict[str, Any], str]] = {
    "source": ({"source": prefix("203.0.113.0/24"), "table": 5}, "from 203.0.113.0/24 lookup 5"),
    "destination": ({"destination": prefix("203.0.113.7/32"), "table": 5}, "to 203.0.113.7 lookup 5"),
    "not": (
        {"source": prefix("203.0.113.0/24"), "table": 5, "inverted": True},
        "not from 203.0.113.0/24 lookup 5",
    ),
    "incoming": ({"incoming": "eno1", "table": 5}, "iif eno1 lookup 5"),
    "incoming that is not there": ({"incoming": "vlan9", "table": 5}, "iif vlan9 lookup 5"),
    "outgoing": ({"outgoing": "eno1", "table": 5}, "oif eno1 lookup 5"),
    "mark": ({"fwmark": 3, "fwmask": 0xFFFFFFFF, "table": 5}, "fwmark 3 lookup 5"),
    "mark with a mask": ({"fwmark": 3, "fwmask": 0xFF, "table": 5}, "fwmark 3/0xff lookup 5"),
    "no mark": ({"fwmark": 0, "fwmask": 0xFF, "table": 5}, "fwmark 0/0xff lookup 5"),
    "mark without a mask": ({"fwmark": 3, "fwmask": 0, "table": 5}, "fwmark 3/0 lookup 5"),
    "tos": ({"tos": 0x10, "table": 5}, "tos 0x10 lookup 5"),
    "IP protocol": ({"ip_protocol": 6, "table": 5}, "ipproto tcp lookup 5"),
    "source ports": (
        {"ip_protocol": 17, "source_ports": (5, 60000), "table": 5}, "ipproto udp sport 5-60000 lookup 5",
    ),
    "destination port": (
        {"ip_protocol": 17, "destination_ports": (53, 53), "table": 5}, "ipproto udp dport 53 lookup 5",
    ),
    "users": ({"users": (0, 1000), "table": 5}, "uidrange 0-1000 lookup 5"),
    "tunnel": ({"tunnel": 1 << 40, "table": 5}, f"tun_id {1 << 40} lookup 5"),
    "realms": ({"realms": 3 << 16 | 4, "table": 5}, "realms 3/4 lookup 5"),
    "large table": ({"table": 100000}, "lookup 100000"),
    "suppressing": ({"table": 254, "suppress_prefixlength": 0}, "lookup main suppress_prefixlength 0"),
    "suppressing a group": ({"table": 254, "suppress_ifgroup": 7}, "lookup main suppress_ifgroup 7"),
    "VRF": ({"l3mdev": 1}, "l3mdev"),
    "goto": ({"action": "goto", "goto": 32766}, "goto 32766"),
    "goto nowhere": ({"action": "goto", "goto": 9000}, "goto 9000"),
    "nop": ({"action": "nop"}, "nop"),
    "blackhole": ({"action": "blackhole"}, "blackhole"),
    "unreachable": ({"action": "unreachable"}, "unreachable"),
    "prohibit": ({"action": "prohibit"}, "prohibit"),
}  # fmt: skip
#: What IPv6 does not have (net/ipv6/fib6_rules.c), or has otherwise.
_IPV4_ALONE = {"realms"}


def in_ipv6(fields: Dict[str, Any], words: str) -> Tuple[Dict[str, Any], str]:
    """The same rule with addresses of IPv6."""
    changed = {
        name: prefix({24: "2001:db8:99::/48", 32: "2001:db8:99::7/128"}[value.length])
        if isinstance(value, Prefix)
        else value
        for name, value in fields.items()
    }
    return changed, words.replace("203.0.113.0/24", "2001:db8:99::/48").replace(
        "203.0.113.7", "2001:db8:99::7"
    )


def cases() -> List[Tuple[str, int, Dict[str, Any], str]]:
    found = [(name, 4, *FIELDS[name]) for name in FIELDS]
    return found + [(name, 6, *in_ipv6(*FIELDS[name])) for name in FIELDS if name not in _IPV4_ALONE]


def rules(family: int) -> List[Dict[str, Any]]:
    """What ip shows of the rules that are not the kernel's own."""
    return [one for one in shown(f"-{family}", "rule") if one["protocol"] != "kernel"]


def ours(state: model.State) -> Dict[RuleKey, Values]:
    return {
        one.key: one.values for one in state if isinstance(one.key, RuleKey) and one.values["protocol"] != 2
    }


def test_every_field_has_an_example() -> None:
    named = {name for fields, _ in FIELDS.values() for name in fields}
    assert named | {"family", "priority", "protocol", "resource"} == set(RuleKey._fields)


@pytest.mark.parametrize(
    ("family", "fields", "words"), [one[1:] for one in cases()], ids=[f"{one[0]}-{one[1]}" for one in cases()]
)
def test_written_shown_and_read(node: Node, family: int, fields: Dict[str, Any], words: str) -> None:
    key = RuleKey(family, 500, **fields)
    make(key, OURS)
    written = rules(family)
    assert len(written) == 1
    assert ours(read()) == {key: OURS}
    with pytest.raises(ExecuteError, match="File exists"):
        make(key, OURS)
    remove(key)
    assert rules(family) == []
    # What ip makes of its own words
    tell(family, f"rule add {words} priority 500 protocol 111")
    assert rules(family) == written
    (made,) = ours(read())
    # Beside what does not look up, ip says table main (iprule.c, iprule_modify), and shows it nowhere.
    assert made == key or made._replace(table=0) == key
    remove(made)
    assert rules(family) == []


def test_everything_at_once_and_put_back(node: Node) -> None:
    """What others made is put back with their label."""
    ip(
        "rule add not from 203.0.113.0/24 to 198.51.100.0/24 iif eno1 oif eno2 fwmark 3/0xff tos 0x10"
        " ipproto tcp sport 5-6 dport 7-8 uidrange 9-10 tun_id 11 realms 3/4 lookup 1000"
        " suppress_prefixlength 1 suppress_ifgroup 2 priority 500 protocol bird",
    )
    tell(6, "rule add iif vlan9 goto 9000 priority 501 protocol bird")
    before = rules(4), rules(6)
    state = ours(read())
    assert len(state) == 2
    for key, values in state.items():
        write(Change(key, values, None))
    assert (rules(4), rules(6)) == ([], [])
    for key, values in state.items():
        write(Change(key, None, values))
    assert (rules(4), rules(6)) == before


def test_priority_zero_is_said(node: Node) -> None:
    """Without one the kernel takes a priority of its own."""
    make(RuleKey(4, 0, table=5), OURS)
    assert [one["priority"] for one in rules(4)] == [0]
    remove(RuleKey(4, 0, table=5))
    assert rules(4) == []


#: RTPROT_BIRD.
_BIRD = 12


def test_the_same_rule_of_others_stays(node: Node) -> None:
    """To the kernel the protocol is a part of the rule."""
    key = RuleKey(4, 500, source=prefix("203.0.113.0/24"), table=5)
    ip("rule add from 203.0.113.0/24 lookup 5 priority 500 protocol bird")
    assert values_of(key._replace(protocol=_BIRD)) is not None
    make(key, OURS)
    assert values_of(key) == OURS
    remove(key)
    assert [one["protocol"] for one in rules(4)] == ["bird"]
    with pytest.raises(ExecuteError, match="No such file"):
        write(Change(key, OURS, None))
    assert [one["protocol"] for one in rules(4)] == ["bird"]


def test_the_kernels_own_rules_are_told_of(node: Node) -> None:
    found = [one.key for one in read() if isinstance(one.key, RuleKey)]
    assert set(found) == {
        key._replace(protocol=KERNEL)
        for key in (
            RuleKey(4, 0, table=255),
            RuleKey(4, 32766, table=254),
            RuleKey(4, 32767, table=253),
            RuleKey(6, 0, table=255),
            RuleKey(6, 32766, table=254),
        )
    }


def test_a_refusal_says_what_is_wrong(node: Node) -> None:
    with pytest.raises(ExecuteError, match="ECN bits must be 0"):
        make(RuleKey(6, 500, tos=0x13, table=5), OURS)

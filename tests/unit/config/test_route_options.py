"""route_options in the words of ip-route(8): what each means, and which word is wrong."""

from __future__ import annotations

import ipaddress
from typing import Any, Dict, List, Tuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from os_net_config.config.route_options import Hop, RouteOptions, parse
from os_net_config.config.words import WordError
from os_net_config.state.route import METRICS

from ..properties import quick

IP = bytes([192, 0, 2, 1])
IP6 = bytes.fromhex("20010db8000000000000000000000001")


def said(text: str) -> Dict[str, Any]:
    return {name: one.value for name, one in parse(text).said.items()}


def lock(*names: str) -> int:
    return sum(1 << METRICS[name].number for name in names)


@pytest.mark.parametrize(
    "text, values",
    [
        ("", {}),
        ("   ", {}),
        ("metric 10", {"metric": 10}),
        ("preference 10", {"metric": 10}),
        ("priority 0x10", {"metric": 16}),
        ("prio 4294967295", {"metric": 2**32 - 1}),
        ("metric 0", {"metric": 0}),
        ("table 200", {"table": 200}),
        ("table 0xc8", {"table": 200}),
        ("table storage", {"table": "storage"}),
        ("table main", {"table": "main"}),
        ("via 192.0.2.1", {"gateway": IP}),
        ("via inet 192.0.2.1", {"gateway": IP}),
        ("via 2001:DB8:0::1", {"gateway": IP6}),
        ("via inet6 2001:db8::1", {"gateway": IP6}),
        ("dev nic1", {"link": "nic1"}),
        ("oif nic1.20", {"link": "nic1.20"}),
        ("src 192.0.2.1", {"source": IP}),
        ("src 2001:db8::1", {"source": IP6}),
        ("scope link", {"scope": 253}),
        ("scope global", {"scope": 0}),
        ("scope universe", {"scope": 0}),
        ("scope host", {"scope": 254}),
        ("scope site", {"scope": 200}),
        ("scope 99", {"scope": 99}),
        ("realms 5", {"realms": 5}),
        ("realm 3/4", {"realms": 3 << 16 | 4}),
        ("realms 65535/65535", {"realms": 2**32 - 1}),
        ("onlink", {"onlink": 1}),
        # ip reads it as hexadecimal, with or without 0x.
        ("tos 10", {"tos": 16}),
        ("tos 0x10", {"tos": 16}),
        ("dsfield fc", {"tos": 0xFC}),
        ("dsfield AF11", {"tos": 0x28}),
        ("tos CS6", {"tos": 0xC0}),
        ("tos EF", {"tos": 0xB8}),
        ("tos default", {"tos": 0}),
        ("unicast", {"type": "unicast"}),
        ("blackhole", {"type": "blackhole"}),
        ("unreachable", {"type": "unreachable"}),
        ("prohibit", {"type": "prohibit"}),
        ("throw", {"type": "throw"}),
        ("type blackhole", {"type": "blackhole"}),
        ("mtu 1400", {"mtu": 1400}),
        ("mtu lock 1400", {"mtu": 1400, "lock": lock("mtu")}),
        ("advmss 1360", {"advmss": 1360}),
        ("window 65535", {"window": 65535}),
        ("ssthresh 10", {"ssthresh": 10}),
        ("cwnd 10", {"cwnd": 10}),
        ("cwnd lock 10", {"cwnd": 10, "lock": lock("cwnd")}),
        ("initcwnd 10 initrwnd 20", {"initcwnd": 10, "initrwnd": 20}),
        ("hoplimit 64", {"hoplimit": 64}),
        ("reordering 5", {"reordering": 5}),
        ("features ecn", {"features": 1}),
        ("quickack 1", {"quickack": 1}),
        ("congctl cubic", {"congctl": "cubic"}),
        ("congctl lock bbr", {"congctl": "bbr", "lock": lock("congctl")}),
        ("fastopen_no_cookie 1", {"fastopen_no_cookie": 1}),
        # A metric that is 0 is none: the kernel does not tell it either.
        ("quickack 0", {}),
        ("mtu 0 hoplimit 0", {}),
        ("pref low", {"pref": 3}),
        ("pref medium", {"pref": 0}),
        ("pref high", {"pref": 1}),
        # In the kernel's units: 1/8 ms, 1/4 ms, ms
        ("rtt 5", {"rtt": 5}),
        ("rtt 5ms", {"rtt": 40}),
        ("rtt 1.5s", {"rtt": 12000}),
        ("rtt lock 5msec", {"rtt": 40, "lock": lock("rtt")}),
        ("rttvar 7ms", {"rttvar": 28}),
        ("rttvar 2SECS", {"rttvar": 8000}),
        # The kernel heeds it only where it is locked, and ip locks it.
        ("rto_min 200ms", {"rto_min": 200, "lock": lock("rto_min")}),
        ("rto_min lock 0.2s", {"rto_min": 200, "lock": lock("rto_min")}),
        ("rto_min 0.1ms", {"rto_min": 1, "lock": lock("rto_min")}),
        (
            "mtu lock 1400 cwnd lock 9 hoplimit lock 3",
            {"mtu": 1400, "cwnd": 9, "hoplimit": 3, "lock": lock("mtu", "cwnd", "hoplimit")},
        ),
        (
            "table storage\n  metric 5\tsrc 192.0.2.1 onlink",
            {"table": "storage", "metric": 5, "source": IP, "onlink": 1},
        ),
        # One next hop is the next hop.
        ("nexthop via 192.0.2.1", {"gateway": IP}),
        ("nexthop dev eth0 weight 5", {"link": "eth0"}),
        ("nexthop via 192.0.2.1 dev eth0 onlink", {"gateway": IP, "link": "eth0", "onlink": 1}),
    ],
)
def test_what_the_words_mean(text: str, values: Dict[str, Any]) -> None:
    assert said(text) == values


def hops(text: str) -> List[Tuple[object, ...]]:
    return [hop[:4] for hop in parse(text).hops]


@pytest.mark.parametrize(
    "text, found",
    [
        (
            "nexthop via 192.0.2.1 weight 256 nexthop dev eth1",
            [(IP, None, 256, False), (None, "eth1", 1, False)],
        ),
        (
            "metric 5 nexthop via inet6 2001:db8::1 onlink dev eth0 nexthop via fe80::1 weight 2 mtu 1400",
            [(IP6, "eth0", 1, True), (ipaddress.ip_address("fe80::1").packed, None, 2, False)],
        ),
    ],
)
def test_several_next_hops(text: str, found: List[Tuple[object, ...]]) -> None:
    assert hops(text) == found


@pytest.mark.parametrize(
    "text, word, says",
    [
        # Words that are none
        ("foo", "foo", "'foo' is no word of ip route"),
        ("10", "10", "'10' is no word of ip route"),
        ("mtu 1400 mertic 5", "mertic", "'mertic' is no word of ip route; did you mean metric?"),
        ("gateway 192.0.2.1", "gateway", "'gateway' is no word of ip route; did you mean via?"),
        ("METRIC 10", "METRIC", "'METRIC' is no word of ip route; did you mean metric?"),
        ("lock", "lock", "'lock' is no word of ip route"),
        ("metric=10", "metric=10", "'metric=10' is no word of ip route; did you mean metric?"),
        ("x" * 99, "x" * 99, f"'{'x' * 99}' is no word of ip route"),
        # Values that are missing or wrong
        ("mtu 1400 metric", "metric", "metric needs a value"),
        ("via", "via", "via needs a value"),
        ("via inet6", "via", "via needs a value"),
        ("mtu lock", "mtu", "mtu needs a value"),
        ("metric low", "low", "metric: 'low' is not a number"),
        ("metric -1", "-1", "metric: -1 is not in 0..4294967295"),
        ("metric 4294967296", "4294967296", "metric: 4294967296 is not in 0..4294967295"),
        ("metric 010", "010", "metric: 010 would be octal: write it without the zero before it"),
        ("metric 1.5", "1.5", "metric: '1.5' is not a number"),
        ("metric \u00b2", "\u00b2", "metric: '\u00b2' is not a number"),
        ("metric " + "9" * 5000, "9" * 5000, f"metric: '{'9' * 5000}' is not a number"),
        ("table 0", "0", "table: 0 is not in 1..4294967295"),
        ("table -5", "-5", "table: -5 is not in 1..4294967295"),
        ("via gateway", "gateway", "via: 'gateway' is not an IPv4 or IPv6 address"),
        ("via 192.0.2.1/24", "192.0.2.1/24", "via: '192.0.2.1/24' is not an IPv4 or IPv6 address"),
        ("src eth0", "eth0", "src: 'eth0' is not an IPv4 or IPv6 address"),
        ("dev a/b", "a/b", "dev: 'a/b' cannot be the name of a link: no blank or slash may stand in it"),
        ("dev eth0:1", "eth0:1", "dev: eth0:1 is an address label, not a link"),
        ("scope nowhere", "nowhere", "scope: 'nowhere' is not a number"),
        ("scope 255", "255", "scope: 255 is not in 0..254"),
        ("realms 1/2/3", "1/2/3", "realms: '1/2' is not a number"),
        ("realms 65536", "65536", "realms: 65536 is not in 0..65535"),
        ("realms /5", "/5", "realms: '' is not a number"),
        ("tos 0x11", "0x11", "tos: 0x11 has bits of ECN set, which are not for routing"),
        ("tos 100", "100", "tos: '100' is neither a hexadecimal number 0x00..0xfc nor a name such as CS1"),
        (
            "type local",
            "local",
            "type: 'local' is not one of unicast, blackhole, unreachable, prohibit, throw",
        ),
        ("mtu 65521", "65521", "mtu: 65521 is not in 0..65520"),
        ("hoplimit 256", "256", "hoplimit: 256 is not in 0..255"),
        ("advmss 65496", "65496", "advmss: 65496 is not in 0..65495"),
        ("quickack 2", "2", "quickack: 2 is not in 0..1"),
        ("features sack", "sack", "features: 'sack' is not one of ecn"),
        ("congctl " + "x" * 16, "x" * 16, f"congctl: '{'x' * 16}' is longer than 15 bytes"),
        ("pref invalid", "invalid", "pref: 'invalid' is not one of low, medium, high"),
        ("rtt fast", "fast", "rtt: 'fast' is not a time such as 200ms or 1.5s"),
        ("rtt 5us", "5us", "rtt: '5us' is not a time such as 200ms or 1.5s"),
        ("rtt 9999999999s", "9999999999s", "rtt: 9999999999s is too long a time"),
        ("features lock ecn", "lock", "features cannot be locked"),
        ("fastopen_no_cookie lock 1", "lock", "fastopen_no_cookie cannot be locked"),
        # What is said twice
        ("metric 5 metric 5", "metric", "metric stands twice"),
        ("metric 5 priority 6", "priority", "priority contradicts metric"),
        ("blackhole type unicast", "type", "type contradicts blackhole"),
        ("onlink onlink", "onlink", "onlink stands twice"),
        ("mtu 1400 mtu lock 1400", "mtu", "mtu stands twice"),
        # Next hops
        ("nexthop", "nexthop", "nexthop needs via ADDRESS or dev LINK"),
        ("nexthop weight 5", "nexthop", "nexthop needs via ADDRESS or dev LINK"),
        ("nexthop via 192.0.2.1 weight 0", "0", "weight: 0 is not in 1..256"),
        ("nexthop via 192.0.2.1 weight 257", "257", "weight: 257 is not in 1..256"),
        ("nexthop dev eth0 onlink", "onlink", "onlink is said of a next hop: it needs via"),
        ("nexthop via 192.0.2.1 via 192.0.2.2", "via", "via stands twice"),
        ("via 192.0.2.1 nexthop via 192.0.2.2", "via", "via and nexthop exclude each other"),
        ("nexthop via 192.0.2.1 nexthop via fe80::1", "nexthop", "the next hops are of two address families"),
        (
            "nexthop via 192.0.2.1 nexthop via 192.0.2.1 weight 2",
            "nexthop",
            "this nexthop stands twice: give one of them a larger weight",
        ),
        ("via inet 2001:db8::1", "inet", "the next hop is not of the family inet"),
        ("via link eth0", "link", "a next hop of the family link is no part of this language"),
        ("via mpls 100", "mpls", "a next hop of the family mpls is no part of this language"),
        # Routes that lead nowhere
        ("blackhole via 192.0.2.1", "via", "a route of type blackhole leads nowhere: remove via"),
        ("throw dev eth0", "dev", "a route of type throw leads nowhere: remove dev"),
        ("prohibit onlink", "onlink", "a route of type prohibit leads nowhere: remove onlink"),
        (
            "nexthop via 192.0.2.1 nexthop via 192.0.2.2 unreachable",
            "nexthop",
            "a route of type unreachable leads nowhere: remove nexthop",
        ),
    ],
)
def test_the_word_that_is_wrong(text: str, word: str, says: str) -> None:
    with pytest.raises(WordError) as error:
        parse(text)
    assert (error.value.word.text if error.value.word else "", str(error.value)) == (word, says)


@pytest.mark.parametrize(
    "text, why",
    [
        ("protocol static", "protocol 111"),
        ("proto bird", "protocol 111"),
        ("nhid 5", "outside of this config"),
        ("encap mpls 100", "no part of this language"),
        ("expires 60", "again and again"),
        ("ttl-propagate enabled", "MPLS"),
        ("pervasive", "no use"),
        ("vrf red", "write table"),
        ("from 192.0.2.0/24", "see rules"),
        ("to 192.0.2.0/24", "ip_netmask"),
        ("weight 5", "nexthop via ADDRESS weight N"),
        ("local", "the kernel's own"),
        ("nat", "any more"),
    ],
)
def test_words_of_ip_that_are_not_possible_say_why(text: str, why: str) -> None:
    with pytest.raises(WordError, match="is not possible here: ") as error:
        parse(text)
    assert why in str(error.value)
    assert error.value.word is not None
    assert error.value.word.text == text.split(maxsplit=1)[0]


# Properties

NUMBERS = st.integers(0, 2**32 - 1)
ADDRESSES = st.one_of(st.binary(min_size=4, max_size=4), st.binary(min_size=16, max_size=16))
NAMES = st.text("abcdefghij0123456789.-_", min_size=1, max_size=15).filter(
    lambda name: name not in {".", ".."}
)


def shown(address: bytes) -> str:
    return str(ipaddress.ip_address(address))


#: Values of each attribute, and how they are written.
WRITTEN: Dict[str, Any] = {
    "metric": (NUMBERS, "metric {}"),
    "source": (ADDRESSES.map(shown), "src {}"),
    "link": (NAMES, "dev {}"),
    "onlink": (st.just(1), "onlink"),
    "scope": (st.integers(0, 254), "scope {}"),
    "type": (st.just("unicast"), "type {}"),
    "mtu": (st.integers(1, 65520), "mtu {}"),
    "window": (NUMBERS.filter(bool), "window {}"),
    "ssthresh": (NUMBERS.filter(bool), "ssthresh {:#x}"),
    "hoplimit": (st.integers(1, 255), "hoplimit {}"),
    "quickack": (st.just(1), "quickack {}"),
    "features": (st.just(1), "features ecn"),
    "rtt": (NUMBERS.filter(bool), "rtt {}"),
}


@st.composite
def options(draw: st.DrawFn) -> Tuple[str, Dict[str, Any]]:
    """A text, and what it says."""
    names = draw(st.lists(st.sampled_from(sorted(WRITTEN)), unique=True))
    values = {name: draw(WRITTEN[name][0]) for name in names}
    return " ".join(WRITTEN[name][1].format(value) for name, value in values.items()), values


@quick(200)
@given(options())
def test_what_is_written_is_read(drawn: Tuple[str, Dict[str, Any]]) -> None:
    text, values = drawn
    found = said(text)
    if "source" in found:
        found["source"] = shown(found["source"])
    assert found == values
    numbers = [one.word.number for one in parse(text).said.values()]
    assert numbers == sorted(numbers)


HOPS = st.tuples(st.binary(min_size=4, max_size=4), NAMES, st.integers(1, 256))


@quick(100)
@given(st.lists(HOPS, min_size=2, unique_by=lambda one: one[:2]))
def test_next_hops_are_read_as_written(drawn: List[Tuple[bytes, str, int]]) -> None:
    text = " ".join(f"nexthop via {shown(ip)} dev {name} weight {weight}" for ip, name, weight in drawn)
    assert hops(text) == [(ip, name, weight, False) for ip, name, weight in drawn]


#: Good words, good values and nonsense, in any order.
PIECES = [
    *("metric", "table", "via", "dev", "src", "scope", "realms", "tos", "mtu", "lock", "nexthop", "weight"),
    *("onlink", "blackhole", "type", "features", "ecn", "rto_min", "pref", "congctl", "encap", "inet6"),
    *("10", "0x", "192.0.2.1", "fe80::1", "eth0", "5ms", "/", "\u0663", "-1", "", "\x00", "x" * 70),
]


@quick(500)
@given(st.one_of(st.lists(st.sampled_from(PIECES), max_size=9).map(" ".join), st.text(max_size=40)))
def test_any_text_is_read_or_one_word_of_it_is_wrong(text: str) -> None:
    try:
        found = parse(text)
    except WordError as error:
        assert str(error)
        assert error.word is not None
        assert text[error.word.offset :].startswith(error.word.text)
        assert text.split()[error.word.number - 1] == error.word.text
    else:
        assert isinstance(found, RouteOptions)
        assert all(isinstance(hop, Hop) for hop in found.hops)

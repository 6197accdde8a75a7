"""``route_options``: the words that ``ip route`` takes after a destination (ip-route(8)).

Here is what they mean by themselves; ``routes.py`` brings them together with the rest of the route.
"""

from __future__ import annotations

from functools import lru_cache
from types import MappingProxyType
from typing import Any, Dict, List, Mapping, NamedTuple, Optional, Tuple

from ..state.problem import Word
from ..state.route import DEAD_ENDS, METRICS
from . import words as w
from .formats import ip_address
from .words import Said, WordError, Words, say, unknown

#: Of all routes that may be said here (RTN_*).
TYPES = ("unicast", *DEAD_ENDS)


class Hop(NamedTuple):
    """One ``nexthop`` with the word that begins it. ``link`` is the config's name, or None."""

    gateway: Optional[bytes]
    link: Optional[str]
    weight: int
    onlink: bool
    word: Word


class RouteOptions(NamedTuple):
    """By attribute: those of route.ATTRIBUTES, and metric, table, tos, gateway, link.

    ``hops`` are the next hops where there are several; a single one is a gateway and a link.
    """

    said: Mapping[str, Said]
    hops: Tuple[Hop, ...] = ()

    def get(self, name: str, default: Any = None) -> Any:
        return self.said[name].value if name in self.said else default


class Keyword(NamedTuple):
    """The attribute that a word sets, and how its value is read."""

    attribute: str
    read: w.Read[Any]


_METRIC = Keyword("metric", w.number())
_TOS = Keyword("tos", w.traffic_class)
_REALMS = Keyword("realms", w.realms)
_LINK = Keyword("link", w.device)
#: iproute2's rt_scopes.
_SCOPES = {"global": 0, "universe": 0, "site": 200, "link": 253, "host": 254}

#: Larger values the kernel cuts off without a word (net/ipv4/metrics.c, ip_metrics_convert).
_METRICS: Mapping[str, w.Read[Any]] = {
    "mtu": w.number(0, 65520),
    "window": w.number(),
    "rtt": w.duration(8),
    "rttvar": w.duration(4),
    "ssthresh": w.number(),
    "cwnd": w.number(),
    "advmss": w.number(0, 65495),
    "reordering": w.number(),
    "hoplimit": w.number(0, 255),
    "initcwnd": w.number(),
    "features": w.one_of({"ecn": 1}),
    "rto_min": w.duration(1),
    "initrwnd": w.number(),
    "quickack": w.number(0, 1),
    # TCP_CA_NAME_MAX with its closing zero.
    "congctl": w.word_of(15),
    "fastopen_no_cookie": w.number(0, 1),
}
#: What cannot be locked: there is nothing that would change it.
_NEVER_LOCKED = frozenset({"features", "fastopen_no_cookie"})

_KEYWORDS: Mapping[str, Keyword] = {
    "metric": _METRIC,
    "preference": _METRIC,
    "priority": _METRIC,
    "prio": _METRIC,
    "table": Keyword("table", w.table),
    "dev": _LINK,
    "oif": _LINK,
    "src": Keyword("source", ip_address),
    "scope": Keyword("scope", w.named_number(_SCOPES, 0, 254)),
    "realms": _REALMS,
    "realm": _REALMS,
    "tos": _TOS,
    "dsfield": _TOS,
    "type": Keyword("type", w.one_of({name: name for name in TYPES})),
    "pref": Keyword("pref", w.one_of({"low": 3, "medium": 0, "high": 1})),
}

_MADE_BY_US = "every route of ours has the protocol 111 (os-net-config), by which it is known again"
_OF_THE_KERNEL = "routes of this type are the kernel's own"
#: Words of ip route that cannot be used here, and why.
_IMPOSSIBLE: Mapping[str, str] = {
    "protocol": _MADE_BY_US,
    "proto": _MADE_BY_US,
    "nhid": "next hop objects are made outside of this config: write via, or nexthop",
    "encap": "encapsulation by routes is no part of this language",
    "expires": "a route that expires would have to be made again and again",
    "ttl-propagate": "it is of MPLS, which is no part of this language",
    "pervasive": "the kernel has no use for it",
    "vrf": "VRFs are no part of this language: write table",
    "from": "a route by source is a rule with a table: see rules",
    "to": "the destination stands in ip_netmask",
    "as": "MPLS is no part of this language",
    "weight": "a weight belongs to one of several next hops: nexthop via ADDRESS weight N",
    **dict.fromkeys(("local", "broadcast", "anycast", "multicast"), _OF_THE_KERNEL),
    "nat": "the kernel has no routes of this type any more",
}
_FLAGS: Mapping[str, Tuple[str, object]] = {
    "onlink": ("onlink", 1),
    **{name: ("type", name) for name in TYPES},
}
_KNOWN = [*_KEYWORDS, *_METRICS, *_FLAGS, "via", "nexthop"]
_FAMILIES = {"inet": 4, "inet6": 16}
_OTHER_FAMILIES = frozenset({"link", "bridge", "mpls"})


@lru_cache(maxsize=4096)
def parse(text: str) -> RouteOptions:
    """Raises WordError for the first word that is not understood."""
    words = Words(text)
    said: Dict[str, Said] = {}
    hops: List[Hop] = []
    locks: Dict[str, Word] = {}
    while words:
        word = words.take()
        if word.text in _METRICS:
            _metric(words, word, said, locks)
        elif word.text in _KEYWORDS:
            keyword = _KEYWORDS[word.text]
            say(said, keyword.attribute, words.value(word, keyword.read), word)
        elif word.text in _FLAGS:
            name, value = _FLAGS[word.text]
            say(said, name, value, word)
        elif word.text == "via":
            say(said, "gateway", _gateway(words, word), word)
        elif word.text == "nexthop":
            hops.append(_hop(words, word))
        elif word.text in _IMPOSSIBLE:
            raise WordError(f"{word.text} is not possible here: {_IMPOSSIBLE[word.text]}", word)
        else:
            raise unknown(word, _KNOWN, "word of ip route")
    for name, word in locks.items():
        bits = said["lock"].value if "lock" in said else 0
        assert isinstance(bits, int)
        said["lock"] = Said(bits | 1 << METRICS[name].number, word)
    return _checked(said, hops)


def _metric(words: Words, word: Word, said: Dict[str, Said], locks: Dict[str, Word]) -> None:
    name = word.text
    lock = words.take_one_of({"lock"})
    if lock is not None and name in _NEVER_LOCKED:
        raise WordError(f"{name} cannot be locked", lock)
    say(said, name, words.value(word, _METRICS[name]), word)
    # The kernel heeds this one only where it is locked; ip locks it too.
    if lock is not None or name == "rto_min":
        locks[name] = word


def _gateway(words: Words, word: Word) -> bytes:
    family = words.take_one_of({*_FAMILIES, *_OTHER_FAMILIES})
    if family is not None and family.text in _OTHER_FAMILIES:
        raise WordError(f"a next hop of the family {family.text} is no part of this language", family)
    address = words.value(word, ip_address)
    if family is not None and _FAMILIES[family.text] != len(address):
        raise WordError(f"the next hop is not of the family {family.text}", family)
    return address


_OF_A_HOP: Mapping[str, Keyword] = {
    "dev": _LINK,
    "oif": _LINK,
    "weight": Keyword("weight", w.number(1, 256)),
}


def _hop(words: Words, start: Word) -> Hop:
    said: Dict[str, Said] = {}
    while True:
        word = words.take_one_of({"via", "onlink", *_OF_A_HOP})
        if word is None:
            break
        if word.text == "via":
            say(said, "gateway", _gateway(words, word), word)
        elif word.text == "onlink":
            say(said, "onlink", True, word)
        else:
            keyword = _OF_A_HOP[word.text]
            say(said, keyword.attribute, words.value(word, keyword.read), word)
    if not said.keys() & {"gateway", "link"}:
        raise WordError("nexthop needs via ADDRESS or dev LINK", start)
    if "onlink" in said and "gateway" not in said:
        raise WordError("onlink is said of a next hop: it needs via", said["onlink"].word)
    values: Dict[str, Any] = {"gateway": None, "link": None, "weight": 1, "onlink": False}
    values.update((name, one.value) for name, one in said.items())
    return Hop(**values, word=start)


def _checked(said: Dict[str, Said], hops: List[Hop]) -> RouteOptions:
    if hops:
        for name in ("gateway", "link", "onlink"):
            if name in said:
                word = said[name].word
                raise WordError(f"{word.text} and nexthop exclude each other", word)
        families = {len(hop.gateway) for hop in hops if hop.gateway is not None}
        if len(families) > 1:
            raise WordError("the next hops are of two address families", hops[-1].word)
        seen: Dict[Tuple[object, object], Hop] = {}
        for hop in hops:
            if seen.setdefault((hop.gateway, hop.link), hop) is not hop:
                raise WordError("this nexthop stands twice: give one of them a larger weight", hop.word)
    if len(hops) == 1:
        # The kernel makes a route with one next hop of it, and forgets the weight.
        hop = hops.pop()
        for name, value in (("gateway", hop.gateway), ("link", hop.link), ("onlink", hop.onlink)):
            if value:
                said[name] = Said(1 if name == "onlink" else value, hop.word)
    _of_a_dead_end(said, hops)
    # A metric that is 0 is one that the route has not.
    given = {name: one for name, one in said.items() if one.value or name not in _METRICS}
    return RouteOptions(MappingProxyType(given), tuple(hops))


def _of_a_dead_end(said: Dict[str, Said], hops: List[Hop]) -> None:
    kind = said["type"].value if "type" in said else "unicast"
    if kind not in DEAD_ENDS:
        return
    words = [said[name].word for name in ("gateway", "link", "onlink") if name in said]
    words += [hop.word for hop in hops]
    if words:
        raise WordError(f"a route of type {kind} leads nowhere: remove {words[0].text}", words[0])

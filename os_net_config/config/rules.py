"""``rules``: policy rules in the words of ``ip rule`` (ip-rule(8))."""

from __future__ import annotations

import socket
from functools import lru_cache
from types import MappingProxyType
from typing import Any, Dict, Iterator, List, Mapping, NamedTuple, Optional, Sequence, Set, Tuple

from ..state.model import RuleKey
from ..state.problem import Path, Problem, Severity, Word, show_path
from ..state.route import MAIN_TABLE
from ..state.rule import ACTIONS, FIRST_PRIORITY
from ..state.values import Prefix
from . import words as w
from .formats import LONGEST_NAME
from .objects import Object, Rename, rename_dotted
from .tables import Tables
from .words import Said, WordError, Words, say, unknown


class Rule(NamedTuple):
    """``path`` is that of the rule's text."""

    key: RuleKey
    path: Path


class Context(NamedTuple):
    """What the words of a rule or a route have their meaning from."""

    rename: Rename
    tables: Tables
    #: The table of routes that name none, by the link where it is not the main one.
    own: Mapping[str, int] = MappingProxyType({})


class RuleWords(NamedTuple):
    """What the text says, by the fields of RuleKey; ``table`` and the links as they are written.

    ``host_bits`` are prefixes that were cut off to their network.
    """

    said: Mapping[str, Said]
    family: int
    host_bits: Tuple[Tuple[Prefix, Word], ...] = ()

    def get(self, name: str, default: Any = None) -> Any:
        return self.said[name].value if name in self.said else default


class Keyword(NamedTuple):
    field: str
    read: w.Read[Any]


def _ip_protocol(text: str) -> int:
    known = _PROTOCOLS.get(text)
    if known is None and text.isalpha():
        try:
            known = socket.getprotobyname(text)
        except OSError:
            raise ValueError(f"{text!r} is no IP protocol that this machine knows") from None
    return known if known is not None else w.number(1, 255)(text)


#: Those that every node knows, without /etc/protocols.
_PROTOCOLS: Mapping[str, int] = {
    "icmp": 1, "igmp": 2, "tcp": 6, "udp": 17, "gre": 47, "esp": 50, "ah": 51, "icmpv6": 58,
    "ipv6-icmp": 58, "ospf": 89, "vrrp": 112, "sctp": 132, "udplite": 136,
}  # fmt: skip
_EVERY_BIT = 0xFFFFFFFF


def _mark(text: str) -> Tuple[int, Optional[int]]:
    mark, slash, mask = text.partition("/")
    read = w.number()
    if not slash and read(mark) == 0:
        raise ValueError("0 without a mask matches every packet: write 0/0xffffffff for those without a mark")
    return read(mark), read(mask) if slash else None


def _users(text: str) -> Tuple[int, int]:
    if "-" not in text:
        raise ValueError(f"{text!r} is not a range: write {text}-{text} for one user")
    return w.span(0, 2**32 - 2)(text)


#: The kernel takes 65535 for no port (net/fib_rules.h, fib_rule_port_range_valid).
_PORTS = w.span(1, 65534)
_PRIORITY = Keyword("priority", w.number())
_TABLE = Keyword("table", w.table)
_TOS = Keyword("tos", w.traffic_class)
_INCOMING = Keyword("incoming", w.device)
_PREFIX_LENGTH = Keyword("suppress_prefixlength", w.number(0, 128))
_GROUP = Keyword("suppress_ifgroup", w.named_number({"default": 0}, 0, 2**31 - 1))

_KEYWORDS: Mapping[str, Keyword] = {
    "from": Keyword("source", w.prefix),
    "to": Keyword("destination", w.prefix),
    "tos": _TOS,
    "dsfield": _TOS,
    "fwmark": Keyword("fwmark", _mark),
    "fwmask": Keyword("fwmask", w.number()),
    "iif": _INCOMING,
    "dev": _INCOMING,
    "oif": Keyword("outgoing", w.device),
    **dict.fromkeys(("priority", "preference", "pref", "prio", "order"), _PRIORITY),
    "table": _TABLE,
    "lookup": _TABLE,
    "goto": Keyword("goto", w.number(1)),
    "suppress_prefixlength": _PREFIX_LENGTH,
    "sup_pl": _PREFIX_LENGTH,
    "suppress_ifgroup": _GROUP,
    "sup_group": _GROUP,
    "ipproto": Keyword("ip_protocol", _ip_protocol),
    "sport": Keyword("source_ports", _PORTS),
    "dport": Keyword("destination_ports", _PORTS),
    "uidrange": Keyword("users", _users),
    "tun_id": Keyword("tunnel", w.number(1, 2**64 - 1)),
    "realms": Keyword("realms", w.realms),
    "realm": Keyword("realms", w.realms),
}
_ACTIONS = tuple(one for one in ACTIONS if one not in {"lookup", "goto"})
_TYPES: Mapping[str, str] = {"unicast": "lookup", **{name: name for name in _ACTIONS}}
_FLAGS: Mapping[str, Tuple[str, object]] = {
    "not": ("inverted", True),
    "l3mdev": ("l3mdev", 1),
    **{name: ("action", name) for name in _ACTIONS},
}
_NO_ADDRESSES = "the kernel translates no addresses by rules any more"
#: Words of ip rule that cannot be used here, and why.
_IMPOSSIBLE: Mapping[str, str] = {
    **dict.fromkeys(
        ("protocol", "proto"),
        "every rule of ours has the protocol 111 (os-net-config), by which it is known again",
    ),
    **dict.fromkeys(("nat", "map-to"), _NO_ADDRESSES),
    **dict.fromkeys(
        ("del", "delete", "flush", "list", "show", "save", "restore"),
        "the file says which rules there are; one that it does not name any more is removed",
    ),
}
_KNOWN = [*_KEYWORDS, *_FLAGS, "type"]
_FAMILIES: Mapping[str, int] = {"-4": 4, "inet": 4, "-6": 6, "inet6": 6}


@lru_cache(maxsize=4096)
def parse(text: str) -> RuleWords:
    """Raises WordError for the first word that is not understood, and for what the words make together."""
    words = Words(text)
    said: Dict[str, Said] = {}
    _beginning(words, said)
    while words:
        word = words.take()
        if word.text in _KEYWORDS:
            keyword = _KEYWORDS[word.text]
            say(said, keyword.field, words.value(word, keyword.read), word)
        elif word.text in _FLAGS:
            name, value = _FLAGS[word.text]
            say(said, name, value, word)
        elif word.text == "type":
            say(said, "action", words.value(word, w.one_of(_TYPES)), word)
        elif word.text in _IMPOSSIBLE:
            raise WordError(f"{word.text} is not possible here: {_IMPOSSIBLE[word.text]}", word)
        else:
            raise unknown(word, _KNOWN, "word of ip rule")
    if not said.keys() - {"family"}:
        raise WordError("the rule says nothing")
    return _checked(said)


def _beginning(words: Words, said: Dict[str, Said]) -> None:
    """``add``, and the option of ip that says the family."""
    added = False
    while True:
        word = words.take_one_of(_FAMILIES if added else {"add", *_FAMILIES})
        if word is None:
            return
        if word.text == "add":
            added = True
        else:
            say(said, "family", _FAMILIES[word.text], word)


def _checked(said: Dict[str, Said]) -> RuleWords:
    _mark_and_mask(said)
    _one_action(said)
    family = _family(said)
    if family == 6 and "realms" in said:
        raise WordError("the kernel has realms for IPv4 only", said["realms"].word)
    cut = []
    for name in ("source", "destination"):
        prefix = said[name].value if name in said else None
        if isinstance(prefix, Prefix):
            if prefix != prefix.network:
                cut.append((prefix, said[name].word))
            # A prefix of no length is every address, and the kernel does not tell it.
            said[name] = said[name]._replace(value=prefix.network if prefix.length else None)
    return RuleWords(MappingProxyType(said), family, tuple(cut))


def _mark_and_mask(said: Dict[str, Said]) -> None:
    if "fwmark" not in said:
        if "fwmask" in said:
            raise WordError("fwmask needs a fwmark", said["fwmask"].word)
        return
    value, word = said["fwmark"]
    assert isinstance(value, tuple)
    mark, mask = value
    if mask is not None and "fwmask" in said:
        raise WordError("fwmark has a mask already", said["fwmask"].word)
    said["fwmark"] = Said(mark, word)
    said.setdefault("fwmask", Said(_EVERY_BIT if mask is None else mask, word))


def _one_action(said: Dict[str, Said]) -> None:
    """``goto`` and ``l3mdev`` say where to go on; a table beside another action is allowed as in ip."""
    if "goto" in said:
        word = said["goto"].word
        for name in ("action", "table", "l3mdev"):
            if name in said:
                raise WordError(f"{said[name].word.text} and {word.text} exclude each other", word)
        said["action"] = Said("goto", word)
    if "l3mdev" in said and "table" in said:
        raise WordError("l3mdev and table exclude each other", said["table"].word)


def _family(said: Dict[str, Said]) -> int:
    """That of the prefixes, or of the option; IPv4 where nothing says it."""
    families: Dict[int, Word] = {}
    for name in ("family", "source", "destination"):
        if name in said:
            value, word = said.pop(name) if name == "family" else said[name]
            if isinstance(value, Prefix):
                families.setdefault(4 if value.bits == 32 else 6, word)
            elif isinstance(value, int):
                families.setdefault(value, word)
    if len(families) > 1:
        raise WordError("the rule speaks of two address families", list(families.values())[1])
    return next(iter(families), 4)


# All rules of a section


def read(objects: Sequence[Object], context: Context) -> Tuple[Dict[Path, List[Rule]], List[Problem]]:
    """The rules by the path of their object, each with a priority, and what is wrong with them.

    A rule without a priority gets the next one from FIRST_PRIORITY up that the section does not say.
    """
    places = [(one, path, text) for one in objects for path, text in _texts(one)]
    taken: Set[int] = {parse(text).get("priority") for _, _, text in places} - {None}
    rules: Dict[Path, List[Rule]] = {}
    problems: List[Problem] = []
    seen: Dict[Tuple[RuleKey, bool], Path] = {}
    following = FIRST_PRIORITY
    for one, path, text in places:
        words = parse(text)
        key, found = _key(words, path, context)
        problems.extend(found)
        first = seen.setdefault((key, "priority" in words.said), path)
        if first is not path:
            message = f"the rule stands at {show_path(first)} already: it is made once"
            problems.append(Problem(path, message, "remove one of them", Severity.WARNING))
            continue
        if "priority" not in words.said:
            while following in taken:
                following += 1
            key, following = key._replace(priority=following), following + 1
        problems.extend(_backward(key, words, path))
        rules.setdefault(one.path, []).append(Rule(key, path))
    return rules, problems


def _texts(one: Object) -> Iterator[Tuple[Path, str]]:
    for number, entry in enumerate(one.get("rules") or ()):
        if entry and entry.get("rule"):
            yield (*one.path, "rules", number, "rule"), entry["rule"]


def _key(words: RuleWords, path: Path, context: Context) -> Tuple[RuleKey, List[Problem]]:
    problems: List[Problem] = []
    values = {name: one.value for name, one in words.said.items()}
    for prefix, word in words.host_bits:
        message = f"{prefix} has host bits set: {prefix.network} is taken"
        problems.append(Problem(path, message, severity=Severity.WARNING, word=word))
    for name in ("incoming", "outgoing"):
        if name in values:
            values[name] = link = rename_dotted(str(values[name]), context.rename)
            if len(link.encode(errors="replace")) > LONGEST_NAME:
                message = f"{link} is longer than a link's name can be, {LONGEST_NAME} bytes"
                problems.append(Problem(path, message, word=words.said[name].word))
    if "table" in values:
        said, word = words.said["table"]
        assert isinstance(said, (int, str))
        values["table"], problem = context.tables.resolve(said, path, word)
        problems.extend([problem] if problem else [])
    elif words.get("action", "lookup") == "lookup" and "l3mdev" not in values:
        # So does ip.
        values["table"] = MAIN_TABLE
        message = "the rule names no table and no action: the main table is looked up"
        problems.append(Problem(path, message, "add table main", Severity.WARNING))
    # Without a priority the fields alone make two rules equal.
    values = {"priority": 0, **values}
    return RuleKey(family=words.family, **values), problems  # type: ignore[arg-type]


def _backward(key: RuleKey, words: RuleWords, path: Path) -> Iterator[Problem]:
    """The kernel refuses it (net/core/fib_rules.c)."""
    if key.action == "goto" and key.goto <= key.priority:
        message = f"goto {key.goto} does not lead forward: the rule itself has priority {key.priority}"
        yield Problem(path, message, "go to a larger one", word=words.said["goto"].word)

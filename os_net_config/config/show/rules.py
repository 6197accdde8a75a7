"""Policy rules, in the words of ``ip rule``."""

from __future__ import annotations

from typing import Dict, Iterator, List, Optional, Tuple

from ...state.model import AddressKey, Resource, RuleKey
from ...state.route import KERNEL, PROTOCOL
from .seen import BY_HAND, Seen, UnsaidError
from .tree import Element, Entry, Remark

_UNSPEC = 0


def placed(seen: Seen, homes: List[str]) -> Dict[str, List[Element]]:
    """By the link whose object has them: that of their words or addresses, else the first of ``homes``."""
    found: Dict[str, List[Element]] = {}
    for one in seen.rules:
        assert isinstance(one.key, RuleKey)
        home = _home(seen, one.key, homes)
        if home is None or one.values.get("protocol") == KERNEL:
            continue
        try:
            entry = Entry({"rule": " ".join(_words(seen, one.key))})
        except UnsaidError as error:
            found.setdefault(home, []).append(Remark(f"the rule {one.key} is left out: {error}"))
            continue
        why = _why_not(one)
        found.setdefault(home, []).append(entry if why is None else Remark(why, entry))
    return found


def _home(seen: Seen, key: RuleKey, homes: List[str]) -> Optional[str]:
    for name in (key.incoming, key.outgoing):
        if name in homes:
            return name
    for name in homes:
        for one in seen.addresses.get(name, ()):
            assert isinstance(one.key, AddressKey)
            if key.source is not None and key.source.contains(one.key.prefix.address):
                return name
    return next(iter(homes), None)


def _why_not(one: Resource) -> Optional[str]:
    """To the kernel the maker is a part of the rule: ours would stand beside it."""
    protocol = one.values.get("protocol")
    if protocol == PROTOCOL:
        return None
    if protocol in {*BY_HAND, _UNSPEC}:
        return (
            "by hand: said in a file it is made a second time, for it is known by who made it. Say it, and"
            " remove the other one afterwards (ip rule del, with its priority)"
        )
    return f"another program made it (protocol {protocol!s}), and looks after it"


def _words(seen: Seen, key: RuleKey) -> Iterator[str]:
    if key.family == 6 and key.source is None and key.destination is None:
        yield "-6"
    if key.inverted:
        yield "not"
    said = [(word, value) for word, value in _selectors(seen, key) if value]
    for word, value in said or [("from", "all")]:
        yield f"{word} {value}"
    yield from _what_becomes(seen, key)
    yield f"priority {key.priority}"


def _selectors(seen: Seen, key: RuleKey) -> Iterator[Tuple[str, object]]:
    yield "from", key.source
    yield "to", key.destination
    yield "iif", seen.word(key.incoming) if key.incoming else None
    yield "oif", seen.word(key.outgoing) if key.outgoing else None
    yield "fwmark", f"{key.fwmark:#x}/{key.fwmask:#x}" if key.fwmark or key.fwmask else None
    yield "tos", f"{key.tos:#04x}" if key.tos else None
    yield "ipproto", key.ip_protocol
    yield "sport", _range(key.source_ports)
    yield "dport", _range(key.destination_ports)
    yield "uidrange", f"{key.users[0]}-{key.users[1]}" if key.users else None
    yield "tun_id", key.tunnel
    yield "realms", f"{key.realms >> 16}/{key.realms & 0xFFFF}" if key.realms else None


def _range(ends: Optional[Tuple[int, int]]) -> Optional[str]:
    if ends is None:
        return None
    return f"{ends[0]}-{ends[1]}" if ends[0] != ends[1] else str(ends[0])


def _what_becomes(seen: Seen, key: RuleKey) -> Iterator[str]:
    if key.l3mdev:
        yield "l3mdev"
    elif key.table:
        yield f"table {seen.tables.get(key.table, key.table)}"
    if key.goto:
        yield f"goto {key.goto}"
    elif key.action != "lookup":
        yield key.action
    for word, number in (
        ("suppress_prefixlength", key.suppress_prefixlength),
        ("suppress_ifgroup", key.suppress_ifgroup),
    ):
        if number >= 0:
            yield f"{word} {number}"

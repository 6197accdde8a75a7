"""Values as ovs-vsctl(8) has them under "Database Values". All readers raise ValueError.

A colon needs no quotes within a value here, as in ``mac=00:11:22:33:44:55``: to ovs-vsctl it does.
"""

from __future__ import annotations

import re
from typing import Dict, Iterator, List, Tuple, Union

from ...state.row import Set, Words
from ...state.values import Flag, Integer, Text, ValueType

#: ovsdb_token_is_delim (lib/ovsdb-data.c): outside of quotes they end a word.
DELIMITERS = ":=, []{}!<>"
_IN_VALUES = DELIMITERS.replace(":", "")
_TRUTH = {
    **dict.fromkeys(("true", "yes", "on", "1"), 1),
    **dict.fromkeys(("false", "no", "off", "0"), 0),
}
_INTEGER = re.compile(r"[+-]?[0-9]{1,40}")
_RANGE = re.compile(r"([+-]?[0-9]{1,40})-([+-]?[0-9]{1,40})")
#: MAX_OVSDB_ATOM_RANGE_SIZE (lib/ovsdb-data.h).
_LONGEST_RANGE = 4096
_QUOTED_OR_ESCAPED = re.compile(r'("(?:\\.|[^"\\])*")|\\(.)', re.DOTALL)
#: No string of the database has them.
_NEVER = re.compile("[\0\ud800-\udfff]")

Atom = Union[str, int]


class Scanner:
    """A text that is read from the left."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0

    @property
    def next(self) -> str:
        """One character; empty at the end."""
        return self.text[self.at : self.at + 1]

    @property
    def rest(self) -> str:
        return self.text[self.at :]

    def skip(self, character: str) -> bool:
        """Go over this one if it is the next."""
        found = self.next == character
        self.at += found
        return found

    def spaces(self) -> None:
        while self.skip(" "):
            pass

    def token(self, delimiters: str = _IN_VALUES) -> str:
        """All up to a delimiter. Quotes stay, with what is escaped in them; other backslashes go."""
        word = rf'(?:\\.|"(?:\\.|[^"\\])*"|[^"\\{re.escape(delimiters)}])*'
        match = re.compile(word, re.DOTALL).match(self.text, self.at)
        assert match is not None, "nothing at all is a match"
        self.at = match.end()
        if self.next and self.next in '"\\':
            raise ValueError(f"{self.rest}: a quote is open, or what is after the backslash is missing")
        return _QUOTED_OR_ESCAPED.sub(lambda one: one[1] or one[2], match.group())


def string(token: str) -> str:
    """A bare word, or JSON's string in double quotes."""
    if not token:
        raise ValueError("""the empty text is written '""'""")
    if token[0] != '"':
        return token
    if len(token) < 2 or token[-1] != '"':
        raise ValueError(f"{token}: the quote is not closed")
    import json

    try:
        text = str(json.loads(token, strict=False))
    except ValueError as error:
        raise ValueError(f"{token} is no string as JSON has them") from error
    if _NEVER.search(text):
        raise ValueError(f"{token} has a character that no string may have")
    return text


def atom(type_: ValueType, token: str) -> Atom:
    """One value of a type that is neither Set nor Map."""
    if isinstance(type_, Flag):
        if token not in _TRUTH:
            raise ValueError(f"{token!r} is neither false nor true")
        return _TRUTH[token]
    if isinstance(type_, Integer):
        if _INTEGER.fullmatch(token) is None:
            raise ValueError(f"{token!r} is not a whole number")
        return type_.parse(token)
    assert isinstance(type_, (Text, Words)), type_
    return type_.parse(string(token))


def atoms(type_: ValueType, text: str) -> Tuple[Atom, ...]:
    """``a,b``, ``a b``, ``[a, b]``; of numbers also ``1-3``. Empty for ``[]``."""
    found: List[Atom] = []
    for token in _items(Scanner(text), "[]"):
        match = _RANGE.fullmatch(token) if isinstance(type_, Integer) else None
        found += _range(type_, int(match[1]), int(match[2])) if match else [atom(type_, token)]
    if len(set(found)) != len(found):
        raise ValueError(f"{text} has a value twice")
    return tuple(found)


def _range(type_: ValueType, first: int, last: int) -> List[Atom]:
    if last < first:
        raise ValueError(f"{first}-{last} ends before it begins")
    if last - first >= _LONGEST_RANGE:
        raise ValueError(f"{first}-{last} has more than {_LONGEST_RANGE} numbers")
    return [atom(type_, str(number)) for number in range(first, last + 1)]


def members(type_: Set, text: str) -> Tuple[str, ...]:
    """The values of a set, in the order and the spelling that it has them in."""
    return type_.of(tuple(map(str, atoms(type_.type, text))))


def pairs(text: str) -> Dict[str, str]:
    """``k=v,k2=v2``, ``{k=v, k2=v2}``; empty for ``{}``."""
    scanner = Scanner(text)
    found: Dict[str, str] = {}
    for token in _items(scanner, "{}"):
        key = string(token)
        scanner.spaces()
        if not scanner.skip("="):
            raise ValueError(f"{key} has no value: write {key}=VALUE")
        scanner.spaces()
        if key in found:
            raise ValueError(f"{text} has the key {key} twice")
        found[key] = string(scanner.token())
    return found


def _items(scanner: Scanner, brackets: str) -> Iterator[str]:
    """The first word of each item; who takes it takes what belongs to it before the next one."""
    scanner.spaces()
    end = brackets[1] if scanner.skip(brackets[0]) else ""
    if not end and not scanner.next:
        raise ValueError(f"to have none is written {brackets}")
    scanner.spaces()
    while scanner.next != end:
        if not scanner.next:
            raise ValueError(f"{scanner.text}: {end} is missing; a text with spaces needs quotes")
        if scanner.next in _IN_VALUES:
            raise ValueError(f"{scanner.text}: {scanner.next} has to be in quotes")
        yield scanner.token()
        scanner.spaces()
        if scanner.skip(","):
            scanner.spaces()
    if end:
        scanner.skip(end)
        scanner.spaces()
        if scanner.next:
            raise ValueError(f"{scanner.text}: {scanner.rest} is after the end")

"""Texts that are read word by word, as ``ip`` reads its arguments: each is understood or wrong.

A reader of a value takes a word and raises ValueError with the reason in the user's words.
"""

from __future__ import annotations

import math
import re
from typing import Callable, Dict, Iterable, Mapping, NamedTuple, Optional, Tuple, TypeVar

from ..state.problem import Word
from ..state.values import Prefix
from .formats import ip_prefix, link_name

Value = TypeVar("Value")
Read = Callable[[str], Value]

_LARGEST = 2**32 - 1


class WordError(ValueError):
    """``word`` is the one that is wrong."""

    def __init__(self, message: str, word: Optional[Word] = None) -> None:
        self.word = word
        super().__init__(message)


class Words:
    """The words of a text, taken one after the other."""

    def __init__(self, text: str, place: int = 0, number: int = 0) -> None:
        """``place`` and ``number``: how many characters and words stand before the text in a larger one."""
        found = enumerate(re.finditer(r"\S+", text), number + 1)
        self._words = [Word(match.group(), count, place + match.start()) for count, match in found]
        self._next = 0

    def __len__(self) -> int:
        """How many are left."""
        return len(self._words) - self._next

    def __bool__(self) -> bool:
        return self._next < len(self._words)

    def take(self) -> Word:
        self._next += 1
        return self._words[self._next - 1]

    def take_one_of(self, texts: Iterable[str]) -> Optional[Word]:
        """The next word, if it is one of these."""
        return self.take() if self and self._words[self._next].text in texts else None

    def value(self, keyword: Word, read: Read[Value]) -> Value:
        """The value that the keyword stands before."""
        if not self:
            raise WordError(f"{keyword.text} needs a value", keyword)
        word = self.take()
        try:
            return read(word.text)
        except ValueError as error:
            raise WordError(f"{keyword.text}: {error}", word) from error


class Said(NamedTuple):
    """A value, and the word that says it."""

    value: object
    word: Word


def say(said: Dict[str, Said], name: str, value: object, word: Word) -> None:
    """Keep what a word says of ``name``, which may be said once."""
    first = said.setdefault(name, Said(value, word))
    if first.word is not word:
        again = "stands twice" if first.word.text == word.text else f"contradicts {first.word.text}"
        raise WordError(f"{word.text} {again}", word)


def unknown(word: Word, known: Iterable[str], what: str) -> WordError:
    return WordError(f"{word.text!r} is no {what}{did_you_mean(word.text, known)}", word)


_LONGEST_GUESSED = 40
#: What is written in other places, or by habit.
_RELATED: Mapping[str, str] = {
    "gateway": "via",
    "gw": "via",
    "source": "src",
    "interface": "dev",
    "proto": "protocol",
    "reject": "unreachable",
    "drop": "blackhole",
}


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """The end of a message about an unknown word; empty where nothing is like it."""
    if len(word) > _LONGEST_GUESSED:
        return ""
    import difflib

    names = list(known)
    related = _RELATED.get(word)
    close = [related] if related in names else difflib.get_close_matches(word.lower(), names, 1)
    return f"; did you mean {close[0]}?" if close else ""


# Readers of values

_NUMBER = re.compile(r"-?(?:[0-9]{1,40}|0[xX][0-9a-fA-F]{1,40})")


def number(low: int = 0, high: int = _LARGEST) -> Read[int]:
    """Decimal, or hexadecimal after 0x. What begins with another 0 is octal to ip: it is refused."""

    def read(text: str) -> int:
        if _NUMBER.fullmatch(text) is None:
            raise ValueError(f"{text!r} is not a number")
        digits = text.lstrip("-")
        if digits[:1] == "0" and digits.isdigit() and len(digits) > 1:
            raise ValueError(f"{text} would be octal: write it without the zero before it")
        value = int(text, 0)
        if not low <= value <= high:
            raise ValueError(f"{text} is not in {low}..{high}")
        return value

    return read


def one_of(words: Mapping[str, Value]) -> Read[Value]:
    """One of these words; the value that it stands for."""

    def read(text: str) -> Value:
        if text not in words:
            raise ValueError(f"{text!r} is not one of {', '.join(words)}")
        return words[text]

    return read


def named_number(words: Mapping[str, int], low: int, high: int) -> Read[int]:
    """A number, or one of the words that stand for one."""
    read = number(low, high)
    return lambda text: words[text] if text in words else read(text)


def word_of(longest: int) -> Read[str]:
    """A name that only the kernel knows."""

    def read(text: str) -> str:
        if not text.isprintable() or len(text.encode(errors="replace")) > longest:
            raise ValueError(f"{text!r} is longer than {longest} bytes")
        return text

    return read


def table(text: str) -> object:
    """The number of a route table, or its name."""
    return number(1)(text) if _NUMBER.fullmatch(text) else text


def device(text: str) -> str:
    name = link_name(text)
    if ":" in name:
        raise ValueError(f"{name} is an address label, not a link")
    return name


_DURATION = re.compile(r"([0-9]{1,10}(?:\.[0-9]{0,9})?|\.[0-9]{1,9})(s|secs?|ms|msecs?)?", re.IGNORECASE)


def duration(per_millisecond: int) -> Read[int]:
    """A time with s or ms, rounded up to milliseconds; a bare number is in the kernel's own unit."""

    def read(text: str) -> int:
        match = _DURATION.fullmatch(text)
        if match is None:
            raise ValueError(f"{text!r} is not a time such as 200ms or 1.5s")
        amount, unit = float(match.group(1)), (match.group(2) or "").lower()
        value = math.ceil(amount * (1000 if unit.startswith("s") else 1))
        value *= per_millisecond if unit else 1
        if value > _LARGEST:
            raise ValueError(f"{text} is too long a time")
        return value

    return read


#: Differentiated services, as iproute2's rt_dsfield names them (RFC 2474, 2597, 2598).
_DSFIELDS: Mapping[str, int] = {
    **{f"CS{n}": n << 5 for n in range(1, 8)},
    **{f"AF{n}{drop}": n << 5 | drop << 3 for n in range(1, 5) for drop in range(1, 4)},
    "EF": 0xB8,
    "default": 0,
}
_ECN = 3


def traffic_class(text: str) -> int:
    """The field of type of service: hexadecimal with or without 0x, as ip reads it, or a name."""
    if text in _DSFIELDS:
        return _DSFIELDS[text]
    if re.fullmatch(r"(?:0[xX])?[0-9a-fA-F]{1,2}", text) is None:
        raise ValueError(f"{text!r} is neither a hexadecimal number 0x00..0xfc nor a name such as CS1")
    value = int(text, 16)
    if value & _ECN:
        raise ValueError(f"{value:#04x} has bits of ECN set, which are not for routing")
    return value


_REALM = number(0, 0xFFFF)


def realms(text: str) -> int:
    """``[SOURCE/]DESTINATION``; the realm of the source comes to the upper 16 bits."""
    source, slash, destination = text.rpartition("/")
    return (_REALM(source) << 16 if slash else 0) | _REALM(destination)


def span(low: int, high: int) -> Read[Tuple[int, int]]:
    """``N`` or ``N-M``: the first and the last number."""
    read_one = number(low, high)

    def read(text: str) -> Tuple[int, int]:
        first, dash, last = text.partition("-")
        ends = read_one(first), read_one(last if dash else first)
        if ends[0] > ends[1]:
            raise ValueError(f"{text} ends before it begins")
        return ends

    return read


#: Prefixes that mean every address.
EVERY = frozenset({"all", "any", "default"})


def prefix(text: str) -> Optional[Prefix]:
    """A prefix; None for every address."""
    return None if text in EVERY else ip_prefix(text)

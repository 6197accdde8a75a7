"""What a plain scalar means in YAML 1.1, as PyYAML's safe loader reads it.

Different on purpose: base-60 numbers and timestamps stay text (12:34:56:12:34:56 is a MAC address
here), and Python's ``None`` is null, since templates print Python lists.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Callable, Dict, Union

Scalar = Union[str, int, float, bool, None]

_BOOLEANS = {
    spelling: value
    for word, value in (
        ("yes", True),
        ("true", True),
        ("on", True),
        ("no", False),
        ("false", False),
        ("off", False),
    )
    for spelling in (word, word.capitalize(), word.upper())
}
_NULLS = frozenset({"", "~", "null", "Null", "NULL", "None"})
_INTEGER = re.compile(r"[-+]?(?:0b[01_]+|0x[0-9a-fA-F_]+|0[0-7_]*|[1-9][0-9_]*)")
_FLOAT = re.compile(r"[-+]?(?:[0-9][0-9_]*\.[0-9_]*(?:[eE][-+][0-9]+)?|\.[0-9_]+(?:[eE][-+][0-9]+)?)")
_FLOAT_WORDS = {
    sign + word: float(sign.strip("+") + word[1:].lower())
    for sign in ("", "+", "-")
    for word in (".inf", ".Inf", ".INF")
}
_FLOAT_WORDS.update({word: float("nan") for word in (".nan", ".NaN", ".NAN")})
#: No number of this language is longer; reading longer ones takes quadratic time.
_LONGEST_NUMBER = 40


@lru_cache(maxsize=4096)
def plain(text: str) -> Scalar:
    """The value of an unquoted scalar."""
    if text in _NULLS:
        return None
    if text in _BOOLEANS:
        return _BOOLEANS[text]
    if text[0] in "-+.0123456789" and len(text) <= _LONGEST_NUMBER:
        if _INTEGER.fullmatch(text):
            return _number(text, integer)
        if text in _FLOAT_WORDS:
            return _FLOAT_WORDS[text]
        if _FLOAT.fullmatch(text):
            return _number(text, float)
    return text


def _number(text: str, read: Callable[[str], Scalar]) -> Scalar:
    """What has the form of a number and no digit (0b_, ._) is a text."""
    try:
        return read(text.replace("_", ""))
    except ValueError:
        return text


def integer(text: str) -> int:
    """A whole number as YAML 1.1 writes it, underscores apart: 0b1, 0x1f, 017."""
    digits = text.lstrip("+-")
    return int(text, {"0b": 2, "0x": 16}.get(digits[:2], 8 if digits.startswith("0") else 10))


def _tagged_bool(text: str) -> Scalar:
    return _BOOLEANS.get(text, text)


#: Explicit tags, as in ``!!str 10``; what is not here is no part of the language.
TAGS: Dict[str, Callable[[str], Scalar]] = {
    "!": str,
    "tag:yaml.org,2002:str": str,
    "tag:yaml.org,2002:int": plain,
    "tag:yaml.org,2002:float": plain,
    "tag:yaml.org,2002:bool": _tagged_bool,
    "tag:yaml.org,2002:null": lambda text: None,
}

"""What a YAML syntax error probably means, in the words of somebody who wrote a network config."""

from __future__ import annotations

import re
from typing import Any, Callable, List, NamedTuple, Optional, Tuple

from ..state.problem import Problem


class Meaning(NamedTuple):
    """What a message of a YAML parser stands for.

    ``at_opening``: the parser noticed at the end of what it should blame, and knows where it began.
    """

    message: str
    hint: str
    at_opening: bool = False


_INDENT = Meaning(
    "the line does not fit the indentation of the lines before it",
    "indent the keys of one object alike, and the dashes of one list alike",
)
_NO_COLON = Meaning(
    "a text stands where 'name: value' is expected",
    "put a blank after the colon, and indent a value deeper than its name",
    at_opening=True,
)
_NO_CLOSING = "close it, or put the missing comma in"

#: By a part of the parser's message: libyaml's, then that of PyYAML's own parser.
_MEANINGS = {
    "did not find expected key": _INDENT,
    "did not find expected '-' indicator": _INDENT,
    "expected <block end>": _INDENT,
    "document start>": Meaning("the text goes on after the end of the config", _INDENT.hint),
    "could not find expected ':'": _NO_COLON,
    "unexpected end of stream": Meaning("the quote that begins here is not closed", "close it", True),
    "expected ',' or ']'": Meaning("the list that begins with [ does not end here", _NO_CLOSING),
    "expected ',' or '}'": Meaning("the mapping that begins with { does not end here", _NO_CLOSING),
    "entries are not allowed": Meaning(
        "a list begins in the middle of a line", "put '- ' on a line of its own"
    ),
    "cannot start any token": Meaning(
        "the value begins with a character that means something in YAML", "quote it"
    ),
    "alphabetic or numeric character": Meaning("& and * mean something in YAML", "quote the value"),
    "node content": Meaning("something else stands where a value is expected", "quote it, or remove it"),
    "invalid Unicode character escape": Meaning("the escape stands for no character", "correct it"),
    "unknown escape": Meaning("a backslash stands in double quotes", "use single quotes"),
}

_TEMPLATE = re.compile(r"(\{[{%#])")
_TEMPLATE_LINE = re.compile(r"\s*\{[{%#]")
_CONFLICT = re.compile(r"^(<{7}|={7}|>{7})(?: |$)")
_TAB = re.compile(r"^ *(\t)")
_COLON = re.compile(r":(?=\s|$)")


def explain(error: Any, text: str) -> Problem:
    """A yaml.YAMLError as a problem with its place."""
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    if mark is None:
        return _unreadable(error, text)
    message = str(getattr(error, "problem", None) or error.context or "is not YAML")
    found = _cause(text.split("\n"), mark.line + 1, message)
    if found is not None:
        return found
    opening = getattr(error, "context_mark", None)
    meaning = next((meaning for part, meaning in _MEANINGS.items() if part in message), None)
    if meaning is None:
        return _at(mark, f"is not YAML: {message}", "check the line and the one before it")
    return _at(opening if meaning.at_opening and opening else mark, meaning.message, meaning.hint)


def not_a_key(mark: Any, text: str) -> Problem:
    """A collection as a key: YAML allows it, and reads the ``{{ }}`` of a template so."""
    template = _template(text.split("\n"), mark.line + 1, "")
    return template or _at(mark, "a mapping or a list stands where a name must be", "quote the text")


def _at(mark: Any, message: str, hint: str) -> Problem:
    return Problem((), message, hint, position=(mark.line + 1, mark.column + 1))


def _unreadable(error: Any, text: str) -> Problem:
    """A character that YAML does not allow: its place is an offset, in characters."""
    offset = getattr(error, "position", None)
    character = getattr(error, "character", None)
    if not isinstance(offset, int) or offset > len(text):
        return Problem((), f"is not YAML: {error}".split("\n", maxsplit=1)[0])
    before = text[:offset]
    code = ord(character) if isinstance(character, str) and len(character) == 1 else character
    shown = f"U+{code:04X}" if isinstance(code, int) else repr(character)
    return Problem(
        (),
        f"the character {shown} is not allowed in YAML",
        "remove it",
        position=(before.count("\n") + 1, offset - (before.rfind("\n") + 1) + 1),
    )


Place = Tuple[int, int]
_NOWHERE: Place = (0, 0)
Finder = Callable[[List[str], int, str], Optional[Problem]]


def _cause(lines: List[str], line: int, message: str) -> Optional[Problem]:
    """What in the line, or in the one before it, explains the error better than the parser does."""
    finders: Tuple[Finder, ...] = (_template, _conflict, _tab, _colon)
    return next((found for finder in finders if (found := finder(lines, line, message))), None)


def _found(place: Place, message: str, hint: str) -> Optional[Problem]:
    return Problem((), message, hint, position=place) if place != _NOWHERE else None


def _near(lines: List[str], line: int, pattern: re.Pattern[str]) -> Place:
    """Where the pattern stands in the line or in the one before it."""
    for number in (line, line - 1):
        found = pattern.search(lines[number - 1]) if 0 < number <= len(lines) else None
        if found:
            return number, found.start(1) + 1
    return _NOWHERE


def _template(lines: List[str], line: int, message: str) -> Optional[Problem]:
    place = _near(lines, line, _TEMPLATE)
    if place == _NOWHERE:
        above = [number for number, text in enumerate(lines[:line], 1) if _TEMPLATE_LINE.match(text)]
        place = _near(lines, above[0], _TEMPLATE) if above else _NOWHERE
    number, column = place
    marker = lines[number - 1][column - 1 : column + 1]
    hint = "render it first, then apply the result"
    return _found(place, f"{marker}: the template was not rendered", hint)


def _conflict(lines: List[str], line: int, message: str) -> Optional[Problem]:
    place = _near(lines, line, _CONFLICT)
    return _found(place, "a merge conflict that was not resolved", "choose one side and remove the markers")


def _tab(lines: List[str], line: int, message: str) -> Optional[Problem]:
    if not any(word in message for word in ("token", "\\t", "tab")):
        return None
    place = _near(lines, line, _TAB)
    return _found(place, "a tab stands in the indentation, which YAML does not allow", "indent with spaces")


def _colon(lines: List[str], line: int, message: str) -> Optional[Problem]:
    if "mapping values are not allowed" not in message or line > len(lines):
        return None
    text = lines[line - 1]
    colons = [found.start() for found in _COLON.finditer(text)]
    if len(colons) > 1:
        hint = "quote a value that has ': ' in it or ends with ':'"
        return _found((line, colons[1] + 1), "a second colon stands in this line", hint)
    column = len(text) - len(text.lstrip()) + 1
    return _found((line, column), "the line is indented deeper than those it belongs to", _INDENT.hint)

"""What a YAML syntax error probably means, in the words of somebody who wrote a network config."""

from __future__ import annotations

import re
from typing import Any, List, Tuple

from ..state.problem import Problem

_TEMPLATE = re.compile(r"\{\{|\{%|\{#")
_CONFLICT = re.compile(r"^(<{7}|={7}|>{7})( |$)")


def explain(error: Any, text: str) -> Problem:
    """A yaml.YAMLError as a problem with its place."""
    lines = text.split("\n")
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    if mark is None:
        return _unreadable(error, text)
    line, column = mark.line + 1, mark.column + 1
    message = str(getattr(error, "problem", None) or error.context or "is not YAML")
    for found, meaning, hint in (
        _template(lines, line),
        _conflict(lines, line),
        _tab(lines, line, message),
        _colon(lines, line, message),
    ):
        if found:
            return Problem((), meaning, hint, position=(found, column if found == line else 1))
    return Problem(
        (), f"is not YAML: {message}", "check the line and the one before it", position=(line, column)
    )


_HINTS = (
    ("block sequence entries are not allowed", "begin '- ' on a line of its own, below the key"),
    ("did not find expected key", "indent the keys of one object alike, and the dashes of one list"),
    ("did not find expected '-'", "indent the dashes of one list alike"),
    ("could not find expected ':'", "write 'name: value', with a blank after the colon"),
    ("found unexpected end of stream", "a quote, bracket or brace is not closed"),
    ("found unknown escape", "in double quotes a backslash begins an escape: use single quotes"),
    ("cannot start any token", "quote the value"),
)


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


Finding = Tuple[int, str, str]
_NOTHING: Finding = (0, "", "")


def _near(lines: List[str], line: int, pattern: re.Pattern[str]) -> int:
    """The line itself or the one before it, where the parser noticed late; 0: neither."""
    return next((n for n in (line, line - 1) if 0 < n <= len(lines) and pattern.search(lines[n - 1])), 0)


def _template(lines: List[str], line: int) -> Finding:
    found = _near(lines, line, _TEMPLATE)
    return (found, "a template that was not rendered: {{ }} or {% %} is left in the text", "render it first")


def _conflict(lines: List[str], line: int) -> Finding:
    found = _near(lines, line, _CONFLICT)
    return (found, "a merge conflict that was not resolved", "choose one side and remove the markers")


def _tab(lines: List[str], line: int, message: str) -> Finding:
    indent = re.compile(r"^ *\t")
    found = _near(lines, line, indent) if "token" in message or "\\t" in message or "tab" in message else 0
    return (found, "a tab stands in the indentation, which YAML does not allow", "indent with spaces")


def _colon(lines: List[str], line: int, message: str) -> Finding:
    if "mapping values are not allowed" not in message:
        return _NOTHING
    return (
        line,
        "a second colon in this line, or a line indented deeper than its list",
        "quote a value that has ': ' in it or ends with ':'; indent the keys of one object alike",
    )

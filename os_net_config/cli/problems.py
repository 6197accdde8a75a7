"""Problems as lines for a person and as JSON for a program."""

from __future__ import annotations

from typing import Any, Dict, Iterable, Optional, Tuple

from ..state.problem import Problem, Severity, Source, show_path

#: Of a line: a value of the file may be a megabyte of text.
_LONGEST = 1000


def position(problem: Problem, source: Optional[Source]) -> Tuple[int, int]:
    if problem.position[0] or source is None:
        return problem.position
    return source.position(problem.path, problem.at_key)


def line(problem: Problem, source: Optional[Source], filename: str) -> str:
    """``config.yaml:14:9: network_config[2].vlan_id: 5000 is not in 1..4094``."""
    row, column = position(problem, source)
    name = source.name if source else filename
    place = f"{name}:{row}:{column}: " if row else f"{name}: "
    path = f"{show_path(problem.path)}: " if problem.path else ""
    kind = "warning: " if problem.severity is Severity.WARNING else ""
    hint = f" ({problem.hint})" if problem.hint else ""
    return place + kind + _on_one_line(f"{path}{problem.message}{hint}")


def _on_one_line(text: str) -> str:
    """Cut off where it is too long, and nothing in it that a terminal would obey."""
    shown = text[: _LONGEST + 1]
    if not shown.isprintable():
        shown = "".join(map(_visible, shown))
    return shown if len(shown) <= _LONGEST else f"{shown[:_LONGEST]}…"


def _visible(character: str) -> str:
    return character if character.isprintable() else repr(character)[1:-1]


def as_json(problems: Iterable[Problem], source: Optional[Source], filename: str) -> list[Dict[str, Any]]:
    found = []
    for problem in problems:
        row, column = position(problem, source)
        found.append(
            {
                "file": source.name if source else filename,
                "line": row or None,
                "column": column or None,
                "path": show_path(problem.path),
                "severity": problem.severity.value,
                "message": problem.message,
                "hint": problem.hint or None,
            }
        )
    return found

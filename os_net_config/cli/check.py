"""``os-net-config check``: everything that can be said of a file without a node."""

from __future__ import annotations

import json
import sys
from typing import Any, Dict, List, Optional, Sequence

from ..engine.check import check_file
from ..state.problem import Problem, Severity, Source
from . import problems as shown
from .arguments import check_parser


def main(argv: Optional[Sequence[str]] = None) -> int:
    options = check_parser().parse_args(argv)
    failed = False
    results: List[Dict[str, Any]] = []
    for filename in options.files:
        source, problems = check_file(filename)
        bad = is_bad(problems, options.exit_on_validation_errors)
        failed |= bad
        if options.format == "json":
            results.append(
                {"file": filename, "good": not bad, "problems": shown.as_json(problems, source, filename)}
            )
        else:
            _print(filename, source, problems, bad)
    if options.format == "json":
        json.dump({"format": "os-net-config check", "version": 1, "files": results}, sys.stdout, indent=2)
        sys.stdout.write("\n")
    return 1 if failed else 0


def is_bad(problems: Sequence[Problem], strict: bool) -> bool:
    """What this version only does not support makes no file bad."""
    wrong = {Severity.ERROR, Severity.WARNING} if strict else {Severity.ERROR}
    return any(problem.severity in wrong for problem in problems)


def _print(filename: str, source: Optional[Source], problems: Sequence[Problem], bad: bool) -> None:
    for problem in problems:
        print(shown.line(problem, source, filename), file=sys.stderr)  # noqa: T201
    if not bad:
        later = sum(problem.severity is Severity.UNSUPPORTED for problem in problems)
        note = f", {later} parts of it not supported by this version" if later else ""
        print(f"{filename}: good{note}")  # noqa: T201

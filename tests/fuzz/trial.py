"""What is done with one document, and what may come of it."""

from __future__ import annotations

import json
import traceback
from dataclasses import dataclass
from random import Random
from typing import List

from os_net_config.cli.plan_json import as_json as plan_as_json
from os_net_config.cli.plan_text import render
from os_net_config.cli.problems import as_json, line
from os_net_config.config.document import Document, parse
from os_net_config.config.load import load
from os_net_config.config.nics import name_nics
from os_net_config.engine.prepare import prepare_document
from os_net_config.engine.prepared import Situation
from os_net_config.state.problem import Problem, ProblemsError, Severity

from .node import made_up

NAME = "fuzz.yaml"
#: No line that a person reads should be longer.
LONGEST_LINE = 2000


@dataclass(frozen=True)
class Verdict:
    """``outcome`` is one of OUTCOMES; ``detail`` says what is wrong with the program."""

    outcome: str
    detail: str = ""


#: How it may end.
GOOD = ("unreadable", "refused", "unsupported", "refused by the node", "planned", "nothing to do")
#: How it may not.
BAD = ("traceback", "hang", "memory", "death", "bad report")
OUTCOMES = (*GOOD, *BAD)


class BadReportError(Exception):
    """The program refused a document, and did not say properly why."""


def attempt(data: bytes) -> Verdict:
    """Check a document and, where it is good, plan it."""
    try:
        return Verdict(_attempt(data))
    except MemoryError:
        return Verdict("memory", traceback.format_exc(limit=-5))
    except BadReportError as error:
        return Verdict("bad report", str(error))
    except Exception:  # noqa: BLE001
        return Verdict("traceback", traceback.format_exc(limit=-8))


def _attempt(data: bytes) -> str:
    try:
        document = parse(NAME, data)
    except ProblemsError as error:
        _reported(error.problems, None, data)
        return "unreadable"
    try:
        problems = load(document).problems
    except ProblemsError as error:
        _reported(error.problems, document, data)
        return "refused"
    _shown(problems, document)
    if any(one.severity is not Severity.WARNING for one in problems):
        return "unsupported"
    return _plan(document, data)


def _plan(document: Document, data: bytes) -> str:
    live, nics = made_up(Random(data))
    try:
        prepared = prepare_document(document, Situation(live, nics, name_nics(nics, {})))
    except ProblemsError as error:
        _reported(error.problems, document, data)
        return "refused by the node"
    render(prepared, True).encode()
    json.dumps(plan_as_json(prepared, NAME, False)).encode()
    return "planned" if prepared.plan else "nothing to do"


def _shown(problems: List[Problem], document: Document | None) -> None:
    """As both forms of the report, encoded as they are for a terminal."""
    for one in problems:
        text = line(one, document, NAME)
        text.encode()
        if not text.isprintable() or len(text) > LONGEST_LINE:
            raise BadReportError(f"not one line of at most {LONGEST_LINE} characters: {text[:200]!r}")


def _reported(problems: List[Problem], document: Document | None, data: bytes) -> None:
    """Something is wrong: the report has an error, and every place is in the file."""
    _shown(problems, document)
    if all(one.severity is Severity.WARNING for one in problems):
        raise BadReportError(f"refused, and no error among {problems[:3]}")
    entries = as_json(problems, document, NAME)
    json.dumps(entries).encode()
    for entry in entries:
        if not entry["message"] or (entry["line"] or 1) > len(data) + 1:
            raise BadReportError(f"no text, or no such line: {entry}")

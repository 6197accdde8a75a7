"""A check without a node. Imports nothing that only a run needs: its start-up time is a promise."""

from __future__ import annotations

from typing import List, Optional, Tuple

from ..config.document import read
from ..config.load import load
from ..state.problem import Problem, ProblemsError, Source


def check_file(filename: str) -> Tuple[Optional[Source], List[Problem]]:
    """All that can be said of a file without a node."""
    try:
        document = read(filename)
        return document, load(document, removing=True).problems
    except ProblemsError as error:
        return error.source, error.problems

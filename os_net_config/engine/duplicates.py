"""Ask other nodes, ahead of a run, for the IPv4 addresses that it would add."""

from __future__ import annotations

import logging
from typing import Dict

from ..backends.protocol import Backend
from ..state.detection import askable
from ..state.model import Key
from ..state.problem import Path, Problem, ProblemsError
from .prepared import Prepared

log = logging.getLogger(__name__)

_NOT_YET = "its link is not there, not up, or made anew"


def refuse_duplicates(prepared: Prepared, backend: Backend) -> None:
    """Of which nobody can be asked is a warning in the log. Changes nothing.

    Raises ProblemsError for those that are in use, ObserveError.
    """
    now, later = askable(prepared.plan, prepared.live)
    answers = backend.in_use(now)
    for key, why in {**dict.fromkeys(later, _NOT_YET), **answers.unasked}.items():
        log.warning("nobody knows yet whether %s on %s is a duplicate: %s", key, key.link, why)
    origins: Dict[Key, Path] = {change.key: change.origin for change in prepared.plan.changes}
    problems = [
        Problem(
            origins[key],
            f"{key} on {key.link} is in use already, by {mac.hex(':')}",
            "take it from the other node, or choose another address",
        )
        for key, mac in answers.taken.items()
    ]
    if problems:
        raise ProblemsError(problems, prepared.config.document)

"""What keeps a run from beginning, and how it is told."""

from __future__ import annotations

import logging
import sys

from ..backends.protocol import ObserveError
from ..engine.guardian import GuardianError
from ..engine.journal import JournalError
from ..engine.lock import LockedError
from ..engine.numbering import NumbersError
from ..engine.target import TargetError
from ..state.problem import ProblemsError
from . import problems

log = logging.getLogger(__name__)

FAILURES = (
    *(GuardianError, JournalError, LockedError, NumbersError, ObserveError, ProblemsError, TargetError),
    OSError,
)


def tell(error: Exception, config_file: str) -> None:
    """To a person: problems of the config at ``config_file`` by their places, everything else in the log."""
    if isinstance(error, ProblemsError):
        for problem in error.problems:
            sys.stderr.write(problems.line(problem, error.source, config_file) + "\n")
    elif isinstance(error, OSError):
        log_os_error(error)
    else:
        log.error("%s", error)


def log_os_error(error: OSError) -> None:
    log.error("%s%s", f"{error.filename}: " if error.filename else "", error.strerror)

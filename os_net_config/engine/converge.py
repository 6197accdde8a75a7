"""The pipeline: read, observe, compile, diff, plan; then execute and verify.

Everything up to the plan only reads, so that a dry run cannot act.
"""

from __future__ import annotations

import logging
import signal
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Iterator, List, Sequence

from ..backends.protocol import Backend, ExecuteError, ObserveError
from ..config.compile import compile_section
from ..config.document import Document
from ..config.load import MAIN, Config, load
from ..config.nics import Names
from ..state.diff import Change, diff
from ..state.loss import losses
from ..state.model import State
from ..state.nic import Nic
from ..state.plan import CycleError, Plan, plan
from ..state.problem import Problem, ProblemsError, Severity, first
from .undo import undo
from .verify import MismatchError, describe, verify

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Prepared:
    """All that is known before the first write."""

    config: Config
    names: Names
    wanted: State
    live: State
    plan: Plan

    @property
    def warnings(self) -> List[Problem]:
        doubtful = [one for one in self.config.problems if one.severity is Severity.WARNING]
        return [*doubtful, *losses(self.plan, self.wanted, self.live)]


class UndoneError(Exception):
    """A step failed. What was done was taken back; ``left`` is what could not be."""

    def __init__(self, cause: str, left: Sequence[str]) -> None:
        self.cause = cause
        self.left = list(left)
        super().__init__(cause)


def prepare_document(document: Document, live: State, nics: Sequence[Nic], names: Names) -> Prepared:
    """The plan for this document on a node in this state. Raises ProblemsError. Pure."""
    config = load(document, names, lambda name: live.link(name) is not None)
    # The other sections are not applied, so that they may ask for what comes later.
    refused = [
        one for one in config.problems if one.severity is Severity.UNSUPPORTED and one.path[:1] == (MAIN,)
    ]
    if refused:
        raise ProblemsError(refused, document)
    macs = {nic.name: nic.mac for nic in nics}
    wanted = compile_section(config.objects, config.routes, macs, names.rename)
    return Prepared(config, names, wanted, live, _plan(document, wanted, live))


def _plan(document: Document, wanted: State, live: State) -> Plan:
    difference = diff(wanted, live)
    if difference.problems:
        raise ProblemsError(first(difference.problems), document)
    try:
        return plan(difference.changes, wanted, live)
    except CycleError as error:
        message = f"the changes of {error} need each other: none of them can be the first"
        raise ProblemsError([Problem((), message)], document) from error


def refresh(prepared: Prepared, backend: Backend) -> Prepared:
    """The same config against the node as it is now: for a run that had no lock until here."""
    live = backend.observe()
    return replace(prepared, live=live, plan=_plan(prepared.config.document, prepared.wanted, live))


def apply(prepared: Prepared, backend: Backend) -> None:
    """Carry the plan out and see that it holds.

    Raises UndoneError when a step fails or the kernel does not do what it acknowledged; then
    what was done has been taken back.
    """
    if not prepared.plan:
        return
    log.info("making %d steps", len(prepared.plan.steps))
    with _undisturbed():
        _make(prepared, backend)


@contextmanager
def _undisturbed() -> Iterator[None]:
    """A signal that would end the run waits until the node is in a state with a name."""
    blocked = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT, signal.SIGTERM, signal.SIGHUP})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, blocked)


def _make(prepared: Prepared, backend: Backend) -> None:
    try:
        backend.execute(prepared.plan.steps)
        verify(prepared.plan, prepared.wanted, backend.observe())
    except ExecuteError as error:
        cause = f"{describe(error.step)}: {error.reason}"
        raise UndoneError(cause, _take_back(error.done, prepared, backend)) from error
    except (MismatchError, ObserveError) as error:
        raise UndoneError(str(error), _take_back(prepared.plan.steps, prepared, backend)) from error


def _take_back(done: Sequence[Change], prepared: Prepared, backend: Backend) -> List[str]:
    try:
        return undo(done, prepared.live, backend)
    except (ObserveError, CycleError) as error:
        return [f"what there is now could not be told: {error}"]

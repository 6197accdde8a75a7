"""The end of the pipeline: a plan (prepare.py) is executed and verified, and kept or taken back."""

from __future__ import annotations

import logging
import signal
from contextlib import contextmanager
from typing import Iterator, Optional, Protocol, Sequence

from ..backends.protocol import Backend, ExecuteError, ObserveError, SettleError
from ..state import clients, fitting, renaming
from ..state.announcements import announcements, announcements_back
from ..state.detection import awaited
from ..state.diff import Change
from ..state.goal import before
from ..state.graph import CycleError
from ..state.model import ProcessKey, State
from ..state.problem import Problem
from ..state.record import Record
from ..state.shared import apart, ours
from .gate import NO_GATE, Gate
from .prepared import Prepared
from .undo import begun, observed, undo
from .verify import MismatchError, describe, verify

log = logging.getLogger(__name__)


class Disk(Protocol):
    """Where a run writes down what it does: its journal, and the record."""

    def begin(self, prepared: Prepared) -> None:
        """What is about to be done is on the disk, with the record for meanwhile. Raises OSError."""

    def save(self, record: Record) -> None:
        """Raises OSError."""

    def end(self, prepared: Prepared, reason: Optional[str] = None) -> None:
        """All of it is done, or all of it is taken back for this reason. What cannot be written is logged."""


class _NoDisk:
    def begin(self, prepared: Prepared) -> None:
        """Nobody finishes what is left undone."""

    def save(self, record: Record) -> None:
        """Nobody remembers."""

    def end(self, prepared: Prepared, reason: Optional[str] = None) -> None:
        """There is nothing to end."""


NO_DISK: Disk = _NoDisk()


class UndoneError(Exception):
    """A step failed, for these causes. What was done was taken back; ``left`` is what could not be."""

    def __init__(self, causes: Sequence[Problem], left: Sequence[str], step: Optional[Change] = None) -> None:
        #: Where the config asks for it, as far as that is known.
        self.causes = list(causes)
        self.cause = "; ".join(one.message for one in causes)
        #: The one that was refused, if it was one.
        self.step = step
        self.left = list(left)
        super().__init__(self.cause)


class StrandedError(UndoneError):
    """What the node is now could not be told, so that nothing was taken back: the journal stays for that."""


def apply(prepared: Prepared, backend: Backend, disk: Disk = NO_DISK, gate: Gate = NO_GATE) -> None:
    """Carry the plan out and see that it holds.

    Raises UndoneError when a step fails, the kernel does not do what it acknowledged or the gate does not
    let it through; then what was done has been taken back. OSError: the disk takes nothing, and nothing
    was done.
    """
    old, new = prepared.node.memory.record, prepared.record
    if not prepared.plan:
        if new != old:
            disk.save(new)
        disk.end(prepared)
        return
    works = gate.before(renaming.as_named(prepared.live))
    # First, so that from wherever a killed run comes to an end a way leads back.
    disk.begin(prepared)
    log.info("making %d steps", len(prepared.plan.steps))
    with _undisturbed():
        try:
            after = _make(prepared, backend)
            _pass(prepared, backend, gate.after(works, after), after)
        except StrandedError:
            raise
        except UndoneError as error:
            _save(disk, old, "tells of what was taken back")
            disk.end(prepared, error.cause)
            raise
        if prepared.record_then != new:
            _save(disk, prepared.record_then, "tells of what is no more")
        disk.end(prepared)


def _save(disk: Disk, record: Record, otherwise: str) -> None:
    try:
        disk.save(record)
    except OSError as error:
        log.error("the record of what is ours %s: %s", otherwise, error)


_DISTURBING = frozenset({signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGTSTP})


@contextmanager
def _undisturbed() -> Iterator[None]:
    """A signal that would end or stop the run waits until the node is in a state with a name."""
    blocked = signal.pthread_sigmask(signal.SIG_BLOCK, _DISTURBING)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, blocked)


def _make(prepared: Prepared, backend: Backend) -> State:
    try:
        backend.execute(prepared.plan.steps)
        addresses = awaited(prepared.plan, prepared.settled.wanted)
        backend.settle(addresses, clients.awaited(prepared.plan))
        settings = fitting.settings_among(prepared.settled.wanted.resources)
        keys = (*settings, *(change.key for change in prepared.plan.changes))
        live = observed(backend, keys, prepared.node.called)
        after = apart(live, ours(prepared.record_then, prepared.settled.wanted))
        verify(prepared.plan, prepared.settled.wanted, after)
    except ExecuteError as error:
        done = begun(error, prepared.plan.steps)
        raise _taken_back([_refusal(error)], done, prepared, backend, error.step) from error
    except MismatchError as error:
        raise _taken_back(error.problems, prepared.plan.steps, prepared, backend) from error
    except (ObserveError, SettleError) as error:
        raise _taken_back([_unsettled(error, prepared)], prepared.plan.steps, prepared, backend) from error
    backend.announce(announcements(prepared.plan, prepared.live, after))
    return after


def _unsettled(error: Exception, prepared: Prepared) -> Problem:
    """A client's place is that which asks for it."""
    key = error.key if isinstance(error, SettleError) else None
    one = prepared.settled.wanted.get(key) if isinstance(key, ProcessKey) else None
    return Problem(one.origin if one is not None else (), str(error))


def _refusal(error: ExecuteError) -> Problem:
    """It names the step, and so may the reason: then once."""
    key = f"{error.step.key}: "
    reason = error.reason[len(key) :] if error.reason.startswith(key) else error.reason
    return Problem(error.step.origin, f"{describe(error.step)}: {reason}")


def _pass(prepared: Prepared, backend: Backend, failures: Sequence[str], after: State) -> None:
    if failures:
        causes = [Problem((), "; ".join(failures))]
        error = _taken_back(causes, prepared.plan.steps, prepared, backend)
        # They were told of what is no more.
        backend.announce(announcements_back(prepared.plan, prepared.live, after))
        raise error


def _taken_back(
    causes: Sequence[Problem],
    done: Sequence[Change],
    prepared: Prepared,
    backend: Backend,
    step: Optional[Change] = None,
) -> UndoneError:
    """The error of a run that comes to nothing for these causes, after it was taken back."""
    try:
        return UndoneError(causes, undo(before(done, prepared.live), backend, prepared.ours), step)
    except CycleError as error:
        return UndoneError(causes, [f"what there is now could not be told: {error}"], step)
    except ObserveError as error:
        told = f"what there is now could not be told: {error}; os-net-config recover takes back what is left"
        return StrandedError(causes, [told], step)

"""A change that stays only if it is confirmed: what its run writes down, and what confirms it."""

from __future__ import annotations

import logging
import math
import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, List, Optional

from ..backends import appearance
from ..state.model import State
from .bell import ring
from .disk import NodeDisk
from .gate import Gate
from .guardian import Places, Ward
from .journal import Confirm, Journal, JournalError, JournalFile
from .lock import held_by, lock_path
from .numbering import NumbersFile
from .prepared import Prepared

if TYPE_CHECKING:
    from ..state.probe import Worked

log = logging.getLogger(__name__)

_NOWHERE = Places("", "")


@dataclass(frozen=True)
class GuardedDisk(NodeDisk):
    """Of a run whose change is to be confirmed within ``seconds``. Its journal stays when it has held."""

    places: Places = _NOWHERE
    seconds: int = 0

    def begin(self, prepared: Prepared) -> None:
        """Raises GuardianError, besides."""
        from .guardian_process import start

        start(Ward.of(self.writer), self.places)
        super().begin(prepared)

    def end(self, prepared: Prepared, reason: Optional[str] = None) -> None:
        if reason is not None or not prepared.plan:
            super().end(prepared, reason)

    def _journal_of(self, prepared: Prepared) -> Journal:
        return replace(super()._journal_of(prepared), confirm=Confirm(self.seconds))


def guarded(disk: NodeDisk, places: Places, seconds: int) -> GuardedDisk:
    return GuardedDisk(disk.records, disk.journal, disk.target, disk.writer, places=places, seconds=seconds)


@dataclass(frozen=True)
class ConfirmGate:
    """The last one: what passes ``gate`` has from then on so many seconds to be confirmed.

    If that cannot be written down it does not pass.
    """

    gate: Gate
    places: Places

    def before(self, live: State) -> Worked:
        return self.gate.before(live)

    def after(self, before: Worked, live: State) -> List[str]:
        failures = self.gate.after(before, live)
        return failures or self._await()

    def _await(self) -> List[str]:
        try:
            JournalFile(self.places.state).await_confirmation()
            ring(self.places.run)
        except (JournalError, OSError) as error:
            return [f"it could not be confirmed: {error}"]
        return []


def awaiting(journal: Journal) -> str:
    """What to do about a change that may yet be confirmed."""
    return (
        f"a change awaits confirmation ({math.ceil(journal.left)} s left): os-net-config confirm keeps it,"
        " os-net-config recover takes it back"
    )


def await_others(journals: JournalFile, run_dir: str, seconds: float) -> None:
    """Until no other run is under way and no change may yet be confirmed; at most so long after that.

    Raises OSError.
    """
    pending = _pending(journals)
    busy = awaiting(pending) if pending else held_by(run_dir)
    if busy:
        longest = seconds + (pending.left if pending else 0)
        log.info("waiting up to %.3g s: %s", longest, busy)

        def is_over() -> bool:
            return not (held_by(run_dir) or _pending(journals))

        appearance.until(is_over, lock_path(run_dir), time.monotonic() + longest)


def _pending(journals: JournalFile) -> Optional[Journal]:
    """The one that awaits confirmation. What is wrong with a journal is told where it is settled."""
    try:
        journal = journals.load()
    except JournalError:
        return None
    return journal if journal is not None and journal.left else None


def unfinished(file: JournalFile) -> str:
    """What to do about the journal that is there, whatever is in it."""
    try:
        journal = file.load()
    except (JournalError, OSError):
        journal = None
    if journal is not None and journal.left:
        return awaiting(journal)
    return "a run was not finished or is under way: os-net-config recover takes it back"


def confirm(disk: NodeDisk, numbers: NumbersFile) -> Journal:
    """With the lock: the change that awaits it stays, and is the target.

    Raises JournalError where there is none; TargetError, OSError.
    """
    journal = disk.journal.load()
    if journal is None:
        raise JournalError("nothing awaits confirmation")
    if not journal.left:
        late = "it is too late" if journal.until is not None else "the last run was not finished"
        raise JournalError(f"{late}: os-net-config recover takes back what it has changed")
    disk.save(journal.record_then)
    if journal.text:
        disk.note(journal.writer, journal.text, journal.numbers)
    try:
        numbers.save(journal.numbers)
    except OSError as error:
        log.warning("the numbers of the NICs are not kept: %s: %s", numbers.path, error.strerror)
    disk.journal.end()
    return journal

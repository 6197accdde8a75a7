"""What a run writes down: its journal, and the record of what is ours."""

from __future__ import annotations

import contextlib
import logging
from dataclasses import dataclass

from ..state import goal
from ..state.record import Record
from .converge import Prepared
from .journal import Journal, JournalFile, this_process
from .record_file import RecordFile

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class NodeDisk:
    """Of this node (converge.Disk)."""

    records: RecordFile
    journal: JournalFile

    def begin(self, prepared: Prepared) -> None:
        self.journal.begin(journal_of(prepared))
        try:
            self.save(prepared.record)
        except OSError:
            with contextlib.suppress(OSError):
                self.journal.end()
            raise

    def save(self, record: Record) -> None:
        self.records.save(record)

    def end(self) -> None:
        try:
            self.journal.end()
        except OSError as error:
            log.error("%s tells of a run that came to its end: %s", self.journal.path, error.strerror)


def disk_of(run_dir: str, state_dir: str) -> NodeDisk:
    return NodeDisk(RecordFile(run_dir), JournalFile(state_dir))


def journal_of(prepared: Prepared) -> Journal:
    """All that is to be known of this run if it does not come to its end."""
    steps = (*prepared.plan.changes, *prepared.plan.steps)
    return Journal(
        this_process(prepared.node.memory.path),
        steps,
        goal.before(steps, prepared.live),
        goal.after(prepared.plan, prepared.settled.wanted),
        prepared.node.memory.record,
        prepared.record_then,
    )

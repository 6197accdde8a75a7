"""What a run writes down: its journal, the record of what is ours, and the target."""

from __future__ import annotations

import contextlib
import logging
from dataclasses import dataclass
from typing import Optional

from ..state import goal
from ..state.record import Record
from .converge import Prepared
from .journal import Journal, JournalFile, Writer, this_process
from .record_file import RecordFile
from .target import Target, TargetFile, digest_of, generation

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class NodeDisk:
    """Of this node (converge.Disk). ``writer`` is who runs.

    ``is_of_files``: the run changes nothing in the kernel, so that the record stays as it is.
    """

    records: RecordFile
    journal: JournalFile
    target: TargetFile
    writer: Writer
    is_of_files: bool = False

    def begin(self, prepared: Prepared) -> None:
        """Raises OSError, and TargetError: what cannot be noted afterwards is not begun."""
        self.target.load()
        self.journal.begin(self._journal_of(prepared))
        try:
            self.save(prepared.record)
        except OSError:
            with contextlib.suppress(OSError):
                self.journal.end()
            raise

    def save(self, record: Record) -> None:
        if not self.is_of_files:
            self.records.save(record)

    def end(self, prepared: Prepared, reason: Optional[str] = None) -> None:
        try:
            self._note(prepared, reason)
            self.journal.end()
        except OSError as error:
            log.error("%s: the run came to its end, which is not noted: %s", error.filename, error.strerror)

    def is_target(self, prepared: Prepared) -> bool:
        """Whether this config is the one that the node is to have already, or is none. Raises TargetError."""
        return not prepared.scope.is_target or _is_wanted(prepared, self.target.load())

    def _note(self, prepared: Prepared, reason: Optional[str]) -> None:
        if not prepared.scope.is_target:
            return
        target = self.target.load()
        if reason is None and _is_wanted(prepared, target):
            return
        text, numbers = prepared.config.document.text, prepared.node.names.numbers
        one = generation(self._writer_of(prepared), text, numbers, reason)
        self.target.save(target.with_next(one), text)

    def _writer_of(self, prepared: Prepared) -> Writer:
        return self.writer._replace(source=prepared.node.memory.path)

    def _journal_of(self, prepared: Prepared) -> Journal:
        """All that is to be known of this run if it does not come to its end."""
        steps = (*prepared.plan.changes, *prepared.plan.steps)
        record = prepared.node.memory.record
        return Journal(
            self._writer_of(prepared),
            steps,
            goal.before(steps, prepared.live),
            goal.after(prepared.plan, prepared.settled.wanted),
            record,
            record if self.is_of_files else prepared.record_then,
            prepared.config.document.text,
            prepared.node.names.numbers,
            prepared.scope.is_target,
        )


def _is_wanted(prepared: Prepared, target: Target) -> bool:
    wanted, digest = target.wanted, digest_of(prepared.config.document.text)
    return wanted is not None and (wanted.source, wanted.digest) == (prepared.node.memory.path, digest)


def disk_of(run_dir: str, state_dir: str) -> NodeDisk:
    return NodeDisk(RecordFile(run_dir), JournalFile(state_dir), TargetFile(state_dir), this_process(""))

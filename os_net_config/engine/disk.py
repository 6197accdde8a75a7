"""What a run writes down: its journal, the record of what is ours, and the target."""

from __future__ import annotations

import contextlib
import logging
from dataclasses import dataclass
from typing import Mapping, Optional, Type, TypeVar

from ..state import goal
from ..state.record import Record
from .journal import Journal, JournalError, JournalFile, Writer, this_process
from .prepared import Prepared
from .record_file import RecordFile
from .target import TargetError, TargetFile, generation, user_name

log = logging.getLogger(__name__)

D = TypeVar("D", bound="NodeDisk")


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

    @classmethod
    def below(cls: Type[D], run_dir: str, state_dir: str) -> D:
        """That in these directories, for this process."""
        records = RecordFile(run_dir, state_dir)
        return cls(records, JournalFile(state_dir), TargetFile(state_dir), this_process(""))

    def begin(self, prepared: Prepared) -> None:
        """Raises OSError, TargetError and JournalError: what cannot be noted afterwards is not begun."""
        self.target.load()
        if self.journal.exists():
            # Since this run looked for one, before it had the lock.
            raise JournalError("another run was begun meanwhile, and is not finished: try again")
        self._begin(prepared)

    def _begin(self, prepared: Prepared) -> None:
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
        except (OSError, TargetError) as error:
            if self.is_of_files and not prepared.plan:
                # That was all there was to do.
                raise
            log.error("the run came to its end, which is not noted: %s", error)
        try:
            self.journal.end()
        except OSError as error:
            log.error("the run came to its end, and its journal stays: %s", error)

    def is_target(self, prepared: Prepared) -> bool:
        """Whether this config is the one that the node is to have already, or is none. Raises TargetError."""
        source, text = prepared.node.memory.path, prepared.config.document.text
        numbers, persist = prepared.node.names.numbers, prepared.node.is_persistent
        return not prepared.is_target or self.target.load().is_wanted(source, text, numbers, persist)

    def note(
        self, writer: Writer, text: str, numbers: Mapping[str, bytes], reason: Optional[str] = None
    ) -> None:
        """A generation: the target, or with a ``reason`` one that was taken back.

        Raises TargetError, OSError.
        """
        target = self.target.load()
        if reason is not None or not target.is_wanted(writer.source, text, numbers, writer.persist):
            self.target.save(target.with_next(generation(writer, text, numbers, reason)), text)

    def _note(self, prepared: Prepared, reason: Optional[str]) -> None:
        # What does not even hold without what a lease is to bring is not tried again either.
        if prepared.is_target if reason is None else prepared.scope.is_target:
            numbers = prepared.node.names.numbers
            self.note(self._writer_of(prepared), prepared.config.document.text, numbers, reason)

    def _writer_of(self, prepared: Prepared) -> Writer:
        node = prepared.node
        return self.writer._replace(source=node.memory.path, persist=node.is_persistent)

    def _journal_of(self, prepared: Prepared) -> Journal:
        """All that is to be known of this run if it does not come to its end."""
        steps = (*prepared.plan.changes, *prepared.plan.steps)
        record = prepared.node.memory.record
        return Journal(
            self._writer_of(prepared)._replace(user=user_name()),
            steps,
            goal.before(steps, prepared.live),
            goal.after(prepared.plan, prepared.settled.wanted),
            record,
            record if self.is_of_files else prepared.record_then,
            prepared.config.document.text if prepared.is_target else "",
            prepared.node.names.numbers,
        )


@dataclass(frozen=True)
class BootDisk(NodeDisk):
    """Of a boot: a disk that takes no writes does not keep the node from its network.

    Before a boot there is nothing in the kernel to go back to, and the next one finds nothing either.
    """

    def begin(self, prepared: Prepared) -> None:
        try:
            self._begin(prepared)
        except OSError as error:
            log.error("%s: the boot goes on without a journal: %s", error.filename, error.strerror)

    def is_target(self, prepared: Prepared) -> bool:
        try:
            return super().is_target(prepared)
        except TargetError:
            # It was told when it was looked for.
            return True

"""The guardian of a change: it outlives the run, and takes back what nobody confirmed in time.

It waits for the end of the run by the run's lock, which the kernel frees however the run ends, and goes by
the journal that it finds then.
"""

from __future__ import annotations

from typing import Callable, NamedTuple, Optional

from .bell import Bell
from .journal import Journal, JournalFile, Writer
from .lock import Lock, wait_until_free


class Ward(NamedTuple):
    """The run that a guardian is for: its process, and its begin in seconds since 1970."""

    pid: int
    started: float

    @classmethod
    def of(cls, writer: Writer) -> Ward:
        return cls(writer.pid, writer.started)


class GuardianError(Exception):
    """There is nobody who would take the change back: it is not begun."""


class Places(NamedTuple):
    """The directories of the run."""

    run: str
    state: str


def guard(ward: Ward, places: Places, bell: Bell, take_back: Callable[[Journal], object]) -> None:
    """Until the ward's change is confirmed, or taken back by anybody; at the deadline by us.

    Raises JournalError, OSError, and what ``take_back`` raises, which is called with the lock.
    """
    wait_until_free(places.run)
    journals = JournalFile(places.state)
    while True:
        journal = _awaiting(ward, journals)
        if journal is None:
            return
        if not journal.left:
            break
        bell.wait(journal.left)
    with Lock(places.run, waits=True):
        journal = _awaiting(ward, journals)
        if journal is not None:
            take_back(journal)


def _awaiting(ward: Ward, journals: JournalFile) -> Optional[Journal]:
    """The ward's journal, if it is not settled."""
    journal = journals.load()
    is_ours = journal is not None and journal.confirm is not None and Ward.of(journal.writer) == ward
    return journal if is_ours else None

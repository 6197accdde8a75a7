"""The guardian of a change: it outlives the run, and takes back what nobody confirmed in time.

It goes by the journal, and hears of the end of the run by the run's lock, which the kernel frees however the
run ends.
"""

from __future__ import annotations

import contextlib
import os
import signal
import threading
from typing import Callable, NamedTuple, Optional

from .bell import Bell, ring
from .journal import Journal, JournalFile, Writer
from .lock import Lock, holder, wait_until_free


class GuardianError(Exception):
    """There is nobody who would take the change back: it is not begun."""


class Ward(NamedTuple):
    """The run that a guardian is for: its process, and its begin in seconds since 1970."""

    pid: int
    started: float

    @classmethod
    def of(cls, writer: Writer) -> Ward:
        return cls(writer.pid, writer.started)


class Places(NamedTuple):
    """The directories of the run."""

    run: str
    state: str


def guard(ward: Ward, places: Places, bell: Bell, take_back: Callable[[Journal], object]) -> None:
    """Until the ward's change is confirmed, or taken back by anybody; at the deadline by us.

    Raises JournalError, OSError, and what ``take_back`` raises, which is called with the lock.
    """
    _wait(ward, places, bell)
    _end(ward, places.run)
    with Lock(places.run, waits=True):
        journal = _awaiting(ward, JournalFile(places.state))
        if journal is not None:
            take_back(journal)


def _wait(ward: Ward, places: Places, bell: Bell) -> None:
    """Until there is nothing to confirm any more, or it is too late for it."""
    journals, over = JournalFile(places.state), _told_when_over(places.run)
    while True:
        # In this order: what the journal says then is the run's last word.
        is_over = over.is_set()
        journal = _awaiting(ward, journals)
        if journal is not None and journal.left:
            bell.wait(journal.left)
        elif is_over or (journal is not None and journal.until is not None):
            return
        else:
            bell.wait()


def _told_when_over(directory: str) -> threading.Event:
    """Set when the run has let go of its lock; the bell is rung then."""
    over = threading.Event()

    def wait() -> None:
        wait_until_free(directory)
        over.set()
        ring(directory)

    threading.Thread(target=wait, daemon=True).start()
    return over


def _end(ward: Ward, directory: str) -> None:
    """The run, if it has its lock yet: its terminal may take no more output, and its change is made."""
    if not (hasattr(os, "pidfd_open") and hasattr(signal, "pidfd_send_signal")):
        # This Python was built for an older kernel.
        return
    # It has ended; or the kernel is older than 5.3 and knows no such descriptors.
    with contextlib.suppress(OSError):
        process = os.pidfd_open(ward.pid)
        try:
            if holder(directory) == ward.pid:
                signal.pidfd_send_signal(process, signal.SIGKILL)
        finally:
            os.close(process)


def _awaiting(ward: Ward, journals: JournalFile) -> Optional[Journal]:
    """The ward's journal, if it is not settled."""
    journal = journals.load()
    is_ours = journal is not None and journal.confirm is not None and Ward.of(journal.writer) == ward
    return journal if is_ours else None

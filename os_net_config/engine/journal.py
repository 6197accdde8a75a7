"""The journal: what a run is about to do, on disk before its first write and gone after its last.

A run that died leaves it behind, and the next start finds in it both ends: the state before and the
one that was planned. So does one whose change awaits confirmation. Its format is described in
docs/journal-format.md.
"""

from __future__ import annotations

import contextlib
import json
import os
import sys
import time
from dataclasses import dataclass, field, replace
from typing import Any, Dict, List, Mapping, NamedTuple, Optional, Sequence, Tuple

from ..backends import files
from ..state.codec import (
    CodecError,
    key_from_json,
    key_to_json,
    values_from_json,
    values_to_json,
)
from ..state.diff import Change
from ..state.goal import Goal
from ..state.model import Resource, State
from ..state.record import Record
from . import numbering
from .boot import boot_id, namespace
from .paths import STATE_DIR
from .record_file import record_from_json, record_to_json

#: Files of other programs may be in it, with passwords.
_MODE = 0o600
FORMAT, VERSION = "os-net-config journal", 1


class Writer(NamedTuple):
    """Who runs, and where: ``namespace`` is the network namespace's number.

    ``started`` is in seconds since 1970; ``source`` is the config's path; ``user`` is empty until asked for.
    ``persist``: NICs have their aliases as their names.
    """

    pid: int
    command: Tuple[str, ...]
    started: float
    source: str
    boot: str
    namespace: int
    user: str = ""
    persist: bool = False

    def __str__(self) -> str:
        when = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(self.started))
        return f"process {self.pid} ({' '.join(self.command)}), begun {when}"


def this_process(source: str) -> Writer:
    return Writer(os.getpid(), tuple(sys.argv), time.time(), source, boot_id(), namespace())


class Confirm(NamedTuple):
    """The change stays if it is confirmed within ``seconds``.

    ``until`` is in seconds of CLOCK_BOOTTIME; None: the run has not come so far.
    """

    seconds: int
    until: Optional[float] = None


@dataclass(frozen=True)
class Journal:
    """``steps`` are all that the run may have carried out, ``before`` and ``after`` its two ends.

    ``record`` is what was known to be ours before it, ``record_then`` after it. ``text`` is the config's,
    empty where it is to be no target; ``numbers`` are the permanent MAC addresses of its NICs by ``nicN``.
    ``confirm`` None: the run's end is the end of it.
    """

    writer: Writer
    steps: Sequence[Change]
    before: Goal
    after: Goal
    record: Record
    record_then: Record
    text: str = ""
    numbers: Mapping[str, bytes] = field(default_factory=dict)
    confirm: Optional[Confirm] = None

    @property
    def is_of_this_boot(self) -> bool:
        return self.writer.boot == boot_id()

    @property
    def until(self) -> Optional[float]:
        """Until when it awaits confirmation, or did; None: the run itself did not come to its end."""
        return None if self.confirm is None else self.confirm.until

    @property
    def left(self) -> float:
        """Seconds in which it may yet be confirmed; 0: none, whatever the reason."""
        if self.until is None or not self.is_of_this_boot:
            return 0
        return max(0, self.until - time.clock_gettime(time.CLOCK_BOOTTIME))


class JournalError(Exception):
    """There is a journal, and what it says cannot be told. The text names the file."""


_UNREADABLE = (ValueError, KeyError, TypeError, AttributeError)


class JournalFile:
    """One for all network namespaces, as the lock is."""

    def __init__(self, directory: str = STATE_DIR) -> None:
        self.path = os.path.join(directory, "journal.json")

    def exists(self) -> bool:
        return os.path.exists(self.path)

    def begin(self, journal: Journal) -> None:
        """On the disk when this returns. Raises OSError."""
        content = json.dumps(_to_json(journal)).encode()
        try:
            files.replace(self.path, content, _MODE)
        except OSError as error:
            # A write that finds no room does not say in which file.
            raise OSError(error.errno, error.strerror, self.path) from error

    def await_confirmation(self) -> None:
        """From now on the time runs in which the change may be confirmed. Raises OSError, JournalError."""
        journal = self.load()
        if journal is None or journal.confirm is None:
            raise JournalError(f"{self.path} is not what the run has written")
        until = time.clock_gettime(time.CLOCK_BOOTTIME) + journal.confirm.seconds
        self.begin(replace(journal, confirm=journal.confirm._replace(until=until)))

    def load(self) -> Optional[Journal]:
        """None: the last run came to its end. Raises JournalError, OSError."""
        content = files.content(self.path)
        if content is None:
            return None
        try:
            journal = _from_json(json.loads(content))
        except _UNREADABLE as error:
            raise JournalError(f"{self.path} of an unfinished run cannot be read: {error!r}") from error
        if journal.is_of_this_boot and journal.writer.namespace != namespace():
            raise JournalError(f"{journal.writer} was not finished, in another network namespace")
        return journal

    def is_readable(self) -> bool:
        """Whether what is there is a journal, if only of another network namespace. Raises OSError."""
        content = files.content(self.path)
        try:
            return content is None or bool(_from_json(json.loads(content)))
        except _UNREADABLE:
            return False

    def end(self) -> None:
        """Not on the disk at once: after a power failure the kernel has nothing of the run.

        Raises OSError.
        """
        with contextlib.suppress(FileNotFoundError):
            os.unlink(self.path)


def _to_json(journal: Journal) -> Dict[str, Any]:
    return {
        "format": FORMAT,
        "version": VERSION,
        "writer": {**journal.writer._asdict(), "command": list(journal.writer.command)},
        "steps": [_change_to_json(step) for step in journal.steps],
        "before": _goal_to_json(journal.before),
        "after": _goal_to_json(journal.after),
        "record": record_to_json(journal.record),
        "record_then": record_to_json(journal.record_then),
        "text": journal.text,
        "numbers": numbering.to_json(journal.numbers),
        **({} if journal.confirm is None else {"confirm": journal.confirm._asdict()}),
    }


def _from_json(content: Any) -> Journal:
    if content["format"] != FORMAT or content["version"] != VERSION:
        raise CodecError(f"format {content['format']!r}, version {content['version']!r}")
    writer, confirm = content["writer"], content.get("confirm")
    return Journal(
        Writer(**{**writer, "command": tuple(writer["command"])}),
        [_change(one) for one in content["steps"]],
        _goal(content["before"]),
        _goal(content["after"]),
        record_from_json(content["record"]),
        record_from_json(content["record_then"]),
        content["text"],
        numbering.from_json(content["numbers"]),
        None if confirm is None else _confirm(confirm),
    )


def _confirm(entry: Any) -> Confirm:
    seconds, until = entry["seconds"], entry["until"]
    return Confirm(int(seconds), None if until is None else float(until))


def _change_to_json(change: Change) -> Dict[str, Any]:
    sides = {"before": change.before, "after": change.after}
    return {
        "key": key_to_json(change.key),
        **{side: None if values is None else values_to_json(values) for side, values in sides.items()},
        **({"transient": True} if change.transient else {}),
    }


def _change(entry: Any) -> Change:
    sides = (entry[side] for side in ("before", "after"))
    before, after = (None if values is None else values_from_json(values) for values in sides)
    return Change(key_from_json(entry["key"]), before, after, transient=entry.get("transient", False))


def _goal_to_json(goal: Goal) -> Dict[str, Any]:
    resources: List[Dict[str, Any]] = [
        {
            "key": key_to_json(one.key),
            "values": values_to_json(one.values),
            "initial": values_to_json(one.initial),
        }
        for one in goal.state
    ]
    return {"there": resources, "absent": [key_to_json(key) for key in goal.absent]}


def _goal(entry: Any) -> Goal:
    found = [
        Resource(
            key_from_json(one["key"]),
            values_from_json(one["values"]),
            initial=values_from_json(one["initial"]),
        )
        for one in entry["there"]
    ]
    return Goal(State({one.key: one for one in found}), frozenset(map(key_from_json, entry["absent"])))

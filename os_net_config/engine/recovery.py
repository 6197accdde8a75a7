"""What a run that died left unfinished: back to before, or on to its end, by what the node is now."""

from __future__ import annotations

import logging
from typing import Dict, FrozenSet, Iterator, List, NamedTuple, Optional, Set

from ..backends.protocol import Backend
from ..state import link, process, route, row, tap
from ..state.announcements import announcements_between
from ..state.diff import Change
from ..state.fall import links_above, standing_on
from ..state.goal import Goal
from ..state.model import (
    AddressKey,
    FileKey,
    Key,
    LinkKey,
    NameKey,
    Resource,
    RouteKey,
    RowKey,
    State,
)
from ..state.record import LASTING, with_lasting
from ..state.shared import ours
from ..state.values import Value, Values
from .disk import NodeDisk
from .journal import Journal
from .target import DIED, TargetError
from .undo import undo
from .verify import describe

log = logging.getLogger(__name__)


class Recovered(NamedTuple):
    """``left`` is what could not be reached, ``theirs`` what others have changed since."""

    left: List[str]
    theirs: List[str]


def recover(journal: Journal, disk: NodeDisk, backend: Backend, forward: bool = False) -> Recovered:
    """Finish what the journal is about, and remove it.

    Raises ObserveError, CycleError, TargetError, OSError.
    """
    goal = journal.after if forward else journal.before
    if not journal.is_of_this_boot:
        # What the kernel had is gone with the boot: no plan was carried out since.
        goal = _outliving(goal)
    others = _Others(journal)
    known = ours(journal.record, journal.after.state)
    backend.tidy({step.key for step in journal.steps})
    found = backend.observe()
    left = undo(goal, backend, known, others.spared)
    # Neighbours were told where an address was, or have asked.
    backend.announce(announcements_between(found, backend.observe()))
    record = journal.record_then if forward else journal.record
    disk.save(record if journal.is_of_this_boot else with_lasting(record, disk.records.load()))
    if journal.is_of_this_boot:
        _note(journal, disk, forward)
    elif not forward:
        _remember(journal, disk)
    disk.journal.end()
    return Recovered(left, others.found)


def _note(journal: Journal, disk: NodeDisk, forward: bool) -> None:
    """It may have died with the target on disk already."""
    target = disk.target.load()
    without = target.without(journal.writer, _why(journal))
    if forward and without is target and journal.text:
        disk.note(journal.writer, journal.text, journal.numbers)
    elif not forward and without is not target:
        disk.target.save(without)
    elif not forward:
        _remember(journal, disk)


def _remember(journal: Journal, disk: NodeDisk) -> None:
    """That it was taken back, so that no boot tries it again by itself: it may be what the node died of."""
    try:
        if journal.text and not disk.target.load().has(journal.writer):
            disk.note(journal.writer, journal.text, journal.numbers, _why(journal))
    except (OSError, TargetError) as error:
        log.warning("it is not noted that the change was taken back: %s", error)


def _why(journal: Journal) -> str:
    """Why it is taken back."""
    if journal.confirm is None or journal.until is None:
        return DIED
    if not journal.is_of_this_boot:
        return "not confirmed before the next boot"
    return "os-net-config recover" if journal.left else f"not confirmed within {journal.confirm.seconds} s"


#: What outlives a boot.
_ON_DISK = (*LASTING, FileKey, NameKey)


def _outliving(goal: Goal) -> Goal:
    there: Dict[Key, Resource] = {one.key: one for one in goal.state if isinstance(one.key, _ON_DISK)}
    return Goal(State(there), frozenset(key for key in goal.absent if isinstance(key, _ON_DISK)))


def _given(journal: Journal) -> Iterator[Values]:
    """All values that the run gave, or found."""
    for step in journal.steps:
        yield from (values for values in (step.before, step.after) if values is not None)
    for state in (journal.before.state, journal.after.state):
        for one in state:
            yield from (one.values, one.initial)


def _fallen(journal: Journal) -> Iterator[Key]:
    """The links that go along with one which a step takes away, by no step of their own."""
    gone = [step.key.name for step in journal.steps if isinstance(step.key, LinkKey) and step.after is None]
    there = journal.before.state
    whole = {one.key: one._replace(values={**one.initial, **one.values}) for one in there}
    yield from map(LinkKey, standing_on(gone, links_above(State(whole))))


#: A link that is made gets any MAC address, or that of its first port. A process was to start, or to end.
_BY_CHANCE = frozenset({"address", process.RUNNING.name})


class _Others:
    """What others have changed since the run died: whatever no step of it gave, and nothing had before.

    Of an attribute that no step is about the kernel may have made something on the way: that goes back.
    """

    def __init__(self, journal: Journal) -> None:
        self._touched: FrozenSet[Key] = frozenset(step.key for step in journal.steps).union(_fallen(journal))
        # A link is down that is made, or that a bond or a team has let go of.
        self._known: Dict[str, Set[Value]] = {"up": {None, 0}}
        self._told: Dict[str, None] = {}
        for values in _given(journal):
            for name, value in values.items():
                self._known.setdefault(name, {None}).add(value)

    @property
    def found(self) -> List[str]:
        return list(self._told)

    def spared(self, change: Change, live: State) -> Optional[Change]:
        """The change without what is another's."""
        if change.before is None:
            return self._missing(change)
        if change.after is None:
            return None if self._is_made_by_another(change.key, change.before, live) else change
        theirs = [name for name, now in change.before.items() if self._is_anothers(name, now)]
        for name in theirs:
            self._told[f"{name} of {describe(change)}"] = None
        sides = ({n: v for n, v in side.items() if n not in theirs} for side in (change.before, change.after))
        before, after = sides
        return change._replace(before=before, after=after) if after else None

    def _is_anothers(self, attribute: str, now: Value) -> bool:
        return attribute not in _BY_CHANCE and now not in self._known.get(attribute, {now})

    def _is_made_by_another(self, key: Key, have: Values, live: State) -> bool:
        """Whether the name or the place was taken since, by somebody without our label; a file has none."""
        if isinstance(key, LinkKey) and live.is_internal(key.name):
            # It comes and goes with its row, which is labelled as it is made.
            theirs = row.LABEL not in live.resources[RowKey(row.INTERFACE, key.name)].values
        elif isinstance(key, LinkKey):
            # A tap is made first and labelled then.
            theirs = have.get("group") != link.GROUP and have.get("kind") != tap.KIND
        elif isinstance(key, RowKey):
            theirs = row.LABEL not in have
        elif isinstance(key, FileKey):
            theirs = any(self._is_anothers(name, now) for name, now in have.items())
        else:
            labelled = isinstance(key, (AddressKey, RouteKey))
            theirs = labelled and have.get("protocol") not in {None, route.PROTOCOL}
        if theirs:
            self._told[f"{key.resource} {key}"] = None
        return theirs

    def _missing(self, change: Change) -> Optional[Change]:
        if change.key in self._touched or not isinstance(change.key, LinkKey):
            return change
        self._told[f"{describe(change)} is gone"] = None
        return None

"""Each plan killed at each moment, and what the next start makes of it: as before, or as was wanted.

The state is read by the reader of tests/independence (``ip`` and sysfs), not by ours.
"""

from __future__ import annotations

import contextlib
import functools
import tempfile
from pathlib import Path
from random import Random
from typing import Any, Dict, Iterator, List, NamedTuple, Optional, Protocol, Sequence, TypeVar

from tests.independence import program
from tests.independence.compare import differences
from tests.independence.ip import Ip
from tests.independence.language import pinned, text
from tests.independence.node import Initial, Nodes
from tests.independence.reader import Reading, read
from tests.kernel.support.program import NOT_ASKED

from . import dying, files, processes
from .case import Case
from .plans import PLANS
from .switch import Switch, Switches
from .switch_allowances import comparable

#: How the next start goes on.
BACK, FORWARD = "back", "forward"
_CHANGED = (0, 2)
#: Other nodes are asked for new addresses, but there are none to wait for.
_SOON_ASKED = ("--arp-wait", "0.05")


class OfAPlan(Protocol):
    @property
    def plan(self) -> int: ...


T = TypeVar("T", bound=OfAPlan)


class Trial(NamedTuple):
    """``moment`` is the one at which the run is killed, ``again`` that of the recovery, if it dies too."""

    plan: int
    moment: int
    way: str
    again: Optional[int] = None

    def __str__(self) -> str:
        then = f", its recovery at {self.again}" if self.again is not None else ""
        return f"{PLANS[self.plan].name}: killed at {self.moment}{then}, then {self.way}"


class Result(NamedTuple):
    trial: Trial
    faults: List[str]


class Rehearsal(NamedTuple):
    """A run of a plan that lives: how many moments it has, how many of them are messages, and its end."""

    moments: int
    messages: int
    end: Reading


class Matrix:
    """All trials of all plans, in one process. It makes nodes, one after the other."""

    def __init__(self) -> None:
        self._nodes = Nodes()
        self._directory = tempfile.TemporaryDirectory()
        self._switches = Switches(self._nodes.ip, Path(self._directory.name) / "empty.db")
        self._rehearsals: Dict[int, Rehearsal] = {}

    @functools.cached_property
    def _mortals(self) -> dying.Mortals:
        return dying.Mortals(self._nodes.home)

    def trials(self, number: int) -> Iterator[Trial]:
        """Every moment of a plan, both ways; and each recovery killed at each of its own moments."""
        moments = self.rehearsal(number).moments
        for way in (BACK, FORWARD):
            yield from (Trial(number, moment, way) for moment in range(moments))
        # From the middle, where most is half done.
        middle = moments // 2
        for way in (BACK, FORWARD):
            for again in range(self._moments_of_recovery(number, middle, way)):
                yield Trial(number, middle, way, again)

    def rehearsal(self, number: int) -> Rehearsal:
        """Of this plan, the first time that it is asked for."""
        if number not in self._rehearsals:
            with self.made(PLANS[number]) as site:
                life = dying.rehearse(site.arguments())
                assert life.status in _CHANGED, (PLANS[number].name, life.status)
                self._rehearsals[number] = Rehearsal(life.moments, life.messages, site.reading())
        return self._rehearsals[number]

    def _moments_of_recovery(self, number: int, moment: int, way: str) -> int:
        with self.made(PLANS[number]) as site:
            self._mortals.run(site.arguments(), moment)
            return dying.rehearse(site.recovery(way)).moments

    def attempt(self, trial: Trial) -> Result:
        with self.made(PLANS[trial.plan]) as site:
            before = site.reading()
            death = self._mortals.run(site.arguments(), trial.moment)
            if not death.killed:
                return Result(trial, [f"it came to its end with status {death.status}"])
            # Without a journal it had not yet begun, or was at its end.
            begun = site.has_begun()
            if trial.again is not None:
                self._mortals.run(site.recovery(trial.way), trial.again)
            faults = site.recovered(trial.way)
            then = site.reading()
            faults += site.lost(before, then)
        end = self.rehearsal(trial.plan).end
        goals = [end if trial.way == FORWARD else before] if begun else [before, end]
        found = [between(then, goal, PLANS[trial.plan]) for goal in goals]
        faults += sorted(found, key=len)[0]
        return Result(trial, faults)

    @contextlib.contextmanager
    def made(self, case: Case) -> Iterator[Site]:
        ip = self._nodes.ip
        with contextlib.ExitStack() as stack:
            directory = stack.enter_context(tempfile.TemporaryDirectory())
            stack.enter_context(self._nodes.fresh(Initial()))
            stack.enter_context(files.laid(case.files))
            if case.processes:
                stack.enter_context(processes.ended())
            site = Site(case, Path(directory), ip)
            if case.switch:
                site.switch = stack.enter_context(self._switches.fresh())
            site.prepare()
            yield site


class Site:
    """The node that this process is in, with its files."""

    def __init__(self, case: Case, directory: Path, ip: Ip) -> None:
        self.switch: Optional[Switch] = None
        self._case = case
        self._ip = ip
        self._file = directory / "config.yaml"
        self._directories = ("--run-dir", f"{directory}/run", "--state-dir", f"{directory}/state")
        self._journal = directory / "state" / "journal.json"

    def prepare(self) -> None:
        """What is there before."""
        case = self._case
        self._set(case.set_by_hand)
        self._ip.do(*case.by_hand)
        if case.first:
            self.apply(case.first)
        self._set(case.others_set)
        self._ip.do(*case.others)

    def _set(self, commands: Sequence[str]) -> None:
        if self.switch is not None:
            self.switch.do(commands)

    def apply(self, config: List[Dict[str, Any]]) -> None:
        self._file.write_text(text(config), encoding="utf-8")
        arguments = ("-c", str(self._file), "--detailed-exit-codes", *NOT_ASKED, *self._directories)
        done = program.run(*arguments, *(("--wait-dhcp", "0") if self._case.processes else ()))
        assert done.status in _CHANGED, done

    def arguments(self) -> Sequence[str]:
        """Those of the run that dies."""
        self._file.write_text(text(self._case.second), encoding="utf-8")
        options = ("--detailed-exit-codes", *_SOON_ASKED, *self._case.options)
        return ("-c", str(self._file), *self._directories, *options)

    def recovery(self, way: str) -> Sequence[str]:
        forward = ("--forward",) if way == FORWARD else ()
        return ("recover", "--detailed-exit-codes", *self._directories, *forward)

    def reading(self) -> Reading:
        """What ``read`` says of the kernel, files of other programs, and the rows of Open vSwitch."""
        rows = self.switch.reading() if self.switch is not None else {}
        programs = processes.read() if self._case.processes else {}
        return {**read(self._ip), "files": files.read(), **rows, **programs}

    def lost(self, before: Reading, then: Reading) -> List[str]:
        """The files of which nothing is left, not even a copy; and what others have that is another now."""
        lost = files.lost(before["files"], then["files"], self._journal.parent / "purged")
        had, have = before.get("theirs", {}), then.get("theirs", {})
        return [*lost, *(f"{one} was made anew" for one in had if have.get(one) != had[one])]

    def has_begun(self) -> bool:
        return self._journal.exists()

    def recovered(self, way: str) -> List[str]:
        """What is wrong with the answer of the next start."""
        found = program.run(*self.recovery(way))
        wrong = [] if found.status in _CHANGED else [f"recover: exit status {found.status}: {found.errors}"]
        if self._journal.exists():
            wrong.append("the journal is still there")
        if "others have made it" in found.errors:
            wrong.append(found.errors)
        again = program.run(*self.recovery(way))
        if "nothing to recover" not in again.output:
            wrong.append(f"a second recover: {again}")
        return wrong


def between(then: Reading, goal: Reading, case: Case) -> List[str]:
    """What differs and may not."""
    return differences(comparable(then), comparable(goal), pinned(case.second))


def share(trials: Sequence[T], seed: str, part: int) -> List[T]:
    """One in ``part`` of the trials, other ones with each seed, and of each plan alike many."""
    random = Random(seed)
    chosen: List[T] = []
    for number in range(len(PLANS)):
        some = [one for one in trials if one.plan == number]
        chosen += random.sample(some, -(-len(some) // part))
    return chosen

"""Tasks that need facts and give them, and the order that follows. Pure.

A task comes after every task that gives a fact which it needs; what no task gives is so already.
"""

from __future__ import annotations

from collections import Counter
from typing import Dict, List, NamedTuple, Sequence, Tuple

from .diff import Change
from .values import Value


class Fact(NamedTuple):
    """``what`` is true of a link: ("exists", "bond0")."""

    what: str
    link: Value


class Task(NamedTuple):
    step: Change
    needs: Tuple[Fact, ...] = ()
    gives: Tuple[Fact, ...] = ()


class CycleError(Exception):
    """Steps need each other; the text names the links."""


def in_order(tasks: Sequence[Task]) -> List[Change]:
    """The steps by level, and within one level in the order given. Raises CycleError."""
    missing = Counter(fact for task in tasks for fact in set(task.gives))
    needs = [{fact for fact in task.needs if fact in missing} for task in tasks]
    waiting = [len(facts) for facts in needs]
    needers: Dict[Fact, List[int]] = {}
    for number, facts in enumerate(needs):
        for fact in facts:
            needers.setdefault(fact, []).append(number)
    ready = [number for number, count in enumerate(waiting) if count == 0]
    steps: List[Change] = []
    while ready:
        steps.extend(tasks[number].step for number in ready)
        freed: List[int] = []
        for fact in [fact for number in ready for fact in set(tasks[number].gives)]:
            missing[fact] -= 1
            for needer in needers.get(fact, ()) if not missing[fact] else ():
                waiting[needer] -= 1
                if waiting[needer] == 0:
                    freed.append(needer)
        ready = sorted(freed)
    if len(steps) < len(tasks):
        stuck = sorted({str(task.step.key) for task, count in zip(tasks, waiting) if count})
        raise CycleError(", ".join(stuck))
    return steps

"""A run of many pairs: each is tried, what fails is made small, and all of it is added up."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path
from typing import Any, Dict, FrozenSet, Iterable, Iterator, List, NamedTuple
from typing import Counter as CounterOf

from .classes import are_known
from .coverage import Coverage, items
from .features import Feature, Features
from .language import Config, faults, links
from .node import Nodes
from .pairs import Pair, pair
from .shrink import shrink
from .trial import BAD, DIFFERENT, REFUSED, Outcome, applied, attempt

#: Of a hundred pairs, those that a fresh node may refuse: they say nothing.
MOST_REFUSED = 2


class Result(NamedTuple):
    """What came of a pair, in values that JSON has. ``report`` is for a person, of a pair that failed."""

    number: int
    name: str
    verdict: str
    details: List[str]
    items: List[str]
    seconds: Dict[str, float]
    draws: int
    report: str = ""


def results(seed: str, numbers: Iterable[int], features: Features, shrinking: float) -> Iterator[Result]:
    """Try the pairs of these numbers, here: this process goes into namespaces of its own."""
    nodes = Nodes()
    for number in numbers:
        one = pair(seed, number, features)
        outcome = attempt(one, nodes)
        found = items(one, outcome.plan) if outcome.plan is not None else []
        report = (
            _report(one, outcome, nodes, features, shrinking) if outcome.verdict in (*BAD, REFUSED) else ""
        )
        yield Result(
            number, one.name, outcome.verdict, outcome.details, found, outcome.seconds, one.draws, report
        )


def _report(one: Pair, outcome: Outcome, nodes: Nodes, features: Features, shrinking: float) -> str:
    """The whole pair, and the least of it that fails so too."""

    def fails(smaller: Pair) -> bool:
        return is_legal(smaller, features) and bool(fault & symptoms(attempt(smaller, nodes)))

    fault = symptoms(outcome)

    parts = [_shown(one, outcome)]
    if outcome.verdict in BAD and shrinking:
        small = shrink(one, fails, shrinking)
        parts.append("reduced:\n" + _shown(small, attempt(small, nodes)))
    return "\n".join(parts)


def _without_names(text: str) -> str:
    """The error of a run, in a log, a traceback or JSON, without addresses, names and places."""
    lines = text.splitlines() or [""]
    errors = [line for line in lines if line.startswith("ERROR") or '"message"' in line]
    return re.sub(r"\S*[0-9]\S*", "…", (errors or lines[-1:])[0])


def symptoms(outcome: Outcome) -> FrozenSet[str]:
    """What tells one fault from another: the verdict, with the run or with each attribute that differs."""
    if outcome.verdict != DIFFERENT:
        return frozenset({" ".join((outcome.verdict, *map(_without_names, outcome.details)))})
    places = (line.partition(": ")[0].split(".") for line in outcome.details)
    return frozenset(f"{place[0]} {place[-1] if place[0] == 'links' else ''}" for place in places)


def _shown(one: Pair, outcome: Outcome) -> str:
    details = "\n".join(f"  {line}" for line in outcome.details)
    head = f"pair {one.name}, {one.initial}: {outcome.verdict}\n{details}"
    return f"{head}\nA\n{applied(one.first)}\nB\n{applied(one.second)}\n"


def is_legal(one: Pair, features: Features) -> bool:
    """Whether a smaller pair asks for no more than the features: nothing leaves where that is not known."""
    first, second = _types(one.first), _types(one.second)
    if not are_known(one.first, one.second, features):
        return False
    if Feature.PRUNING not in features and first.keys() - second.keys():
        return False
    if Feature.KINDS not in features and any(
        first[name] != second[name] for name in first.keys() & second.keys()
    ):
        return False
    return not faults(one.first) and not faults(one.second)


def _types(config: Config) -> Dict[str, str]:
    return {name: one["type"] for name, one in links(config).items()}


class Tally:
    """What came of the pairs so far."""

    def __init__(self, seed: str, features: Features) -> None:
        self.seed = seed
        self.verdicts: CounterOf[str] = Counter()
        self.seconds: CounterOf[str] = Counter()
        self.draws = 0
        self.coverage = Coverage(features)
        self.offenders: List[Result] = []

    def add(self, result: Result) -> None:
        self.verdicts[result.verdict] += 1
        self.seconds.update(result.seconds)
        self.draws += result.draws
        self.coverage.add(result.items)
        if result.verdict in BAD:
            self.offenders.append(result)

    @property
    def total(self) -> int:
        return sum(self.verdicts.values())

    def faults(self) -> List[str]:
        """Why the run is not good."""
        found = [f"{one.verdict}: pair {one.name}" for one in self.offenders]
        if self.verdicts[REFUSED] * 100 > self.total * MOST_REFUSED:
            found.append(f"{self.verdicts[REFUSED]} of {self.total} pairs were refused by a fresh node")
        return found + [f"no pair has {name}" for name in self.coverage.missing()]

    def line(self) -> str:
        """The whole run in one line."""
        verdicts = ", ".join(f"{count} {verdict}" for verdict, count in self.verdicts.most_common())
        each = {part: 1000 * seconds / max(1, self.total) for part, seconds in self.seconds.items()}
        parts = ", ".join(
            f"{part} {cost:.0f}" for part, cost in sorted(each.items(), key=lambda one: -one[1])
        )
        return (
            f"{self.total} pairs, seed {self.seed}: {verdicts}; {self.draws} draws thrown away;"
            f" {sum(each.values()):.0f} ms a pair ({parts})"
        )


def save(result: Result, directory: Path) -> Path:
    """Keep the report of a pair that failed."""
    directory.mkdir(parents=True, exist_ok=True)
    file = directory / f"pair-{result.number}.txt"
    file.write_text(result.report, encoding="utf-8")
    return file


def as_json(result: Result) -> Dict[str, Any]:
    return result._asdict()

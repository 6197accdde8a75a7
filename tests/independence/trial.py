"""One pair: A then B on one node, B alone on another, and both as the test's own reader tells them."""

from __future__ import annotations

import json
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Dict, Iterator, List, NamedTuple, Optional, Tuple

from tests.kernel.support.program import NOT_ASKED, Run

from . import program
from .compare import differences
from .language import Config, pinned, text
from .node import Nodes
from .pairs import Pair
from .reader import Reading, read

#: Verdicts. "refused": the program refuses a config on a fresh node, so that there is nothing to compare.
EQUAL, REFUSED = "equal", "refused"
FAILED, NOT_EMPTY, DIFFERENT = "failed", "not empty", "different"
BAD = (FAILED, NOT_EMPTY, DIFFERENT)

_SUCCESS = (0, 2)
#: Told before anything is touched (docs: exit status).
_REFUSAL = 1


class Outcome(NamedTuple):
    """``plan`` is what B changes after A; ``seconds`` by what they were spent on."""

    verdict: str
    details: List[str]
    plan: Optional[Dict[str, Any]]
    seconds: Dict[str, float]


class _EndedError(Exception):
    """Nothing more can come of the pair."""

    def __init__(self, verdict: str, *details: str) -> None:
        self.verdict = verdict
        self.details = list(details)
        super().__init__(verdict)


def attempt(pair: Pair, nodes: Nodes) -> Outcome:
    """Try one pair."""
    trial = _Trial(pair, nodes)
    try:
        after, alone = trial.readings()
    except _EndedError as end:
        return Outcome(end.verdict, end.details, trial.plan, trial.seconds)
    found = differences(after, alone, pinned(pair.second))
    return Outcome(DIFFERENT if found else EQUAL, found, trial.plan, trial.seconds)


class _Trial:
    def __init__(self, pair: Pair, nodes: Nodes) -> None:
        self.pair = pair
        self.nodes = nodes
        self.plan: Optional[Dict[str, Any]] = None
        self.seconds: Dict[str, float] = {}

    def readings(self) -> Tuple[Reading, Reading]:
        """After A and B, and after B alone."""
        with tempfile.TemporaryDirectory() as directory:
            # What a run brought is known by the path of its config.
            file = Path(directory) / "config.yaml"
            with self._node():
                self._apply("B alone", file, self.pair.second, fresh=True)
                alone = self._read()
            with self._node():
                self._apply("A", file, self.pair.first, fresh=True)
                self.plan = self._apply("B after A", file, self.pair.second)
                after = self._read()
        return after, alone

    @contextmanager
    def _node(self) -> Iterator[None]:
        before = time.perf_counter()
        with self.nodes.fresh(self.pair.initial):
            self._spent("nodes", before)
            yield
            before = time.perf_counter()
        self._spent("nodes", before)

    def _read(self) -> Reading:
        before = time.perf_counter()
        try:
            return read(self.nodes.ip)
        finally:
            self._spent("reading", before)

    def _apply(self, what: str, file: Path, config: Config, fresh: bool = False) -> Dict[str, Any]:
        """Apply it, and see that nothing is left to change; the plan."""
        file.write_text(text(config), encoding="utf-8")
        done = self._run("applying", file, "--format", "json")
        if fresh and done.status == _REFUSAL and "Traceback" not in done.errors:
            raise _EndedError(REFUSED, f"{what}: {_first_lines(done)}")
        if done.status not in _SUCCESS:
            raise _EndedError(FAILED, f"{what}: exit status {done.status}", _first_lines(done))
        again = self._run("planning", file, "--noop")
        if again.status:
            raise _EndedError(NOT_EMPTY, f"{what}: exit status {again.status} of --noop", _first_lines(again))
        plan = json.loads(done.output)
        assert isinstance(plan, dict)
        return plan

    def _run(self, part: str, config: Path, *options: str) -> Run:
        before = time.perf_counter()
        try:
            return program.run("-c", str(config), *NOT_ASKED, "--detailed-exit-codes", *options)
        finally:
            self._spent(part, before)

    def _spent(self, part: str, since: float) -> None:
        self.seconds[part] = self.seconds.get(part, 0) + time.perf_counter() - since


def _first_lines(run: Run) -> str:
    return "\n".join([*run.errors.splitlines(), *run.output.splitlines()][:40])


def applied(config: Config) -> str:
    """The config in as few lines as a person reads."""
    return "\n".join(f"- {json.dumps(one)}" for one in config)

"""The gate of probes: what worked before a change has to work after it."""

from __future__ import annotations

import logging
from typing import Callable, List, Mapping, Sequence

from ..backends.probes import ask
from ..state.model import State
from ..state.probe import (
    GATEWAY,
    Answers,
    Probe,
    Question,
    Worked,
    duties,
    failures,
    not_working,
    questions,
    worked,
)

log = logging.getLogger(__name__)

#: Seconds for a gateway before a change: it is next to us, and nothing is on its way up. One that
#: does not answer echo requests would otherwise cost each run the whole deadline.
_AT_REST = 2.0


class ProbeGate:
    """``probes`` are asked side by side. What did not work before is not required, unless it is said so."""

    def __init__(self, probes: Sequence[Probe]) -> None:
        self._probes = probes

    def before(self, live: State) -> Worked:
        asked = [one for probe in self._probes for one in questions(probe, live)]
        answers = _ask({one: _at_rest(one) for one in asked}, lambda answers: False)
        for line in not_working(answers):
            log.warning("%s", line)
        return worked(answers)

    def after(self, before: Worked, live: State) -> List[str]:
        """Nobody waits for the others when one thing that has to work does not: the change goes back."""
        owed = [one for probe in self._probes for one in duties(probe, live, before)]
        asked = {one: float(one.probe.deadline) for duty in owed for one in duty.questions}

        def is_decided(answers: Answers) -> bool:
            return any(one.is_failed(answers) for one in owed) or all(one.is_met(answers) for one in owed)

        return failures(owed, _ask(asked, is_decided))


def _at_rest(one: Question) -> float:
    seconds = float(one.probe.deadline)
    return min(seconds, _AT_REST) if one.probe.kind == GATEWAY else seconds


def _ask(seconds: Mapping[Question, float], is_decided: Callable[[Answers], bool]) -> Answers:
    if not seconds:
        return {}
    names = ", ".join(dict.fromkeys(map(str, seconds)))
    log.info("waiting up to %g s for %s", max(seconds.values()), names)
    return ask(seconds, is_decided)

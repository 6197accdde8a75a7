"""Ask whether things work, all side by side, each until its own deadline.

Each question has a thread of its own: a system's resolver cannot be interrupted, and what does not come to
its end in time is left behind. All of them are daemons, so that none holds up the end of the run.
"""

from __future__ import annotations

import threading
import time
from queue import Empty, SimpleQueue
from typing import Callable, Dict, Mapping, Tuple

from ...state.probe import NEIGHBOUR, PING, Answers, Question
from . import exchange, services
from .limit import Limit

__all__ = ["ask"]

#: Returns why the question was not answered as it should be; empty where it was.
Asking = Callable[[Question, Limit], str]

_ASKING: Mapping[str, Asking] = {
    NEIGHBOUR: exchange.neighbour,
    PING: exchange.ping,
    "tcp": services.tcp,
    "dns": services.dns,
    "http": services.http,
    "https": services.http,
    "command": services.command,
}

#: Seconds after a deadline for the word that it is over: it says more than that no word came.
_GRACE = 0.2

_Found = SimpleQueue[Tuple[Question, str]]


def ask(seconds: Mapping[Question, float], enough: Callable[[Answers], bool]) -> Answers:
    """Ask each question for so many seconds. Without those still open when there is ``enough``."""
    found: _Found = SimpleQueue()
    start = time.monotonic()
    limits = {question: Limit(of_it, start) for question, of_it in seconds.items()}
    answers: Dict[Question, str] = {}
    for question, limit in limits.items():
        threading.Thread(target=_ask, args=(question, limit, found), daemon=True).start()
    try:
        while len(answers) < len(limits):
            waiting = {one: limit for one, limit in limits.items() if one not in answers}
            first = min(limit.left for limit in waiting.values())
            # Of several whose time is over at once, all are told.
            if first and enough(answers):
                break
            try:
                question, reason = found.get(timeout=first + _GRACE)
                answers[question] = reason
            except Empty:
                answers.update((one, limit.says) for one, limit in waiting.items() if not limit.left)
    finally:
        for limit in limits.values():
            limit.end()
    return answers


def _ask(question: Question, limit: Limit, found: _Found) -> None:
    found.put((question, _ASKING[question.kind](question, limit)))

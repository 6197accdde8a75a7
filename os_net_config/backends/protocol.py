"""What every backend offers to the engine."""

from __future__ import annotations

from typing import Protocol, Sequence

from ..state.diff import Change
from ..state.model import State


class ExecuteError(Exception):
    """The node refused a step. ``step`` is the first one that failed, ``reason`` in its own words.

    ``done`` are the steps that took effect (some may come after the refused one, since steps go
    out in batches), ``remaining`` those that were never tried, both in order.
    """

    def __init__(
        self, step: Change, reason: str, done: Sequence[Change] = (), remaining: Sequence[Change] = ()
    ) -> None:
        super().__init__(reason)
        self.step = step
        self.reason = reason
        self.done = tuple(done)
        self.remaining = tuple(remaining)


class ObserveError(Exception):
    """The node's state could not be read; the text says what and why."""


class Backend(Protocol):
    def observe(self) -> State:
        """The live state. Never writes; raises ObserveError."""

    def execute(self, steps: Sequence[Change]) -> None:
        """Make the steps in order; raises ExecuteError."""

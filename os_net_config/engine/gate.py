"""What stands between a change that was made and one that stays."""

from __future__ import annotations

from typing import TYPE_CHECKING, List, Protocol

from ..state.model import State

if TYPE_CHECKING:
    from ..state.probe import Worked


class Gate(Protocol):
    """Measured before the first write and after the last one, on the state that was read then."""

    def before(self, live: State) -> Worked:
        """What works."""

    def after(self, before: Worked, live: State) -> List[str]:
        """In words, why the change cannot stay; empty: it can."""


class _Open:
    def before(self, live: State) -> Worked:
        return frozenset()

    def after(self, before: Worked, live: State) -> List[str]:
        return []


#: Lets every change through.
NO_GATE: Gate = _Open()

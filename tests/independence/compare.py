"""Two readings of the kernel: what differs and may not."""

from __future__ import annotations

import copy
from typing import Any, FrozenSet, Iterator, List

from .allowances import ALLOWANCES
from .reader import Reading

_MISSING = object()


def differences(after: Reading, alone: Reading, pinned: FrozenSet[str] = frozenset()) -> List[str]:
    """One line for each, with its place."""
    return list(_compared("", normal(after, pinned), normal(alone, pinned)))


def normal(reading: Reading, pinned: FrozenSet[str] = frozenset()) -> Reading:
    """The reading without what may differ."""
    made = copy.deepcopy(reading)
    for allowance in ALLOWANCES:
        allowance.change(made, pinned)
    return made


def _compared(place: str, after: Any, alone: Any) -> Iterator[str]:
    if isinstance(after, dict) and isinstance(alone, dict):
        for key in sorted({*after, *alone}, key=str):
            yield from _compared(
                f"{place}.{key}".lstrip("."), after.get(key, _MISSING), alone.get(key, _MISSING)
            )
    elif isinstance(after, list) and isinstance(alone, list) and after != alone:
        yield from _compared_lists(place, after, alone)
    elif after != alone:
        yield f"{place}: {_shown(after)}, alone {_shown(alone)}"


def _compared_lists(place: str, after: List[Any], alone: List[Any]) -> Iterator[str]:
    """By content; where that is the same, the order differs."""
    surplus = [one for one in after if one not in alone]
    lacking = [one for one in alone if one not in after]
    yield from (f"{place}: surplus {_shown(one)}" for one in surplus)
    yield from (f"{place}: lacking {_shown(one)}" for one in lacking)
    if not surplus and not lacking:
        yield f"{place}: {_shown(after)}, alone {_shown(alone)}"


def _shown(value: Any) -> str:
    return "nothing" if value is _MISSING else str(value)

"""Which step it is that the server, or ovs-vswitchd, speaks of. Pure."""

from __future__ import annotations

from typing import List, Mapping, Sequence, Tuple

from ...state import row
from ...state.diff import Change
from ...state.model import Key, Resource, RowKey


def blamed(steps: Sequence[Change], text: str) -> Change:
    """The step that an error of the whole transaction speaks of, as far as it can be told."""
    return next((step for step in steps if f'"{step.key[1]!s}"' in text), steps[0])


def errors(steps: Sequence[Change], found: Mapping[Key, Resource]) -> List[Tuple[Change, str]]:
    """What ovs-vswitchd says of the interfaces that the steps are about, and of those of their ports."""
    about = {step.key: step for step in steps if step.after is not None}
    told = []
    for key, resource in found.items():
        if not isinstance(key, RowKey) or row.ERROR not in resource.values or _waits_for_its_peer(resource):
            continue
        port = RowKey(row.PORT, str(resource.values.get("port")))
        step = about.get(key) or about.get(port)
        if step is not None:
            told.append((step, f"{key}: {resource.values[row.ERROR]!s}"))
    return told


def _waits_for_its_peer(interface: Resource) -> bool:
    """A patch port has an error for as long as nobody has made the other end."""
    return interface.values.get("type") == row.PATCH

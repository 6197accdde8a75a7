"""What a config wants of Open vSwitch's rows beside what it says of each. Pure."""

from __future__ import annotations

from typing import Tuple

from .cleanup import with_removals
from .model import State
from .peers import put_back
from .record import Record
from .release import Settled
from .rows import Attributes, going_along, left_alone, taken, with_kinds
from .whole import kept_whole


def with_rows(
    settled: Settled, wanted: State, live: State, record: Record, path: str
) -> Tuple[Settled, Attributes]:
    """Without what somebody else has changed since, which is told; with what goes along with removals."""
    theirs = taken(wanted, live, record, path)
    found = with_kinds(left_alone(put_back(settled.wanted, record), live, theirs), live)
    settled = kept_whole(settled._replace(wanted=found), live)
    return with_removals(settled, going_along(settled.wanted, live, settled.removals)), theirs

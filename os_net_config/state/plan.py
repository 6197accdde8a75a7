"""A plan: what differs, and the steps that make it so in an order that the kernel takes. Pure.

Each step gives facts ("bond0 exists", "the ports of bond0 are attached") and needs others; see graph.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Sequence, Tuple

from .address_tasks import address_tasks
from .context import Context
from .device_tasks import device_tasks
from .diff import Change
from .dns_tasks import dns_tasks
from .ethtool_tasks import ethtool_tasks
from .fall import Fall, fall, joined
from .graph import CycleError, Task, in_order
from .link_tasks import link_tasks
from .model import NicNameKey, Resource, State
from .process_tasks import process_tasks
from .put_back import put_back_tasks
from .renaming import in_turn, is_rename, primaries_again, rows_released, split, unasked
from .route_tasks import route_tasks, setting_tasks
from .row_tasks import Together, row_tasks


@dataclass(frozen=True)
class Plan:
    """``changes`` say what differs, ``steps`` how it is made so, in order; ``fall`` what it costs."""

    changes: Tuple[Change, ...]
    steps: Tuple[Change, ...]
    fall: Fall

    def __bool__(self) -> bool:
        return bool(self.changes)


def plan(changes: Sequence[Change], wanted: State, live: State) -> Plan:
    """Raises CycleError where links stand on each other in a ring.

    Renames come first, with all that they cost: the rest speaks of the new names.
    """
    parts = [split(change) for change in changes]
    names = [name for name, _ in parts if name is not None]
    names += unasked(names, live)
    if not names:
        return _plan(changes, wanted, live)
    renamed = _renames(names, live)
    # ovs-vswitchd takes a NIC by its new name when it has let go of it by the old one.
    rest = _plan([one for _, one in parts if one is not None], wanted, live, _PORTS_GO_FIRST)
    released = rows_released(rest.steps, live)
    before = [step for step in rest.steps if isinstance(step.key, NicNameKey) or step in released]
    others = [step for step in rest.steps if step not in before]
    # What udevd reads agrees with a name when it hears of that.
    return Plan(tuple(changes), (*before, *renamed.steps, *others), joined(renamed.fall, rest.fall))


def _renames(names: Sequence[Change], live: State) -> Plan:
    """On a node that stays as it is otherwise."""
    found = _plan(names, State({one.key: Resource(one.key, one.after or {}) for one in names}), live)
    keys = {one.key for one in names}
    # A link goes down with the step that renames it, where that is needed.
    after = [step for step in found.steps if not (step.key in keys and _goes_down_or_is_renamed(step))]
    steps = (*in_turn(names, live), *primaries_again(names, live), *after)
    return Plan(tuple(names), steps, found.fall)


def _goes_down_or_is_renamed(step: Change) -> bool:
    return is_rename(step) or step.after == {"up": 0}


#: How many of the changes of rows are tried to be made in one transaction.
_ALL_AT_ONCE = (Together.ALL, Together.BY_END)
_PORTS_GO_FIRST = (Together.BY_END,)


def _plan(
    changes: Sequence[Change], wanted: State, live: State, togethers: Sequence[Together] = _ALL_AT_ONCE
) -> Plan:
    by_key = {change.key: change for change in changes}
    around = Context(wanted, live, by_key, fall(by_key, wanted, live))
    tasks = [task for part in _PARTS for task in part(around)]
    return Plan(tuple(changes), tuple(_steps(around, tasks, togethers)), around.fall)


_PARTS = (
    device_tasks,
    link_tasks,
    setting_tasks,
    ethtool_tasks,
    address_tasks,
    process_tasks,
    route_tasks,
    put_back_tasks,
    dns_tasks,
)


def _steps(around: Context, tasks: Sequence[Task], togethers: Sequence[Together]) -> Sequence[Change]:
    """Raises CycleError."""
    # A NIC that leaves DPDK for another bridge takes two transactions; a VLAN on a bridge's link that is a
    # port of another bridge as well.
    for together in togethers:
        try:
            return in_order([*row_tasks(around, together), *tasks])
        except CycleError:
            continue
    return in_order([*row_tasks(around, Together.NONE), *tasks])

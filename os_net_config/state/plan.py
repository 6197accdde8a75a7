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
from .fall import Fall, fall
from .graph import CycleError, Task, in_order
from .link_tasks import link_tasks
from .model import State
from .process_tasks import process_tasks
from .put_back import put_back_tasks
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
    """Raises CycleError where links stand on each other in a ring."""
    by_key = {change.key: change for change in changes}
    around = Context(wanted, live, by_key, fall(by_key, wanted, live))
    tasks = [task for part in _PARTS for task in part(around)]
    return Plan(tuple(changes), tuple(_steps(around, tasks)), around.fall)


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


def _steps(around: Context, tasks: Sequence[Task]) -> Sequence[Change]:
    """Raises CycleError."""
    # A NIC that leaves DPDK for another bridge takes two transactions; a VLAN on a bridge's link that is a
    # port of another bridge as well.
    for together in (Together.ALL, Together.BY_END):
        try:
            return in_order([*row_tasks(around, together), *tasks])
        except CycleError:
            continue
    return in_order([*row_tasks(around, Together.NONE), *tasks])

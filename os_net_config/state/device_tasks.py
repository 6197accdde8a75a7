"""How devices get their drivers, as tasks. Pure.

A device is ``bound`` before a row of Open vSwitch names it, and let go (``let go``) by the row before.
"""

from __future__ import annotations

from typing import Iterator

from .context import Context
from .devices import links_with
from .fall import standing_on
from .graph import Fact, Task
from .model import DeviceKey


def device_tasks(around: Context) -> Iterator[Task]:
    for key, change in around.changes.items():
        if isinstance(key, DeviceKey):
            links = list(links_with(change, around.live))
            above = [one for one in standing_on(links, around.above) if one not in links]
            needs = [Fact("let go", key.address), *(Fact("gone", one) for one in above)]
            gives = [Fact("bound", key.address)]
            gives += [Fact("gone" if around.have(one) else "exists", one) for one in links]
            yield Task(change, tuple(needs), tuple(gives))

"""How settings of NICs change, as tasks. Pure.

Most of them change before the link goes up, so that nothing is interrupted; those of which the driver needs
its PHY after it (ethtool.NEEDS_UP). A port has its own before it joins.
"""

from __future__ import annotations

from typing import Iterator

from . import ethtool
from .context import Context
from .diff import Change
from .graph import Fact, Task
from .making import described
from .model import EthtoolKey, Resource
from .values import Values


def ethtool_tasks(around: Context) -> Iterator[Task]:
    for key, change in around.changes.items():
        if isinstance(key, EthtoolKey) and change.after is not None:
            have = around.live.get(key) if key.link in around.fall.gone else None
            lost = {**described(have), **_said(around, key)} if have is not None else {}
            yield _task(around, key, change._replace(after={**lost, **change.after}))


def ethtool_again(around: Context, key: EthtoolKey, have: Resource) -> Task:
    """What a link that is made anew had, and has to get again."""
    values = {**described(have), **_said(around, key)}
    return _task(around, key, Change(key, values, values, transient=True))


def _said(around: Context, key: EthtoolKey) -> Values:
    wanted = around.wanted.get(key)
    return wanted.values if wanted is not None else {}


def _task(around: Context, key: EthtoolKey, change: Change) -> Task:
    exists = Fact("exists", key.link)
    if key.group not in ethtool.NEEDS_UP:
        return Task(change, (exists,), (Fact("settings", key.link),))
    if around.then(key.link, "up") == 0:
        return Task(change, (exists,), (Fact("given back", key.link),))
    return Task(change, (exists, Fact("up", key.link)))

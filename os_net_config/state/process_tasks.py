"""How processes of links start and stop, as tasks. Pure.

One starts when its link is up and has the addresses of the config, which so come first in their subnets. It
stops before its link goes or becomes a port, and before addresses come that it may have brought itself. Where
the link is made anew it is started anew. One that is only told something else stops in between: what it has
brought it leaves, and takes it up again.
"""

from __future__ import annotations

from typing import Iterator

from . import process
from .context import Context
from .diff import Change
from .graph import Fact, Task
from .making import described
from .model import ProcessKey


def process_tasks(around: Context) -> Iterator[Task]:
    for key, change in around.changes.items():
        if not isinstance(key, ProcessKey):
            continue
        if change.after is None:
            yield _stop(key, change)
        elif change.before is not None:
            yield from _again(around, key, change)
        else:
            yield _start(around, key, change)
    for one in around.live:
        if isinstance(one.key, ProcessKey) and one.key.link in around.fall.remade and around.stays(one):
            yield from _again(around, one.key, Change(one.key, {}, {}, transient=True))


def _again(around: Context, key: ProcessKey, change: Change) -> Iterator[Task]:
    """What it has been told it is told as a whole."""
    have = described(around.live.resources[key])
    then = {**have, **(change.after or {})}
    keeps = not any(have.get(name) and not then.get(name) for name in process.BRINGS)
    yield _stop(key, change._replace(before=have, after=None, transient=keeps))
    yield _start(around, key, change._replace(before=None, after=then))


def _stop(key: ProcessKey, change: Change) -> Task:
    gives = tuple(Fact(what, key.link) for what in ("stopped", "routes freed", "removed"))
    return Task(change, (), gives)


def _start(around: Context, key: ProcessKey, change: Change) -> Task:
    on = key.link
    needs = [Fact(what, on) for what in _BEFORE]
    return Task(change, (*needs, *around.all_up(on)), (Fact("served", on),))


_BEFORE = ("stopped", "routes freed", "removed", "exists", "settings", "addresses", "ports")

"""How processes of links start and stop, as tasks. Pure.

A DHCP client starts when its link is up and has the addresses of the config, which so come first in their
subnets. It stops before its link goes or becomes a port, and before addresses come that it may have brought
itself. What runs a team starts when the link is there, before its first port comes.

Where the link is made anew a process is started anew. One that is only told something else stops in between:
what it has brought it leaves, and takes it up again. So a team keeps its ports, but where it is to spread
traffic in another way.
"""

from __future__ import annotations

from typing import Iterator, Mapping, NamedTuple, Tuple

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
    same = have.get(process.PROGRAM.name) == then.get(process.PROGRAM.name)
    keeps = same and not any(have.get(name) and not then.get(name) for name in process.BRINGS)
    yield _stop(key, change._replace(before=have, after=None, transient=keeps))
    yield _start(around, key, change._replace(before=None, after=then))


def _stop(key: ProcessKey, change: Change) -> Task:
    return Task(change, (), tuple(Fact(what, key.link) for what in _LIVES[key.service].stop_gives))


def _start(around: Context, key: ProcessKey, change: Change) -> Task:
    on, life = key.link, _LIVES[key.service]
    needs = [Fact(what, on) for what in life.start_needs]
    if life.needs_link_up:
        needs += around.all_up(on)
    return Task(change, tuple(needs), tuple(Fact(what, on) for what in life.start_gives))


class _Life(NamedTuple):
    """The facts of the link among which a process starts and stops."""

    stop_gives: Tuple[str, ...]
    start_needs: Tuple[str, ...]
    start_gives: Tuple[str, ...]
    needs_link_up: bool


_LIVES: Mapping[str, _Life] = {
    process.DHCP: _Life(
        ("stopped", "routes freed", "removed"),
        ("stopped", "routes freed", "removed", "exists", "settings", "addresses", "ports"),
        ("served",),
        needs_link_up=True,
    ),
    process.TEAM: _Life(("stopped",), ("stopped", "exists", "emptied"), ("set",), needs_link_up=False),
}

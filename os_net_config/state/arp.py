"""Which new IPv4 addresses other nodes are asked for before they come (RFC 5227), and when. Pure.

They are asked for all at once: the first step that brings one of them waits for the links of all, and
the other ones for that step.
"""

from __future__ import annotations

from typing import Dict, Mapping, Sequence, Tuple

from . import aggregate, bridge
from .context import Context
from .diff import Change
from .graph import Fact, Task
from .model import AddressKey, Key

_LOOPBACK = "lo"
#: Where several nodes have one address on purpose, it is one of this length.
_OF_ONE_ADDRESS = 32
_ASKED = Fact("other nodes asked", None)


#: The addresses that are asked for, in the order in which they are wanted, each with those that are asked
#: for before its step: all before the first one.
Probes = Mapping[Key, Tuple[AddressKey, ...]]


def probes(around: Context) -> Probes:
    """Of those that are new to this node, where an answer could be heard."""
    fresh = [key for key, change in around.changes.items() if _comes_anew(key, change)]
    if not fresh:
        return {}
    here = {key.prefix.address for key in around.live.resources if isinstance(key, AddressKey)}
    asked = (key for key in fresh if isinstance(key, AddressKey) and key.prefix.address not in here)
    found = tuple(key for key in asked if _is_heard(key.link, around))
    return {**dict.fromkeys(found, ()), **dict.fromkeys(found[:1], found)}


def _comes_anew(key: Key, change: Change) -> bool:
    if not isinstance(key, AddressKey) or change.before is not None or change.after is None:
        return False
    return key.prefix.bits == 32 and key.prefix.length < _OF_ONE_ADDRESS


def _is_heard(link: str, around: Context) -> bool:
    """Whether an answer could come to the link itself: what comes to a port is its bond's or bridge's."""
    is_port = around.kind(around.then(link, "master")) in aggregate.KINDS | {bridge.KIND}
    return link != _LOOPBACK and not is_port and around.then(link, "up") != 0


def after_probes(task: Task, asked: Probes, around: Context) -> Task:
    """The task that brings an address, where that is asked for after the answers."""
    before = asked.get(task.step.key)
    if before is None:
        return task
    if not before:
        return task._replace(needs=(*task.needs, _ASKED))
    needs = (*task.needs, *_carried(before, around))
    return Task(task.step._replace(probes=before), needs, (*task.gives, _ASKED))


def _carried(addresses: Sequence[AddressKey], around: Context) -> Sequence[Fact]:
    """What the links of these need to have carrier: all below them, with their ports."""
    waiting = list(dict.fromkeys(key.link for key in addresses))
    seen: Dict[str, None] = dict.fromkeys(waiting)
    while waiting:
        name = waiting.pop()
        below = [str(one) for one in (around.below(name),) if one is not None]
        fresh = [one for one in (*below, *around.wanted.ports(name)) if one not in seen]
        seen.update(dict.fromkeys(fresh))
        waiting += fresh
    return [Fact(what, name) for name in seen for what in ("up", "ports")]

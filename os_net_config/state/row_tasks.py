"""How rows of Open vSwitch's database come, change and go, as tasks: all of them in one transaction. Pure."""

from __future__ import annotations

from enum import Enum
from typing import AbstractSet, Dict, Iterator, List, Sequence, Set, Tuple

from . import mtu_request, row
from .context import Context
from .devices import DEVARGS, bound
from .diff import Change
from .fall import made_anew, standing_on
from .graph import Fact, Task
from .making import described
from .model import Key, LinkKey, RowKey
from .values import Value, Values


class Together(Enum):
    """Which rows change in one transaction, after all that any of them needs."""

    ALL = "all"
    #: Those that go, with what leaves them, in one, the others in another one.
    BY_END = "those that go, and those that stay"
    NONE = "none"


def row_tasks(around: Context, together: Together = Together.ALL) -> Iterator[Task]:
    tasks = [
        Task(change, *_facts(around, key, change))
        for key, change in around.changes.items()
        if isinstance(key, RowKey)
    ]
    tasks += _nudges(around)
    if together is Together.ALL:
        return _joined(tasks)
    parts = _by_end(around, tasks)
    if together is Together.NONE:
        return iter([task for part in parts for task in part])
    return iter([task for part in parts for task in _joined(part)])


def _by_end(around: Context, tasks: Sequence[Task]) -> Tuple[Sequence[Task], Sequence[Task]]:
    """Those of rows that go at first, and the others. A port left without an interface goes with it."""
    first = _going(around)
    emptied = list(_emptied(around, first))
    going = [task for task in tasks if task.step.key in first]
    rest = [task for task in tasks if task.step.key not in {*first, *emptied}]
    for key in emptied:
        leaves, comes = _made_again(around, key)
        empty = Fact("gone port", key.name)
        going.append(Task(leaves, (), (empty,)))
        rest.append(Task(comes, (empty,)))
    return going, rest


def _emptied(around: Context, first: AbstractSet[Key]) -> Iterator[RowKey]:
    """Ports that stay, and lose all the interfaces that they have: the server takes no port without one."""
    found: Dict[str, List[Key]] = {}
    for one in around.live:
        if isinstance(one.key, RowKey) and one.key.table == row.INTERFACE:
            found.setdefault(str(one.values.get("port")), []).append(one.key)
    for name, interfaces in found.items():
        key = RowKey(row.PORT, name)
        change = around.changes.get(key)
        stays = key in around.live.resources and (change is None or change.after is not None)
        if stays and all(one in first for one in interfaces):
            yield key


def _made_again(around: Context, key: RowKey) -> Tuple[Change, Change]:
    """The removal of a row, and the step that makes it as it was, with what changes of it."""
    have = described(around.live.resources[key])
    change = around.changes.get(key, Change(key, {}, {}, transient=True))
    label = {name: have[name] for name in (row.LABEL,) if name in have}
    after = {**label, **row.with_unsaid(key.table, change.after or {}, have)}
    then = {name: value for name, value in after.items() if value is not None}
    leaves = change._replace(before=have, after=None, transient=True)
    return leaves, change._replace(before=None, after=then)


def _going(around: Context) -> AbstractSet[Key]:
    """Rows that go, and with a bridge the ports that leave it for another one, made for that or not."""
    changes = {key: one for key, one in around.changes.items() if isinstance(key, RowKey)}
    found: Set[Key] = {key for key, one in changes.items() if one.after is None}
    for key, one in changes.items():
        before, after = ((side or {}).get("bridge") for side in (one.before, one.after))
        if after is not None and RowKey(row.BRIDGE, str(before)) in found:
            found.add(key)
            made = (RowKey(table, str(after)) for table in (row.BRIDGE, row.PORT, row.INTERFACE))
            found.update(one for one in made if one in changes)
    return found


def _joined(tasks: Sequence[Task]) -> Iterator[Task]:
    needs: Tuple[Fact, ...] = tuple(dict.fromkeys(fact for task in tasks for fact in task.needs))
    return (task._replace(needs=needs) for task in tasks)


def _facts(around: Context, key: RowKey, change: Change) -> Tuple[Tuple[Fact, ...], Tuple[Fact, ...]]:
    if key.table != row.INTERFACE:
        return _facts_of_remade(around, change)
    name = key.name
    if not around.is_internal(name):
        # Whatever it is in leaves it first; and it leaves its bridge before it is anything else.
        needs = [Fact(what, name) for what in ("exists", "attached", "set")]
        needs.append(Fact("gone", around.have(name).get("master")))
        needs.append(Fact("bound", _device(around, key, change)))
        gives = [Fact("let go", (change.before or {}).get(DEVARGS))]
        if (change.before or {}).get(mtu_request.COLUMN) is not None:
            # As long as the row asks for another MTU, ovs-vswitchd gives the link that one again and again.
            gives.append(Fact("asked for", name))
        if change.after is None:
            return (), (Fact("freed port", name), *gives)
        return tuple(needs), tuple(gives)
    if change.after is None:
        above = [one for one in standing_on([name], around.above) if one != name]
        needs = [*(Fact("gone", one) for one in above), Fact("stopped", name)]
        return tuple(needs), (Fact("gone", name),)
    needs = [Fact("gone", name)] if change.before is None else []
    return tuple(needs), (Fact("exists", name), Fact("set", name))


def _device(around: Context, key: RowKey, change: Change) -> Value:
    """That of the interface as it is going to be."""
    have = around.live.get(key)
    return {**(have.values if have is not None else {}), **(change.after or {})}.get(DEVARGS)


def _facts_of_remade(around: Context, change: Change) -> Tuple[Tuple[Fact, ...], Tuple[Fact, ...]]:
    """Of links that are made anew with this change."""
    links = list(made_anew(change, around.live))
    above = [one for one in standing_on(links, around.above) if one not in links]
    gives = [Fact(what, name) for name in links for what in ("gone", "exists", "set")]
    return tuple(Fact("gone", one) for one in above), tuple(gives)


def _nudges(around: Context) -> Iterator[Task]:
    """Where no row changes, and ovs-vswitchd has something to make all the same: what it says counts."""
    for name in _links(around):
        if around.is_internal(name) and not around.have(name):
            yield from _nudge(around, name, (), (Fact("exists", name),))
    for name in sorted(around.fall.remade):
        if not around.is_internal(name) and around.live.get(RowKey(row.INTERFACE, name)) is not None:
            yield from _nudge(around, name, (Fact("exists", name),))
    devices = set(bound(around.changes))
    for one in around.live if devices else ():
        address = one.values.get(DEVARGS)
        if address in devices:
            yield from _nudge(around, str(one.key[1]), (Fact("bound", address),))


def _nudge(around: Context, name: str, needs: Sequence[Fact], gives: Sequence[Fact] = ()) -> Iterator[Task]:
    """For an interface whose row stays as it is."""
    key = RowKey(row.INTERFACE, name)
    if key not in around.changes:
        yield Task(Change(key, {}, {}, transient=True), tuple(needs), tuple(gives))


def _links(around: Context) -> List[str]:
    return [key.name for key in around.changes if isinstance(key, LinkKey)]


def given_to_internal(around: Context, key: LinkKey, change: Change) -> Iterator[Task]:
    """What a link gets that comes with its row; it goes with it as well."""
    after = {name: value for name, value in (change.after or {}).items() if name in _GIVEN}
    if key.name in around.fall.remade and not around.live.is_internal(key.name):
        said = around.wanted.resources[key]
        whole = {**said.initial, **said.values, **after}
        after = {name: value for name, value in whole.items() if name in _GIVEN}
    elif key.name in around.fall.remade:
        again = described(around.live.resources[key])
        # Its MTU is that of the row.
        kept = _GIVEN - {"mtu"}
        after = {**{name: value for name, value in again.items() if name in kept}, **after}
    if after:
        step = change._replace(before=_as_made(after), after=after)
        needs = (Fact("exists", key.name), Fact("settings", key.name))
        yield Task(step, needs, (Fact("mtu", key.name), Fact("up", key.name)))


def _as_made(after: Values) -> Values:
    """ovs-vswitchd makes it down."""
    return {name: 0 if name == "up" else None for name in after}


#: What a link of Open vSwitch can be given.
_GIVEN = frozenset({"address", "alias", "group", "mtu", "up"})

"""Go to a state by a plan like any other, and see that it is reached."""

from __future__ import annotations

import logging
from types import MappingProxyType
from typing import Callable, Collection, Iterable, List, Mapping, Optional, Sequence, Union

from ..backends.protocol import Backend, ExecuteError, ObserveError
from ..state import rows
from ..state.diff import Change, diff
from ..state.fitting import settings_among
from ..state.goal import Goal
from ..state.model import (
    Asked,
    DeviceKey,
    DnsKey,
    EthtoolKey,
    Key,
    LinkKey,
    ResolverKey,
    Resource,
    RouteKey,
    RowKey,
    State,
)
from ..state.plan import plan
from ..state.renaming import Called, called_by, labelled, names_now, names_then, relabelled
from ..state.shared import Ours, apart
from .verify import describe, told

log = logging.getLogger(__name__)

_ALL_AS_NAMED: Called = MappingProxyType({})
_NOTHING_SHARED: Mapping[RouteKey, Ours] = MappingProxyType({})

#: What a first way back changes may take something along that another one returns.
_WAYS = 3

#: What is to be changed of a difference on such a node; None: nothing, it is another's.
Mine = Callable[[Change, State], Optional[Change]]


def begun(error: ExecuteError, steps: Sequence[Change]) -> List[Change]:
    """Of steps that were carried out until one was refused: those that took effect, or may have in part.

    The kernel sets the attributes of a link one after another, and leaves them so when it refuses one
    (net/core/rtnetlink.c, do_setlink); a link that it refuses to make is not there. A device that no driver
    takes has lost the one that it had.
    """
    tried = steps[: len(steps) - len(error.remaining)]
    by_parts = (one for one in tried if isinstance(one.key, (DeviceKey, DnsKey, EthtoolKey, LinkKey)))
    partly = (one for one in by_parts if None not in (one.before, one.after))
    return [*error.done, *partly]


def _all(change: Change, _: State) -> Change:
    return change


def undo(
    goal: Goal, backend: Backend, ours: Mapping[RouteKey, Ours] = _NOTHING_SHARED, mine: Mine = _all
) -> List[str]:
    """Go there; what is left. ``ours``: by which the goal's routes were taken apart.

    Read back, so that an empty answer means that the node is as the goal says. Raises ObserveError,
    CycleError.
    """
    keys, called = (*goal.state.resources, *goal.absent), called_by(goal.state)
    for _ in range(_WAYS):
        live = apart(observed(backend, keys, called), ours)
        changes = _differences(goal, live, mine)
        if not changes:
            return []
        _execute_all(plan(changes, goal.state, live).steps, backend)
    live = apart(observed(backend, keys, called), ours)
    return list(dict.fromkeys(text for one in _differences(goal, live, mine) for text in told(one, live)))


def observed(backend: Backend, keys: Iterable[Key], called: Called = _ALL_AS_NAMED) -> State:
    """The live state, to be compared with what there is to be of these, which speak of links as ``called``.

    Raises ObserveError, also where rows are among them and there is no database: they are not gone, they
    come back with it.
    """
    keys = list(keys)
    live = observe_as(backend, called, settings_among(keys))
    if any(isinstance(key, RowKey) for key in keys) and not live.has_database:
        raise ObserveError(rows.NO_DATABASE)
    return live


def observe_as(backend: Backend, called: Called, settings: Collection[Asked]) -> State:
    """The live state with these settings; both speak of links as they are ``called``. Raises ObserveError."""
    if not called or not settings:
        return labelled(backend.observe(settings=settings), called)
    live = labelled(backend.observe(), called)
    return State({**live.resources, **settings_as(live, backend, settings)})


def settings_as(live: State, backend: Backend, settings: Collection[Asked]) -> Mapping[Key, Resource]:
    """These are asked for by the names that the links have now. Raises ObserveError."""
    if not settings:
        return {}
    now = names_now(live)
    asked = [key if isinstance(key, ResolverKey) else _key_by(key, now) for key in settings]
    return relabelled(State(backend.settings(asked)), names_then(live)).resources


def _key_by(key: Union[EthtoolKey, DnsKey], names: Mapping[str, str]) -> Asked:
    return key._replace(link=names.get(key.link, key.link))


def _differences(goal: Goal, live: State, mine: Mine) -> List[Change]:
    changes = diff(goal.state, live, dict.fromkeys(goal.absent, ())).changes
    own = [mine(change, live) for change in changes if not _is_anothers(change)]
    return [change for change in own if change is not None]


def _is_anothers(change: Change) -> bool:
    """Whether it would overwrite a route that another has put where ours was."""
    if not isinstance(change.key, RouteKey) or change.after is None:
        return False
    return (change.before or {}).get("protocol") is not None


def _execute_all(steps: Sequence[Change], backend: Backend) -> None:
    """Go on after a step that fails: what it did not do is seen afterwards.

    Nothing is awaited, and nobody is asked: what was there before does not hang on what goes.
    """
    steps = [step._replace(awaits=(), probes=(), carriers=()) for step in steps]
    while steps:
        try:
            backend.execute(steps)
            return
        except ExecuteError as error:
            log.debug("undo of %s: %s", describe(error.step), error.reason)
            steps = error.remaining

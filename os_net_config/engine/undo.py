"""Take back what was done, and see that it is taken back."""

from __future__ import annotations

import logging
from types import MappingProxyType
from typing import Dict, Iterator, List, Mapping, Optional, Sequence, Set

from ..backends.protocol import Backend, ExecuteError
from ..state import bond, bridge, bridge_port, route
from ..state.diff import Change, diff
from ..state.fall import comes_by_itself, links_above, links_of, standing_on
from ..state.making import described
from ..state.model import MESSAGE, AddressKey, Key, LinkKey, Resource, RouteKey, State, SysctlKey
from ..state.plan import plan
from ..state.problem import Path
from ..state.shared import Ours, apart
from .verify import describe, told

log = logging.getLogger(__name__)

_NOT_ATTRIBUTES = frozenset({MESSAGE, route.BEHIND, route.BESIDE})
_NOTHING_SHARED: Mapping[RouteKey, Ours] = MappingProxyType({})

#: What a first way back changes may take something along that another one returns.
_WAYS = 3


def begun(error: ExecuteError, steps: Sequence[Change]) -> List[Change]:
    """Of steps that were carried out until one was refused: those that took effect, or may have in part.

    The kernel sets the attributes of a link one after another, and leaves them so when it refuses one
    (net/core/rtnetlink.c, do_setlink); a link that it refuses to make is not there.
    """
    tried = steps[: len(steps) - len(error.remaining)]
    partly = (one for one in tried if isinstance(one.key, LinkKey) and None not in (one.before, one.after))
    return [*error.done, *partly]


def undo(
    done: Sequence[Change],
    before: State,
    backend: Backend,
    ours: Mapping[RouteKey, Ours] = _NOTHING_SHARED,
) -> List[str]:
    """Go back by a plan like any other; what is left. ``ours``: by which ``before`` was taken apart.

    Read back, so that an empty answer means that the links are as they were.
    """
    was = _touched(done, before)
    made = {step.key: () for step in done if step.before is None and before.get(step.key) is None}
    for _ in range(_WAYS):
        live = apart(backend.observe(), ours)
        changes = _differences(was, made, live)
        if not changes:
            return []
        _execute_all(plan(changes, was, live).steps, backend)
    live = apart(backend.observe(), ours)
    return list(dict.fromkeys(text for one in _differences(was, made, live) for text in told(one, live)))


def _differences(was: State, made: Mapping[Key, Path], live: State) -> List[Change]:
    return [change for change in diff(was, live, made).changes if not _is_anothers(change)]


def _is_anothers(change: Change) -> bool:
    """Whether it would overwrite a route that another has put where ours was."""
    if not isinstance(change.key, RouteKey) or change.after is None:
        return False
    return (change.before or {}).get("protocol") is not None


def _execute_all(steps: Sequence[Change], backend: Backend) -> None:
    """Go on after a step that fails: what it did not do is seen afterwards.

    Nothing is awaited, and nobody is asked: what was there before does not hang on what goes.
    """
    steps = [step._replace(awaits=(), probes=()) for step in steps]
    while steps:
        try:
            backend.execute(steps)
            return
        except ExecuteError as error:
            log.debug("undo of %s: %s", describe(error.step), error.reason)
            steps = error.remaining


def _touched(done: Sequence[Change], before: State) -> State:
    """What the steps changed, as it was, with all addresses and routes of the same links."""
    affected = _affected(done, before)
    names = affected | {step.key.link for step in done if isinstance(step.key, (AddressKey, SysctlKey))}
    for step in done:
        for one in (step.before, step.after):
            names.update(str(on) for on in links_of(Resource(step.key, one or {})) if on is not None)
    attributes: Dict[Key, Set[str]] = {}
    for step in done:
        attributes.setdefault(step.key, set()).update(step.before or ())
    kept: Dict[Key, Resource] = {}
    for resource in before:
        found = _as_it_was(resource, affected, names, attributes)
        if found is not None:
            kept[resource.key] = found
    return State(kept)


def _as_it_was(
    resource: Resource, affected: Set[str], names: Set[str], attributes: Mapping[Key, Set[str]]
) -> Optional[Resource]:
    key = resource.key
    if isinstance(key, LinkKey):
        if key.name not in affected:
            return None
        said = dict.fromkeys((*_following(resource), *sorted(attributes.get(key, ()))))
        values = {name: resource.values.get(name) for name in said if name != "index"}
        return Resource(key, values, initial=described(resource))
    if isinstance(key, AddressKey) and key in attributes:
        # The one thing of it that a step changes.
        return Resource(key, {"lifetime": resource.values.get("lifetime")}, initial=resource.values)
    if comes_by_itself(resource) or (key not in attributes and not (_links(resource) & names)):
        return None
    if isinstance(key, AddressKey):
        return Resource(key, {}, initial=resource.values)
    unsaid = _NOT_ATTRIBUTES
    if isinstance(key, RouteKey) and key.others:
        # Not to be read where ours is the first.
        unsaid |= {"protocol", *route.OPTIONS}
    values = {name: one for name, one in resource.values.items() if name not in unsaid}
    return Resource(key, values, initial=resource.values)


def _links(resource: Resource) -> Set[str]:
    return {str(on) for on in links_of(resource) if on is not None}


def _following(link: Resource) -> Iterator[str]:
    """What may change when another attribute or link does: a VLAN follows its device, a bridge its ports.

    A port that leaves its bridge leaves its options there.
    A link of which no master is said would be released (see diff).
    """
    yield from ("master", "mtu", "up")
    if link.values.get("master") is None:
        yield "address"
    if link.values.get("kind") == bond.KIND:
        # Without miimon the driver refuses its multiples, 0 included.
        # Nor does it take an option of another mode, even to be off.
        yield from (name for name in bond.MONITORS if bond.takes(name, link.values.get("mode")))
        yield from bond.MULTIPLES_OF_MIIMON if link.values.get("miimon") else ()
    if link.values.get("kind") == bridge.KIND:
        yield from bridge.FOLLOWING
    yield from (name for name in bridge_port.ATTRIBUTES if name in link.values)


def _affected(done: Sequence[Change], before: State) -> Set[str]:
    """The links of the steps, and those that follow one of them."""
    steps = [(step.key.name, step.after or {}) for step in done if isinstance(step.key, LinkKey)]
    known = {name for name, _ in before.links()}
    above = links_above(before)
    names = {str(one) for name, values in steps for one in (name, values.get("master"))} & known
    names |= {name for name, one in before.links() if one.values.get("master") in names}
    while True:
        masters = {one.values.get("master") for name, one in before.links() if name in names}
        found = set(standing_on(names | {str(one) for one in masters if one}, above))
        if found == names:
            return names
        names = found

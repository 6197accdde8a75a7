"""Take back what was done, and see that it is taken back."""

from __future__ import annotations

import logging
from typing import Dict, Iterator, List, Sequence, Set, Tuple

from ..backends.protocol import Backend, ExecuteError
from ..state import bond
from ..state.diff import Change, diff
from ..state.loss import standing_on
from ..state.model import MESSAGE, AddressKey, Key, LinkKey, Resource, State
from ..state.plan import plan
from ..state.values import Prefix
from .verify import describe, mismatches

log = logging.getLogger(__name__)

#: RTPROT_REDIRECT, RTPROT_KERNEL, RTPROT_RA: these routes come and go by themselves.
_SELF_MADE = frozenset({1, 2, 9})


def undo(done: Sequence[Change], before: State, backend: Backend) -> List[str]:
    """Take steps back, the last first, then whatever the kernel took along; what is left.

    Read back, so that an empty answer means that the links are as they were.
    """
    _execute_all([step.inverse for step in reversed(done) if step.before != step.after], backend)
    was = _touched(done, before)
    live = backend.observe()
    displaced = _displaced(was, live)
    if displaced:
        _execute_all(displaced, backend)
        live = backend.observe()
    fallen = [change for change in diff(was, live).changes if not _is_anothers(change)]
    if fallen:
        _execute_all(plan(fallen, was, live).steps, backend)
        live = backend.observe()
    left = [text for change in diff(was, live).changes for text in mismatches(change, live)]
    made = [step.key for step in done if step.before is None and before.get(step.key) is None]
    left += [
        f"{describe(Change(key, None, None))} is still there" for key in made if live.get(key) is not None
    ]
    left += [f"{describe(change)} is not at its place" for change in _displaced(was, live)]
    return list(dict.fromkeys(left))


def _is_anothers(change: Change) -> bool:
    """Whether it would overwrite a route that another has put where ours was."""
    return change.key.resource == "route" and (change.before or {}).get("protocol") is not None


def _execute_all(steps: Sequence[Change], backend: Backend) -> None:
    """Go on after a step that fails: a link that goes takes its addresses and routes along."""
    while steps:
        try:
            backend.execute(steps)
            return
        except ExecuteError as error:
            log.debug("undo of %s: %s", describe(error.step), error.reason)
            steps = error.remaining


def _displaced(was: State, live: State) -> List[Change]:
    """Removals, the last first, of IPv4 addresses where a subnet's are in another order than before.

    The first one is what the node speaks with, and the others fall with it.
    """
    orders = _by_subnet(live)
    removals: List[Change] = []
    for subnet, order in _by_subnet(was).items():
        now = orders.get(subnet, [])
        # What is missing can only be added at the end.
        if now != order[: len(now)]:
            removals += [Change(key, live.resources[key].values, None) for key in reversed(now)]
    return removals


def _by_subnet(state: State) -> Dict[Tuple[str, Prefix], List[AddressKey]]:
    """The IPv4 addresses of each link and subnet, in the kernel's order."""
    found: Dict[Tuple[str, Prefix], List[AddressKey]] = {}
    for resource in state:
        key = resource.key
        if isinstance(key, AddressKey) and key.prefix.bits == 32:
            found.setdefault((key.link, key.prefix.network), []).append(key)
    return found


def _touched(done: Sequence[Change], before: State) -> State:
    """What the steps changed, as it was, with all addresses and routes of the same links."""
    affected = _affected(done, before)
    names = affected | {step.key.link for step in done if isinstance(step.key, AddressKey)}
    names |= {str(one["link"]) for step in done for one in (step.before, step.after) if one and "link" in one}
    attributes: Dict[Key, Set[str]] = {}
    for step in done:
        attributes.setdefault(step.key, set()).update(step.before or ())
    kept: Dict[Key, Resource] = {}
    for resource in before:
        key = resource.key
        if isinstance(key, LinkKey):
            if key.name in affected:
                said = dict.fromkeys((*_following(resource), *sorted(attributes.get(key, ()))))
                kept[key] = resource._replace(values={name: resource.values.get(name) for name in said})
        elif isinstance(key, AddressKey):
            if key.link in names and not _is_automatic(resource):
                kept[key] = Resource(key, {}, initial=resource.values)
        elif resource.values.get("link") in names and resource.values.get("protocol") not in _SELF_MADE:
            values = {name: one for name, one in resource.values.items() if name != MESSAGE}
            kept[key] = Resource(key, values, initial=resource.values)
    return State(kept)


def _following(link: Resource) -> Iterator[str]:
    """What may change when another attribute or link does: a VLAN follows its device, a bridge its ports.

    A link of which no master is said would be released (see diff).
    """
    yield from ("master", "mtu", "up")
    if link.values.get("master") is None:
        yield "address"
    if link.values.get("kind") == bond.KIND:
        yield from (*bond.MONITORS, *bond.MULTIPLES_OF_MIIMON)


def _affected(done: Sequence[Change], before: State) -> Set[str]:
    """The links of the steps, and those that follow one of them."""
    steps = [(step.key.name, step.after or {}) for step in done if isinstance(step.key, LinkKey)]
    known = {name for name, _ in before.links()}
    names = {str(one) for name, values in steps for one in (name, values.get("master"))} & known
    while True:
        masters = {one.values.get("master") for name, one in before.links() if name in names}
        found = standing_on(names | {str(one) for one in masters if one}, before)
        if found == names:
            return names
        names = found


def _is_automatic(address: Resource) -> bool:
    """The kernel gives every link its IPv6 link-local address when it comes up (IFAPROT_KERNEL_LL)."""
    return address.values.get("protocol") == _KERNEL_LL


_KERNEL_LL = 3

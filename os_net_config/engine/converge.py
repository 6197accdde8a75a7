"""The pipeline: read, observe, compile, diff, plan; then execute and verify.

Everything up to the plan only reads, so that a dry run cannot act.
"""

from __future__ import annotations

import logging
import os
import signal
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Dict, Iterator, List, Sequence, Set, Tuple

from ..backends.protocol import Backend, ExecuteError
from ..config.compile import compile_section
from ..config.document import Document
from ..config.load import MAIN, Config, load
from ..config.nics import Names
from ..state.diff import Change, diff
from ..state.model import MESSAGE, AddressKey, Key, LinkKey, Resource, State, attributes_of
from ..state.nic import Nic
from ..state.plan import CycleError, Plan, plan
from ..state.problem import Problem, ProblemsError, Severity, first
from ..state.values import Choice, Flag, Integer, Prefix

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Prepared:
    """All that is known before the first write."""

    config: Config
    names: Names
    wanted: State
    live: State
    plan: Plan

    @property
    def warnings(self) -> List[Problem]:
        return [one for one in self.config.problems if one.severity is Severity.WARNING]


class MismatchError(Exception):
    """The kernel acknowledged the changes, and its state is not what they say."""

    def __init__(self, differences: Sequence[str]) -> None:
        self.differences = list(differences)
        super().__init__("; ".join(differences))


class UndoneError(Exception):
    """A step failed. What was done was taken back; ``left`` is what could not be."""

    def __init__(self, cause: str, left: Sequence[str]) -> None:
        self.cause = cause
        self.left = list(left)
        super().__init__(cause)


def prepare_document(document: Document, live: State, nics: Sequence[Nic], names: Names) -> Prepared:
    """The plan for this document on a node in this state. Raises ProblemsError. Pure."""
    config = load(document, names, lambda name: live.link(name) is not None)
    # The other sections are not applied, so that they may ask for what comes later.
    refused = [
        one for one in config.problems if one.severity is Severity.UNSUPPORTED and one.path[:1] == (MAIN,)
    ]
    if refused:
        raise ProblemsError(refused, document)
    macs = {nic.name: nic.mac for nic in nics}
    wanted = compile_section(config.objects, config.routes, macs, names.rename)
    return Prepared(config, names, wanted, live, _plan(document, wanted, live))


def _plan(document: Document, wanted: State, live: State) -> Plan:
    difference = diff(wanted, live)
    if difference.problems:
        raise ProblemsError(first(difference.problems), document)
    try:
        return plan(difference.changes, wanted, live)
    except CycleError as error:
        message = f"the changes of {error} need each other: none of them can be the first"
        raise ProblemsError([Problem((), message)], document) from error


def refresh(prepared: Prepared, backend: Backend) -> Prepared:
    """The same config against the node as it is now: for a run that had no lock until here."""
    live = backend.observe()
    return replace(prepared, live=live, plan=_plan(prepared.config.document, prepared.wanted, live))


def apply(prepared: Prepared, backend: Backend) -> None:
    """Carry the plan out and see that it holds.

    Raises UndoneError when a step fails or the kernel does not do what it acknowledged; then
    what was done has been taken back.
    """
    if not prepared.plan:
        return
    log.info("making %d steps", len(prepared.plan.steps))
    with _undisturbed():
        _make(prepared, backend)


@contextmanager
def _undisturbed() -> Iterator[None]:
    """A signal that would end the run waits until the node is in a state with a name."""
    blocked = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT, signal.SIGTERM, signal.SIGHUP})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, blocked)


def _make(prepared: Prepared, backend: Backend) -> None:
    try:
        backend.execute(prepared.plan.steps)
        verify(prepared, backend.observe())
    except ExecuteError as error:
        cause = f"{describe(error.step)}: {error.reason}"
        raise UndoneError(cause, undo(error.done, prepared.live, backend)) from error
    except MismatchError as error:
        raise UndoneError(str(error), undo(prepared.plan.steps, prepared.live, backend)) from error


def verify(prepared: Prepared, live: State) -> None:
    """Read every attribute of the plan back. Raises MismatchError."""
    wrong = [text for change in prepared.plan.changes for text in _mismatches(change, live)]
    wrong += [text for change in diff(prepared.wanted, live).changes for text in _mismatches(change, live)]
    if wrong:
        raise MismatchError(list(dict.fromkeys(wrong)))


#: Labels that older kernels acknowledge and do not keep (IFA_PROTO before 5.18).
_LABELS = frozenset({"protocol", "group"})


def _mismatches(change: Change, live: State) -> List[str]:
    have = live.get(change.key)
    name = describe(change)
    if change.after is None:
        return [f"{name} is still there"] if have is not None else []
    if have is None:
        return [f"{name} is not there"]
    table = attributes_of(change.key, have.values)
    wrong = []
    for attribute, value in change.after.items():
        got = have.values.get(attribute)
        if got == value:
            continue
        if attribute in _LABELS and isinstance(change.key, AddressKey):
            log.debug("the kernel does not keep %s of %s", attribute, name)
            continue
        shown = table[attribute].type.show
        if got is None and isinstance(table[attribute].type, _ALWAYS_TOLD):
            kernel = f"this kernel ({os.uname().release})"
            wrong.append(f"{attribute} of {name} cannot be {shown(value)}: {kernel} does not know it")
        else:
            wrong.append(f"{attribute} of {name} is {shown(got)} instead of {shown(value)}")
    return wrong


#: Where the kernel says nothing of an attribute of these types, it does not have it.
_ALWAYS_TOLD = (Choice, Flag, Integer)


def describe(change: Change) -> str:
    key = change.key
    on = f" on {key.link}" if isinstance(key, AddressKey) else ""
    return f"{key.resource} {key}{on}"


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
    fallen = diff(was, live).changes
    if fallen:
        _execute_all(plan(fallen, was, live).steps, backend)
        live = backend.observe()
    left = [text for change in diff(was, live).changes for text in _mismatches(change, live)]
    made = [step.key for step in done if step.before is None and before.get(step.key) is None]
    left += [
        f"{describe(Change(key, None, None))} is still there" for key in made if live.get(key) is not None
    ]
    left += [f"{describe(change)} is not at its place" for change in _displaced(was, live)]
    return list(dict.fromkeys(left))


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
    names = {step.key.name for step in done if isinstance(step.key, LinkKey)}
    names |= {step.key.link for step in done if isinstance(step.key, AddressKey)}
    names |= {str(one["link"]) for step in done for one in (step.before, step.after) if one and "link" in one}
    attributes: Dict[Key, Set[str]] = {}
    for step in done:
        attributes.setdefault(step.key, set()).update(step.before or ())
    kept: Dict[Key, Resource] = {}
    for resource in before:
        key = resource.key
        if isinstance(key, LinkKey):
            values = {name: resource.values.get(name) for name in attributes.get(key, ())}
            if values:
                kept[key] = resource._replace(values=values)
        elif isinstance(key, AddressKey):
            if key.link in names and not _is_automatic(key):
                kept[key] = Resource(key, {}, initial=resource.values)
        elif resource.values.get("link") in names and resource.values.get("protocol") not in _SELF_MADE:
            values = {name: one for name, one in resource.values.items() if name != MESSAGE}
            kept[key] = Resource(key, values, initial=resource.values)
    return State(kept)


def _is_automatic(key: AddressKey) -> bool:
    """The kernel gives every link its IPv6 link-local address when it comes up."""
    return key.prefix.address[:2] == b"\xfe\x80"

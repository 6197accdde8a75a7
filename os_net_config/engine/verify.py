"""An acknowledgement is no proof: read back, and say what is not as it was asked for."""

from __future__ import annotations

import logging
import os
from typing import List, Sequence

from ..state import bond
from ..state.bridge_port import PATH_COST
from ..state.detection import is_duplicate
from ..state.diff import Change, diff
from ..state.model import AddressKey, Resource, RouteKey, RowKey, State, attributes_of, value_of
from ..state.plan import Plan
from ..state.problem import Problem
from ..state.process import BROUGHT
from ..state.route import PROTOCOL
from ..state.values import Choice, Flag, Integer, Value, VlanProtocol

log = logging.getLogger(__name__)


class MismatchError(Exception):
    """The kernel acknowledged the changes, and its state is not what they say. ``problems`` say where."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = list(problems)
        super().__init__("; ".join(one.message for one in problems))


def verify(plan: Plan, wanted: State, live: State) -> None:
    """Read every attribute of the plan back. Raises MismatchError."""
    wrong = [(text, change) for change in plan.changes for text in mismatches(change, live)]
    wrong += [(text, change) for change in diff(wanted, live).changes for text in told(change, live)]
    if wrong:
        # Of what is told twice the plan's knows its place.
        origins = {text: change.origin for text, change in reversed(wrong)}
        texts = dict.fromkeys(text for text, _ in wrong)
        raise MismatchError([Problem(origins[text], text) for text in texts])


def told(change: Change, live: State) -> List[str]:
    """In words, a difference that is left."""
    if "place" in (change.after or {}):
        return [f"{describe(change)} is not at its place"]
    return mismatches(change, live)


#: Labels that older kernels acknowledge and do not keep (IFA_PROTO before 5.18).
_LABELS = frozenset({"protocol", "group"})


def mismatches(change: Change, live: State) -> List[str]:
    """In words, what of this change is not so."""
    have = live.get(change.key)
    name = describe(change)
    if change.after is None:
        # Under a route's key another's may be, which ours stood before; a client may get the same address.
        others = (
            isinstance(change.key, RouteKey) and have is not None and have.values.get("protocol") != PROTOCOL
        )
        is_ours = have is not None and not others and BROUGHT not in have.values
        return [f"{name} is still there"] if is_ours else []
    if have is None:
        return [f"{name} is not there"]
    if change.before is None and is_duplicate(have):
        return [f"{name} is a duplicate: another node has it"]
    found = (_mismatch(name, attribute, value, have) for attribute, value in change.after.items())
    return [text for text in found if text]


def _mismatch(name: str, attribute: str, value: Value, have: Resource) -> str:
    """What is wrong with one attribute; empty if it is as it should be."""
    table, got = attributes_of(have.key, have.values), value_of(have, attribute)
    if attribute not in table:
        return f"{name} is of another kind, without {attribute}"
    if _agrees(attribute, got, value, have):
        return ""
    if attribute in _LABELS and isinstance(have.key, AddressKey):
        log.debug("the kernel does not keep %s of %s", attribute, name)
        return ""
    shown = table[attribute].type.show
    if got is None and isinstance(table[attribute].type, _ALWAYS_TOLD) and not isinstance(have.key, RowKey):
        kernel = f"this kernel ({os.uname().release})"
        return f"{attribute} of {name} cannot be {shown(value)}: {kernel} does not know it"
    return f"{attribute} of {name} is {shown(got)} instead of {shown(value)}"


def _agrees(attribute: str, got: Value, value: Value, have: Resource) -> bool:
    """Whether nothing is wrong, or nothing is to be seen of it."""
    if attribute == _ORDER or (attribute == PATH_COST and value is None):
        return True
    if (
        got is None
        and have.values.get("kind") == bond.KIND
        and not bond.takes(attribute, have.values["mode"])
    ):
        # It went back before the mode did, and in this one the driver does not speak of it.
        return True
    return got == value or attributes_of(have.key, have.values)[attribute].type.same(got, value)


#: Not told of an address: it is seen among the others.
_ORDER = "place"

#: Where the kernel says nothing of an attribute of these types, it does not have it. A column may be empty.
_ALWAYS_TOLD = (Choice, Flag, Integer, VlanProtocol)


def describe(change: Change) -> str:
    key = change.key
    on = f" on {key.link}" if isinstance(key, AddressKey) else ""
    return f"{key.resource} {key}{on}"

"""Steps to rtnetlink messages. Importing this imports pyroute2: only a run that writes does."""

from __future__ import annotations

from typing import Sequence

from ...state import veth
from ...state.diff import Change
from ...state.model import RouteKey, RuleKey
from .encode import Encoded, Index, encode
from .encode_route import route_messages
from .encode_rule import rule_messages


def requests(step: Change, index: Index) -> Sequence[Encoded]:
    """The messages of one step, in order. ``index`` gives the kernel's number of a link that exists."""
    if isinstance(step.key, RouteKey):
        return route_messages(step, step.key, index)
    if isinstance(step.key, RuleKey):
        return rule_messages(step, step.key)
    if _went_along(step, index):
        return []
    return [encode(step, index)]


def _went_along(step: Change, index: Index) -> bool:
    """Whether it removes an end of a pair that went with the other one."""
    if step.after is not None or not veth.is_one(step.before or {}):
        return False
    try:
        index(str(step.key))
    except OSError:
        return True
    return False

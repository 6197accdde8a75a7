"""Steps to rtnetlink messages. Importing this imports pyroute2: only a run that writes does."""

from __future__ import annotations

from typing import Sequence

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
    return [encode(step, index)]

"""Pairs of links of which somebody has moved one end to another network namespace. Pure.

That end is his, and the other one is as it should be: it is neither made anew nor asked for its peer.
"""

from __future__ import annotations

from typing import Dict, Iterator, Mapping

from . import veth
from .model import LinkKey, Resource, State
from .problem import Problem, Severity
from .rows import without


def here(wanted: State, live: State) -> State:
    """What is wanted of this namespace."""
    gone = moved(wanted, live)
    if not gone:
        return wanted
    left = dict(without(wanted.resources, gone.keys()))
    for peer in gone.values():
        key = LinkKey(peer)
        left[key] = _alone(left[key])
    return State(left)


def _alone(one: Resource) -> Resource:
    return one._replace(values={name: value for name, value in one.values.items() if name != "link"})


def moved(wanted: State, live: State) -> Mapping[str, str]:
    """The ends that are elsewhere, with those that are here."""
    found: Dict[str, str] = {}
    for name, one in wanted.links():
        have, peer = live.values(name), veth.peer_of(one.values)
        if veth.is_one(have) and veth.ELSEWHERE in have and isinstance(peer, str) and live.link(peer) is None:
            found[peer] = name
    return found


def elsewhere(wanted: State, live: State) -> Iterator[Problem]:
    for peer, name in moved(wanted, live).items():
        message = f"{peer}, the other end of {name}, is in another network namespace: it is left alone there"
        hint = "what this file says of it is not applied"
        yield Problem(wanted.resources[LinkKey(peer)].origin, message, hint, Severity.WARNING)

"""Of which addresses the neighbours have to be told after a run, since they may know another MAC. Pure."""

from __future__ import annotations

from typing import AbstractSet, Iterator, List

from .address import DETECTION, LINK_LOCAL
from .model import AddressKey, Key, State
from .plan import Plan

_LOOPBACK = "lo"
#: RT_SCOPE_UNIVERSE.
_GLOBAL = 0


def announcements(plan: Plan, before: State, after: State) -> List[AddressKey]:
    """Global addresses that the plan brought to a link, and all on links that neighbours know otherwise.

    ``after`` is what was read when the plan was carried out: a bond and the VLANs on it take
    a port's MAC address without a step that says so.
    """
    return _told({change.key for change in plan.changes if change.before is None}, before, after)


def announcements_back(plan: Plan, before: State, after: State) -> List[AddressKey]:
    """The same where the plan has been taken back, and the node is as it was ``before``."""
    return _told({change.key for change in plan.changes if change.after is None}, after, before)


def announcements_between(before: State, after: State) -> List[AddressKey]:
    """The same of all that came between two readings of the node."""
    return _told(after.resources.keys() - before.resources.keys(), before, after)


def _told(came: AbstractSet[Key], before: State, after: State) -> List[AddressKey]:
    moved = set(_known_otherwise(before, after))
    return [
        key
        for key in after.resources
        if isinstance(key, AddressKey) and (key in came or key.link in moved) and _is_told(key, after)
    ]


#: With another value of one of these a link has other neighbours, or they know it by another MAC address.
_IDENTITY = ("address", "index", "link", "id", "vni")


def _known_otherwise(before: State, after: State) -> Iterator[str]:
    """Links that have another MAC address than before, or were made anew."""
    for name, link in after.links():
        was = before.link(name)
        if was is not None and any(was.values.get(one) != link.values.get(one) for one in _IDENTITY):
            yield name


def _is_told(key: AddressKey, state: State) -> bool:
    values = state.resources[key].values
    return (
        key.link != _LOOPBACK
        and values.get("scope") == _GLOBAL
        and not LINK_LOCAL.contains(key.prefix.address)
        # An address that may be another node's is not announced (RFC 4862, 5.4).
        and DETECTION not in values
    )

"""Our label by its name, so that ``ip`` shows who made a route or a link. Pure."""

from __future__ import annotations

import logging
from typing import Iterable, Iterator

from ..state.diff import Change
from ..state.link import GROUP
from ..state.model import AddressKey, Key, LinkKey, NameKey, Resource, RouteKey, RuleKey, State
from ..state.names import GROUPS, LABEL, OWNER, PROTOCOLS
from ..state.record import carries_our_label
from ..state.route import PROTOCOL
from ..state.values import Values

log = logging.getLogger(__name__)


def labels(live: State) -> Iterator[Resource]:
    """The names that a node of ours has, apart from a number that others have named already.

    The network does not hang on them, so that is no conflict.
    """
    for key in (NameKey(PROTOCOLS, PROTOCOL), NameKey(GROUPS, GROUP)):
        have = live.get(key)
        name, owner = (have.values.get("name"), have.values.get(OWNER)) if have is not None else (None, None)
        if owner is not None and name != LABEL:
            log.debug("%s calls %s %s: it stays so", owner, key, name)
        else:
            yield Resource(key, {"name": LABEL})


def used(labels: Iterable[Resource], wanted: State, live: State) -> Iterator[Resource]:
    """Those that name something: what has the number, or is to be made with it.

    A node that somebody set up by hand, and a config that says just that, have nothing of the kind.
    A name that is there stays.
    """
    carried = {_file(one.key) for one in live if carries_our_label(one)}
    carried |= {_file(one.key) for one in wanted if one.key not in live.resources and _is_labelled(one)}
    for one in labels:
        if one.key in live.resources or _file(one.key) in carried:
            yield one


def brought(labels: Iterable[Resource], steps: Iterable[Change]) -> Iterator[Resource]:
    """Those that name something which these steps make, be it in the place of something of others."""
    carried = {
        _file(step.key) for step in steps if step.after is not None and _has_number(step.key, step.after)
    }
    return (one for one in labels if _file(one.key) in carried)


def _is_labelled(one: Resource) -> bool:
    """Whether it gets the number when it is made."""
    return _has_number(one.key, one.initial)


def _has_number(key: Key, values: Values) -> bool:
    name, number = ("group", GROUP) if isinstance(key, LinkKey) else ("protocol", PROTOCOL)
    return values.get(name) == number


def _file(key: Key) -> str:
    """The file that has the name of its label."""
    if isinstance(key, NameKey):
        return key.file
    if isinstance(key, LinkKey):
        return GROUPS
    return PROTOCOLS if isinstance(key, (AddressKey, RouteKey, RuleKey)) else ""

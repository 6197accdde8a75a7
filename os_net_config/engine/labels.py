"""Our label by its name, so that ``ip`` shows who made a route or a link. Pure."""

from __future__ import annotations

import logging
from typing import Iterator

from ..state.link import GROUP
from ..state.model import NameKey, Resource, State
from ..state.names import GROUPS, LABEL, OWNER, PROTOCOLS
from ..state.route import PROTOCOL

log = logging.getLogger(__name__)


def labels(live: State) -> Iterator[Resource]:
    """The names that every node of ours has, apart from a number that others have named already.

    The network does not hang on them, so that is no conflict.
    """
    for key in (NameKey(PROTOCOLS, PROTOCOL), NameKey(GROUPS, GROUP)):
        have = live.get(key)
        name, owner = (have.values.get("name"), have.values.get(OWNER)) if have is not None else (None, None)
        if owner is not None and name != LABEL:
            log.debug("%s calls %s %s: it stays so", owner, key, name)
        else:
            yield Resource(key, {"name": LABEL})

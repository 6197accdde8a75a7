"""``team``: what its teamd was told."""

from __future__ import annotations

import json

from ...state import process, team
from ...state.model import ProcessKey
from .seen import Seen, UnsaidError
from .tree import Entry


def head(seen: Seen, name: str) -> Entry:
    """Without what every link has, and without members. Raises UnsaidError."""
    told = seen.live.get(ProcessKey(process.TEAM, name))
    if told is None or process.OWNER in told.values:
        raise UnsaidError("what its teamd was told nobody knows: it is not ours, or does not run")
    options = json.dumps(team.whole(told.values), sort_keys=True)
    return Entry({"type": "team", "name": seen.word(name), "bonding_options": options})

"""``use_dhcp`` and what goes with it: of links that have a client of ours."""

from __future__ import annotations

from typing import Dict

from ...state.model import ProcessKey
from ...state.process import BROUGHT, DHCP, OWNER
from ...state.values import Values
from ..dhcp import FAMILIES
from .seen import Seen


def shown(seen: Seen, name: str) -> Dict[str, bool]:
    one = seen.live.get(ProcessKey(DHCP, name))
    if one is None or OWNER in one.values:
        return {}
    said = {word: True for word, family in FAMILIES.items() if one.values.get(family)}
    return said if one.values.get("defroute") else {**said, "defroute": False}


def is_brought(values: Values) -> bool:
    """Whether such a client has brought it: it comes with that, and is not said."""
    return BROUGHT in values

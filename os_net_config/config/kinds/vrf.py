"""``vrf``: links with a route table of their own."""

from __future__ import annotations

from ...state import vrf
from ..objects import Object
from .common import Parts, Surroundings, made


def link(one: Object, around: Surroundings) -> Parts:
    parts = made(vrf.KIND)
    parts.values[vrf.TABLE.name] = one.get("table")
    return parts

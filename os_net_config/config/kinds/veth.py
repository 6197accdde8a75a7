"""``veth``: one end of a pair, of which the other one is another object of the file."""

from __future__ import annotations

from ...state import veth
from ..objects import Object
from .common import Parts, Surroundings, made


def link(one: Object, around: Surroundings) -> Parts:
    parts = made(veth.KIND, one)
    parts.values["link"] = one.get("peer")
    return parts

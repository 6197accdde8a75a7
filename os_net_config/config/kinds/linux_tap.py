"""``linux_tap``: a tap device that stays when the program that uses it ends."""

from __future__ import annotations

from ...state import tap
from ..objects import Object
from .common import Parts, Surroundings, made


def link(one: Object, around: Surroundings) -> Parts:
    parts = made(tap.KIND)
    parts.values["mode"] = tap.TAP
    return parts

"""``dummy``: a link with nothing behind it."""

from __future__ import annotations

from ...state import dummy
from ..objects import Object
from .common import Parts, Surroundings, made


def link(one: Object, around: Surroundings) -> Parts:
    return made(dummy.KIND, one)

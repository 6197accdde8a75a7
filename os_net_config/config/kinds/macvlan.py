"""``macvlan``: a further MAC address on a device."""

from __future__ import annotations

from ...state import macvlan
from ..objects import Object
from .common import Parts, Surroundings, made

DEFAULT_MODE = "bridge"


def link(one: Object, around: Surroundings) -> Parts:
    parts = made(macvlan.KIND, one)
    mode = macvlan.MODE.type.parse(one.get("mode", DEFAULT_MODE))
    parts.values.update({"link": one.device, macvlan.MODE.name: mode})
    return parts

"""``linux_bridge``: a bridge of the kernel."""

from __future__ import annotations

from ...state import bridge
from ..objects import Object
from .common import Parts, Surroundings, made


def link(one: Object, around: Surroundings) -> Parts:
    parts = made(bridge.KIND)
    mac = around.mac_of_primary(one)
    if mac:
        parts.values["address"] = mac
    return parts

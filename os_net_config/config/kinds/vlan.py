"""``vlan``: an 802.1Q VLAN on a device."""

from __future__ import annotations

from ...state import vlan
from ..objects import Object
from .common import Parts, Surroundings, made


def link(one: Object, around: Surroundings) -> Parts:
    parts = made(vlan.KIND)
    parts.values.update(link=one.device, id=one.vlan_id)
    return parts

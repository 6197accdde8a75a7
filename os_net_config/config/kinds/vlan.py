"""``vlan``: an 802.1Q VLAN on a device, or a port of Open vSwitch with a tag."""

from __future__ import annotations

from ...state import vlan
from ..objects import Object
from . import ovs
from .common import Parts, Surroundings, made


def link(one: Object, around: Surroundings) -> Parts:
    if ovs.is_internal(one):
        return ovs.link(one, around)
    parts = made(vlan.KIND)
    parts.values.update(link=one.device, id=one.vlan_id)
    return parts

"""``interface``: a NIC, or with a dot and a number in its name a VLAN of one."""

from __future__ import annotations

from ..objects import Object
from . import vlan
from .common import Parts, Surroundings


def link(one: Object, around: Surroundings) -> Parts:
    return vlan.link(one, around) if one.vlan_id is not None else Parts({}, {})

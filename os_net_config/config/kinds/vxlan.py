"""``vxlan``: Ethernet frames in UDP packets."""

from __future__ import annotations

from typing import Mapping, Optional

from ...state import vxlan
from ..formats import ip_address
from ..objects import Object
from .common import Parts, Surroundings, made

#: What an object says, and the attribute of the link that it is.
_OPTIONS: Mapping[str, str] = {
    "srcport": "srcport",
    "ttl": "ttl",
    "tos": "tos",
    "df": "df",
    "learning": "vxlan_learning",
    "ageing": "vxlan_ageing",
}


def link(one: Object, around: Surroundings) -> Parts:
    parts = made(vxlan.KIND, one)
    parts.values.update(
        {
            vxlan.VNI.name: one.get("vxlan_id"),
            "link": one.device,
            vxlan.LOCAL.name: address(one, "local"),
            vxlan.REMOTE.name: address(one, "group") or address(one, "remote"),
            vxlan.PORT.name: one.get("dstport", vxlan.DSTPORT),
        }
    )
    for word, name in _OPTIONS.items():
        if one.get(word) is not None:
            parts.values[name] = vxlan.ATTRIBUTES[name].type.parse(one.get(word))
    return parts


def address(one: Object, name: str) -> Optional[bytes]:
    text = one.get(name)
    return ip_address(str(text)) if text is not None else None

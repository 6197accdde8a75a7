"""``vxlan``: Ethernet frames in UDP packets."""

from __future__ import annotations

from typing import Dict, Mapping, Optional

from ...state import vxlan
from ..formats import ip_address
from ..objects import Object
from .common import Parts, Surroundings, made

#: What an object calls each attribute of the link, in the order of a file.
WORDS: Mapping[str, str] = {
    "srcport": "srcport",
    "vxlan_learning": "learning",
    "vxlan_ageing": "ageing",
    "ttl": "ttl",
    "tos": "tos",
    "df": "df",
}


def link(one: Object, around: Surroundings) -> Parts:
    parts = made(vxlan.KIND, one)
    parts.values.update(
        {
            vxlan.VNI.name: one.get("vxlan_id"),
            "link": one.device,
            **ends(one),
            vxlan.PORT.name: one.get("dstport", vxlan.DSTPORT),
        }
    )
    for name, attribute in vxlan.ATTRIBUTES.items():
        said = one.get(WORDS[name]) if name in WORDS else None
        if said is not None:
            parts.values[name] = attribute.type.parse(said)
    return parts


def ends(one: Object) -> Dict[str, Optional[bytes]]:
    """Where its packets come from, and where they go."""
    return {
        vxlan.LOCAL.name: address(one, "local"),
        vxlan.REMOTE.name: address(one, "group") or address(one, "remote"),
    }


def address(one: Object, name: str) -> Optional[bytes]:
    text = one.get(name)
    return ip_address(str(text)) if text is not None else None

"""What a link has from the one that it stands on: its MTU, as long as nobody says another one. Pure."""

from __future__ import annotations

from typing import Optional

from . import macvlan, vlan, vxlan
from .values import Values

#: Kinds of links that are made with as large an MTU as the link below has room for.
KINDS = frozenset({vlan.KIND, macvlan.KIND, vxlan.KIND})
#: What every link has that stands on none (ETH_DATA_LEN).
ETHERNET_MTU = 1500


def room(values: Values, below: Optional[int]) -> Optional[int]:
    """The largest MTU that a link with these values can have on one with this MTU."""
    if below is None or values.get("kind") != vxlan.KIND:
        return below
    return below - vxlan.overhead(values)

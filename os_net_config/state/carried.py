"""What a link has from the one that it stands on: its MTU, as long as nobody says another one. Pure."""

from __future__ import annotations

from typing import Mapping, Optional

from . import macvlan, vlan, vrf, vxlan
from .values import Value, Values

#: Kinds of links that are made with as large an MTU as the link below has room for.
KINDS = frozenset({vlan.KIND, macvlan.KIND, vxlan.KIND})
#: What every link has that stands on none (ETH_DATA_LEN).
ETHERNET_MTU = 1500
_USUAL_MTU: Mapping[Value, int] = {vrf.KIND: vrf.MTU}


def room(values: Values, below: Optional[int]) -> Optional[int]:
    """The largest MTU that a link with these values can have on one with this MTU; None: any."""
    if below is None or values.get("kind") not in KINDS:
        return None
    if values.get("kind") != vxlan.KIND:
        return below
    return below - vxlan.overhead(values)


def usual_mtu(kind: Value) -> int:
    """That of a new link which has it from no other one."""
    return _USUAL_MTU.get(kind, ETHERNET_MTU)

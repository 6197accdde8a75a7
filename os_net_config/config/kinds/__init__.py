"""What each type of object makes of itself: one small module per kind of link."""

from __future__ import annotations

from typing import Callable, Mapping

from . import (
    dummy,
    interface,
    ipoib,
    linux_bond,
    linux_bridge,
    linux_tap,
    macvlan,
    ovs,
    team,
    veth,
    vlan,
    vrf,
    vxlan,
)
from .common import Parts, Surroundings

#: The link of an object, by the type of the object.
KINDS: Mapping[str, Callable[..., Parts]] = {
    "dummy": dummy.link,
    "ib_child_interface": ipoib.child,
    "ib_interface": ipoib.port,
    "interface": interface.link,
    "linux_bond": linux_bond.link,
    "linux_bridge": linux_bridge.link,
    "linux_tap": linux_tap.link,
    "macvlan": macvlan.link,
    "ovs_bridge": ovs.link,
    "ovs_user_bridge": ovs.link,
    "team": team.link,
    "veth": veth.link,
    "vlan": vlan.link,
    "vrf": vrf.link,
    "vxlan": vxlan.link,
}

__all__ = ["KINDS", "Parts", "Surroundings"]

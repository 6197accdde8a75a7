"""What pairs are drawn from: all of it, or less of it to find out what a difference comes from."""

from __future__ import annotations

from enum import Enum
from typing import FrozenSet, Iterable


class Feature(Enum):
    """A change of config, or a part of the language; without one the pairs are simpler."""

    PRUNING = "what is no longer named is released or removed"
    RESETTING = "an attribute that is no longer named goes back"
    FOLLOWING = "what names no MTU has the one that it would be made with"
    FALLING = "what falls with a link that goes down or leaves a bond comes back"
    PRIMARIES = "a primary may be any link, and a bridge has its MAC address whatever it had"
    ADDRESS_ORDER = "the order of a subnet's addresses is that of the config"
    LINK_DOWN = "an attribute that needs the link down changes"
    PORTS_RELEASED = "an attribute that needs the ports released changes"
    RECREATION = "a link gets another device or VLAN id"
    KINDS = "a name is given to a link of another kind"
    RULES = "rules"
    TABLES = "route_table, and routes of other tables"
    ROUTE_OPTIONS = "all of route_options"
    DEAD_ENDS = "routes of type blackhole, unreachable, prohibit"
    MULTIPATH = "routes with several next hops"
    TAPS = "linux_tap"
    OWN_LINKS = "dummy, macvlan, vxlan, vrf and veth"
    BRIDGE_OPTIONS = "bridge_options and bridge_port_options"
    DAD = "duplicate address detection is waited for"


Features = FrozenSet[Feature]

ENABLED: Features = frozenset(Feature)
NONE: Features = frozenset()


def named(names: Iterable[str]) -> Features:
    """Those of these names, in any case; "all" stands for all. KeyError: there is no such feature."""
    wanted = [name.upper().replace("-", "_") for name in names]
    return ENABLED if "ALL" in wanted else frozenset(Feature[name] for name in wanted)

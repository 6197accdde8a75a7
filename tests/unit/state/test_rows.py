"""Links that Open vSwitch has left in the kernel, and that its database does not know any more."""

from __future__ import annotations

from typing import Dict, List, Set

from os_net_config.state import row
from os_net_config.state.model import AddressKey, Key, LinkKey, Resource, RouteKey, RowKey, SysctlKey
from os_net_config.state.rows import without_stale
from os_net_config.state.values import NextHop, Prefix, Values

PREFIX = Prefix(b"\xc0\x00\x02\x0a", 24)


def node(interfaces: List[str], has_database: bool = True) -> Dict[Key, Resource]:
    """Two internal links, a VLAN on the first, and what they have."""
    found: Dict[Key, Values] = {
        LinkKey("ovs-system"): {"kind": "openvswitch"},
        LinkKey("br0"): {"kind": "openvswitch"},
        LinkKey("br1"): {"kind": "openvswitch"},
        LinkKey("br0.5"): {"kind": "vlan", "link": "br0"},
        LinkKey("eno1"): {"kind": "", "datapath": "ovs-system"},
        AddressKey("br0.5", PREFIX): {},
        AddressKey("br1", PREFIX): {},
        SysctlKey("br0", 6, "autoconf"): {"value": 0},
        RouteKey(PREFIX, 1): {"link": "br0"},
        RouteKey(PREFIX, 2): {"nexthops": (NextHop(None, "br0", 1, 0), NextHop(None, "br1", 1, 0))},
        RouteKey(PREFIX, 3): {},
        **{RowKey(row.INTERFACE, name): {"type": row.INTERNAL} for name in interfaces},
        **({RowKey(row.ROOT, row.ROOT_NAME): {}} if has_database else {}),
    }
    return {key: Resource(key, values) for key, values in found.items()}


def lost(resources: Dict[Key, Resource]) -> Set[Key]:
    return resources.keys() - without_stale(resources).keys()


def test_those_that_no_row_speaks_of_and_what_stands_on_them() -> None:
    assert lost(node(["br1"])) == {
        *(LinkKey("br0"), LinkKey("br0.5"), AddressKey("br0.5", PREFIX)),
        *(SysctlKey("br0", 6, "autoconf"), RouteKey(PREFIX, 1)),
    }


def test_with_their_rows_or_without_a_database_to_ask_nothing_is() -> None:
    assert lost(node(["br0", "br1"])) == set()
    assert lost(node([], has_database=False)) == set()

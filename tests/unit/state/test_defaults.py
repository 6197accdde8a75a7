"""Defaults that hang on other values, and where there is none; the kernel is asked in tests/kernel."""

from __future__ import annotations

import pytest

from os_net_config.state import bond, bridge
from os_net_config.state.attributes import NO_DEFAULT, Default
from os_net_config.state.defaults import default
from os_net_config.state.model import LinkKey
from os_net_config.state.values import Values

KEY = LinkKey("some")
LACP = bond.MODES.index("802.3ad")


@pytest.mark.parametrize(
    "values, name, wanted",
    [
        ({"kind": "bond", "mode": 1}, "miimon", 100),
        ({"kind": "bond", "mode": 1, "arp_interval": 0}, "miimon", 100),
        ({"kind": "bond", "mode": 1, "arp_interval": 500}, "miimon", 0),
        ({"kind": "bond", "mode": 1}, "primary", None),
        ({"kind": "bond", "mode": LACP}, "primary", NO_DEFAULT),
        ({"kind": "bond", "mode": LACP}, "lacp_rate", 0),
        ({"kind": "bond", "mode": 1}, "lacp_rate", NO_DEFAULT),
        ({"kind": "bond", "mode": 1}, "arp_ip_target", ()),
        ({"kind": "bond", "mode": 1}, "active_slave", NO_DEFAULT),
        ({"kind": "bond", "mode": 1}, "isolated", 0),
        ({"kind": "bridge"}, "group_addr", bytes.fromhex("0180c2000000")),
        (
            {"kind": "bridge", "vlan_filtering": 1, "vlan_protocol": 0x88A8},
            "group_addr",
            bytes.fromhex("0180c2000008"),
        ),
        ({"kind": "bridge"}, "forward_delay", 0),
        ({"kind": "bridge"}, "mtu", NO_DEFAULT),
        ({"kind": ""}, "learning", 1),
        ({}, "learning", 1),
        ({"kind": "veth"}, "path_cost", NO_DEFAULT),
        ({"kind": "vlan"}, "id", NO_DEFAULT),
        ({"kind": "vlan"}, "mode", NO_DEFAULT),
    ],
)
def test_default(values: Values, name: str, wanted: Default) -> None:
    assert default(KEY, values, name) == wanted


def test_what_has_none() -> None:
    """Of a bond in each mode, and of a bridge."""
    for number, mode in enumerate(bond.MODES):
        found = {name for name in bond.ATTRIBUTES if _of(number, name) is NO_DEFAULT}
        not_in_mode = {name for name, modes in bond.MODES_OF.items() if mode not in modes}
        assert found == {"mode", "active_slave"} | not_in_mode
    assert all(default(KEY, {"kind": bridge.KIND}, name) is not NO_DEFAULT for name in bridge.ATTRIBUTES)


def _of(mode: int, name: str) -> Default:
    return default(KEY, {"kind": bond.KIND, "mode": mode}, name)

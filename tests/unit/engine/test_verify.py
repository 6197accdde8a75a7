"""What is said of an attribute that does not read back."""

from __future__ import annotations

from typing import Dict

import pytest

from os_net_config.engine.verify import mismatches
from os_net_config.state import row
from os_net_config.state.diff import Change
from os_net_config.state.model import Key, LinkKey, Resource, RowKey, State
from os_net_config.state.values import Values

VLAN20 = RowKey(row.PORT, "vlan20")


@pytest.mark.parametrize(
    ("said", "text"),
    [
        ({"tag": 20}, "tag of ovs port vlan20 is none instead of 20"),
        ({"vlan_mode": "access"}, "vlan_mode of ovs port vlan20 is none instead of access"),
        ({"protected": 1}, "protected of ovs port vlan20 is none instead of true"),
    ],
)
def test_a_column_that_is_empty_is_no_matter_of_the_kernel(said: Values, text: str) -> None:
    live = State({VLAN20: Resource(VLAN20, {"bridge": "br0"})})
    (told,) = mismatches(Change(VLAN20, {}, said), live)
    assert told.endswith(text)


def test_an_attribute_of_a_link_that_the_kernel_never_tells() -> None:
    key: Key = LinkKey("br0")
    values: Dict[Key, Resource] = {key: Resource(key, {"kind": "bridge"})}
    (told,) = mismatches(Change(key, {}, {"forward_delay": 400}), State(values))
    assert "forward_delay of link br0 cannot be " in told and "does not know it" in told

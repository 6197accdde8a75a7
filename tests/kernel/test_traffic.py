"""What goes over netlink is what the plan needs: counted, not timed. A growth fails here."""

from __future__ import annotations

from pathlib import Path
from typing import Tuple

import pytest

from benchmarks.vlans import config as config_of_vlans
from os_net_config.backends.node import NodeBackend
from os_net_config.backends.rtnetlink.socket import Traffic
from os_net_config.engine.converge import apply
from os_net_config.engine.prepared import Prepared
from os_net_config.engine.sources import Sources, prepare
from os_net_config.state.detection import awaited
from os_net_config.state.model import LinkKey, NameKey, SysctlKey

from .support.node import Node, ip
from .support.program import EXAMPLES

#: Links, addresses, rules, and the routes of each family.
_DUMPS = 5
#: Ours only, everything once there is something to do, and everything to verify it.
_LOOKS = 3
#: Where IPv6 addresses are new: their links and they themselves, to see whether they are usable.
_DETECTION_DUMPS = 2

#: Each link made by one batch at the earliest after those that it stands on, no example is higher; and
#: one that begins where other nodes are asked for addresses.
_MOST_BATCHES = 5
#: Those of Open vSwitch are made by its database, not over netlink.
WITHOUT_SWITCH = [one for one in EXAMPLES if not one.name.startswith("ovs-")]


def _applied(config: Path, mapping: Path) -> Tuple[Prepared, Traffic, Traffic]:
    """The plan that makes everything, the traffic of its run, and that of a run after it."""
    sources = Sources(str(config), str(mapping))
    with NodeBackend() as backend:
        prepared = prepare(sources, backend)
        apply(prepared, backend)
        first = backend.traffic
    with NodeBackend() as backend:
        apply(prepare(sources, backend), backend)
        return prepared, first, backend.traffic


def _most(prepared: Prepared) -> int:
    """One write for a thing that is made or goes, one for an attribute that changes.

    What is made and has ports, is one, or waits for its settings is set up by a second one; a port is
    attached by another before that. Names and IPv6's settings are files.
    """
    everything = prepared.plan.changes
    set_first = {change.key.link for change in everything if isinstance(change.key, SysctlKey)}
    changes = [change for change in everything if not isinstance(change.key, (NameKey, SysctlKey))]
    made = {
        change.key.name: change.after or {}
        for change in changes
        if isinstance(change.key, LinkKey) and not change.before
    }
    masters = {change.after["master"] for change in changes if change.after and "master" in change.after}
    attached = [name for name, values in made.items() if "master" in values]
    writes = sum(len(change.after or ()) if change.before else 1 for change in changes)
    return writes + len(made.keys() & {*masters, *attached, *set_first}) + len(attached)


@pytest.mark.parametrize("config", WITHOUT_SWITCH, ids=lambda path: path.stem)
def test_traffic_of_an_example(node: Node, config: Path) -> None:
    node.arguments(config)
    prepared, first, second = _applied(config, node.directory / "mapping.yaml")
    detection = _DETECTION_DUMPS if awaited(prepared.plan, prepared.wanted) else 0
    assert first.messages <= _most(prepared)
    assert first.dumps == _LOOKS * _DUMPS + detection
    assert first.sends - first.dumps <= _MOST_BATCHES
    assert (second.messages, second.sends, second.dumps) == (0, _DUMPS, _DUMPS)
    # A dump ends with a datagram of its own; of content there is one, for links two.
    assert second.receives <= 2 * _DUMPS + 2
    assert first.receives - first.messages <= 2 * first.dumps + 4


def test_traffic_of_a_thousand_vlans(node: Node) -> None:
    ip("link set eno1 name bench0")
    node.file("mapping.yaml", "interface_mapping: {}\n")
    config = node.file("config.yaml", config_of_vlans(1000))
    _, first, second = _applied(config, node.directory / "mapping.yaml")
    # The NIC up, and of each VLAN the link, its address and its route.
    assert (first.messages, first.dumps) == (3001, _LOOKS * _DUMPS)
    assert first.sends - first.dumps <= 27
    assert (second.messages, second.dumps) == (0, _DUMPS)
    # 32 KiB of links a datagram at the most (af_netlink.c, netlink_recvmsg).
    assert second.receives <= 120

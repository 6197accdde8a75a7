"""What goes over netlink is what the plan needs: counted, not timed. A growth fails here."""

from __future__ import annotations

from pathlib import Path
from typing import Tuple

import pytest

from benchmarks.vlans import config as config_of_vlans
from os_net_config.backends.rtnetlink import RtnetlinkBackend
from os_net_config.backends.rtnetlink.socket import Traffic
from os_net_config.engine.converge import Prepared, apply
from os_net_config.engine.sources import Sources, prepare
from os_net_config.state.model import LinkKey

from .support.node import Node, ip
from .support.program import CHECKOUT

#: Links, addresses, and the main table of each family: once before and once to verify.
_DUMPS = 4

#: Each link made by one batch at the earliest after those that it stands on: no example is higher.
_MOST_BATCHES = 4
EXAMPLES = sorted((CHECKOUT / "examples").glob("*.yaml"))


def _applied(config: Path, mapping: Path) -> Tuple[Prepared, Traffic, Traffic]:
    """The plan that makes everything, the traffic of its run, and that of a run after it."""
    sources = Sources(str(config), str(mapping))
    with RtnetlinkBackend() as backend:
        prepared = prepare(sources, backend)
        apply(prepared, backend)
        first = backend.traffic
    with RtnetlinkBackend() as backend:
        apply(prepare(sources, backend), backend)
        return prepared, first, backend.traffic


def _needed(prepared: Prepared) -> int:
    """One write for a thing that is made or goes, one for an attribute that changes.

    A bond or bridge is set up by a second one, after its ports are there; a port that is made is
    attached by another.
    """
    changes = prepared.plan.changes
    made = {
        change.key.name: change.after or {}
        for change in changes
        if isinstance(change.key, LinkKey) and not change.before
    }
    masters = {change.after["master"] for change in changes if change.after and "master" in change.after}
    attached = [name for name, values in made.items() if "master" in values]
    writes = sum(len(change.after or ()) if change.before else 1 for change in changes)
    return writes + len(masters & made.keys()) + len(attached)


@pytest.mark.parametrize("config", EXAMPLES, ids=lambda path: path.stem)
def test_traffic_of_an_example(node: Node, config: Path) -> None:
    node.arguments(config)
    prepared, first, second = _applied(config, node.directory / "mapping.yaml")
    assert (first.messages, first.dumps) == (_needed(prepared), 2 * _DUMPS)
    assert first.sends - first.dumps <= _MOST_BATCHES
    assert (second.messages, second.sends, second.dumps) == (0, _DUMPS, _DUMPS)
    # A dump ends with a datagram of its own; of content there is one, for links two.
    assert second.receives <= 2 * _DUMPS + 2
    assert first.receives - first.messages <= 4 * _DUMPS + 4


def test_traffic_of_a_thousand_vlans(node: Node) -> None:
    ip("link set eno1 name bench0")
    node.file("mapping.yaml", "interface_mapping: {}\n")
    config = node.file("config.yaml", config_of_vlans(1000))
    _, first, second = _applied(config, node.directory / "mapping.yaml")
    # The NIC up, and of each VLAN the link, its address and its route.
    assert (first.messages, first.dumps) == (3001, 2 * _DUMPS)
    assert first.sends - first.dumps <= 27
    assert (second.messages, second.dumps) == (0, _DUMPS)
    # 32 KiB of links a datagram at the most (af_netlink.c, netlink_recvmsg).
    assert second.receives <= 120

"""Configs of the field with Open vSwitch, applied to a node that has the NICs which they speak of.

What comes later is taken out of them.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, List, Mapping, NamedTuple, Tuple

import pytest

from os_net_config.backends.node import NodeBackend
from os_net_config.backends.protocol import ExecuteError
from os_net_config.engine.prepared import Prepared
from os_net_config.engine.undo import undo
from os_net_config.state import row
from os_net_config.state.diff import diff
from os_net_config.state.goal import before
from os_net_config.state.model import DeviceKey, RowKey, State
from os_net_config.state.plan import plan

from ..unit import corpus
from .support.node import Node, ip
from .support.observed import Observed, identities, observe
from .support.openvswitch import OpenVSwitch, configured
from .support.program import NO_CHANGE

#: A file takes some three seconds.
TURNS = pytest.mark.rotating(30)


def planned(path: Path) -> Prepared:
    found = corpus.without_what_comes_later(path).prepared
    assert found is not None
    return found


def has_devices(path: Path) -> bool:
    return any(isinstance(one.key, DeviceKey) for one in planned(path).wanted)


#: What the kernel or ovs-vswitchd refuses, and what it says.
REFUSED = {
    # A template that nobody has filled in
    "190-tht-net-config-multinode-os-net-config-train.yaml": "requires valid 'remote_ip' argument",
    # A default route whose next hop is in a network that a router has to announce first
    "193-tht-compute-dvr-train.yaml": "route ::/0: No route to host",
}
FILES = [
    path
    for path in corpus.files("corpus")
    if "ovs_" in path.read_text(encoding="utf-8") and corpus.without_what_comes_later(path).prepared
]
#: DPDK drives PCI devices, and here are none.
DPDK = [path for path in FILES if has_devices(path)]
APPLIED = [path for path in FILES if path not in DPDK and path.name not in REFUSED]


def plugged_in(node: Node, prepared: Prepared) -> Node:
    """With the NICs of the file that are not there yet, and their numbers."""
    commands: List[str] = []
    there = identities()
    for nic in prepared.node.nics:
        if nic.name not in there:
            far = f"far{len(commands)}"
            commands += [
                f"link add {far} type veth peer name {nic.name} netns {node.own.path}",
                f"link set {far} up",
            ]
    with node.switch.inside():
        ip(*commands, descriptors=[node.own.descriptor])
    aliases = "".join(f"  {alias}: {name}\n" for alias, name in prepared.node.names.aliases.items())
    mapping = f"interface_mapping:\n{aliases}" if aliases else "{}\n"
    return Node(node.directory, node.own, node.switch, mapping)


def bridges_of_others(switch: OpenVSwitch, prepared: Prepared) -> None:
    """Those that the file only speaks of."""
    for one in prepared.live:
        if isinstance(one.key, RowKey) and one.key.table == row.BRIDGE:
            switch.vsctl("add-br", one.key.name)


class Told(NamedTuple):
    """All that a file can say of the node."""

    rows: Mapping[Tuple[str, str], Mapping[str, Any]]
    kernel: Observed
    links: Mapping[str, int]


def told(switch: OpenVSwitch) -> Tuple[Told, int]:
    """And the number of the last change that ovs-vswitchd was told of."""
    tables = switch.all_rows()
    (root,) = tables[row.ROOT]
    return Told(configured(tables), observe(), identities()), root["next_cfg"]


@TURNS
@pytest.mark.usefixtures("alone")
@corpus.by_name(APPLIED)
def test_a_file_is_applied_and_the_second_run_changes_nothing(
    node: Node, switch: OpenVSwitch, path: Path
) -> None:
    there = plugged_in(node, planned(path))
    bridges_of_others(switch, planned(path))
    text = corpus.text_without_what_comes_later(path)
    name = f"config{path.suffix}"
    first = there.apply(text, name=name)
    assert first.status == 2, first
    assert "Applied and verified." in first.output
    made = told(switch)
    second = there.apply(text, name=name)
    assert (second.status, second.output.endswith(NO_CHANGE)) == (0, True), second
    assert told(switch) == made


@TURNS
@corpus.by_name([path for path in FILES if path.name in REFUSED])
def test_of_a_file_that_is_refused_nothing_is_left(node: Node, switch: OpenVSwitch, path: Path) -> None:
    there = plugged_in(node, planned(path))
    fresh, _ = told(switch)
    run = there.apply(corpus.text_without_what_comes_later(path))
    assert run.status == 4, run
    assert REFUSED[path.name] in run.errors
    assert told(switch)[0] == fresh


@TURNS
@corpus.by_name(DPDK)
def test_rows_of_a_file_with_dpdk_are_as_said_and_go_again(
    node: Node, switch: OpenVSwitch, path: Path
) -> None:
    """Its devices and what is above them cannot be here: ovs-vswitchd says which it misses."""
    plugged_in(node, planned(path))
    rows = State({one.key: one for one in planned(path).wanted if isinstance(one.key, RowKey)})
    fresh, _ = told(switch)
    with NodeBackend() as backend:
        live = backend.observe()
        steps = plan(diff(rows, live).changes, rows, live).steps
        with pytest.raises(ExecuteError, match="could not open network device dpdk"):
            backend.execute(steps)
        assert diff(rows, backend.observe()).changes == []
        assert undo(before(steps, live), backend) == []
    assert told(switch)[0] == fresh


def test_the_corpus_is_there() -> None:
    corpus.need("corpus")

"""Configs of the field with Open vSwitch, applied to a node that has the NICs which they speak of."""

from __future__ import annotations

from pathlib import Path
from typing import Iterator, List

import pytest

from ..unit import corpus
from .support.node import Node, ip
from .support.observed import identities, observe
from .support.openvswitch import OpenVSwitch, open_vswitch

pytestmark = pytest.mark.rotating

#: Those that say something of Open vSwitch; DPDK drives PCI devices, and here are none.
FILES = [
    path
    for path in corpus.files("corpus")
    if "ovs_" in (text := path.read_text(encoding="utf-8")) and "ovs_dpdk" not in text
]
WHOLE = [path for path in FILES if corpus.outcome(path).prepared is not None]

#: A template that nobody has filled in: what ovs-vswitchd says of it.
REFUSED = {"190-tht-net-config-multinode-os-net-config-train.yaml": "requires valid 'remote_ip' argument"}


@pytest.fixture
def switch(node: Node) -> Iterator[OpenVSwitch]:
    with open_vswitch(node.directory / "ovs") as made:
        yield made


def plugged_in(node: Node, path: Path) -> Node:
    """With the NICs of the file, and their numbers."""
    prepared = corpus.outcome(path).prepared
    assert prepared is not None
    names = [nic.name for nic in prepared.node.nics]
    commands: List[str] = []
    for number, name in enumerate(names, 1):
        commands += [
            f"link add {name} type veth peer name far{number} netns {node.switch.path}",
        ]
    ip(*commands, descriptors=[node.switch.descriptor])
    with node.switch.inside():
        ip(*(f"link set far{number} up" for number in range(1, len(names) + 1)))
    aliases = "".join(f"  {alias}: {name}\n" for alias, name in prepared.node.names.aliases.items())
    return Node(
        node.directory, node.own, node.switch, f"interface_mapping:\n{aliases}" if aliases else "{}\n"
    )


def bridges_of_others(switch: OpenVSwitch, path: Path) -> None:
    """Those that the file only speaks of."""
    prepared = corpus.outcome(path).prepared
    assert prepared is not None
    for one in prepared.live:
        if one.key.resource == "ovs" and getattr(one.key, "table", "") == "Bridge":
            switch.vsctl("add-br", str(getattr(one.key, "name", "")))


@corpus.by_name(WHOLE)
def test_a_file_is_applied_and_the_second_run_changes_nothing(
    node: Node, switch: OpenVSwitch, path: Path
) -> None:
    there = plugged_in(node, path)
    bridges_of_others(switch, path)
    text = path.read_text(encoding="utf-8")
    name = f"config{path.suffix}"
    fresh = switch.configured()
    first = there.apply(text, name=name)
    if path.name in REFUSED:
        assert (first.status, switch.configured()) == (4, fresh), first
        assert REFUSED[path.name] in first.errors
        return
    assert first.status == 2, first
    assert "Applied and verified." in first.output
    before = (
        switch.configured(),
        switch.vsctl("get", "Open_vSwitch", ".", "next_cfg"),
        observe(),
        identities(),
    )
    second = there.apply(text, name=name)
    assert (second.status, second.output.splitlines()[-1:]) == (
        0,
        ["No change: the node is as the config says."],
    ), second
    after = switch.configured(), switch.vsctl("get", "Open_vSwitch", ".", "next_cfg"), observe(), identities()
    assert after == before


def test_the_corpus_is_there() -> None:
    corpus.need("corpus")

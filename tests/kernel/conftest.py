"""What the tests on a real kernel share."""

from __future__ import annotations

from pathlib import Path
from typing import Iterator, Optional

import pytest

from .support.foreign import container
from .support.namespace import Namespace
from .support.node import Node, made_node
from .support.openvswitch import OpenVSwitch, open_vswitch
from .support.processes import processes_end
from .support.program import EXAMPLES


@pytest.fixture
def node(tmp_path: Path) -> Iterator[Node]:
    """A fresh node, in which the test runs."""
    with made_node(tmp_path) as made:
        yield made


@pytest.fixture
def alone(node: Node) -> Iterator[None]:
    """No process of ours outlives the test."""
    with processes_end():
        yield


@pytest.fixture
def inside() -> Iterator[Namespace]:
    """A container's namespace."""
    with container() as made:
        yield made


@pytest.fixture
def switch(node: Node) -> Iterator[OpenVSwitch]:
    """Open vSwitch on the node, with an empty database."""
    with open_vswitch(node.directory / "ovs") as made:
        yield made


@pytest.fixture(params=EXAMPLES, ids=lambda path: path.stem)
def example(request: pytest.FixtureRequest) -> Path:
    found: Path = request.param
    return found


@pytest.fixture
def needed_switch(node: Node, example: Path) -> Iterator[Optional[OpenVSwitch]]:
    """One that runs where the example needs it."""
    if "ovs_" not in example.read_text(encoding="utf-8"):
        yield None
        return
    with open_vswitch(node.directory / "ovs") as made:
        yield made

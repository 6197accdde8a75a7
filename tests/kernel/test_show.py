"""``os-net-config show``: a file that changes nothing, of what configs and what hands have made."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Iterator, Optional

import pytest

from .support import warm
from .support.node import Node, ip
from .support.observed import identities, observe
from .support.openvswitch import OpenVSwitch, open_vswitch
from .support.program import CHECKOUT, Run
from .support.router import announce_prefix
from .support.watching import wait_until_up

pytestmark = pytest.mark.acceptance

EXAMPLES = sorted((CHECKOUT / "examples").glob("*.yaml"))


def shown(node: Node, *options: str) -> Run:
    mapping = node.file("mapping.yaml", node.mapping)
    place = ("--run-dir", str(node.run_directory), "--state-dir", str(node.directory / "state"))
    run = warm.run("show", "-m", str(mapping), *place, *options)
    assert (run.status, run.errors) == (0, ""), run
    return run


def says(node: Node, *options: str) -> str:
    """What is shown, which changes nothing: neither of a new path, nor of the one that was applied."""
    text = shown(node, *options).output
    for name in ("shown.yaml", "config.yaml"):
        run = node.apply(text, "--noop", name=name)
        assert (run.status, run.output.partition("Ours by")[0]) == (
            0,
            "No change: the node is as the config says.\n",
        ), f"{run}\n{text}"
    assert "a run would" not in text
    return text


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


def test_what_an_example_makes(node: Node, needed_switch: Optional[OpenVSwitch], example: Path) -> None:
    node.applied(example.read_text(encoding="utf-8"))
    before, links = observe(), identities()
    text = says(node)
    says(node, "--aliases")
    assert (observe(), identities()) == (before, links)
    unused = re.compile("# eno[1-4] is left out: it is down, and a run sets up what its file names")
    assert " left out" not in unused.sub("", text), text
    (Path(os.environ["SHOWN"]) / example.name).write_text(text) if "SHOWN" in os.environ else None

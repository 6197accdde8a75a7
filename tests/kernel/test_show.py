"""``os-net-config show``: a file that changes nothing, of what configs and what hands have made."""

from __future__ import annotations

import contextlib
import os
import re
import shlex
import subprocess
import sys
import time
from pathlib import Path
from typing import Iterator, Optional, Sequence

import pytest

from .support import warm
from .support.by_hand import Hand, drawn
from .support.node import Node
from .support.observed import identities, observe
from .support.openvswitch import OpenVSwitch, open_vswitch
from .support.program import CHECKOUT, Run

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


#: Another one is drawn each time, unless it is said.
SEED = int(os.environ.get("SEED") or time.time())


#: So that a name of its own does not have to be made for what is drawn with the number of ours.
NAMES = Path("/etc/iproute2/rt_protos.d/theirs.conf")


def carry_out(commands: Sequence[str], *options: str) -> str:
    """With one start of ip. What the kernel refuses is left undone, and told."""
    told = subprocess.run(
        ["ip", *options, "-force", "-batch", "-"],
        input="".join(f"{one}\n" for one in commands),
        text=True,
        capture_output=True,
        check=False,
    )
    return told.stderr


def set_up(hand: Hand, switch: Optional[OpenVSwitch]) -> str:
    NAMES.parent.mkdir(exist_ok=True)
    NAMES.write_text("111 theirs\n", encoding="ascii")
    told = carry_out(hand.ip) + carry_out(hand.ip6, "-6")
    for path, value in hand.sysctls:
        place = Path("/proc/sys/net", path)
        if place.exists():
            place.write_text(value, encoding="ascii")
    if switch is not None:
        for command in hand.switch:
            switch.vsctl(*shlex.split(command))
    return told + carry_out(hand.late)


@pytest.mark.parametrize("number", range(30))
def test_what_was_made_by_hand(node: Node, number: int) -> None:
    seed, with_switch = SEED + number, number % 3 == 0
    hand = drawn(seed, with_switch)
    sys.stdout.write(f"SEED={SEED}\n{hand}\n")
    with open_vswitch(node.directory / "ovs") if with_switch else contextlib.nullcontext() as switch:
        sys.stdout.write(set_up(hand, switch))
        before = observe(), identities()
        text = says(node)
        assert (observe(), identities()) == before
        if "SHOWN" in os.environ:
            Path(os.environ["SHOWN"], f"{number}.yaml").write_text(text)

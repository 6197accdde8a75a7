"""The journal on a disk that does not take it, and beside a dry run."""

from __future__ import annotations

import contextlib
import subprocess
from pathlib import Path
from typing import Iterator

import pytest

from .support import listening
from .support.node import Node, ip
from .support.observed import snapshot
from .support.program import Run

CONFIG = """\
network_config:
- {type: vlan, vlan_id: 10, device: nic1, addresses: [{ip_netmask: 192.0.2.10/24}]}
"""


@contextlib.contextmanager
def mounted(directory: Path, options: str) -> Iterator[None]:
    directory.mkdir(exist_ok=True)
    subprocess.run(["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(directory)], check=True)
    try:
        yield
    finally:
        subprocess.run(["umount", str(directory)], check=True)


def heard(node: Node) -> Run:
    """A run that asks the kernel for no change, as an nlmon link hears it."""
    if not listening.is_possible():
        pytest.skip("the kernel has no nlmon links: modprobe nlmon")
    with listening.heard() as messages:
        run = node.apply(CONFIG)
    assert messages and all(one.only_asks for one in messages if one.is_request)
    ip("link delete nlmon0")
    return run


@pytest.mark.parametrize(
    ("options", "filled"), [("ro", False), ("size=16k", True)], ids=["read-only", "full"]
)
def test_a_disk_that_takes_neither_lock_nor_record(node: Node, options: str, filled: bool) -> None:
    before = snapshot()
    with mounted(node.run_directory, options):
        if filled:
            with contextlib.suppress(OSError):
                (node.run_directory / "all").write_bytes(bytes(1 << 20))
        run = heard(node)
    assert (run.status, run.output) == (1, "")
    assert str(node.run_directory) in run.errors and run.errors.count("\n") == 1, run
    assert snapshot() == before
    assert not (node.directory / "state" / "journal.json").exists()
    node.applied(CONFIG)


@pytest.mark.parametrize(
    ("options", "filled", "words"),
    [("ro", False, "Read-only file system"), ("size=16k", True, "No space left on device")],
    ids=["read-only", "full"],
)
def test_a_disk_that_takes_no_journal(node: Node, options: str, filled: bool, words: str) -> None:
    before = snapshot()
    state = node.directory / "state"
    with mounted(state, options):
        if filled:
            with contextlib.suppress(OSError):
                (state / "all").write_bytes(bytes(1 << 20))
        run = heard(node)
        left = sorted(path.name for path in state.iterdir())
    assert (run.status, run.output) == (1, "")
    assert words in run.errors and "journal.json" in run.errors
    assert left == (["all"] if filled else [])
    assert snapshot() == before
    assert not list(node.run_directory.glob("record-*"))
    node.applied(CONFIG)


def test_a_dry_run_leaves_it_alone_and_says_so(node: Node) -> None:
    journal = node.directory / "state" / "journal.json"
    journal.parent.mkdir()
    journal.write_text("what a run left", encoding="utf-8")
    before = snapshot()
    run = node.apply(CONFIG, "--noop")
    assert run.status == 2
    assert "os-net-config recover takes it back" in run.errors
    assert journal.read_text(encoding="utf-8") == "what a run left"
    assert snapshot() == before
    run = node.apply(CONFIG)
    assert run.status == 1 and "journal.json of an unfinished run cannot be read" in run.errors
    assert snapshot() == before

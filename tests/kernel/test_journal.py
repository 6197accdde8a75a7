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
        assert listening.is_possible()
        with listening.heard() as messages:
            run = node.apply(CONFIG)
        assert messages and all(one.only_asks for one in messages if one.is_request)
        ip("link delete nlmon0")
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

"""Tests that need a kernel or a system of their own do not run anywhere else.

Of tests marked ``rotating`` a short run takes one in ROTATION of each file, others with each SEED;
of those marked ``rotating(9)`` one in nine.
"""

from __future__ import annotations

import os
import time
from pathlib import Path
from random import Random
from typing import Dict, List, Optional, Sequence, Tuple

import pytest

HERE = Path(__file__).parent
#: Where the target that runs a suite's tests has another name.
_TARGETS = {"independence": "pairs"}


def shortcoming(suite: str) -> Optional[str]:
    """Why tests of the suite cannot run here; None when they can."""
    if suite in {"independence", "kernel", "qemu", "system"} and os.environ.get("OS_NET_CONFIG_LAB") != "1":
        return f"it changes the network, so it runs in the lab: make {_TARGETS.get(suite, suite)}"
    if suite == "qemu" and os.environ.get("OS_NET_CONFIG_PC") != "1":
        return "it needs NICs on a PCI bus that nobody else uses: make qemu"
    if suite == "system" and not Path("/run/systemd/system").is_dir():
        return "it needs systemd as PID 1: make system"
    return None


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Skip what cannot run here. In CI that is a failure, since CI has the lab."""
    reason = shortcoming(item.path.relative_to(HERE).parts[0]) if HERE in item.path.parents else None
    if reason and os.environ.get("CI") == "true":
        pytest.fail(reason, pytrace=False)
    if reason:
        pytest.skip(reason)


ROTATION = int(os.environ.get("ROTATION") or "1")
SEED = os.environ.get("SEED") or str(time.time_ns() // 1000 % 10**9)
_LEFT_OUT = pytest.StashKey[str]()


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: List[pytest.Item]) -> None:
    """Leave out what another run has its turn with."""
    files: Dict[Tuple[Path, int], List[pytest.Item]] = {}
    for item in items if ROTATION > 1 else ():
        marker = item.get_closest_marker("rotating")
        if marker:
            files.setdefault((item.path, max([ROTATION, *marker.args])), []).append(item)
    out = {item for (_, turns), some in files.items() for item in _left_out(some, turns)}
    if out:
        config.hook.pytest_deselected(items=list(out))
        items[:] = [item for item in items if item not in out]
        every = sum(map(len, files.values()))
        config.stash[_LEFT_OUT] = f"seed {SEED}: {every - len(out)} of {every} tests that take turns"


def _left_out(tests: Sequence[pytest.Item], turns: int) -> List[pytest.Item]:
    return Random(f"{SEED} {tests[0].path.name}").sample(tests, len(tests) - -(-len(tests) // turns))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Tell by which seed the same ones run again."""
    if _LEFT_OUT in config.stash:
        terminalreporter.write_line(config.stash[_LEFT_OUT])

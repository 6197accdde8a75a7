"""Tests that need a kernel or a system of their own do not run anywhere else."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Optional

import pytest

HERE = Path(__file__).parent
#: Where the target that runs a suite's tests has another name.
_TARGETS = {"independence": "pairs"}


def shortcoming(suite: str) -> Optional[str]:
    """Why tests of the suite cannot run here; None when they can."""
    if suite in {"independence", "kernel", "system"} and os.environ.get("OS_NET_CONFIG_LAB") != "1":
        return f"it changes the network, so it runs in the lab: make {_TARGETS.get(suite, suite)}"
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

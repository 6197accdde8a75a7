"""Two hundred pairs: those that are the same in every run, and others each time."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from . import campaign
from .features import ENABLED

SEED = os.environ.get("SEED") or str(time.time_ns() // 1000 % 10**9)
PAIRS = int(os.environ.get("PAIRS", "200"))
_RESULTS = Path(os.environ.get("LAB_RESULTS", "results/pairs"))


def test_a_then_b_is_b(capsys: pytest.CaptureFixture[str]) -> None:
    tally = campaign.Tally(SEED, ENABLED)
    for result in campaign.results(SEED, range(PAIRS), ENABLED, shrinking=30):
        tally.add(result)
        if result.report:
            campaign.save(result, _RESULTS)
    with capsys.disabled():
        print(f"\n{tally.coverage.table()}\n{tally.line()}")  # noqa: T201
    reports = "\n".join(one.report for one in tally.offenders[:3])
    assert not tally.faults(), f"seed {SEED}: {tally.faults()}\n{reports}"

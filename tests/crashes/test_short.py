"""A rotating part of the matrix: other moments with each seed."""

from __future__ import annotations

import os
import time

import pytest

from .matrix import Matrix, share

SEED = os.environ.get("SEED") or str(time.time_ns() // 1000 % 10**9)
PART = int(os.environ.get("PART", "10"))


def test_a_run_that_dies_is_taken_back_or_brought_to_its_end(capsys: pytest.CaptureFixture[str]) -> None:
    matrix = Matrix()
    every = matrix.trials()
    chosen = share(every, SEED, PART)
    bad = [result for result in map(matrix.attempt, chosen) if result.faults]
    with capsys.disabled():
        line = f"seed {SEED}: {len(chosen)} of {len(every)} trials, {len(bad)} bad"
        print(f"\n{line}")  # noqa: T201
    reports = "\n".join("\n  ".join((str(one.trial), *one.faults)) for one in bad[:5])
    assert chosen and not bad, f"{line}\n{reports}"

"""A rotating part of both matrices: other moments and messages with each seed."""

from __future__ import annotations

import os
import time

import pytest

from .faults import FaultMatrix
from .matrix import Matrix, share

SEED = os.environ.get("SEED") or str(time.time_ns() // 1000 % 10**9)
PART = int(os.environ.get("PART", "10"))


@pytest.fixture(scope="module")
def matrix() -> Matrix:
    return Matrix()


def test_a_run_that_dies_is_taken_back_or_brought_to_its_end(
    matrix: Matrix, capsys: pytest.CaptureFixture[str]
) -> None:
    every = matrix.trials()
    chosen = share(every, SEED, PART)
    bad = [result for result in map(matrix.attempt, chosen) if result.faults]
    line = f"seed {SEED}: {len(chosen)} of {len(every)} moments, {len(bad)} bad"
    with capsys.disabled():
        print(f"\n{line}")  # noqa: T201
    reports = "\n".join("\n  ".join((str(one.trial), *one.faults)) for one in bad[:5])
    assert chosen and not bad, f"{line}\n{reports}"


def test_whatever_the_kernel_refuses_all_is_taken_back(
    matrix: Matrix, capsys: pytest.CaptureFixture[str]
) -> None:
    faults = FaultMatrix(matrix)
    every = faults.faults()
    chosen = share(every, SEED, 2 * PART)
    bad = [result for result in map(faults.attempt, chosen) if result.faults]
    line = f"seed {SEED}: {len(chosen)} of {len(every)} refusals, {len(bad)} bad"
    with capsys.disabled():
        print(f"\n{line}")  # noqa: T201
    reports = "\n".join("\n  ".join((str(one.fault), *one.faults)) for one in bad[:5])
    assert chosen and not bad, f"{line}\n{reports}"

"""A rotating part of both matrices: other moments and messages with each seed."""

from __future__ import annotations

import os
import time
from random import Random
from typing import Callable, List, Sequence

import pytest

from .faults import FaultMatrix
from .matrix import Matrix, T, share
from .plans import PLANS
from .switch_faults import SwitchFaultMatrix

SEED = os.environ.get("SEED") or str(time.time_ns() // 1000 % 10**9)
PART = int(os.environ.get("PART", "20"))
_OF_A_SWITCH = [number for number, case in enumerate(PLANS) if case.switch]
_WITH_PROCESSES = [number for number, case in enumerate(PLANS) if case.processes]
_OF_THE_KERNEL = [number for number, case in enumerate(PLANS) if not (case.switch or case.processes)]


@pytest.fixture(scope="module")
def matrix() -> Matrix:
    return Matrix()


def test_a_run_that_dies_is_taken_back_or_brought_to_its_end(
    matrix: Matrix, capsys: pytest.CaptureFixture[str]
) -> None:
    moments = [one for number in _OF_THE_KERNEL for one in matrix.trials(number)]
    _try("moments", moments, PART, lambda one: matrix.attempt(one).faults, capsys)


def test_whatever_the_kernel_refuses_all_is_taken_back(
    matrix: Matrix, capsys: pytest.CaptureFixture[str]
) -> None:
    faults = FaultMatrix(matrix)
    refusals = [one for number in _OF_THE_KERNEL for one in faults.faults(number)]
    _try("refusals", refusals, 2 * PART, lambda one: faults.attempt(one).faults, capsys)


def test_one_plan_over_open_vswitch(matrix: Matrix, capsys: pytest.CaptureFixture[str]) -> None:
    """Another one with each seed: a trial takes three seconds, most of them to start Open vSwitch."""
    number = Random(SEED).choice(_OF_A_SWITCH)
    faults, happening = FaultMatrix(matrix), SwitchFaultMatrix(matrix)
    moments, refusals = list(matrix.trials(number)), list(faults.faults(number))
    _try("moments", moments, 4 * PART, lambda one: matrix.attempt(one).faults, capsys)
    if refusals:
        # Where only rows change the kernel is asked for nothing.
        _try("refusals", refusals, 16 * PART, lambda one: faults.attempt(one).faults, capsys)
    _try("faults of Open vSwitch", list(happening.faults(number)), 4, happening.attempt, capsys)


def test_one_plan_with_processes(matrix: Matrix, capsys: pytest.CaptureFixture[str]) -> None:
    """Another one with each seed: a trial takes some seconds, most of them to start and end programs."""
    moments = list(matrix.trials(Random(SEED).choice(_WITH_PROCESSES)))
    _try("moments", moments, 2 * PART, lambda one: matrix.attempt(one).faults, capsys)


def _try(
    name: str,
    every: Sequence[T],
    part: int,
    attempt: Callable[[T], List[str]],
    capsys: pytest.CaptureFixture[str],
) -> None:
    chosen = share(every, SEED, part)
    bad = [(one, found) for one in chosen if (found := attempt(one))]
    line = f"seed {SEED}: {len(chosen)} of {len(every)} {name}, {len(bad)} bad"
    with capsys.disabled():
        print(f"\n{line}")  # noqa: T201
    reports = "\n".join("\n  ".join((str(one), *found)) for one, found in bad[:5])
    assert chosen and not bad, f"{line}\n{reports}"

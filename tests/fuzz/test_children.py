"""The harness itself: it notices what it is there for."""

from __future__ import annotations

import os
import time

import pytest

from . import children
from .children import Children
from .trial import Verdict


def misbehave(data: bytes) -> Verdict:
    if data == b"hang":
        while True:
            pass
    if data == b"sleep":
        time.sleep(100)
    if data == b"die":
        os._exit(3)
    if data == b"eat":
        assert len(bytearray(2 << 30)) > len(data)
    return Verdict("refused")


def test_a_child_that_hangs_or_dies_is_replaced(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(children, "PATIENCE", 3.0)
    documents = [(name, name.encode()) for name in ("good", "hang", "sleep", "die", "eat", "good again")]
    with Children(2, misbehave, deadline=0.3) as pool:
        outcomes = {trial.name: trial.verdict.outcome for trial in pool.try_all(documents)}
    assert outcomes == {
        "good": "refused",
        "hang": "hang",
        "sleep": "hang",
        "die": "death",
        "eat": "death",
        "good again": "refused",
    }


def test_peak_is_that_of_the_document() -> None:
    with Children(1) as pool:
        large, small = (trial.peak for trial in pool.try_all([("large", b"a" * 4_000_000), ("small", b"a")]))
    assert large > small

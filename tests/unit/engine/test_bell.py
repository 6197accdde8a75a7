"""What wakes a guardian, where there is none any more."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from os_net_config.engine.bell import Bell, ring


def test_it_wakes_who_waits(tmp_path: Path) -> None:
    with Bell(str(tmp_path)) as bell:
        ring(str(tmp_path))
        bell.wait()


def test_nobody_listens(tmp_path: Path) -> None:
    ring(str(tmp_path))
    with Bell(str(tmp_path)):
        pass
    ring(str(tmp_path))


def test_who_listens_goes_just_then(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bell, opened = Bell(str(tmp_path)), os.open

    def last_moment(path: str, flags: int) -> int:
        file = opened(path, flags)
        bell.__exit__()
        return file

    monkeypatch.setattr(os, "open", last_moment)
    ring(str(tmp_path))

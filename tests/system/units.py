"""Unit files of this checkout, as a system has them."""

from __future__ import annotations

import shutil
from contextlib import contextmanager
from pathlib import Path
from typing import Iterator

from .test_lab_systemd import systemctl

DIRECTORY = Path(__file__).resolve().parents[2] / "systemd"
_INSTALLED = Path("/etc/systemd/system")


@contextmanager
def installed(unit: str) -> Iterator[None]:
    shutil.copy(DIRECTORY / unit, _INSTALLED)
    systemctl("daemon-reload")
    try:
        yield
    finally:
        (_INSTALLED / unit).unlink()


@contextmanager
def without(unit: str) -> Iterator[None]:
    """For as long as that, one that is installed is not."""
    (_INSTALLED / unit).unlink()
    try:
        yield
    finally:
        shutil.copy(DIRECTORY / unit, _INSTALLED)

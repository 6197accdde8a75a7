"""A disk for the guest, on which what is written outlasts a reboot."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from typing import Optional

from tests.lab.machine import GIBIBYTE, find_program
from tests.lab.outcome import LabError

SIZE = 4 * GIBIBYTE


def prepared_disk(path: Optional[Path]) -> Optional[Path]:
    """The disk image, made as a sparse file if it is not there."""
    if path is not None and not path.exists():
        make(path)
    return path and path.resolve()


def make(path: Path) -> None:
    """Make an empty image."""
    program = find_program("mkfs.ext4")
    if program is None:
        raise LabError("a disk needs mkfs.ext4: apt-get install e2fsprogs")
    try:
        path.touch(exist_ok=False)
        os.truncate(path, SIZE)
    except OSError as error:
        raise LabError(f"the disk image cannot be made: {error}") from error
    done = subprocess.run([program, "-q", "-F", str(path)], check=False, capture_output=True, text=True)
    if done.returncode:
        raise LabError(f"the disk image cannot be formatted: {done.stderr.strip()}")

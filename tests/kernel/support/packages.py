"""Debian's packages in a guest of the lab, which unpacks them; on a machine they are never installed."""

from __future__ import annotations

import contextlib
import os
import subprocess
from pathlib import Path
from typing import Iterator, List

import pytest


def unpack(name: str) -> None:
    """The files of a package over the guest's; none of its scripts runs."""
    with _reading(name) as reading:
        command = ["tar", "-x", "--keep-directory-symlink", "-C", "/"]
        subprocess.run(command, stdin=reading.stdout, check=True)


@contextlib.contextmanager
def unpacked(name: str) -> Iterator[None]:
    """The same, until it is removed again."""
    with _reading(name) as reading:
        told = subprocess.run(["tar", "-t"], stdin=reading.stdout, capture_output=True, text=True, check=True)
    paths = [Path("/", one) for one in told.stdout.splitlines()]
    made: List[Path] = [one for one in paths if not one.exists()]
    unpack(name)
    try:
        yield
    finally:
        for path in reversed(made):
            if path.is_symlink() or not path.is_dir():
                path.unlink(missing_ok=True)


@contextlib.contextmanager
def _reading(name: str) -> Iterator[subprocess.Popen[bytes]]:
    if "LAB_PACKAGES" not in os.environ:
        pytest.fail(f"there is no package {name} here: the lab's --package {name}")
    archive = Path(os.environ["LAB_PACKAGES"], f"{name}.deb")
    with subprocess.Popen(["dpkg-deb", "--fsys-tarfile", str(archive)], stdout=subprocess.PIPE) as reading:
        yield reading
    assert reading.returncode == 0, archive

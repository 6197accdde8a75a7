"""What the tests on an emulated PC share."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Iterator, List

import pytest

from . import nics
from .nics import PciNic
from .site import Site


@pytest.fixture(scope="session")
def found() -> List[PciNic]:
    """All NICs of this PC, by the names that the kernel gave them."""
    # Without udevd nobody loads the driver of what is there.
    subprocess.run(["modprobe", "--all", "igb", "vfio-pci"], check=True)
    return nics.found()


@pytest.fixture
def nic(found: List[PciNic]) -> Iterator[PciNic]:
    """The first one. All are as at the boot, before and after."""
    with nics.kept(found):
        yield found[0]


@pytest.fixture
def site(nic: PciNic, tmp_path: Path) -> Iterator[Site]:
    with Site(tmp_path / "dpdk_mapping.yaml") as made:
        yield made

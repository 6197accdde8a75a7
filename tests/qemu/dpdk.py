"""Open vSwitch with DPDK, of Debian's packages, which this guest unpacks and the machine never does."""

from __future__ import annotations

import contextlib
import functools
import os
import subprocess
from pathlib import Path
from typing import Iterator

import pytest

from tests.kernel.support.openvswitch import OpenVSwitch, open_vswitch
from tests.kernel.support.packages import unpack

#: What its package makes ``ovs-vswitchd`` stand for, and where that is said.
DAEMON = Path("/usr/lib/openvswitch-switch-dpdk/ovs-vswitchd-dpdk")
_ALTERNATIVE = Path("/etc/alternatives/ovs-vswitchd")
_HUGE_PAGES = Path("/dev/hugepages")
#: Of two MiB each.
_COUNT = 96
#: Whether vfio drives devices of a PC that does not keep their interrupts apart, as this one.
UNSAFE = Path("/sys/module/vfio_iommu_type1/parameters/allow_unsafe_interrupts")
#: The PC has one processor: the thread that polls leaves it to others when nothing comes.
_OTHER_CONFIG = {
    "dpdk-init": "true",
    "dpdk-extra": "-m 128 --no-telemetry",
    "per-port-memory": "true",
    "pmd-cpu-mask": "1",
    "pmd-maxsleep": "500",
}


@contextlib.contextmanager
def dpdk_switch(directory: Path) -> Iterator[OpenVSwitch]:
    """Started anew with a database of its own, and ended, whatever happens."""
    _set_up()
    before = _ALTERNATIVE.readlink()
    _stand_for(DAEMON)
    try:
        with open_vswitch(directory, daemon=False) as made:
            settings = (f"other_config:{name}={value}" for name, value in _OTHER_CONFIG.items())
            made.vsctl("--no-wait", "set", "Open_vSwitch", ".", *settings)
            made.start_daemon()
            yield made
    finally:
        _stand_for(before)


def _stand_for(daemon: Path) -> None:
    _ALTERNATIVE.unlink()
    _ALTERNATIVE.symlink_to(daemon)


@functools.cache
def _set_up() -> None:
    if "LAB_PACKAGES" not in os.environ:
        pytest.fail("there is no DPDK here: make qemu")
    directory = Path(os.environ["LAB_PACKAGES"])
    for name in ("openvswitch-switch-dpdk", *sorted(one.stem for one in directory.glob("librte-*.deb"))):
        unpack(name)
    _HUGE_PAGES.mkdir(exist_ok=True)
    subprocess.run(["mount", "-t", "hugetlbfs", "hugetlbfs", str(_HUGE_PAGES)], check=True)
    Path("/proc/sys/vm/nr_hugepages").write_text(f"{_COUNT}\n", encoding="ascii")

"""What is wrong with ports of DPDK on this node."""

from __future__ import annotations

from typing import Iterator, Sequence

from ..state.nic import Nic
from ..state.problem import Problem
from .kinds import dpdk
from .objects import Object, walk


def without_device(objects: Sequence[Object], nics: Sequence[Nic]) -> Iterator[Problem]:
    """NICs for DPDK that are not there, or are no PCI devices."""
    found = {nic.name: nic for nic in nics}
    for one in walk(objects):
        nic = found.get(one.name)
        if not dpdk.is_driven(one) or (nic is not None and nic.pci is not None):
            continue
        message = f"there is no NIC named {one.name} on this node"
        if nic is not None:
            message = f"{one.name} is no PCI device, which alone DPDK can drive"
        yield Problem(one.path, message, "os-net-config -i tells which NICs there are")

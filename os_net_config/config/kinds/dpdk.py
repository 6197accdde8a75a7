"""Ports of DPDK: what their rows say, and the devices that a driver for programs in user space gets."""

from __future__ import annotations

from typing import Dict, Iterator, Mapping, Optional

from ...state.device import CONNECTX_3, MELLANOX
from ...state.devices import DEVARGS
from ...state.model import DeviceKey, Resource
from ...state.nic import Pci
from ...state.values import Value
from ..objects import Object
from .common import Surroundings

BOND, PORT = "ovs_dpdk_bond", "ovs_dpdk_port"
_DRIVER = "vfio-pci"
#: The column of each attribute.
QUEUES = {
    "rx_queue": "options:n_rxq",
    "rx_queue_size": "options:n_rxq_desc",
    "tx_queue_size": "options:n_txq_desc",
}
#: What a bond gives to its members, whatever they say themselves.
OF_BOND = ("mtu", *QUEUES)


def nic_of(port: Object) -> Optional[Object]:
    """The one that it drives."""
    return next(iter(port.members), None)


def is_driven(one: Object) -> bool:
    """Whether it is the NIC of a port."""
    return one.parent is not None and one.parent.type == PORT


def is_taken(one: Object, around: Surroundings) -> bool:
    """Whether the kernel loses it."""
    return is_driven(one) and not _keeps_its_driver(around.devices.get(one.name))


def _keeps_its_driver(device: Optional[Pci]) -> bool:
    return device is not None and device.vendor == MELLANOX


def columns(port: Object, around: Surroundings) -> Mapping[str, Value]:
    """Those of its interface."""
    values: Dict[str, Value] = {}
    nic = nic_of(port)
    device = around.devices.get(nic.name) if nic is not None else None
    if nic is not None and device is not None:
        values[DEVARGS] = device.address
        if (device.vendor, device.model) == (MELLANOX, CONNECTX_3):
            values[DEVARGS] = f"class=eth,mac={around.macs[nic.name].hex(':')}"
    for name, column in QUEUES.items():
        if _said(port, name) is not None:
            values[column] = str(_said(port, name))
    mtu = _said(port, "mtu")
    if mtu is None and nic is not None:
        mtu = nic.get("mtu")
    if mtu is not None:
        values["mtu_request"] = mtu
    return values


def _said(port: Object, name: str) -> Value:
    """Of the bond that it is in, or its own."""
    of_bond: Value = port.parent.get(name) if port.parent is not None and port.parent.type == BOND else None
    own: Value = port.get(name)
    return own if of_bond is None else of_bond


def devices(port: Object, around: Surroundings) -> Iterator[Resource]:
    """That of the NIC of a port: it is noted in any case, and bound unless it keeps its driver."""
    nic = nic_of(port) if port.type == PORT else None
    device = around.devices.get(nic.name) if nic is not None else None
    if nic is None or device is None:
        return
    driver = port.get("driver")
    values: Dict[str, Value] = {"name": nic.name, "mac": around.macs[nic.name].hex(":")}
    if _keeps_its_driver(device):
        values.update({"driver": driver} if driver else {})
    else:
        driver = driver or _DRIVER
        values.update(driver=driver, override=driver)
        if not device.is_vf:
            # Where a virtual function is at the next boot, nobody knows at this one.
            values["saved"] = driver
    yield Resource(DeviceKey(device.address), values, nic.path)

"""A node for runs in process: the kernel in miniature, and ways in which a node fails."""

from __future__ import annotations

from typing import Dict, Iterable, Iterator, List, Sequence

from os_net_config.state import device, row
from os_net_config.state.diff import Change
from os_net_config.state.model import DeviceKey, LinkKey, NameKey, Resource, RowKey, State
from os_net_config.state.nic import Nic, Pci
from os_net_config.state.values import Value

from .state.model_kernel import ModelKernel, refuse_if
from .state.model_switch import fresh

_UP = 6


def mac(number: int) -> bytes:
    return bytes([0x52, 0x54, 0, 0, number >> 8, number & 0xFF])


def nics(*names: str) -> List[Nic]:
    """NICs with carrier, whose addresses count from 52:54:00:00:00:01."""
    return [Nic(name, mac(number)) for number, name in enumerate(names, 1)]


def link(nic: Nic, **more: Value) -> Resource:
    values: Dict[str, Value] = {"kind": "", "mtu": 1500, "address": nic.mac, "permanent": nic.mac}
    values.update(master=None, group=0, up=1, operstate=_UP)
    return Resource(LinkKey(nic.name), {**values, **more})


INTEL = 0x8086


def on_pci(nic: Nic, number: int, vendor: int = INTEL, model: int = 0x158B) -> Nic:
    """The same NIC, as this function of a device."""
    return nic._replace(pci=Pci(f"0000:{number:02x}:00.0", vendor, model))


def devices(found: Iterable[Nic]) -> Iterator[Resource]:
    """The PCI devices of those that have one, bound to the kernel's drivers."""
    for nic in found:
        if nic.pci is not None:
            driver = "mlx5_core" if nic.pci.vendor == device.MELLANOX else "i40e"
            values: Dict[str, Value] = {"driver": driver, "override": None, "saved": None, "name": None}
            values.update({"mac": None, device.LINKS: (nic.name,), device.VF: int(nic.pci.is_vf)})
            values.update({device.VENDOR: nic.pci.vendor, device.MODEL: nic.pci.model})
            values[device.DRIVERS] = ("i40e", "igb_uio", "mlx5_core", "uio_pci_generic", "vfio-pci")
            yield Resource(DeviceKey(nic.pci.address), values)


def database() -> Resource:
    """An empty one of Open vSwitch."""
    return Resource(RowKey(row.ROOT, row.ROOT_NAME), {})


def bridge(name: str) -> List[Resource]:
    """One of Open vSwitch that somebody else has made."""
    rows: Dict[str, Dict[str, Value]] = {
        row.BRIDGE: {},
        row.PORT: {"bridge": name},
        row.INTERFACE: {"port": name, "type": row.INTERNAL},
    }
    keys = {table: RowKey(table, name) for table in rows}
    return [Resource(keys[table], fresh(keys[table], values)) for table, values in rows.items()]


def node_with(found: Sequence[Nic], *more: Resource) -> State:
    """A node that we have been on before: our label has its names."""
    names = [Resource(NameKey(file, 111), {"name": "os-net-config"}) for file in ("rt_protos", "group")]
    resources: List[Resource] = [*names, *(link(nic) for nic in found), *devices(found), *more]
    return State({resource.key: resource for resource in resources})


class Node(ModelKernel):
    """What the command line takes for the node. ``steps`` are those that it carried out.

    ``refused`` is a link whose steps the node refuses; ``ignored`` an attribute that it
    acknowledges and does not change.
    """

    traffic = "none"

    def __init__(self, state: State, refused: str = "", ignored: str = "") -> None:
        super().__init__(state)
        self._refused, self._ignored = refused, ignored
        self.steps: List[Change] = []

    def __enter__(self) -> Node:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def carry_out(self, step: Change) -> None:
        refuse_if(step.key == LinkKey(self._refused), "Operation not supported")
        if step.after is not None:
            step = step._replace(after={n: v for n, v in step.after.items() if n != self._ignored})
        super().carry_out(step)
        self.steps.append(step)

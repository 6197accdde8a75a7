"""Drivers of PCI devices in a tree that is laid out as sysfs is, and behaves so where a driver is written."""

from __future__ import annotations

import errno
import os
from pathlib import Path
from typing import Callable, Dict, List, Optional, Sequence, Tuple

import pytest
import yaml

from os_net_config.backends import devices as module
from os_net_config.backends.devices import Devices, Files
from os_net_config.backends.protocol import ExecuteError, ObserveError
from os_net_config.state.diff import Change
from os_net_config.state.model import DeviceKey
from os_net_config.state.values import Value, Values

ADDRESS = "0000:3b:00.0"
KEY = DeviceKey(ADDRESS)
MAC = "52:54:00:00:00:01"
BOUND: Values = {
    "driver": "vfio-pci",
    "override": "vfio-pci",
    "saved": "vfio-pci",
    "name": "eno1",
    "mac": MAC,
}
FREE: Values = {"driver": "i40e", "override": None, "saved": None, "name": None, "mac": None}


class Sysfs:
    """A node's /sys/bus/pci, whose files do what the kernel does when they are written."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.where = Files(str(root), str(root / "state/dpdk_mapping.yaml"))
        self.mapping = Path(self.where.mapping)
        self.saved = Path(self.where.saved(ADDRESS))
        self.renamed: List[Tuple[str, str]] = []
        #: The links that udevd was to finish with; whether it does not.
        self.settled: List[Sequence[str]] = []
        self.is_slow = False
        #: Whether DPDK does not close the device.
        self.is_in_use = False
        #: What a driver says to a device.
        self.refusals: Dict[str, OSError] = {}
        self.written: List[Tuple[str, str]] = []
        #: The name that a link gets from the kernel.
        self.fresh = "eth0"
        for driver in ("i40e", "vfio-pci"):
            (root / "sys/bus/pci/drivers" / driver).mkdir(parents=True)

    def add(self, address: str = ADDRESS, driver: Optional[str] = "i40e", **files: str) -> Path:
        device = self.root / "sys/bus/pci/devices" / address
        device.mkdir(parents=True)
        usual = {"class": "0x020000", "vendor": "0x8086", "device": "0x158b", "driver_override": "(null)"}
        for name, text in {**usual, **files}.items():
            (device / name).write_text(f"{text}\n")
        if driver is not None:
            self._bind(device, driver, "eno1")
        return device

    def _bind(self, device: Path, driver: str, link: str) -> None:
        (device / "driver").symlink_to(self.root / "sys/bus/pci/drivers" / driver)
        if driver == "i40e":
            (device / "net" / link).mkdir(parents=True)

    def write(self, path: str, text: str) -> None:
        """In the place of the kernel."""
        self.written.append((os.path.relpath(path, self.root / "sys/bus/pci"), text))
        place, what = os.path.split(path)
        if what not in {"bind", "unbind"}:
            Path(path).write_text(text if text.strip() else "(null)\n")
            return
        device = self.root / "sys/bus/pci/devices" / text
        if what == "unbind":
            (device / "driver").unlink()
            for link in (device / "net").iterdir() if (device / "net").exists() else ():
                link.rmdir()
        else:
            driver = os.path.basename(place)
            if driver in self.refusals:
                raise self.refusals[driver]
            override = (device / "driver_override").read_text().strip()
            if override not in {"(null)", driver}:
                raise OSError(errno.ENODEV, "No such device", path)
            self._bind(device, driver, self.fresh)

    def settle(self, links: Callable[[], Sequence[str]], seconds: float) -> bool:
        """In the place of udevd."""
        self.settled.append(links())
        return not self.is_slow

    def rename(self, old: str, new: str) -> None:
        self.renamed.append((old, new))
        net = self.root / "sys/bus/pci/devices" / ADDRESS / "net"
        (net / old).rename(net / new)

    def let_go(self, address: str) -> None:
        """In the place of DPDK."""
        if self.is_in_use:
            raise ValueError("it is in use")
        self.written.append(("let go", address))

    @property
    def backend(self) -> Devices:
        return Devices(self.where, self.rename, self.settle, self.let_go)

    def values(self) -> Dict[str, Value]:
        found = self.backend.observe()[KEY].values
        return {name: found[name] for name in FREE}

    def carry_out(self, before: Values, after: Values) -> None:
        self.backend.execute([Change(KEY, before, after)])


@pytest.fixture
def sysfs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Sysfs:
    made = Sysfs(tmp_path)
    monkeypatch.setattr(module, "_write", made.write)
    return made


def test_a_nic_is_read(sysfs: Sysfs) -> None:
    sysfs.add()
    sysfs.add("0000:00:01.0", None, **{"class": "0x060400"})
    (found,) = sysfs.backend.observe().values()
    assert found.key == KEY
    assert found.values == {
        **FREE,
        "vendor": 0x8086,
        "model": 0x158B,
        "vf": 0,
        "links": ("eno1",),
        "drivers": ("i40e", "vfio-pci"),
    }


def test_a_node_without_pci(tmp_path: Path) -> None:
    assert Devices(Files(str(tmp_path))).observe() == {}


def test_a_virtual_function_and_one_of_virtio_are_known(sysfs: Sysfs) -> None:
    device = sysfs.add(driver=None)
    (device / "physfn").symlink_to(device)
    (device / "virtio0/net/ens3").mkdir(parents=True)
    values = sysfs.backend.observe()[KEY].values
    assert (values["vf"], values["links"], values["driver"]) == (1, ("ens3",), None)


def test_bound_and_let_go_it_is_as_before(sysfs: Sysfs) -> None:
    sysfs.add()
    sysfs.carry_out(FREE, BOUND)
    assert sysfs.values() == BOUND
    assert sysfs.saved.read_text() == "vfio-pci\n"
    assert sysfs.saved.name == "pci-0000:3b:00.0"
    assert yaml.safe_load(sysfs.mapping.read_text()) == [
        {"name": "eno1", "pci_address": ADDRESS, "mac_address": MAC, "driver": "vfio-pci"}
    ]
    sysfs.carry_out(BOUND, FREE)
    assert sysfs.values() == FREE
    assert not sysfs.saved.exists()
    assert not sysfs.mapping.exists()
    assert (sysfs.settled, sysfs.renamed) == ([("eth0",)], [("eth0", "eno1")])
    assert sysfs.written == [
        (f"devices/{ADDRESS}/driver_override", "vfio-pci\n"),
        (f"devices/{ADDRESS}/driver/unbind", ADDRESS),
        ("drivers/vfio-pci/bind", ADDRESS),
        (f"devices/{ADDRESS}/driver_override", "\n"),
        ("let go", ADDRESS),
        (f"devices/{ADDRESS}/driver/unbind", ADDRESS),
        ("drivers/i40e/bind", ADDRESS),
    ]


def test_one_that_dpdk_does_not_close_stays(sysfs: Sysfs) -> None:
    """The kernel would wait for it."""
    sysfs.add()
    sysfs.carry_out(FREE, BOUND)
    sysfs.is_in_use = True
    with pytest.raises(ExecuteError, match="it is in use"):
        sysfs.carry_out(BOUND, FREE)
    assert sysfs.values()["driver"] == "vfio-pci"


def test_a_link_that_has_its_name_again_keeps_it(sysfs: Sysfs) -> None:
    sysfs.add()
    sysfs.carry_out(FREE, BOUND)
    sysfs.fresh = "eno1"
    sysfs.carry_out(BOUND, FREE)
    assert sysfs.renamed == []


def test_an_udevd_that_hangs_does_not_cost_the_name(sysfs: Sysfs, caplog: pytest.LogCaptureFixture) -> None:
    sysfs.add()
    sysfs.carry_out(FREE, BOUND)
    sysfs.is_slow = True
    sysfs.carry_out(BOUND, FREE)
    assert sysfs.renamed == [("eth0", "eno1")]
    assert caplog.messages == [
        f"udevd has not finished with the link of {ADDRESS}: it may give it another name"
    ]


def test_a_link_that_somebody_names_meanwhile(sysfs: Sysfs) -> None:
    device = sysfs.add()
    sysfs.carry_out(FREE, BOUND)

    def too_late(old: str, new: str) -> None:
        (device / "net" / old).rename(device / "net" / "eno1")
        raise OSError(errno.ENODEV, "No such device")

    Devices(sysfs.where, too_late, sysfs.settle, sysfs.let_go).execute([Change(KEY, BOUND, FREE)])
    assert sysfs.values() == FREE


def test_one_that_was_bound_to_nothing(sysfs: Sysfs) -> None:
    sysfs.add(driver=None)
    sysfs.carry_out({**FREE, "driver": None}, BOUND)
    assert sysfs.values()["driver"] == "vfio-pci"
    sysfs.carry_out(BOUND, {**FREE, "driver": None})
    assert sysfs.values()["driver"] is None


def test_a_driver_that_refuses(sysfs: Sysfs) -> None:
    """As vfio-pci does without an IOMMU. What is half made is taken back by the same way."""
    sysfs.add()
    sysfs.refusals["vfio-pci"] = OSError(errno.EINVAL, "Invalid argument", "drivers/vfio-pci/bind")
    with pytest.raises(ExecuteError, match="drivers/vfio-pci/bind: Invalid argument"):
        sysfs.carry_out(FREE, BOUND)
    assert sysfs.values() == {**BOUND, "driver": None}
    sysfs.carry_out({**BOUND, "driver": None}, FREE)
    assert sysfs.values() == FREE


OTHERS = (
    "- driver: mlx5_core\n  mac_address: '52:54:00:00:00:02'\n  name: eno2\n  pci_address: 0000:3c:00.0\n"
)


def test_entries_of_other_nics_stay(sysfs: Sysfs) -> None:
    sysfs.add()
    sysfs.mapping.parent.mkdir()
    sysfs.mapping.write_text(OTHERS)
    sysfs.carry_out(FREE, BOUND)
    assert sysfs.mapping.read_text().startswith(OTHERS)
    sysfs.carry_out(BOUND, FREE)
    assert sysfs.mapping.read_text() == OTHERS


def test_one_that_keeps_its_driver_is_noted(sysfs: Sysfs) -> None:
    sysfs.add()
    sysfs.carry_out({"name": None, "mac": None}, {"name": "eno1", "mac": MAC})
    (entry,) = yaml.safe_load(sysfs.mapping.read_text())
    assert entry["driver"] == "i40e"
    assert sysfs.values() == {**FREE, "name": "eno1", "mac": MAC}
    assert sysfs.written == []


def test_a_mac_address_that_yaml_takes_for_a_number(sysfs: Sysfs) -> None:
    sysfs.add()
    sysfs.mapping.parent.mkdir()
    sysfs.mapping.write_text(f"- {{name: eno1, pci_address: '{ADDRESS}', mac_address: {MAC}}}\n")
    assert sysfs.values()["mac"] == MAC


@pytest.mark.parametrize("text", ["a: b\n", "[1]\n", "- {a\n"])
def test_a_mapping_that_is_none(sysfs: Sysfs, text: str) -> None:
    sysfs.add()
    sysfs.mapping.parent.mkdir()
    sysfs.mapping.write_text(text)
    with pytest.raises(ObserveError, match=r"dpdk_mapping\.yaml cannot be used"):
        sysfs.backend.observe()

"""Drivers of real PCI devices: bound to vfio-pci for DPDK, and all that it takes back."""

from __future__ import annotations

from typing import List

import pytest

from os_net_config.engine.converge import UndoneError
from os_net_config.state import row
from os_net_config.state.model import RowKey
from os_net_config.state.problem import ProblemsError
from tests.kernel.support.node import ip
from tests.kernel.support.observed import snapshot

from .nics import ACCEPT_RA, PciNic, free, furnish, give_back, write
from .site import ANOTHER, PORT, Site

PLAIN = """\
network_config:
- {type: interface, name: eno7, mtu: 1500, addresses: [{ip_netmask: 192.0.2.1/24}]}
"""
BOUND = {"driver": "vfio-pci", "override": "vfio-pci", "links": [], "saved": "vfio-pci\n"}


@pytest.fixture
def eno7(nic: PciNic) -> PciNic:
    """The NIC with a name that the kernel does not give, up, and with an MTU of its own."""
    ip(f"link set {nic.name} name eno7", "link set eno7 mtu 1400 up")
    return nic


def test_they_are_read(site: Site, found: List[PciNic]) -> None:
    for one in found:
        values = dict(site.device(one.address))
        drivers = values.pop("drivers")
        assert isinstance(drivers, tuple)
        assert {"igb", "pcieport", "vfio-pci"} <= set(drivers)
        assert values == {
            **dict.fromkeys(["override", "saved", "name", "mac"]),
            "driver": "igb",
            "links": (one.name,),
            "vendor": 0x8086,
            "model": 0x10C9,
            "vf": 0,
        }


@pytest.mark.parametrize("state", ["up", "down"])
def test_a_port_takes_its_nic_and_lets_go_of_it(site: Site, eno7: PciNic, state: str) -> None:
    ip("link set eth1 up", f"link set eno7 {state}")
    before = snapshot()
    site.applied(PORT)
    assert eno7.told() == BOUND
    assert "eno7" not in snapshot().state.links
    assert site.mapping.read_text(encoding="utf-8") == (
        "- driver: vfio-pci\n  mac_address: 02:00:00:00:00:01\n"
        f"  name: eno7\n  pci_address: '{eno7.address}'\n"
    )
    site.applied(ANOTHER)
    assert eno7.told() == free("igb", "eno7")
    assert not site.mapping.exists()
    assert snapshot() == before


def test_one_that_a_config_of_ours_has_used_is_as_before_us(site: Site, eno7: PciNic) -> None:
    ip("link set eth1 up", "link set eno7 down")
    before = snapshot()
    for text in (PLAIN, PORT, PLAIN, PORT, ANOTHER):
        site.applied(text)
    assert eno7.told() == free("igb", "eno7")
    assert snapshot() == before


def test_the_next_boot_without_driverctl(site: Site, eno7: PciNic) -> None:
    """The NIC has the kernel's driver again, and what tells that DPDK is to have it is on the disk."""
    ip("link set eth1 up")
    before = snapshot()
    site.applied(PORT)
    saved = eno7.saved.read_text(encoding="ascii")
    give_back(eno7, "igb")
    write(eno7.saved, saved)
    ip(f"link set {eno7.name} name eno7")
    site.after_a_boot()
    site.applied(PORT)
    assert eno7.told() == BOUND
    site.applied(ANOTHER)
    assert eno7.told() == free("igb", "eno7")
    assert snapshot() == before


@pytest.mark.parametrize("state", ["up", "down"])
def test_what_fails_when_it_is_bound_is_undone(site: Site, eno7: PciNic, state: str) -> None:
    furnish()
    ip(f"link set eno7 {state}")
    before = snapshot()
    site.backend.refused = RowKey(row.INTERFACE, "dpdk0")
    with pytest.raises(UndoneError) as caught:
        site.apply(PORT, allow_loss=True)
    drivers = [step.after["driver"] for step in site.backend.done if step.after and "driver" in step.after]
    assert (caught.value.left, drivers) == ([], ["vfio-pci", "igb"])
    assert eno7.told() == free("igb", "eno7")
    assert not site.mapping.exists()
    assert snapshot() == before
    assert ACCEPT_RA.read_text(encoding="ascii") == "0\n"


def test_what_others_have_on_it_is_not_lost_unasked(site: Site, eno7: PciNic) -> None:
    furnish()
    before = snapshot(), eno7.told()
    with pytest.raises(ProblemsError) as caught:
        site.apply(PORT)
    (one,) = caught.value.problems
    assert one.message == (
        "eno7 is to be removed, and takes along what cannot be brought back: the link eno7.10 (vlan),"
        " 192.0.2.7/24, 2001:db8::7/64, the route 198.51.100.0/24, the route 2001:db8:1::/48"
    )
    assert (snapshot(), eno7.told()) == before


def test_a_driver_that_is_not_loaded(site: Site, eno7: PciNic) -> None:
    before = snapshot(), eno7.told()
    with pytest.raises(ProblemsError) as caught:
        site.apply(PORT.replace("    members: [", "    driver: uio_pci_generic\n    members: ["))
    (one,) = caught.value.problems
    assert one.message == f"the driver uio_pci_generic for {eno7.address} is not loaded"
    assert (snapshot(), eno7.told()) == before


def test_one_that_the_kernel_does_not_bind(site: Site, found: List[PciNic]) -> None:
    """vfio-pci takes nothing that is in no group of an IOMMU."""
    without = next(one for one in found if not (one.device / "iommu_group").exists())
    ip(f"link set {without.name} mtu 1400 up")
    before = snapshot(), without.told()
    with pytest.raises(UndoneError) as caught:
        site.apply(PORT.replace("eno7", without.name))
    assert caught.value.cause == (
        f"device {without.address}: /sys/bus/pci/drivers/vfio-pci/bind: Invalid argument"
    )
    assert caught.value.left == []
    assert (snapshot(), without.told()) == before
    assert not site.mapping.exists()

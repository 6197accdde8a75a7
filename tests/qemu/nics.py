"""The NICs of this PC as sysfs and iproute2 tell of them, and as they were at its boot."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from pathlib import Path
from typing import Dict, Iterator, List, Optional

from tests.kernel.support.namespace import set_up
from tests.kernel.support.node import ip

PCI = Path("/sys/bus/pci")
ACCEPT_RA = Path("/proc/sys/net/ipv6/conf/eno7/accept_ra")
#: Of network controllers.
_CLASS = "0x02"


@dataclass(frozen=True)
class PciNic:
    """One by its PCI address, with the name that it had first."""

    address: str
    name: str

    @property
    def device(self) -> Path:
        return PCI / "devices" / self.address

    @property
    def saved(self) -> Path:
        return Path("/etc/driverctl.d") / f"pci-{self.address}"

    @property
    def driver(self) -> Optional[str]:
        path = self.device / "driver"
        return path.resolve().name if path.is_symlink() else None

    @property
    def links(self) -> List[str]:
        return sorted(path.name for path in self.device.glob("net/*"))

    def told(self) -> Dict[str, object]:
        """All that says which driver it has, and is to have."""
        return {
            "driver": self.driver,
            "override": (self.device / "driver_override").read_text().strip(),
            "links": self.links,
            "saved": self.saved.read_text() if self.saved.exists() else None,
        }


def found() -> List[PciNic]:
    """In the order of the slots."""
    nics = sorted(path for path in (PCI / "devices").iterdir() if _is_nic(path))
    return [PciNic(path.name, next(path.glob("net/*")).name) for path in nics]


def _is_nic(device: Path) -> bool:
    return (device / "class").read_text().startswith(_CLASS)


def free(driver: str, name: str) -> Dict[str, object]:
    """What is told of one that has the kernel's driver, and nobody wants another one."""
    return {"driver": driver, "override": "(null)", "links": [name], "saved": None}


def furnish() -> None:
    """What others may have on a NIC of this name."""
    ACCEPT_RA.write_text("0", encoding="ascii")
    ip(
        "address add 192.0.2.7/24 dev eno7",
        "address add 2001:db8::7/64 dev eno7 nodad",
        "route add 198.51.100.0/24 via 192.0.2.1 dev eno7 metric 50",
        "route add 2001:db8:1::/48 via 2001:db8::1 dev eno7",
        "link add link eno7 name eno7.10 type vlan id 10",
    )


def write(path: Path, text: str) -> None:
    path.write_text(text, encoding="ascii")


@contextlib.contextmanager
def kept(some: List[PciNic]) -> Iterator[None]:
    """Whatever becomes of them meanwhile, they are there again as they were, with plain writes."""
    drivers = {nic: nic.driver for nic in some}
    set_up("lo")
    try:
        yield
    finally:
        for nic, driver in drivers.items():
            give_back(nic, str(driver))


def give_back(nic: PciNic, driver: str) -> None:
    """Bound anew, so that nothing of a test is left on its link."""
    nic.saved.unlink(missing_ok=True)
    write(nic.device / "driver_override", "\n")
    if nic.driver is not None:
        write(nic.device / "driver" / "unbind", nic.address)
    write(PCI / "drivers" / driver / "bind", nic.address)
    (now,) = nic.links
    if now != nic.name:
        ip(f"link set {now} down", f"link set {now} name {nic.name}")

"""An emulated PC with PCI Express and an IOMMU, and the command line that boots Debian's kernel on it.

It is all software: it needs no virtualization of the processor, which machines for CI rarely have.
"""

from __future__ import annotations

from pathlib import Path
from typing import Dict, Iterator, List, Optional

from tests.lab import debian, initramfs
from tests.lab.job import Job
from tests.lab.layout import Shares
from tests.lab.machine import ADMIN_PATH, Machine, Wiring, find_program, mac
from tests.lab.outcome import LabError

PROGRAM = "qemu-system-x86_64"
RESULTS, BESIDE = "results", "beside"
#: The vector instructions of later ones are slow when they are emulated. One processor boots faster than
#: two, and leaves the others of this machine to other suites.
PROCESSOR = "Nehalem-v1"
#: intel_iommu makes groups of devices: vfio-pci binds none without.
KERNEL = "console=ttyS0 quiet panic=-1 intel_iommu=on mitigations=off"


def program() -> str:
    """QEMU's path; an error that says what to install where it is not here."""
    found = find_program(PROGRAM)
    if found is None:
        raise LabError(f"there is no {PROGRAM}: tools/bootstrap emulator installs it (Red Hat has none)")
    return found


class Qemu:
    """A platform, see tests/lab/guest.py."""

    def __init__(self, job: Job, machine: Machine, nic_model: str) -> None:
        if job.disk or job.terminal:
            raise LabError("an emulated PC has neither a disk nor a terminal here")
        self._program = program()
        self._kernel = debian.kernel()
        self._machine = machine
        self._nic_model = nic_model
        self._results = job.results

    def shares(self, results: Optional[Path]) -> Shares:
        """The results directory is a share of its own: the root's is read-only."""
        options = "trans=virtio,version=9p2000.L,msize=1048576"
        return Shares(self._kernel.modules.parent, (RESULTS, "9p", options) if results else None)

    def command(self, wiring: Wiring, scratch: Path) -> List[str]:
        """The command that boots the guest for the job in the scratch directory."""
        archive = scratch / "initramfs"
        initramfs.make(archive, self._kernel.busybox, self._kernel.modules, scratch)
        return [
            self._program,
            *["-nodefaults", "-no-user-config", "-display", "none", "-no-reboot"],
            *["-machine", "q35", "-cpu", PROCESSOR, "-accel", "tcg"],
            *["-m", f"{self._machine.memory >> 20}M", "-device", "intel-iommu,intremap=off"],
            *["-kernel", str(self._kernel.image), "-initrd", str(archive), "-append", KERNEL],
            *share("root", Path("/"), "readonly=on,multidevs=remap"),
            *(share(RESULTS, self._results, "multidevs=remap") if self._results else ()),
            *lines(wiring),
            *nics(self._machine, self._nic_model),
        ]

    def environment(self) -> Dict[str, str]:
        """That of QEMU; the job's is in its script."""
        return {"PATH": ADMIN_PATH}


def share(name: str, directory: Path, options: str) -> List[str]:
    """A directory of the host."""
    # A comma ends a value unless it is said twice.
    path = str(directory).replace(",", ",,")
    device = f"virtio-9p-pci,fsdev={name},mount_tag={name}"
    return ["-fsdev", f"local,id={name},path={path},security_model=none,{options}", "-device", device]


def lines(wiring: Wiring) -> Iterator[str]:
    """The serial lines, in their order: the first one is the console."""
    known = (wiring.console, wiring.stdout, wiring.stderr, wiring.control)
    for number, descriptor in enumerate(known):
        yield from ("-chardev", f"file,id=line{number},path=/dev/fd/{descriptor}")
        yield from ("-serial", f"chardev:line{number}")


def nics(machine: Machine, model: str) -> Iterator[str]:
    """Each in a slot of its own, with a cable to the hub of its segment, which leads nowhere else."""
    all_of_them = [*((segment, "pcie.0") for segment in machine.nics), *((s, BESIDE) for s in machine.beside)]
    if machine.beside:
        # Another root of the bus, which the tables of the IOMMU leave out.
        yield from ("-device", f"pxb-pcie,id={BESIDE},bus_nr=128,bus=pcie.0,bypass_iommu=on")
    for index, (segment, bus) in enumerate(all_of_them):
        slot = f"pcie-root-port,id=slot{index},bus={bus},slot={index + 1},chassis={index + 1}"
        yield from ("-device", slot)
        yield from ("-netdev", f"hubport,id=cable{index},hubid={segment}")
        yield from ("-device", f"{model},bus=slot{index},netdev=cable{index},mac={mac(index)}")

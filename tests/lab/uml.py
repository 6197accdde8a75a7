"""The User-mode Linux kernel of this machine, and the command line that boots it."""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import List, Optional, Tuple

from tests.lab.outcome import LabError

MODULES = Path("/usr/lib/uml/modules")
SYSTEMD = Path("/lib/systemd/systemd")
ADMIN_PATH = "/usr/local/sbin:/usr/sbin:/sbin:/usr/local/bin:/usr/bin:/bin"
GIBIBYTE = 1 << 30


def find_program(name: str) -> Optional[str]:
    """A program on the PATH, or where the administrator's programs are."""
    return shutil.which(name) or shutil.which(name, path=ADMIN_PATH)


def lacking(systemd: bool = False) -> List[str]:
    """The Debian packages that the lab needs and this machine does not have."""
    kernel = find_program("linux.uml") and any(MODULES.glob("*/modules.dep"))
    found = {
        "user-mode-linux": kernel,
        "kmod": find_program("modprobe"),
        "iproute2": find_program("ip"),
        "systemd": not systemd or SYSTEMD.exists(),
    }
    return [package for package, present in found.items() if not present]


def program(systemd: bool = False) -> str:
    """The kernel's path; an error that names what lacks where it cannot boot."""
    packages = lacking(systemd)
    found = find_program("linux.uml")
    if packages or not found:
        install = f"apt-get install {' '.join(packages)}"
        raise LabError(f"User-mode Linux cannot run here: {install}; or try --auto, for the running kernel")
    return found


@dataclass(frozen=True)
class Wiring:
    """The descriptors that the guest's console and serial lines are bound to."""

    console: int
    stdout: int
    stderr: int
    control: int
    terminal: Optional[Tuple[int, int]] = None

    def descriptors(self) -> Tuple[int, ...]:
        """All of them."""
        return (self.console, self.stdout, self.stderr, self.control, *(self.terminal or ()))

    def arguments(self) -> List[str]:
        """The kernel's arguments for them; every other line is bound to nothing."""
        lines = {"con0": self.console, "ssl1": self.stdout, "ssl2": self.stderr, "ssl3": self.control}
        bound = [f"{line}=null,fd:{descriptor}" for line, descriptor in lines.items()]
        terminal = [f"con1=fd:{self.terminal[0]},fd:{self.terminal[1]}"] if self.terminal else []
        return ["con=null", "ssl=null", *bound, *terminal]


@dataclass(frozen=True)
class Machine:
    """The guest's hardware. A NIC is given by the number of the segment that it is plugged into."""

    memory: int = 2 * GIBIBYTE
    nics: Tuple[int, ...] = ()
    disk: Optional[Path] = None

    def arguments(self) -> List[str]:
        """The kernel's arguments for it."""
        # Without a disk a reboot forgets everything, the job's progress as well.
        disk = [f"ubd0={self.disk}"] if self.disk else ["noreboot"]
        nics = [nic(index, segment) for index, segment in enumerate(self.nics)]
        return [f"mem={self.memory >> 20}M", *disk, *nics]


def nic(index: int, segment: int) -> str:
    """The kernel's argument for a NIC."""
    return f"eth{index}=mcast,02:00:00:00:00:{index + 1:02x},239.192.168.1,{1100 + segment}"


def init(machine: Machine, scratch: Path) -> List[str]:
    """The kernel's arguments for PID 1."""
    shell = ["/bin/sh", f"{scratch}/init.sh", str(scratch)]
    if machine.nics and os.geteuid() != 0:
        # In the user namespace of the NICs' network the host's root is nobody, so programs that are
        # set-uid root would run as nobody, mount first of all.
        shell = ["/usr/bin/setpriv", "--no-new-privs", *shell]
    return [f"init={shell[0]}", "--", *shell[1:]]


def command_line(kernel: str, machine: Machine, wiring: Wiring, scratch: Path) -> List[str]:
    """The command that boots the guest for the job in the scratch directory."""
    hardware = [*machine.arguments(), *wiring.arguments()]
    root = ["rootfstype=hostfs", "root=/", "ro"]
    # The host's fstab names devices that are not in the guest; the console is a log, without colours.
    systemd = ["fstab=no", "systemd.journald.forward_to_console=1", "TERM=dumb"]
    traces = ["quiet", f"uml_dir={scratch}/uml", "umid=lab"]
    return [kernel, *hardware, *root, *systemd, *traces, *init(machine, scratch)]

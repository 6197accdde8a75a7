"""User-mode Linux, and the command line that boots it."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path
from typing import Dict, List, Optional

from tests.lab.job import Job
from tests.lab.layout import Shares
from tests.lab.machine import ADMIN_PATH, Machine, Wiring, find_program, mac
from tests.lab.outcome import LabError

MODULES = Path("/usr/lib/uml/modules")
SYSTEMD = Path("/lib/systemd/systemd")
ON_PRIVATE_SEGMENTS = 'ip link set lo up && ip route add 224.0.0.0/4 dev lo && exec "$@"'


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


class UserMode:
    """A platform, see tests/lab/guest.py."""

    def __init__(self, job: Job, machine: Machine) -> None:
        self._program = program(job.systemd)
        self._machine = machine

    def shares(self, results: Optional[Path]) -> Shares:
        """Whatever the guest mounts of the host is its hostfs."""
        return Shares(MODULES, ("none", "hostfs", str(results)) if results else None)

    def command(self, wiring: Wiring, scratch: Path) -> List[str]:
        """The command that boots the guest for the job in the scratch directory."""
        command = command_line(self._program, self._machine, wiring, scratch)
        return in_private_network(command) if self._machine.nics else command

    def environment(self) -> Dict[str, str]:
        """That of the kernel's own process; the job's is in its script."""
        return {"PATH": ADMIN_PATH, "TMPDIR": memory_directory(self._machine.memory)}


def command_line(kernel: str, machine: Machine, wiring: Wiring, scratch: Path) -> List[str]:
    """The kernel with its arguments."""
    arguments = [*hardware(machine), *lines(wiring)]
    root = ["rootfstype=hostfs", "root=/", "ro"]
    # The host's fstab names devices that are not in the guest; the console is a log, without colours.
    systemd = ["fstab=no", "systemd.journald.forward_to_console=1", "TERM=dumb"]
    traces = ["quiet", f"uml_dir={scratch}/uml", "umid=lab"]
    return [kernel, *arguments, *root, *systemd, *traces, *init(machine, scratch)]


def hardware(machine: Machine) -> List[str]:
    """The kernel's arguments for the machine."""
    # Without a disk a reboot forgets everything, the job's progress as well.
    disk = [f"ubd0={machine.disk}"] if machine.disk else ["noreboot"]
    nics = [nic(index, segment) for index, segment in enumerate(machine.nics)]
    return [f"mem={machine.memory >> 20}M", *disk, *nics]


def nic(index: int, segment: int) -> str:
    """The kernel's argument for a NIC."""
    return f"eth{index}=mcast,{mac(index)},239.192.168.1,{1100 + segment}"


def lines(wiring: Wiring) -> List[str]:
    """The kernel's arguments for its lines; every other one is bound to nothing."""
    known = {"con0": wiring.console, "ssl1": wiring.stdout, "ssl2": wiring.stderr, "ssl3": wiring.control}
    bound = [f"{line}=null,fd:{descriptor}" for line, descriptor in known.items()]
    terminal = [f"con1=fd:{wiring.terminal[0]},fd:{wiring.terminal[1]}"] if wiring.terminal else []
    return ["con=null", "ssl=null", *bound, *terminal]


def init(machine: Machine, scratch: Path) -> List[str]:
    """The kernel's arguments for PID 1."""
    shell = ["/bin/sh", f"{scratch}/init.sh", str(scratch)]
    if machine.nics and os.geteuid() != 0:
        # In the user namespace of the NICs' network the host's root is nobody, so programs that are
        # set-uid root would run as nobody, mount first of all.
        shell = ["/usr/bin/setpriv", "--no-new-privs", *shell]
    return [f"init={shell[0]}", "--", *shell[1:]]


def in_private_network(command: List[str]) -> List[str]:
    """The command in a network namespace, so that what its NICs send stays there."""
    namespaces = ["unshare", "--net"] if os.geteuid() == 0 else ["unshare", "--map-root-user", "--net"]
    return [*namespaces, "sh", "-c", ON_PRIVATE_SEGMENTS, "sh", *command]


def memory_directory(size: int) -> str:
    """Where the kernel's memory file goes: it is sparse, unlinked at once and mapped executable."""
    for choice in ("/dev/shm", tempfile.gettempdir(), "/var/tmp"):
        if os.path.isdir(choice) and os.access(choice, os.W_OK):
            executable = not os.statvfs(choice).f_flag & os.ST_NOEXEC
            if executable and shutil.disk_usage(choice).free >= size:
                return choice
    return tempfile.gettempdir()

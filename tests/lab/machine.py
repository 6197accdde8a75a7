"""A guest's hardware, and the host's lines to it."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Optional, Tuple

ADMIN_PATH = "/usr/local/sbin:/usr/sbin:/sbin:/usr/local/bin:/usr/bin:/bin"
GIBIBYTE = 1 << 30


def find_program(name: str) -> Optional[str]:
    """A program on the PATH, or where the administrator's programs are."""
    return shutil.which(name) or shutil.which(name, path=ADMIN_PATH)


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


@dataclass(frozen=True)
class Machine:
    """The guest's hardware. A NIC is given by the number of the segment that it is plugged into.

    ``beside`` are those that a PC's IOMMU does not see.
    """

    memory: int = 2 * GIBIBYTE
    nics: Tuple[int, ...] = ()
    disk: Optional[Path] = None
    beside: Tuple[int, ...] = ()


def mac(index: int) -> str:
    """The MAC address of a NIC."""
    return f"02:00:00:00:00:{index + 1:02x}"

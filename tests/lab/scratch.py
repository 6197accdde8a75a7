"""A guest's directory on the host, gone with the guest however this process ends."""

from __future__ import annotations

import contextlib
import subprocess
import tempfile
from pathlib import Path
from typing import Iterator, Optional

# It is told the guest's process group and waits for the end of its input, which comes with the end of
# this process even if that is killed. The kernel's helper processes would outlive the kernel.
REAPER = """
read -r group || group=
cat >/dev/null
[ -z "$group" ] || kill -s KILL -- "-$group"
rm -rf -- "$1"
"""


class Scratch:
    """The directory, and the process that removes it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._guest: Optional[subprocess.Popen[bytes]] = None
        self._reaper = subprocess.Popen(
            ["/bin/sh", "-c", REAPER, "sh", str(path)],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )

    def kill_first(self, guest: subprocess.Popen[bytes]) -> None:
        """Have the guest, the leader of a process group, killed before the directory is removed."""
        assert self._reaper.stdin
        self._guest = guest
        self._reaper.stdin.write(f"{guest.pid}\n".encode())
        self._reaper.stdin.flush()

    def remove(self) -> None:
        """Kill the guest and remove the directory."""
        assert self._reaper.stdin
        self._reaper.stdin.close()
        self._reaper.wait()
        # Not earlier: until then nothing else can get the process group's number.
        if self._guest:
            self._guest.wait()


@contextlib.contextmanager
def scratch_directory() -> Iterator[Scratch]:
    """Make the directory; it is gone when the context is left, and so is the guest."""
    scratch = Scratch(Path(tempfile.mkdtemp(prefix="os-net-config-lab-")))
    try:
        yield scratch
    finally:
        scratch.remove()

"""The first root of a kernel that has no driver for the real one built in.

An archive in cpio's "new" format (Documentation/driver-api/early-userspace/buffer-format.rst).
"""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import Dict, Iterable, Iterator, List, Sequence, Tuple

from tests.lab.outcome import LabError

HERE = Path(__file__).resolve().parent
#: Of the file systems that the guest's root is made of, and of the bus on which it comes.
MODULES = ("virtio_pci", "9pnet_virtio", "9p", "overlay")
DIRECTORIES = ("bin", "dev", "modules", "proc", "root")
#: The major and the minor number of /dev/console.
CONSOLE = (5, 1)
TRAILER = "TRAILER!!!"


def entry(name: str, mode: int, content: bytes = b"", device: Tuple[int, int] = (0, 0)) -> bytes:
    """A file, a directory or a device of the archive."""
    encoded = name.encode() + b"\0"
    fields = [0, mode, 0, 0, 1, 0, len(content), 0, 0, *device, len(encoded), 0]
    header = b"070701" + b"".join(b"%08x" % field for field in fields)
    return padded(header + encoded) + padded(content)


def padded(data: bytes) -> bytes:
    """To a multiple of four bytes."""
    return data + bytes(-len(data) % 4)


def with_needed(wanted: Sequence[str], dependencies: Iterable[str]) -> List[str]:
    """The modules' files, in the order in which they can be inserted.

    ``dependencies`` are the lines of modules.dep: each file with those that it needs, the first one last.
    """
    needs = {file: rest.split() for file, _, rest in (line.partition(":") for line in dependencies)}
    files = {Path(file).name.partition(".")[0].replace("-", "_"): file for file in needs}
    found: Dict[str, None] = {}
    for name in wanted:
        # One that is not there is part of the kernel.
        for file in (*reversed(needs.get(files.get(name, ""), [])), *filter(None, [files.get(name)])):
            found.setdefault(file)
    return list(found)


def parts(busybox: Path, modules: Path, scratch: Path) -> Iterator[bytes]:
    """The archive's entries. ``modules`` is the directory of one release's."""
    for directory in DIRECTORIES:
        yield entry(directory, stat.S_IFDIR | 0o755)
    yield entry("dev/console", stat.S_IFCHR | 0o600, device=CONSOLE)
    yield entry("bin/busybox", stat.S_IFREG | 0o755, busybox.read_bytes())
    yield entry("init", stat.S_IFREG | 0o755, (HERE / "initramfs.sh").read_bytes())
    yield entry("job", stat.S_IFREG | 0o644, f"{scratch}\n".encode())
    lines = (modules / "modules.dep").read_text(encoding="utf-8").splitlines()
    for number, file in enumerate(with_needed(MODULES, lines)):
        yield entry(f"modules/{number:02}", stat.S_IFREG | 0o644, (modules / file).read_bytes())
    yield entry(TRAILER, 0)


def make(path: Path, busybox: Path, modules: Path, scratch: Path) -> None:
    """Write the archive for the job in the scratch directory."""
    try:
        path.write_bytes(b"".join(parts(busybox, modules, scratch)))
    except OSError as error:
        raise LabError(f"{os.fspath(path)} cannot be made: {error}") from error

"""Debian's kernel, unpacked where nothing of this machine uses it; and a shell that needs no libraries.

Other packages are kept as they are, for guests that unpack them: installed, they may change this machine.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import List, Mapping, Optional, Sequence

from tests.lab.machine import find_program
from tests.lab.outcome import LabError

META_PACKAGE = "linux-image-amd64"
SHELL_PACKAGE = "busybox-static"
#: What becomes of a kernel on a PC under QEMU: not sound, graphics, disks. igb stands on dca and i2c.
UNPACKED = (
    "./bin/busybox",
    "./boot/vmlinuz-*",
    "./lib/modules/*/modules.*",
    "./lib/modules/*/kernel/arch/*",
    "./lib/modules/*/kernel/crypto/*",
    "./lib/modules/*/kernel/drivers/dca/*",
    "./lib/modules/*/kernel/drivers/i2c/algos/*",
    "./lib/modules/*/kernel/drivers/net/*",
    "./lib/modules/*/kernel/drivers/ptp/*",
    "./lib/modules/*/kernel/drivers/vfio/*",
    "./lib/modules/*/kernel/drivers/virtio/*",
    "./lib/modules/*/kernel/fs/*",
    "./lib/modules/*/kernel/lib/*",
    "./lib/modules/*/kernel/net/*",
    "./lib/modules/*/kernel/virt/*",
)


@dataclass(frozen=True)
class Kernel:
    """An unpacked one. ``modules`` is the directory of its release."""

    image: Path
    modules: Path
    busybox: Path


def cache(environment: Mapping[str, str] = os.environ) -> Path:
    """Where it is kept; a directory that can be removed."""
    base = environment.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "os-net-config-lab"


def kernel() -> Kernel:
    """The one in the cache; the first time it is downloaded."""
    # What an older checkout has unpacked may be less.
    directory = cache() / f"{META_PACKAGE}-{zlib.crc32(' '.join(UNPACKED).encode()):08x}"
    if not directory.exists():
        fetch(directory)
    found = unpacked(directory)
    if found is None:
        raise LabError(f"there is no whole kernel in {directory}: remove that directory")
    return found


def unpacked(directory: Path) -> Optional[Kernel]:
    """What is in the directory, if it is all there."""
    image = next(directory.glob("boot/vmlinuz-*"), None)
    dependencies = next(directory.glob("lib/modules/*/modules.dep"), None)
    busybox = directory / "bin" / "busybox"
    if image is None or dependencies is None or not busybox.exists():
        return None
    return Kernel(image, dependencies.parent, busybox)


def packages_directory() -> Path:
    """Where packages are for guests: NAME.deb."""
    return cache() / "packages"


def keep_package(name: str) -> None:
    """Download it, the first time."""
    kept = packages_directory() / f"{name}.deb"
    if kept.exists():
        return
    sys.stderr.write(f"lab: downloading {name} to {kept.parent}\n")
    try:
        kept.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=kept.parent) as made:
            (package,) = downloaded_all([name], Path(made))
            package.replace(kept)
    except OSError as error:
        raise LabError(f"the package {name} cannot be kept in {kept.parent}: {error}") from error


def fetch(directory: Path) -> None:
    """Download it and unpack what is of use; another lab may do so at the same time."""
    if find_program("apt-get") is None or find_program("dpkg-deb") is None:
        raise LabError("the emulated PC needs Debian's kernel, and here is no apt-get to download it")
    sys.stderr.write(f"lab: downloading {META_PACKAGE} and {SHELL_PACKAGE} to {directory.parent}\n")
    try:
        directory.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=directory.parent) as made:
            new = Path(made) / "new"
            new.mkdir()
            for package in packages(Path(made)):
                unpack(package, new)
            index(new)
            put(new, directory)
    except OSError as error:
        raise LabError(f"Debian's kernel cannot be kept in {directory}: {error}") from error


def put(new: Path, directory: Path) -> None:
    """What another one has put there meanwhile is as good."""
    try:
        new.rename(directory)
    except OSError:
        if not directory.exists():
            raise


def kernel_package() -> str:
    """The package with the kernel of now: the other one only names it."""
    text = output(["apt-cache", "depends", "--important", META_PACKAGE], Path("/"))
    names = [line.split()[-1] for line in text.splitlines() if line.split()[:1] == ["Depends:"]]
    found = [name for name in names if name.startswith("linux-image-")]
    if not found:
        raise LabError(f"no package {META_PACKAGE} is known here: apt-get update")
    return found[0]


def packages(directory: Path) -> List[Path]:
    """The files of all that are needed for a kernel."""
    return downloaded_all([META_PACKAGE, SHELL_PACKAGE], directory)


def downloaded_all(names: Sequence[str], directory: Path) -> List[Path]:
    """The files of packages; of one that names the kernel of now, that of the kernel."""
    try:
        return [downloaded(real_name(name), directory) for name in names]
    except LabError:
        if os.geteuid() != 0:
            raise
    # What is known here may be older than what there is.
    output(["apt-get", "update"], directory)
    return [downloaded(real_name(name), directory) for name in names]


def real_name(name: str) -> str:
    return kernel_package() if name == META_PACKAGE else name


def downloaded(package: str, directory: Path) -> Path:
    """The package's file."""
    output(["apt-get", "download", package], directory)
    return next(directory.glob(f"{package}_*.deb"))


def unpack(package: Path, directory: Path) -> None:
    """The part of it that is of use."""
    archive = ["dpkg-deb", "--fsys-tarfile", str(package)]
    with subprocess.Popen(archive, stdout=subprocess.PIPE) as reading:
        command = ["tar", "-x", "--no-same-owner", "--wildcards", *UNPACKED]
        subprocess.run(command, cwd=directory, stdin=reading.stdout, stderr=subprocess.DEVNULL, check=False)
    if reading.returncode:
        raise LabError(f"{package.name} cannot be unpacked")


def index(directory: Path) -> None:
    """The modules' dependencies, which a package's installation would list."""
    release = next(directory.glob("lib/modules/*")).name
    output([find_program("depmod") or "depmod", "--basedir", str(directory), release], directory)


def output(command: List[str], directory: Path) -> str:
    """What it prints; an error with what it complains about."""
    if shutil.which(command[0]) is None:
        raise LabError(f"Debian's kernel cannot be prepared: there is no {command[0]}")
    done = subprocess.run(
        command, cwd=directory, env={**os.environ, "LC_ALL": "C"}, capture_output=True, text=True, check=False
    )
    if done.returncode:
        told = done.stderr.strip().splitlines()
        reason = " / ".join([line for line in told if not line.startswith("W: ")][-3:])
        raise LabError(f"{' '.join(command)} failed; is there a network, and an apt-get update? {reason}")
    return done.stdout

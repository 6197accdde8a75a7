"""Fresh nodes for one process, each in namespaces of its own: network, /sys, /run and /etc/iproute2."""

from __future__ import annotations

import contextlib
import ctypes
import os
import subprocess
from pathlib import Path
from typing import Dict, Iterator, NamedTuple

from tests.kernel.support.namespace import Namespace

from . import cables
from .ip import Ip

_LIBC = ctypes.CDLL(None, use_errno=True)
_CLONE_NEWNS = 0x20000
_MS_REC, _MS_PRIVATE = 0x4000, 0x40000
_MNT_DETACH = 2

NAMES = Path("/etc/iproute2")
_SETTINGS = Path("/proc/sys/net/ipv6/conf")


class Initial(NamedTuple):
    """How a node's NICs are found. ``detects``: IPv6 looks for duplicate addresses."""

    up: bool = False
    mtu: int = 1500
    detects: bool = False


def _checked(result: int) -> None:
    if result:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))


class Nodes:
    """The nodes that this process makes, one after the other. From here on its mounts are its own."""

    def __init__(self) -> None:
        # With the module comes /dev/net/tun.
        subprocess.run(["modprobe", "--quiet", "tun"], check=False)
        _checked(_LIBC.unshare(_CLONE_NEWNS))
        _checked(_LIBC.mount(b"none", b"/", None, _MS_REC | _MS_PRIVATE, None))
        self.home = Namespace()
        self.ip = Ip()
        self._names = files(NAMES)
        _checked(_LIBC.mount(b"names", bytes(NAMES), b"tmpfs", 0, None))

    @contextlib.contextmanager
    def fresh(self, initial: Initial) -> Iterator[None]:
        """Make a node and go there."""
        _restore(NAMES, self._names)
        try:
            with Namespace.new() as node:
                _detect_duplicates(initial.detects)
                with Namespace.new():
                    (_SETTINGS / "default/disable_ipv6").write_text("1", encoding="ascii")
                    cables.lay(node.descriptor, initial.mtu)
                    node.enter()
                    cables.set_up("lo", *(cables.NICS if initial.up else ()))
                    with mounted("sysfs", "/sys"), mounted("tmpfs", "/run"):
                        yield
        finally:
            self.home.enter()


def _detect_duplicates(detects: bool) -> None:
    for scope in ("all", "default"):
        (_SETTINGS / scope / "accept_dad").write_text(str(int(detects)), encoding="ascii")


@contextlib.contextmanager
def mounted(kind: str, place: str) -> Iterator[None]:
    """Have a fresh file system of this kind there."""
    _checked(_LIBC.mount(kind.encode(), place.encode(), kind.encode(), 0, None))
    try:
        yield
    finally:
        _checked(_LIBC.umount2(place.encode(), _MNT_DETACH))


def files(directory: Path) -> Dict[str, str]:
    """The texts of the files below a directory by their names there."""
    return {
        str(path.relative_to(directory)): path.read_text(encoding="utf-8")
        for path in sorted(directory.rglob("*"))
        if path.is_file()
    }


def _restore(directory: Path, wanted: Dict[str, str]) -> None:
    found = files(directory)
    for name in found.keys() - wanted.keys():
        (directory / name).unlink()
    for name, text in wanted.items():
        if found.get(name) != text:
            (directory / name).parent.mkdir(exist_ok=True)
            (directory / name).write_text(text, encoding="utf-8")

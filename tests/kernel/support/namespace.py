"""Network namespaces: this process goes into one, and what it starts comes along."""

from __future__ import annotations

import contextlib
import ctypes
import fcntl
import os
import shutil
import socket
import struct
from pathlib import Path
from typing import Iterator

_LIBC = ctypes.CDLL(None, use_errno=True)

_CLONE_NEWNET = 0x40000000
_MS_BIND = 4096
_MNT_DETACH = 2
_SIOCGIFFLAGS, _SIOCSIFFLAGS = 0x8913, 0x8914
_IFF_UP = 1
_IFREQ = struct.Struct("16sH22x")


def _checked(result: int) -> None:
    if result:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))


class Namespace:
    """A network namespace, which lives at least as long as this object's descriptor is open."""

    def __init__(self, path: str = "/proc/thread-self/ns/net") -> None:
        """The one that this process is in, or that another file stands for."""
        self.descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)

    @classmethod
    def new(cls) -> Namespace:
        """A fresh one; this process is in it afterwards."""
        _checked(_LIBC.unshare(_CLONE_NEWNET))
        return cls()

    @classmethod
    def named(cls, name: str) -> Namespace:
        """One that ``ip netns`` made."""
        return cls(f"/run/netns/{name}")

    def enter(self) -> None:
        _checked(_LIBC.setns(self.descriptor, _CLONE_NEWNET))

    @contextlib.contextmanager
    def inside(self) -> Iterator[None]:
        """This process, and what it starts, is there for a while."""
        with Namespace() as home:
            self.enter()
            try:
                yield
            finally:
                home.enter()

    @property
    def path(self) -> str:
        """For ``ip link set … netns`` of a child that was handed the descriptor."""
        return f"/proc/self/fd/{self.descriptor}"

    def __enter__(self) -> Namespace:
        return self

    def __exit__(self, *_: object) -> None:
        os.close(self.descriptor)


@contextlib.contextmanager
def own_sysfs() -> Iterator[None]:
    """Have /sys show the links of the namespace that we are in now."""
    _checked(_LIBC.mount(b"sysfs", b"/sys", b"sysfs", 0, None))
    try:
        yield
    finally:
        _checked(_LIBC.umount2(b"/sys", _MNT_DETACH))


@contextlib.contextmanager
def own_copy(directory: str, at: Path) -> Iterator[None]:
    """Have a copy of a directory, made at ``at``, in its place. Changes of it are for nobody else."""
    os.makedirs(directory, exist_ok=True)
    shutil.copytree(directory, at, dirs_exist_ok=True)
    _checked(_LIBC.mount(os.fsencode(at), os.fsencode(directory), None, _MS_BIND, None))
    try:
        yield
    finally:
        _checked(_LIBC.umount2(os.fsencode(directory), _MNT_DETACH))
        shutil.rmtree(at)


@contextlib.contextmanager
def kept(path: Path) -> Iterator[None]:
    """Whatever becomes of a file, it is as it was afterwards."""
    before = path.read_bytes() if path.exists() else None
    try:
        yield
    finally:
        path.unlink(missing_ok=True)
        if before is not None:
            path.write_bytes(before)


def set_up(link: str) -> None:
    """Set a link up without starting a program for it."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        answer = fcntl.ioctl(any_socket, _SIOCGIFFLAGS, _IFREQ.pack(link.encode(), 0))
        flags = _IFREQ.unpack(answer)[1] | _IFF_UP
        fcntl.ioctl(any_socket, _SIOCSIFFLAGS, _IFREQ.pack(link.encode(), flags))

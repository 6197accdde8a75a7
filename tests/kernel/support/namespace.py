"""Network namespaces: this process goes into one, and what it starts comes along."""

from __future__ import annotations

import contextlib
import ctypes
import fcntl
import os
import socket
import struct
from types import TracebackType
from typing import Iterator, Optional, Type

_LIBC = ctypes.CDLL(None, use_errno=True)

_CLONE_NEWNET = 0x40000000
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

    def __init__(self) -> None:
        """The one that this process is in."""
        self.descriptor = os.open("/proc/thread-self/ns/net", os.O_RDONLY | os.O_CLOEXEC)

    @classmethod
    def new(cls) -> Namespace:
        """A fresh one; this process is in it afterwards."""
        _checked(_LIBC.unshare(_CLONE_NEWNET))
        return cls()

    def enter(self) -> None:
        _checked(_LIBC.setns(self.descriptor, _CLONE_NEWNET))

    def __enter__(self) -> Namespace:
        return self

    def __exit__(
        self,
        kind: Optional[Type[BaseException]],
        error: Optional[BaseException],
        trace: Optional[TracebackType],
    ) -> None:
        os.close(self.descriptor)


@contextlib.contextmanager
def own_sysfs() -> Iterator[None]:
    """Have /sys show the links of the namespace that we are in now."""
    _checked(_LIBC.mount(b"sysfs", b"/sys", b"sysfs", 0, None))
    try:
        yield
    finally:
        _checked(_LIBC.umount2(b"/sys", _MNT_DETACH))


def set_up(link: str) -> None:
    """Set a link up without starting a program for it."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        answer = fcntl.ioctl(any_socket, _SIOCGIFFLAGS, _IFREQ.pack(link.encode(), 0))
        flags = _IFREQ.unpack(answer)[1] | _IFF_UP
        fcntl.ioctl(any_socket, _SIOCSIFFLAGS, _IFREQ.pack(link.encode(), flags))

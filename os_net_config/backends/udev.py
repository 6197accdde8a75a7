"""What udevd tells: which links it has finished with, and that it finished with another one.

RTM_NEWLINK comes before udevd has seen the link: then it may still give it another name. When it has
finished it writes the link's database file, and only then tells of it (systemd, src/udev/udev-worker.c).
"""

from __future__ import annotations

import contextlib
import os
import re
import socket
import time
from typing import Callable, FrozenSet, Iterable, Iterator

from . import appearance

_CONTROL = "/run/udev/control"
DATA = "/run/udev/data"
_OF_A_LINK = re.compile(r"n([0-9]+)")
#: In the file of a link whose new name the kernel has been asked for, until udevd has seen that it has it
#: (systemd 250 and later, src/udev/udev-event.c, rename_netif).
_RENAMING = b"E:ID_RENAMING=1"

#: linux/netlink.h.
_NETLINK_KOBJECT_UEVENT = 15
#: The group in which udevd tells of what it has processed; the kernel's own is 1
#: (systemd, src/libsystemd/sd-device/device-monitor-private.h).
_GROUP_UDEV = 2
#: Among the properties of an event, each of which ends with a zero byte.
_OF_NETWORK = b"SUBSYSTEM=net\0"


def handles_links() -> bool:
    """Whether udevd runs, and the links of this network namespace are among its own.

    It is told of those in the namespace that it is in itself, which is that of process 1. A hardened
    service may not see that one's (CAP_SYS_PTRACE, ProtectProc): it is where systemd is, as udevd is.
    """
    if not os.path.exists(_CONTROL):
        return False
    try:
        return os.path.samefile("/proc/1/ns/net", "/proc/self/ns/net")
    except (PermissionError, FileNotFoundError):
        return True


def finished(directory: str = DATA) -> FrozenSet[int]:
    """The indexes of the links that it has finished with: they keep the name that they have now."""
    try:
        names = os.listdir(directory)
    except FileNotFoundError:
        # It has not finished with anything yet.
        return frozenset()
    matches = filter(None, map(_OF_A_LINK.fullmatch, names))
    return frozenset(int(one[1]) for one in matches if not _is_renamed(os.path.join(directory, one[0])))


def _is_renamed(path: str) -> bool:
    """Also where the link is gone meanwhile: whatever has its index next is another one."""
    try:
        with open(path, "rb") as file:
            return _RENAMING in file.read().splitlines()
    except FileNotFoundError:
        return True


def settle(links: Callable[[], Iterable[str]], seconds: float) -> bool:
    """Wait until it has finished with these links, where it runs; False when the time is over.

    ``links`` tells the names that they have now. Raises OSError.
    """
    if not handles_links():
        return True
    anything = os.path.join(DATA, "n")
    return appearance.until(lambda: _is_through(links()), anything, time.monotonic() + seconds)


def _is_through(links: Iterable[str]) -> bool:
    try:
        indexes = {socket.if_nametoindex(name) for name in links}
    except OSError:
        # It is given another name this moment, of which udevd is going to hear.
        return False
    return indexes <= finished()


@contextlib.contextmanager
def events() -> Iterator[socket.socket]:
    """What udevd tells from now on, of devices of all kinds. It does not block.

    Anybody with CAP_NET_ADMIN may tell something there: it is reason to look, and no more.
    """
    kind = socket.SOCK_RAW | socket.SOCK_CLOEXEC | socket.SOCK_NONBLOCK
    with socket.socket(socket.AF_NETLINK, kind, _NETLINK_KOBJECT_UEVENT) as monitor:
        monitor.bind((0, _GROUP_UDEV))
        yield monitor


def is_of_a_link(event: bytes) -> bool:
    return _OF_NETWORK in event

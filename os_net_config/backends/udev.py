"""What udevd tells: which links it has finished with, and that it finished with another one.

RTM_NEWLINK comes before udevd has seen the link: then it may still give it another name. When it has
finished it writes the link's database file, and only then tells of it (systemd, src/udev/udev-worker.c).
"""

from __future__ import annotations

import contextlib
import os
import re
import socket
from typing import FrozenSet, Iterator

_CONTROL = "/run/udev/control"
_DATA = "/run/udev/data"
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
_OF_NETWORK = b"\0SUBSYSTEM=net\0"


def handles_links() -> bool:
    """Whether udevd runs, and the links of this network namespace are among its own.

    It is told of those in the namespace that it is in itself, which is that of process 1. A service
    with few capabilities may not look at that one's: it is where systemd has put it, beside udevd.
    """
    if not os.path.exists(_CONTROL):
        return False
    try:
        return os.path.samefile("/proc/1/ns/net", "/proc/self/ns/net")
    except PermissionError:
        return True


def finished() -> FrozenSet[int]:
    """The indexes of the links that it has finished with: they keep the name that they have now."""
    return frozenset(index for index in _indexes() if not _is_renamed(index))


def _indexes() -> Iterator[int]:
    try:
        names = os.listdir(_DATA)
    except FileNotFoundError:
        # It has not finished with anything yet.
        return
    for match in filter(None, map(_OF_A_LINK.fullmatch, names)):
        yield int(match.group(1))


def _is_renamed(index: int) -> bool:
    """Also of a link that is gone meanwhile: whatever has its index next is not finished."""
    try:
        with open(f"{_DATA}/n{index}", "rb") as file:
            return _RENAMING in file.read().splitlines()
    except FileNotFoundError:
        return True


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

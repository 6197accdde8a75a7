"""Which boot and which network namespace this is."""

from __future__ import annotations

import contextlib
import os
import socket
import struct

_BOOT_ID = "/proc/sys/kernel/random/boot_id"
#: SOL_SOCKET option: a number that no other namespace of this boot has (asm-generic/socket.h, since 5.14).
_SO_NETNS_COOKIE = 71


def boot_id() -> str:
    with open(_BOOT_ID, encoding="ascii") as file:
        return file.read().strip()


def namespace() -> int:
    """This network namespace's number: the cookie, or where the kernel has none the inode."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket, contextlib.suppress(OSError):
        (cookie,) = struct.unpack("=Q", any_socket.getsockopt(socket.SOL_SOCKET, _SO_NETNS_COOKIE, 8))
        return int(cookie)
    return os.stat("/proc/self/ns/net").st_ino

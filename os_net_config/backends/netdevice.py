"""Links by the oldest way to them (netdevice(7)): a name for one that has just come."""

from __future__ import annotations

import fcntl
import os
import socket
import struct

#: linux/sockios.h.
_SIOCSIFNAME = 0x8923
#: struct ifreq: the name, and here the new one.
_IFREQ = struct.Struct("16s24s")


def rename(old: str, new: str) -> None:
    """Of a link that is down. Raises OSError: ENODEV where there is none of the old name."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as any_socket:
        fcntl.ioctl(any_socket, _SIOCSIFNAME, _IFREQ.pack(os.fsencode(old), os.fsencode(new)))

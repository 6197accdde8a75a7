"""Links by the oldest way to them (netdevice(7)): a name for one that has just come."""

from __future__ import annotations

import errno
import fcntl
import os
import socket
import struct

#: linux/sockios.h.
_SIOCGIFFLAGS, _SIOCSIFFLAGS, _SIOCSIFNAME = 0x8913, 0x8914, 0x8923
#: linux/if.h.
_IFF_UP = 0x1
#: struct ifreq: the name, and here the new one.
_IFREQ = struct.Struct("16s24s")
#: The same with the link's flags.
_FLAGS = struct.Struct("16sH22x")


def rename(old: str, new: str) -> None:
    """Before Linux 6.2 one that is up goes down for it. Raises OSError: ENODEV if there is none."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as any_socket:
        request = _IFREQ.pack(os.fsencode(old), os.fsencode(new))
        try:
            fcntl.ioctl(any_socket, _SIOCSIFNAME, request)
        except OSError as error:
            if error.errno != errno.EBUSY:
                raise
            _set_down(any_socket, old)
            fcntl.ioctl(any_socket, _SIOCSIFNAME, request)


def _set_down(any_socket: socket.socket, name: str) -> None:
    answer = fcntl.ioctl(any_socket, _SIOCGIFFLAGS, _FLAGS.pack(os.fsencode(name), 0))
    flags = _FLAGS.unpack(answer)[1] & ~_IFF_UP
    fcntl.ioctl(any_socket, _SIOCSIFFLAGS, _FLAGS.pack(os.fsencode(name), flags))

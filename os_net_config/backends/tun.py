"""Links that rtnetlink cannot make: taps (linux/if_tun.h, drivers/net/tun.c)."""

from __future__ import annotations

import fcntl
import os
import struct
from typing import Sequence

from ..state.diff import Change
from ..state.model import LinkKey
from .protocol import ExecuteError

DEVICE = "/dev/net/tun"
#: _IOW('T', 202, int), _IOW('T', 203, int).
_TUNSETIFF, _TUNSETPERSIST = 0x400454CA, 0x400454CB
#: IFF_TUN_EXCL: another's of that name is not taken over. The modes are IFF_TUN and IFF_TAP.
_IFF_NO_PI, _IFF_TUN_EXCL = 0x1000, 0x8000
#: struct ifreq: name, flags.
_IFREQ = struct.Struct("16sH22x")


def execute(steps: Sequence[Change], device: str = DEVICE) -> None:
    """Make the link of each step, which stays without a program at its other end. Raises ExecuteError."""
    for number, step in enumerate(steps):
        assert isinstance(step.key, LinkKey) and step.after is not None, step
        mode = step.after["mode"]
        assert isinstance(mode, int)
        try:
            _make(step.key.name, mode, device)
        except OSError as error:
            reason = f"{device}: {error.strerror}"
            raise ExecuteError.at(number, steps, reason) from error


def _make(name: str, mode: int, device: str) -> None:
    """It goes again with the descriptor unless it is persistent: never half-made."""
    descriptor = os.open(device, os.O_RDWR | os.O_CLOEXEC)
    try:
        request = _IFREQ.pack(os.fsencode(name), mode | _IFF_NO_PI | _IFF_TUN_EXCL)
        fcntl.ioctl(descriptor, _TUNSETIFF, request)
        fcntl.ioctl(descriptor, _TUNSETPERSIST, 1)
    finally:
        os.close(descriptor)

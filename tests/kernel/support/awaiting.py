"""Wait for a state of the kernel, by what it tells everybody; and for what a process says."""

from __future__ import annotations

import os
import select
import socket
import time
from typing import Callable

_NETLINK_ROUTE = 0
_RTMGRP_LINK, _RTMGRP_IPV4_IFADDR, _RTMGRP_IPV4_ROUTE = 0x1, 0x10, 0x40
_RTMGRP_IPV6_IFADDR, _RTMGRP_IPV6_ROUTE = 0x100, 0x400
_GROUPS = _RTMGRP_LINK | _RTMGRP_IPV4_IFADDR | _RTMGRP_IPV4_ROUTE | _RTMGRP_IPV6_IFADDR | _RTMGRP_IPV6_ROUTE


class Changes:
    """A context manager: what the kernel tells of this namespace from its beginning on."""

    def __enter__(self) -> Changes:
        self._socket = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, _NETLINK_ROUTE)
        self._socket.bind((0, _GROUPS))
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.close()

    def until(self, reached: Callable[[], bool], seconds: float) -> float:
        """When the last change was told before it was so, in seconds of the monotonic clock.

        It is waited for so many seconds.
        """
        told = time.monotonic()
        deadline = told + seconds
        while not reached():
            left = deadline - time.monotonic()
            assert left > 0 and select.select([self._socket], [], [], left)[0], "it did not come so far"
            told = time.monotonic()
            self._drain()
        return told

    def _drain(self) -> None:
        try:
            while True:
                self._socket.recv(1 << 20, socket.MSG_DONTWAIT)
        except (BlockingIOError, OSError):
            # All is read, or there was more than the buffer holds.
            return


def said(descriptor: int, words: str, seconds: float) -> str:
    """What comes from a pipe or a terminal until these words have come."""
    deadline, text = time.monotonic() + seconds, b""
    while words.encode() not in text:
        left = deadline - time.monotonic()
        assert left > 0 and select.select([descriptor], [], [], left)[0], f"it said only {text!r}"
        piece = os.read(descriptor, 1 << 16)
        assert piece, f"it ended and said only {text!r}"
        text += piece
    return text.decode()

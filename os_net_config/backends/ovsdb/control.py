"""What is asked of ovs-vswitchd itself, at its control socket (ovs-appctl(8))."""

from __future__ import annotations

import os

from ..protocol import ObserveError
from . import question
from .schema import default_socket

#: Seconds that ovs-vswitchd is given to answer: it may be busy with a change.
_PATIENCE = 30.0
#: Answers of one that has not opened the device: DPDK has not, or there is no DPDK in it.
_NOT_OPEN = ("not found in DPDK", "is not a valid command")


def let_go(address: str, seconds: float = _PATIENCE) -> None:
    """Have DPDK close a PCI device that no interface uses. Raises ValueError.

    DPDK opens each device that it can drive when ovs-vswitchd starts. It closes the device together with
    its interface only where the interface was what it was opened for (lib/netdev-dpdk.c, ``attached``); the
    kernel waits without an end for an open device to be closed before it takes the driver away.
    """
    path = _socket()
    if not path:
        return
    request = f'{{"method":"netdev-dpdk/detach","params":["{address}"],"id":0}}'
    try:
        answer = question.asked(path, request.encode(), seconds)
    except ObserveError as error:
        raise ValueError(f"ovs-vswitchd may have {address} open, and cannot be asked: {error}") from error
    said = str((answer or {}).get("error") or "")
    if said and not any(text in said for text in _NOT_OPEN):
        raise ValueError(f"ovs-vswitchd does not close {address}: {said.strip()}")


def _socket() -> str:
    """It is named by the process; empty where none has left its number."""
    directory = os.path.dirname(default_socket())
    try:
        with open(os.path.join(directory, "ovs-vswitchd.pid"), encoding="ascii") as file:
            return os.path.join(directory, f"ovs-vswitchd.{int(file.read())}.ctl")
    except (OSError, ValueError):
        return ""

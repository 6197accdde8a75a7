"""A link gets another name.

Before Linux 6.2 one that is up has to go down for it (net/core/dev.c, dev_change_name): that is found by
trying, since vendors take such changes over into older kernels.
"""

from __future__ import annotations

import errno
import os
import socket
from typing import Optional, Sequence, Tuple

from ...state.diff import Change
from ..protocol import ExecuteError
from . import wire
from .socket import NetlinkSocket, Refusal, UnansweredError

Message = Tuple[int, int, bytes]


def rename(steps: Sequence[Change], netlink: NetlinkSocket) -> None:
    """Raises ExecuteError."""
    for number, step in enumerate(steps):
        old, new = (str((side or {})["name"]) for side in (step.before, step.after))
        try:
            refusal = _rename(socket.if_nametoindex(old), new, netlink)
            reason = None if refusal is None else f"the kernel refuses the name {new}: {refusal}"
        except (OSError, UnansweredError) as error:
            reason = f"{old} cannot be renamed: {error}"
        if reason is not None:
            raise ExecuteError.at(number, steps, reason)


def _rename(index: int, new: str, netlink: NetlinkSocket) -> Optional[Refusal]:
    """None: it has the name."""
    renamed = _message(index, wire.attribute(wire.IFLA_IFNAME, os.fsencode(new) + b"\0"))
    refusal = _asked(netlink, renamed)
    if _is(refusal, errno.EEXIST) and _asked(netlink, _without_alternative(index, new)) is None:
        # udevd may have given the link the same name as an alternative one.
        refusal = _asked(netlink, renamed)
    if _is(refusal, errno.EBUSY):
        down = (wire.RTM_NEWLINK, 0, wire.IFINFOMSG.pack(wire.AF_UNSPEC, 0, index, 0, wire.IFF_UP))
        refusals = [_asked(netlink, down), _asked(netlink, renamed)]
        refusal = next((one for one in refusals if one is not None), None)
    return refusal


def _is(refusal: Optional[Refusal], number: int) -> bool:
    return refusal is not None and refusal.errno == number


def _asked(netlink: NetlinkSocket, message: Message) -> Optional[Refusal]:
    """The refusal, if it is one. Raises UnansweredError."""
    return next(iter(netlink.request([message])), None)


def _message(index: int, attribute: bytes, kind: int = wire.RTM_NEWLINK) -> Message:
    return kind, 0, wire.IFINFOMSG.pack(wire.AF_UNSPEC, 0, index, 0, 0) + attribute


def _without_alternative(index: int, name: str) -> Message:
    names = wire.attribute(wire.IFLA_ALT_IFNAME, os.fsencode(name) + b"\0")
    return _message(index, wire.attribute(wire.IFLA_PROP_LIST, names, nested=True), wire.RTM_DELLINKPROP)

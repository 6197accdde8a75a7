"""``linux_bridge``: a bridge of the kernel."""

from __future__ import annotations

from ...state import bridge
from .. import bridges
from ..objects import Object
from .common import Parts, Surroundings, made


def link(one: Object, around: Surroundings) -> Parts:
    parts = made(bridge.KIND)
    options = bridges.options(one)
    if options.get("stp_state"):
        # Of the 0 that a bridge of ours has without STP the kernel would make 2 s: too few, since what
        # other bridges know lives for 20.
        options.setdefault("forward_delay", bridge.STP_FORWARD_DELAY)
    elif "forward_delay" not in options:
        # As the existing program makes its bridges (DELAY=0).
        parts.initial["forward_delay"] = 0
    parts.values.update((name, options[name]) for name in bridge.ATTRIBUTES if name in options)
    mac = around.mac_of_primary(one)
    if mac:
        parts.values["address"] = mac
    return parts

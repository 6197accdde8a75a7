"""Have the kernel tell of a link once more, for who may have lost what it told."""

from __future__ import annotations

from . import wire
from .decode import attributes
from .socket import NetlinkSocket


def tell_again(index: int) -> None:
    """By giving the link the group that it has: of one that is up the kernel tells that as a change
    (net/core/rtnetlink.c, do_setlink; net/core/dev.c, netdev_state_change). Raises ObserveError,
    UnansweredError.
    """
    header = wire.IFINFOMSG.pack(wire.AF_UNSPEC, 0, index, 0, 0)
    with NetlinkSocket() as netlink:
        buffer, start, end = netlink.ask(wire.RTM_GETLINK, header)
        for number, first, last in attributes(buffer, start + wire.IFINFOMSG.size, end):
            if number == wire.IFLA_GROUP:
                body = header + wire.attribute(wire.IFLA_GROUP, buffer[first:last])
                netlink.request([(wire.RTM_NEWLINK, 0, body)])

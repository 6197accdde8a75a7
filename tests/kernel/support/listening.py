"""What goes to and from the kernel's netlink sockets in this namespace, as an nlmon link shows it."""

from __future__ import annotations

import contextlib
import socket
import subprocess
from typing import Iterator, List

from .messages import Message, messages

_ETH_P_ALL = 0x0003
_SO_RCVBUFFORCE = 33
_NETLINK_ROUTE = 0


def is_possible() -> bool:
    """Make the link that shows the messages; False where the kernel has no such links."""
    done = subprocess.run(
        ["ip", "-batch", "-"], input="link add nlmon0 type nlmon\nlink set nlmon0 up\n", text=True,
        capture_output=True, check=False,
    )  # fmt: skip
    return done.returncode == 0


@contextlib.contextmanager
def heard() -> Iterator[List[Message]]:
    """The list is filled when the context is left."""
    found: List[Message] = []
    with socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(_ETH_P_ALL)) as tap:
        # In a user namespace the buffer stays as it is, which does for a few links.
        with contextlib.suppress(PermissionError):
            tap.setsockopt(socket.SOL_SOCKET, _SO_RCVBUFFORCE, 16 << 20)
        tap.bind(("nlmon0", _ETH_P_ALL))
        yield found
        tap.setblocking(False)
        with contextlib.suppress(BlockingIOError):
            while True:
                data, (_, protocol, *_) = tap.recvfrom(1 << 20)
                if protocol == _NETLINK_ROUTE:
                    found += messages(data)

"""Batches of netlink messages, taken apart."""

from __future__ import annotations

import struct
from typing import List, Tuple

#: struct nlmsghdr: length, type, flags, sequence, port.
HEADER = struct.Struct("=IHHII")
_NLM_F_ACK = 4


def writes(data: bytes) -> List[Tuple[int, bool]]:
    """Of each message where it begins, and whether it asks for an acknowledgement, as every write does."""
    found, offset = [], 0
    while offset < len(data):
        length, _, flags, _, _ = HEADER.unpack_from(data, offset)
        found.append((offset, bool(flags & _NLM_F_ACK)))
        offset += (length + 3) & ~3
    return found

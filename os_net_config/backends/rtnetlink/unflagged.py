"""Dumps that a change tears without being flagged: of IPv6 routes, and of rules.

One in several pieces goes on by a count. The kernel passes over as many rules as it has told
(net/core/fib_rules.c, dump_rules), and where a route was added since, over as many nodes of the tree
(net/ipv6/ip6_fib.c, fib6_dump_table). Where some of those are gone by then, it leaves out others, which
nobody touched; where there are more, it tells of one twice. A dump of IPv4 routes goes on by prefix,
and leaves out none that stays (net/ipv4/fib_trie.c, fib_table_dump).
"""

from __future__ import annotations

import logging
import select
import socket
from typing import Callable, Dict, List, Sequence, Tuple

from ...state.model import Key, Resource
from . import wire
from .decode import Message
from .socket import NetlinkSocket

log = logging.getLogger(__name__)

#: A router's routes change all the time. What one dump leaves out, a few in thousands, others tell.
_DUMPS = 3

Decode = Callable[[Sequence[Message]], Dict[Key, Resource]]


def read(netlink: NetlinkSocket, kind: int, body: bytes, groups: int, decode: Decode) -> Dict[Key, Resource]:
    """What a dump tells that these groups (RTMGRP_*) are told changes of. Raises ObserveError.

    All that is there throughout. Where no dump was undisturbed, also what went meanwhile.
    """
    found: Dict[Key, Resource] = {}
    for _ in range(_DUMPS):
        answers, is_disturbed = _dumped(netlink, kind, body, groups)
        if not is_disturbed:
            return decode(answers)
        found.update(decode(_once(answers)))
    log.info("message %d: put together from %d dumps, since changes disturbed each", kind, _DUMPS)
    return found


def _dumped(netlink: NetlinkSocket, kind: int, body: bytes, groups: int) -> Tuple[List[Message], bool]:
    """The answers, and whether something changed while they came in pieces."""
    raw = socket.SOCK_RAW | socket.SOCK_CLOEXEC
    with socket.socket(socket.AF_NETLINK, raw, wire.NETLINK_ROUTE) as changes:
        changes.bind((0, groups))
        answers = netlink.dump(kind, body)
        # Each piece is read from a table that is locked.
        is_one_piece = not answers or answers[0][0] is answers[-1][0]
        return answers, not is_one_piece and bool(select.select([changes], [], [], 0)[0])


def _once(answers: Sequence[Message]) -> List[Message]:
    """Without those that are told twice."""
    return list({buffer[start:end]: (buffer, start, end) for buffer, start, end in answers}.values())

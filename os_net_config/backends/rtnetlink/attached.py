"""What hangs on a link, apart from what a dump of links tells: queueing disciplines and fixed neighbours."""

from __future__ import annotations

from typing import Iterator, Mapping, Tuple

from ...state.values import show_address
from . import wire
from .decode import attributes
from .socket import NetlinkSocket

#: At a link's root if nobody says anything (net/sched/sch_generic.c); by net.core.default_qdisc also others.
_USUAL = frozenset({"noqueue", "noop", "pfifo_fast", "fq_codel", "fq", "mq"})
#: clsact and ingress stand where nothing is by itself: filters hang on them.
_PLACES = frozenset({wire.TC_H_ROOT, wire.TC_H_INGRESS})


def things(links: Mapping[int, str], netlink: NetlinkSocket) -> Iterator[Tuple[str, str]]:
    """The name of the link and what is on it, of those named here by index. Raises ObserveError."""
    for buffer, start, end in netlink.dump(wire.RTM_GETQDISC, wire.TCMSG.pack(0, 0, 0, 0, 0)):
        _, index, _, parent, _ = wire.TCMSG.unpack_from(buffer, start)
        if index not in links or parent not in _PLACES:
            continue
        for number, first, last in attributes(buffer, start + wire.TCMSG.size, end):
            kind = buffer[first:last].rstrip(b"\0").decode(errors="replace")
            if number == wire.TCA_KIND and kind not in _USUAL:
                yield links[index], f"its qdisc {kind}"
    for buffer, start, end in netlink.dump(wire.RTM_GETNEIGH, wire.NDMSG.pack(0, 0, 0, 0, 0)):
        _, index, state, _, _ = wire.NDMSG.unpack_from(buffer, start)
        if index not in links or not state & wire.NUD_PERMANENT:
            continue
        for number, first, last in attributes(buffer, start + wire.NDMSG.size, end):
            if number == wire.NDA_DST:
                yield links[index], f"its neighbour {show_address(buffer[first:last])}"

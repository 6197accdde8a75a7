"""Links in other network namespaces that stand on links of this one, and go with them.

From here they are not seen: neither a dump nor sysfs tells of them. Two ways lead there. The kernel
has a number for a namespace to which a link of ours was moved, or where a peer of ours is, and
dumps the links of a namespace by its number. One in which a link was made on ours at once has no
number here: it is known by its processes or by a mount, and is gone into by a thread, which ends there.
"""

from __future__ import annotations

import ctypes
import logging
import os
from concurrent.futures import ThreadPoolExecutor
from typing import Dict, Iterator, List, Mapping, Optional

from ...state import veth
from ...state.loss import Child
from ..protocol import ObserveError
from . import wire
from .decode import Message, attributes, text
from .socket import NetlinkSocket

log = logging.getLogger(__name__)

_OWN = "/proc/self/ns/net"
_CLONE_NEWNET = 0x40000000


def children(links: Mapping[int, str], netlink: NetlinkSocket) -> List[Child]:
    """Those on the links that are named here by index. Raises ObserveError.

    A namespace that cannot be asked is logged: that takes CAP_NET_ADMIN there, and of one without
    a number CAP_SYS_ADMIN.
    """
    found: Dict[Child, None] = {}
    own = os.open(_OWN, os.O_RDONLY | os.O_CLOEXEC)
    try:
        for number in _numbers(netlink):
            found.update(dict.fromkeys(_asked(f"number {number}", links, netlink, own, number)))
        with ThreadPoolExecutor(1) as thread:
            for path in _doors(os.fstat(own).st_ino):
                found.update(dict.fromkeys(thread.submit(_asked_inside, path, links, own).result()))
    finally:
        os.close(own)
    return list(found)


def _asked(
    name: str, links: Mapping[int, str], netlink: NetlinkSocket, own: int, number: Optional[int] = None
) -> List[Child]:
    """In the namespace with this number, otherwise in the socket's own."""
    body = wire.LINKS
    if number is not None:
        body += wire.u32(wire.IFLA_TARGET_NETNSID, number)
    try:
        answers = netlink.dump(wire.RTM_GETLINK, body)
        # As a link says where the one below is, by the numbers of whoever asks.
        here = _number_of(own, netlink)
    except ObserveError as error:
        log.info("network namespace %s cannot be asked what stands on links of this one: %s", name, error)
        return []
    found = [_child(one, links, here, number) for one in answers]
    return [one for one in found if one is not None]


def _child(message: Message, links: Mapping[int, str], here: int, number: Optional[int]) -> Optional[Child]:
    buffer, start, end = message
    flags = wire.IFINFOMSG.unpack_from(buffer, start)[3]
    found = {one: (first, last) for one, first, last in attributes(buffer, start + wire.IFINFOMSG.size, end)}
    below = _number(found, buffer, wire.IFLA_LINK) or 0
    is_asked_for = number is None or _number(found, buffer, wire.IFLA_TARGET_NETNSID) == number
    if below not in links or _number(found, buffer, wire.IFLA_LINK_NETNSID) != here or not is_asked_for:
        return None
    info = attributes(buffer, *found.get(wire.IFLA_LINKINFO, (0, 0)))
    kind = next((text(buffer, *place) for one, *place in info if one == wire.IFLA_INFO_KIND), "")
    name = text(buffer, *found[wire.IFLA_IFNAME])
    return None if kind == veth.KIND else Child(name, kind, links[below], bool(flags & wire.IFF_UP))


def _numbers(netlink: NetlinkSocket) -> Iterator[int]:
    """Of all namespaces that have one here. Raises ObserveError."""
    for answer in netlink.dump(wire.RTM_GETNSID, wire.RTGENMSG.pack(0)):
        yield _told_number(answer)


def _number_of(descriptor: int, netlink: NetlinkSocket) -> int:
    """The number of this namespace for that of the socket; -1: none. Raises ObserveError."""
    return _told_number(
        netlink.ask(wire.RTM_GETNSID, wire.RTGENMSG.pack(0) + wire.u32(wire.NETNSA_FD, descriptor))
    )


def _told_number(message: Message) -> int:
    buffer, start, end = message
    for number, first, _ in attributes(buffer, start + wire.RTGENMSG.size, end):
        if number == wire.NETNSA_NSID:
            (told,) = wire.S32.unpack_from(buffer, first)
            return int(told)
    return -1


def _doors(own: int) -> Iterator[str]:
    """One file for each namespace apart from the one with this inode, by its processes and by mounts."""
    seen = {own}
    for path in (*(f"/proc/{one}/ns/net" for one in os.listdir("/proc") if one.isdigit()), *_mounted()):
        try:
            inode = os.stat(path).st_ino
        except OSError as error:
            # The process has ended, or is not ours to ask.
            log.debug("%s: %s", path, error)
            continue
        if inode not in seen:
            seen.add(inode)
            yield path


def _mounted() -> Iterator[str]:
    """Where namespaces of networks are mounted, as ``ip netns`` and container runtimes do (proc(5))."""
    with open("/proc/self/mountinfo", encoding="utf-8", errors="surrogateescape") as file:
        for line in file:
            words = line.split()
            if words[3].startswith("net:["):
                yield words[4]


def _asked_inside(path: str, links: Mapping[int, str], own: int) -> List[Child]:
    """The thread that calls this is in the namespace afterwards."""
    try:
        _enter(path)
        with NetlinkSocket() as netlink:
            return _asked(path, links, netlink, own)
    except OSError as error:
        log.info("network namespace %s cannot be asked what stands on links of this one: %s", path, error)
        return []


def _enter(path: str) -> None:
    """setns(2), which Python has from 3.12 on. Raises OSError."""
    libc = ctypes.CDLL(None, use_errno=True)
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        if libc.setns(descriptor, _CLONE_NEWNET):
            number = ctypes.get_errno()
            raise OSError(number, os.strerror(number))
    finally:
        os.close(descriptor)


def _number(found: Mapping[int, tuple[int, int]], buffer: bytes, attribute: int) -> Optional[int]:
    place = found.get(attribute)
    return int(wire.S32.unpack_from(buffer, place[0])[0]) if place is not None else None

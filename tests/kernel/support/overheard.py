"""The program's netlink socket with an ear on it: what flags its dumps carry, and what happens meanwhile."""

from __future__ import annotations

import contextlib
import errno
import socket
from typing import Callable, Iterator, List, NamedTuple, Set

import pytest

from os_net_config.backends.rtnetlink import socket as netlink

from .messages import HEADER, messages

_SOL_NETLINK, _ADD_MEMBERSHIP, _DROP_MEMBERSHIP = 270, 1, 2
_RTNLGRP_LINK = 1
_NLM_F_DUMP, _NLM_F_DUMP_INTR = 0x300, 0x10
#: Bytes. The kernel takes no less than it needs for one message (net/core/sock.c, SOCK_MIN_RCVBUF).
_TINY, _USUAL = 1024, 1 << 18


class Read(NamedTuple):
    """One that is about to be made of a dump: of what (RTM_GET*, AF_*), which dump and which read, from 0."""

    kind: int
    family: int
    dump: int
    number: int


Meanwhile = Callable[[Read], None]


def _nothing(read: Read) -> None:
    pass


class Overheard:
    """A channel. ``meanwhile`` is called before each read of a dump.

    ``interrupted`` are the numbers of dumps of which a part said so, ``overruns`` is how often
    something was lost, ``writes`` how often something else than a dump was asked for.
    """

    def __init__(self, meanwhile: Meanwhile = _nothing) -> None:
        self._real = netlink._opened()
        self.meanwhile = meanwhile
        self._next = Read(0, 0, -1, 0)
        self._is_dump = False
        self.interrupted: Set[int] = set()
        self.overruns = 0
        self.writes = 0

    @property
    def dumps(self) -> int:
        return self._next.dump + 1

    def send(self, data: bytes, /) -> int:
        _, kind, flags, *_ = HEADER.unpack_from(data)
        self._is_dump = flags & _NLM_F_DUMP == _NLM_F_DUMP
        if self._is_dump:
            self._next = Read(kind, data[HEADER.size], self._next.dump + 1, 0)
        else:
            self.writes += 1
        return self._real.send(data)

    def recv(self, size: int, /) -> bytes:
        if self._is_dump:
            self.meanwhile(self._next)
            self._next = self._next._replace(number=self._next.number + 1)
        try:
            buffer = self._real.recv(size)
        except OSError as error:
            self.overruns += error.errno == errno.ENOBUFS
            raise
        if any(one.flags & _NLM_F_DUMP_INTR for one in messages(buffer)):
            self.interrupted.add(self._next.dump)
        return buffer

    def close(self) -> None:
        self._real.close()


class Distracted(Overheard):
    """While it reads a dump it is told of each change of a link as well, and has hardly room for that."""

    def send(self, data: bytes, /) -> int:
        is_dump = HEADER.unpack_from(data)[2] & _NLM_F_DUMP == _NLM_F_DUMP
        self._real.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _TINY if is_dump else _USUAL)
        self._real.setsockopt(_SOL_NETLINK, _ADD_MEMBERSHIP if is_dump else _DROP_MEMBERSHIP, _RTNLGRP_LINK)
        if not is_dump:
            self._forget()
        return super().send(data)

    def _forget(self) -> None:
        """What the kernel says to a request is not to be lost among what it said before."""
        seconds = self._real.gettimeout()
        self._real.settimeout(0)
        while True:
            try:
                self._real.recv(1 << 16)
            except BlockingIOError:
                break
            except OSError as error:
                assert error.errno == errno.ENOBUFS
        self._real.settimeout(seconds)


@contextlib.contextmanager
def reading_through(*channels: Overheard) -> Iterator[None]:
    """The sockets that runs in this process open are these, one after another."""
    left: List[Overheard] = list(channels)
    with pytest.MonkeyPatch.context() as own:
        own.setattr(netlink, "_opened", lambda: left.pop(0))
        yield

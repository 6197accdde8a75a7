"""A run of the program in a process that kills itself at a moment of its own choice.

Moments are counted from the first one on at which something could be left undone: each message to the
kernel, each file that is opened for writing, renamed or removed, each transaction of Open vSwitch's
database before it is sent, when it was sent, and when ovs-vswitchd is awaited, each process that is started
or ended, and when it is awaited; and, once there was one of those, each dump and each look at the database.
At the moment it is the process sends itself SIGKILL: of a batch of messages only those before it reach the
kernel.
"""

from __future__ import annotations

import contextlib
import functools
import multiprocessing
import os
import signal
import sys
from multiprocessing.connection import Connection
from typing import Any, Callable, Iterator, List, NamedTuple, NoReturn, Optional, Sequence, Tuple

import pytest
from ovs.jsonrpc import Message, Session

from os_net_config.backends import detached
from os_net_config.backends.ovsdb import OvsdbBackend
from os_net_config.backends.processes import running
from os_net_config.backends.rtnetlink import socket as netlink
from tests.independence import program
from tests.kernel.support.namespace import Namespace

from .batches import writes
from .requests import is_write

_WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT
_EVENTS = {"os.rename", "os.remove", "os.fork", "subprocess.Popen"}


class _Moments:
    """``last`` None: it lives."""

    def __init__(self, last: Optional[int]) -> None:
        self.last = last
        self.process = os.getpid()
        self.passed = 0
        self.messages = 0

    def left(self) -> Optional[int]:
        return None if self.last is None else self.last - self.passed

    def come(self) -> None:
        """One more is about to pass."""
        if self.passed == self.last:
            os.kill(os.getpid(), signal.SIGKILL)
        self.passed += 1


class _Channel:
    """The netlink socket, with its death in it."""

    def __init__(self, real: Any, moments: _Moments) -> None:
        self._real = real
        self._moments = moments

    def send(self, data: bytes) -> int:
        parts = writes(data)
        if not parts[0][1]:
            if self._moments.passed:
                self._moments.come()
            return int(self._real.send(data))
        left = self._moments.left()
        if left is not None and left < len(parts):
            if left:
                # The kernel carries the messages out before this returns.
                self._real.send(data[: parts[left][0]])
            os.kill(os.getpid(), signal.SIGKILL)
        self._moments.passed += len(parts)
        self._moments.messages += len(parts)
        return int(self._real.send(data))

    def __getattr__(self, name: str) -> Any:
        return getattr(self._real, name)


class Death(NamedTuple):
    """How a run ended; ``status`` if it was not killed."""

    killed: bool
    status: int


class Life(NamedTuple):
    """How a run ended that came to its end: so many moments it had, of which so many were messages."""

    status: int
    moments: int
    messages: int


class Mortals:
    """Starts runs that die, from a process beside this one, which is begun with what this one has imported.

    After a fork every page that is written is a fault, on both sides, and those are what takes time in
    the lab. That process writes little. It stays at ``home``: the program looks for links in the network
    namespaces of other processes.
    """

    def __init__(self, home: Namespace) -> None:
        self._here, there = multiprocessing.Pipe()
        if os.fork() == 0:
            self._here.close()
            home.enter()
            _serve(there)
        there.close()

    def run(self, arguments: Sequence[str], last: int) -> Death:
        """The program with these arguments, on the node of this process. It dies at moment ``last``."""
        self._here.send((arguments, last))
        death = self._here.recv()
        assert isinstance(death, Death)
        return death


def _serve(parent: Connection) -> NoReturn:
    namespace = f"/proc/{os.getppid()}/ns/net"
    with contextlib.suppress(EOFError):
        while True:
            arguments, last = parent.recv()
            child = os.fork()
            if child == 0:
                _die(namespace, arguments, last)
            _, status = os.waitpid(child, 0)
            killed = os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL
            parent.send(Death(killed, -1 if killed else os.waitstatus_to_exitcode(status)))
    os._exit(0)


def _die(namespace: str, arguments: Sequence[str], last: int) -> NoReturn:
    Namespace(namespace).enter()
    with _counted(_Moments(last)):
        os._exit(program.run(*arguments).status)


def rehearse(arguments: Sequence[str]) -> Life:
    """It lives, in this process."""
    with _counted(_Moments(None)) as moments:
        done = program.run(*arguments)
    return Life(done.status, moments.passed, moments.messages)


#: Whose moments come now, if anybody's: an audit hook stays for ever.
_NOW: List[_Moments] = []


@contextlib.contextmanager
def _counted(moments: _Moments) -> Iterator[_Moments]:
    opened = netlink._opened
    _listen()
    _NOW.append(moments)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(netlink, "_opened", lambda: _Channel(opened(), moments))
        _count_transactions(patched, moments)
        _count_processes(patched, moments)
        yield moments
    _NOW.remove(moments)


def _count_transactions(patched: pytest.MonkeyPatch, moments: _Moments) -> None:
    send, see = Session.send, OvsdbBackend._see

    def sent(session: Any, message: Message) -> Any:
        writes_rows = is_write(message)
        if writes_rows or moments.passed:
            moments.come()
        result = send(session, message)
        if writes_rows:
            moments.come()
        return result

    def seen(backend: OvsdbBackend, *details: Any) -> None:
        moments.come()
        see(backend, *details)

    patched.setattr(Session, "send", sent)
    patched.setattr(OvsdbBackend, "_see", seen)


def _count_processes(patched: pytest.MonkeyPatch, moments: _Moments) -> None:
    def counted(real: Callable[..., Any]) -> Callable[..., Any]:
        def called(*details: Any) -> Any:
            moments.come()
            return real(*details)

        return called

    for module, name in ((running, "_ends"), (running, "_end_group"), (detached, "_wait")):
        patched.setattr(module, name, counted(getattr(module, name)))


@functools.cache
def _listen() -> None:
    sys.addaudithook(_heard)


def _heard(event: str, details: Tuple[Any, ...]) -> None:
    written = event == "open" and isinstance(details[2], int) and bool(details[2] & _WRITES)
    # What a child does is not for this run to count.
    if _NOW and (written or event in _EVENTS) and _NOW[-1].process == os.getpid():
        _NOW[-1].come()

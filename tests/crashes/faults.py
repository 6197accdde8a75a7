"""Each message of each plan answered with an error, or with nothing: all is taken back, and said to be.

The message does not reach the kernel; those before and after it do.
"""

from __future__ import annotations

import contextlib
import errno
import os
import struct
from typing import Any, Dict, Iterator, List, NamedTuple, Optional

import pytest

from os_net_config.backends.rtnetlink import socket as netlink
from os_net_config.backends.rtnetlink import wire
from tests.independence import program

from .batches import HEADER, writes
from .matrix import Matrix, between
from .plans import PLANS

#: What the kernel may say; None: nothing at all.
FAULTS: Dict[str, Optional[int]] = {
    "EBUSY": errno.EBUSY,
    "EPERM": errno.EPERM,
    "ENOBUFS": errno.ENOBUFS,
    "no answer": None,
}
WORDS = "as this test has it"
#: Seconds that a run waits for an answer here, instead of 30.
_PATIENCE = 0.5
_NLMSG_ERROR = 2
_NLM_F_CAPPED, _NLM_F_ACK_TLVS = 0x100, 0x200
_NLMSGERR_ATTR_MSG = 1
_FAILED = 4


class Fault(NamedTuple):
    plan: int
    message: int
    answer: str

    def __str__(self) -> str:
        return f"{PLANS[self.plan].name}: message {self.message}: {self.answer}"


class Result(NamedTuple):
    fault: Fault
    faults: List[str]


class _Channel:
    """The netlink socket, with a kernel that refuses one message."""

    def __init__(self, real: Any, script: _Script) -> None:
        self._real = real
        self._script = script
        self._answers: List[bytes] = []

    def send(self, data: bytes) -> int:
        starts = [*writes(data), (len(data), False)]
        passed = b""
        for (start, is_write), (end, _) in zip(starts, starts[1:]):
            if is_write and self._script.refuses(data[start:end]):
                self._answers += self._script.answer(data[start:end])
            else:
                passed += data[start:end]
        return int(self._real.send(passed)) if passed else 0

    def recv(self, size: int) -> bytes:
        return self._answers.pop(0) if self._answers else bytes(self._real.recv(size))

    def __getattr__(self, name: str) -> Any:
        return getattr(self._real, name)


class _Script:
    """``last`` is the message that is refused. A name is refused for good: a link that is up and gets none
    for that (EBUSY, before Linux 6.2) goes down, and is asked to have it once more.
    """

    def __init__(self, last: int, code: Optional[int]) -> None:
        self._last, self._code = last, code
        self._passed = 0
        self._name: Optional[bytes] = None

    def refuses(self, message: bytes) -> bool:
        name, is_last = _named(message), self._passed == self._last
        self._passed += 1
        if is_last:
            self._name = name
        return is_last or (name is not None and name == self._name)

    def answer(self, message: bytes) -> List[bytes]:
        """An acknowledgement with an error and the kernel's words, if it says anything."""
        if self._code is None:
            return []
        words = WORDS.encode() + b"\0"
        attribute = struct.pack("=HH", 4 + len(words), _NLMSGERR_ATTR_MSG) + words
        body = struct.pack("=i", -self._code) + message[: HEADER.size] + attribute
        _, _, _, sequence, _ = HEADER.unpack_from(message)
        flags = _NLM_F_CAPPED | _NLM_F_ACK_TLVS
        return [HEADER.pack(HEADER.size + len(body), _NLMSG_ERROR, flags, sequence, 0) + body]


def _named(message: bytes) -> Optional[bytes]:
    """Which link is asked to have which name, if it is there already and this is what is asked."""
    _, kind, _, _, _ = HEADER.unpack_from(message)
    body = message[HEADER.size :]
    if kind != wire.RTM_NEWLINK or len(body) < wire.IFINFOMSG.size + wire.NLATTR.size:
        return None
    _, _, index, _, _ = wire.IFINFOMSG.unpack_from(body)
    _, attribute = wire.NLATTR.unpack_from(body, wire.IFINFOMSG.size)
    return body if index and attribute == wire.IFLA_IFNAME else None


@contextlib.contextmanager
def _refusing(script: _Script) -> Iterator[None]:
    opened = netlink._opened
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(netlink, "_DEADLINE", _PATIENCE)
        patched.setattr(netlink, "_opened", lambda: _Channel(opened(), script))
        yield


class FaultMatrix:
    """All messages of all plans, with all answers."""

    def __init__(self, matrix: Matrix) -> None:
        self._matrix = matrix

    def faults(self, number: int) -> Iterator[Fault]:
        """Of a plan."""
        for message in range(self._matrix.rehearsal(number).messages):
            yield from (Fault(number, message, answer) for answer in FAULTS)

    def attempt(self, fault: Fault) -> Result:
        case, code = PLANS[fault.plan], FAULTS[fault.answer]
        with self._matrix.made(case) as site:
            before = site.reading()
            with _refusing(_Script(fault.message, code)):
                run = program.run(*site.arguments())
            found = [f"exit status {run.status}: {run.errors}"] if run.status != _FAILED else []
            said = ["the node is as it was, verified"]
            said += [WORDS, os.strerror(code)] if code is not None else ["no answer"]
            found += [f"{words!r} is not said: {run.errors}" for words in said if words not in run.errors]
            found += ["the journal is still there"] if site.has_begun() else []
            then = site.reading()
            found += [*site.lost(before, then), *between(then, before, case)]
        return Result(fault, found)

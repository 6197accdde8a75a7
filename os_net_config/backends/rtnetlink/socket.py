"""A netlink socket: dumps read in large pieces, writes sent in batches with every ack matched."""

from __future__ import annotations

import errno
import os
import socket
import time
from dataclasses import dataclass
from typing import Dict, Iterator, List, NamedTuple, Optional, Protocol, Sequence, Tuple, Union

from ..protocol import ObserveError
from . import wire

#: The kernel fills at most 32 KiB of it at once (af_netlink.c, netlink_recvmsg).
_RECEIVE_SIZE = 65536
#: As many acks as fit the default receive buffer with room to spare.
_BATCH = 128
#: Seconds for a dump that nothing interrupts: others may be busy, as when a host starts its containers.
_PATIENCE = 5.0
#: Seconds for one answer. The longest seen is a bond's of many ports, well under one.
_DEADLINE = 30.0


@dataclass
class Traffic:
    """What went over the socket, for tests that count it and for --debug."""

    dumps: int = 0
    messages: int = 0
    sends: int = 0
    receives: int = 0


class Refusal(NamedTuple):
    """The kernel's answer to one request that it did not carry out."""

    number: int
    errno: int
    text: str
    #: Where the attribute that it is about begins in the request's body; None: it does not say.
    offset: Optional[int] = None

    def __str__(self) -> str:
        reason = os.strerror(self.errno)
        return f"{reason}: {self.text}" if self.text else reason


class UnansweredError(Exception):
    """An answer did not come: nobody knows which of the requests ``numbers`` were carried out."""

    def __init__(self, numbers: Sequence[int], refusals: Sequence[Refusal], reason: str) -> None:
        super().__init__(reason)
        self.numbers = tuple(numbers)
        self.refusals = tuple(refusals)


class Channel(Protocol):
    """What we use of a socket. A refusal or a deadline that passes is an OSError."""

    def send(self, data: bytes, /) -> int: ...

    def recv(self, size: int, /) -> bytes: ...

    def close(self) -> None: ...


class NetlinkSocket:
    """One NETLINK_ROUTE socket, of the current network namespace if none is given. A context manager.

    ``patience``: in seconds, how long a dump that is interrupted is made again.
    """

    def __init__(self, channel: Optional[Channel] = None, patience: float = _PATIENCE) -> None:
        self.traffic = Traffic()
        self._patience = patience
        self._sequence = 0
        self._socket = _opened() if channel is None else channel

    def __enter__(self) -> NetlinkSocket:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self._socket.close()

    def dump(self, kind: int, body: bytes) -> List[Tuple[bytes, int, int]]:
        """All answers to a dump request: (buffer, start, end) of each message's payload.

        A dump that a change interrupted (NLM_F_DUMP_INTR), or of which something was lost (ENOBUFS), is
        inconsistent, and made again. Raises ObserveError, also where each one is interrupted.
        """
        deadline, attempts, interrupted = time.monotonic() + self._patience, 0, True
        while interrupted:
            if attempts and time.monotonic() >= deadline:
                raise ObserveError(_never_quiet(kind, attempts, self._patience))
            answers, interrupted = self.glance(kind, body)
            attempts += 1
        return answers

    def glance(self, kind: int, body: bytes) -> Tuple[List[Tuple[bytes, int, int]], bool]:
        """One dump, and whether it was interrupted: then something may be missing from it."""
        try:
            return self._dump_once(kind, body)
        except OSError as error:
            raise ObserveError(f"the kernel's answer to a dump (message {kind}) was lost: {error}") from error

    def _dump_once(self, kind: int, body: bytes) -> Tuple[List[Tuple[bytes, int, int]], bool]:
        sequence = self._next_sequence()
        header = wire.NLMSGHDR.pack(
            wire.NLMSGHDR.size + len(body), kind, wire.NLM_F_REQUEST | wire.NLM_F_DUMP, sequence, 0
        )
        self._socket.send(header + body)
        self.traffic.dumps += 1
        self.traffic.sends += 1
        answers: List[Tuple[bytes, int, int]] = []
        interrupted = False
        while True:
            buffer, overrun = self._received()
            interrupted |= overrun
            for message, flags, start, end, number in messages(buffer):
                if number != sequence:
                    continue
                interrupted |= bool(flags & wire.NLM_F_DUMP_INTR)
                if message == wire.NLMSG_DONE:
                    _check_done(kind, buffer, start, end)
                    return answers, interrupted
                if message == wire.NLMSG_ERROR:
                    refused, text, _ = _error(buffer, start, end, flags)
                    raise ObserveError(
                        f"the kernel refused a dump (message {kind}): {os.strerror(refused)} {text}".strip()
                    )
                answers.append((buffer, start, end))

    def ask(self, kind: int, body: bytes) -> Tuple[bytes, int, int]:
        """The one answer to a question: (buffer, start, end) of its payload. Raises ObserveError."""
        answer = self.answer(kind, body)
        if isinstance(answer, Refusal):
            told = f"{os.strerror(answer.errno)} {answer.text}".strip()
            raise ObserveError(f"message {kind} was refused: {told}")
        return answer

    def answer(self, kind: int, body: bytes) -> Union[Tuple[bytes, int, int], Refusal]:
        """The same, or that the kernel does not answer the question. Raises ObserveError."""
        sequence = self._next_sequence()
        length = wire.NLMSGHDR.size + len(body)
        try:
            self._socket.send(wire.NLMSGHDR.pack(length, kind, wire.NLM_F_REQUEST, sequence, 0) + body)
            self.traffic.sends += 1
            while True:
                buffer = self._receive()
                for message, flags, start, end, number in messages(buffer):
                    if number == sequence and message == wire.NLMSG_ERROR:
                        return Refusal(0, *_error(buffer, start, end, flags))
                    if number == sequence:
                        return buffer, start, end
        except OSError as error:
            raise ObserveError(f"the kernel's answer to message {kind} was lost: {error}") from error

    def request(self, messages: Sequence[Tuple[int, int, bytes]]) -> List[Refusal]:
        """Send (type, flags, body) of each message, wait for every ack; the refusals in order.

        The kernel goes on with the messages after a refused one. Raises UnansweredError.
        """
        refusals: List[Refusal] = []
        for first in range(0, len(messages), _BATCH):
            self._request_batch(first, messages[first : first + _BATCH], refusals)
        return refusals

    def _request_batch(
        self, first: int, messages: Sequence[Tuple[int, int, bytes]], refusals: List[Refusal]
    ) -> None:
        waiting: Dict[int, int] = {}
        parts: List[bytes] = []
        for number, (kind, flags, body) in enumerate(messages, first):
            sequence = self._next_sequence()
            waiting[sequence] = number
            length = wire.NLMSGHDR.size + len(body)
            asked = flags | wire.NLM_F_REQUEST | wire.NLM_F_ACK
            parts.append(wire.NLMSGHDR.pack(length, kind, asked, sequence, 0) + body)
            parts.append(bytes(wire.align(length) - length))
        try:
            self._socket.send(b"".join(parts))
            self.traffic.sends += 1
            self.traffic.messages += len(messages)
            self._acknowledged(waiting, refusals)
        except OSError as error:
            raise UnansweredError(list(waiting.values()), refusals, f"no answer: {error}") from error

    def _acknowledged(self, waiting: Dict[int, int], refusals: List[Refusal]) -> None:
        while waiting:
            buffer = self._receive()
            for message, flags, start, end, sequence in messages(buffer):
                if message != wire.NLMSG_ERROR or sequence not in waiting:
                    continue
                refused, text, offset = _error(buffer, start, end, flags)
                answered = waiting.pop(sequence)
                if refused:
                    refusals.append(Refusal(answered, refused, text, offset))

    def _received(self) -> Tuple[bytes, bool]:
        """What comes next of a dump, and whether something was lost before it: the end comes all the same.

        A dump's messages are made as they are read (net/netlink/af_netlink.c, netlink_dump).
        """
        try:
            return self._receive(), False
        except OSError as error:
            if error.errno != errno.ENOBUFS:
                raise
            return b"", True

    def _receive(self) -> bytes:
        self.traffic.receives += 1
        return self._socket.recv(_RECEIVE_SIZE)

    def _next_sequence(self) -> int:
        self._sequence += 1
        return self._sequence


def _opened() -> socket.socket:
    return opened(wire.NETLINK_ROUTE)


def opened(protocol: int) -> socket.socket:
    """A channel to a part of the kernel: NETLINK_ROUTE, NETLINK_GENERIC."""
    channel = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW | socket.SOCK_CLOEXEC, protocol)
    for option in (wire.NETLINK_CAP_ACK, wire.NETLINK_EXT_ACK, wire.NETLINK_GET_STRICT_CHK):
        channel.setsockopt(wire.SOL_NETLINK, option, 1)
    channel.settimeout(_DEADLINE)
    return channel


#: What a dump tells of.
_TOLD = {
    wire.RTM_GETLINK: "links",
    wire.RTM_GETADDR: "addresses",
    wire.RTM_GETROUTE: "routes",
    wire.RTM_GETRULE: "rules",
}


def _never_quiet(kind: int, attempts: int, seconds: float) -> str:
    told = _TOLD.get(kind, f"tables (message {kind})")
    return (
        f"this node's {told} could not be read: they changed during each of {attempts} attempts"
        f" in {seconds:g} s; something on this node adds and removes some all the time"
    )


def messages(buffer: bytes) -> Iterator[Tuple[int, int, int, int, int]]:
    """(type, flags, start, end, sequence number) of the messages in one datagram.

    Raises OSError where it is cut off: what is missing may be the answer that is waited for.
    """
    offset = 0
    while offset < len(buffer):
        if offset + wire.NLMSGHDR.size > len(buffer):
            raise _cut_off()
        length, kind, flags, sequence, _ = wire.NLMSGHDR.unpack_from(buffer, offset)
        if length < wire.NLMSGHDR.size or offset + length > len(buffer):
            raise _cut_off()
        yield kind, flags, offset + wire.NLMSGHDR.size, offset + length, sequence
        offset += wire.align(length)


def _cut_off() -> OSError:
    return OSError(errno.EBADMSG, "a message is cut off")


def _check_done(kind: int, buffer: bytes, start: int, end: int) -> None:
    """A dump that failed half-way says so in its NLMSG_DONE."""
    if end - start >= 4:
        (code,) = wire.U32.unpack_from(buffer, start)
        if code:
            reason = os.strerror((1 << 32) - code)
            raise ObserveError(f"the kernel broke off a dump (message {kind}): {reason}")


def _error(buffer: bytes, start: int, end: int, flags: int) -> Tuple[int, str, Optional[int]]:
    """errno (0: an ack), the kernel's extended text and the bad attribute's place of an NLMSG_ERROR."""
    if end - start < wire.U32.size + wire.NLMSGHDR.size:
        raise _cut_off()
    (code,) = wire.U32.unpack_from(buffer, start)
    refused = (1 << 32) - code if code else 0
    if not flags & wire.NLM_F_ACK_TLVS:
        return refused, "", None
    length, *_ = wire.NLMSGHDR.unpack_from(buffer, start + 4)
    offset = start + 4 + (wire.NLMSGHDR.size if flags & wire.NLM_F_CAPPED else wire.align(length))
    text, place = "", None
    while offset + wire.NLATTR.size <= end:
        size, number = wire.NLATTR.unpack_from(buffer, offset)
        if size < wire.NLATTR.size:
            break
        value = buffer[offset + wire.NLATTR.size : offset + size]
        if number & wire.NLA_TYPE_MASK == wire.NLMSGERR_ATTR_MSG:
            text = value.rstrip(b"\0").decode(errors="replace")
        elif number & wire.NLA_TYPE_MASK == wire.NLMSGERR_ATTR_OFFS and len(value) == wire.U32.size:
            place = wire.U32.unpack(value)[0] - wire.NLMSGHDR.size
        offset += wire.align(size)
    return refused, text, place

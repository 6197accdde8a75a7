"""Stands in for the kernel's end of a socket where a real one cannot be made to do what is tested.

That is: to lose answers, to mix and cut them off, to change at every dump, to send garbage.
"""

from __future__ import annotations

from typing import Callable, Iterable, List, Mapping, NamedTuple, Optional, Sequence, Union

from os_net_config.backends.rtnetlink import wire


class Request(NamedTuple):
    type: int
    flags: int
    sequence: int
    body: bytes


#: What comes of a read: a datagram, or the error that it ends with.
Answer = Union[bytes, OSError]
#: From all that came with one send to the reads that follow.
Script = Callable[[Sequence[Request]], Iterable[Answer]]


class FakeKernel:
    """A channel. Each send is answered by the next script, and by the last one from then on."""

    def __init__(self, *scripts: Script) -> None:
        self._scripts = list(scripts)
        self._answers: List[Answer] = []
        self.sent: List[List[Request]] = []

    def send(self, data: bytes, /) -> int:
        self.sent.append(_requests(data))
        script = self._scripts.pop(0) if len(self._scripts) > 1 else self._scripts[0]
        self._answers.extend(script(self.sent[-1]))
        return len(data)

    def recv(self, size: int, /) -> bytes:
        answer = self._answers.pop(0) if self._answers else TimeoutError("timed out")
        if isinstance(answer, OSError):
            raise answer
        return answer[:size]

    def close(self) -> None:
        self._answers.clear()


def _requests(data: bytes) -> List[Request]:
    found = []
    while data:
        length, kind, flags, sequence, _ = wire.NLMSGHDR.unpack_from(data)
        found.append(Request(kind, flags, sequence, data[wire.NLMSGHDR.size : length]))
        data = data[wire.align(length) :]
    return found


def message(kind: int, sequence: int, payload: bytes, flags: int = 0) -> bytes:
    length = wire.NLMSGHDR.size + len(payload)
    head = wire.NLMSGHDR.pack(length, kind, flags, sequence, 0)
    return head + payload + bytes(wire.align(length) - length)


def ack(
    to: Request, refused: int = 0, text: str = "", offset: Optional[int] = None, capped: bool = True
) -> bytes:
    """``offset`` counts from the beginning of the request's header, as the kernel's does."""
    said = b""
    if text:
        value = text.encode() + b"\0"
        said += _attribute(wire.NLMSGERR_ATTR_MSG, value)
    if offset is not None:
        said += _attribute(wire.NLMSGERR_ATTR_OFFS, wire.U32.pack(offset))
    again = wire.NLMSGHDR.pack(wire.NLMSGHDR.size + len(to.body), to.type, to.flags, to.sequence, 0)
    flags = (wire.NLM_F_CAPPED if capped else 0) | (wire.NLM_F_ACK_TLVS if said else 0)
    if not capped:
        again += to.body + bytes(wire.align(len(to.body)) - len(to.body))
    return message(wire.NLMSG_ERROR, to.sequence, wire.U32.pack(-refused % (1 << 32)) + again + said, flags)


def _attribute(number: int, value: bytes) -> bytes:
    size = wire.NLATTR.size + len(value)
    return wire.NLATTR.pack(size, number) + value + bytes(wire.align(size) - size)


def done(to: Request, refused: int = 0, flags: int = 0) -> bytes:
    return message(wire.NLMSG_DONE, to.sequence, wire.U32.pack(-refused % (1 << 32)), flags)


def acknowledges(requests: Sequence[Request]) -> List[Answer]:
    return [b"".join(ack(one) for one in requests)]


def tells(tables: Mapping[int, Sequence[bytes]]) -> Script:
    """Answers dumps with these messages, by the type of the request."""

    def script(requests: Sequence[Request]) -> List[Answer]:
        (asked,) = requests
        told = tables.get(asked.type, ())
        # RTM_GET* follows RTM_DEL* follows RTM_NEW*.
        return [*(message(asked.type - 2, asked.sequence, body) for body in told), done(asked)]

    return script

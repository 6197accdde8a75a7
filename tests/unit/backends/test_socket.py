"""Every answer finds its question, and an answer that does not come is an error with a name."""

from __future__ import annotations

import errno
import time
from random import Random
from typing import List, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from os_net_config.backends.protocol import ObserveError
from os_net_config.backends.rtnetlink import wire
from os_net_config.backends.rtnetlink.socket import NetlinkSocket, Refusal, UnansweredError

from ..properties import quick
from .fake_kernel import Answer, FakeKernel, Request, ack, acknowledges, done, message

_NEW, _GET = wire.RTM_NEWLINK, wire.RTM_GETLINK


def asked(count: int) -> List[tuple[int, int, bytes]]:
    return [(_NEW, 0, bytes([number % 256]) * (number % 7)) for number in range(count)]


# Writes


@given(st.integers(0, 300), st.randoms(), st.data())
@quick()
def test_acks_in_any_order_and_any_pieces(count: int, random: Random, data: st.DataObject) -> None:
    refused = data.draw(st.sets(st.integers(0, max(count - 1, 0)), max_size=count))

    def script(requests: Sequence[Request]) -> List[Answer]:
        first = sum(map(len, kernel.sent[:-1]))
        answers = [
            ack(one, errno.EINVAL if first + number in refused else 0, f"no {first + number}")
            for number, one in enumerate(requests)
        ]
        random.shuffle(answers)
        cut = random.randrange(len(answers) + 1)
        return [b"".join(part) for part in (answers[:cut], answers[cut:]) if part]

    kernel = FakeKernel(script)
    refusals = NetlinkSocket(kernel).request(asked(count))
    assert sorted(one.number for one in refusals) == sorted(refused)
    assert all(one.text == f"no {one.number}" and one.errno == errno.EINVAL for one in refusals)
    # Each request has its own number, and what was asked arrived.
    sent = [one for batch in kernel.sent for one in batch]
    assert [(one.type, one.body) for one in sent] == [(kind, body) for kind, _, body in asked(count)]
    assert len({one.sequence for one in sent}) == count
    assert all(one.flags == wire.NLM_F_REQUEST | wire.NLM_F_ACK for one in sent)
    assert all(len(batch) <= 128 for batch in kernel.sent)


def test_answers_to_others_are_passed_over() -> None:
    """A late ack of an earlier request, and a message that is no ack."""

    def script(requests: Sequence[Request]) -> List[Answer]:
        late = requests[0]._replace(sequence=9999)
        notice = message(_NEW, requests[0].sequence, bytes(16))
        return [ack(late, errno.EPERM) + notice, ack(requests[0])]

    assert NetlinkSocket(FakeKernel(script)).request(asked(1)) == []


@pytest.mark.parametrize("capped", [True, False])
def test_the_kernels_words_and_the_attributes_place(capped: bool) -> None:
    """The offset counts from the header; ours from the body."""

    def script(requests: Sequence[Request]) -> List[Answer]:
        return [
            b"".join((
                ack(requests[0], errno.ERANGE, "too large", 16 + 32, capped),
                ack(requests[1], errno.EINVAL, "", 16 + 8, capped),
                ack(requests[2], errno.EBUSY, "", None, capped),
                ack(requests[3], 0, "a warning", None, capped),
            ))
        ]  # fmt: skip

    refusals = NetlinkSocket(FakeKernel(script)).request(asked(4))
    assert refusals == [
        Refusal(0, errno.ERANGE, "too large", 32),
        Refusal(1, errno.EINVAL, "", 8),
        Refusal(2, errno.EBUSY, ""),
    ]
    assert [str(one) for one in refusals] == [
        "Numerical result out of range: too large", "Invalid argument", "Device or resource busy",
    ]  # fmt: skip


@pytest.mark.parametrize(
    "end",
    [TimeoutError("timed out"), OSError(errno.ENOBUFS, "No buffer space available")],
    ids=["silence", "flood"],
)
def test_an_answer_that_does_not_come(end: OSError) -> None:
    def script(requests: Sequence[Request]) -> List[Answer]:
        return [ack(requests[0]) + ack(requests[1], errno.EINVAL), end]

    with pytest.raises(UnansweredError, match=str(end.strerror or end)) as error:
        NetlinkSocket(FakeKernel(script)).request(asked(4))
    assert error.value.numbers == (2, 3)
    assert [one.number for one in error.value.refusals] == [1]


def test_a_later_batch_without_answer() -> None:
    """What was never sent is not among the unanswered."""
    kernel = FakeKernel(acknowledges, lambda requests: [])
    with pytest.raises(UnansweredError) as error:
        NetlinkSocket(kernel).request(asked(400))
    assert error.value.numbers == tuple(range(128, 256))
    assert len(kernel.sent) == 2


@given(st.integers(1, 200))
@quick()
def test_acks_cut_off(length: int) -> None:
    def script(requests: Sequence[Request]) -> List[Answer]:
        return [b"".join(ack(one, errno.EINVAL, "some words", 20) for one in requests)[:length]]

    try:
        refusals = NetlinkSocket(FakeKernel(script)).request(asked(3))
    except UnansweredError as error:
        assert {*error.numbers, *(one.number for one in error.refusals)} == {0, 1, 2}
    else:
        assert len(refusals) == 3


@given(st.binary(max_size=120))
@quick(200)
def test_garbage_for_an_ack(garbage: bytes) -> None:
    """Within a message that is well-formed, and without one."""
    for framed in (False, True):

        def script(requests: Sequence[Request], framed: bool = framed) -> List[Answer]:
            flags = wire.NLM_F_ACK_TLVS
            return [message(wire.NLMSG_ERROR, requests[0].sequence, garbage, flags) if framed else garbage]

        try:
            NetlinkSocket(FakeKernel(script)).request(asked(1))
        except UnansweredError as error:
            assert error.numbers == (0,)


# Dumps


def bodies(kernel: FakeKernel) -> List[bytes]:
    return [buffer[start:end] for buffer, start, end in NetlinkSocket(kernel).dump(_GET, b"body")]


def test_a_dump_in_pieces() -> None:
    def script(requests: Sequence[Request]) -> List[Answer]:
        (one,) = requests
        other = one.sequence + 1
        return [
            message(_NEW, one.sequence, b"a") + message(_NEW, other, b"of another"),
            message(_NEW, one.sequence, b"bcd") + message(_NEW, one.sequence, b""),
            done(one),
        ]

    kernel = FakeKernel(script)
    assert bodies(kernel) == [b"a", b"bcd", b""]
    ((request,),) = kernel.sent
    assert (request.type, request.flags) == (_GET, wire.NLM_F_REQUEST | wire.NLM_F_DUMP)
    assert request.body == b"body"


@pytest.mark.parametrize("on", ["message", "end", "overrun"])
def test_an_interrupted_dump_is_made_again(on: str) -> None:
    """What was changed in between may be there twice or not at all; of an overrun something is lost."""

    def interrupted(requests: Sequence[Request]) -> List[Answer]:
        flags = {"message": 0, "end": 0, on: wire.NLM_F_DUMP_INTR}
        first = message(_NEW, requests[0].sequence, b"old", flags["message"])
        lost: List[Answer] = [OSError(errno.ENOBUFS, "No buffer space available")] if on == "overrun" else []
        return [first, *lost, done(requests[0], flags=flags["end"])]

    def quiet(requests: Sequence[Request]) -> List[Answer]:
        return [message(_NEW, requests[0].sequence, b"new") + done(requests[0])]

    kernel = FakeKernel(*[interrupted] * 7, quiet)
    assert bodies(kernel) == [b"new"]
    assert len(kernel.sent) == 8


@pytest.mark.parametrize("patience", [0, 0.05])
def test_an_endless_change_is_an_error_that_says_so(patience: float) -> None:
    def interrupted(requests: Sequence[Request]) -> List[Answer]:
        return [done(requests[0], flags=wire.NLM_F_DUMP_INTR)]

    kernel, start = FakeKernel(interrupted), time.monotonic()
    with pytest.raises(ObserveError) as error:
        NetlinkSocket(kernel, patience).dump(_GET, b"")
    assert patience <= time.monotonic() - start < patience + 1
    attempts = len(kernel.sent)
    assert str(error.value) == (
        f"this node's links could not be read: they changed during each of {attempts} attempts in"
        f" {patience:g} s; something on this node adds and removes some all the time"
    )
    # A patience that is over is no reason not to look once.
    assert attempts == 1 if not patience else attempts > 8


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (lambda one: done(one, errno.ENOMEM), "broke off a dump .*Cannot allocate memory"),
        (lambda one: ack(one, errno.EPERM, "not you"), "refused a dump .*Operation not permitted not you"),
        (lambda one: OSError(errno.ENETDOWN, "Network is down"), "lost: .*Network is down"),
        (lambda one: TimeoutError("timed out"), "lost: timed out"),
        (lambda one: message(_NEW, one.sequence, bytes(40))[:-8], "lost: .*cut off"),
        (lambda one: b"\1\0\0\0", "lost: .*cut off"),
        (lambda one: bytes(16), "lost: .*cut off"),
    ],
    ids=["broken off", "refused", "no socket", "silence", "message cut off", "header cut off", "no length"],
)  # fmt: skip
def test_a_dump_that_fails(answer: object, words: str) -> None:
    assert callable(answer)
    kernel = FakeKernel(lambda requests: [message(_NEW, requests[0].sequence, b"a"), answer(requests[0])])
    with pytest.raises(ObserveError, match=words):
        bodies(kernel)


def test_after_a_failed_dump_the_next_one_is_read_right() -> None:
    """What is still on its way to the first is not the second's."""

    def late(requests: Sequence[Request]) -> List[Answer]:
        one = requests[0]
        return [TimeoutError("timed out"), message(_NEW, one.sequence, b"late") + done(one)]

    def quiet(requests: Sequence[Request]) -> List[Answer]:
        return [message(_NEW, requests[0].sequence, b"new") + done(requests[0])]

    netlink = NetlinkSocket(FakeKernel(late, quiet))
    with pytest.raises(ObserveError):
        netlink.dump(_GET, b"")
    assert [buffer[start:end] for buffer, start, end in netlink.dump(_GET, b"")] == [b"new"]

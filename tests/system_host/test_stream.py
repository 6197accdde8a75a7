"""A command's output ends at the mark, wherever the stream is cut."""

from __future__ import annotations

import pytest

from tests.lab.stream import UntilMark, new_mark

MARK = new_mark()
STREAM = b"\x1elab:no mark\n" + MARK[:-1] + b"still the output" + MARK + b"from a process that was left over"
OUTPUT = STREAM[: STREAM.index(MARK)]


@pytest.mark.parametrize("size", range(1, len(STREAM) + 1))
def test_pieces_of_any_size(size: int) -> None:
    until = UntilMark(MARK)
    passed = b""
    for start in range(0, len(STREAM), size):
        data, found = until.feed(STREAM[start : start + size])
        passed += data
        if found:
            break
    assert passed == OUTPUT


def test_nothing_is_lost_without_a_mark() -> None:
    until = UntilMark(MARK)
    data, found = until.feed(b"output" + MARK[:5])
    assert not found
    assert data + until.rest() == b"output" + MARK[:5]

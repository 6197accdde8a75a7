"""Finding the end of a command's output in a stream that may go on after it."""

from __future__ import annotations

import secrets
from typing import Tuple


def new_mark() -> bytes:
    """Bytes that no command writes by chance."""
    return b"\036lab:" + secrets.token_hex(16).encode() + b"\036"


class UntilMark:
    """Passes a stream on until a mark, wherever the stream is cut into pieces."""

    def __init__(self, mark: bytes) -> None:
        self._mark = mark
        self._held = b""

    def feed(self, piece: bytes) -> Tuple[bytes, bool]:
        """What to pass on now, and whether the mark was reached."""
        data = self._held + piece
        before, found, _ = data.partition(self._mark)
        if found:
            return before, True
        keep = self._length_of_start(data)
        self._held = data[len(data) - keep :]
        return data[: len(data) - keep], False

    def rest(self) -> bytes:
        """What is held back when the stream ends without a mark."""
        return self._held

    def _length_of_start(self, data: bytes) -> int:
        """How many bytes at the end of the data may be the start of the mark."""
        start = data.rfind(self._mark[:1], max(0, len(data) - len(self._mark) + 1))
        while start >= 0:
            if self._mark.startswith(data[start:]):
                return len(data) - start
            start = data.rfind(self._mark[:1], 0, start)
        return 0

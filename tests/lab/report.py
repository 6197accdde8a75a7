"""What comes in on a guest's lines."""

from __future__ import annotations

import os
import re
import select
from pathlib import Path
from typing import List, Optional, Protocol

from tests.lab.stream import UntilMark

PIECE = 65536


class Line(Protocol):
    """One of a guest's lines, read without blocking."""

    descriptor: int
    ended: bool

    def read(self) -> bool:
        """Take what is there; False when nothing is."""


def read_piece(descriptor: int) -> Optional[bytes]:
    """What is there now: empty at the line's end, None when more may come later."""
    try:
        return os.read(descriptor, PIECE)
    except BlockingIOError:
        return None


def write_all(descriptor: int, data: bytes) -> None:
    """Write everything, however slow the reader is."""
    while data:
        try:
            data = data[os.write(descriptor, data) :]
        except BlockingIOError:
            # Whoever gave us the descriptor has made it so, and it is theirs too.
            select.select([], [descriptor], [])


class Output:
    """The job's standard output or standard error, passed on as it comes."""

    def __init__(self, descriptor: int, target: int, mark: bytes) -> None:
        self.descriptor = descriptor
        self.ended = False
        self._target = target
        self._until = UntilMark(mark)

    def read(self) -> bool:
        """Pass on what is there; False when nothing is."""
        piece = read_piece(self.descriptor)
        if piece is None:
            return False
        data, found = self._until.feed(piece)
        self.ended = found or not piece
        write_all(self._target, data if piece else self._until.rest())
        return not self.ended


class Control:
    """What tests/lab/init.sh and tests/lab/agent.sh say."""

    def __init__(self, descriptor: int) -> None:
        self.descriptor = descriptor
        self.ended = False
        self.ready = False
        self.status: Optional[int] = None
        self.failed: Optional[str] = None
        self._text = b""

    def read(self) -> bool:
        """Take in what is there; False when nothing is."""
        piece = read_piece(self.descriptor)
        if not piece:
            self.ended = piece is not None
            return False
        *lines, self._text = (self._text + piece).split(b"\n")
        for line in lines:
            self._take(line.decode(errors="replace").strip())
        return True

    def _take(self, line: str) -> None:
        word, _, rest = line.partition(" ")
        if word == "ready":
            self.ready = True
        elif word == "exit":
            self.status = int(rest)
        elif word == "failed":
            self.failed = rest
        self.ended = self.status is not None or self.failed is not None


class Console:
    """What the kernel says, and systemd's journal; kept until it is known whether anyone needs it."""

    ended = False

    def __init__(self, descriptor: int) -> None:
        self.descriptor = descriptor
        self._text = bytearray()

    def read(self) -> bool:
        """Keep what is there; False when nothing is."""
        piece = read_piece(self.descriptor)
        self.ended = piece is not None and not piece
        self._text += piece or b""
        return bool(piece)

    def panic(self) -> Optional[str]:
        """The kernel's reason, if it has panicked."""
        found = re.search(rb"Kernel panic - not syncing: ([^\r\n]*)", self._text)
        return found and found[1].decode(errors="replace")

    def last_lines(self, count: int) -> List[str]:
        """The end of what was said, without empty lines."""
        return [line for line in self._text.decode(errors="replace").splitlines() if line.strip()][-count:]

    def save(self, path: Path) -> None:
        """Write everything to a file."""
        path.write_bytes(self._text)

"""The terminal that an interactive command in the lab takes over."""

from __future__ import annotations

import contextlib
import os
import termios
from typing import Iterator

from tests.lab.job import Terminal
from tests.lab.outcome import LabError


def this_terminal() -> Terminal:
    """The size of our terminal; an error when we have none."""
    if not (os.isatty(0) and os.isatty(1)):
        raise LabError("an interactive command needs a terminal as its standard input and output")
    size = os.get_terminal_size(1)
    return Terminal(rows=size.lines, columns=size.columns)


@contextlib.contextmanager
def restored_terminal() -> Iterator[None]:
    """Put the terminal's modes back: the kernel makes it raw and has no chance to undo that."""
    modes = termios.tcgetattr(0)
    blocking = os.get_blocking(0)
    try:
        yield
    finally:
        termios.tcsetattr(0, termios.TCSAFLUSH, modes)
        os.set_blocking(0, blocking)

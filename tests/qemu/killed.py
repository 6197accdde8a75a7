"""A run of the program that kills itself as it is about to write to a certain file."""

from __future__ import annotations

import os
import signal
import sys
from typing import Any, Sequence

from tests.independence import program


def run(arguments: Sequence[str], file: str) -> bool:
    """The program with these arguments; whether it came to a file whose path ends so.

    Its process begins with all that this one has imported.
    """
    child = os.fork()
    if child == 0:
        _die_at(file)
        os._exit(program.run(*arguments).status)
    _, status = os.waitpid(child, 0)
    return os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL


def _die_at(file: str) -> None:
    def heard(event: str, details: Sequence[Any]) -> None:
        opened = event == "open" and details[2] & (os.O_WRONLY | os.O_RDWR)
        # A file that is replaced as a whole: its new name.
        path = details[0] if opened else details[1] if event == "os.rename" else ""
        if str(path).endswith(file):
            os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(heard)

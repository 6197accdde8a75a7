"""Many runs of the program in this process, with a mark between two that strace sees.

Their arguments are read from standard input, a list of lists as JSON; what came of each is written to
standard output.
"""

from __future__ import annotations

import contextlib
import io
import json
import sys
from dataclasses import astuple
from typing import List

from . import warm
from .program import Run
from .tracing import MARK


def main() -> None:
    found: List[Run] = []
    # What is imported and compiled once is done before the first mark.
    _run("--version")
    for arguments in json.load(sys.stdin):
        _mark()
        found.append(_run(*arguments))
    _mark()
    json.dump([astuple(one) for one in found], sys.stdout)


def _run(*arguments: str) -> Run:
    return warm.run_into(_memory(), _memory(), *arguments)


def _memory() -> io.TextIOWrapper:
    return io.TextIOWrapper(io.BytesIO(), "utf-8", write_through=True)


def _mark() -> None:
    with contextlib.suppress(FileNotFoundError):
        open(MARK, "rb").close()


if __name__ == "__main__":
    main()

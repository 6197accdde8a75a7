"""The program without the second that it takes to start Python and import everything.

It is gone through in this process, by the same entry point with the same arguments, and ends with the
same exit status. What the program's own text makes of itself stays from run to run: modules, the
compiled schema and expressions. All else is as in a process of its own; the program keeps nothing
that would be. A fork of this process would be costlier than the run: nearly each page of memory that
Python looks at is copied then, and under User-mode Linux that takes long. Tests with many runs use it.
"""

from __future__ import annotations

import contextlib
import functools
import gc
import importlib
import logging
import pkgutil
import signal
import sys
import tempfile
import traceback
from typing import IO, Iterator, NoReturn, Sequence

import pytest

import os_net_config

from .program import CHECKOUT, TIME_LIMIT, Run


def run(*arguments: str) -> Run:
    with _written() as output, _written() as errors:
        return run_into(output, errors, *arguments)


def run_into(output: IO[str], errors: IO[str], *arguments: str) -> Run:
    """What the program prints goes to these files, which are empty."""
    _warm_up()
    with _as_a_process(arguments, output, errors):
        status = _status()
    return Run(list(arguments), status, _text(output), _text(errors))


@functools.cache
def _warm_up() -> None:
    """Import every module of ours, with what they import later, and read a file as a run does."""
    for module in pkgutil.walk_packages(os_net_config.__path__, "os_net_config."):
        if not module.name.endswith("__main__"):
            importlib.import_module(module.name)
    from os_net_config.cli.arguments import parse
    from os_net_config.config.schema import acceptor
    from os_net_config.engine.check import check_file

    parse([])
    acceptor("mapping.schema.json")
    check_file(str(CHECKOUT / "examples" / "bond-vlans.yaml"))
    # All that is there by now is there to stay: garbage collection need not look at it.
    gc.freeze()


@contextlib.contextmanager
def _as_a_process(arguments: Sequence[str], output: IO[str], errors: IO[str]) -> Iterator[None]:
    """Its arguments, streams, directory and environment; no log but its own; and an end in time."""
    with pytest.MonkeyPatch.context() as own:
        own.setattr(sys, "argv", ["os-net-config", *arguments])
        own.setattr(sys, "stdout", output)
        own.setattr(sys, "stderr", errors)
        for logger in (logging.getLogger(), logging.getLogger("os_net_config")):
            own.setattr(logger, "handlers", [])
        own.chdir(CHECKOUT)
        own.setenv("NO_COLOR", "1")
        before = signal.signal(signal.SIGALRM, _too_long)
        signal.alarm(TIME_LIMIT)
        try:
            yield
        finally:
            signal.alarm(0)
            signal.signal(signal.SIGALRM, before)


def _status() -> int:
    from os_net_config.cli.main import entry_point

    try:
        entry_point()
    except SystemExit as end:
        if end.code is None or isinstance(end.code, int):
            return end.code or 0
        sys.stderr.write(f"{end.code}\n")
    except Exception:  # noqa: BLE001
        traceback.print_exc()
    return 1


class TooLongError(BaseException):
    """Not one of those that the program could take for its own."""


def _too_long(number: int, frame: object) -> NoReturn:
    raise TooLongError(f"the run has not ended after {TIME_LIMIT} s")


def _written() -> IO[str]:
    return tempfile.TemporaryFile("w+", encoding="utf-8")


def _text(file: IO[str]) -> str:
    file.seek(0)
    return file.read()

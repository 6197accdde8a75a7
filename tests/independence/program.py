"""The program inside this process: its own entry, without the time that a start of it takes."""

from __future__ import annotations

import contextlib
import io
import signal
import traceback
from types import FrameType
from typing import Iterator, NoReturn, Optional

from tests.kernel.support.program import TIME_LIMIT, Run


class HangError(BaseException):
    """The time is up. Not an Exception, so that the program does not take it for one of its own."""


def run(*arguments: str) -> Run:
    """What comes of the program with these arguments. A traceback has the exit status 1, as it would."""
    from os_net_config.cli.main import main

    output, errors = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(output), contextlib.redirect_stderr(errors), _time_limit():
        try:
            status = main(arguments)
        except SystemExit as end:
            status = end.code if isinstance(end.code, int) else 1
        except HangError:
            errors.write(f"no end after {TIME_LIMIT} s\n{traceback.format_exc()}")
            status = 1
        except Exception:  # noqa: BLE001
            traceback.print_exc()
            status = 1
    return Run(list(arguments), status, output.getvalue(), errors.getvalue())


@contextlib.contextmanager
def _time_limit() -> Iterator[None]:
    before = signal.signal(signal.SIGALRM, _time_is_up)
    signal.setitimer(signal.ITIMER_REAL, TIME_LIMIT)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def _time_is_up(number: int, frame: Optional[FrameType]) -> NoReturn:
    raise HangError

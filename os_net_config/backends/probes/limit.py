"""How long a question is asked."""

from __future__ import annotations

import socket
import threading
import time
from typing import Callable

#: Seconds until what was not answered is tried again: a packet may be lost, a link may come up.
PACE = 0.2


class Limit:
    """Seconds from ``start`` (CLOCK_MONOTONIC), or until nobody waits for the answer any more."""

    def __init__(self, seconds: float, start: float) -> None:
        self._seconds = seconds
        self._moment = start + seconds
        self._ended = threading.Event()

    @property
    def left(self) -> float:
        """Seconds; 0 when it is over."""
        return 0.0 if self._ended.is_set() else max(0.0, self._moment - time.monotonic())

    @property
    def says(self) -> str:
        return f"no answer within {self._seconds:g} s"

    def end(self) -> None:
        self._ended.set()

    def wait(self, seconds: float = float("inf")) -> None:
        """Until so many seconds are over, or all is."""
        self._ended.wait(min(seconds, self.left))


def until_it_works(attempt: Callable[[], None], limit: Limit, pace: float = PACE) -> str:
    """Try until ``attempt`` raises no OSError; the last reason that was more than a deadline."""
    reason = ""
    while limit.left:
        try:
            attempt()
            return ""
        except (TimeoutError, socket.timeout):
            pass
        except OSError as error:
            reason = _words(error)
        limit.wait(pace)
    return reason or limit.says


def _words(error: OSError) -> str:
    reason = error.strerror or str(error)
    return f"{error.filename}: {reason}" if error.filename else reason

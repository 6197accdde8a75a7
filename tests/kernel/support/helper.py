"""Processes that the tests need beside themselves: they end with the tests, whatever happens."""

from __future__ import annotations

import ctypes
import gc
import json
import os
import select
import signal
import time
import traceback
from typing import Any, Callable, NoReturn

from .namespace import Namespace

_LIBC = ctypes.CDLL(None, use_errno=True)
_PR_SET_PDEATHSIG = 1

#: Seconds for a helper to be ready, and to come to its end.
_PATIENCE = 20.0


class Orders:
    """What a helper hears and says while it works."""

    def __init__(self, stop: int, ready: int) -> None:
        self._stop = stop
        self._ready = ready
        self._said = False

    def stopped_within(self, seconds: float) -> bool:
        """Wait so long for the end."""
        return bool(select.select([self._stop], [], [], seconds)[0])

    def ready(self) -> None:
        """What the helper is there for has begun; said once."""
        if not self._said:
            self._said = True
            os.write(self._ready, b"!")


class Helper:
    """A process in a namespace that does its work until it is told to stop, and hands back a value."""

    def __init__(self, namespace: Namespace, work: Callable[[Orders], Any]) -> None:
        self._stop_read, self._stop = os.pipe()
        self._ready, ready = os.pipe()
        self._result, result = os.pipe()
        self._is_ready = False
        parent = os.getpid()
        # Otherwise the child's garbage collection copies all of our memory.
        gc.freeze()
        self._process = os.fork()
        if self._process == 0:
            _work(parent, namespace, work, Orders(self._stop_read, ready), result)
        os.close(ready)
        os.close(result)

    def wait_until_ready(self) -> None:
        """Until the helper said so. A helper that ended before is an error, which tells why."""
        if self._is_ready:
            return
        found = select.select([self._ready], [], [], _PATIENCE)[0]
        assert found, "the helper did not get ready in time"
        if not os.read(self._ready, 1):
            raise AssertionError(f"the helper ended before it was ready: {self.result()!r}")
        self._is_ready = True

    def result(self) -> Any:
        """Tell the helper to stop, and get what it hands back."""
        os.write(self._stop, b"!")
        deadline, text = time.monotonic() + _PATIENCE, b""
        while True:
            left = deadline - time.monotonic()
            assert left > 0 and select.select([self._result], [], [], left)[0], "the helper did not end"
            piece = os.read(self._result, 1 << 20)
            if not piece:
                break
            text += piece
        found = json.loads(text)
        assert "error" not in found, found.get("error")
        return found["value"]

    def __enter__(self) -> Helper:
        return self

    def __exit__(self, *_: object) -> None:
        os.kill(self._process, signal.SIGKILL)
        os.waitpid(self._process, 0)
        for descriptor in (self._stop_read, self._stop, self._ready, self._result):
            os.close(descriptor)


def _work(
    parent: int, namespace: Namespace, work: Callable[[Orders], Any], orders: Orders, result: int
) -> NoReturn:
    """Never comes back: what pytest would do at its end is not for the child."""
    try:
        _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() == parent:
            namespace.enter()
            found = {"value": work(orders)}
    except BaseException:  # noqa: BLE001
        found = {"error": traceback.format_exc()}
    try:
        with open(result, "w", encoding="ascii") as pipe:
            json.dump(found, pipe)
    finally:
        os._exit(0)

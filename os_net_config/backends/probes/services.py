"""Ask for what hosts and programs offer: TCP, HTTP, names, an exit status."""

from __future__ import annotations

import os
import select
import signal
import socket
import threading
from queue import Empty, SimpleQueue
from typing import List

from ...state.probe import Question
from .limit import PACE, Limit, until_it_works

#: From here on the server says that it does not work.
_SERVER_ERROR = 500
#: Seconds until a name is asked for once more while the resolver waits: it waits for an answer to
#: a lost question longer than a probe has (resolv.conf(5), timeout).
_PATIENCE = 1.0
#: Seconds until a command that failed is run again.
_PACE_OF_COMMANDS = 1.0
_IGNORED_BY_PYTHON = (signal.SIGPIPE, signal.SIGXFSZ)


def tcp(question: Question, limit: Limit) -> str:
    """Whether something takes a connection."""
    address = (question.target, question.probe.port)

    def connect() -> None:
        socket.create_connection(address, timeout=limit.left or PACE).close()

    return until_it_works(connect, limit)


def http(question: Question, limit: Limit) -> str:
    """Whether a server answers, whatever it says but that it does not work. No proxy, no redirection.

    Its certificate is not looked at: what counts is the way there, and nothing is told to the server.
    """
    return until_it_works(lambda: _get(question.target, limit.left or PACE), limit)


def _get(url: str, timeout: float) -> None:
    """Raises OSError."""
    import http.client
    import ssl
    from urllib.parse import urlsplit

    parts = urlsplit(url)
    assert parts.hostname is not None
    if parts.scheme == "https":
        context = ssl._create_unverified_context()
        connection: http.client.HTTPConnection = http.client.HTTPSConnection(
            parts.hostname, parts.port, timeout=timeout, context=context
        )
    else:
        connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=timeout)
    try:
        connection.request("GET", (parts.path or "/") + (f"?{parts.query}" if parts.query else ""))
        answer = connection.getresponse()
    except http.client.HTTPException as error:
        raise OSError(f"no HTTP: {type(error).__name__} {error}") from error
    finally:
        connection.close()
    if answer.status >= _SERVER_ERROR:
        raise OSError(f"the answer is {answer.status} {answer.reason}")


def dns(question: Question, limit: Limit) -> str:
    """Whether the system's resolver finds an address, by whatever means it has (nsswitch.conf(5))."""
    found: SimpleQueue[str] = SimpleQueue()
    reason = ""
    while limit.left:
        threading.Thread(target=_resolve, args=(question.target, found), daemon=True).start()
        try:
            reason = found.get(timeout=min(_PATIENCE, limit.left))
        except Empty:
            continue
        if not reason:
            return ""
        limit.wait(PACE)
    return reason or limit.says


def _resolve(name: str, found: SimpleQueue[str]) -> None:
    try:
        socket.getaddrinfo(name, None)
        found.put("")
    except (OSError, UnicodeError) as error:
        found.put(getattr(error, "strerror", None) or str(error))


def command(question: Question, limit: Limit) -> str:
    """Whether a program ends with exit status 0. It and what it starts are killed when the time is over."""
    import shlex

    words = shlex.split(question.target)
    return until_it_works(lambda: _run(words, limit), limit, _PACE_OF_COMMANDS)


def _run(words: List[str], limit: Limit) -> None:
    """Raises OSError. Its output is thrown away, its errors come among ours."""
    # All signals open, though a run that writes has closed some, and none ignored: Python ignores these.
    process = os.posix_spawnp(
        words[0], words, os.environ, setpgroup=0, setsigmask=(), setsigdef=_IGNORED_BY_PYTHON,
        file_actions=[
            (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
            (os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0),
        ],
    )  # fmt: skip
    try:
        ended = _ends(process, limit)
    finally:
        # Also of what it left behind. The group is its own until it is waited for.
        os.killpg(process, signal.SIGKILL)
        _, status = os.waitpid(process, 0)
    if not ended:
        raise TimeoutError
    code = os.waitstatus_to_exitcode(status)
    if code:
        raise OSError(f"exit status {code}" if code > 0 else f"ended by {signal.Signals(-code).name}")


def _ends(process: int, limit: Limit) -> bool:
    """Whether it does in time."""
    descriptor = os.pidfd_open(process)
    try:
        while limit.left:
            # In between, whether anybody still waits for it.
            if select.select([descriptor], [], [], min(PACE, limit.left))[0]:
                return True
        return False
    finally:
        os.close(descriptor)

"""A stop on the way to a server: what a client asks passes, and can be held up, lost, or left unanswered."""

from __future__ import annotations

import contextlib
import os
import select
import socket
import threading
from enum import Enum
from typing import Callable, Dict, Iterator


class Fate(Enum):
    """What becomes of a request."""

    PASSES = "passes"
    #: The connection ends before the server has it.
    LOST = "lost"
    #: The server has it, and the connection ends.
    UNANSWERED = "unanswered"


@contextlib.contextmanager
def relay(at: str, server: str, sign: bytes, decide: Callable[[], Fate]) -> Iterator[None]:
    """Listen there for the server. ``decide`` is asked whenever a request has the sign in it."""
    stop, stopped = os.pipe()
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(at)
        listener.listen()
        work = _Relay(listener, server, sign, decide, stop)
        thread = threading.Thread(target=work.run)
        thread.start()
        try:
            yield
        finally:
            os.write(stopped, b"!")
            thread.join()
            os.close(stop)
            os.close(stopped)
            os.unlink(at)


class _Relay:
    def __init__(
        self, listener: socket.socket, server: str, sign: bytes, decide: Callable[[], Fate], stop: int
    ) -> None:
        self._listener, self._server, self._stop = listener, server, stop
        self._sign, self._decide = sign, decide
        #: By client the server, and the other way round.
        self._to_server: Dict[socket.socket, socket.socket] = {}
        self._to_client: Dict[socket.socket, socket.socket] = {}

    def run(self) -> None:
        while True:
            sockets = {one.fileno(): one for one in (self._listener, *self._to_server, *self._to_client)}
            ready = select.select([self._stop, *sockets], [], [])[0]
            if self._stop in ready:
                break
            for number in ready:
                self._pass(sockets[number])
        for client in list(self._to_server):
            self._end(client)

    def _pass(self, one: socket.socket) -> None:
        if one is self._listener:
            client = one.accept()[0]
            server = socket.socket(socket.AF_UNIX)
            server.connect(self._server)
            self._to_server[client], self._to_client[server] = server, client
        elif one in self._to_client:
            data = one.recv(1 << 16)
            if data:
                self._to_client[one].sendall(data)
            else:
                self._end(self._to_client[one])
        elif one in self._to_server:
            self._ask(one, one.recv(1 << 20))

    def _ask(self, client: socket.socket, data: bytes) -> None:
        fate = self._decide() if self._sign in data else Fate.PASSES
        if data and fate is not Fate.LOST:
            self._to_server[client].sendall(data)
        if not data or fate is not Fate.PASSES:
            self._end(client)

    def _end(self, client: socket.socket) -> None:
        server = self._to_server.pop(client)
        del self._to_client[server]
        client.close()
        # The server reads what it was sent before it sees the end; what it says to that nobody hears.
        with server:
            server.shutdown(socket.SHUT_WR)
            while server.recv(1 << 16):
                pass

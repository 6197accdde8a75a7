"""One question to a program of Open vSwitch, in JSON-RPC 1.0 by a socket of its own (RFC 7047, 4)."""

from __future__ import annotations

import os
import socket
import time
from typing import Any, Dict, Optional

from ..protocol import ObserveError

_RECEIVE_SIZE = 1 << 16


def asked(path: str, request: bytes, seconds: float) -> Optional[Dict[str, Any]]:
    """The answer of who listens there; None: nobody does. Raises ObserveError."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM | socket.SOCK_CLOEXEC) as own:
        own.settimeout(seconds)
        try:
            # A node without Open vSwitch is not even asked.
            os.stat(path)
            own.connect(path)
        except (FileNotFoundError, ConnectionRefusedError):
            return None
        except OSError as error:
            raise ObserveError(f"{path}: {error.strerror or error}") from error
        try:
            own.sendall(request)
            return _answer(own, time.monotonic() + seconds)
        except socket.timeout as error:
            raise ObserveError(f"{path}: no answer within {seconds:g} s") from error
        except (OSError, ValueError) as error:
            raise ObserveError(f"{path}: {error}") from error


def _answer(own: socket.socket, deadline: float) -> Dict[str, Any]:
    """The first message that is whole. Raises OSError, ValueError."""
    import json

    data = b""
    while True:
        own.settimeout(max(deadline - time.monotonic(), 0.001))
        piece = own.recv(_RECEIVE_SIZE)
        if not piece:
            raise ValueError("the connection was closed")
        data += piece
        if piece.endswith(b"}"):
            try:
                answer: Dict[str, Any] = json.loads(data)
                return answer
            except ValueError:
                # That was the end of a piece, not of the message.
                continue

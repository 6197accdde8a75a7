"""What a host at the switch offers: a port, a web server, names."""

from __future__ import annotations

import contextlib
import http.server
import socket
import ssl
import struct
import subprocess
from pathlib import Path
from typing import Iterator, NoReturn, Optional

from .helper import Helper, Orders
from .node import Node

#: RFC 1035, 4.1.1: identifier, flags, counts of questions, answers, authorities and additional records.
_DNS = struct.Struct("!6H")
_ANSWER, _NO_NAME = 0x8180, 3
_TYPE_A, _TYPE_AND_CLASS = 1, 4
#: A pointer to the question's name; type, class, seconds, length, address.
_RECORD = struct.pack("!HHHIH4B", 0xC00C, _TYPE_A, 1, 60, 4, 192, 0, 2, 1)


@contextlib.contextmanager
def listening(node: Node, address: str, port: int) -> Iterator[None]:
    """A port; the kernel takes the connections."""
    with _at_the_switch(node, socket.SOCK_STREAM, address, port):
        yield


@contextlib.contextmanager
def web(
    node: Node, address: str, port: int, status: int = 200, certificate: Optional[Path] = None
) -> Iterator[None]:
    """A web server that answers everything with this status. ``certificate``: a PEM file with its key."""
    listener = _at_the_switch(node, socket.SOCK_STREAM, address, port)
    with (
        listener,
        Helper(node.switch, lambda orders: _serve(orders, listener, status, certificate)) as server,
    ):
        server.wait_until_ready()
        yield


@contextlib.contextmanager
def names(node: Node, address: str, known: str) -> Iterator[None]:
    """A name server that knows one name."""
    own = _at_the_switch(node, socket.SOCK_DGRAM, address, 53)
    with own, Helper(node.switch, lambda orders: _answer_all(orders, own, known)) as server:
        server.wait_until_ready()
        yield


def make_certificate(node: Node) -> Path:
    """One that nobody has signed, with its key."""
    path = node.directory / "certificate.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
         "-subj", "/CN=nobody", "-keyout", path, "-out", f"{path}.public"],
        check=True, capture_output=True,
    )  # fmt: skip
    path.write_text(path.read_text() + Path(f"{path}.public").read_text())
    return path


def _at_the_switch(node: Node, kind: int, address: str, port: int) -> socket.socket:
    with node.at_the_switch():
        own = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET, kind)
        own.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        own.bind((address, port))
        if kind == socket.SOCK_STREAM:
            own.listen()
    return own


def _serve(orders: Orders, listener: socket.socket, status: int, certificate: Optional[Path]) -> NoReturn:
    class Page(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = http.server.HTTPServer(listener.getsockname(), Page, bind_and_activate=False)
    server.socket = listener
    if certificate is not None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
        server.socket = context.wrap_socket(listener, server_side=True)
    orders.ready()
    while True:
        server.handle_request()


def _answer_all(orders: Orders, own: socket.socket, known: str) -> NoReturn:
    orders.ready()
    while True:
        question, client = own.recvfrom(512)
        own.sendto(_answer(question, known), client)


def _answer(question: bytes, known: str) -> bytes:
    """One address for the name that is known, and none of IPv6."""
    identifier = _DNS.unpack_from(question)[0]
    name = b"".join(bytes([len(part)]) + part.encode() for part in known.split(".")) + b"\0"
    length = question.index(b"\0", _DNS.size) + 1
    asked = question[_DNS.size : length + _TYPE_AND_CLASS]
    is_known = question[_DNS.size : length].lower() == name
    records = [_RECORD] if is_known and asked[-_TYPE_AND_CLASS:-2] == struct.pack("!H", _TYPE_A) else []
    flags = _ANSWER | (0 if is_known else _NO_NAME)
    return _DNS.pack(identifier, flags, 1, len(records), 0, 0) + asked + b"".join(records)

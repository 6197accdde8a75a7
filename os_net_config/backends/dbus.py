"""The system bus: calls and signals, all of one connection until one deadline."""

from __future__ import annotations

import itertools
import time
from collections import deque
from typing import TYPE_CHECKING, Any, Deque, Tuple

if TYPE_CHECKING:
    from jeepney import DBusAddress, Message


#: D-Bus Specification, Well-known Message Bus Instances; /var/run is a link to /run.
_SOCKET = "/run/dbus/system_bus_socket"


class NoBusError(Exception):
    """There is no bus, or it does not answer."""


class CallError(Exception):
    """A call was refused, or not answered in time. The text says by whom, and why."""


class SystemBus:
    """A context manager. All together takes no longer than so many ``seconds``."""

    def __init__(self, seconds: float, path: str = _SOCKET) -> None:
        """Raises NoBusError."""
        from jeepney import Parser
        from jeepney.auth import AuthenticationError
        from jeepney.bus_messages import message_bus
        from jeepney.io.blocking import prep_socket

        self._deadline = time.monotonic() + seconds
        self._serials = itertools.count(1)
        self._parser = Parser()
        self._signals: Deque[Message] = deque()
        try:
            self._socket = prep_socket(path, timeout=seconds)
        except (OSError, AuthenticationError) as error:
            raise NoBusError(str(error)) from error
        try:
            self._ask(message_bus.Hello())
        except CallError as error:
            self._socket.close()
            raise NoBusError(str(error)) from error

    def __enter__(self) -> SystemBus:
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.close()

    def call(self, to: DBusAddress, method: str, signature: str = "", *body: object) -> Tuple[Any, ...]:
        """The answer's body. Raises CallError."""
        from jeepney import new_method_call

        return self._ask(new_method_call(to, method, signature or None, body))

    def listen(self, member: str, of: DBusAddress) -> None:
        """Signals of this name are wanted from now on. Raises CallError."""
        from jeepney import MatchRule
        from jeepney.bus_messages import message_bus

        rule = MatchRule(
            type="signal", sender=of.bus_name, interface=of.interface, member=member, path=of.object_path
        )
        self._ask(message_bus.AddMatch(rule))

    def next_signal(self) -> Tuple[str, Tuple[Any, ...]]:
        """The name of one, and its body. Raises CallError: none came until the deadline."""
        from jeepney import HeaderFields

        while not self._signals:
            self._receive()
        message = self._signals.popleft()
        return message.header.fields[HeaderFields.member], message.body

    def _ask(self, message: Message) -> Tuple[Any, ...]:
        from jeepney import HeaderFields, MessageType

        serial = next(self._serials)
        try:
            self._socket.settimeout(self._left())
            self._socket.sendall(message.serialise(serial))
        except OSError as error:
            raise CallError(str(error)) from error
        while True:
            answer = self._receive()
            if answer.header.fields.get(HeaderFields.reply_serial) != serial:
                continue
            if answer.header.message_type is MessageType.error:
                words = " ".join(str(one) for one in answer.body[:1])
                raise CallError(f"{answer.header.fields[HeaderFields.error_name]}: {words}")
            return tuple(answer.body)

    def _receive(self) -> Message:
        """The next message; a signal is remembered as well. Raises CallError."""
        from jeepney import MessageType

        while (message := self._parser.get_next_message()) is None:
            try:
                self._socket.settimeout(self._left())
                data = self._socket.recv(1 << 16)
            except OSError as error:
                raise CallError(f"the system bus: {error}") from error
            if not data:
                raise CallError("the system bus has closed the connection")
            self._parser.add_data(data)
        if message.header.message_type is MessageType.signal:
            self._signals.append(message)
        return message

    def _left(self) -> float:
        left = self._deadline - time.monotonic()
        if left <= 0:
            raise CallError("the system bus does not answer in time")
        return left

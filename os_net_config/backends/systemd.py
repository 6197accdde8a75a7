"""systemd's manager, by D-Bus (org.freedesktop.systemd1(5))."""

from __future__ import annotations

import contextlib
import os
import socket
from typing import TYPE_CHECKING, Any, List, Mapping, Sequence, Tuple

from .dbus import CallError, SystemBus

if TYPE_CHECKING:
    from jeepney import DBusAddress

#: It is there where systemd is PID 1 (sd_booted(3)).
_BOOTED = "/run/systemd/system"
_OF_PID_1 = "/proc/1/root"
_NAMESPACES = ("ns/net", "ns/pid", "ns/user")


class ServiceError(Exception):
    """A service did not start; the text says why."""


def is_ours(*paths: str) -> bool:
    """Whether a service of systemd is where we are: the same network, and the same files under these paths.

    In a container or a chroot, or in a service with a file system of its own, PID 1 may see others.
    """
    try:
        return (
            os.path.isdir(_BOOTED)
            and all(os.path.samefile(f"/proc/1/{one}", f"/proc/self/{one}") for one in _NAMESPACES)
            and all(os.path.samefile(_OF_PID_1 + os.path.realpath(one), one) for one in ("/", *paths))
        )
    except OSError:
        return False


def tell_ready() -> None:
    """That this service has started (sd_notify(3)). Raises OSError, KeyError."""
    name = os.environ["NOTIFY_SOCKET"]
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as told:
        told.connect(f"\0{name[1:]}" if name.startswith("@") else name)
        told.send(b"READY=1")


def start_service(
    bus: SystemBus, name: str, command: Sequence[str], settings: Mapping[str, Tuple[str, Any]]
) -> None:
    """Start a transient service, and see that it has started. Raises ServiceError.

    ``settings`` are properties of the unit with their types, as D-Bus has them.
    """
    start = ("a(sasb)", [(command[0], list(command), False)])
    properties: List[Tuple[str, Tuple[str, Any]]] = [*settings.items(), ("ExecStart", start)]
    _start(bus, name, "StartTransientUnit", "ssa(sv)a(sa(sv))", name, "fail", properties, [])


def start_unit(bus: SystemBus, name: str) -> None:
    """Start a unit that systemd has a file of, and see that it has started. Raises ServiceError."""
    _start(bus, name, "StartUnit", "ss", name, "replace")


def stop_unit(bus: SystemBus, name: str) -> None:
    """And see that it has ended. Raises ServiceError."""
    try:
        result = _job(bus, "StopUnit", "ss", name, "replace")
        if result == "done":
            # What it died of is of no interest any more; a unit that nothing is known of is not loaded.
            with contextlib.suppress(CallError):
                bus.call(_manager(), "ResetFailedUnit", "s", name)
    except CallError as error:
        raise ServiceError(f"{name} does not stop: {error}") from error
    if result != "done":
        raise ServiceError(f"{name} does not stop: {result} (journalctl -u {name})")


def _start(bus: SystemBus, name: str, method: str, signature: str, *body: object) -> None:
    """Raises ServiceError."""
    try:
        result = _job(bus, method, signature, *body)
        if result != "done":
            # It would be tried again and again.
            bus.call(_manager(), "StopUnit", "ss", name, "replace")
    except CallError as error:
        raise ServiceError(f"{name} does not start: {error}") from error
    if result != "done":
        raise ServiceError(f"{name} does not start: {result} (journalctl -u {name})")


def _job(bus: SystemBus, method: str, signature: str, *body: object) -> str:
    """How the job ended that this call begins: ``done``, ``failed``, ``timeout``… Raises CallError."""
    manager = _manager()
    bus.listen("JobRemoved", manager)
    bus.call(manager, "Subscribe")
    (job,) = bus.call(manager, method, signature, *body)
    while True:
        member, told = bus.next_signal()
        # The job's number, its path, the unit and the result.
        if member == "JobRemoved" and told[1] == job:
            return str(told[3])


def _manager() -> DBusAddress:
    from jeepney import DBusAddress

    return DBusAddress(
        "/org/freedesktop/systemd1",
        bus_name="org.freedesktop.systemd1",
        interface="org.freedesktop.systemd1.Manager",
    )

"""systemd-resolved: set over D-Bus (org.freedesktop.resolve1), read from where it keeps what it was told.

What was set of a link it writes to a file below /run at once, before it answers, and reads again when it is
started anew (resolved-link.c, link_save_user, link_load_user). So a run without change needs no D-Bus.
"""

from __future__ import annotations

import contextlib
import os
import re
import socket
import time
from ipaddress import ip_address
from typing import Dict, List, Optional, Sequence, Tuple

from ...state import dns
from ...state.diff import Change
from ...state.model import DnsKey
from ...state.values import Values
from .. import files
from ..dbus import CallError, SystemBus
from ..protocol import ObserveError
from ..rtnetlink.socket import UnansweredError
from ..rtnetlink.tell_again import tell_again

_DIRECTORY = "/run/systemd/resolve"
#: What it listens on as long as it runs.
_SOCKET = f"{_DIRECTORY}/io.systemd.Resolve".encode()
#: The sockets of this network namespace; the flag of one that listens (net/unix/af_unix.c, unix_seq_show).
_SOCKETS = "/proc/net/unix"
_FIELDS, _LISTENS = 8, 1 << 16
#: For all of the calls together.
_SECONDS = 40
#: The link of an address that is not known beyond it: the one that is asked for.
_ZONE = re.compile(r"%[^#]+")
_NAMES = {"servers": "SERVERS", "domains": "DOMAINS"}
#: Stands before a domain for which the link's servers are asked, and in which nothing is looked for.
_ROUTE_ONLY = "~"


def is_here() -> bool:
    """Whether it runs, and in this network namespace: it knows links by their indices. Raises OSError."""
    found = files.content(_SOCKETS) or b""
    return any(_is_its_own(line.split()) for line in found.splitlines() if line.endswith(_SOCKET))


def _is_its_own(fields: Sequence[bytes]) -> bool:
    """Whether a line of /proc/net/unix is about what it listens on."""
    return len(fields) == _FIELDS and fields[-1] == _SOCKET and bool(int(fields[3], 16) & _LISTENS)


def of_link(name: str, directory: str = f"{_DIRECTORY}/netif") -> Optional[Values]:
    """What it was told of a link; None: there is no such link. Raises OSError."""
    try:
        index = socket.if_nametoindex(name)
    except OSError:
        return None
    return told(files.content(os.path.join(directory, str(index))) or b"")


def told(content: bytes) -> Values:
    found: Dict[str, Tuple[str, ...]] = dict.fromkeys(_NAMES, ())
    for line in content.decode(errors="replace").splitlines():
        for name, word in _NAMES.items():
            if line.startswith(f"{word}="):
                found[name] = tuple(line[len(word) + 1 :].split())
    return {
        "servers": tuple(dns.server(_ZONE.sub("", text)) for text in found["servers"]),
        "domains": tuple(map(dns.domain, found["domains"])),
    }


#: Its error about a link that it has not read of (yet), and the seconds in which it reads of all new ones.
_UNKNOWN, _NEW_LINKS = "org.freedesktop.resolve1.NoSuchLink", 20.0
_FIRST_PAUSE, _LONGEST_PAUSE = 0.02, 0.5


class Manager:
    """A context manager; connected when the first link is set."""

    def __init__(self) -> None:
        self._bus: Optional[SystemBus] = None

    def __enter__(self) -> Manager:
        return self

    def __exit__(self, *details: object) -> None:
        if self._bus is not None:
            self._bus.__exit__(*details)

    def set(self, step: Change) -> None:
        """Raises CallError, NoBusError, OSError."""
        assert isinstance(step.key, DnsKey), step
        index = socket.if_nametoindex(step.key.link)
        after = step.after or {}
        if "servers" in after:
            servers = list(map(Server, dns.words(after["servers"])))
            if all(one.is_plain for one in servers):
                self._call("SetLinkDNS", "ia(iay)", index, [one.told[:2] for one in servers])
            else:
                self._call("SetLinkDNSEx", "ia(iayqs)", index, [one.told for one in servers])
        if "domains" in after:
            domains = [_domain(text) for text in dns.words(after["domains"])]
            self._call("SetLinkDomains", "ia(sb)", index, domains)

    def _call(self, method: str, signature: str, index: int, values: List[Tuple[object, ...]]) -> None:
        from jeepney import DBusAddress

        if self._bus is None:
            self._bus = SystemBus(_SECONDS)
        to = DBusAddress(
            "/org/freedesktop/resolve1", "org.freedesktop.resolve1", "org.freedesktop.resolve1.Manager"
        )
        pause, deadline = _FIRST_PAUSE, time.monotonic() + _NEW_LINKS
        while True:
            try:
                self._bus.call(to, method, signature, index, values)
                return
            except CallError as error:
                if _UNKNOWN not in str(error) or time.monotonic() > deadline:
                    raise
            # It reads what the kernel tells of links one by one, between two calls, and tells nobody that it
            # has read of one: there is no event to wait for. Being asked without a pause keeps it from that.
            # Where the kernel told more at once than it takes in, it has lost some of that.
            _tell_again(index)
            time.sleep(pause)
            pause = min(2 * pause, _LONGEST_PAUSE)


def _tell_again(index: int) -> None:
    with contextlib.suppress(ObserveError, UnansweredError):
        tell_again(index)


class Server:
    """``192.0.2.1:5353#name``, ``[2001:db8::1]:5353%2#name``: all but the address may be left out."""

    def __init__(self, text: str) -> None:
        found = _WHOLE.fullmatch(text)
        if found is None:
            raise OSError(0, f"{text!r} is no name server")
        address = ip_address(found["v6"] or found["bare"])
        family = socket.AF_INET if address.version == 4 else socket.AF_INET6
        self.is_plain = not (found["port"] or found["name"])
        self.told = (int(family), address.packed, int(found["port"] or 0), found["name"] or "")


_WHOLE = re.compile(
    r"(?:\[(?P<v6>[0-9a-fA-F:.]+)\]|(?P<bare>[0-9.]+|[0-9a-fA-F:.]*:[0-9a-fA-F:.]*:[0-9a-fA-F:.]*))"
    r"(?::(?P<port>[0-9]+))?(?:%[^#]+)?(?:#(?P<name>.+))?"
)


def _domain(text: str) -> Tuple[object, ...]:
    return text.lstrip(_ROUTE_ONLY) or ".", text.startswith(_ROUTE_ONLY)

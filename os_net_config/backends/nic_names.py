"""Names that NICs have from their first moment on, at each boot: files of ours that udevd reads.

systemd.link(5): of all such files the first one, by its name, that matches a link counts, and no other. So
ours says again what the usual one (99-default.link) says beside the name. udevd looks whether they have
changed before it handles a new link.
"""

from __future__ import annotations

import os
import re
from typing import Dict, Iterator, Mapping, Optional, Sequence

from ..state.diff import Change
from ..state.model import Key, NicNameKey, Resource
from ..state.values import Value
from . import files
from .protocol import ExecuteError, ObserveError

DIRECTORY = "etc/systemd/network"
_FILE = re.compile(r"70-os-net-config-(.+)\.link")

#: udevd reads over sections that begin with X-.
_TEXT = """\
# Written by os-net-config: the NIC with this MAC address is called {name}.
[Match]
PermanentMACAddress={mac}

[Link]
Name={name}
AlternativeNamesPolicy=database onboard slot path
MACAddressPolicy=persistent

[X-os-net-config]
Own={own}
"""
_VALUE = re.compile(r"^(PermanentMACAddress|Own)=(.*)$", re.MULTILINE)


class NicNames:
    """Those below ``root`` (empty: this node's)."""

    def __init__(self, root: str = "") -> None:
        self._directory = os.path.join(root or "/", DIRECTORY)

    def observe(self) -> Dict[Key, Resource]:
        """Raises ObserveError."""
        try:
            return {one.key: one for one in self._found()}
        except OSError as error:
            raise ObserveError(f"{error.filename}: {error.strerror}") from error

    def _found(self) -> Iterator[Resource]:
        names = sorted(os.listdir(self._directory)) if os.path.isdir(self._directory) else []
        for match in filter(None, map(_FILE.fullmatch, names)):
            content = files.content(os.path.join(self._directory, match[0]))
            if content is not None:
                yield Resource(NicNameKey(match[1]), _read(content))

    def execute(self, steps: Sequence[Change]) -> None:
        """Raises ExecuteError."""
        for number, step in enumerate(steps):
            assert isinstance(step.key, NicNameKey), step
            path = self._path(step.key.name)
            try:
                if step.after is None:
                    files.remove(path)
                else:
                    now = _read(files.content(path) or b"")
                    files.replace(path, _text(step.key.name, {**now, **step.after}))
            except OSError as error:
                reason = f"{error.filename or path}: {error.strerror}"
                raise ExecuteError.at(number, steps, reason) from error

    def tidy(self, names: Sequence[str]) -> None:
        """Remove what a write that died has left beside these. Raises OSError."""
        for name in names:
            files.remove(files.between_of(self._path(name)))

    def _path(self, name: str) -> str:
        return os.path.join(self._directory, f"70-os-net-config-{name}.link")


def _text(name: str, values: Mapping[str, object]) -> bytes:
    mac = values.get("mac")
    shown = mac.hex(":") if isinstance(mac, bytes) else ""
    return _TEXT.format(name=name, mac=shown, own=values.get("own")).encode()


def _read(content: bytes) -> Dict[str, Value]:
    """What somebody has written there that is none of it is none."""
    found = dict(_VALUE.findall(content.decode(errors="replace")))
    return {"mac": _mac(found.get("PermanentMACAddress", "")), "own": found.get("Own") or None}


def _mac(text: str) -> Optional[bytes]:
    try:
        return bytes.fromhex(text.strip().replace(":", ""))
    except ValueError:
        return None

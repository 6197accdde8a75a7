"""The numbers of the NICs on disk, so that ``nic2`` is the same NIC whatever cable is out.

A JSON file: ``{"format": "os-net-config nics", "version": 1, "nics": {"nic1": "52:54:00:00:00:01"}}``,
with permanent MAC addresses. The first run that applies writes it.
"""

from __future__ import annotations

import json
import os
from typing import Dict, Mapping

from ..backends import files
from ..config.nics import NUMBERED, Numbers
from .paths import STATE_DIR

FORMAT, VERSION = "os-net-config nics", 1


class NumbersError(Exception):
    """The numbers are there and cannot be read: to count anew might mean other NICs."""


class NumbersFile:
    def __init__(self, directory: str = STATE_DIR) -> None:
        self.path = os.path.join(directory, "nics.json")

    def load(self) -> Numbers:
        """Nothing where there is no file. Raises NumbersError."""
        try:
            content = files.content(self.path)
            return {} if content is None else _numbers(content)
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            message = f"{self.path} cannot be used: {error} (--renumber counts the NICs anew)"
            raise NumbersError(message) from error

    def save(self, numbers: Numbers) -> None:
        """Does nothing if the file says so already. Raises OSError."""
        nics = to_json(numbers)
        document = {"format": FORMAT, "version": VERSION, "nics": nics}
        new, old = json.dumps(document, indent=2).encode() + b"\n", files.content(self.path)
        if new != old and (nics or old is not None):
            files.replace(self.path, new)


def _numbers(content: bytes) -> Dict[str, bytes]:
    """In their order. Raises ValueError, KeyError, TypeError, AttributeError."""
    document = json.loads(content)
    if document["format"] != FORMAT or document["version"] != VERSION:
        raise ValueError(f"its format is {document['format']!r}, version {document['version']!r}")
    found: Dict[str, bytes] = {}
    for alias, mac in from_json(document["nics"]).items():
        if not NUMBERED.fullmatch(alias):
            raise ValueError(f"{alias!r} is no number of a NIC")
        found[alias] = mac
    return found


def to_json(numbers: Numbers) -> Dict[str, str]:
    return {alias: mac.hex(":") for alias, mac in numbers.items()}


def from_json(nics: Mapping[str, str]) -> Dict[str, bytes]:
    """Raises ValueError, AttributeError."""
    return {alias: bytes.fromhex(mac.replace(":", "")) for alias, mac in nics.items()}

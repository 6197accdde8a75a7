"""A whole file, of which the bytes, the mode and the owner count."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Union

from .attributes import Attribute, table
from .values import Integer, Json, Value, ValueType


@dataclass(frozen=True)
class Content(ValueType):
    """Bytes. A profile may have a password: shown are its size and the begin of its SHA-256."""

    def parse(self, raw: Union[str, int]) -> bytes:
        return str(raw).encode()

    def show(self, value: Value) -> str:
        if not isinstance(value, bytes):
            return "none"
        return f"{len(value)} bytes ({hashlib.sha256(value).hexdigest()[:12]})"

    def json(self, value: Value) -> Json:
        return f"sha256:{hashlib.sha256(value).hexdigest()}" if isinstance(value, bytes) else None


ATTRIBUTES = table(
    Attribute("content", Content(), "The bytes."),
    Attribute("mode", Integer(16, 0, 0o7777), "The permission bits."),
    Attribute("uid", Integer(32, 0, 2**32 - 1), "The user who owns it."),
    Attribute("gid", Integer(32, 0, 2**32 - 1), "The group that owns it."),
)

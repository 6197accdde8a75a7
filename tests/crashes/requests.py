"""Requests to Open vSwitch's database, told apart."""

from __future__ import annotations

from typing import Any, Dict, List

from ovs.jsonrpc import Message


def is_write(message: Message) -> bool:
    """Whether it is a transaction of ours that changes something: those say whose they are."""
    return any(one.get("op") == "comment" for one in operations(message))


def operations(message: Message) -> List[Dict[str, Any]]:
    """Those of a transaction (RFC 7047, 4.1.3)."""
    return list(message.params[1:]) if message.method == "transact" else []

"""A pair of links, each the end of the other's cable (linux/veth.h, VETH_INFO_*; drivers/net/veth.c)."""

from __future__ import annotations

from .attributes import Attribute, Impact, table
from .values import Peer, Value, Values

KIND = "veth"
#: Among the values of a link whose other end is in another network namespace. Not an attribute.
ELSEWHERE = "elsewhere"

ATTRIBUTES = table(
    # What is told of it is the index in IFLA_LINK.
    Attribute("link", Peer(), "The other end.", "VETH_INFO_PEER", 1, Impact.RECREATE),
)


def is_one(values: Values) -> bool:
    return values.get("kind") == KIND


def comes_along(name: str, values: Values) -> bool:
    """Whether it is made by the message about its other end, which makes both."""
    return is_one(values) and values.get("link") is not None and str(values["link"]) < name


def peer_of(values: Values) -> Value:
    return values.get("link") if is_one(values) else None

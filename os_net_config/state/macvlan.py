"""A macvlan: a further MAC address on a device (linux/if_link.h, IFLA_MACVLAN_*; drivers/net/macvlan.c)."""

from __future__ import annotations

from typing import Sequence

from .attributes import Attribute, table
from .values import Power, Value, Values

KIND = "macvlan"

MODES = ("private", "vepa", "bridge", "passthru", "source")

MODE = Attribute(
    "macvlan_mode",
    Power(MODES, 32),
    "How the macvlans of one device reach each other: not at all, by way of a switch, or directly.",
    "IFLA_MACVLAN_MODE",
    1,
)
PASSTHRU = MODE.type.parse("passthru")

ATTRIBUTES = table(MODE)


def is_another(have: Values, then: Values) -> bool:
    """Whether only a new one is this: the driver takes no link into passthru, or out of it."""
    return (have.get(MODE.name) == PASSTHRU) is not (then.get(MODE.name) == PASSTHRU)


def excludes(one: Values, other: Values) -> bool:
    """Whether the driver refuses the one as long as the other is there.

    A device has one in passthru and no other with it, and two with one MAC address cannot both be up.
    """
    if other.get("kind") != KIND or one.get("link") is None or one["link"] != other.get("link"):
        return False
    modes: Sequence[Value] = (one.get(MODE.name), other.get(MODE.name))
    return PASSTHRU in modes or (one.get("address") is not None and one["address"] == other.get("address"))

"""The description of one attribute, which drives the diff, the writes and what is printed."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Mapping, Tuple

from .values import ValueType


class Impact(Enum):
    """How an attribute of something that exists can be changed, the gentlest first."""

    LIVE = "live"
    LINK_DOWN = "with the link down"
    PORTS_RELEASED = "with all ports released"
    RECREATE = "by re-creation"


class Stage(Enum):
    """When an attribute of a link that is being made can be written."""

    CREATION = "creation"
    #: Names a port, or is overwritten by the kernel when a port is attached.
    PORTS_ATTACHED = "ports attached"


@dataclass(frozen=True)
class Attribute:
    """One attribute of a link, address or route.

    ``kernel`` is the netlink attribute's name in the kernel's headers, ``number`` its number
    there; both empty for what is carried in the message header (flags, protocol).
    """

    name: str
    type: ValueType
    description: str
    kernel: str = ""
    number: int = 0
    impact: Impact = Impact.LIVE
    stage: Stage = Stage.CREATION
    #: Other attributes which the kernel requires to be written first, in this order.
    after: Tuple[str, ...] = ()
    #: Other names under which a config may speak of it.
    aliases: Tuple[str, ...] = ()
    #: The attribute that this one is nested in, where it is: RTA_METRICS.
    nest: str = ""


AttributeTable = Mapping[str, Attribute]


def table(*attributes: Attribute) -> AttributeTable:
    """The attributes by name, in the order given: the order in which they are shown."""
    return {attribute.name: attribute for attribute in attributes}

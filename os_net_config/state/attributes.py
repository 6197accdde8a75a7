"""The description of one attribute, which drives the diff, the writes and what is printed."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Mapping, Optional, Tuple, Union

from .values import Value, ValueType


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
    #: Belongs to the link as a port: it comes with its master, and goes with it.
    ATTACHED = "attached"


class NoDefault(Enum):
    """Stands for a default that differs from link to link, or hangs on what nobody tells."""

    NO_DEFAULT = "no default"


NO_DEFAULT = NoDefault.NO_DEFAULT
#: None is a value: no primary port.
Default = Union[Value, NoDefault]


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
    #: What a link that we made has if nobody says anything (see defaults.py).
    default: Default = NO_DEFAULT
    #: The flag that must be 0 while this one is written: where both change, in messages of their own.
    while_off: str = ""
    #: The attribute that carries an address of IPv6, where that is another one than IPv4's.
    kernel6: str = ""
    number6: int = 0

    @property
    def kernel_s(self) -> Tuple[Tuple[int, str], ...]:
        """The attributes that carry it, by number and name; none: it is in the message's header."""
        both = ((self.number, self.kernel), (self.number6, self.kernel6))
        return tuple(one for one in both if one[0])


AttributeTable = Mapping[str, Attribute]


def table(*attributes: Attribute) -> AttributeTable:
    """The attributes by name, in the order given: the order in which they are shown."""
    return {attribute.name: attribute for attribute in attributes}


def named(word: str, some: AttributeTable) -> Optional[Attribute]:
    """The attribute that has this name or alias."""
    if word in some:
        return some[word]
    return next((one for one in some.values() if word in one.aliases), None)

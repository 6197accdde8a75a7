"""What the kinds of links share."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Dict, Mapping, NamedTuple, Optional

from ...state import link
from ...state.values import Value
from ..objects import Object, Rename


class Parts(NamedTuple):
    """A link's wanted attributes, and those it only gets if we make it."""

    values: Dict[str, Value]
    initial: Dict[str, Value]


@dataclass(frozen=True)
class Surroundings:
    """What a kind has to know beside its object.

    The permanent MAC addresses of the NICs, and the names of the node for those of the config.
    """

    macs: Mapping[str, bytes]
    rename: Rename

    def mac_of_primary(self, one: Object) -> Optional[bytes]:
        """The MAC address that the primary member gives to its bond or bridge."""
        primary = primary_member(one)
        if primary is None:
            return None
        return self.macs.get(primary.name) or self.macs.get(primary.device or "")


def primary_member(one: Object) -> Optional[Object]:
    return next((member for member in one.members if member.get("primary")), None)


def made(kind: str) -> Parts:
    """A link that does not come with the node: it carries our label."""
    return Parts({"kind": kind}, {"group": link.GROUP})

"""The state of a node's network: resources by key, the same shape for wanted and for live."""

from __future__ import annotations

from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Iterator, Mapping, NamedTuple, Optional, Tuple, Union

from . import address, bond, bridge, link, route, vlan
from .attributes import AttributeTable
from .problem import Path
from .values import Prefix, Values

#: Attributes by kind of link; a kind that is not here has only those of every link.
LINK_KINDS: Mapping[str, AttributeTable] = {
    module.KIND: {**link.ATTRIBUTES, **module.ATTRIBUTES} for module in (bond, bridge, vlan)
}


class LinkKey(NamedTuple):
    name: str
    resource: str = "link"

    def __str__(self) -> str:
        return self.name


class AddressKey(NamedTuple):
    link: str
    prefix: Prefix
    resource: str = "address"

    def __str__(self) -> str:
        return str(self.prefix)


class RouteKey(NamedTuple):
    """What makes two routes the same one for the kernel."""

    destination: Prefix
    metric: int
    table: int = route.MAIN_TABLE
    resource: str = "route"

    @property
    def family(self) -> int:
        return 4 if len(self.destination.address) == 4 else 6

    def __str__(self) -> str:
        if self.destination.length == 0 and not any(self.destination.address):
            return "default" if self.family == 4 else "::/0"
        return str(self.destination)


Key = Union[LinkKey, AddressKey, RouteKey]


#: Among the values of what others made: the kernel's whole message about it, from which it can be made
#: again with all that we have no attribute for (a label, a lifetime, metrics). Not an attribute.
MESSAGE = "message"

_NOTHING: Values = MappingProxyType({})


class Resource(NamedTuple):
    """One thing of the network. ``values`` has only what is wanted, or what was read.

    ``initial`` is what we give it if we make it, and do not compare afterwards. ``origin`` is the
    place in the config that asks for it; empty for what was read from the kernel.
    """

    key: Key
    values: Values
    origin: Path = ()
    initial: Values = _NOTHING


@dataclass(frozen=True)
class State:
    """Resources by key. In a wanted state each says only what the config says."""

    resources: Mapping[Key, Resource] = field(default_factory=dict)

    def get(self, key: Key) -> Optional[Resource]:
        return self.resources.get(key)

    def link(self, name: str) -> Optional[Resource]:
        return self.resources.get(LinkKey(name))

    def links(self) -> Iterator[Tuple[str, Resource]]:
        for key, resource in self.resources.items():
            if isinstance(key, LinkKey):
                yield key.name, resource

    def __iter__(self) -> Iterator[Resource]:
        return iter(self.resources.values())

    def __len__(self) -> int:
        return len(self.resources)


def attributes_of(key: Key, values: Values) -> AttributeTable:
    """The descriptions of the attributes of this resource."""
    if isinstance(key, AddressKey):
        return address.ATTRIBUTES
    if isinstance(key, RouteKey):
        return route.ATTRIBUTES
    kind = values.get("kind", link.PLAIN)
    return LINK_KINDS.get(str(kind), link.ATTRIBUTES)

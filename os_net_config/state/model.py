"""The state of a node's network: resources by key, the same shape for wanted and for live."""

from __future__ import annotations

from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Iterator, Mapping, NamedTuple, Optional, Tuple, Union

from . import address, bond, bridge, link, names, route, rule, sysctl, vlan
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
    tos: int = 0
    resource: str = "route"

    @property
    def family(self) -> int:
        return 4 if len(self.destination.address) == 4 else 6

    def __str__(self) -> str:
        if self.destination.length == 0 and not any(self.destination.address):
            return "default" if self.family == 4 else "::/0"
        return str(self.destination)


class RuleKey(NamedTuple):
    """What a packet must be, and what becomes of it: to the kernel all of it makes the rule.

    ``family`` is 4 or 6. Ranges are the first and the last number. ``goto`` is a priority.
    """

    family: int
    priority: int
    action: str = "lookup"
    table: int = 0
    source: Optional[Prefix] = None
    destination: Optional[Prefix] = None
    incoming: str = ""
    outgoing: str = ""
    fwmark: int = 0
    fwmask: int = 0
    tos: int = 0
    ip_protocol: int = 0
    source_ports: Optional[Tuple[int, int]] = None
    destination_ports: Optional[Tuple[int, int]] = None
    users: Optional[Tuple[int, int]] = None
    goto: int = 0
    suppress_prefixlength: int = -1
    suppress_ifgroup: int = -1
    l3mdev: int = 0
    tunnel: int = 0
    realms: int = 0
    inverted: bool = False
    resource: str = "rule"

    def __str__(self) -> str:
        """In the words of ip-rule(8)."""
        words = [f"{word} {value}" for word, value in self._selectors()]
        verb = {"lookup": f"lookup {self.table}", "goto": f"goto {self.goto}"}.get(self.action, self.action)
        return " ".join([f"{self.priority}:", *(["not"] if self.inverted else []), *words, verb])

    def _selectors(self) -> Iterator[Tuple[str, object]]:
        yield "from", self.source or "all"
        yield from (
            (word, value) for word, value in (("to", self.destination), ("iif", self.incoming)) if value
        )
        if self.outgoing:
            yield "oif", self.outgoing
        if self.fwmark or self.fwmask:
            yield "fwmark", f"{self.fwmark:#x}/{self.fwmask:#x}"
        for word, value in (("tos", self.tos), ("ipproto", self.ip_protocol), ("tun_id", self.tunnel)):
            if value:
                yield word, value
        for word, ends in (
            ("sport", self.source_ports),
            ("dport", self.destination_ports),
            ("uidrange", self.users),
        ):
            if ends:
                yield word, "-".join(map(str, ends))
        for word, least in (
            ("suppress_prefixlength", self.suppress_prefixlength),
            ("suppress_ifgroup", self.suppress_ifgroup),
        ):
            if least >= 0:
                yield word, least


class SysctlKey(NamedTuple):
    """``net.ipv4.conf.LINK.NAME`` or ``net.ipv6.conf.LINK.NAME``."""

    link: str
    family: int
    name: str
    resource: str = "sysctl"

    def __str__(self) -> str:
        return f"net.ipv{self.family}.conf.{self.link}.{self.name}"


class NameKey(NamedTuple):
    """The name of a number, in ``file`` (names.TABLES and others) below /etc/iproute2."""

    file: str
    number: int
    resource: str = "name"

    def __str__(self) -> str:
        return f"{self.file} {self.number}"


Key = Union[LinkKey, AddressKey, RouteKey, RuleKey, SysctlKey, NameKey]


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


#: Attributes by kind of resource; a link's hang on its kind.
_TABLES: Mapping[str, AttributeTable] = {
    "address": address.ATTRIBUTES,
    "name": names.ATTRIBUTES,
    "route": route.ATTRIBUTES,
    "rule": rule.ATTRIBUTES,
    "sysctl": sysctl.ATTRIBUTES,
}


def attributes_of(key: Key, values: Values) -> AttributeTable:
    """The descriptions of the attributes of this resource."""
    table = _TABLES.get(key.resource)
    if table is not None:
        return table
    kind = values.get("kind", link.PLAIN)
    return LINK_KINDS.get(str(kind), link.ATTRIBUTES)

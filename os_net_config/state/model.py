"""The state of a node's network: resources by key, the same shape for wanted and for live."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from types import MappingProxyType
from typing import Callable, Dict, Iterator, List, Mapping, NamedTuple, Optional, Sequence, Tuple, Union

from . import (
    address,
    bond,
    bridge,
    bridge_port,
    device,
    dns,
    ethtool,
    file,
    ipoib,
    link,
    macvlan,
    names,
    route,
    row,
    rule,
    sysctl,
    tap,
    veth,
    vlan,
    vrf,
    vxlan,
)
from .attributes import AttributeTable
from .problem import Path
from .values import Prefix, Value, Values

#: Attributes that only one kind of link has, by kind.
OWN_ATTRIBUTES: Mapping[str, AttributeTable] = {
    module.KIND: module.ATTRIBUTES for module in (bond, bridge, ipoib, macvlan, tap, veth, vlan, vrf, vxlan)
}
#: For kinds of which not every change can be made: whether only another link has the second values.
IS_ANOTHER: Mapping[str, Callable[[Values, Values], bool]] = {
    module.KIND: module.is_another for module in (macvlan, vxlan)
}
#: Those of a link of any kind, which may be a port of a bridge.
EVERY_LINK: AttributeTable = {**link.ATTRIBUTES, **bridge_port.ATTRIBUTES}
#: Attributes by kind of link; a kind that is not here has only those of every link.
LINK_KINDS: Mapping[str, AttributeTable] = {
    kind: {**EVERY_LINK, **own} for kind, own in OWN_ATTRIBUTES.items()
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
    """What makes two routes the same one for the kernel.

    ``others``: of an IPv6 route just the next hops that others have in it (state/shared.py).
    """

    destination: Prefix
    metric: int
    table: int = route.MAIN_TABLE
    tos: int = 0
    others: bool = False
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
    #: Who made it: of two makers the same rule may stand twice.
    protocol: int = route.PROTOCOL
    resource: str = "rule"

    def __str__(self) -> str:
        """In the words of ip-rule(8)."""
        words = [f"{word} {value}".rstrip() for word, value in self._selectors()]
        verbs = [f"lookup {self.table}"] if self.table else []
        verbs += [f"goto {self.goto}" if self.goto else self.action] if self.action != "lookup" else []
        return " ".join([f"{self.priority}:", *(["not"] if self.inverted else []), *words, *verbs])

    def _selectors(self) -> Iterator[Tuple[str, object]]:
        """What is said of the packet and of the lookup, without what goes without saying."""
        yield "from", self.source or "all"
        mark = f"{self.fwmark:#x}/{self.fwmask:#x}" if self.fwmark or self.fwmask else None
        realms = f"{self.realms >> 16}/{self.realms & 0xFFFF}" if self.realms else None
        for word, value in (
            ("to", self.destination),
            ("iif", self.incoming or None),
            ("oif", self.outgoing or None),
            ("fwmark", mark),
            ("tos", f"{self.tos:#x}" if self.tos else None),
            ("ipproto", self.ip_protocol or None),
            ("tun_id", self.tunnel or None),
            ("sport", _shown_range(self.source_ports)),
            ("dport", _shown_range(self.destination_ports)),
            ("uidrange", _shown_range(self.users)),
            ("suppress_prefixlength", _unless_negative(self.suppress_prefixlength)),
            ("suppress_ifgroup", _unless_negative(self.suppress_ifgroup)),
            ("realms", realms),
            ("l3mdev", "" if self.l3mdev else None),
        ):
            if value is not None:
                yield word, value


def _shown_range(ends: Optional[Tuple[int, int]]) -> Optional[str]:
    return "-".join(map(str, ends)) if ends else None


def _unless_negative(number: int) -> Optional[int]:
    return number if number >= 0 else None


class SysctlKey(NamedTuple):
    """``net.ipv4.conf.LINK.NAME`` or ``net.ipv6.conf.LINK.NAME``."""

    link: str
    family: int
    name: str
    resource: str = "sysctl"

    def __str__(self) -> str:
        return f"net.ipv{self.family}.conf.{self.link}.{self.name}"


class EthtoolKey(NamedTuple):
    """The settings of a link in one of ethtool's groups: a name of ethtool.TABLES."""

    link: str
    group: str
    resource: str = "ethtool"

    def __str__(self) -> str:
        return f"{self.link} {self.group}"


class DnsKey(NamedTuple):
    """The name servers and search domains that systemd-resolved has for a link."""

    link: str
    resource: str = "dns"

    def __str__(self) -> str:
        return self.link


class ResolverKey(NamedTuple):
    """Our own name servers and search domains of the whole node, in ``place`` (dns.FILE, dns.RESOLVCONF).

    Without a place it is the node's resolver itself, of which nothing is ours.
    """

    place: str = ""
    resource: str = "resolver"

    def __str__(self) -> str:
        return self.place


class NameKey(NamedTuple):
    """The name of a number, in ``file`` (names.TABLES and others) below /etc/iproute2."""

    file: str
    number: int
    resource: str = "name"

    def __str__(self) -> str:
        return f"{self.file} {self.number}"


class FileKey(NamedTuple):
    """A whole file. ``path`` is the node's, whatever directory stands for its /."""

    path: str
    resource: str = "file"

    def __str__(self) -> str:
        return self.path


class RowKey(NamedTuple):
    """A row of Open vSwitch's database. A controller's name is its bridge and its target: ``br-ex tcp:…``."""

    table: str
    name: str
    resource: str = "ovs"

    def __str__(self) -> str:
        return self.table if self.table == row.ROOT else f"{self.table.lower()} {self.name}"


#: The database's one row of its own: where it is not, there is no database.
ROOT_KEY = RowKey(row.ROOT, row.ROOT_NAME)


class DeviceKey(NamedTuple):
    """A device by its address on the PCI bus: ``0000:3b:00.0``."""

    address: str
    resource: str = "device"

    def __str__(self) -> str:
        return self.address


Key = Union[
    LinkKey,
    AddressKey,
    RouteKey,
    RuleKey,
    SysctlKey,
    EthtoolKey,
    DnsKey,
    ResolverKey,
    NameKey,
    FileKey,
    RowKey,
    DeviceKey,
]
#: Keys of what is on a link, and goes with it.
SETTINGS = (SysctlKey, EthtoolKey, DnsKey)
#: Keys of what is read only where somebody asks for it.
Asked = Union[EthtoolKey, DnsKey, ResolverKey]
ASKED = (EthtoolKey, DnsKey, ResolverKey)

#: Of the node's resolver: there when it was asked for any name servers.
RESOLVER = ResolverKey()


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

    def values(self, name: object) -> Values:
        """The attributes of a link; none where there is no such link."""
        resource = self.resources.get(LinkKey(name)) if isinstance(name, str) else None
        return resource.values if resource is not None else _NOTHING

    def kind(self, name: object) -> Value:
        """That of a link; None where there is no such link."""
        return self.values(name).get("kind")

    def mac(self, name: object) -> Optional[bytes]:
        """A link's own address, also while a bond gives it another one."""
        values = self.values(name)
        mac = values.get("permanent") or values.get("address")
        return mac if isinstance(mac, bytes) else None

    def is_internal(self, name: object) -> bool:
        """Whether Open vSwitch makes the link: it comes and goes with its interface's row."""
        interface = self.resources.get(RowKey(row.INTERFACE, str(name)))
        return interface is not None and interface.values.get("type") == row.INTERNAL

    @property
    def has_database(self) -> bool:
        """Whether somebody answered for Open vSwitch's database."""
        return ROOT_KEY in self.resources

    def links(self) -> Iterator[Tuple[str, Resource]]:
        for key, resource in self.resources.items():
            if isinstance(key, LinkKey):
                yield key.name, resource

    def ports(self, master: object) -> Sequence[str]:
        """The links that have this one as their master, in the order of the state."""
        return self._ports.get(master, ())

    @cached_property
    def _ports(self) -> Mapping[object, Sequence[str]]:
        found: Dict[object, List[str]] = {}
        for name, one in self.links():
            if one.values.get("master") is not None:
                found.setdefault(one.values["master"], []).append(name)
        return found

    def __iter__(self) -> Iterator[Resource]:
        return iter(self.resources.values())

    def __len__(self) -> int:
        return len(self.resources)


#: Attributes by kind of resource; a link's hang on its kind.
_TABLES: Mapping[str, AttributeTable] = {
    "address": address.ATTRIBUTES,
    "device": device.ATTRIBUTES,
    "dns": dns.ATTRIBUTES,
    "resolver": dns.ATTRIBUTES,
    "file": file.ATTRIBUTES,
    "name": names.ATTRIBUTES,
    "route": route.ATTRIBUTES,
    "rule": rule.ATTRIBUTES,
    "sysctl": sysctl.ATTRIBUTES,
}


def attributes_of(key: Key, values: Values) -> AttributeTable:
    """The descriptions of the attributes of this resource."""
    if isinstance(key, RowKey):
        return row.TABLES[key.table]
    if isinstance(key, EthtoolKey):
        return ethtool.TABLES[key.group]
    table = _TABLES.get(key.resource)
    if table is not None:
        return table
    kind = values.get("kind", link.PLAIN)
    return LINK_KINDS.get(str(kind), EVERY_LINK)


def value_of(resource: Resource, name: str) -> Value:
    """An attribute of it; of a row also all of a map, or one value of a set."""
    if isinstance(resource.key, RowKey):
        attribute = row.TABLES[resource.key.table].get(name)
        return row.view(resource.values, name, attribute) if attribute is not None else None
    return resource.values.get(name)

"""What objects want of the resolver: ``dns_servers`` and ``domain``, each for the link that it is about."""

from __future__ import annotations

from typing import Dict, FrozenSet, Iterator, Mapping, Sequence

from ..state import dns
from ..state.model import DnsKey, Resource
from ..state.values import Value
from .kinds import dpdk, ovs
from .objects import Object, walk

SERVERS, DOMAINS = "dns_servers", "domain"
_READ = {"servers": (SERVERS, dns.server), "domains": (DOMAINS, dns.domain)}


def resources(objects: Sequence[Object]) -> Iterator[Resource]:
    """One for each link of which something is said, in the order of the file."""
    found: Dict[str, Resource] = {}
    for one in objects:
        said = {name: tuple(map(read, one.get(attribute) or ())) for name, (attribute, read) in _READ.items()}
        values = {name: value for name, value in said.items() if value}
        if values:
            link = _link(one)
            origin = (*one.path, SERVERS if "servers" in values else DOMAINS)
            found[link] = _with(found.get(link) or Resource(DnsKey(link), {}, origin), values)
    return iter(found.values())


def _with(one: Resource, more: Mapping[str, Sequence[str]]) -> Resource:
    """Each once."""
    values: Dict[str, Value] = dict(one.values)
    for name, several in more.items():
        values[name] = tuple(dict.fromkeys((*dns.words(values.get(name)), *several)))
    return one._replace(values=values)


def _link(one: Object) -> str:
    """Its own, or that of the bridge in which it is, where the kernel has none of its name."""
    while one.type in ovs.LINKLESS or dpdk.is_driven(one):
        if one.parent is None:
            return str(one.get("bridge_name") or one.name)
        one = one.parent
    return one.name


def leased(objects: Sequence[Object]) -> FrozenSet[str]:
    """The links that get addresses from DHCP."""
    return frozenset(one.name for one in walk(objects) if one.get("use_dhcp") or one.get("use_dhcpv6"))

"""The objects of a section to the state that is wanted of the node."""

from __future__ import annotations

from types import MappingProxyType
from typing import Dict, Iterator, List, Mapping, Sequence

from ..state import names, sysctl, vrf
from ..state import route as route_labels
from ..state.address import LINK_LOCAL
from ..state.model import AddressKey, Key, LinkKey, NameKey, Resource, RouteKey, State, SysctlKey
from ..state.nic import Nic
from ..state.problem import Path
from ..state.values import Prefix, Value, Values
from . import bridges, dhcp, ethtool_checks, name_servers, ovs_extra, teams, vrfs
from .addresses import addresses, kernel_s_own
from .kinds import KINDS, Surroundings, dpdk, ovs
from .objects import AGGREGATES, ROUTE_TABLE, Object, Rename, is_port, is_reference, walk
from .routes import Route
from .rules import Rule
from .section import declared_links
from .tables import table_id

_SCOPE_UNIVERSE, _SCOPE_LINK, _SCOPE_HOST = 0, 253, 254  # RT_SCOPE_*, linux/rtnetlink.h
_LOOPBACK = Prefix(bytes([127, 0, 0, 0]), 8)


_NO_RULES: Mapping[Path, List[Rule]] = MappingProxyType({})


def compile_section(
    objects: Sequence[Object],
    routes: Mapping[Path, List[Route]],
    nics: Sequence[Nic],
    rename: Rename,
    rules: Mapping[Path, List[Rule]] = _NO_RULES,
) -> State:
    """The wanted state. Every object must be of a supported type: see KINDS; or a route table."""
    resources: Dict[Key, Resource] = {table.key: table for table in _tables(objects)}
    everything = [one for one in walk(objects) if one.type != ROUTE_TABLE]
    around, own = Surroundings(nics, rename, declared_links(everything)), vrfs.tables_of(objects)
    _links([one for one in everything if not _is_linkless(one, around)], around, resources)
    resources.update((one.key, one) for part in everything for one in dpdk.devices(part, around))
    for resource in (row for one in everything for row in ovs.of_object(one, around)):
        resources[resource.key] = resource
    resources.update((one.key, one) for one in dhcp.resources(everything, resources))
    resources.update((one.key, one) for one in teams.resources(everything, around))
    ovs_extra.add(resources, filter(ovs.has_rows, everything))
    for one in everything:
        for resource in (
            *_settings(one, resources),
            *(ethtool_checks.resources(one) if LinkKey(one.name) in resources else ()),
            *_addresses(one),
            *_routes(one, routes.get(one.path, []), own.get(one.name, route_labels.MAIN_TABLE)),
            *_rules(rules.get(one.path, [])),
        ):
            resources.setdefault(resource.key, resource)
    resources.update((one.key, one) for one in name_servers.resources(everything))
    return State(resources)


def _tables(objects: Sequence[Object]) -> Iterator[Resource]:
    for one in objects:
        if one.type == ROUTE_TABLE:
            yield Resource(NameKey(names.TABLES, table_id(one.values)), {"name": one.name}, one.path)


def _is_linkless(one: Object, around: Surroundings) -> bool:
    """Whether the kernel has no link of it, or none any more."""
    return one.type in ovs.LINKLESS or dpdk.is_taken(one, around)


def _links(everything: Sequence[Object], around: Surroundings, resources: Dict[Key, Resource]) -> None:
    for one in everything:
        if not is_reference(one, around.declared):
            link = _link(one, around)
            resources[link.key] = link
    for one in everything:
        if is_reference(one, around.declared) and one.parent is not None:
            key = LinkKey(one.name)
            port = resources[key]
            said = {"mtu": _mtu(one)} if _mtu(one) is not None else {}
            resources[key] = port._replace(values={**said, **port.values, **_as_port(one)})
    for device in _undeclared(everything, around.declared):
        resources.setdefault(device.key, device)


def _link(one: Object, around: Surroundings) -> Resource:
    values, initial = KINDS[one.type](one, around)
    if _mtu(one) is not None and not _has_the_mtu_of_its_bond(one):
        values["mtu"] = _mtu(one)
    values.update(_as_port(one))
    values.setdefault("up", 1)
    return Resource(LinkKey(one.name), values, one.path, initial)


def _as_port(one: Object) -> Values:
    """What a link is in its bond or bridge; in one of Open vSwitch a row says it."""
    if one.parent is None or not is_port(one) or ovs.is_port(one) or dpdk.is_driven(one):
        return {}
    return {"master": one.parent.name, **bridges.port_options(one)}


def _mtu(one: Object) -> Value:
    """Its own, or that of the bond of Open vSwitch which it is in."""
    holder = one.parent
    own: Value = one.get("mtu")
    return holder.get("mtu") if own is None and holder is not None and holder.type == "ovs_bond" else own


def _has_the_mtu_of_its_bond(one: Object) -> bool:
    holder = one.parent
    return holder is not None and holder.type in AGGREGATES and is_port(one) and holder.get("mtu") is not None


def _undeclared(everything: Sequence[Object], declared: Mapping[str, Object]) -> Iterator[Resource]:
    """A NIC that only a VLAN speaks of: it has to be up, and stays as it is otherwise."""
    for one in everything:
        if one.device is not None and one.device not in declared and not ovs.is_internal(one):
            yield Resource(LinkKey(one.device), {"up": 1}, one.path)


def _addresses(one: Object) -> Iterator[Resource]:
    for path, prefix in addresses(one):
        initial: Dict[str, Value] = {"protocol": route_labels.PROTOCOL, "scope": _scope(prefix)}
        if prefix.bits == 32 and prefix.length < 31:
            initial["broadcast"] = prefix.broadcast
        yield Resource(AddressKey(one.name, prefix), _FOR_GOOD, path, initial)


#: The file says that the link has the address: nobody renews what a DHCP client or a router gave for a time.
_FOR_GOOD: Values = {"lifetime": None}


def _scope(prefix: Prefix) -> int:
    if _LOOPBACK.contains(prefix.address) or prefix.address == bytes(15) + b"\1":
        return _SCOPE_HOST
    return _SCOPE_LINK if LINK_LOCAL.contains(prefix.address) else _SCOPE_UNIVERSE


#: A static address of IPv6 is the whole configuration of its link: nothing that routers announce is
#: added to it, and the kernel keeps it while the link is down (ip-sysctl.rst).
STATIC_IPV6 = {"accept_ra": 0, "autoconf": 0, "keep_addr_on_down": 1}
#: A client hears routers and makes addresses itself, that of the link as well: dhcpcd sets it so, and
#: does not set it back.
CLIENT_IPV6 = {"accept_ra": 0, "autoconf": 0, sysctl.ADDR_GEN_MODE: sysctl.NONE}


def _settings(one: Object, resources: Mapping[Key, Resource]) -> Iterator[Resource]:
    """Not of a port, whose addresses are those of its bond or bridge: a member of a VRF has its own."""
    link = resources.get(LinkKey(one.name))
    if one.name == "lo" or link is None:
        return
    holder = resources.get(LinkKey(str(link.values.get("master"))))
    if holder is not None and holder.values.get("kind") != vrf.KIND:
        return
    said: Dict[str, int] = {}
    if any(prefix.bits == _BITS_OF_IPV6 for _, prefix in addresses(one)):
        said.update(STATIC_IPV6)
    if dhcp.asks(one) and one.get("use_dhcpv6"):
        said.update(CLIENT_IPV6)
    for name, value in said.items():
        yield Resource(SysctlKey(one.name, 6, name), {"value": value}, one.path)


_BITS_OF_IPV6 = 128


def _routes(one: Object, routes: Sequence[Route], table: int) -> Iterator[Resource]:
    """``table``: that of the routes which the kernel makes of its addresses."""
    own = kernel_s_own(one, table)
    for route in routes:
        if route.is_direct and not route.said and route.key in own:
            continue
        values = _values(one, route)
        initial = {"protocol": route_labels.PROTOCOL, "scope": _scope_of(route)}
        made_with = {name: value for name, value in initial.items() if name not in values}
        yield Resource(RouteKey(*route.key), values, route.path, made_with)


def _values(one: Object, route: Route) -> Dict[str, Value]:
    if route.is_dead_end:
        return dict(route.said)
    if route.hops:
        return {"nexthops": route.hops, "type": "unicast", **route.said}
    return {"gateway": route.gateway, "link": one.name, "type": "unicast", **route.said}


def _scope_of(route: Route) -> int:
    is_ipv4 = len(route.destination.address) == len(_LOOPBACK.address)
    return _SCOPE_LINK if route.is_direct and is_ipv4 else _SCOPE_UNIVERSE


def _rules(rules: Sequence[Rule]) -> Iterator[Resource]:
    for rule in rules:
        yield Resource(rule.key, {}, rule.path, {"protocol": route_labels.PROTOCOL})

"""The objects of a section to the state that is wanted of the node."""

from __future__ import annotations

from typing import Dict, Iterator, List, Mapping, Sequence

from ..state import route as route_labels
from ..state.model import AddressKey, Key, LinkKey, Resource, RouteKey, State
from ..state.problem import Path
from ..state.values import Prefix, Value
from .checks import addresses, declared_links
from .kinds import KINDS, Surroundings
from .objects import Object, Rename, is_reference, walk
from .routes import Route

_SCOPE_UNIVERSE, _SCOPE_LINK, _SCOPE_HOST = 0, 253, 254  # RT_SCOPE_*, linux/rtnetlink.h
_LOOPBACK = Prefix(bytes([127, 0, 0, 0]), 8)
_LINK_LOCAL = Prefix(b"\xfe\x80" + bytes(14), 10)


def compile_section(
    objects: Sequence[Object], routes: Mapping[Path, List[Route]], macs: Mapping[str, bytes], rename: Rename
) -> State:
    """The wanted state. Every object must be of a supported type; see KINDS."""
    resources: Dict[Key, Resource] = {}
    everything = list(walk(objects))
    declared = declared_links(everything)
    around = Surroundings(macs, rename)
    for one in everything:
        if not is_reference(one, declared):
            link = _link(one, around)
            resources[link.key] = link
    for one in everything:
        if is_reference(one, declared) and one.parent is not None:
            key = LinkKey(one.name)
            port = resources[key]
            said = {"mtu": one.get("mtu")} if one.get("mtu") is not None else {}
            resources[key] = port._replace(values={**said, **port.values, "master": one.parent.name})
    for device in _undeclared(everything, declared):
        resources.setdefault(device.key, device)
    for one in everything:
        for resource in (*_addresses(one), *_routes(one, routes.get(one.path, []))):
            resources.setdefault(resource.key, resource)
    return State(resources)


def _link(one: Object, around: Surroundings) -> Resource:
    values, initial = KINDS[one.type](one, around)
    if one.get("mtu") is not None and not _has_the_mtu_of_its_bond(one):
        values["mtu"] = one.get("mtu")
    if one.parent is not None and one.device != one.parent.name:
        values["master"] = one.parent.name
    values["up"] = 1
    return Resource(LinkKey(one.name), values, one.path, initial)


def _has_the_mtu_of_its_bond(one: Object) -> bool:
    return one.parent is not None and one.parent.type == "linux_bond" and one.parent.get("mtu") is not None


def _undeclared(everything: Sequence[Object], declared: Mapping[str, Object]) -> Iterator[Resource]:
    """A NIC that only a VLAN speaks of: it has to be up, and stays as it is otherwise."""
    for one in everything:
        if one.device is not None and one.device not in declared:
            yield Resource(LinkKey(one.device), {"up": 1}, one.path)


def _addresses(one: Object) -> Iterator[Resource]:
    for path, prefix in addresses(one):
        initial: Dict[str, Value] = {"protocol": route_labels.PROTOCOL, "scope": _scope(prefix)}
        if prefix.bits == 32 and prefix.length < 31:
            initial["broadcast"] = prefix.broadcast
        yield Resource(AddressKey(one.name, prefix), {}, path, initial)


def _scope(prefix: Prefix) -> int:
    if _LOOPBACK.contains(prefix.address) or prefix.address == bytes(15) + b"\1":
        return _SCOPE_HOST
    return _SCOPE_LINK if _LINK_LOCAL.contains(prefix.address) else _SCOPE_UNIVERSE


def _routes(one: Object, routes: Sequence[Route]) -> Iterator[Resource]:
    networks = {prefix.network for _, prefix in addresses(one)}
    for route in routes:
        key = RouteKey(route.destination, route.metric)
        if route.gateway is None and key.family == 4 and key.metric == 0 and route.destination in networks:
            # The kernel makes it with the address.
            continue
        values: Dict[str, Value] = {"gateway": route.gateway, "link": one.name, "type": "unicast"}
        direct = route.gateway is None and key.family == 4
        scope = _SCOPE_LINK if direct else _SCOPE_UNIVERSE
        yield Resource(key, values, route.path, {"protocol": route_labels.PROTOCOL, "scope": scope})

"""Routes that the kernel refuses beside the addresses and links of a file, or beside each other."""

from __future__ import annotations

from typing import Dict, Iterator, List, Mapping, Sequence, Set, Tuple

from ..state.address import LINK_LOCAL
from ..state.problem import Path, Problem, Severity, show_path
from ..state.route import MAIN_TABLE
from ..state.values import Prefix, show_address
from .addresses import addresses, kernel_s_own
from .objects import Object
from .routes import Route
from .section import Section


def unreachable(one: Object, routes: Sequence[Route]) -> Iterator[Problem]:
    if one.get("use_dhcp") or one.get("use_dhcpv6"):
        return
    reach = _Reach(one, routes)
    for route in routes:
        for hop in () if route.is_dead_end else route.next_hops(one.name):
            gateway = hop.gateway
            if gateway is None or hop.onlink or hop.link != one.name or reach.has(gateway, route.table):
                continue
            message = f"no address of {one.name} reaches the next hop {show_address(gateway)}"
            hint = "correct it, or give the link an address in the next hop's network"
            if len(gateway) == 16 and not reach.knows_ipv6(route.table):
                message += " unless a router announces its network"
                yield Problem(route.path, message, hint, Severity.WARNING)
            else:
                yield Problem(route.path, message, hint)


class _Reach:
    """What a link reaches: the networks of its addresses, and by table those of its direct routes."""

    def __init__(self, one: Object, routes: Sequence[Route]) -> None:
        # Kept apart, and not joined for each of what may be very many tables.
        self._own = {prefix.network for _, prefix in addresses(one)}
        self._direct: Dict[int, Set[Prefix]] = {}
        for route in routes:
            if route.is_direct and route.table == MAIN_TABLE:
                self._own.add(route.destination)
            elif route.is_direct:
                self._direct.setdefault(route.table, set()).add(route.destination)
        self._lengths = {network.length for some in (self._own, *self._direct.values()) for network in some}
        self._has_ipv6 = _any_ipv6(self._own)
        self._ipv6_tables = {table for table, networks in self._direct.items() if _any_ipv6(networks)}

    def has(self, gateway: bytes, table: int) -> bool:
        bits, direct = 8 * len(gateway), self._direct.get(table, _NO_NETWORKS)
        networks = (Prefix(gateway, one).network for one in self._lengths if one <= bits)
        return LINK_LOCAL.contains(gateway) or any(one in self._own or one in direct for one in networks)

    def knows_ipv6(self, table: int) -> bool:
        return self._has_ipv6 or table in self._ipv6_tables


_NO_NETWORKS: Set[Prefix] = set()


def _any_ipv6(networks: Set[Prefix]) -> bool:
    return any(len(network.address) == 16 for network in networks)


def not_the_kernel_s(one: Object, routes: Sequence[Route], own: Mapping[str, int]) -> Iterator[Problem]:
    made = kernel_s_own(one, own.get(one.name, MAIN_TABLE))
    for route in routes:
        if route.is_direct and route.said and route.key in made:
            message = f"the kernel makes the route to {route.destination} itself, with the address"
            yield Problem(route.path, message, "give this one a metric of 1 or more, or another table")


def other_links(routes: Sequence[Route], declared: Dict[str, Object], section: Section) -> Iterator[Problem]:
    """Next hops by way of links that nobody knows."""
    for route in routes:
        for hop in route.hops:
            if hop.link is None or hop.link in declared or section.exists(hop.link):
                continue
            message = f"there is no link {hop.link} for a next hop"
            hint = f"declare {hop.link} in this file, or correct the name"
            yield Problem((*route.path, "route_options"), message, hint)


def foreign_sources(section: Section) -> Iterator[Problem]:
    """The kernel refuses a route whose source is no address of the node."""
    everything = section.all
    if any(one.get("use_dhcp") or one.get("use_dhcpv6") for one in everything):
        return
    known = {prefix.address for one in everything for _, prefix in addresses(one)}
    for route in (route for some in section.routes.values() for route in some):
        source = route.said.get("source")
        if isinstance(source, bytes) and source not in known:
            message = f"no link of this file has the address {show_address(source)}, which src names"
            hint = "the kernel refuses the route unless the node has it"
            yield Problem((*route.path, "route_options"), message, hint, Severity.WARNING)


def next_hops_of_our_own(section: Section) -> Iterator[Problem]:
    """The kernel refuses them (net/ipv4/fib_semantics.c, fib_check_nh; net/ipv6/route.c, ip6_validate_gw)."""
    own = {prefix.address: one.name for one in section.all for _, prefix in addresses(one)}
    for one, some in section.routes.items():
        for route in some:
            for hop in () if route.is_dead_end else route.next_hops(show_path(one)):
                if hop.gateway in own:
                    message = (
                        f"the next hop {show_address(hop.gateway)} is the node itself, on {own[hop.gateway]}"
                    )
                    yield Problem(route.path, message, "name another node")


def routes_twice(routes: Dict[Path, List[Route]]) -> Iterator[Problem]:
    seen: Dict[Tuple[Prefix, int, int, int], Tuple[object, Route]] = {}
    for owner, some in routes.items():
        for route in some:
            makes = (None if route.is_dead_end else owner, route.gateway, route.hops, route.said)
            first_makes, first = seen.setdefault(route.key, (makes, route))
            if first is not route and first_makes != makes:
                where = "" if route.table == MAIN_TABLE else " in the same table"
                same = f"a route to {route.destination} with metric {route.metric}{where}"
                message = f"{same} stands at {show_path(first.path)} already: that one counts"
                yield Problem(route.path, message, "give one of them another metric", Severity.WARNING)

"""Checks across objects: what each one alone cannot know to be wrong. No node is needed."""

from __future__ import annotations

from typing import Callable, Iterator, Tuple

from ..state.problem import Problem
from . import (
    addresses,
    bonds,
    bridges,
    macvlans,
    membership,
    mtus,
    name_checks,
    route_checks,
    sriov,
    standing,
    tunnels,
    veths,
    vrfs,
)
from .objects import Object
from .section import Section, declared_links


def check(section: Section) -> Iterator[Problem]:
    everything = section.all
    declared, own = declared_links(everything), vrfs.tables_of(section.objects)
    for one in everything:
        for rule in _RULES_OF_ONE:
            yield from rule(one)
        yield from standing.missing_device(one, declared, section)
        yield from membership.bridge_in_a_bridge(one, declared)
        yield from veths.check(one, declared)
        yield from mtus.larger_than_below(one, declared)
        yield from mtus.said_twice(one, declared)
        routes = section.routes.get(one.path, [])
        yield from route_checks.unreachable(one, routes)
        yield from route_checks.not_the_kernel_s(one, routes, own)
        yield from route_checks.other_links(routes, declared, section)
    yield from name_checks.names_twice(everything, declared)
    yield from name_checks.vlans_twice(everything)
    yield from tunnels.vxlans_twice(everything)
    yield from macvlans.check(everything)
    yield from vrfs.check(section.objects)
    yield from addresses.said_twice(everything)
    yield from route_checks.routes_twice(section.routes)
    yield from route_checks.foreign_sources(section)
    yield from route_checks.next_hops_of_our_own(section)
    yield from standing.rings(everything)


_RULES_OF_ONE: Tuple[Callable[[Object], Iterator[Problem]], ...] = (
    name_checks.name_too_long,
    name_checks.dotted_vlan_id,
    membership.inside_itself,
    membership.one_primary,
    membership.primary_without_mac,
    membership.managed,
    name_checks.renamed,
    standing.unrooted_vlan,
    name_checks.alias,
    mtus.ports_have_one_mtu,
    mtus.mtu_and_ipv6,
    addresses.address_without_length,
    addresses.ipv6_address_again,
    bonds.bonding,
    bridges.check,
    membership.device_outside,
    sriov.physical_function,
    sriov.virtual_function,
    tunnels.check,
)

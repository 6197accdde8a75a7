"""The static addresses of objects, and what is wrong with them."""

from __future__ import annotations

from typing import Dict, FrozenSet, Iterator, Sequence, Set, Tuple

from ..state.problem import Path, Problem, Severity
from ..state.values import Prefix, show_address
from . import formats
from .objects import Object


def addresses(one: Object) -> Iterator[Tuple[Path, Prefix]]:
    """The static addresses of an object with their places."""
    seen: Set[bytes] = set()
    for path, prefix in _every_address(one):
        if not _is_there_already(prefix, seen):
            yield path, prefix
        seen.add(prefix.address)


def _every_address(one: Object) -> Iterator[Tuple[Path, Prefix]]:
    for number, entry in enumerate(one.get("addresses") or ()):
        if entry and entry.get("ip_netmask"):
            yield (*one.path, "addresses", number), formats.ip_prefix(entry["ip_netmask"])


def _is_there_already(prefix: Prefix, seen: Set[bytes]) -> bool:
    """The kernel has an IPv6 address once per link, whatever its prefix length (net/ipv6/addrconf.c)."""
    return len(prefix.address) == 16 and prefix.address in seen


def kernel_s_own(one: Object, table: int) -> FrozenSet[Tuple[Prefix, int, int, int]]:
    """The routes of IPv4 that the kernel makes with an object's addresses, as Route.key has them."""
    networks = (prefix.network for _, prefix in addresses(one))
    return frozenset((network, 0, table, 0) for network in networks if len(network.address) == 4)


def address_without_length(one: Object) -> Iterator[Problem]:
    for path, prefix in addresses(one):
        number = path[-1]
        text = one.get("addresses")[number]["ip_netmask"]
        if "/" not in text:
            message = f"{text} has no prefix length: /{prefix.length} is taken"
            yield Problem((*path, "ip_netmask"), message, f"write {text}/{prefix.length}", Severity.WARNING)


def ipv6_address_again(one: Object) -> Iterator[Problem]:
    seen: Set[bytes] = set()
    for path, prefix in _every_address(one):
        if _is_there_already(prefix, seen):
            message = f"{prefix} is left out: {one.name} has that address already, which a link has once"
            yield Problem(path, message, "remove it", Severity.WARNING)
        seen.add(prefix.address)


def said_twice(everything: Sequence[Object]) -> Iterator[Problem]:
    seen: Dict[bytes, Object] = {}
    for one in everything:
        for path, prefix in addresses(one):
            first = seen.setdefault(prefix.address, one)
            if first is not one:
                message = f"{show_address(prefix.address)} is an address of {first.name} already"
                yield Problem(path, message, "give each link its own", Severity.WARNING)

"""Over which links the root file system comes, where it comes over the network. Pure."""

from __future__ import annotations

from typing import AbstractSet, Dict, NamedTuple, Set

from .fall import links_of
from .model import RouteKey, State


class RootServers(NamedTuple):
    """Where the root file system comes from: addresses; ``unknown``: (also) from who knows where."""

    addresses: AbstractSet[bytes] = frozenset()
    unknown: bool = False


#: An ordinary disk.
LOCAL = RootServers()

_BITS = 128


def carriers(live: State, root: RootServers) -> Set[str]:
    """The links of the routes to its servers; of the default routes, where a server is not known.

    Rules that choose a table are not asked: whatever any of the tables says counts.
    """
    found: Set[str] = set()
    unknown = root.unknown
    for address in root.addresses:
        links = _links_to(address, live)
        unknown |= not links
        found |= links
    if unknown:
        found |= _links_to(bytes(4), live, 0) | _links_to(bytes(16), live, 0)
    return found


def _links_to(address: bytes, live: State, longest: int = _BITS) -> Set[str]:
    """Those of the most special route of each table, of at most ``longest`` bits."""
    lengths: Dict[int, int] = {}
    links: Dict[int, Set[str]] = {}
    for resource in live:
        key = resource.key
        if not isinstance(key, RouteKey) or not key.destination.contains(address):
            continue
        length = key.destination.length
        if length > longest or length < lengths.get(key.table, 0):
            continue
        if length > lengths.get(key.table, -1):
            lengths[key.table], links[key.table] = length, set()
        links[key.table].update(on for on in links_of(resource) if isinstance(on, str))
    return set().union(*links.values()) - {"lo"}

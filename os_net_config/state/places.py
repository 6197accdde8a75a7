"""The order of a subnet's IPv4 addresses on a link, which is state: the first one is spoken with. Pure."""

from __future__ import annotations

from typing import Dict, Iterator, List, Mapping, Tuple

from .model import AddressKey, Key, State
from .values import Prefix

Subnet = Tuple[str, Prefix]


def by_subnet(state: State) -> Dict[Subnet, List[AddressKey]]:
    """The IPv4 addresses of each link and subnet, in the order of the state."""
    found: Dict[Subnet, List[AddressKey]] = {}
    for resource in state:
        key = resource.key
        if isinstance(key, AddressKey) and key.prefix.bits == 32:
            found.setdefault((key.link, key.prefix.network), []).append(key)
    return found


def misplaced(wanted: State, live: State) -> Mapping[Key, Tuple[int, int]]:
    """Addresses that have to be given again for their order, with (place now, place wanted) from 1.

    An address is only ever added at the end. So those before the first one that is new or out of
    order stay, and those after it that are there are given again. Others' addresses do not count,
    nor do those that are wanted without a place.
    """
    orders = by_subnet(live)
    moved: Dict[Key, Tuple[int, int]] = {}
    for subnet, order in by_subnet(wanted).items():
        placed = [key for key in order if "place" not in wanted.resources[key].values]
        if len(placed) > 1 and subnet in orders:
            known = set(placed)
            moved.update(_moved(placed, [key for key in orders[subnet] if key in known]))
    return moved


def _moved(order: List[AddressKey], there: List[AddressKey]) -> Iterator[Tuple[Key, Tuple[int, int]]]:
    places = {key: number for number, key in enumerate(there, 1)}
    last, kept = 0, True
    for place, key in enumerate(order, 1):
        have = places.get(key)
        kept = kept and have is not None and have > last
        if kept and have is not None:
            last = have
        elif have is not None:
            yield key, (have, place)

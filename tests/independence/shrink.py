"""A pair that fails, with as little in it as still fails in the same way."""

from __future__ import annotations

import copy
import time
from typing import Any, Callable, Iterator, List, Sequence, Tuple

from .language import Config, options_of, with_options
from .pairs import Pair

#: A place in a config: keys of objects and numbers in lists.
_Place = Tuple[Any, ...]
#: What cannot be left out.
_NEEDED = frozenset({"type", "name", "vlan_id", "members", "ip_netmask", "next_hop", "rule", "table_id"})


def shrink(pair: Pair, still_fails: Callable[[Pair], bool], seconds: float) -> Pair:
    """Leave out what can be left out, for that long."""
    end = time.monotonic() + seconds
    smaller = True
    while smaller:
        smaller = False
        for candidate in _candidates(pair):
            if time.monotonic() > end:
                return pair
            if still_fails(candidate):
                pair, smaller = candidate, True
                break
    return pair


def _candidates(pair: Pair) -> Iterator[Pair]:
    """The pair without one thing, the largest first: on both sides at once, then on one."""
    both = [place for place in _places(pair.first) if place in set(_places(pair.second))]
    for place in both:
        yield pair._replace(first=_without(pair.first, place), second=_without(pair.second, place))
    for place in _places(pair.first):
        yield pair._replace(first=_without(pair.first, place))
    for place in _places(pair.second):
        yield pair._replace(second=_without(pair.second, place))
    for first in _with_fewer_options(pair.first):
        yield pair._replace(first=first)
    for second in _with_fewer_options(pair.second):
        yield pair._replace(second=second)


def _places(config: Config) -> List[_Place]:
    """Of all that can be left out, the outer before the inner."""
    return sorted(_inside(config, ()), key=len)


def _inside(value: Any, place: _Place) -> Iterator[_Place]:
    entries: Sequence[Tuple[Any, Any]] = ()
    if isinstance(value, dict):
        entries = list(value.items())
    elif isinstance(value, list):
        entries = list(enumerate(value))
    for key, inner in entries:
        if key not in _NEEDED:
            yield (*place, key)
        yield from _inside(inner, (*place, key))


def _without(config: Config, place: _Place) -> Config:
    made = copy.deepcopy(config)
    holder: Any = made
    for key in place[:-1]:
        holder = holder[key]
    del holder[place[-1]]
    return made


def _with_fewer_options(config: Config) -> Iterator[Config]:
    for place in _places(config):
        if place[-1] == "bonding_options":
            yield from _with_one_option_less(config, place)


def _with_one_option_less(config: Config, place: _Place) -> Iterator[Config]:
    made = copy.deepcopy(config)
    bond: Any = made
    for key in place[:-1]:
        bond = bond[key]
    options = options_of(bond)
    for name in options:
        bond["bonding_options"] = with_options({key: one for key, one in options.items() if key != name})
        yield copy.deepcopy(made)

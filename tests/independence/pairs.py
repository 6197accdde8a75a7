"""Pairs of configs by seed and number."""

from __future__ import annotations

import copy
from random import Random
from typing import List, NamedTuple, Set, Tuple

from . import classes, directed
from .draw import Draw
from .features import Feature, Features
from .language import Config, faults, name_of, walk
from .mutations import possible
from .node import Initial

#: Draws until one is a config that the program takes.
MOST_DRAWS = 200


class Pair(NamedTuple):
    """``name`` finds it again; ``draws`` counts the configs that were thrown away on the way."""

    name: str
    first: Config
    second: Config
    initial: Initial = Initial()
    draws: int = 0


class NoPairError(Exception):
    """The generator does not come to a valid config."""


def pair(seed: str, number: int, features: Features) -> Pair:
    """The pair of this number: the directed ones come first."""
    some = directed.pairs(features)
    if number < len(some):
        name, first, second = some[number]
        return Pair(f"{seed}/{number} ({name})", first, second)
    random = Random(f"{seed}/{number}")
    first, wasted = _first(random, features)
    second, more = _second(random, features, first)
    large = Feature.FOLLOWING in features or not _bridges(first) | _bridges(second)
    return Pair(f"{seed}/{number}", first, second, _initial(random, features, large), wasted + more)


def _bridges(config: Config) -> Set[str]:
    """They take the MTU of the NICs that become their ports."""
    return {name_of(one) for one, _ in walk(config) if one["type"] == "linux_bridge"}


def _initial(random: Random, features: Features, large: bool) -> Initial:
    """``large``: NICs may be found with a larger MTU than new links have."""
    detects = Feature.DAD in features and random.randrange(20) == 0
    mtu = random.choice((1500, 1500, 9000)) if large else 1500
    return Initial(random.random() < 0.5, mtu, detects)


def _first(random: Random, features: Features) -> Tuple[Config, int]:
    for count in range(MOST_DRAWS):
        config = Draw(random, features, []).whole()
        if not faults(config):
            return config, count
    raise NoPairError(faults(config)[0])


#: A config may have nothing to do with the one before it only where all that is left behind is taken away.
_FOR_ANOTHER = frozenset({
    Feature.PRUNING, Feature.RESETTING, Feature.LINK_DOWN, Feature.PORTS_RELEASED, Feature.RECREATION,
    Feature.KINDS, Feature.ADDRESS_ORDER, Feature.FOLLOWING,
})  # fmt: skip


def _second(random: Random, features: Features, first: Config) -> Tuple[Config, int]:
    if features >= _FOR_ANOTHER and random.random() < 0.4:
        return _first(random, features)
    found: List[str] = []
    for count in range(MOST_DRAWS):
        config = copy.deepcopy(first)
        draw = Draw(random, features, config)
        for _ in range(random.choice((1, 1, 2, 3, 5))):
            random.choice(possible(features))(draw)
        found = faults(config)
        if config != first and not found and classes.are_known(first, config, features):
            return config, count
    raise NoPairError(found[0] if found else "no change")

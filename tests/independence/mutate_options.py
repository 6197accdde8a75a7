"""Changes of the options of bonds and bridges."""

from __future__ import annotations

from typing import Dict

from os_net_config.state import bond as bonding
from os_net_config.state.attributes import Impact

from . import pool
from .draw import Draw, fitting
from .features import Feature
from .language import (
    mode_of,
    name_of,
    options_of,
    walk,
    with_options,
)

# Bonding options

_IMPACTS: Dict[Feature, Impact] = {
    Feature.LINK_DOWN: Impact.LINK_DOWN,
    Feature.PORTS_RELEASED: Impact.PORTS_RELEASED,
}


def _changeable(draw: Draw, name: str) -> bool:
    impact = Impact.LINK_DOWN if name in pool.DOWN else bonding.ATTRIBUTES[name].impact
    needed = [feature for feature, one in _IMPACTS.items() if one is impact]
    return draw.has(*needed)


def set_option(draw: Draw) -> bool:
    """Another value, or one more option."""
    bond = draw.choice([one for one, _ in walk(draw.config) if one["type"] == "linux_bond"])
    if bond is None:
        return False
    options = options_of(bond)
    names = [name for name in pool.allowed(mode_of(bond)) if _changeable(draw, name)]
    name = draw.random.choice(names)
    excluded = {*pool.CARRIER} if name in pool.ARP else {*pool.ARP} if name in pool.CARRIER else set()
    if excluded & options.keys() and not draw.has(Feature.RESETTING):
        return False
    options = {key: value for key, value in options.items() if key not in excluded}
    options = {**pool.NEEDED.get(name, {}), **options, name: draw.random.choice(pool.OPTIONS[name])}
    bond["bonding_options"] = with_options(fitting(options))
    return True


def set_primary_option(draw: Draw) -> bool:
    bond = draw.choice(
        [one for one, _ in walk(draw.config) if one["type"] == "linux_bond" and one["members"]]
    )
    if bond is None or not pool.allowed(mode_of(bond), ("primary",)):
        return False
    options = {**options_of(bond), "primary": name_of(draw.random.choice(bond["members"]))}
    bond["bonding_options"] = with_options(fitting(options))
    return True


def drop_option(draw: Draw) -> bool:
    bond = draw.some("linux_bond", "bonding_options")
    if bond is None:
        return False
    options = options_of(bond)
    options.pop(draw.random.choice(sorted(options)))
    options = _without_what_needs_the_other_monitor(options)
    bond["bonding_options"] = with_options(fitting(options))
    return True


def another_mode(draw: Draw) -> bool:
    """With those of the options that mean something in it."""
    bond = draw.choice([one for one, _ in walk(draw.config) if one["type"] == "linux_bond"])
    if bond is None:
        return False
    mode = draw.random.choice([mode for mode in pool.MODES if mode != mode_of(bond)])
    kept = {name: value for name, value in options_of(bond).items() if pool.allowed(mode, (name,))}
    kept = _without_what_needs_the_other_monitor(kept)
    bond["bonding_options"] = with_options(fitting({**kept, "mode": mode}))
    return True


def _without_what_needs_the_other_monitor(options: Dict[str, str]) -> Dict[str, str]:
    if "arp_interval" in options:
        return options
    return {name: value for name, value in options.items() if name not in pool.ARP}

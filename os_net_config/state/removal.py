"""What is removed because the config names it in ``remove_config``, whoever made it. Pure.

A link goes, with the addresses and routes on it; its ports are released, and stay up or down as they
are. A NIC stays, and is emptied: of addresses, of routes, of the bond or bridge that it is in, and of
what configs of ours have set. What else would go along (a VLAN on a bond that is not named itself) is
an error unless it may be lost: see losses.

A link that ``network_config`` makes as well is removed first, so it is made anew. Rows of Open vSwitch that
it names stay, and get what it says.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import Dict, Iterator, Mapping, NamedTuple, Tuple

from .address import LINK_LOCAL
from .cleanup import with_removals
from .fall import comes_by_itself, links_of
from .model import AddressKey, Key, LinkKey, ProcessKey, Resource, RouteKey, RuleKey, State
from .problem import Path, Problem
from .record import Record, carries_our_label
from .release import Settled, as_before_us

Places = Mapping[str, Path]


class Asked(NamedTuple):
    """Links of the node by name, with the place in the config that asks."""

    #: They go.
    links: Places
    #: They stay, and are emptied.
    nics: Places
    #: Rows of Open vSwitch's database, which go.
    rows: Mapping[Key, Path] = MappingProxyType({})


def with_asked(settled: Settled, asked: Asked, wanted: State, live: State, record: Record) -> Settled:
    """``wanted`` is what the config itself wants. What it wants of a link that goes is made anew."""
    links: Dict[Key, Path] = {LinkKey(name): path for name, path in asked.links.items()}
    anew = {key: path for key, path in links.items() if key in wanted.resources}
    internal = {str(key[1]): path for key, path in asked.rows.items() if live.is_internal(key[1])}
    on_them = dict(_on({**asked.links, **asked.nics, **internal}, live))
    found = {**links, **asked.rows, **on_them}
    gone = {key: path for key, path in found.items() if key not in wanted.resources}
    before = {one.key: one for one in as_before_us(record, asked.nics, live) if one.key not in gone}
    stays = State({**before, **settled.wanted.resources})
    settled = with_removals(Settled(stays, {**settled.removals, **anew}), gone)
    freed = list(_freed(asked, settled.wanted, wanted, live))
    resources = {**settled.wanted.resources, **{one.key: one for one in freed}}
    return settled._replace(wanted=State(resources), freed={str(one.key) for one in freed})


def needed(asked: Asked, wanted: State) -> Iterator[Problem]:
    """What the config wants and cannot have, since something that it needs is removed."""
    hint = "say in network_config how to make it, or take it out of remove_config"
    for name, path in asked.links.items():
        here = wanted.link(name)
        if here is not None and not here.values.get("kind"):
            yield Problem(path, f"network_config needs {name}, and only names it", hint)
    for one in wanted:
        if isinstance(one.key, RouteKey):
            for on in links_of(one):
                if isinstance(on, str) and on in asked.links and wanted.link(on) is None:
                    message = f"the route {one.key} leads over {on}, which remove_config removes"
                    yield Problem(one.origin, message, hint)


def _on(links: Places, live: State) -> Iterator[Tuple[Key, Path]]:
    """What is on these links and would not come again by itself; of rules only ours."""
    for resource in live:
        key = resource.key
        if comes_by_itself(resource):
            continue
        if isinstance(key, AddressKey) and key.link in links:
            if not LINK_LOCAL.contains(key.prefix.address) or carries_our_label(resource):
                yield key, links[key.link]
        elif isinstance(key, ProcessKey) and key.link in links and carries_our_label(resource):
            yield key, links[key.link]
        elif isinstance(key, RouteKey):
            over = [str(on) for on in links_of(resource) if on is not None]
            if over and links.keys() >= set(over):
                yield key, links[over[0]]
        elif isinstance(key, RuleKey) and carries_our_label(resource):
            yield from ((key, links[on]) for on in (key.incoming, key.outgoing) if on in links)


def _freed(asked: Asked, settled: State, wanted: State, live: State) -> Iterator[Resource]:
    """Ports of what goes, and NICs that are ports: they leave, unless the config says where they are."""
    leaving = {port: path for name, path in asked.links.items() for port in live.ports(name)}
    for name, path in {**leaving, **asked.nics}.items():
        key = LinkKey(name)
        own = settled.get(key) or Resource(key, {})
        is_port = own.values.get("master") or live.values(name).get("master")
        if is_port and name not in asked.links and "master" not in wanted.values(name):
            yield own._replace(values={**own.values, "master": None}, origin=own.origin or path)

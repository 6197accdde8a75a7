"""A made-up node for configs that get as far as a plan: eight NICs, and what an earlier run left."""

from __future__ import annotations

from random import Random
from typing import Dict, List, Tuple

from os_net_config.state import bond, bridge, link, route, vlan
from os_net_config.state.model import AddressKey, Key, LinkKey, Resource, RouteKey, State
from os_net_config.state.nic import Nic
from os_net_config.state.values import Prefix, Value

NICS = 8


def made_up(random: Random) -> Tuple[State, List[Nic]]:
    """The live state and the NICs."""
    names = [f"em{number}" for number in range(1, NICS + 1)]
    nics = [Nic(name, bytes([2, 0, 0, 0, 0, number])) for number, name in enumerate(names)]
    links: Dict[str, Dict[str, Value]] = {"lo": _link("", 65536)}
    for nic in nics:
        links[nic.name] = {**_link("", random.choice((1500, 9000))), "address": nic.mac}
    for name, values in _left_behind(random, names):
        links.setdefault(name, values)
    resources: Dict[Key, Resource] = {
        LinkKey(name): Resource(LinkKey(name), {**values, "up": random.randrange(2)})
        for name, values in links.items()
    }
    for _ in range(random.randrange(12)):
        one = _address_or_route(random, random.choice(list(links)))
        resources[one.key] = one
    return State(resources), nics


def _link(kind: str, mtu: int) -> Dict[str, Value]:
    return {"kind": kind, "mtu": mtu, "master": None, "group": link.GROUP if kind else 0, "address": bytes(6)}


def _left_behind(random: Random, nics: List[str]) -> List[Tuple[str, Dict[str, Value]]]:
    """Links by the names that documents use, so that some of them are changed instead of made."""
    found: List[Tuple[str, Dict[str, Value]]] = []
    for name, kind in (("bond1", bond.KIND), ("br-ex", bridge.KIND), ("nd6", bond.KIND), ("vlan9", "dummy")):
        if random.random() < 0.4:
            found.append((name, _link(kind, 1500)))
    if random.random() < 0.5:
        below = random.choice(nics)
        found.append((f"{below}.10", {**_link(vlan.KIND, 1500), "link": below, "id": 10}))
    return found


def _address_or_route(random: Random, on: str) -> Resource:
    network = bytes([10, random.randrange(1, 6), 0, 0])
    protocol = random.choice((route.PROTOCOL, 4, 0))
    if random.random() < 0.5:
        address = AddressKey(on, Prefix(network[:3] + bytes([random.randrange(9, 12)]), 24))
        return Resource(address, {"protocol": protocol, "scope": 0})
    values: Dict[str, Value] = {"gateway": None, "link": on, "type": "unicast", "scope": 253}
    return Resource(RouteKey(Prefix(network, 24), random.randrange(2)), {**values, "protocol": protocol})

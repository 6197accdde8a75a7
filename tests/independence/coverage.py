"""What the pairs of a run have in them, and what they have to have."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any, Dict, Iterable, Iterator, List, Mapping, Set
from typing import Counter as CounterOf

from os_net_config.state import bond as bonding

from . import classes, pool
from .features import Feature, Features
from .language import Config, device_of, links, mode_of, options_of, walk
from .pairs import Pair

_SCHEMA = Path(__file__).resolve().parents[2] / "schemas" / "network_config.schema.json"

#: Attributes that say nothing of the kernel's network, or nothing in the lab: no pair has them.
EXEMPT: Mapping[str, str] = {
    "use_dhcp": "a lease comes from outside",
    "use_dhcpv6": "a lease comes from outside",
    "dns_servers": "the resolver is not the kernel's",
    "domain": "the resolver is not the kernel's",
    "ethtool_opts": "a veth has hardly a setting of ethtool's",
    "hotplug": "no NIC comes or goes",
    "linkdelay": "it is a wait",
    "dcb": "a veth has no queues by priority",
    "ovs_extra": "Open vSwitch has a suite of its own",
    "ovs_options": "Open vSwitch has a suite of its own",
}
#: Bonding options that no pair has.
EXEMPT_OPTIONS: Mapping[str, str] = {
    "active_slave": "it is the driver's to change at any time",
    "coupled_control": "Linux has it only since 6.9",
    "broadcast_neighbor": "Linux has it only since 6.17",
}
#: The types that a pair may have, with what they need.
TYPES: Mapping[str, Features] = {
    "interface": frozenset(),
    "vlan": frozenset(),
    "linux_bond": frozenset(),
    "linux_bridge": frozenset(),
    "linux_tap": frozenset({Feature.TAPS}),
    "route_table": frozenset({Feature.TABLES}),
    "dummy": frozenset({Feature.OWN_LINKS}),
    "macvlan": frozenset({Feature.OWN_LINKS}),
    "veth": frozenset({Feature.OWN_LINKS}),
    "vrf": frozenset({Feature.OWN_LINKS}),
    "vxlan": frozenset({Feature.OWN_LINKS}),
}
_BY_FEATURE: Mapping[str, Feature] = {
    "rules": Feature.RULES,
    "bridge_options": Feature.BRIDGE_OPTIONS,
    "bridge_port_options": Feature.BRIDGE_OPTIONS,
    "route.table": Feature.TABLES,
    "route.route_options": Feature.ROUTE_OPTIONS,
}


def items(pair: Pair, plan: Mapping[str, Any]) -> List[str]:
    """All that is counted of one pair, as ``group: name``."""
    found: Set[str] = set()
    for config in (pair.first, pair.second):
        found.update(_of_config(config))
    both = classes.seen(pair.first, pair.second, plan)
    found.update(f"class: {name}" for name in classes.classes(both))
    found.update(f"change of mode: {name}" for name in classes.modes(both))
    found.update(_of_node(pair))
    return sorted(found)


def _of_config(config: Config) -> Iterator[str]:
    named = links(config)
    for one, parent in walk(config):
        kind = one["type"]
        yield f"type: {kind}" + (f" in {parent['type']}" if parent else "")
        yield from (f"attribute: {kind}.{name}" for name in one if name != "type")
        yield from (f"attribute: route.{name}" for route in one.get("routes", []) for name in route)
        yield from (f"attribute: rule.{name}" for rule in one.get("rules", []) for name in rule)
        yield from (f"attribute: address.{name}" for entry in one.get("addresses", []) for name in entry)
        below = device_of(one, parent)
        if below is not None:
            yield f"VLAN on: {named.get(below, {'type': 'interface'})['type']}"
        if kind == "linux_bond":
            yield f"mode: {mode_of(one)}"
            yield from (f"bonding option: {name}" for name in options_of(one))


def _of_node(pair: Pair) -> Iterator[str]:
    initial = pair.initial
    yield f"NICs found: {'up' if initial.up else 'down'}"
    yield f"NICs found: mtu {initial.mtu}"
    if initial.detects:
        yield "NICs found: with duplicate address detection"


def required(features: Features) -> List[str]:
    """What every run has to have at least once."""
    return sorted({*_types_and_attributes(features), *_bonding(), *_nodes(), *_classes(features)})


def _types_and_attributes(features: Features) -> Iterator[str]:
    definitions = json.loads(_SCHEMA.read_text(encoding="utf-8"))["definitions"]
    for kind in (kind for kind, needs in TYPES.items() if needs <= features):
        yield f"type: {kind}"
        for name in _supported(definitions, kind):
            if _is_on(name, features):
                yield f"attribute: {kind}.{name}"
    for part in ("route", "address", *(["rule"] if Feature.RULES in features else [])):
        for name in definitions[part]["properties"]:
            if _is_on(f"{part}.{name}", features):
                yield f"attribute: {part}.{name}"
    for member in ("interface", "vlan", "linux_bond"):
        yield f"type: {member} in linux_bridge"
    yield "type: interface in linux_bond"


def _supported(definitions: Dict[str, Any], kind: str) -> Iterator[str]:
    """The attributes of a type that the program applies, by the schema."""
    for name, one in definitions[kind]["properties"].items():
        later = "x-later" in one or "x-later" in definitions.get(one.get("$ref", "").rpartition("/")[2], {})
        if name != "type" and name not in EXEMPT and not later:
            yield name


def _is_on(name: str, features: Features) -> bool:
    return _BY_FEATURE.get(name) in {None, *features}


def _bonding() -> Iterator[str]:
    yield from (f"mode: {mode}" for mode in pool.MODES)
    yield from (f"bonding option: {name}" for name in bonding.ATTRIBUTES if name not in EXEMPT_OPTIONS)


def _nodes() -> Iterator[str]:
    yield from ("NICs found: up", "NICs found: down", "NICs found: mtu 1500", "NICs found: mtu 9000")
    yield from (f"VLAN on: {kind}" for kind in ("interface", "vlan", "linux_bond", "linux_bridge"))


def _classes(features: Features) -> Iterator[str]:
    yield from (f"class: {name}" for name in classes.required(features))
    if Feature.PORTS_RELEASED in features:
        yield from (
            f"change of mode: {one} to {other}"
            for one, other in zip(pool.MODES, (*pool.MODES[1:], pool.MODES[0]))
        )


class Coverage:
    """Counts of what was seen, by ``group: name``."""

    def __init__(self, features: Features) -> None:
        self.counts: CounterOf[str] = Counter()
        self.required = required(features)

    def add(self, found: Iterable[str]) -> None:
        self.counts.update(found)

    def missing(self) -> List[str]:
        return [name for name in self.required if not self.counts[name]]

    def table(self) -> str:
        """How many pairs have each; an exclamation mark where none has what one must have."""
        lines: List[str] = []
        group = ""
        for name in sorted({*self.counts, *self.required}):
            head, _, rest = name.partition(": ")
            if head != group:
                lines, group = [*lines, head], head
            mark = "  ! required" if not self.counts[name] else ""
            lines.append(f"  {rest:<44}{self.counts[name]:>7}{mark}")
        return "\n".join(lines)

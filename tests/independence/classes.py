"""Which classes of change a pair has: by the plan of B after A, and by the two configs."""

from __future__ import annotations

from typing import Any, Callable, Dict, Iterable, Iterator, List, Mapping, NamedTuple, Set

from os_net_config.state import tap
from os_net_config.state.attributes import Impact
from os_net_config.state.model import LINK_KINDS

from . import pool
from .features import NONE, Feature, Features
from .language import CONTAINERS, Config, Entry, devices, links, masters, mode_of, name_of, options_of, walk

Plan = Mapping[str, Any]


class Change(NamedTuple):
    """One of the plan's changes: action (add, change, remove), resource, link, and the attributes."""

    action: str
    resource: str
    link: str
    before: Mapping[str, Any]
    after: Mapping[str, Any]

    def moves(self, name: str) -> bool:
        """Whether it gives an attribute another value."""
        return name in self.after and self.before.get(name) != self.after[name]


class Seen(NamedTuple):
    """What is asked of one pair."""

    first: Config
    second: Config
    changes: List[Change]

    def some(self, action: str, resource: str) -> List[Change]:
        return [one for one in self.changes if (one.action, one.resource) == (action, resource)]


def seen(first: Config, second: Config, plan: Plan) -> Seen:
    changes = [
        Change(one["action"], one["resource"], one.get("link", ""), one["before"] or {}, one["after"] or {})
        for one in plan["changes"]
    ]
    return Seen(first, second, changes)


#: How an attribute of a link that is there can be changed, by its name.
#: The mode of a bond, not that of a tap, which has one only.
_IMPACTS: Dict[str, Impact] = {
    name: attribute.impact
    for kind, table in LINK_KINDS.items()
    for name, attribute in table.items()
    if kind != tap.KIND
}
_RECREATED = ("link", "id")


def _has_impact(impact: Impact) -> Callable[[Seen], bool]:
    def test(pair: Seen) -> bool:
        return any(
            one.moves(name) and _IMPACTS.get(name) is impact
            for one in pair.some("change", "link")
            for name in one.after
        )

    return test


def _does(action: str, resource: str) -> Callable[[Seen], bool]:
    return lambda pair: bool(pair.some(action, resource))


def _changes(resource: str, name: str) -> Callable[[Seen], bool]:
    return lambda pair: any(one.moves(name) for one in pair.some("change", resource))


def _kinds(pair: Seen) -> Set[str]:
    """``linux_bond to linux_bridge`` for every name that has another type."""
    before, after = links(pair.first), links(pair.second)
    return {
        f"{before[name]['type']} to {after[name]['type']}"
        for name in before.keys() & after.keys()
        if before[name]["type"] != after[name]["type"]
    }


def _common(pair: Seen) -> Iterator[tuple[Entry, Entry]]:
    before, after = links(pair.first), links(pair.second)
    for name in sorted(before.keys() & after.keys()):
        yield before[name], after[name]


def _another_device(pair: Seen) -> bool:
    before, after = devices(pair.first), devices(pair.second)
    return any(before[name] != after[name] for name in before.keys() & after.keys())


def _gone(pair: Seen) -> Set[str]:
    return links(pair.first).keys() - links(pair.second).keys() - set(devices(pair.second).values())


def _nic_is_released(pair: Seen) -> bool:
    return any(name in pool.NIC_NAMES for name in _gone(pair))


def _master(pair: Seen, was: bool, now: bool) -> bool:
    """A link that was, or was not, a port and now is, or is not, one of another."""
    before, after = masters(pair.first), masters(pair.second)
    return any(
        (name in before, name in after) == (was, now) and before.get(name) != after.get(name)
        for name in links(pair.first).keys() & links(pair.second).keys()
    )


def _moves_between_kinds(pair: Seen) -> bool:
    """A port of a bond becomes one of a bridge, or the other way round."""
    before, after = masters(pair.first), masters(pair.second)
    types = [
        {name: one["type"] for name, one in links(config).items()} for config in (pair.first, pair.second)
    ]
    return any(
        types[0].get(before[name]) != types[1].get(after[name]) for name in before.keys() & after.keys()
    )


def _addresses(one: Entry) -> List[str]:
    return [entry["ip_netmask"] for entry in one.get("addresses", [])]


def _address_order(pair: Seen) -> bool:
    """Those of a network that stay are in another order, or one comes before them."""
    for before, after in _common(pair):
        for network in pool.NETWORKS[:6]:
            old = [text for text in _addresses(before) if pool.network_of(text) == network]
            new = [text for text in _addresses(after) if pool.network_of(text) == network]
            kept = [text for text in old if text in new]
            if new[: len(kept)] != kept:
                return True
    return False


def _first_address_goes(pair: Seen) -> bool:
    """The primary address of a network goes, and another stays."""
    for before, after in _common(pair):
        for network in pool.NETWORKS[:6]:
            old = [text for text in _addresses(before) if pool.network_of(text) == network]
            if len(old) > 1 and old[0] not in _addresses(after) and set(old) & set(_addresses(after)):
                return True
    return False


def _owners(config: Config) -> Dict[str, Set[str]]:
    """The links by each address without its length."""
    found: Dict[str, Set[str]] = {}
    for name, one in links(config).items():
        for text in _addresses(one):
            found.setdefault(text.partition("/")[0], set()).add(name)
    return found


def _address_moves(pair: Seen) -> bool:
    before, after = _owners(pair.first), _owners(pair.second)
    return any(not before[address] & after[address] for address in before.keys() & after.keys())


def _another_length(family: int) -> Callable[[Seen], bool]:
    def test(pair: Seen) -> bool:
        for before, after in _common(pair):
            old = dict(text.split("/") for text in _addresses(before) if pool.family(text) == family)
            new = dict(text.split("/") for text in _addresses(after) if pool.family(text) == family)
            if any(old[address] != new[address] for address in old.keys() & new.keys()):
                return True
        return False

    return test


def _mtu(grows: bool) -> Callable[[Seen], bool]:
    def test(pair: Seen) -> bool:
        return any(
            one.moves("mtu") and one.before.get("mtu") and (one.after["mtu"] > one.before["mtu"]) is grows
            for one in pair.some("change", "link")
        )

    return test


def _bonds(pair: Seen) -> Iterator[tuple[Entry, Entry]]:
    return (both for both in _common(pair) if both[0]["type"] == both[1]["type"] == "linux_bond")


def _option_goes(pair: Seen) -> bool:
    return any(options_of(before).keys() - options_of(after).keys() for before, after in _bonds(pair))


def _monitor_changes(pair: Seen) -> bool:
    return any(
        ("arp_interval" in options_of(before)) != ("arp_interval" in options_of(after))
        for before, after in _bonds(pair)
    )


def _primary_goes(pair: Seen) -> bool:
    return any(
        any(m.get("primary") for m in before.get("members", []))
        and not any(m.get("primary") for m in after.get("members", []))
        for before, after in _common(pair)
    )


def _mtu_goes(pair: Seen) -> bool:
    return any("mtu" in before and "mtu" not in after for before, after in _common(pair))


def _nothing_in_common(pair: Seen) -> bool:
    return not links(pair.first).keys() & links(pair.second).keys()


class Class(NamedTuple):
    """A class of change; ``needs`` are the features without which there is none of it."""

    test: Callable[[Seen], bool]
    needs: Features = NONE


def _only_with(test: Callable[[Seen], bool], *features: Feature) -> Class:
    return Class(test, frozenset(features))


_ANEW = (Feature.PRUNING, Feature.RESETTING)

CLASSES: Mapping[str, Class] = {
    "live": Class(_has_impact(Impact.LIVE)),
    "link down": _only_with(_has_impact(Impact.LINK_DOWN), Feature.LINK_DOWN),
    "ports released": _only_with(_has_impact(Impact.PORTS_RELEASED), Feature.PORTS_RELEASED),
    "re-created: another device": _only_with(_another_device, Feature.RECREATION),
    "link added": Class(_does("add", "link")),
    "link pruned": _only_with(lambda pair: any(name not in pool.NIC_NAMES for name in _gone(pair)), *_ANEW),
    "NIC released": _only_with(_nic_is_released, *_ANEW),
    "nothing in common": _only_with(_nothing_in_common, *_ANEW),
    "port attached": Class(lambda pair: _master(pair, False, True)),
    "port released": Class(lambda pair: _master(pair, True, False)),
    "port moved": Class(lambda pair: _master(pair, True, True)),
    "port moved between bond and bridge": Class(_moves_between_kinds),
    "MAC address changed": Class(_changes("link", "address")),
    "primary gone": _only_with(_primary_goes, Feature.RESETTING),
    "MTU grown": Class(_mtu(True)),
    "MTU shrunk": Class(_mtu(False)),
    "MTU gone": _only_with(_mtu_goes, Feature.RESETTING),
    "bonding option gone": _only_with(_option_goes, Feature.RESETTING),
    "monitor changed": _only_with(_monitor_changes, Feature.RESETTING),
    "address added": Class(_does("add", "address")),
    "address removed": Class(_does("remove", "address")),
    "first address of a network removed": Class(_first_address_goes),
    "address order": _only_with(_address_order, Feature.ADDRESS_ORDER),
    "address moved": Class(_address_moves),
    "IPv4 prefix length": Class(_another_length(4)),
    "IPv6 prefix length": Class(_another_length(6)),
    "route added": Class(_does("add", "route")),
    "route removed": Class(_does("remove", "route")),
    "gateway changed": Class(_changes("route", "gateway")),
    "route moved": Class(_changes("route", "link")),
    "rule added": _only_with(_does("add", "rule"), Feature.RULES),
    "rule removed": _only_with(_does("remove", "rule"), Feature.RULES),
    "table named": _only_with(_does("add", "name"), Feature.TABLES),
    **{
        f"kind changed: {one} to {other}": _only_with(
            lambda pair, both=f"{one} to {other}": both in _kinds(pair),  # type: ignore[misc]
            Feature.KINDS,
            *([Feature.TAPS] if "linux_tap" in {one, other} else []),
        )
        for one in (*CONTAINERS, "linux_tap")
        for other in (*CONTAINERS, "linux_tap")
        if one != other
    },
}


def classes(pair: Seen) -> List[str]:
    return [name for name, one in CLASSES.items() if one.test(pair)]


def are_known(first: Config, second: Config, features: Features) -> bool:
    """Whether the features have all that the configs alone show, however it came about."""
    found = classes(seen(first, second, {"changes": []}))
    return all(CLASSES[name].needs <= features for name in found)


def required(features: Features) -> Iterable[str]:
    return [name for name, one in CLASSES.items() if one.needs <= features]


def modes(pair: Seen) -> List[str]:
    """``active-backup to 802.3ad`` for every bond that changes its mode."""
    return sorted(
        {f"{mode_of(old)} to {mode_of(new)}" for old, new in _bonds(pair) if mode_of(old) != mode_of(new)}
    )


def all_names(config: Config) -> Set[str]:
    return {name_of(one) for one, _ in walk(config)}

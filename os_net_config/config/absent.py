"""A section without NICs that are not there: the rest of the node's network, complete.

What is such a NIC, or stands on one, goes with its addresses, routes and rules. A bond or a bridge stays,
even without a port: it has its addresses, and the VLANs on it. A bond of Open vSwitch has neither, and its
database takes none without a member: it goes with the last one. What else would make the kernel
refuse the rest is taken out or said in another way, for a refusal takes the whole run back.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Dict, FrozenSet, Iterator, List, Mapping, NamedTuple, Optional, Sequence, Set, Tuple

from ..state.problem import Path, Problem, Severity
from .addresses import addresses
from .formats import bonding_options
from .kinds import dpdk, ovs
from .mtus import known_mtu
from .nics import Absent
from .objects import NICS, Object, base, is_port, walk
from .routes import Route
from .rules import Rule

#: Attributes that name a link below.
_BELOW = ("device", "parent")
#: Options of a bond that name a port.
_NAME_A_PORT = frozenset({"primary", "active_slave"})

Routes = Mapping[Path, List[Route]]
Rules = Mapping[Path, List[Rule]]


class Rest(NamedTuple):
    """What is left of a section, and a warning for each thing that is left out.

    ``gone`` are the paths of the objects that are.
    """

    objects: List[Object]
    routes: Dict[Path, List[Route]]
    rules: Dict[Path, List[Rule]]
    problems: List[Problem]
    gone: FrozenSet[Path] = frozenset()

    def has(self, path: Path) -> bool:
        """Whether a place in the file is one of what is left."""
        return not any(path[:length] in self.gone for length in range(len(path) + 1))


class Lacking(NamedTuple):
    """NICs that are not here, and whether what is ``onboot: false`` is left out as well."""

    nics: Sequence[Absent] = ()
    at_boot: bool = False


def without(objects: Sequence[Object], routes: Routes, rules: Rules, lacking: Lacking) -> Rest:
    """The section without these NICs, whose names stand for themselves in it.

    ``routes`` and ``rules`` are those of all objects: a rule keeps the priority that it has in the whole.
    """
    missing = lacking.nics
    gone = _gone(objects, {one.word: one for one in missing}, lacking.at_boot)
    if not gone and not missing:
        return Rest(list(objects), dict(routes), dict(rules), [])
    kept = list(_staying(objects, None, gone))
    loss = _loss(objects, kept, gone, missing)
    left_routes, no_routes = _routes(objects, routes, loss)
    left_rules, no_rules = _rules(kept, rules, loss)
    problems = [*_left_out(objects, gone), *no_routes, *no_rules]
    return Rest(kept, left_routes, left_rules, problems, frozenset(gone))


# Objects

#: The objects that go, by their path, each with the NIC that it goes for.
Gone = Mapping[Path, Absent]
#: What is for an explicit run only: nothing is missing.
NOT_AT_BOOT = Absent("", "onboot: false")


def _gone(objects: Sequence[Object], missing: Mapping[str, Absent], at_boot: bool) -> Gone:
    """Until nothing more goes: the file may have a VLAN before what it stands on."""
    later = [one for whole in _not_at_boot(objects) for one in walk([whole])] if at_boot else []
    gone = {one.path: NOT_AT_BOOT for one in later}
    # A NIC is there whether it is configured or not.
    names = {one.name: NOT_AT_BOOT for one in later if one.type not in NICS or one.vlan_id is not None}
    found = True
    while found:
        found = False
        for one in walk(objects):
            absent = None if one.path in gone else _reason(one, missing, names) or _emptied(one, gone)
            if absent is not None:
                gone[one.path] = names[one.name] = absent
                found = True
    return gone


def _not_at_boot(objects: Sequence[Object]) -> Iterator[Object]:
    return (one for one in walk(objects) if not one.get("onboot", True))


def _reason(one: Object, missing: Mapping[str, Absent], gone: Mapping[str, Absent]) -> Optional[Absent]:
    """By the file's own words, since a missing alias stands for nothing; by name what goes with others."""
    if ovs.is_internal(one):
        # A VLAN in a bridge of Open vSwitch stands on that, whichever device it names.
        return None
    words = [str(one.get("name"))] if one.type in NICS else []
    words += [str(one.get(name)) for name in _BELOW if one.get(name)]
    words += [str(one.get("peer"))] if one.type == "veth" else []
    names = [*([one.name] if one.type in NICS else []), *([one.device] if one.device else [])]
    names += [one.get("peer")] if one.type == "veth" else []
    reasons = [missing.get(word) or missing.get(base(word)) for word in words]
    return next(filter(None, [*reasons, *(gone.get(name) for name in names)]), None)


def _emptied(one: Object, gone: Mapping[Path, Absent]) -> Optional[Absent]:
    """A port of DPDK is nothing without its NIC, a bond of Open vSwitch nothing without any member."""
    lost = [gone[member.path] for member in one.members if member.path in gone]
    needs_one = one.type == dpdk.PORT or one.type in ovs.BONDS
    return lost[0] if needs_one and lost and len(lost) == len(one.members) else None


def _left_out(objects: Sequence[Object], gone: Gone) -> Iterator[Problem]:
    for one in walk(objects):
        absent = gone.get(one.path)
        if absent is not None:
            is_it = one.type in NICS and one.get("name") == absent.word
            what = "it" if is_it else f"{one}, which stands on it,"
            yield from _warning(one.path, absent, f"{what} is left out")


def _staying(objects: Sequence[Object], parent: Optional[Object], gone: Gone) -> Iterator[Object]:
    """Those that stay, with those of their members that do."""
    for one in objects:
        if one.path not in gone:
            left = [member for member in one.members if member.path not in gone]
            made = replace(one, parent=parent, members=[], values=_values(one, left))
            made.members.extend(_staying(left, made, gone))
            yield made


def _values(one: Object, left: Sequence[Object]) -> Mapping[str, Any]:
    """What an object says when these of its members are left."""
    if len(left) == len(one.members):
        return one.values
    values = dict(one.values)
    lost = {
        name for member in one.members if member not in left for name in (member.name, member.get("name"))
    }
    if values.get("bonding_options"):
        words = str(values["bonding_options"]).split()
        values["bonding_options"] = " ".join(word for word in words if not _names_one_of(lost, word))
    mtu = _mtu_of_the_lost(one, left)
    if mtu is not None:
        values["mtu"] = mtu
    return values


def _names_one_of(names: Set[Any], option: str) -> bool:
    """Whether an option of a bond says that one of these is to be its primary."""
    return any(name in _NAME_A_PORT and value in names for name, value in bonding_options(option).items())


def _mtu_of_the_lost(one: Object, left: Sequence[Object]) -> Optional[int]:
    """The MTU that a bond or bridge had from members that go: VLANs above may need it.

    A bridge with a port left has the least of its ports', which the kernel keeps up by itself as long as
    nobody sets it.
    """
    follows_ports = one.type == "linux_bridge" and any(is_port(member) for member in left)
    if one.get("mtu") is not None or follows_ports:
        return None
    mtu = known_mtu(one)
    return mtu if mtu != known_mtu(replace(one, members=list(left))) else None


# Routes and rules


@dataclass(frozen=True)
class _Loss:
    """``kept`` are the paths of the objects that stay, ``homes`` those of them by the names of their links.

    ``links`` are the names that go, with the NIC that they go for; ``unknown`` are aliases of NICs whose
    names nobody knows. ``sources`` are addresses that only what goes had.
    """

    kept: FrozenSet[Path]
    homes: Mapping[str, Path]
    links: Mapping[str, Absent]
    unknown: FrozenSet[str]
    sources: Mapping[bytes, Absent]

    def of_link(self, name: Optional[str]) -> Optional[Absent]:
        return self.links.get(name or "") or self.links.get(base(name or ""))

    def of_source(self, route: Route) -> Optional[Absent]:
        source = route.said.get("source")
        return self.sources.get(source) if isinstance(source, bytes) else None


def _loss(objects: Sequence[Object], kept: Sequence[Object], gone: Gone, missing: Sequence[Absent]) -> _Loss:
    staying, going = list(walk(kept)), [one for one in walk(objects) if one.path in gone]
    still = {prefix.address for one in staying for _, prefix in addresses(one)}
    lost = {prefix.address: gone[one.path] for one in going for _, prefix in addresses(one)}
    return _Loss(
        frozenset(one.path for one in staying),
        {one.name: one.path for one in reversed(staying)},
        {**{one.name: gone[one.path] for one in going}, **{one.word: one for one in missing}},
        frozenset(one.word for one in missing if one.identity),
        {address: absent for address, absent in lost.items() if address not in still},
    )


def _routes(
    objects: Sequence[Object], routes: Routes, loss: _Loss
) -> Tuple[Dict[Path, List[Route]], List[Problem]]:
    """Those that still lead somewhere, by the object that has them then."""
    found: Dict[Path, List[Route]] = {path: [] for path in loss.kept}
    problems: List[Problem] = []
    for one in walk(objects):
        for route in routes.get(one.path, ()):
            left = list(_left_of(one, route, loss))
            for home, rest in left:
                found[home].append(rest)
            if one.path in loss.kept or route.hops:
                problems.extend(_lacking(route, loss, bool(left)))
    return found, problems


def _left_of(one: Object, route: Route, loss: _Loss) -> Iterator[Tuple[Path, Route]]:
    """What is left of a route, and the object that has it: without its own, that of another next hop.

    Of several next hops a single one is left as a gateway of its link: so the kernel tells it.
    """
    home = one.path if one.path in loss.kept else None
    hops = tuple(hop for hop in route.hops if loss.of_link(hop.link) is None)
    if len(hops) == 1:
        home = loss.homes.get(hops[0].link or "")
        said = {**route.said, "onlink": 1} if hops[0].onlink else route.said
        route = route._replace(gateway=hops[0].gateway, hops=(), said=said)
    elif hops:
        others = (loss.homes.get(hop.link or "") for hop in hops)
        home = home or next(filter(None, others), None)
        route = route._replace(hops=hops)
    elif route.hops:
        return
    if home is not None and loss.of_source(route) is None:
        yield home, route


def _lacking(route: Route, loss: _Loss, is_left: bool) -> Iterator[Problem]:
    """What of a route is left out, or that it is altogether."""
    hops = [(hop, absent) for hop in route.hops if (absent := loss.of_link(hop.link)) is not None]
    if is_left:
        for hop, absent in hops:
            yield from _warning(route.path, absent, f"the next hop {hop} is left out")
        return
    reasons = [loss.of_source(route), *(absent for _, absent in hops)]
    for absent in dict.fromkeys(filter(None, reasons)):
        what = f"the route to {route.destination} is left out, which needs it"
        yield from _warning(route.path, absent, what)


def _rules(
    objects: Sequence[Object], rules: Rules, loss: _Loss
) -> Tuple[Dict[Path, List[Rule]], List[Problem]]:
    """Without those of an alias: the kernel takes a rule for a link that is not there, if it has its name."""
    found: Dict[Path, List[Rule]] = {}
    problems: List[Problem] = []
    for one in walk(objects):
        for rule in rules.get(one.path, ()):
            names = {rule.key.incoming, rule.key.outgoing}
            unknown = loss.unknown & {*names, *map(base, names)}
            if unknown:
                absent = loss.links[min(unknown)]
                problems.extend(_warning(rule.path, absent, f"the rule {rule.key} is left out"))
            else:
                found.setdefault(one.path, []).append(rule)
    return found, problems


def _warning(path: Path, absent: Absent, what: str) -> Iterator[Problem]:
    """Of what is left out as the file asks nobody is warned."""
    if absent is not NOT_AT_BOOT and not absent.hotplug:
        yield Problem(path, f"NIC {absent} is not on this node: {what}", severity=Severity.WARNING)

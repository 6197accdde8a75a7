"""What a config expects on the node: links that it does not make itself, and Open vSwitch."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Container, Dict, Iterable, Iterator, List, Mapping, Sequence, Set, Tuple

from ..state.link import LOOPBACK
from ..state.nic import Nic
from ..state.problem import Problem, Severity
from . import route_options
from .document import Document
from .kinds import ovs
from .load import MAIN, accept
from .nics import NUMBERED, UNRESOLVED, Absent, Names, Numbers, by_number, find, name_nics
from .objects import NICS, Object, base, build, walk


@dataclass(frozen=True)
class Expected:
    """NICs by what the config calls them: a ``name`` of the node, or an alias.

    ``mapped`` are aliases of the mapping file with the name or MAC address there. ``numbered`` are those of
    ``numbers``, which are kept. ``uncounted`` are numbers that are neither: which NICs they
    are turns out when those with carrier are counted.
    """

    names: Tuple[str, ...] = ()
    mapped: Tuple[Tuple[str, str], ...] = ()
    numbered: Tuple[str, ...] = ()
    uncounted: Tuple[str, ...] = ()
    numbers: Tuple[Tuple[str, bytes], ...] = ()

    def __bool__(self) -> bool:
        """Whether there is anything that can be waited for."""
        return bool(self.names or self.mapped or self.numbered or self.uncounted)

    def missing(self, nics: Sequence[Nic]) -> List[Absent]:
        """Those that are not among these, which are all links of the node."""
        there = {name for nic in nics for name in (nic.name, nic.own_name)}
        numbers = dict(self.numbers)
        # Of several with one MAC address each is meant once: whether one is there hangs on all numbers.
        counted = by_number(nics, numbers)
        number = sum(nic.available for nic in nics)
        return [
            *(Absent(name) for name in self.names if name not in there),
            *(Absent(alias, value) for alias, value in self.mapped if find(nics, value) is None),
            *(Absent(alias, numbers[alias].hex(":")) for alias in self.numbered if alias not in counted),
            # As many have to be here, whichever it will be.
            *(Absent(alias) for alias in self.uncounted if int(alias[len("nic") :]) > number),
        ]


def expected(document: Document, mapping: Mapping[str, str], kept: Numbers) -> Expected:
    """What a boot expects. ``mapping`` is that of the mapping file, ``kept`` are the numbers of earlier runs.

    Nothing of a file that will be refused: nobody is to wait for that. Raises ProblemsError where there
    is no telling what it says.
    """
    objects = _objects(document)
    made = _made(objects)
    words: Dict[str, None] = {}
    later = {base(one.name) for one in walk(objects) if one.type in NICS and one.get("hotplug")}
    for word in (word for one in _at_boot(objects) for word in _named_by(one)):
        if word not in made and word != LOOPBACK and base(word) not in later:
            words[_nic_of(word, {*mapping, *kept})] = None
    return _sorted(words, mapping, kept)


def has_rows(document: Document) -> bool:
    """Whether a boot needs Open vSwitch's database. Raises as expected does."""
    return any(ovs.has_rows(one) for one in _at_boot(_objects(document)))


def _objects(document: Document) -> List[Object]:
    """None of a file that will be refused."""
    accepted, problems = accept(document)
    if any(_is_refused(one) for one in problems):
        return []
    return build(accepted.get(MAIN) or (), (MAIN,), UNRESOLVED.rename)


def _is_refused(problem: Problem) -> bool:
    is_later = problem.severity is Severity.UNSUPPORTED and problem.path[:1] == (MAIN,)
    return is_later or problem.severity is Severity.ERROR


def _sorted(words: Iterable[str], mapping: Mapping[str, str], kept: Numbers) -> Expected:
    """By what each of them is. An alias of the mapping file counts before a number."""
    mapped = tuple((word, mapping[word]) for word in words if word in mapping)
    others = [word for word in words if word not in mapping]
    numbered = tuple(word for word in others if word in kept)
    uncounted = tuple(word for word in others if word not in kept and NUMBERED.fullmatch(word))
    names = tuple(word for word in others if word not in {*numbered, *uncounted})
    return Expected(names, mapped, numbered, uncounted, tuple(kept.items()) if numbered else ())


def names_here(
    nics: Sequence[Nic],
    mapping: Mapping[str, str],
    kept: Numbers,
    wanted: Expected,
    persistent: Container[str] = (),
) -> Names:
    """The names for a boot, which goes on without the NICs that are not among these.

    ``kept`` may be empty where ``wanted`` has numbers: then they are counted anew. Raises ProblemsError.
    """
    found = {alias: value for alias, value in mapping.items() if find(nics, value) is not None}
    names = name_nics(nics, found, None, kept, persistent)
    # The mapping file says of an alias that it is another NIC than the one with that number.
    aliases = {alias: name for alias, name in names.aliases.items() if alias in found or alias not in mapping}
    # A NIC without carrier has no number yet.
    lacking = [*wanted.missing(nics), *map(Absent, wanted.uncounted)]
    absent = tuple(one for one in dict.fromkeys(lacking) if one.word not in aliases)
    return replace(names, aliases=aliases, absent=absent)


def _made(objects: Sequence[Object]) -> Set[str]:
    """The links that the file makes, whether at boot or later."""
    return {one.name for one in walk(objects) if one.type not in NICS or one.vlan_id is not None}


def _at_boot(objects: Sequence[Object]) -> Iterator[Object]:
    for one in objects:
        if one.get("onboot", True):
            yield one
            yield from _at_boot(one.members)


def _named_by(one: Object) -> Iterator[str]:
    """The links that an object speaks of: itself, the one below it, and those of its routes' next hops."""
    if one.type in NICS and one.vlan_id is None:
        yield one.name
    if one.device is not None:
        yield one.device
    for route in one.get("routes") or ():
        if route:
            options = route_options.parse(str(route.get("route_options") or ""))
            yield from (hop.link for hop in options.hops if hop.link is not None)


def _nic_of(word: str, aliases: Set[str]) -> str:
    """Of ``nic1.10``, a VLAN that somebody else makes, the NIC: its own name is not known before."""
    return base(word) if base(word) in aliases or NUMBERED.fullmatch(base(word)) else word

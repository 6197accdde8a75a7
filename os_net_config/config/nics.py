"""Names for NICs: ``nicN`` by counting, aliases by the mapping file."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from typing import Collection, Container, Dict, Iterator, List, Mapping, NamedTuple, Optional, Sequence, Tuple

from ..state.nic import Nic
from ..state.problem import Path, Problem, ProblemsError, Severity, first
from .document import Document, read
from .formats import mac_address
from .objects import Object, walk
from .schema import Report, acceptor

#: Permanent MAC addresses by ``nicN``.
Numbers = Mapping[str, bytes]

#: Kernel names of NICs on the mainboard: they are counted first.
_EMBEDDED = ("em", "eth", "eno")
NUMBERED = re.compile(r"nic[0-9]+")
_SECTION = "interface_mapping"


class Absent(NamedTuple):
    """A NIC that is not on the node: what the config calls it, and what was looked for under that name.

    ``identity`` is another name or a MAC address as text; empty: the name itself. ``hotplug``: the config
    says that it may come later.
    """

    word: str
    identity: str = ""
    hotplug: bool = False

    def __str__(self) -> str:
        return f"{self.word} ({self.identity})" if self.identity else self.word


@dataclass(frozen=True)
class Names:
    """``aliases`` to names on the node. A name without an alias stands for itself."""

    aliases: Mapping[str, str]
    #: The MAC addresses of ``nic1``, ``nic2``… as they are to be kept, whatever a mapping file says.
    numbers: Numbers = field(default_factory=dict)
    #: Those of them that no NIC on the node has.
    missing: Numbers = field(default_factory=dict)
    #: The NICs that a boot does without: they did not come. And those that may come later.
    absent: Sequence[Absent] = ()

    @property
    def lacking(self) -> Sequence[Absent]:
        """Those of them that should be here."""
        return [one for one in self.absent if not one.hotplug]

    def rename(self, name: str) -> str:
        return self.aliases.get(name, name)


#: For a check without a node: every name stands for itself.
UNRESOLVED = Names({})


def read_mapping(filename: str) -> Tuple[Document, Mapping[str, str]]:
    """The mapping file. Raises ProblemsError; unknown attributes are errors in it."""
    document = read(filename)
    report = Report(list(document.problems))
    accepted = acceptor("mapping.schema.json").accept(document.root or {}, report)
    problems = [one._replace(severity=Severity.ERROR) for one in report.problems]
    if report.rejected:
        from .explain import explain

        problems += explain(report.rejected)
    if problems:
        raise ProblemsError(first(problems), document)
    return document, accepted.get(_SECTION, {})


_NOT_COUNTED: Numbers = {}


def name_nics(
    nics: Sequence[Nic],
    mapping: Mapping[str, str],
    document: Optional[Document] = None,
    kept: Numbers = _NOT_COUNTED,
    persistent: Container[str] = (),
) -> Names:
    """The aliases of this node's NICs. ProblemsError: the mapping cannot be met.

    ``kept`` are the numbers that an earlier run gave. ``persistent`` aliases are to be names: whether they
    can be hangs on what gets another name as well.
    """
    aliases = _mapped(nics, mapping, document, persistent)
    numbers = count(nics, kept)
    found = by_number(nics, numbers)
    missing = {alias: mac for alias, mac in numbers.items() if alias not in found and alias not in aliases}
    used = set(aliases.values())
    counted = {alias: name for alias, name in found.items() if alias not in aliases and name not in used}
    return Names({**aliases, **counted}, numbers, missing)


def _mapped(
    nics: Sequence[Nic],
    mapping: Mapping[str, str],
    document: Optional[Document],
    persistent: Container[str],
) -> Dict[str, str]:
    """What the mapping file says. Raises ProblemsError."""
    aliases: Dict[str, str] = {}
    problems: List[Problem] = []
    for alias, value in mapping.items():
        path: Path = (_SECTION, alias)
        name = find(nics, value)
        if name is None:
            known = ", ".join(f"{nic.name} ({nic.mac.hex(':')})" for nic in nics if nic.available)
            problems.append(
                Problem(path, f"there is no NIC {value} on this node", f"there are {known or 'none'}")
            )
        elif name in aliases.values():
            problems.append(
                Problem(path, f"{name} has another alias in this file already", "map each NIC once")
            )
        elif alias not in persistent and _is_the_name_of_another(alias, name, nics):
            message = f"{alias} is the name of another NIC, which is in use"
            problems.append(Problem(path, message, "choose another alias"))
        else:
            aliases[alias] = name
    if problems:
        raise ProblemsError(first(problems), document)
    return aliases


def _is_the_name_of_another(alias: str, name: str, nics: Sequence[Nic]) -> bool:
    """Whether the alias of the NIC with this name is, without us, the name of another one in use."""
    return any(nic.own_name == alias and nic.active and nic.name != name for nic in nics)


def without_hotplug(
    names: Names, nics: Sequence[Nic], mapping: Mapping[str, str], words: Collection[str]
) -> Names:
    """``words`` are those of NICs that may come later."""
    there = {name for nic in nics for name in (nic.name, nic.own_name)}
    mapped = {word for word in words if word in mapping and find(nics, mapping[word]) is None}
    aliases = {alias: name for alias, name in names.aliases.items() if alias not in mapped}
    gone = [word for word in sorted(words) if word not in aliases and (word in mapped or word not in there)]
    if not gone:
        return names
    macs = {alias: mac.hex(":") for alias, mac in names.numbers.items()}
    absent = tuple(Absent(word, mapping.get(word, macs.get(word, "")), True) for word in gone)
    others = tuple(one for one in names.absent if one.word not in gone)
    missing = {alias: mac for alias, mac in names.missing.items() if alias not in gone}
    return replace(names, aliases=aliases, absent=(*others, *absent), missing=missing)


def find(nics: Sequence[Nic], value: str) -> Optional[str]:
    """By name any link, by MAC address only a NIC: other links borrow theirs.

    A NIC that has a name of ours is still found by its own.
    """
    try:
        mac = mac_address(value)
    except ValueError:
        by_name = {nic.name: nic.name for nic in nics}
        return {**by_name, **{nic.own: nic.name for nic in nics if nic.own}}.get(value)
    found = [nic.name for nic in nics if nic.mac == mac and not nic.borrowed]
    real = [nic.name for nic in nics if nic.mac == mac and nic.available]
    return next(iter(real or (found if len(found) == 1 else [])), None)


def count(nics: Sequence[Nic], kept: Numbers = _NOT_COUNTED) -> Numbers:
    """``kept`` and, after those, the other active NICs in their order; of nothing kept the first is nic1.

    A NIC that has an alias in the mapping file keeps its number free.
    """
    known = by_number(nics, kept).values()
    fresh = ordered([nic for nic in nics if nic.available and nic.active and nic.name not in known])
    first = max((int(alias[len("nic") :]) for alias in kept), default=0) + 1
    return {**kept, **{f"nic{number}": _identity(nic) for number, nic in enumerate(fresh, first)}}


#: Of the 20 bytes of an InfiniBand address only the last 8, the port's GUID, outlive the driver (RFC 4391).
_INFINIBAND, _GUID = 20, 8


def _identity(nic: Nic) -> bytes:
    return nic.mac[-_GUID:] if len(nic.mac) == _INFINIBAND else nic.mac


def are_of(numbers: Numbers, nics: Sequence[Nic]) -> bool:
    """Whether any of them is on this node: an image that was made on another one brings that one's."""
    return bool(by_number(nics, numbers))


def by_number(nics: Sequence[Nic], numbers: Numbers) -> Dict[str, str]:
    """The names of the NICs that are there. Of several with one MAC address each is meant once."""
    waiting: Dict[bytes, List[str]] = {}
    for nic in ordered([nic for nic in nics if nic.available]):
        waiting.setdefault(_identity(nic), []).append(nic.name)
    return {alias: waiting[mac].pop(0) for alias, mac in numbers.items() if waiting.get(mac)}


def counted_anew(nics: Sequence[Nic], names: Names) -> List[str]:
    """Where a new count would differ from the kept numbers, in words."""
    fresh, shown = count(nics), {_identity(nic): nic.name for nic in nics if nic.available}
    differing = [
        alias for alias in {**names.numbers, **fresh} if names.numbers.get(alias) != fresh.get(alias)
    ]

    def told(mac: Optional[bytes]) -> str:
        return "none" if mac is None else shown.get(mac, mac.hex(":"))

    return [f"{alias} {told(fresh.get(alias))}, not {told(names.numbers.get(alias))}" for alias in differing]


def missing_nics(objects: Sequence[Object], names: Names) -> Iterator[Problem]:
    """The objects that are, or stand on, a NIC that had a number and is gone."""
    for one in walk(objects):
        for attribute, text in (("name", one.name), ("device", one.device)):
            alias = (text or "").partition(".")[0]
            if alias in names.missing:
                mac = names.missing[alias].hex(":")
                message = f"NIC {mac}, which was {alias}, is not on this node"
                yield Problem((*one.path, attribute), message, "--renumber counts the NICs anew")
                break


def ordered(nics: Sequence[Nic]) -> List[Nic]:
    """Mainboard NICs first, and eth2 before eth10."""
    return sorted(nics, key=lambda nic: (not nic.own_name.startswith(_EMBEDDED), _natural(nic.own_name)))


def _natural(name: str) -> List[Tuple[int, int, str]]:
    parts = re.split(r"([0-9]+)", name)
    return [(0, int(part), "") if part.isdigit() else (1, 0, part) for part in parts if part]

"""By what name a run speaks of each NIC: its alias where that is to be its name, or the one that it has."""

from __future__ import annotations

from dataclasses import replace
from typing import Dict, Iterator, List, Mapping, NamedTuple, Optional, Sequence, Set

from ..config.formats import link_name
from ..config.nic_words import Words
from ..config.nics import Names
from ..state import link, renaming
from ..state.model import LinkKey, NicNameKey, Resource, State
from ..state.nic import Nic
from ..state.problem import Problem
from ..state.record import Record
from ..state.renaming import Renames
from ..state.values import Value

#: The longest name of a link in bytes (linux/if.h, IFNAMSIZ).
_LONGEST = 15
#: Of directories beside those of links.
_TAKEN = frozenset({"all", "default", link.LOOPBACK})
#: Of a file that udevd matches by MAC address.
_ETHERNET = 6


class Known(NamedTuple):
    """What earlier runs left: the ``record``, and the names that NICs have without us by those of now."""

    record: Record
    own: Mapping[str, str]
    #: By what name the record knows this config.
    claimant: str


class Calling(NamedTuple):
    """A node as a run speaks of it. ``persistent`` are the names that are to last."""

    names: Names
    nics: Sequence[Nic]
    live: State
    called: renaming.Called
    persistent: Sequence[Resource]
    problems: Sequence[Problem]


def calling(names: Names, nics: Sequence[Nic], live: State, words: Words, known: Known) -> Calling:
    """``names`` are those of now. Pure."""
    aliases = ((names.aliases[alias], alias) for alias in sorted(words.persistent & names.aliases.keys()))
    given = {now: alias for now, alias in aliases if live.link(now) is not None}
    left = {now: own for now, own in known.own.items() if now not in given}
    # Not a set: what is told and done is in one order in every run.
    kept = [now for now in left if _is_asked_for(now, names, words)]
    lasting = {**given, **{now: now for now in kept}}
    stay = {*kept, *(now for now in left if _is_of_another(now, known))}
    targets = {**given, **_back(left, stay, given, live)}
    targets.update(renaming.dotted(live, targets))
    problems = list(_problems(lasting, targets, live))
    indexes = {live.values(now).get("index"): then for now, then in targets.items()}
    called = {index: then for index, then in indexes.items() if isinstance(index, int)}
    return Calling(
        _names(names, targets, known),
        [nic._replace(name=targets.get(nic.name, nic.name)) for nic in nics],
        renaming.labelled(live, called) if not problems else live,
        called,
        [*_lasting(lasting, nics, known), *_of_the_absent(names, lasting, words, live)],
        problems,
    )


def _back(left: Renames, stay: Set[str], given: Renames, live: State) -> Dict[str, str]:
    """Those whose own names are free go back to them, the others keep those that they have.

    One that keeps its name may keep another from going back, and so on.
    """
    taken = set(given.values())
    while True:
        moving = {*left, *given} - stay
        held = {
            now
            for now, own in left.items()
            if own in taken or (live.link(own) is not None and own not in moving)
        }
        if held <= stay:
            return {now: now if now in stay else own for now, own in left.items()}
        stay = stay | held


def _is_asked_for(now: str, names: Names, words: Words) -> bool:
    """Whether the file speaks of a NIC by this name, and no mapping says otherwise."""
    return now in words.all and now not in names.aliases


def _is_of_another(now: str, known: Known) -> bool:
    """Whether another config has given it this name."""
    link_entry, file_entry = known.record.get(LinkKey(now)), known.record.get(NicNameKey(now))
    claims: Set[str] = set(file_entry.claims) if file_entry is not None else set()
    if link_entry is not None:
        claims |= {path for path, said in link_entry.claims.items() if renaming.NAME in said}
    return bool(claims - {known.claimant})


def _names(names: Names, targets: Mapping[str, str], known: Known) -> Names:
    """A file may also speak of a NIC by the name that it has without us."""
    aliases = {alias: targets.get(now, now) for alias, now in names.aliases.items()}
    taken = set(targets.values())
    for now, then in targets.items():
        own = known.own.get(now, now)
        if own not in aliases and own not in taken:
            aliases[own] = then
    return replace(names, aliases=aliases)


def _lasting(lasting: Mapping[str, str], nics: Sequence[Nic], known: Known) -> Iterator[Resource]:
    """With what tells a NIC at boot; others are renamed by the boot unit alone."""
    by_name = {nic.name: nic for nic in nics}
    for now, then in lasting.items():
        nic = by_name.get(now)
        values: Dict[str, Value] = {}
        if nic is not None and nic.available and len(nic.mac) == _ETHERNET:
            values = {"mac": nic.mac, "own": known.own.get(now, now)}
        yield Resource(NicNameKey(then), values)


def _of_the_absent(names: Names, lasting: Mapping[str, str], words: Words, live: State) -> Iterator[Resource]:
    """The names of NICs that are not here: they have them again when they come."""
    absent = ({one.word for one in names.absent} & words.persistent) - set(lasting.values())
    return (one for one in live if isinstance(one.key, NicNameKey) and one.key.name in absent)


def _problems(lasting: Mapping[str, str], targets: Mapping[str, str], live: State) -> Iterator[Problem]:
    holders = _holders(targets, live)
    for now, then in lasting.items():
        place, why = ("interface_mapping", then), _unfit(then)
        other = next((one for one in holders.get(then, ()) if one != now), None)
        if why is not None:
            yield Problem(place, f"{then} cannot be the name of {now}: {why}", _OTHER)
        elif other is not None:
            yield Problem(place, _held_by(other, now, then), f"rename or remove that one, or {_OTHER}")


def _held_by(other: str, now: str, then: str) -> str:
    """That the other one has this name, is to have it, or has it beside its own."""
    if other == then:
        return f"{now} cannot be renamed: another link is called {then}"
    return f"{now} cannot be renamed to {then}: that is the name of {other}"


_OTHER = "choose another alias"


def _holders(targets: Mapping[str, str], live: State) -> Mapping[str, List[str]]:
    """The links of each name then, alternative ones included."""
    found: Dict[str, List[str]] = {}
    for name, one in live.links():
        more = one.values.get("alternatives")
        more = more if isinstance(more, tuple) else ()
        others = [each.rstrip(b"\0").decode() for each in more if isinstance(each, bytes)]
        for each in (targets.get(name, name), *others):
            found.setdefault(each, []).append(name)
    return found


def _unfit(name: str) -> Optional[str]:
    try:
        link_name(name)
    except ValueError as error:
        return str(error)
    if name in _TAKEN or "%" in name or ":" in name:
        return "the kernel does not take it"
    if len(name.encode()) > _LONGEST:
        return f"it has more than {_LONGEST} characters"
    return None

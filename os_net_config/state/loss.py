"""What others made and a plan takes along for good. Pure."""

from __future__ import annotations

from typing import AbstractSet, Dict, Iterable, Iterator, List, Mapping, NamedTuple, Sequence, Tuple

from . import route, row, vlan
from .context import Context
from .fall import comes_by_itself, links_of, taken_from_elsewhere
from .model import AddressKey, LinkKey, Resource, RouteKey, State
from .plan import Plan
from .problem import Path, Problem, Severity, listed
from .values import Values


class Child(NamedTuple):
    """A link in another network namespace that stands on ``below``, one of this."""

    name: str
    kind: str
    below: str
    up: bool = True


class Attached(NamedTuple):
    """What hangs on links and no dump of links tells; ``things`` are pairs of a link and what is on it."""

    children: Sequence[Child] = ()
    things: Sequence[Tuple[str, str]] = ()


_NUL = b"\0"
NOTHING_ATTACHED = Attached()


class Aside(NamedTuple):
    """What has to be known beside a plan. ``meant`` are links whose removal was asked for, whoever made them.

    ``known`` are links that a config of ours made ports.
    """

    attached: Attached = NOTHING_ATTACHED
    meant: AbstractSet[str] = frozenset()
    known: AbstractSet[str] = frozenset()


_NOTHING_ASIDE = Aside()


def losses(plan: Plan, wanted: State, live: State, aside: Aside = _NOTHING_ASIDE) -> Iterator[Problem]:
    """A problem for each link that takes something of others along.

    An error, unless the config itself makes a port of the link: a port has no addresses and routes.
    Nor if its removal is meant, with what is on it; that is no leave to reach into other namespaces.
    """
    around = Context(wanted, live, {change.key: change for change in plan.changes}, plan.fall)
    for on, things in _by_link(_lost_here(around, aside)).items():
        yield _meant(on, things, around) if on in aside.meant else _problem(on, things, around)
    for on, things in _by_link(_lost_elsewhere(aside.attached.children, plan)).items():
        yield _problem(on, things, around)
    yield from _lost_of_rows(plan, live)
    yield from _interfaces_elsewhere(plan, live)


def _lost_of_rows(plan: Plan, live: State) -> Iterator[Problem]:
    """What rows that are made anew refer to: it is not known well enough to be made again."""
    for step in plan.steps:
        have = live.get(step.key) if step.transient and step.after is None else None
        refers = have.values.get(row.REFERS) if have is not None else None
        if isinstance(refers, tuple):
            things = listed(list(map(str, refers)), _MOST)
            message = f"{step.key} has to be made anew, and loses its {things}"
            yield Problem(step.origin, message, "clear that first, or lose it with --allow-loss")


def _by_link(lost: Iterable[Tuple[str, str]]) -> Mapping[str, List[str]]:
    found: Dict[str, List[str]] = {}
    for on, what in lost:
        found.setdefault(on, []).append(what)
    return found


def _lost_here(around: Context, aside: Aside) -> Iterator[Tuple[str, str]]:
    """The link with which it goes, and what it is."""
    for resource in around.live:
        if resource.key not in around.changes and resource.key not in around.wanted.resources:
            yield from _lost(resource, around, aside.known)
    # A link that leaves the config is meant to go, with all that is a part of it.
    remade = [name for name in sorted(around.fall.remade) if not _is_asked_for(name, around)]
    for name in remade:
        yield from ((name, what) for what in _attached_to(around.have(name)))
    yield from ((on, what) for on, what in aside.attached.things if on in remade)


def _is_asked_for(name: str, around: Context) -> bool:
    """Whether it is made anew as what it is, because somebody wants just that (state/removal.py)."""
    change = around.changes.get(LinkKey(name))
    kind = (change.after or {}).get("kind") if change is not None else None
    return kind is not None and kind == around.have(name).get("kind")


def _lost_elsewhere(children: Iterable[Child], plan: Plan) -> Iterator[Tuple[str, str]]:
    """Nobody here can make it again; a VLAN comes back up by itself, but its routes do not."""
    for child in children:
        what = f"{child.name} ({child.kind}) in another network namespace"
        if child.below in plan.fall.gone:
            yield child.below, f"the link {what}"
        elif child.below in plan.fall.downed and child.up and child.kind == vlan.KIND:
            yield child.below, f"the routes of {what}"


def _interfaces_elsewhere(plan: Plan, live: State) -> Iterator[Problem]:
    """Links of Open vSwitch that containers or routers have: they end, or come back here with nothing."""
    found: Dict[Tuple[Path, str], List[str]] = {}
    for change in plan.changes:
        what = "removed" if change.after is None else "made anew"
        found.setdefault((change.origin, what), []).extend(taken_from_elsewhere(change, live))
    for (origin, what), names in found.items():
        if names:
            message = (
                f"links of Open vSwitch in other network namespaces are to be {what}, "
                f"with all that they have there: {listed(sorted(names), _MOST)}"
            )
            yield Problem(origin, message, _HINT)


def at_stake(plan: Plan) -> AbstractSet[str]:
    """The links of which it matters what hangs on them."""
    return plan.fall.gone | plan.fall.downed


def _meant(on: str, things: List[str], around: Context) -> Problem:
    message = f"{on} is cleaned up, and with it go {listed(list(dict.fromkeys(things)), _MOST)}"
    return Problem(_origin(on, around), message, severity=Severity.WARNING)


def _problem(on: str, things: List[str], around: Context) -> Problem:
    along = listed(list(dict.fromkeys(things)), _MOST)
    if on in around.new_aggregated:
        master = around.then(on, "master")
        message = f"{on} goes down to become a port of {master!s}, and loses {along}"
        hint = f"what is needed has to be in the config, on {master!s}"
        return Problem(_origin(on, around), message, hint, Severity.WARNING)
    message = f"{on} {_what_happens(on, around)}, and takes along what cannot be brought back: {along}"
    return Problem(_origin(on, around), message, _HINT)


def _what_happens(on: str, around: Context) -> str:
    if on in around.fall.remade:
        return "has to be made anew"
    if on in around.fall.downed:
        return "has to go down"
    if on in around.fall.removed:
        asked = around.changes[LinkKey(on)].origin
        return "is to be removed" if asked else "is no longer in the config and goes"
    return "goes with the link below it"


_HINT = "move that away first, or lose it with --allow-loss"
#: Names in one message.
_MOST = 12


def _origin(on: str, around: Context) -> Path:
    resource = around.wanted.link(on)
    change = around.changes.get(LinkKey(on))
    return resource.origin if resource is not None else change.origin if change is not None else ()


def _lost(resource: Resource, around: Context, known: AbstractSet[str]) -> Iterator[Tuple[str, str]]:
    """The link with which it goes, and what it is."""
    key, fall = resource.key, around.fall
    if isinstance(key, LinkKey):
        holder = resource.values.get("master")
        if key.name in fall.lost:
            yield str(resource.values.get("link")), f"the link {key} ({resource.values.get('kind')!s})"
        elif _lets_go(str(holder), around) and key.name not in fall.gone and key.name not in known:
            yield str(holder), f"the port {key}"
    elif fall.takes(resource) and not _is_ours_or_self_made(resource):
        if isinstance(key, AddressKey) and around.is_lost_with(key.link, key):
            yield key.link, str(key.prefix)
        elif isinstance(key, RouteKey):
            for on in links_of(resource):
                if isinstance(on, str) and around.is_lost_with(on, key):
                    yield on, "the default route" if key.destination.length == 0 else f"the route {key}"


def _lets_go(holder: str, around: Context) -> bool:
    """Whether its ports stay free: it goes, or becomes one of Open vSwitch, of which rows are the ports."""
    if holder in around.fall.removed:
        return True
    becomes = around.becomes_internal(holder) and not around.live.is_internal(holder)
    return becomes and holder in around.fall.remade


def _is_ours_or_self_made(resource: Resource) -> bool:
    return resource.values.get("protocol") == route.PROTOCOL or comes_by_itself(resource)


def _attached_to(values: Values) -> Iterator[str]:
    """What hangs on the link itself, and cannot be read so that it could be made again."""
    names = values.get("alternatives")
    if isinstance(names, tuple):
        for one in names:
            if isinstance(one, bytes):
                yield f"its other name {one.rstrip(_NUL).decode(errors='surrogateescape')}"
    if values.get("xdp"):
        yield "its XDP program"

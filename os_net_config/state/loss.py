"""What others made and a plan takes along for good. Pure."""

from __future__ import annotations

from typing import Dict, Iterator, List, Tuple

from . import link, route
from .context import Context
from .fall import SELF_MADE_ADDRESSES, SELF_MADE_ROUTES, links_of
from .model import AddressKey, LinkKey, Resource, RouteKey, State
from .plan import Plan
from .problem import Path, Problem, Severity, listed
from .values import Values

#: Queueing disciplines that a link has if nobody says anything (net/sched/sch_generic.c).
_USUAL_QDISCS = frozenset({"", "noqueue", "noop", "pfifo_fast", "fq_codel", "mq"})


def losses(plan: Plan, wanted: State, live: State) -> Iterator[Problem]:
    """A problem for each link that takes something of others along.

    An error, unless the config itself makes a port of the link: a port has no addresses and routes.
    """
    around = Context(wanted, live, {change.key: change for change in plan.changes}, plan.fall)
    gone: Dict[str, List[str]] = {}
    for resource in live:
        if resource.key in around.changes or resource.key in wanted.resources:
            continue
        for on, what in _lost(resource, around):
            gone.setdefault(on, []).append(what)
    # One that leaves the config is meant to go, and these with it.
    for name in sorted(plan.fall.remade):
        for what in _attached_to(around.have(name)):
            gone.setdefault(name, []).append(what)
    for on, things in gone.items():
        yield _problem(on, things, around)


def _problem(on: str, things: List[str], around: Context) -> Problem:
    along = listed(list(dict.fromkeys(things)), _MOST)
    if on in around.new_bond_ports:
        master = around.then(on, "master")
        message = f"{on} goes down to become a port of {master!s}, and loses {along}"
        hint = f"what is needed has to be in the config, on {master!s}"
        return Problem(_origin(on, around), message, hint, Severity.WARNING)
    message = f"{on} {_what_happens(on, around)}, and takes along what cannot be brought back: {along}"
    return Problem(_origin(on, around), message, "move that away first, or lose it with --allow-loss")


def _what_happens(on: str, around: Context) -> str:
    if on in around.fall.remade:
        return "has to be made anew"
    if on in around.fall.downed:
        return "has to go down"
    if on in around.fall.removed:
        return "is no longer in the config and goes"
    return "goes with the link below it"


#: Names in one message.
_MOST = 12


def _origin(on: str, around: Context) -> Path:
    resource = around.wanted.link(on)
    change = around.changes.get(LinkKey(on))
    return resource.origin if resource is not None else change.origin if change is not None else ()


def _lost(resource: Resource, around: Context) -> Iterator[Tuple[str, str]]:
    """The link with which it goes, and what it is."""
    key, fall = resource.key, around.fall
    if isinstance(key, LinkKey):
        holder = resource.values.get("master")
        if key.name in fall.lost:
            yield str(resource.values.get("link")), f"the link {key} ({resource.values.get('kind')!s})"
        elif holder in fall.removed and key.name not in fall.gone:
            yield str(holder), f"the port {key}"
    elif fall.takes(resource) and not _is_ours_or_self_made(resource):
        if isinstance(key, AddressKey) and around.is_lost_with(key.link):
            yield key.link, str(key.prefix)
        elif isinstance(key, RouteKey):
            for on in links_of(resource):
                if isinstance(on, str) and around.is_lost_with(on):
                    yield on, "the default route" if key.destination.length == 0 else f"the route {key}"


def _is_ours_or_self_made(resource: Resource) -> bool:
    protocol = resource.values.get("protocol")
    made = SELF_MADE_ADDRESSES if isinstance(resource.key, AddressKey) else SELF_MADE_ROUTES
    return protocol == route.PROTOCOL or protocol in made


def _attached_to(values: Values) -> Iterator[str]:
    """What hangs on the link itself, and cannot be read so that it could be made again."""
    if values.get("xdp"):
        yield "its XDP program"
    qdisc = values.get("qdisc", "")
    if qdisc not in _USUAL_QDISCS and values.get("kind") != link.PLAIN:
        yield f"its queueing discipline {qdisc!s}"

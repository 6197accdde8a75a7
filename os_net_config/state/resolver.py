"""Where the node has the name servers that a config names, and what is wrong with them. Pure."""

from __future__ import annotations

from typing import AbstractSet, Dict, Iterator, Sequence, Tuple

from . import dns
from .link import LOOPBACK
from .model import RESOLVER, AddressKey, DnsKey, Key, ResolverKey, Resource, State
from .problem import Path, Problem, Severity, listed
from .release import Settled

FILE_KEY = ResolverKey(dns.FILE)


def place(live: State) -> str:
    """The one of the node's resolver; empty where nobody asked for it."""
    node = live.get(RESOLVER)
    return str(node.values[dns.PLACE]) if node is not None else ""


def placed(wanted: State, live: State) -> State:
    """With what is said of links as one list, where the node's resolver knows no links."""
    said = _of_links(wanted)
    where = place(live)
    if not said or where in {"", dns.RESOLVED}:
        return wanted
    rest: Dict[Key, Resource] = {key: one for key, one in wanted.resources.items() if key not in said}
    key = ResolverKey(where)
    values = {name: tuple(dict.fromkeys(_every(said, name))) for name in dns.ATTRIBUTES}
    if not _is_found(values, live) or live.get(key) is not None:
        rest[key] = Resource(key, values, next(iter(said.values())).origin)
    return State(rest)


def _of_links(wanted: State) -> Dict[DnsKey, Resource]:
    return {one.key: one for one in wanted if isinstance(one.key, DnsKey)}


def _every(said: Dict[DnsKey, Resource], name: str) -> Iterator[str]:
    """In the order of the config."""
    return (text for one in said.values() for text in dns.words(one.values.get(name)))


def _is_found(values: Dict[str, Tuple[str, ...]], live: State) -> bool:
    """Whether somebody else's file says it already."""
    node = live.resources[RESOLVER].values
    return all(value in {(), node.get(dns.found(name))} for name, value in values.items())


# What is wrong


def problems(wanted: State, settled: Settled, live: State) -> Iterator[Problem]:
    """``wanted`` is what the config itself wants, in its place."""
    if place(live) == dns.RESOLVED:
        yield from _not_for_resolved(wanted)
    node = live.get(RESOLVER)
    refused = node.values.get(dns.REFUSED) if node is not None else None
    if refused is None:
        return
    ours, have = wanted.get(FILE_KEY), live.get(FILE_KEY)
    differs = ours is not None and (have is None or have.values != ours.values)
    if differs or FILE_KEY in settled.removals:
        origin = ours.origin if ours is not None else ()
        yield Problem(origin, f"{dns.PATH} cannot be written: {refused!s}", "make it writable")


def _not_for_resolved(wanted: State) -> Iterator[Problem]:
    for one in _of_links(wanted).values():
        if one.key == DnsKey(LOOPBACK):
            message = f"systemd-resolved has no name servers of {LOOPBACK}"
            yield Problem(one.origin, message, "name them on a link that has an address")
        if "." in dns.words(one.values.get("domains")):
            yield Problem(one.origin, "systemd-resolved takes no search domain '.'", "remove it")


def told(wanted: State, live: State, leased: AbstractSet[str]) -> Iterator[Problem]:
    """Warnings. ``leased``: links that get addresses from DHCP."""
    if place(live) == dns.RESOLVED:
        yield from _without_address(wanted, live, leased)
        return
    for one in wanted:
        if isinstance(one.key, ResolverKey):
            yield from _too_many(one)


def _without_address(wanted: State, live: State, leased: AbstractSet[str]) -> Iterator[Problem]:
    addressed = {one.key.link for state in (wanted, live) for one in state if isinstance(one.key, AddressKey)}
    for key, one in _of_links(wanted).items():
        if one.values.get("servers") and key.link not in addressed | leased and key.link != LOOPBACK:
            message = f"systemd-resolved asks those of {key.link} only once that link has an address"
            hint = "name them on a link that has one"
            yield Problem(one.origin, message, hint, Severity.WARNING)


def _too_many(one: Resource) -> Iterator[Problem]:
    servers, domains = (dns.words(one.values.get(name)) for name in ("servers", "domains"))
    if len(servers) > dns.MOST_SERVERS:
        unused, asked = _and(servers[dns.MOST_SERVERS :]), _names(servers[: dns.MOST_SERVERS])
        message = f"{unused} not used: the resolver asks {dns.MOST_SERVERS} name servers, {asked}"
        yield _warning(one.origin, message, dns.MOST_SERVERS)
    if len(domains) > dns.MOST_DOMAINS:
        unused, tried = _and(domains[dns.MOST_DOMAINS :]), _names(domains[: dns.MOST_DOMAINS])
        message = f"{unused} not used before glibc 2.26, which tries {dns.MOST_DOMAINS} domains, {tried}"
        yield _warning(one.origin, message, dns.MOST_DOMAINS)


def _warning(origin: Path, message: str, most: int) -> Problem:
    return Problem(origin, message, f"name {most} at most, the preferred one first", Severity.WARNING)


def _and(names: Sequence[str]) -> str:
    return f"{_names(names)} {'is' if len(names) == 1 else 'are'}"


def _names(names: Sequence[str]) -> str:
    return listed(names, _MOST)


_MOST = 8

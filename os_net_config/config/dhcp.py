"""DHCP clients: what is wrong with what a config says of them, and what it wants."""

from __future__ import annotations

from typing import Dict, Iterator, Mapping, Sequence

from ..state.link import LOOPBACK
from ..state.model import Key, LinkKey, ProcessKey, Resource, State
from ..state.problem import Problem, Severity
from ..state.process import ARGUMENTS, DHCP, PROGRAM
from ..state.programs import TAKES_ARGUMENTS
from ..state.values import Value
from . import dhclient_args as arguments
from .kinds import dpdk, ovs
from .objects import Object, is_port, walk

FAMILIES = {"use_dhcp": "ipv4", "use_dhcpv6": "ipv6"}


def check(one: Object) -> Iterator[Problem]:
    """What is said of DHCP and has no effect. Other programs write it wherever they write an object."""
    if not any(one.get(name) for name in FAMILIES):
        return
    if not _has_addresses(one):
        where = f"a port of {one.parent.name}" if one.parent is not None else "no link with addresses of DHCP"
        for name in _without_effect(one):
            message = f"{name} has no effect: {one.name} is {where}"
            yield Problem((*one.path, name), message, "remove it", Severity.WARNING)
    elif one.get("dhclient_args"):
        yield from arguments.check(str(one.get("dhclient_args")), (*one.path, "dhclient_args"))


def _without_effect(one: Object) -> Iterator[str]:
    """Without what ovs_checks says."""
    if one.type not in ovs.LINKLESS and not dpdk.is_driven(one):
        yield from (name for name in FAMILIES if one.get(name))
    if one.get("dhclient_args"):
        yield "dhclient_args"
    if not one.get("defroute", True):
        yield "defroute"


def asks(one: Object) -> bool:
    """Whether a server is asked for any of its addresses."""
    return any(one.get(name) for name in FAMILIES) and _has_addresses(one)


def _has_addresses(one: Object) -> bool:
    """Not a port, whose addresses are those of its bond or bridge."""
    if one.name == LOOPBACK or one.type in ovs.LINKLESS:
        return False
    return not is_port(one) or ovs.is_internal(one)


def unused(objects: Sequence[Object], wanted: State) -> Iterator[Problem]:
    """What is said to a program that is not the client."""
    for one in walk(objects):
        have = wanted.get(ProcessKey(DHCP, one.name)) if asks(one) else None
        program = have.values.get(PROGRAM.name) if have is not None else None
        if one.get("dhclient_args") and program not in (None, TAKES_ARGUMENTS):
            message = f"not used: the client is {program!s}, which takes no arguments of dhclient's"
            yield Problem((*one.path, "dhclient_args"), message, "remove it", Severity.WARNING)


def resources(section: Sequence[Object], links: Mapping[Key, Resource]) -> Iterator[Resource]:
    """The clients of what has a link."""
    # Name servers of the file are the whole choice.
    takes_dns = not any(one.get("dns_servers") for one in section)
    for one in section:
        if asks(one) and LinkKey(one.name) in links:
            yield _client(one, takes_dns)


def _client(one: Object, takes_dns: bool) -> Resource:
    values: Dict[str, Value] = {family: int(bool(one.get(name))) for name, family in FAMILIES.items()}
    # As the link's own are: see state/clients.py.
    values["private"] = 0
    values["defroute"] = int(one.get("defroute", True))
    values["dns"] = int(takes_dns and one.get("dns_servers") is None)
    values[ARGUMENTS] = arguments.joined(one.get("dhclient_args") or "") or None
    origin = next((*one.path, name) for name in FAMILIES if one.get(name))
    return Resource(ProcessKey(DHCP, one.name), {**values, "running": 1}, origin)

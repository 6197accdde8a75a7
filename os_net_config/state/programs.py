"""What a node has to run the processes of links with, and what keeps them from running. Pure."""

from __future__ import annotations

from types import MappingProxyType
from typing import Iterator, Mapping, NamedTuple, Sequence, Tuple

from . import process
from .model import ProcessKey, Resource, State
from .problem import Path, Problem


class Programs(NamedTuple):
    """What this node has, the best first.

    ``no_unit``: by program the unit that systemd would start it by, and does not know. ``takes_dns``: whether
    name servers of several sources come together here.
    """

    installed: Tuple[str, ...] = ()
    no_unit: Mapping[str, str] = MappingProxyType({})
    takes_dns: bool = True

    def of(self, service: str) -> Sequence[str]:
        """Those that do for a service."""
        return [one for one in self.installed if one in _SERVICES[service].programs]


NO_PROGRAMS = Programs()

#: Of the DHCP clients that which is told arguments, and that which asks for IPv6 addresses.
TAKES_ARGUMENTS, TAKES_IPV6 = "dhclient", "dhcpcd"


class _Service(NamedTuple):
    """What it is called, with its article, and where its programs come from."""

    programs: Tuple[str, ...]
    article: str
    name: str
    packages: str


_SERVICES: Mapping[str, _Service] = {
    process.DHCP: _Service(
        ("dhcpcd", "dhclient"), "a", "DHCP client", "dhcpcd-base on Debian, dhcpcd on Fedora and Red Hat"
    ),
    process.TEAM: _Service(
        ("teamd",), "the", "team daemon", "libteam-utils on Debian, teamd on Fedora and Red Hat"
    ),
}


def unrunnable(wanted: State, live: State, programs: Programs) -> Iterator[Problem]:
    """Why processes that are wanted could not run."""
    for key, resource in wanted.resources.items():
        if isinstance(key, ProcessKey):
            yield from _lacking(key, resource, programs)
            yield from _of_others(key, resource.origin, live)


def _lacking(key: ProcessKey, one: Resource, programs: Programs) -> Iterator[Problem]:
    service, origin = _SERVICES[key.service], one.origin
    best, program = service.programs[0], str(one.values.get(process.PROGRAM.name))
    install = f"install {best}: the package is {service.packages}"
    if not programs.of(key.service):
        needed, there = f"{service.article} {service.name}", " and no ".join(service.programs)
        yield Problem(origin, f"{key.link} needs {needed}, and there is no {there} on this node", install)
    elif one.values.get("ipv6") and program != TAKES_IPV6:
        message = f"{key.link} needs {TAKES_IPV6} for IPv6: {program}, which this node has, serves IPv4 alone"
        yield Problem(origin, message, install)
    elif program in programs.no_unit:
        unit = programs.no_unit[program]
        message = f"systemd has no unit {unit}, which runs the {service.name} of {key.link}"
        hint = "copy it from the directory systemd/ of os-net-config to /etc/systemd/system"
        yield Problem(origin, message, hint)


def _of_others(ours: ProcessKey, origin: Path, live: State) -> Iterator[Problem]:
    """Two of one link would fight for it."""
    service = _SERVICES[ours.service]
    for key in (ours, ours._replace(link=process.EVERY_LINK)):
        have = live.get(key)
        owner = have.values.get(process.OWNER) if have is not None else None
        if owner is not None:
            where = "all links" if key.link == process.EVERY_LINK else key.link
            message = f"{owner!s} is {service.article} {service.name} of {where} already, and not ours"
            yield Problem(origin, message, "stop it, and what starts it at boot")

"""Teams: what is wrong with what a config says of them, and the teamd that each one has."""

from __future__ import annotations

from typing import Iterator, Sequence

from ..state import process, team
from ..state.model import ProcessKey, Resource
from ..state.problem import Problem, Severity
from .kinds.common import Surroundings, primary_member
from .kinds.team import options, told
from .objects import Object, is_port

TYPE = "team"


def check(one: Object) -> Iterator[Problem]:
    if one.type != TYPE:
        return
    path, said = (*one.path, "bonding_options"), options(one)
    if said.get("device", one.name) != one.name:
        message = f"device {said['device']} is not used: the team is {one.name}"
        yield Problem(path, message, "remove it", Severity.WARNING)
    ports = {name for port in one.members if is_port(port) for name in (port.name, port.get("name"))}
    for name in said.get("ports", {}):
        if name not in ports:
            yield Problem(path, f"{name} is no member of {one.name}", "add it to members, or take it out")
    if primary_member(one) is not None and "hwaddr" in said:
        yield Problem(path, "hwaddr and a primary member both say the MAC address", "keep one of them")


def resources(everything: Sequence[Object], around: Surroundings) -> Iterator[Resource]:
    for one in everything:
        if one.type == TYPE:
            values = {process.PROGRAM.name: "teamd", **team.apart(told(one, around)), "running": 1}
            path = (*one.path, "bonding_options") if one.get("bonding_options") else one.path
            yield Resource(ProcessKey(process.TEAM, one.name), values, path)

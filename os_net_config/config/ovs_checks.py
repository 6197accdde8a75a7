"""What is wrong with objects of Open vSwitch, or with what is said of their rows."""

from __future__ import annotations

from typing import Callable, Iterator, Tuple

from ..state import row
from ..state.problem import Problem, Severity
from .kinds import ovs
from .objects import Object
from .ovs_extra import commands


def check(one: Object) -> Iterator[Problem]:
    for rule in _RULES:
        yield from rule(one)


def _without_bridge(one: Object) -> Iterator[Problem]:
    inside = one.parent.type if one.parent is not None else None
    if one.type in {"ovs_bond", "ovs_tunnel"} and inside not in ovs.BRIDGES:
        yield Problem(one.path, f"{one} is in no bridge", "make it a member of an ovs_bridge")
    bridge = one.get("bridge_name")
    if one.type == "ovs_patch_port" and one.parent is not None and one.parent.name != bridge:
        message = f"bridge_name is {bridge}, and {one} is a member of {one.parent}"
        yield Problem((*one.path, "bridge_name"), message, f"say {one.parent.name}, or take it out of there")


def _without_link(one: Object) -> Iterator[Problem]:
    """The kernel has nothing of its name that could carry an address."""
    if one.type not in ovs.LINKLESS:
        return
    for name in ("addresses", "routes", "rules"):
        if one.get(name):
            message = f"{one} has no link of its own for {name}"
            yield Problem((*one.path, name), message, "give them to the bridge, or to a vlan in it")
    idle = ("use_dhcp", "use_dhcpv6", *(() if one.type == "ovs_bond" else ("mtu",)))
    for name in idle:
        if one.get(name):
            message = f"{name} has no effect: {one} has no link of its own"
            yield Problem((*one.path, name), message, "remove it", Severity.WARNING)


def _not_open_vswitch(one: Object) -> Iterator[Problem]:
    if ovs.has_rows(one) or one.type in _LATER:
        return
    for name in ("ovs_extra", "ovs_options"):
        if one.get(name):
            message = f"{name} has no effect: {one} is not in Open vSwitch"
            yield Problem((*one.path, name), message, "remove it", Severity.WARNING)


#: Of Open vSwitch as well, and not yet made by us.
_LATER = frozenset({"ovs_dpdk_bond", "ovs_dpdk_port", "sriov_pf", "sriov_vf", "team"})


def _columns(one: Object) -> Iterator[Problem]:
    if not isinstance(one.get("ovs_options"), str) or not one.get("ovs_options").strip():
        return
    from .vsctl import CommandError

    try:
        ovs.columns(one, row.BRIDGE if one.type in ovs.BRIDGES else row.PORT)
    except CommandError as error:
        yield Problem((*one.path, "ovs_options"), str(error))


def _commands(one: Object) -> Iterator[Problem]:
    if not any(commands(one)) or not (ovs.has_rows(one) or one.type in _LATER):
        return
    from .vsctl import PRESENCE, CommandError, read

    path = (*one.path, "ovs_extra")
    try:
        said = read(commands(one), one.name)
    except CommandError as error:
        yield Problem((*path, error.number), str(error))
        return
    for gone in (says.key for says in said if says.attribute == PRESENCE and not says.value):
        yield Problem(
            path, f"{gone} is to go, which no config says of what stays", "name it in remove_config"
        )


_RULES: Tuple[Callable[[Object], Iterator[Problem]], ...] = (
    _without_bridge,
    _without_link,
    _not_open_vswitch,
    _columns,
    _commands,
)

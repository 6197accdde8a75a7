"""Options of Linux bridges and of their ports: what an object says, and what does not go together."""

from __future__ import annotations

from typing import Iterator, Mapping

from ..state import bridge, bridge_port
from ..state.attributes import AttributeTable
from ..state.problem import Problem, Severity
from . import formats
from .objects import Object, is_port

#: Without these the kernel takes an option and makes no use of it.
_NEEDED: Mapping[str, str] = {
    "default_pvid": "vlan_filtering",
    "hello_time": "stp_state",
    "max_age": "stp_state",
    "mst_enabled": "stp_state",
    "priority": "stp_state",
    "vlan_protocol": "vlan_filtering",
    "vlan_stats_enabled": "vlan_filtering",
    "vlan_stats_per_port": "vlan_filtering",
}
_NEEDED_BY_PORTS: Mapping[str, str] = {
    "bpdu_guard": "stp_state",
    "path_cost": "stp_state",
    "port_priority": "stp_state",
    "root_block": "stp_state",
    "vlan_tunnel": "vlan_filtering",
}


def options(one: Object) -> formats.Options:
    """A bridge's options by their own names."""
    return formats.bridge_options(one.get("bridge_options") or "")


def port_options(one: Object) -> formats.Options:
    """The options that a link has as a port of a bridge."""
    return formats.bridge_port_options(one.get("bridge_port_options") or "")


def check(one: Object) -> Iterator[Problem]:
    if one.get("bridge_options"):
        yield from _bridge(one)
    if one.get("bridge_port_options"):
        yield from _port(one)


def _bridge(one: Object) -> Iterator[Problem]:
    said, path = options(one), (*one.path, "bridge_options")
    delay, least, most = said.get("forward_delay"), *_ends(bridge.STP_FORWARD_DELAYS)
    if said.get("stp_state") and delay is not None and delay not in bridge.STP_FORWARD_DELAYS:
        message = f"forward_delay={delay!s} is not in {least}..{most}, as it must be with stp_state=on"
        yield Problem(path, message, "the unit is a hundredth of a second")
    if said.get("multicast_vlan_snooping") and not said.get("vlan_filtering"):
        message = "multicast_vlan_snooping needs vlan_filtering, which is off"
        yield Problem(path, message, "add vlan_filtering=on")
    for name, needed in _NEEDED.items():
        if _is_asked_for(name, said, bridge.ATTRIBUTES) and not said.get(needed):
            message = f"{name} has no effect: {needed} is off"
            yield Problem(path, message, f"add {needed}=on, or remove {name}", Severity.WARNING)


def _is_asked_for(name: str, said: formats.Options, known: AttributeTable) -> bool:
    """Whether it is said, and not to be as it is anyway."""
    return name in said and said[name] != known[name].default


def _ends(numbers: range) -> tuple[int, int]:
    return numbers[0], numbers[-1]


def _port(one: Object) -> Iterator[Problem]:
    path = (*one.path, "bridge_port_options")
    if one.parent is None or one.parent.type != "linux_bridge":
        message = f"{one.name} is no member of a linux_bridge here"
        yield Problem(path, message, "the options of a port stand at the member of the bridge")
        return
    if not is_port(one):
        yield Problem(path, f"{one.name} stands on {one.parent.name}, and is no port of it", "remove them")
        return
    said, of_bridge = port_options(one), options(one.parent)
    for name, needed in _NEEDED_BY_PORTS.items():
        if _is_asked_for(name, said, bridge_port.ATTRIBUTES) and not of_bridge.get(needed):
            message = f"{name} has no effect: {needed} of {one.parent.name} is off"
            hint = f"add {needed}=on to its bridge_options, or remove {name}"
            yield Problem(path, message, hint, Severity.WARNING)

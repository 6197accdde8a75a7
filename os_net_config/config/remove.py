"""``remove_config``: what a run with ``--remove-config`` takes off the node. Pure."""

from __future__ import annotations

from typing import Any, Dict, List, Mapping, NamedTuple, Optional, Sequence, Tuple

from ..state import bond, bridge, dummy, link, macvlan, row, rows, tap, team, veth, vlan, vrf, vxlan
from ..state.model import Key, RowKey, State
from ..state.problem import Path, Problem, ProblemsError, Severity, Source
from ..state.removal import Asked
from .kinds import ovs
from .objects import Rename, is_dotted, rename_dotted

REMOVE = "remove_config"

#: The kernel's kind of link for each type of object that is one of its own.
_KINDS: Mapping[str, str] = {
    "dummy": dummy.KIND,
    "linux_bond": bond.KIND,
    "linux_bridge": bridge.KIND,
    "linux_tap": tap.KIND,
    "macvlan": macvlan.KIND,
    "team": team.KIND,
    "veth": veth.KIND,
    "vlan": vlan.KIND,
    "vrf": vrf.KIND,
    "vxlan": vxlan.KIND,
}
_TYPES = {kind: name for name, kind in _KINDS.items()}
#: As what an interface of Open vSwitch is removed, by its type; one without a type is a link of its own kind.
_BY_TYPE: Mapping[str, Tuple[str, ...]] = {
    row.INTERNAL: ("vlan", "interface"),
    row.PATCH: ("ovs_patch_port",),
    row.DPDK: ("ovs_dpdk_port",),
    "": (),
    "system": (),
}
#: Tunnels, and what others plug in that no config speaks of (dpdkvhostuserclient…).
_ANY_OTHER = ("ovs_tunnel", "interface")
#: Kinds that no ``interface`` is; a tap may be one, as the port of somebody's virtual machine.
_NO_INTERFACE = frozenset({bond.KIND, bridge.KIND, macvlan.KIND, team.KIND, vlan.KIND, vrf.KIND, vxlan.KIND})
#: Types that come with something that this version does not drive yet.
_LATER: Mapping[str, str] = {
    "sriov_pf": "SR-IOV",
    "sriov_vf": "SR-IOV",
}


class Removal(NamedTuple):
    """One entry. ``kind`` is the kernel's of a link that goes; None: a NIC, which stays and is emptied.

    What goes from Open vSwitch's database has the kind of the links that Open vSwitch makes.
    """

    name: str
    type: str
    kind: Optional[str]
    path: Path


def read(
    entries: Sequence[Optional[Mapping[str, Any]]], rename: Rename
) -> Tuple[List[Removal], List[Problem]]:
    """The entries of an accepted section, with the names of the node."""
    found: List[Removal] = []
    problems: List[Problem] = []
    for number, values in enumerate(entries):
        if not values:
            continue
        path: Path = (REMOVE, number)
        kind, name = str(values["remove_type"]), str(values["remove_name"])
        if kind in _LATER:
            message = f"{kind}: not supported by this version yet ({_LATER[kind]})"
            problems.append(Problem((*path, "remove_type"), message, severity=Severity.UNSUPPORTED))
        elif name == link.LOOPBACK:
            message = f"{name} stays: the kernel has no network without it"
            problems.append(Problem(path, message, "take it out", Severity.WARNING))
        else:
            of_link = vlan.KIND if kind == "interface" and is_dotted(name) else _KINDS.get(kind)
            of_link = rows.KIND if kind in ovs.LINKLESS | ovs.BRIDGES else of_link
            found.append(Removal(rename_dotted(name, rename), kind, of_link, path))
    return found, problems


def absent(removals: Sequence[Removal], live: State) -> List[str]:
    """The names that are not on the node: they are removed already."""
    return [one.name for one in removals if live.link(one.name) is None and not _rows(one, live)]


def asked(removals: Sequence[Removal], live: State, source: Optional[Source] = None) -> Asked:
    """What of it is on the node. Raises ProblemsError where something else has the name."""
    problems: List[Problem] = []
    links: Dict[str, Path] = {}
    nics: Dict[str, Path] = {}
    gone: Dict[Key, Path] = {}
    for one in removals:
        have, in_the_switch = live.link(one.name), _types_in_the_switch(one.name, live)
        gone.update(dict.fromkeys(_rows(one, live), one.path))
        if in_the_switch and one.type not in in_the_switch:
            problems.append(_another_type(one, in_the_switch[0], in_the_switch[0]))
        if have is None or in_the_switch:
            continue
        there = str(have.values.get("kind") or link.PLAIN)
        if there in _NO_INTERFACE if one.kind is None else there != one.kind:
            problems.append(_another_kind(one, there))
        elif one.kind is None:
            nics.setdefault(one.name, one.path)
        else:
            # The other end of a pair goes along.
            names = (one.name, veth.peer_of(have.values))
            links.update({str(name): one.path for name in names if name is not None and name not in links})
    if problems:
        raise ProblemsError(problems, source)
    return Asked(links, nics, gone)


def _rows(one: Removal, live: State) -> Sequence[RowKey]:
    """What goes of Open vSwitch's database."""
    if one.type in ovs.BRIDGES:
        return list(rows.rows_of_bridge(one.name, live))
    return list(rows.rows_of_port(one.name, live))


def _types_in_the_switch(name: str, live: State) -> Tuple[str, ...]:
    """As what it is removed from Open vSwitch, the right one first; none: only its link says what it is."""
    if live.get(RowKey(row.BRIDGE, name)) is not None:
        return ("ovs_bridge", "ovs_user_bridge")
    interfaces = [one for one in live if isinstance(one.key, RowKey) and one.key.table == row.INTERFACE]
    found = [one for one in interfaces if one.values.get("port") == name]
    if not found:
        found = [one for one in interfaces if one.key == RowKey(row.INTERFACE, name)]
    types = {str(one.values.get("type") or "") for one in found}
    if len(found) > 1 or any(one.key != RowKey(row.INTERFACE, name) for one in found):
        return ("ovs_dpdk_bond",) if types == {row.DPDK} else ("ovs_bond",)
    return _BY_TYPE.get(types.pop(), _ANY_OTHER) if types else ()


def _another_kind(one: Removal, there: str) -> Problem:
    return _another_type(one, there or "NIC", _TYPES.get(there, "interface"))


def _another_type(one: Removal, there: str, meant: str) -> Problem:
    message = f"{one.name} is a {there} on this node, and no {one.type}"
    return Problem((*one.path, "remove_type"), message, f"write remove_type: {meant} if that is meant")

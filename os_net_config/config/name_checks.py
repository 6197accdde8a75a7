"""Names of links: what is none, and what two objects claim."""

from __future__ import annotations

from collections import defaultdict
from typing import Dict, Iterator, List, Optional, Sequence, Tuple

from ..state.problem import Problem, Severity, show_path
from . import formats
from .kinds import ovs
from .objects import NICS, Object, is_port, is_reference
from .section import NOT_A_LINK

#: Types whose name only Open vSwitch or DPDK knows: the kernel's limit does not hold for it.
_NOT_IN_THE_KERNEL = ovs.LINKLESS | {"sriov_vf"}


def name_too_long(one: Object) -> Iterator[Problem]:
    length = len(one.name.encode(errors="replace"))
    if one.type in NOT_A_LINK or one.type in _NOT_IN_THE_KERNEL or length <= formats.LONGEST_NAME:
        return
    key = "name" if "name" in one.values else "device"
    unit = "characters" if one.name.isascii() else "bytes in UTF-8"
    message = f"the name {one.name} has {length} {unit}; a link's has at most {formats.LONGEST_NAME}"
    yield Problem((*one.path, key), message, "choose a shorter one")


def dotted_vlan_id(one: Object) -> Iterator[Problem]:
    if one.type == "interface" and one.vlan_id is not None and not 1 <= one.vlan_id <= 4094:
        yield Problem((*one.path, "name"), f"{one.name} names VLAN {one.vlan_id}, which is not in 1..4094")


def alias(one: Object) -> Iterator[Problem]:
    if one.type == "interface" and ":" in one.name:
        message = f"{one.name} is an address label of {one.name.partition(':')[0]}"
        yield Problem((*one.path, "name"), f"{message}: not supported by this version yet (address labels)",
                      "give the address to the link itself", Severity.UNSUPPORTED)  # fmt: skip


def renamed(one: Object) -> Iterator[Problem]:
    """A name of its own is only that of a NIC."""
    names_a_nic = one.type in NICS or one.get("device")
    if one.get("persist_mapping") and not names_a_nic:
        hint = "say it of the NICs, or use --persist-mapping"
        yield Problem((*one.path, "persist_mapping"), "has no effect", hint, Severity.WARNING)


def names_twice(everything: Sequence[Object], declared: Dict[str, Object]) -> Iterator[Problem]:
    by_name: Dict[str, List[Object]] = defaultdict(list)
    for one in everything:
        if one.type not in NOT_A_LINK:
            by_name[one.name].append(one)
    for name, objects in by_name.items():
        makers = [one for one in objects if not is_reference(one, declared)]
        if len(makers) > 1:
            yield from _declared_twice(name, makers)
        ports = [one for one in objects if one.parent is not None and is_port(one)]
        if len(makers) <= 1 and len(ports) > 1:
            yield from _two_masters(name, ports)


def _declared_twice(name: str, objects: Sequence[Object]) -> Iterator[Problem]:
    if len([one for one in objects if one.parent is not None and is_port(one)]) > 1:
        yield from _two_masters(name, [one for one in objects if one.parent is not None])
        return
    first = objects[0]
    for again in objects[1:]:
        on = f" (VLAN {again.vlan_id} of {again.device})" if again.type == "vlan" else ""
        message = f"{again} is declared twice{on}; first at {show_path(first.path)}"
        yield Problem(again.path, message, "a link stands once in the file, with all that belongs to it")


def _two_masters(name: str, ports: Sequence[Object]) -> Iterator[Problem]:
    first = ports[0].parent
    for again in ports[1:]:
        message = f"{name} cannot be a member of {again.parent} too: it is one of {first}"
        yield Problem(again.path, message, "a link has one master")


def vlans_twice(everything: Sequence[Object]) -> Iterator[Problem]:
    seen: Dict[Tuple[Optional[str], Optional[int]], Object] = {}
    for one in everything:
        if one.vlan_id is None or one.device is None:
            continue
        first = seen.setdefault((one.device, one.vlan_id), one)
        if first is not one and first.name != one.name:
            message = (
                f"VLAN {one.vlan_id} of {one.device} is {first.name} already, at {show_path(first.path)}"
            )
            yield Problem(one.path, message, "a device carries a VLAN id once")

"""The objects of a config section as a tree: type, name on the node, attributes, members."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any, Callable, Dict, Iterator, List, Mapping, Optional, Sequence

from ..state import ipoib
from ..state.problem import Path

#: The type of objects that are no link, and make the name of a route table.
ROUTE_TABLE = "route_table"
#: Types that are a NIC by their name, or with a dot and a number in it a VLAN of one.
NICS = frozenset({"interface", "sriov_pf", "ib_interface"})
#: Types that make their ports one link, with the driver's own MTU for all.
AGGREGATES = frozenset({"linux_bond", "team"})
#: Types that stand on their ``device`` as what they are, and are no VLAN of it.
STANDING = frozenset({"macvlan", "vxlan"})
#: A config's name for a NIC to the node's.
Rename = Callable[[str], str]

_DOTTED = re.compile(r"(.+)\.([0-9]+)")


@dataclass(frozen=True, eq=False)
class Object:
    """One object. ``values`` are its attributes in canonical form, without ``members``.

    ``device`` is the link below (of a VLAN or a dotted interface), ``vlan_id`` that of either.
    """

    type: str
    name: str
    path: Path
    values: Mapping[str, Any]
    parent: Optional[Object] = None
    device: Optional[str] = None
    vlan_id: Optional[int] = None
    members: List[Object] = field(default_factory=list)

    def get(self, name: str, default: Any = None) -> Any:
        return self.values.get(name, default)

    def __str__(self) -> str:
        return f"{self.type} {self.name}"


def build(section: Sequence[Optional[Mapping[str, Any]]], path: Path, rename: Rename) -> List[Object]:
    """The objects of one section, in the order of the file, members inside."""
    return [_build(values, (*path, number), None, rename) for number, values in enumerate(section) if values]


def _build(values: Mapping[str, Any], path: Path, parent: Optional[Object], rename: Rename) -> Object:
    kind = str(values["type"])
    own: Dict[str, Any] = {name: value for name, value in values.items() if name != "members"}
    device, vlan_id = _lower(kind, own, parent, rename)
    if kind == "veth" and "peer" in own:
        own["peer"] = rename_dotted(str(own["peer"]), rename)
    made = Object(kind, _name(kind, own, rename), path, own, parent, device, vlan_id)
    for number, member in enumerate(values.get("members") or ()):
        if member:
            made.members.append(_build(member, (*path, "members", number), made, rename))
    return made


def _lower(
    kind: str, values: Mapping[str, Any], parent: Optional[Object], rename: Rename
) -> tuple[Optional[str], Optional[int]]:
    if kind == "vlan":
        device = values.get("device")
        if device is None and parent is not None and parent.type in _VLAN_CARRIERS:
            return parent.name, values.get("vlan_id")
        return (rename_dotted(device, rename) if device else None), values.get("vlan_id")
    if kind in STANDING:
        device = values.get("device")
        return (rename_dotted(device, rename) if device else None), None
    if kind in _BELOW:
        return rename(str(values.get(_BELOW[kind]))), None
    if kind == "interface":
        dotted = _DOTTED.fullmatch(str(values.get("name")))
        if dotted:
            return rename(dotted.group(1)), int(dotted.group(2)[:9])
    return None, None


#: The attribute that names the NIC below.
_BELOW: Mapping[str, str] = {"dcb": "device", "ib_child_interface": "parent", "sriov_vf": "device"}
#: A VLAN that is a member without a device of its own stands on these.
_VLAN_CARRIERS = frozenset({"linux_bridge", "team", "contrail_vrouter"})


def _name(kind: str, values: Mapping[str, Any], rename: Rename) -> str:
    namer = _NAMERS.get(kind)
    if namer is not None:
        return namer(values, rename)
    return rename_dotted(str(values.get("name", "")), rename)


def is_dotted(name: str) -> bool:
    """Whether it names a VLAN of what stands before the dot."""
    return _DOTTED.fullmatch(name) is not None


def base(name: str) -> str:
    """What stands before the dot of a dotted name; of any other the name itself."""
    dotted = _DOTTED.fullmatch(name)
    return dotted.group(1) if dotted else name


def rename_dotted(name: str, rename: Rename) -> str:
    """``nic1.10`` has the name of nic1's NIC before the dot."""
    dotted = _DOTTED.fullmatch(name)
    return f"{rename(dotted.group(1))}.{dotted.group(2)}" if dotted else rename(name)


def partition_key(values: Mapping[str, Any]) -> int:
    """With the bit of full membership."""
    raw = values.get("pkey_id", 0)
    return ipoib.MEMBER | (raw if isinstance(raw, int) else int(raw, 0))


def partition(parent: str, key: int) -> str:
    """The name that the kernel gives to a partition of an adapter."""
    return f"{parent}.{key:04x}"


#: Types whose name is made, not given.
_NAMERS: Mapping[str, Callable[[Mapping[str, Any], Rename], str]] = {
    "vlan": lambda values, rename: f"vlan{values.get('vlan_id')}",
    "sriov_vf": lambda values, rename: f"sriov:{rename(str(values.get('device')))}:{values.get('vfid')}",
    "ib_child_interface": lambda values, rename: partition(
        rename(str(values.get("parent"))), partition_key(values)
    ),
    "ivs_bridge": lambda values, rename: "ivs",
    "ivs_interface": lambda values, rename: f"{values.get('name', 'ivs')}{values.get('vlan_id')}",
    "nfvswitch_bridge": lambda values, rename: "nfvswitch",
    "nfvswitch_internal": lambda values, rename: f"{values.get('name', 'nfvswitch')}{values.get('vlan_id')}",
    "dcb": lambda values, rename: rename(str(values.get("device"))),
    ROUTE_TABLE: lambda values, rename: str(values.get("name")),
}


def walk(objects: Sequence[Object]) -> Iterator[Object]:
    """Every object, containers before their members."""
    for one in objects:
        yield one
        yield from walk(one.members)


def mere_mentions(objects: Sequence[Object]) -> List[Object]:
    """Top-level interfaces that say nothing of themselves, and are a member elsewhere in the section."""
    members = {one.name for one in walk(objects) if one.parent is not None}
    return [
        one
        for one in objects
        if one.type == "interface"
        and one.name in members
        and not any(value for name, value in one.values.items() if name not in {"type", "name"})
    ]


def is_port(one: Object) -> bool:
    """Whether membership makes it a port; a VLAN on top of its own bridge is none."""
    return one.parent is not None and (one.device != one.parent.name or one.type in STANDING)


def is_reference(one: Object, declared: Mapping[str, Object]) -> bool:
    """A member ``interface`` that only names a bond, VLAN… which the file declares elsewhere."""
    if one.type != "interface" or one.parent is None:
        return False
    other = declared.get(one.name)
    return other is not None and other is not one and other.type != "interface"

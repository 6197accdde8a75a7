"""Open vSwitch's bridges, bonds, tunnels and patch ports, and what is a port of one: rows of its database."""

from __future__ import annotations

from typing import Dict, Iterator, List, Mapping

from ...state import row, rows
from ...state.model import Resource, RowKey
from ...state.values import Value
from ..objects import Object
from . import dpdk
from .common import Parts, Surroundings, primary_member

BRIDGES = frozenset({"ovs_bridge", "ovs_user_bridge"})
#: What only Open vSwitch knows: the kernel has no link of its name.
LINKLESS = frozenset({"ovs_bond", "ovs_patch_port", "ovs_tunnel", dpdk.BOND, dpdk.PORT})
#: Ports that several interfaces are parts of.
BONDS = frozenset({"ovs_bond", dpdk.BOND})

_USER_SPACE = "netdev"
#: What a bridge is made with, and nobody compares afterwards.
_STANDALONE = {"fail_mode": "standalone"}
_LARGE_TABLE = {"other_config:mac-table-size": "50000"}


def is_port(one: Object) -> bool:
    """Whether it is a port of a bridge of Open vSwitch, or a part of one of its bonds."""
    return one.type in LINKLESS or (one.parent is not None and one.parent.type in {*BRIDGES, *BONDS})


def has_rows(one: Object) -> bool:
    """Whether there are rows of it in Open vSwitch's database."""
    return one.type in BRIDGES or is_port(one)


def is_internal(one: Object) -> bool:
    """Whether Open vSwitch makes its link: a bridge's own, and that of a VLAN in a bridge."""
    return one.type in BRIDGES or (one.type == "vlan" and is_port(one))


def link(one: Object, around: Surroundings) -> Parts:
    """That of a bridge or of a VLAN in one, which comes with its row."""
    return Parts({"up": 0} if one.get("ovs_internal") is False else {}, {})


def of_object(one: Object, around: Surroundings) -> List[Resource]:
    """The rows of an object, without what its ``ovs_extra`` says."""
    if one.type in BRIDGES:
        return [_bridge(one, around), *_port_and_interface(one, one.name, around)]
    if one.type in BONDS:
        return [_port(one, _bridge_of(one))]
    if one.parent is not None and one.parent.type in BONDS:
        return [_interface(one, one.parent.name, around)]
    return list(_port_and_interface(one, _bridge_of(one), around)) if is_port(one) else []


def _bridge_of(one: Object) -> str:
    return one.parent.name if one.parent is not None else str(one.get("bridge_name"))


def _made(table: str, one: Object, values: Mapping[str, Value], **initial: Value) -> Resource:
    return Resource(RowKey(table, one.name), dict(values), one.path, {**initial, row.LABEL: rows.MADE})


def _bridge(one: Object, around: Surroundings) -> Resource:
    values: Dict[str, Value] = dict(columns(one, row.BRIDGE))
    initial: Dict[str, Value] = dict(_STANDALONE)
    if one.type == "ovs_user_bridge":
        values["datapath_type"] = _USER_SPACE
    else:
        initial.update(_LARGE_TABLE)
        mac = around.mac_of_primary(one)
        if mac is not None:
            initial["other_config:hwaddr"] = mac.hex(":")
    if one.get("ovs_fail_mode"):
        values["fail_mode"] = str(one.get("ovs_fail_mode"))
    return _made(row.BRIDGE, one, values, **initial)


def _port(one: Object, bridge: str) -> Resource:
    values: Dict[str, Value] = {"bridge": bridge}
    if one.type == "vlan":
        values["tag"] = one.vlan_id
    primary = primary_member(one) if one.type in BONDS else None
    if primary is not None:
        values["other_config:bond-primary"] = primary.name
    if one.type not in BRIDGES:
        values.update(columns(one, row.PORT))
    return _made(row.PORT, one, values)


def _interface(one: Object, port: str, around: Surroundings) -> Resource:
    values: Dict[str, Value] = {"port": port, "type": _type(one)}
    values.update(options(one))
    if one.type == dpdk.PORT:
        values.update(dpdk.columns(one, around))
    if is_internal(one) and one.get("mtu") is not None:
        values["mtu_request"] = one.get("mtu")
    return _made(row.INTERFACE, one, values)


def options(one: Object) -> Dict[str, Value]:
    """What the type of a tunnel's or a patch port's interface needs."""
    found: Dict[str, Value] = {}
    if one.type == "ovs_patch_port":
        found["options:peer"] = str(one.get("peer"))
    if one.type in {"ovs_patch_port", "ovs_tunnel"}:
        for text in one.get("ovs_options") or ():
            name, _, value = str(text).partition("=")
            found[f"options:{name}"] = value
    return found


def _type(one: Object) -> str:
    if is_internal(one):
        return row.INTERNAL
    known = {dpdk.PORT: row.DPDK, "ovs_patch_port": "patch", "ovs_tunnel": str(one.get("tunnel_type"))}
    return known.get(one.type, "")


def _port_and_interface(one: Object, bridge: str, around: Surroundings) -> Iterator[Resource]:
    yield _port(one, bridge)
    yield _interface(one, one.name, around)


def columns(one: Object, table: str) -> Mapping[str, Value]:
    """The columns that ``ovs_options`` names."""
    words = one.get("ovs_options")
    if not isinstance(words, str) or not words.strip():
        return {}
    from ..vsctl import columns as read

    return read(words, table)

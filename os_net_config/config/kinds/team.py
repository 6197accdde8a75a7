"""``team``: a link of the team driver, and what teamd is told of it."""

from __future__ import annotations

from typing import Any, Dict, Optional

from ...state import team
from ..bonds import bond_mtu
from ..formats import mac_address, team_options
from ..objects import Object, rename_dotted
from .common import Parts, Surroundings, made, primary_member

#: The priority of a primary port where the config says none; that of others is 0.
_PREFERRED = 100


def link(one: Object, around: Surroundings) -> Parts:
    parts = made(team.KIND)
    mtu, mac = bond_mtu(one), _mac(one, around)
    if mtu is not None:
        parts.values["mtu"] = mtu
    if mac is not None:
        parts.values["address"] = mac
    return parts


def options(one: Object) -> Dict[str, Any]:
    """As the config says them."""
    return team_options(str(one.get("bonding_options") or ""))


def told(one: Object, around: Surroundings) -> Dict[str, Any]:
    """What teamd is told, with the names of this node."""
    found, mac, primary = options(one), _mac(one, around), primary_member(one)
    found.pop("device", None)
    ports = {rename_dotted(name, around.rename): said for name, said in found.pop("ports", {}).items()}
    if primary is not None:
        ports[primary.name] = {"prio": _PREFERRED, **(ports.get(primary.name) or {})}
    if ports:
        found["ports"] = ports
    if mac is not None:
        found["hwaddr"] = mac.hex(":")
    return found


def _mac(one: Object, around: Surroundings) -> Optional[bytes]:
    """What the config says, or that of its first port: left to teamd, it would come a moment after the port.

    None: it is that of the port which is the active one, or nobody knows it.
    """
    found = options(one)
    if "hwaddr" in found:
        return mac_address(str(found["hwaddr"]))
    if primary_member(one) is None and team.has_its_active_ports_mac(team.apart(found)):
        return None
    return around.mac_of(one)

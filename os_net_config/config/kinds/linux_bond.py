"""``linux_bond``: a bond of the kernel's bonding driver."""

from __future__ import annotations

from ...state import bond
from ...state.values import LinkName
from ..bonds import bond_mtu
from ..formats import bonding_options
from ..objects import Object, rename_dotted
from .common import Parts, Surroundings, made, primary_member

_ACTIVE_BACKUP = bond.MODES.index("active-backup")


def link(one: Object, around: Surroundings) -> Parts:
    parts = made(bond.KIND)
    options = bonding_options(one.get("bonding_options") or "")
    mode = options.setdefault("mode", _ACTIVE_BACKUP)
    for name, attribute in bond.ATTRIBUTES.items():
        if name in options:
            value = options[name]
            parts.values[name] = (
                rename_dotted(str(value), around.rename) if isinstance(attribute.type, LinkName) else value
            )
    if not any(options.get(monitor) for monitor in bond.MONITORS) and "miimon" not in options:
        parts.initial["miimon"] = bond.DEFAULT_MIIMON
    mtu = bond_mtu(one)
    if mtu is not None:
        parts.values["mtu"] = mtu
    _primary(one, around, parts, bond.MODES[int(str(mode))])
    return parts


def _primary(one: Object, around: Surroundings, parts: Parts, mode: str) -> None:
    member = primary_member(one)
    if member is None:
        return
    mac = around.mac_of_primary(one)
    if mac and not bond.has_its_active_ports_mac(parts.values):
        parts.values["address"] = mac
    if mode in bond.MODES_OF["primary"]:
        parts.values.setdefault("primary", member.name)

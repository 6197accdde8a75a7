"""What an attribute of a link that we made has when nobody says anything. Pure.

With it an attribute is taken back which the config no longer names and whose former value is not
known. Most defaults stand beside their attributes; here are those that hang on other values.
"""

from __future__ import annotations

from typing import Callable, Mapping

from . import bond
from .attributes import NO_DEFAULT, Default
from .model import LinkKey, attributes_of
from .values import Value, Values


def default(key: LinkKey, values: Values, name: str) -> Default:
    """The value of attribute ``name``; NO_DEFAULT where it is not the same on every such link.

    ``values`` are those that the link has or is to have, its kind and, of a bond, its mode among them.
    """
    if values.get("kind") == bond.KIND and not bond.takes(name, values.get("mode")):
        return NO_DEFAULT
    if name in DEPENDENT and name in attributes_of(key, values):
        return DEPENDENT[name](values)
    attribute = attributes_of(key, values).get(name)
    return attribute.default if attribute is not None else NO_DEFAULT


def _miimon(bond_values: Values) -> Value:
    """As config/kinds/linux_bond.py gives it to a bond without a monitor."""
    return 0 if bond_values.get("arp_interval") else bond.DEFAULT_MIIMON


def _group_addr(bridge_values: Values) -> Value:
    """Provider bridges have their own (IEEE 802.1ad; net/bridge/br_vlan.c, recalculate_group_addr)."""
    provider = bridge_values.get("vlan_filtering") and bridge_values.get("vlan_protocol") == 0x88A8
    return bytes.fromhex("0180c2000008" if provider else "0180c2000000")


#: Names of attributes: no two kinds of link have one in common.
DEPENDENT: Mapping[str, Callable[[Values], Value]] = {
    "miimon": _miimon,
    "group_addr": _group_addr,
}

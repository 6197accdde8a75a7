"""What does not go together in functions of SR-IOV."""

from __future__ import annotations

from typing import Iterator

from ..state.problem import Problem
from .objects import Object


def physical_function(one: Object) -> Iterator[Problem]:
    if one.type != "sriov_pf" or not one.get("vdpa"):
        return
    if one.get("link_mode") != "switchdev":
        yield Problem((*one.path, "vdpa"), "vdpa needs the switchdev mode", "add link_mode: switchdev")
    if not one.get("numvfs"):
        yield Problem((*one.path, "numvfs"), "vdpa needs a virtual function", "set numvfs to 1 or more")


def virtual_function(one: Object) -> Iterator[Problem]:
    if one.type != "sriov_vf":
        return
    low, high = one.get("min_tx_rate") or 0, one.get("max_tx_rate") or 0
    if high and low > high:
        message = f"min_tx_rate {low} is larger than max_tx_rate {high}"
        yield Problem((*one.path, "min_tx_rate"), message, "a max_tx_rate of 0 is no limit")
    if one.get("qos") and not one.get("vlan_id"):
        yield Problem((*one.path, "qos"), "qos stands in a VLAN tag, and there is no VLAN", "add vlan_id")

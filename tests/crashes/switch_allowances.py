"""What may differ on a node with Open vSwitch whose rows are the same, beside what may on any: with reasons.

Columns in which Open vSwitch itself tells of what it has made are not read at all
(``tests.kernel.support.openvswitch``): the numbers of rows, ports and links, counters, states.
"""

from __future__ import annotations

import copy
from typing import Iterator

from tests.independence.allowances import Allowance, Link, Pinned
from tests.independence.cables import NICS
from tests.independence.reader import Reading

_KIND = "openvswitch"
_DATAPATH = "ovs-system"


def comparable(reading: Reading) -> Reading:
    """The reading without what may differ."""
    made = copy.deepcopy(reading)
    made.pop("theirs", None)
    for allowance in ALLOWANCES:
        allowance.change(made, frozenset())
    return made


def _datapath(reading: Reading, _: Pinned) -> None:
    for part in ("links", "addresses"):
        reading[part].pop(_DATAPATH, None)


def _automatic_macs(reading: Reading, _: Pinned) -> None:
    links = reading["links"]
    for name in _internal(reading):
        mac = links[name]["address"]
        if mac in NICS.values():
            continue
        for one in links.values():
            if one.get("link") == name and one["address"] == mac:
                one["address"] = "of its device"
        links[name]["address"] = "made by Open vSwitch"


def _internal(reading: Reading) -> Iterator[str]:
    return (name for name, link in reading["links"].items() if _is_internal(link))


def _is_internal(link: Link) -> bool:
    return bool(link.get("linkinfo", {}).get("info_kind") == _KIND)


ALLOWANCES = (
    Allowance(
        "datapath", "ovs-vswitchd makes its link with the first bridge", "", _datapath,
    ),
    Allowance(
        "MAC of an internal interface", "random whenever it is made, unless it is that of a bridge's NIC",
        "that of a NIC; a VLAN above has the same", _automatic_macs,
    ),
)  # fmt: skip

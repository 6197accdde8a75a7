"""Plans with programs that run for links, to be killed: DHCP clients that nobody answers, and teamd."""

from __future__ import annotations

import json
from typing import Any, Sequence, Tuple

from tests.independence.entries import bond, nic, on, vlan
from tests.independence.language import Entry

from .case import Case

_BACKUP, _ROUND = ({"runner": {"name": name}} for name in ("activebackup", "roundrobin"))


def team(name: str, ports: Sequence[Entry], options: object = _BACKUP, **more: Any) -> Entry:
    # Of a drawn MAC address no goal would tell.
    said = {**options, "hwaddr": "52:54:00:aa:00:09"} if isinstance(options, dict) else options
    return {"type": "team", "name": name, "bonding_options": json.dumps(said), "members": list(ports), **more}


_NOBODY_WAITS = ("--wait-dhcp", "0")

PROCESS_PLANS: Tuple[Case, ...] = (
    Case(
        "DHCP clients that come, go and are told something else",
        [nic(3, use_dhcp=True), nic(4, use_dhcp=True, defroute=False), nic(5, **on("10.5.0.10/24"))],
        [nic(3, **on("10.3.0.10/24")), nic(4, use_dhcp=True), nic(5, use_dhcp=True)],
        options=_NOBODY_WAITS,
        processes=True,
    ),
    Case(
        "a DHCP client on a link that is made anew",
        [vlan(10, "eno4", use_dhcp=True)],
        [vlan(10, "eno3", use_dhcp=True)],
        options=_NOBODY_WAITS,
        processes=True,
    ),
    Case(
        "a team in the place of a bond",
        [team("net1", [nic(1), nic(2)], **on("10.1.0.10/24", via="10.1.0.1"))],
        [bond("net1", [nic(1), nic(2)], "mode=active-backup miimon=100", **on("10.1.0.10/24"))],
        processes=True,
    ),
    Case(
        "a team that is told something else, and one that goes",
        [team("net1", [nic(1), nic(3)], _ROUND, **on("10.1.0.10/24", via="10.1.0.1"))],
        [team("net1", [nic(1), nic(2)], **on("10.1.0.10/24")), team("net2", [nic(3)])],
        processes=True,
    ),
)

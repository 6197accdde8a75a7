"""Plans over Open vSwitch to be killed."""

from __future__ import annotations

from typing import Any, Sequence, Tuple

from tests.independence.entries import bond, nic, on, vlan
from tests.independence.language import Config, Entry

from .case import Case


def ovs_bridge(name: str, members: Sequence[Entry] = (), **more: Any) -> Entry:
    return {"type": "ovs_bridge", "name": name, "members": list(members), **more}


def ovs_bond(
    name: str, ports: Sequence[Entry], options: str = "bond_mode=active-backup", **more: Any
) -> Entry:
    return {"type": "ovs_bond", "name": name, "members": list(ports), "ovs_options": options, **more}


def patch(name: str, bridge: str, peer: str) -> Entry:
    return {"type": "ovs_patch_port", "name": name, "bridge_name": bridge, "peer": peer}


#: What Neutron and others have on a bridge, and in the database.
_THEIRS = (
    "add-port net1 theirs0 -- set interface theirs0 type=internal external_ids:iface-id=abc",
    "add-port net1 theirs1 -- set interface theirs1 type=patch options:peer=nowhere",
    "br-set-external-id net1 theirs 1",
    "set-controller net1 tcp:127.0.0.1:6653",
    "set bridge net1 other_config:disable-in-band=true",
    "set open . external_ids:ovn-bridge-mappings=a:net1",
)
_VIPS = (
    "address add 10.1.0.100/24 dev net1",
    "address add 10.2.0.100/24 dev vlan20",
    "route add 198.51.100.0/24 via 10.1.0.2 dev net1 proto bgp",
    "link set theirs0 up",
    "address add 10.9.0.1/24 dev theirs0",
)


def _site(options: str = "bond_mode=active-backup", tag: int = 20, **more: Any) -> Config:
    return [
        ovs_bridge(
            "net1",
            [
                ovs_bond("net2", [nic(1, primary=True), nic(2)], options),
                vlan(tag, **on("10.2.0.10/24", "2001:db8:2::10/64")),
            ],
            **on("10.1.0.10/24", via="10.1.0.1"),
            **more,
        )
    ]


_WHOLE: Config = [
    ovs_bridge(
        "net1",
        [
            ovs_bond("net2", [nic(1, primary=True), nic(2)], "bond_mode=balance-slb lacp=off"),
            vlan(20, **on("10.2.0.10/24", "2001:db8:2::10/64")),
            vlan(30, mtu=1400, **on("10.3.0.10/24")),
            patch("net1-net3", "net1", "net3-net1"),
        ],
        ovs_extra="br-set-external-id {name} bridge-id {name}",
        **on("10.1.0.10/24", via="10.1.0.1"),
    ),
    ovs_bridge("net3", [nic(3), patch("net3-net1", "net3", "net1-net3")]),
]
_IN_LINUX: Config = [
    bond("net4", [nic(1), nic(2)], **on("10.4.0.10/24")),
    ovs_bridge("net1", [nic(3), vlan(20, **on("10.2.0.10/24"))]),
]
_IN_SWITCH: Config = [
    ovs_bridge(
        "net1", [ovs_bond("net2", [nic(1), nic(2)]), vlan(20, **on("10.2.0.10/24"))], **on("10.4.0.10/24")
    ),
    nic(3, **on("10.6.0.10/24")),
]
_EXTRA = (
    "set bridge {name} other_config:mac-aging-time=600 fail_mode=secure",
    "br-set-external-id {name} bridge-id {name}",
    "set Open_vSwitch . external_ids:hostname=node",
)
_WITH_MTU = "set interface eno{} mtu_request={}"
_MADE_BY_HAND = (
    "add-br net1",
    "set bridge net1 fail_mode=secure other_config:mac-aging-time=60",
    "add-port net1 eno1",
    "add-port net1 vlan20 tag=20 -- set interface vlan20 type=internal",
    *_THEIRS,
)

SWITCH_PLANS: Tuple[Case, ...] = tuple(
    one._replace(switch=True)
    for one in (
        Case("switch: all of it from nothing", _WHOLE),
        Case("switch: ports from a Linux bond", _IN_SWITCH, _IN_LINUX),
        Case("switch: ports to a Linux bond", _IN_LINUX, _IN_SWITCH),
        Case(
            "switch: adoption",
            [ovs_bridge("net1", [nic(1), vlan(20, **on("10.2.0.10/24")), vlan(30)], **on("10.1.0.10/24"))],
            set_by_hand=_MADE_BY_HAND,
            by_hand=(
                "link set eno1 up",
                "link set vlan20 up",
                "address add 10.2.0.10/24 brd + dev vlan20",
                *_VIPS[:1],
                *_VIPS[3:],
            ),
        ),
        Case(
            "switch: another tag, and options of a bond",
            [
                *_site("bond_mode=balance-slb bond_updelay=200 other_config:bond-rebalance-interval=5000"),
                ovs_bridge("net3", [nic(3), vlan(31, ovs_options="tag=32")]),
            ],
            [*_site(), ovs_bridge("net3", [nic(3), vlan(31)])],
            others=_VIPS,
            others_set=_THEIRS,
        ),
        Case(
            "switch: a bridge goes with all that stands on it",
            [nic(1, **on("10.1.0.10/24", via="10.1.0.1"))],
            [*_site(), vlan(50, "net1", **on("10.5.0.10/24"))],
            others=_VIPS[:3],
            others_set=("set open . external_ids:ovn-bridge-mappings=a:net1",),
            options=("--allow-loss",),
        ),
        Case(
            "switch: a port to another bridge, and the rest goes",
            [ovs_bridge("net1", [nic(1), vlan(31, **on("10.3.1.10/24", via="10.3.1.1"))])],
            [
                ovs_bridge("net1", [nic(1)]),
                ovs_bridge("net3", [nic(3), vlan(31, **on("10.3.1.10/24", via="10.3.1.1"))]),
            ],
            others=_VIPS[:1],
        ),
        # The bridge has an MTU of its own: it would follow its ports some time later.
        Case(
            "switch: MTUs of NICs by their rows",
            [ovs_bridge("net1", [nic(1), nic(2)], mtu=1300, ovs_extra=[_WITH_MTU.format(2, 1400)])],
            [ovs_bridge("net1", [nic(1), nic(2)], mtu=1300, ovs_extra=[_WITH_MTU.format(1, 9000)])],
        ),
        Case(
            "switch: keys are set", _site(ovs_extra=list(_EXTRA)), _site(), others=_VIPS, others_set=_THEIRS
        ),
        Case(
            "switch: keys are taken back",
            _site(),
            _site(ovs_extra=list(_EXTRA)),
            others=_VIPS,
            others_set=_THEIRS,
        ),
    )
)

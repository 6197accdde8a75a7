"""Plans to be killed, over the kernel's links, addresses, routes and rules, and over files."""

from __future__ import annotations

from pathlib import Path
from typing import Sequence, Tuple

from tests.independence.entries import bond, bridge, dummy, macvlan, nic, on, pair, tap, vlan, vrf, vxlan
from tests.independence.language import Config

from .case import Case
from .files import RESOLV_CONF, File

_MULTIPATH = "nexthop via 2001:db8:2::1 weight 2 nexthop via 2001:db8:2::3"
_FAR = "2001:db8:f2::/48"


def _site(mode: str = "mode=active-backup miimon=100", ports: Sequence[int] = (1, 2)) -> Config:
    return [
        bond("net1", [nic(number) for number in ports], mode),
        vlan(10, "net1", **on("10.1.0.10/24", "2001:db8:1::10/64", via="10.1.0.1")),
        vlan(20, "net1", **on("10.2.0.10/24")),
    ]


def _lone(*addresses: str, mtu: int = 1500, **more: object) -> Config:
    return [nic(3, mtu=mtu, **on(*addresses), **more)]


_VIPS = (
    "address add 10.1.0.100/24 dev vlan10",
    "address add 10.1.0.101/32 dev vlan10",
    "address add 2001:db8:1::100/64 dev vlan10 nodad",
    "route add 198.51.100.0/24 via 10.1.0.2 dev vlan10 proto bgp",
    "rule add from 10.9.0.0/24 lookup 77 priority 50",
)
_HAND_MADE = (
    "link add net1 type bond mode balance-xor miimon 250 xmit_hash_policy layer3+4",
    "link set eno1 down",
    "link set eno1 master net1",
    "link set net1 mtu 1450",
    "link set net1 up",
    "link add link net1 name vlan10 type vlan id 10",
    "link set vlan10 up",
    "address add 10.1.0.10/24 brd + dev vlan10",
    "route add 203.0.113.0/24 via 10.1.0.1 dev vlan10",
    "link add net2 type bridge forward_delay 300",
    "link set eno3 master net2",
    "link set eno3 up",
    "link set net2 up",
)
_RULES = [{"rule": "from 10.3.0.0/24 table 100 priority 1000"}, {"rule": "fwmark 7 table 101 pref 900"}]
_TABLES: Config = [{"type": "route_table", "name": "green", "table_id": 100}]
_SCRIPTS = "/etc/sysconfig/network-scripts"
_PROFILES = "/etc/NetworkManager/system-connections"
#: Somebody who is not root; in a user namespace of an ordinary user there is nobody else.
_SOMEBODY = min(7, int(Path("/proc/self/gid_map").read_text(encoding="ascii").split()[-1]) - 1)
_RESOLV_CONF = (File(RESOLV_CONF, b"# by hand\nnameserver 10.3.0.1\noptions rotate", 0o640),)
_INTERFACES = (
    File("/etc/network/interfaces", b"auto lo eno3\niface lo inet loopback\niface eno3 inet dhcp\n", 0o664),
    File("/etc/network/interfaces.d/eno3", b"iface eno3 inet6 auto\n", 0o640, (_SOMEBODY, _SOMEBODY)),
    File("/etc/network/interfaces.d/mixed", b"auto eno3 eno4\niface eno4 inet dhcp\n", owner=(0, _SOMEBODY)),
    File("/etc/network/interfaces.d/eno4", b"iface eno4 inet6 auto\n"),
)
_OF_NETWORK_MANAGER = (
    File(f"{_PROFILES}/a.nmconnection", b"[connection]\ninterface-name=eno3\n", 0o600),
    File(f"{_PROFILES}/b.nmconnection", b"[connection]\ninterface-name=eno5\n", 0o600),
    File(f"{_SCRIPTS}/ifcfg-eno3", b"DEVICE=eno3\nUUID=1\n", owner=(0, _SOMEBODY)),
    File(f"{_SCRIPTS}/route-eno3", b"\xff", 0o4711),
    File(f"{_SCRIPTS}/ifcfg-eno4", b"DEVICE=eno4\n"),
)

KERNEL_PLANS: Tuple[Case, ...] = (
    Case("bond mode", _site("mode=balance-xor miimon=200 updelay=400"), _site(), others=_VIPS),
    Case(
        "bond with ports moved",
        [*_site(ports=(2, 3)), nic(1, **on("10.5.0.10/24"))],
        _site(),
        others=_VIPS,
    ),
    Case(
        "bond gives its ports to a bridge of its name",
        [bridge("net1", [nic(1), nic(2)], **on("10.1.0.10/24")), vlan(10, "net1", **on("10.3.0.10/24"))],
        _site(),
    ),
    Case(
        "VLAN moves to another device",
        [nic(4, **on("10.4.0.10/24")), *_site()[:1], vlan(10, "eno4", **on("10.1.0.10/24", "10.1.0.11/24"))],
        [nic(4), *_site()[:2]],
        others=_VIPS,
    ),
    Case(
        "VLANs of other ids and devices",
        [vlan(30, "eno4"), {"type": "interface", "name": "eno4.12", **on("10.3.0.10/24")}],
        [vlan(30, "eno5"), {"type": "interface", "name": "eno4.11", **on("10.3.0.10/24")}],
    ),
    Case(
        "bridge with members",
        [
            bridge(
                "net2",
                [nic(3, bridge_port_options="path_cost=10 isolated=1"), nic(4), vlan(30, "eno5")],
                bridge_options="stp_state=on ageing_time=20000 mcast_snooping=0",
                **on("10.6.0.10/24", "2001:db8:6::10/64"),
            )
        ],
        [bridge("net2", [nic(3), nic(5)], **on("10.6.0.10/24"))],
    ),
    Case(
        "address swap with a VIP beside it",
        [vlan(10, "eno1", **on("10.1.0.11/24", "2001:db8:1::11/64", via="10.1.0.1"))],
        [vlan(10, "eno1", **on("10.1.0.10/24", "2001:db8:1::10/64", via="10.1.0.1"))],
        others=_VIPS,
    ),
    Case(
        "tables and rules",
        [
            *_TABLES,
            nic(3, routes=[{"ip_netmask": "172.16.1.0/24", "next_hop": "10.3.0.1", "table": "green"}],
                addresses=[{"ip_netmask": "10.3.0.10/24"}], rules=_RULES),
        ],
        [nic(3, addresses=[{"ip_netmask": "10.3.0.10/24"}],
             routes=[{"ip_netmask": "172.16.1.0/24", "next_hop": "10.3.0.1", "table": 102}],
             rules=[{"rule": "from 10.3.0.0/24 table 102 priority 1000"}])],
    ),
    Case(
        "MTU chain",
        [
            bond("net1", [nic(1), nic(2)], mtu=9000),
            vlan(10, "net1", mtu=8900, **on("10.1.0.10/24", "2001:db8:1::10/64")),
            bridge("net2", [vlan(20, "net1", mtu=8800)], mtu=8800),
        ],
        [
            bond("net1", [nic(1), nic(2)], mtu=1400),
            vlan(10, "net1", mtu=1300, **on("10.1.0.10/24", "2001:db8:1::10/64")),
            bridge("net2", [vlan(20, "net1", mtu=1350)]),
        ],
    ),
    Case(
        "adoption",
        [
            bond("net1", [nic(1), nic(2)], "mode=balance-xor miimon=100 xmit_hash_policy=layer2"),
            vlan(10, "net1", **on("10.1.0.10/24", "10.1.0.20/24")),
            bridge("net2", [nic(3)], **on("10.6.0.10/24")),
        ],
        by_hand=_HAND_MADE,
        others=_VIPS,
    ),
    Case("prune", [nic(5, **on("10.5.0.10/24"))], [*_site(), *_lone("10.6.0.10/24")]),
    Case("release", [nic(5)], [*_lone("10.6.0.10/24", "2001:db8:6::10/64", mtu=1400), nic(4, mtu=1450)]),
    Case(
        "next hops and dead ends",
        [nic(5, **on("2001:db8:2::11/64"), routes=[{"ip_netmask": _FAR, "route_options": "prohibit"}])],
        [nic(5, **on("2001:db8:2::11/64"), routes=[{"ip_netmask": _FAR, "route_options": _MULTIPATH}])],
    ),
    Case(
        "a tap, and a bridge in the place of a bond",
        [tap("net3", **on("10.2.0.10/24")), bridge("net1", [nic(1), bond("net4", [nic(2)])])],
        [bond("net1", [nic(1)], "mode=802.3ad lacp_rate=fast miimon=100"), tap("net2", **on("10.3.0.10/24"))],
    ),
    Case(
        "links of our own kinds",
        [
            dummy("net1", mtu=1400, macaddr="52:54:00:aa:00:02", **on("10.1.0.11/24", "2001:db8:1::11/64")),
            macvlan("net2", "eno3", mode="passthru", **on("10.2.0.10/24", via="10.2.0.1")),
            bridge("net3", [vxlan("net4", 7, group="239.1.1.1", device="eno4")], **on("10.3.0.10/24")),
            vxlan("net5", 8, local="10.1.0.11", remote="10.1.0.2", ttl=9, **on("10.4.0.10/24")),
        ],
        [
            dummy("net1", macaddr="52:54:00:aa:00:01", **on("10.1.0.10/24", "2001:db8:1::10/64")),
            macvlan("net2", "eno3", mode="vepa", macaddr="52:54:00:aa:00:03", **on("10.2.0.10/24")),
            vxlan("net4", 8, device="eno4", remote="10.1.0.1", **on("10.3.0.10/24")),
            vxlan("net5", 7, local="10.1.0.10", remote="10.1.0.2", **on("10.4.0.10/24", via="10.4.0.1")),
        ],
    ),
    Case(
        "VRFs",
        [
            vrf("net1", 200, [nic(3, **on("10.1.0.10/24", "2001:db8:1::10/64", via="10.1.0.1")), nic(4)]),
            dummy("net3", **on("10.3.0.10/24", via="10.3.0.1")),
        ],
        [
            vrf("net1", 201, [dummy("net3", **on("10.3.0.10/24", via="10.3.0.1"))]),
            vrf("net2", 202, [nic(4, **on("10.4.0.10/24", via="10.4.0.1"))]),
            nic(3, **on("10.1.0.10/24", "2001:db8:1::10/64", via="10.1.0.1")),
        ],
        others=("route add 198.51.100.0/24 via 10.1.0.2 dev eno3 table 77 proto bgp",),
    ),
    Case(
        "pairs",
        [*pair("end1", "end3", on("10.1.0.10/24", via="10.1.0.1")), *pair("end2", "end4", {"mtu": 9000})],
        [*pair("end1", "end2", on("10.1.0.10/24", via="10.1.0.1")), *pair("end5", "end6", {"mtu": 1400})],
    ),
    Case(
        "files of ifupdown, which it changes and removes",
        _lone("10.3.0.11/24"),
        [*_lone("10.3.0.10/24"), vlan(10, "eno4", **on("10.1.0.10/24"))],
        options=("--purge-provider", "eni"),
        files=_INTERFACES,
    ),
    Case(
        "files of NetworkManager, from two directories",
        [*_lone("10.3.0.10/24", mtu=1400), nic(4, mtu=1450)],
        options=("--purge-provider", "nmstate"),
        files=_OF_NETWORK_MANAGER,
    ),
    Case(
        "name servers that come to a file of others",
        [*_lone("10.3.0.10/24", mtu=1400, dns_servers=["10.3.0.53"], domain=["a.example"])],
        files=_RESOLV_CONF,
    ),
    Case(
        "name servers that change",
        [*_lone("10.3.0.10/24", dns_servers=["10.3.0.53"]), vlan(10, "eno4", **on("10.1.0.10/24"))],
        _lone("10.3.0.11/24", dns_servers=["10.3.0.54"], domain=["a.example"]),
        files=_RESOLV_CONF,
    ),
    Case(
        "name servers that go",
        _lone("10.3.0.11/24"),
        _lone("10.3.0.10/24", dns_servers=["10.3.0.53"]),
        files=_RESOLV_CONF,
    ),
)  # fmt: skip

"""What one object alone cannot know to be wrong: where, in which words, and what is good."""

from __future__ import annotations

from typing import List, NamedTuple

import pytest

from ..texts import said


class Case(NamedTuple):
    """A config with what is said of it, and one beside it of which nothing is said.

    Both without their first line, ``network_config:``.
    """

    what: str
    bad: str
    says: List[str]
    good: str


NICS = """\
- {type: interface, name: eth0}
- {type: interface, name: eth1}
"""
BOND = """\
- type: linux_bond
  name: bond0
  members:
  - {type: interface, name: eth0}
  - {type: interface, name: eth1}
"""

PATCH = """\
- type: ovs_bridge
  name: br0
  members: [{{type: ovs_patch_port, name: p0, bridge_name: br0, peer: {}}}]
"""


CARRIED = (
    "- {type: interface, name: eth0, mtu: %d}\n"
    "- {type: vxlan, name: vx0, device: eth0, vxlan_id: 7, addresses: [{ip_netmask: '2001:db8::1/64'}]}\n"
)


def tunnels(first: str, second: str, extra: str = "") -> str:
    """Two in one bridge."""
    lines = ["- type: ovs_bridge", "  name: br0", "  members:"]
    for number, more in enumerate((first, second)):
        options = f"ovs_options: [remote_ip=192.0.2.9, {more}]"
        lines.append(f"  - {{type: ovs_tunnel, name: vx{number}, tunnel_type: vxlan, {options}}}")
    lines += [f"  ovs_extra: {extra}"] if extra else []
    return "\n".join(lines) + "\n"


CASES = [
    Case(
        "a NIC twice",
        """\
- type: interface
  name: eth0
  mtu: 1500
- type: interface
  name: eth0
  mtu: 9000
""",
        [
            "5:3: network_config[1]: interface eth0 is declared twice; first at network_config[0]"
            " (a link stands once in the file, with all that belongs to it)"
        ],
        NICS,
    ),
    Case(
        "two bonds of one name",
        BOND + "- {type: linux_bond, name: bond0}\n",
        [
            "7:3: network_config[1]: linux_bond bond0 is declared twice; first at network_config[0]"
            " (a link stands once in the file, with all that belongs to it)"
        ],
        BOND + "- {type: linux_bond, name: bond1}\n",
    ),
    Case(
        "a bond with the name of a NIC",
        NICS + "- {type: linux_bond, name: eth0}\n",
        [
            "4:3: network_config[2]: linux_bond eth0 is declared twice; first at network_config[0]"
            " (a link stands once in the file, with all that belongs to it)"
        ],
        NICS + "- {type: linux_bond, name: bond0}\n",
    ),
    Case(
        "a VLAN id on two devices, since a VLAN's name has only the id",
        NICS + "- {type: vlan, vlan_id: 20, device: eth0}\n- {type: vlan, vlan_id: 20, device: eth1}\n",
        [
            "5:3: network_config[3]: vlan vlan20 is declared twice (VLAN 20 of eth1); first at"
            " network_config[2] (a link stands once in the file, with all that belongs to it)"
        ],
        NICS + "- {type: vlan, vlan_id: 20, device: eth0}\n- {type: interface, name: eth1.20}\n",
    ),
    Case(
        "a VLAN id twice on one device",
        NICS + "- {type: vlan, vlan_id: 20, device: eth0}\n- {type: interface, name: eth0.20}\n",
        [
            "5:3: network_config[3]: VLAN 20 of eth0 is vlan20 already, at network_config[2]"
            " (a device carries a VLAN id once)"
        ],
        NICS + "- {type: vlan, vlan_id: 20, device: eth0}\n- {type: interface, name: eth0.21}\n",
    ),
    Case(
        "a NIC whose entry beside the bond says nothing",
        "- {type: interface, name: eth0, use_dhcp: false}\n" + BOND,
        [
            "2:3: warning: network_config[0]: eth0 is a member elsewhere, and this entry adds nothing"
            " to that (remove it)"
        ],
        BOND,
    ),
    Case(
        "a NIC whose entry beside the bond says something",
        "- {type: interface, name: eth0, mtu: 9000}\n" + BOND,
        [
            "6:5: network_config[1].members[0]: interface eth0 is declared twice; first at network_config[0]"
            " (a link stands once in the file, with all that belongs to it)"
        ],
        BOND.replace("eth0}", "eth0, mtu: 9000}"),
    ),
    Case(
        "a bond in itself",
        "- {type: linux_bond, name: bond0, members: [{type: interface, name: bond0}]}\n",
        ["2:45: network_config[0].members[0]: linux_bond bond0 is a member of itself"],
        "- {type: linux_bond, name: bond0, members: [{type: interface, name: eth0}]}\n",
    ),
    Case(
        "a bridge in its own bond",
        """\
- type: linux_bridge
  name: br0
  members:
  - type: linux_bond
    name: bond0
    members:
    - {type: interface, name: br0}
""",
        ["8:7: network_config[0].members[0].members[0]: linux_bridge br0 is a member of itself"],
        """\
- type: linux_bridge
  name: br0
  members:
  - type: linux_bond
    name: bond0
    members:
    - {type: interface, name: eth0}
""",
    ),
    Case(
        "a NIC with two masters",
        BOND + "- type: linux_bridge\n  name: br0\n  members: [{type: interface, name: eth1}]\n",
        [
            "9:13: network_config[1].members[0]: eth1 cannot be a member of linux_bridge br0 too:"
            " it is one of linux_bond bond0 (a link has one master)"
        ],
        BOND + "- type: linux_bridge\n  name: br0\n  members: [{type: interface, name: eth2}]\n",
    ),
    Case(
        "a bond with two masters",
        BOND
        + """\
- type: linux_bridge
  name: br0
  members: [{type: interface, name: bond0}]
- type: linux_bridge
  name: br1
  members: [{type: interface, name: bond0}]
""",
        [
            "12:13: network_config[2].members[0]: bond0 cannot be a member of linux_bridge br1 too:"
            " it is one of linux_bridge br0 (a link has one master)"
        ],
        BOND + "- type: linux_bridge\n  name: br0\n  members: [{type: interface, name: bond0}]\n",
    ),
    Case(
        "a VLAN on a device that is not there",
        "- type: vlan\n  vlan_id: 20\n  device: bond1\n" + BOND,
        [
            "4:11: network_config[0].device: there is no link bond1 for vlan20 to stand on"
            " (declare bond1 in this file, or correct the name)"
        ],
        "- type: vlan\n  vlan_id: 20\n  device: bond0\n" + BOND,
    ),
    Case(
        "a dotted name on a device that is not there",
        NICS + "- {type: interface, name: eth2.20}\n",
        [
            "4:27: network_config[2].name: there is no link eth2 for eth2.20 to stand on"
            " (declare eth2 in this file, or correct the name)"
        ],
        NICS + "- {type: interface, name: eth1.20}\n",
    ),
    Case(
        "a numbered NIC is not looked for without a node",
        "- {type: vlan, vlan_id: 20, device: nicx}\n",
        [
            "2:37: network_config[0].device: there is no link nicx for vlan20 to stand on"
            " (declare nicx in this file, or correct the name)"
        ],
        "- {type: vlan, vlan_id: 20, device: nic7}\n",
    ),
    Case(
        "a VLAN without a device",
        NICS + "- {type: vlan, vlan_id: 20}\n",
        [
            "4:3: network_config[2]: vlan20 has no device"
            " (add device: <the NIC, bond or bridge below it>)"
        ],
        "- {type: linux_bridge, name: br0, members: [{type: vlan, vlan_id: 20}]}\n",
    ),
    Case(
        "a dotted name with a VLAN id that is none",
        NICS + "- {type: interface, name: eth0.4095}\n",
        ["4:27: network_config[2].name: eth0.4095 names VLAN 4095, which is not in 1..4094"],
        NICS + "- {type: interface, name: eth0.4094}\n",
    ),
    Case(
        "an MTU over that of the NIC below",
        """\
- {type: interface, name: eth0, mtu: 1500}
- {type: vlan, vlan_id: 20, device: eth0, mtu: 9000}
""",
        [
            "3:48: network_config[1].mtu: mtu 9000 of vlan20 is larger than 1500, the mtu of eth0 below it"
            " (give eth0 an mtu of at least 9000)"
        ],
        """\
- {type: interface, name: eth0, mtu: 9000}
- {type: vlan, vlan_id: 20, device: eth0, mtu: 9000}
""",
    ),
    Case(
        "an MTU over that of the bond that the device is a port of",
        BOND + "  mtu: 1280\n- {type: vlan, vlan_id: 20, device: eth0, mtu: 1400}\n",
        [
            "8:48: network_config[1].mtu: mtu 1400 of vlan20 is larger than 1280, the mtu of eth0 below it"
            " (give eth0 an mtu of at least 1400)"
        ],
        BOND + "  mtu: 1280\n- {type: vlan, vlan_id: 20, device: eth0, mtu: 1280}\n",
    ),
    Case(
        "an MTU over that of a port of the bridge",
        "- {type: linux_bridge, name: br0, members: [{type: interface, name: eth0, mtu: 1280}]}\n"
        "- {type: vlan, vlan_id: 20, device: br0, mtu: 1500}\n",
        [
            "3:47: network_config[1].mtu: mtu 1500 of vlan20 is larger than 1280, the mtu of br0 below it"
            " (give br0 an mtu of at least 1500)"
        ],
        "- {type: linux_bridge, name: br0, mtu: 1500, members: [{type: interface, name: eth0, mtu: 1280}]}\n"
        "- {type: vlan, vlan_id: 20, device: br0, mtu: 1500}\n",
    ),
    Case(
        "a bridge in a bridge",
        "- {type: linux_bridge, name: br0, members: [{type: interface, name: br1}]}\n"
        "- {type: linux_bridge, name: br1}\n",
        [
            "2:45: network_config[0].members[0]: br1 is a bridge: it cannot be a member of linux_bridge br0"
            " (join two bridges by a pair of links)"
        ],
        "- {type: linux_bridge, name: br0, members: [{type: interface, name: eth0}]}\n"
        "- {type: linux_bridge, name: br1}\n",
    ),
    Case(
        "an MTU over that of the bond's ports",
        BOND.replace("eth0}", "eth0, mtu: 1500}") + "- {type: vlan, vlan_id: 20, device: bond0, mtu: 9000}\n",
        [
            "7:49: network_config[1].mtu: mtu 9000 of vlan20 is larger than 1500, the mtu of bond0 below it"
            " (give bond0 an mtu of at least 9000)"
        ],
        BOND.replace("eth0}", "eth0, mtu: 9000}") + "- {type: vlan, vlan_id: 20, device: bond0, mtu: 9000}\n",
    ),
    Case(
        "ports of one bond with two MTUs",
        BOND.replace("eth0}", "eth0, mtu: 1500}").replace("eth1}", "eth1, mtu: 9000}"),
        [
            "6:40: network_config[0].members[1].mtu: mtu 9000 of eth1 differs from 1500, that of another"
            " port of bond0 (give bond0 itself an mtu)"
        ],
        BOND.replace("eth0}", "eth0, mtu: 9000}").replace("eth1}", "eth1, mtu: 9000}"),
    ),
    Case(
        "an MTU of a port that its bond overrules",
        BOND.replace("name: bond0", "name: bond0\n  mtu: 1500").replace("eth1}", "eth1, mtu: 9000}"),
        [
            "7:40: warning: network_config[0].members[1].mtu: not used: bond0 gives its ports its own mtu,"
            " 1500 (remove it)"
        ],
        BOND.replace("name: bond0", "name: bond0\n  mtu: 9000").replace("eth1}", "eth1, mtu: 9000}"),
    ),
    Case(
        "two MTUs for a bond that is named in a bridge",
        "- {type: linux_bridge, name: br0, members: [{type: interface, name: bond0, mtu: 9000}]}\n"
        + BOND.replace("name: bond0", "name: bond0\n  mtu: 1500"),
        [
            "2:81: network_config[0].members[0].mtu: mtu 9000 of bond0 differs from 1500, which"
            " network_config[1] says (say it once)"
        ],
        "- {type: linux_bridge, name: br0, members: [{type: interface, name: bond0, mtu: 9000}]}\n" + BOND,
    ),
    Case(
        "an MTU too small for IPv6",
        "- {type: interface, name: eth0, mtu: 1279, addresses: [{ip_netmask: '2001:db8::1/64'}]}\n",
        ["2:38: network_config[0].mtu: mtu 1279 is below 1280, which IPv6 needs"],
        "- {type: interface, name: eth0, mtu: 1280, addresses: [{ip_netmask: '2001:db8::1/64'}]}\n",
    ),
    Case(
        "a tunnel that is left too small an MTU for IPv6",
        CARRIED % 1329,
        [
            "3:67: network_config[1].addresses[0]: IPv6 needs an mtu of 1280, and vx0 has 1279 on eth0"
            " (give eth0 an mtu of at least 1330)"
        ],
        CARRIED % 1330,
    ),
    Case(
        "a name of more than 15 characters",
        "- {type: interface, name: eth0123456789012}\n",
        [
            "2:27: network_config[0].name: the name eth0123456789012 has 16 characters; a link's has at"
            " most 15 (choose a shorter one)"
        ],
        "- {type: interface, name: eth012345678901}\n"
        "- type: ovs_bridge\n  name: br0\n  members:\n"
        "  - {type: ovs_tunnel, name: tunnel-to-storage, tunnel_type: gre, ovs_options: [key=1]}\n",
    ),
    Case(
        "a name of more than 15 bytes",
        "- {type: linux_bridge, name: brücke-zum-netz}\n",
        [
            "2:30: network_config[0].name: the name brücke-zum-netz has 16 bytes in UTF-8; a link's has at"
            " most 15 (choose a shorter one)"
        ],
        "- {type: linux_bridge, name: bruecke-zum-net}\n",
    ),
    Case(
        "a dotted name that gets too long by its VLAN id",
        "- {type: interface, name: enp130s0f0np0}\n- {type: interface, name: enp130s0f0np0.20}\n",
        [
            "3:27: network_config[1].name: the name enp130s0f0np0.20 has 16 characters; a link's has at"
            " most 15 (choose a shorter one)"
        ],
        "- {type: interface, name: enp130s0f0np0}\n- {type: vlan, vlan_id: 20, device: enp130s0f0np0}\n",
    ),
    Case(
        "two primaries",
        BOND.replace("eth0}", "eth0, primary: true}").replace("eth1}", "eth1, primary: true}"),
        [
            "6:44: network_config[0].members[1].primary: linux_bond bond0 has a primary member already: eth0"
            " (keep one primary)"
        ],
        BOND.replace("eth0}", "eth0, primary: true}").replace("eth1}", "eth1, primary: false}"),
    ),
    Case(
        "a port that NetworkManager controls",
        BOND.replace("eth1}", "eth1, nm_controlled: true}"),
        [
            "6:50: network_config[0].members[1].nm_controlled: NetworkManager would take eth1 out of"
            " linux_bond bond0 (remove nm_controlled from a port)"
        ],
        BOND.replace("eth1}", "eth1, nm_controlled: false}")
        + "- {type: interface, name: eth2, nm_controlled: false}\n",
    ),
    Case(
        "links in a ring",
        """\
- {type: linux_bridge, name: br0, members: [{type: interface, name: vlan20}]}
- {type: vlan, vlan_id: 20, device: bond0}
- {type: linux_bond, name: bond0, members: [{type: interface, name: br0}]}
""",
        [
            "2:3: network_config[0]: br0 on vlan20 on bond0 on br0: the links stand on each other in a ring"
            " (one of them must stand on a NIC)"
        ],
        """\
- {type: linux_bridge, name: br0, members: [{type: interface, name: vlan20}]}
- {type: vlan, vlan_id: 20, device: bond0}
- {type: linux_bond, name: bond0, members: [{type: interface, name: eth0}]}
""",
    ),
    Case(
        "an address on two links",
        """\
- {type: interface, name: eth0, addresses: [{ip_netmask: 192.0.2.1/24}]}
- {type: interface, name: eth1, addresses: [{ip_netmask: 192.0.2.1/32}]}
""",
        [
            "3:45: warning: network_config[1].addresses[0]: 192.0.2.1 is an address of eth0 already"
            " (give each link its own)"
        ],
        """\
- {type: interface, name: eth0, addresses: [{ip_netmask: 192.0.2.1/24}]}
- {type: interface, name: eth1, addresses: [{ip_netmask: 192.0.2.2/32}]}
""",
    ),
    Case(
        "a VLAN of a virtual switch with a device that is no member of it",
        """\
- {type: interface, name: eth1}
- type: ovs_bridge
  name: br-ex
  members:
  - {type: interface, name: eth0}
  - {type: vlan, vlan_id: 20, device: eth1}
""",
        [
            "7:39: warning: network_config[1].members[1].device: device eth1 is no member of ovs_bridge"
            " br-ex (remove device: the VLAN is a port of the bridge)",
        ],
        "- {type: linux_bridge, name: br-ex, members: [{type: vlan, vlan_id: 20}]}\n",
    ),
    Case(
        "a tunnel of the ends of another one",
        tunnels("key=0x64, dst_port=4789", "key=100"),
        [
            "6:68: network_config[0].members[1].ovs_options: ovs_tunnel vx1 has the ends and the key of vx0,"
            " at network_config[0].members[0] (give one of them another remote_ip, local_ip, key or dst_port)"
        ],
        tunnels("key=100", "key=101"),
    ),
    Case(
        "tunnels that only ovs_extra makes the same",
        tunnels("key=100", "key=101", "set interface vx1 options:key=100"),
        [
            "6:68: network_config[0].members[1].ovs_options: ovs_tunnel vx1 has the ends and the key of vx0,"
            " at network_config[0].members[0] (give one of them another remote_ip, local_ip, key or dst_port)"
        ],
        tunnels("key=100", "key=100", "set interface vx1 options:dst_port=4790"),
    ),
    Case(
        "a patch port that is its own other end",
        PATCH.format("p0"),
        [
            "4:70: network_config[0].members[0].peer: ovs_patch_port p0 is its own peer"
            " (name the patch port at the other end)"
        ],
        PATCH.format("p1"),
    ),
    Case(
        "a virtual data path without a switch mode",
        "- {type: sriov_pf, name: eth0, numvfs: 0, vdpa: true}\n",
        [
            "2:40: network_config[0].numvfs: vdpa needs a virtual function (set numvfs to 1 or more)",
            "2:49: network_config[0].vdpa: vdpa needs the switchdev mode (add link_mode: switchdev)",
        ],
        "- {type: interface, name: eth0}\n",
    ),
    Case(
        "a virtual function that is to send at least more than at most",
        "- {type: sriov_vf, device: eth0, vfid: 0, min_tx_rate: 200, max_tx_rate: 100, qos: 3}\n",
        [
            "2:56: network_config[0].min_tx_rate: min_tx_rate 200 is larger than max_tx_rate 100"
            " (a max_tx_rate of 0 is no limit)",
            "2:84: network_config[0].qos: qos stands in a VLAN tag, and there is no VLAN (add vlan_id)",
        ],
        "- {type: interface, name: eth0}\n",
    ),
]  # fmt: skip


@pytest.mark.parametrize("case", CASES, ids=[case.what for case in CASES])
def test_it_is_said_where_it_stands(case: Case) -> None:
    assert said(f"network_config:\n{case.bad}") == case.says


@pytest.mark.parametrize("case", CASES, ids=[case.what for case in CASES])
def test_the_config_beside_it_is_good(case: Case) -> None:
    assert said(f"network_config:\n{case.good}") == []


# Reachable next hops

ROUTES = """\
network_config:
- type: interface
  name: eth0
  {more}
  addresses: [{addresses}]
  routes:
  - ip_netmask: {network}
    next_hop: {hop}
"""


def routed(hop: str, *addresses: str, network: str = "198.51.100.0/24", more: str = "mtu: 1500") -> List[str]:
    entries = ", ".join(f"{{ip_netmask: '{address}'}}" for address in addresses)
    return said(ROUTES.format(hop=hop, addresses=entries, network=network, more=more))


@pytest.mark.parametrize(
    "hop, addresses",
    [
        ("192.0.2.1", ["192.0.2.10/24"]),
        ("192.0.2.1", ["203.0.113.1/24", "192.0.2.10/24"]),
        ("192.0.2.1", ["192.0.2.0/31"]),
        ("self", []),
    ],
)
def test_a_next_hop_that_an_address_reaches(hop: str, addresses: List[str]) -> None:
    assert routed(hop, *addresses) == []


@pytest.mark.parametrize("hop", ["2001:db8::1", "fe80::1", "self"])
def test_an_ipv6_next_hop_that_an_address_reaches(hop: str) -> None:
    assert routed(hop, "2001:db8::10/64", network="2001:db8:1::/48") == []


@pytest.mark.parametrize(
    "hop, addresses", [("192.0.3.1", ["192.0.2.10/24"]), ("192.0.2.1", ["192.0.2.10/32"]), ("192.0.2.1", [])]
)
def test_a_next_hop_that_no_address_reaches(hop: str, addresses: List[str]) -> None:
    assert [one for one in routed(hop, *addresses) if "prefix length" not in one] == [
        f"7:5: network_config[0].routes[0]: no address of eth0 reaches the next hop {hop}"
        " (correct it, or give the link an address in the next hop's network)"
    ]


def test_an_ipv6_next_hop_of_a_link_without_an_ipv6_address_may_be_announced() -> None:
    assert routed("2001:db8::1", "192.0.2.1/24", network="::/0") == [
        "7:5: warning: network_config[0].routes[0]: no address of eth0 reaches the next hop 2001:db8::1"
        " unless a router announces its network"
        " (correct it, or give the link an address in the next hop's network)"
    ]


def test_the_addresses_of_another_link_do_not_count() -> None:
    (error,) = said(
        """
        network_config:
        - type: interface
          name: eth0
          addresses: [{ip_netmask: 192.0.2.10/24}]
        - type: interface
          name: eth1
          addresses: [{ip_netmask: 203.0.113.10/24}]
          routes: [{ip_netmask: 198.51.100.0/24, next_hop: 192.0.2.1}]
        """
    )
    assert error.startswith("8:12: network_config[1].routes[0]: no address of eth1 reaches the next hop")


@pytest.mark.parametrize("more", ["use_dhcp: true", "use_dhcpv6: true"])
def test_dhcp_may_reach_anything(more: str) -> None:
    assert not [one for one in routed("192.0.3.1", "192.0.2.10/24", more=more) if "reaches" in one]


def test_a_device_route_reaches_a_next_hop() -> None:
    assert (
        said(
            """
        network_config:
        - type: interface
          name: eth0
          addresses: [{ip_netmask: 192.0.2.10/32}]
          routes:
          - {ip_netmask: 192.0.2.1/32, next_hop: self}
          - {default: true, next_hop: 192.0.2.1}
        """
        )
        == []
    )


# Sections


@pytest.mark.parametrize("section", ["minimum_config", "fallback_config"])
def test_every_section_is_checked_by_itself(section: str) -> None:
    assert said(
        f"""
        network_config:
        - {{type: interface, name: eth0}}
        {section}:
        - {{type: interface, name: eth0}}
        - {{type: vlan, vlan_id: 20, device: eth1}}
        """
    ) == [
        f"5:37: {section}[1].device: there is no link eth1 for vlan20 to stand on"
        " (declare eth1 in this file, or correct the name)"
    ]


def test_what_this_version_does_not_support_is_said_of_good_files_only() -> None:
    later = "network_config:\n- {type: sriov_pf, name: eth0, numvfs: 2}\n- {type: vlan, vlan_id: 20"
    assert said(later + ", device: eth0}\n") == [
        "2:3: network_config[0]: not supported by this version yet (SR-IOV)"
    ]
    assert said(later + ", device: eth1}\n") == [
        "3:37: network_config[1].device: there is no link eth1 for vlan20 to stand on"
        " (declare eth1 in this file, or correct the name)"
    ]


def test_problems_stand_in_the_order_of_the_file() -> None:
    found = said(
        """
        network_config:
        - {type: vlan, vlan_id: 20, device: bond7}
        - {type: interface, name: eth0, mtu: 9000, mut: 1}
        - {type: interface, name: eth0, mtu: 1500}
        """
    )
    assert [one.split(":")[0] for one in found] == ["2", "3", "4"]


def test_an_empty_command_moves_no_other() -> None:
    bridge = "network_config:\n- type: ovs_bridge\n  name: br0\n  ovs_extra:\n  - '  '\n  - null\n"
    assert said(bridge) == []
    found = said(bridge + "  - set bridge br0 fail_mode=secure\n  - ''\n  - set bridge br0 nonsense=1\n")
    assert [one.partition(": set bridge")[0] for one in found] == ["9:5: network_config[0].ovs_extra[4]"]


def test_a_next_hop_that_is_the_node_itself() -> None:
    other = "{type: interface, name: eth1, addresses: [{ip_netmask: 192.0.2.1/24}]}"
    route = "routes: [{ip_netmask: 10.0.0.0/8, next_hop: 192.0.2.1}]"
    found = said(f"network_config:\n- {other}\n- {{type: interface, name: eth0, use_dhcp: true, {route}}}\n")
    assert found == [
        "3:58: network_config[1].routes[0]: the next hop 192.0.2.1 is the node itself, on eth1"
        " (name another node)"
    ]

"""A VXLAN: Ethernet frames in UDP (RFC 7348; linux/if_link.h, IFLA_VXLAN_*; drivers/net/vxlan/vxlan_core.c).

Not here: what the driver takes for tunnels that others steer packet by packet (external, GBP, GPE).
"""

from __future__ import annotations

from typing import Tuple

from .attributes import Attribute, Impact, table
from .values import Choice, Flag, Integer, IpAddress, LinkName, Port, PortRange, Value, Values

KIND = "vxlan"

#: IANA's. The driver's own, if nobody says one, is an older one: 8472.
DSTPORT = 4789
#: What a packet becomes longer by: Ethernet, VXLAN, UDP and IP; the driver takes no larger MTU.
_OVERHEAD = {4: 50, 16: 70}
_IPV6 = 16

VNI = Attribute("vni", Integer(32, 0, 2**24 - 1), "The VXLAN id.", "IFLA_VXLAN_ID", 1, Impact.RECREATE)
REMOTE = Attribute(
    "remote",
    IpAddress(),
    "Where frames go to whose address nobody has learned: another end, or a multicast group of all.",
    "IFLA_VXLAN_GROUP",
    2,
    kernel6="IFLA_VXLAN_GROUP6",
    number6=16,
    default=None,
)
LOCAL = Attribute(
    "local",
    IpAddress(),
    "The address that packets are sent from.",
    "IFLA_VXLAN_LOCAL",
    4,
    kernel6="IFLA_VXLAN_LOCAL6",
    number6=17,
    default=None,
)
PORT = Attribute(
    "dstport",
    Port(),
    "The UDP port that packets are sent to, and come to.",
    "IFLA_VXLAN_PORT",
    15,
    Impact.RECREATE,
)

ATTRIBUTES = table(
    VNI,
    # The driver takes another one for a link that is there, and goes on to send by the old one: the entry
    # of its table for frames to nowhere in particular keeps it.
    Attribute(
        "link",
        LinkName(),
        "The link that packets are sent by, and a group is joined on.",
        "IFLA_VXLAN_LINK",
        3,
        Impact.RECREATE,
    ),
    LOCAL,
    REMOTE,
    PORT,
    Attribute(
        "srcport",
        PortRange(),
        "The UDP ports that packets are sent from, chosen by what is in them.",
        "IFLA_VXLAN_PORT_RANGE",
        10,
        Impact.RECREATE,
        default=0,
    ),
    Attribute(
        "ttl", Integer(8, 0, 255), "Time to live of the packets; 0: as usual.", "IFLA_VXLAN_TTL", 5, default=0
    ),
    Attribute(
        "tos",
        Integer(8, 0, 255),
        "Type of service of the packets; 1: as it is inside.",
        "IFLA_VXLAN_TOS",
        6,
        default=0,
    ),
    Attribute(
        "df",
        Choice(("unset", "set", "inherit")),
        "Whether routers may not fragment the packets (IPv4).",
        "IFLA_VXLAN_DF",
        29,
        default=0,
    ),
    Attribute(
        "vxlan_learning",
        Flag(),
        "Learn from packets which end has which MAC address.",
        "IFLA_VXLAN_LEARNING",
        7,
        default=1,
    ),
    Attribute(
        "vxlan_ageing",
        Integer(32, 1, 2**32 - 1),
        "Seconds after which what was learned is forgotten.",
        "IFLA_VXLAN_AGEING",
        8,
        default=300,
    ),
)

#: What says together where packets go and come from.
ENDS = ("link", LOCAL.name, REMOTE.name)


def family(values: Values) -> int:
    """The length of an address that this one uses: without any it is IPv4's."""
    return max((len(one) for one in _ends(values) if isinstance(one, bytes)), default=4)


def overhead(values: Values) -> int:
    return _OVERHEAD[family(values)]


def identity(values: Values) -> Tuple[Value, ...]:
    """Of which the driver has one (vxlan_vni_in_use)."""
    return (KIND, values.get(VNI.name), values.get(PORT.name), family(values))


def shown(values: Values) -> str:
    return f"VXLAN {values.get(VNI.name)!s} at UDP port {values.get(PORT.name)!s}"


def is_another(have: Values, then: Values) -> bool:
    """Whether only a new one is this: it keeps the family of its sockets, and the group that it joined."""
    return _sockets(have) != _sockets(then)


def _sockets(values: Values) -> Tuple[object, ...]:
    remote = values.get(REMOTE.name)
    group = remote if isinstance(remote, bytes) and is_multicast(remote) else None
    return (family(values), group, any(map(_is_link_local, _ends(values))))


def _ends(values: Values) -> Tuple[Value, Value]:
    return (values.get(LOCAL.name), values.get(REMOTE.name))


def is_multicast(address: bytes) -> bool:
    return address[0] == 0xFF if len(address) == _IPV6 else address[0] >> 4 == 0xE


def _is_link_local(address: Value) -> bool:
    is_ipv6 = isinstance(address, bytes) and len(address) == _IPV6
    return is_ipv6 and isinstance(address, bytes) and address[0] == 0xFE and address[1] & 0xC0 == 0x80

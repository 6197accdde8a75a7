"""Numbers of the rtnetlink protocol (linux/netlink.h, linux/rtnetlink.h, linux/if_link.h)."""

from __future__ import annotations

import struct

NETLINK_ROUTE = 0
SOL_NETLINK = 270
NETLINK_CAP_ACK = 10
NETLINK_EXT_ACK = 11
NETLINK_GET_STRICT_CHK = 12

NLMSG_ERROR = 2
NLMSG_DONE = 3

NLM_F_REQUEST = 0x01
NLM_F_ACK = 0x04
NLM_F_DUMP_INTR = 0x10
NLM_F_DUMP = 0x300
NLM_F_REPLACE = 0x100
NLM_F_EXCL = 0x200
NLM_F_CREATE = 0x400
NLM_F_CAPPED = 0x100
NLM_F_ACK_TLVS = 0x200

NLMSGERR_ATTR_MSG = 1
NLMSGERR_ATTR_OFFS = 2

RTM_NEWLINK, RTM_DELLINK, RTM_GETLINK = 16, 17, 18
RTM_NEWADDR, RTM_DELADDR, RTM_GETADDR = 20, 21, 22
RTM_NEWROUTE, RTM_DELROUTE, RTM_GETROUTE = 24, 25, 26

#: Low bits of an attribute's type; the high ones are NLA_F_NESTED and NLA_F_NET_BYTEORDER.
NLA_TYPE_MASK = 0x3FFF

IFLA_IFNAME = 3
IFLA_LINKINFO = 18
IFLA_EXT_MASK = 29
IFLA_LINK_NETNSID = 37
IFLA_INFO_KIND = 1
IFLA_INFO_DATA = 2
IFLA_INFO_SLAVE_KIND = 4
IFLA_INFO_SLAVE_DATA = 5
IFLA_BOND_SLAVE_PERM_HWADDR = 4
RTEXT_FILTER_SKIP_STATS = 1 << 3
IFF_UP = 1

IFA_ADDRESS = 1
IFA_LOCAL = 2
IFA_FLAGS = 8
IFA_F_SECONDARY = 0x01

RTA_DST = 1
RTA_OIF = 4
RTA_GATEWAY = 5
RTA_PRIORITY = 6
RTA_PREFSRC = 7
RTA_MULTIPATH = 9
RTA_TABLE = 15
RTA_VIA = 18
RTM_F_CLONED = 0x200
RTNH_F_ONLINK = 4
RTN_NAMES = {
    0: "unspec", 1: "unicast", 2: "local", 3: "broadcast", 4: "anycast", 5: "multicast",
    6: "blackhole", 7: "unreachable", 8: "prohibit", 9: "throw", 10: "nat",
}  # fmt: skip
RTN_UNICAST = 1

#: struct nlmsghdr: length, type, flags, sequence number, port.
NLMSGHDR = struct.Struct("=IHHII")
#: struct nlattr: length, type.
NLATTR = struct.Struct("=HH")
#: struct ifinfomsg: family, padding, device type, index, flags, change mask.
IFINFOMSG = struct.Struct("=BxHiII")
#: struct ifaddrmsg: family, prefix length, flags, scope, index.
IFADDRMSG = struct.Struct("=BBBBI")
#: struct rtmsg: family, destination and source length, tos, table, protocol, scope, type, flags.
RTMSG = struct.Struct("=BBBBBBBBI")
U32 = struct.Struct("=I")


def align(length: int) -> int:
    """NLMSG_ALIGN, NLA_ALIGN."""
    return (length + 3) & ~3

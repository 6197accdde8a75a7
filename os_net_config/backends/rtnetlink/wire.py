"""Numbers of the rtnetlink protocol (linux/netlink.h, linux/rtnetlink.h, linux/if_link.h)."""

from __future__ import annotations

import struct

#: Address families (linux/socket.h), and those that we know by the length of their addresses.
AF_UNSPEC, AF_INET, AF_INET6 = 0, 2, 10
FAMILIES = {4: AF_INET, 16: AF_INET6}

NETLINK_ROUTE = 0
SOL_NETLINK = 270
NETLINK_CAP_ACK = 10
NETLINK_EXT_ACK = 11
NETLINK_GET_STRICT_CHK = 12

#: Groups of notifications, as bits of an address that a socket is bound to (RTMGRP_*).
RTMGRP_LINK = 0x1
RTMGRP_IPV4_IFADDR = 0x10
RTMGRP_IPV6_IFADDR = 0x100
RTMGRP_IPV4_RULE = 0x80
RTMGRP_IPV4_ROUTE = 0x40
RTMGRP_IPV6_ROUTE = 0x400
#: Of RTNLGRP_IPV6_RULE, which has no name as a bit.
RTMGRP_IPV6_RULE = 0x40000

NLMSG_ERROR = 2
NLMSG_DONE = 3

NLM_F_REQUEST = 0x01
NLM_F_ACK = 0x04
NLM_F_DUMP_INTR = 0x10
NLM_F_DUMP = 0x300
NLM_F_REPLACE = 0x100
NLM_F_EXCL = 0x200
NLM_F_CREATE = 0x400
NLM_F_APPEND = 0x800
NLM_F_CAPPED = 0x100
NLM_F_ACK_TLVS = 0x200

NLMSGERR_ATTR_MSG = 1
NLMSGERR_ATTR_OFFS = 2

RTM_NEWLINK, RTM_DELLINK, RTM_GETLINK = 16, 17, 18
RTM_NEWADDR, RTM_DELADDR, RTM_GETADDR = 20, 21, 22
RTM_NEWROUTE, RTM_DELROUTE, RTM_GETROUTE = 24, 25, 26
RTM_NEWRULE, RTM_DELRULE, RTM_GETRULE = 32, 33, 34
RTM_GETNEIGH = 30
RTM_GETQDISC = 38
RTM_GETNSID = 90
RTM_DELLINKPROP = 109

#: Low bits of an attribute's type; the high ones are NLA_F_NESTED and NLA_F_NET_BYTEORDER.
NLA_TYPE_MASK = 0x3FFF
NLA_F_NESTED = 0x8000

IFLA_ADDRESS = 1
IFLA_IFNAME = 3
IFLA_PROTINFO = 12
IFLA_LINKINFO = 18
IFLA_AF_SPEC = 26
IFLA_EXT_MASK = 29
IFLA_LINK_NETNSID = 37
IFLA_XDP = 43
#: Within IFLA_INFO_DATA of a VLAN.
IFLA_VLAN_PROTOCOL = 5
IFLA_TARGET_NETNSID = 46
IFLA_GROUP = 27
IFLA_PROP_LIST = 52
IFLA_ALT_IFNAME = 53
IFLA_LINK = 5
IFLA_INFO_KIND = 1
IFLA_INFO_DATA = 2
IFLA_INFO_SLAVE_KIND = 4
IFLA_INFO_SLAVE_DATA = 5
IFLA_BOND_SLAVE_PERM_HWADDR = 4
RTEXT_FILTER_SKIP_STATS = 1 << 3
IFF_UP = 1
IFF_LOOPBACK = 0x8
IFF_NOARP = 0x80
IFF_SLAVE = 0x800
IFF_LOWER_UP = 0x10000

#: Within IFLA_PROTINFO of an answer for AF_INET6 (linux/if_link.h); DEVCONF_* are places in
#: IFLA_INET6_CONF, an array of s32 (linux/ipv6.h).
IFLA_INET6_CONF = 2
IFLA_INET6_CACHEINFO = 5
DEVCONF_DAD_TRANSMITS = 6
DEVCONF_RTR_SOLICIT_DELAY = 9

IFA_ADDRESS = 1
IFA_LOCAL = 2
IFA_FLAGS = 8
IFA_F_SECONDARY = 0x01
IFA_F_DADFAILED = 0x08
IFA_F_TENTATIVE = 0x40
IFA_F_NOPREFIXROUTE = 0x200

RTA_DST = 1
RTA_OIF = 4
RTA_GATEWAY = 5
RTA_PRIORITY = 6
RTA_METRICS = 8
RTA_MULTIPATH = 9
RTA_FLOW = 11
RTA_TABLE = 15
RTA_VIA = 18
RTA_NEWDST = 19
RTA_ENCAP_TYPE = 21
RTA_ENCAP = 22
RTA_TTL_PROPAGATE = 26
RTA_NH_ID = 30
RTM_F_CLONED = 0x200
RTNH_F_ONLINK = 4
RTN_NAMES = {
    0: "unspec", 1: "unicast", 2: "local", 3: "broadcast", 4: "anycast", 5: "multicast",
    6: "blackhole", 7: "unreachable", 8: "prohibit", 9: "throw", 10: "nat",
}  # fmt: skip
RTN_UNICAST = 1
RT_TABLE_LOCAL = 255

# linux/neighbour.h, linux/pkt_sched.h
NDA_DST = 1
NUD_PERMANENT = 0x80
TCA_KIND = 1
TC_H_ROOT, TC_H_INGRESS = 0xFFFFFFFF, 0xFFFFFFF1

# linux/net_namespace.h
NETNSA_NSID = 1
NETNSA_FD = 3

# linux/fib_rules.h
FRA_DST = 1
FRA_SRC = 2
FRA_IIFNAME = 3
FRA_GOTO = 4
FRA_PRIORITY = 6
FRA_FWMARK = 10
FRA_FLOW = 11
FRA_TUN_ID = 12
FRA_SUPPRESS_IFGROUP = 13
FRA_SUPPRESS_PREFIXLEN = 14
FRA_TABLE = 15
FRA_FWMASK = 16
FRA_OIFNAME = 17
FRA_PAD = 18
FRA_L3MDEV = 19
FRA_UID_RANGE = 20
FRA_PROTOCOL = 21
FRA_IP_PROTO = 22
FRA_SPORT_RANGE = 23
FRA_DPORT_RANGE = 24
FIB_RULE_PERMANENT, FIB_RULE_INVERT, FIB_RULE_UNRESOLVED = 0x1, 0x2, 0x4
FIB_RULE_IIF_DETACHED, FIB_RULE_OIF_DETACHED = 0x8, 0x10
FR_ACT_NAMES = {1: "lookup", 2: "goto", 3: "nop", 6: "blackhole", 7: "unreachable", 8: "prohibit"}

#: struct nlmsghdr: length, type, flags, sequence number, port.
NLMSGHDR = struct.Struct("=IHHII")
#: struct nlattr: length, type.
NLATTR = struct.Struct("=HH")
#: struct ifinfomsg: family, padding, device type, index, flags, change mask.
IFINFOMSG = struct.Struct("=BxHiII")
#: struct ifaddrmsg: family, prefix length, flags, scope, index.
IFADDRMSG = struct.Struct("=BBBBI")
#: struct ifa_cacheinfo: seconds left as preferred and as valid, and when it was made and last changed.
IFA_CACHEINFO = struct.Struct("=IIII")
#: INFINITY_LIFE_TIME (net/addrconf.h).
FOREVER = 0xFFFFFFFF
#: struct rtmsg: family, destination and source length, tos, table, protocol, scope, type, flags.
RTMSG = struct.Struct("=BBBBBBBBI")
#: struct rtnexthop: length, flags, hops (the weight less one), index.
RTNEXTHOP = struct.Struct("=HBBi")
#: struct fib_rule_hdr: family, destination and source length, tos, table, action, flags.
FIB_RULE_HDR = struct.Struct("=BBBBBxxBI")
#: struct fib_rule_port_range, struct fib_rule_uid_range: first and last.
PORT_RANGE = struct.Struct("=HH")
UID_RANGE = struct.Struct("=II")
#: struct ndmsg: family, padding, index, state, flags, type.
NDMSG = struct.Struct("=BxxxiHBB")
#: struct tcmsg: family, padding, index, handle, parent, info.
TCMSG = struct.Struct("=BxxxiIII")
#: struct rtgenmsg: family, with padding up to the attributes.
RTGENMSG = struct.Struct("=Bxxx")
U8 = struct.Struct("=B")
#: FRA_TUN_ID.
BE64 = struct.Struct(">Q")
#: FRA_SUPPRESS_*: -1 is none.
S32 = struct.Struct("=i")
U32 = struct.Struct("=I")
#: struct br_boolopt_multi (linux/if_bridge.h): values, and which of them are meant.
BOOLOPT_MULTI = struct.Struct("=II")
#: struct ifla_cacheinfo: largest reassembly, timestamp, reachable time and retransmission timer in ms.
IFLA_CACHEINFO = struct.Struct("=IIII")


def align(length: int) -> int:
    """NLMSG_ALIGN, NLA_ALIGN."""
    return (length + 3) & ~3


def attribute(number: int, value: bytes, nested: bool = False) -> bytes:
    """With what fills it up to whole words."""
    length = NLATTR.size + len(value)
    kind = number | (NLA_F_NESTED if nested else 0)
    return NLATTR.pack(length, kind) + value + bytes(align(length) - length)


def u32(number: int, value: int) -> bytes:
    """An attribute that is a number."""
    return attribute(number, U32.pack(value))


#: The body of a question for links, without their statistics.
LINKS = IFINFOMSG.pack(0, 0, 0, 0, 0) + u32(IFLA_EXT_MASK, RTEXT_FILTER_SKIP_STATS)

"""A route (linux/rtnetlink.h: RTA_*, RTAX_*, RTNH_F_*)."""

from __future__ import annotations

from typing import Iterable, Tuple

from .attributes import Attribute, table
from .values import Choice, Flag, Integer, IpAddress, LinkName, NextHop, NextHops, Text, Values

#: Our routing protocol number: the label of routes, rules and addresses (DESIGN law 6).
PROTOCOL = 111

#: RTPROT_KERNEL: the kernel makes these routes itself, and they go with their addresses.
KERNEL = 2

#: RTPROT_BOOT: what the kernel gives a route of which no protocol is said.
BOOT = 3

#: RT_TABLE_MAIN.
MAIN_TABLE = 254

#: The metric that the kernel gives where none is said (IP6_RT_PRIO_USER; IPv4 has 0).
DEFAULT_METRIC = {4: 0, 16: 1024}

#: Types of routes that lead nowhere (RTN_*): they have neither a link nor a next hop.
DEAD_ENDS = ("blackhole", "unreachable", "prohibit", "throw")

#: The type of a route that says what no attribute of ours does (an encapsulation, a next hop of the
#: other family, a next hop object…): none that is wanted is ever equal to it.
OTHER = "other"

#: Among the values of a route of ours: another's with the same key stands before it. Not an attribute.
BEHIND = "behind"

#: Among the values of an IPv6 route: the kernel makes one route of it and of what others have under the
#: same key, so that its next hops come and go one by one and nothing is replaced. Not an attribute.
BESIDE = "beside"

_NUMBER = Integer(32, 0, 2**32 - 1)


def _metric(name: str, number: int, description: str) -> Attribute:
    """One of the route's metrics (RTAX_*), all of which are nested in one attribute."""
    return Attribute(name, _NUMBER, description, f"RTAX_{name.upper()}", number, nest="RTA_METRICS")


METRICS = table(
    Attribute(
        "lock", _NUMBER, "Bits (1 << RTAX_*) of the metrics that stay as they are.", "RTAX_LOCK", 1,
        nest="RTA_METRICS",
    ),
    _metric("mtu", 2, "The path's MTU in bytes."),
    _metric("window", 3, "The largest TCP window that is announced, in bytes."),
    _metric("rtt", 4, "First estimate of the round-trip time, in 1/8 milliseconds."),
    _metric("rttvar", 5, "First estimate of its variance, in 1/4 milliseconds."),
    _metric("ssthresh", 6, "First slow-start threshold."),
    _metric("cwnd", 7, "The congestion window's limit; counts only when locked."),
    _metric("advmss", 8, "The TCP segment size that is announced, in bytes."),
    _metric("reordering", 9, "How much reordering is expected."),
    _metric("hoplimit", 10, "The hop limit of packets."),
    _metric("initcwnd", 11, "The first congestion window, in segments."),
    _metric("features", 12, "Bits of RTAX_FEATURE_*: 1 is ecn."),
    _metric("rto_min", 13, "The least retransmission timeout, in milliseconds."),
    _metric("initrwnd", 14, "The first receive window, in segments."),
    _metric("quickack", 15, "Whether segments are acknowledged at once."),
    Attribute("congctl", Text(), "The congestion control algorithm.", "RTAX_CC_ALGO", 16, nest="RTA_METRICS"),
    _metric("fastopen_no_cookie", 17, "TCP Fast Open without a cookie."),
)  # fmt: skip

ATTRIBUTES = {
    **table(
        Attribute(
            "gateway", IpAddress(), "The next hop; none for what is reached directly.", "RTA_GATEWAY", 5
        ),
        Attribute("link", LinkName(), "The link through which the packets leave.", "RTA_OIF", 4),
        Attribute("nexthops", NextHops(), "The next hops, where there are several.", "RTA_MULTIPATH", 9),
        Attribute("type", Text(), "unicast, blackhole, local… (RTN_*)."),
        Attribute("scope", Integer(8, 0, 255), "How far the destination is (RT_SCOPE_*)."),
        Attribute("protocol", Integer(8, 0, 255), "Who made the route; 111 is ours."),
        Attribute("onlink", Flag(), "The next hop is taken to be on the link (RTNH_F_ONLINK)."),
        Attribute("source", IpAddress(), "The source address of what is sent here.", "RTA_PREFSRC", 7),
        Attribute("realms", _NUMBER, "Source and destination realm, 16 bits each.", "RTA_FLOW", 11),
        Attribute(
            "pref", Choice(("medium", "high", "invalid", "low")), "Router preference (RFC 4191).",
            "RTA_PREF", 20,
        ),
    ),
    **METRICS,
}  # fmt: skip

#: What a route of ours has not if the config does not say it: the whole route is ours.
OPTIONS = frozenset(ATTRIBUTES) - {"gateway", "link", "nexthops", "type", "scope", "protocol"}

#: Where the packets go: one of them says it, or two.
HOPS = frozenset({"gateway", "link", "nexthops"})


def hops(values: Values) -> Tuple[NextHop, ...]:
    """The next hops of a route with these values, also where it is only one."""
    several = values.get("nexthops")
    if isinstance(several, tuple):
        return tuple(hop for hop in several if isinstance(hop, NextHop))
    gateway, link = values.get("gateway"), values.get("link")
    if not isinstance(link, str):
        return ()
    return (
        NextHop(gateway if isinstance(gateway, bytes) else None, link, 1, int(bool(values.get("onlink")))),
    )


def in_order(hops: Iterable[NextHop]) -> Tuple[NextHop, ...]:
    """Next hops as they are compared: their order says nothing to the kernel."""
    return tuple(sorted(hops, key=lambda hop: (hop.gateway or b"", hop.link or "", hop.weight, hop.onlink)))

"""A setting of a link under /proc/sys/net (Documentation/networking/ip-sysctl.rst)."""

from __future__ import annotations

from .attributes import Attribute, table
from .values import Integer

ATTRIBUTES = table(
    Attribute("value", Integer(32, -(2**31), 2**31 - 1), "The setting's value."),
)

#: How the kernel makes up addresses of IPv6 (linux/if_link.h, IN6_ADDR_GEN_MODE_*).
ADDR_GEN_MODE = "addr_gen_mode"
NONE = 1
#: Without the MAC address in them (RFC 7217).
PRIVATE = frozenset({2, 3})

#: Settings that we read, by family: their numbers (linux/ip.h, IPV4_DEVCONF_*; linux/ipv6.h, DEVCONF_*).
#: In IFLA_INET_CONF the first one is number 1, in IFLA_INET6_CONF number 0.
SETTINGS = {
    4: {"promote_secondaries": 20},
    6: {"accept_ra": 3, "autoconf": 5, "keep_addr_on_down": 42, ADDR_GEN_MODE: 47},
}

#: In the place of a link: what new links get.
DEFAULT = "default"

"""A process that a link has as long as the config says so: a program of others, which is looked after.

Each service is one process per link. What it is told is what it was started with: another value of any
attribute starts it anew.
"""

from __future__ import annotations

from typing import Mapping

from .attributes import Attribute, AttributeTable, Impact, table
from .values import Flag, Text

#: The service that asks a server for addresses.
DHCP = "dhcp"
#: The one that looks after the ports of a link of the team driver.
TEAM = "team"

_YES_NO = ("no", "yes")

RUNNING = Attribute("running", Flag(_YES_NO), "Whether it runs; what dies is started again by whoever looks.")
PROGRAM = Attribute("program", Text(), "The program: dhcpcd or dhclient, teamd.")
#: Words as a shell reads them, or None.
ARGUMENTS = "arguments"

TABLES: Mapping[str, AttributeTable] = {
    DHCP: table(
        PROGRAM,
        Attribute("ipv4", Flag(_YES_NO), "Whether it asks for an IPv4 address."),
        Attribute("ipv6", Flag(_YES_NO), "Whether it listens to routers, and asks for an IPv6 address."),
        Attribute("defroute", Flag(_YES_NO), "Whether the gateway that is offered becomes a default route."),
        Attribute(
            "private",
            Flag(_YES_NO),
            "Whether the addresses that it makes up tell nothing of the MAC address (RFC 7217).",
        ),
        Attribute("dns", Flag(_YES_NO), "Whether the name servers that are offered are taken."),
        Attribute(ARGUMENTS, Text(), "Further arguments of dhclient."),
        RUNNING,
    ),
    TEAM: table(
        PROGRAM,
        # The driver takes another mode only while there is no port.
        Attribute("runner", Text(), "How traffic is spread over the ports.", impact=Impact.PORTS_RELEASED),
        Attribute("config", Text(), "What else it is told, as a JSON text (teamd.conf(5))."),
        RUNNING,
    ),
}

#: Services that their links cannot do without: they stay as long as those.
VITAL = frozenset({TEAM})

#: Attributes of what it brings: what it is not to bring any more it takes away when it stops for good.
BRINGS = ("ipv4", "ipv6", "dns")

#: Among the values of a process that is not ours: which it is. Not an attribute.
OWNER = "owner"
#: The link of a process that serves all of them.
EVERY_LINK = "*"
#: Among the values of an address or a route: one of our processes has brought it, and takes it away again.
BROUGHT = "brought"

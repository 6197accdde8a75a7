"""dhcpcd(8), one for each link: what it is told (dhcpcd.conf(5))."""

from __future__ import annotations

import signal
from typing import Iterator, Mapping

from ...state.values import Values
from .program import Program

CONFIG = "dhcpcd.conf"

#: Whatever is asked of it. What it has set stays when it only stops, as at a reboot; a lease that is not over
#: is used when no server answers. A link has its name by its MAC address, as with other clients. It makes no
#: address up, and sets neither clocks nor the name of the node.
_ALWAYS = """\
# Written by os-net-config at each start of the client: what is changed here is lost.
persistent
lastlease
clientid
noipv4ll
nodev
require dhcp_server_identifier
option classless_static_routes
nohook hostname, ntp.conf, ntp-common.conf, chrony.conf, timesyncd.conf, openntpd.conf, wpa_supplicant
"""

#: What is said where an attribute is so.
_SAID = (
    ("ipv4", 0, "noipv4"),
    ("ipv6", 0, "noipv6"),
    # Whatever a router says of it; and what it announces is heard.
    ("ipv6", 1, "ia_na"),
    ("private", 1, "slaac private"),
    ("defroute", 0, "nogateway"),
    ("dns", 0, "nohook resolv.conf"),
    ("dns", 1, "option domain_name_servers, domain_name, domain_search"),
)


def _files(values: Values) -> Mapping[str, str]:
    return {CONFIG: _ALWAYS + "".join(f"{line}\n" for line in _lines(values))}


def _lines(values: Values) -> Iterator[str]:
    return (line for name, value, line in _SAID if values.get(name) == value)


DHCPCD = Program(
    name="dhcpcd",
    template="os-net-config-dhcpcd@.service",
    command=("dhcpcd", "-b", "-q", "-f", "{directory}/" + CONFIG),
    pid_file="/run/dhcpcd/{link}.pid",
    take_back=signal.SIGALRM,
    files=_files,
)

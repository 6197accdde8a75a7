"""dhclient(8), one for each link: what it is told (dhclient.conf(5)). It asks for IPv4 addresses alone.

What it gets is set by a script of ours: those of distributions take away whatever addresses a link has, write
resolv.conf, and set routes that nobody can tell from other ones.
"""

from __future__ import annotations

import os
import shlex
import signal
from typing import Mapping, Sequence

from ...state.process import ARGUMENTS
from ...state.values import Values
from .program import Program

CONFIG, LEASES, PID = "dhclient.conf", "dhclient.leases", "dhclient.pid"
#: For the unit, which knows no other way to be told arguments.
ENVIRONMENT = "dhclient.env"
SCRIPT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "dhclient-script")

#: Whatever is asked of it. A link has its name by its MAC address, as with dhcpcd. When no server answers it
#: asks again in seconds, not in minutes.
_ALWAYS = f"""\
# Written by os-net-config at each start of the client: what is changed here is lost.
option rfc3442-classless-static-routes code 121 = array of unsigned integer 8;
send dhcp-client-identifier = hardware;
do-forward-updates false;
retry 10;
backoff-cutoff 10;
script "{SCRIPT}";
"""

#: What is asked for where an attribute is so. The script takes nothing else.
_ASKED = (
    ("ipv4", "subnet-mask, broadcast-address, rfc3442-classless-static-routes"),
    ("defroute", "routers"),
    ("dns", "domain-name-servers, domain-name, domain-search"),
)


def _files(values: Values) -> Mapping[str, str]:
    asked = ", ".join(words for name, words in _ASKED if values.get(name))
    return {
        CONFIG: f"{_ALWAYS}request {asked};\n",
        ENVIRONMENT: f"ARGUMENTS={_quoted(str(values.get(ARGUMENTS) or ''))}\n",
    }


def _quoted(text: str) -> str:
    """As systemd reads it (systemd.exec(5), EnvironmentFile=)."""
    for sign in '\\"`$':
        text = text.replace(sign, f"\\{sign}")
    return f'"{text}"'


def _arguments(values: Values) -> Sequence[str]:
    return shlex.split(str(values.get(ARGUMENTS) or ""))


_FILES = ("-4", "-cf", "{directory}/" + CONFIG, "-lf", "{directory}/" + LEASES, "-pf", "{directory}/" + PID)

DHCLIENT = Program(
    name="dhclient",
    template="os-net-config-dhclient@.service",
    command=("dhclient", "-nw", *_FILES),
    pid_file="{directory}/" + PID,
    # With what it has set; what is given back is given back by a process of its own.
    take_back=signal.SIGTERM,
    release=("dhclient", "-r", *_FILES, "{link}"),
    files=_files,
    arguments=_arguments,
    memory=(LEASES, LEASES + "~", PID),
)

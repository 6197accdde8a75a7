"""teamd(8), one for each team: what it is told (teamd.conf(5))."""

from __future__ import annotations

import json
import signal
from typing import Any, Dict, Mapping

from ...state import team
from ...state.values import Values
from .program import Program

CONFIG = "teamd.conf"

#: What one that takes the link over would leave as the one before it was told. An active port announces
#: itself once, unless something else is said.
_COUNTS = ("notify_peers", "mcast_rejoin")
_NO_COUNT = {"count": 0, "interval": 0}
_ONCE = frozenset({"activebackup"})


def _files(values: Values) -> Mapping[str, str]:
    whole: Dict[str, Any] = team.whole(values)
    usual = {**_NO_COUNT, "count": int(values["runner"] in _ONCE)}
    counts = {name: {**usual, **(whole.get(name) or {})} for name in _COUNTS}
    return {CONFIG: json.dumps({**whole, **counts}, indent=1, sort_keys=True) + "\n"}


#: It takes over the link with the ports that it has, and never makes it or takes it away; ports come and go
#: by netlink. Told to end, it would let go of them: so it is killed.
TEAMD = Program(
    name="teamd",
    template="os-net-config-teamd@.service",
    command=(
        *("teamd", "-d", "-o", "-N", "-n", "-U"),
        *("-f", "{directory}/" + CONFIG, "-p", "/run/teamd/{link}.pid", "-t"),
    ),
    pid_file="/run/teamd/{link}.pid",
    take_back=signal.SIGKILL,
    files=_files,
    hand_over=signal.SIGKILL,
    needs_link=True,
    leaves=("/run/teamd/{link}.pid", "/run/teamd/{link}.sock"),
)

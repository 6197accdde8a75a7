"""Start the guardian of a change: a service of systemd, or where that is none of ours a detached process."""

from __future__ import annotations

import logging
import os
import sys
from typing import Any, List, Mapping, Tuple

from ..backends import detached, systemd
from ..backends.dbus import NoBusError, SystemBus
from .guardian import GuardianError, Places, Ward

log = logging.getLogger(__name__)

#: Seconds until it stands, of which it takes one or two on a machine that has other things to do.
_PATIENCE = 20.0
_PACKAGE = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
#: What a recovery writes to, besides the places of the run.
_NAMES = "/etc/iproute2"

#: Of the service (systemd.unit(5), systemd.service(5)). It may be killed and goes on; it ends with the
#: system, and with no other unit; nothing of it stays.
_SETTINGS: Mapping[str, Tuple[str, Any]] = {
    "Description": ("s", "os-net-config: takes a change back unless it is confirmed"),
    "DefaultDependencies": ("b", False),
    "Conflicts": ("as", ["shutdown.target"]),
    "Before": ("as", ["shutdown.target"]),
    "IgnoreOnIsolate": ("b", True),
    "CollectMode": ("s", "inactive-or-failed"),
    "Type": ("s", "notify"),
    "Restart": ("s", "on-failure"),
    "TimeoutStartUSec": ("t", int(_PATIENCE * 1e6)),
}


def start(ward: Ward, places: Places) -> None:
    """It stands when this returns. Raises GuardianError."""
    places = Places(*map(os.path.abspath, places))
    try:
        for directory in places:
            os.makedirs(directory, mode=0o755, exist_ok=True)
        if not _start_service(ward, places):
            detached.start(_command(ward, places, "stderr"), os.environ, _PATIENCE)
    except (detached.DetachedError, systemd.ServiceError, OSError) as error:
        raise GuardianError(f"nobody would take the change back, so it is not begun: {error}") from error


def _start_service(ward: Ward, places: Places) -> bool:
    """Whether systemd does it. Raises ServiceError."""
    needed = [*places, _PACKAGE, sys.executable, *([_NAMES] if os.path.isdir(_NAMES) else ())]
    if not systemd.is_ours(*needed):
        return False
    name = f"os-net-config-guard-{ward.pid}-{int(ward.started)}.service"
    try:
        with SystemBus(_PATIENCE) as bus:
            systemd.start_service(bus, name, _command(ward, places, "systemd"), _SETTINGS)
    except NoBusError as error:
        log.warning("systemd cannot be asked to look after the change, a process of ours does: %s", error)
        return False
    return True


def _command(ward: Ward, places: Places, ready: str) -> List[str]:
    """This program with its own Python and modules, wherever it is started."""
    path = [one for one in sys.path if os.path.isabs(one)]
    code = (
        f"import sys; sys.path[:] = {[*path, os.path.dirname(_PACKAGE)]!r}; sys.argv[0] = 'os-net-config';"
        " from os_net_config.cli.main import entry_point; entry_point()"
    )
    of_run = ["--pid", str(ward.pid), "--started", repr(ward.started)]
    where = ["--run-dir", places.run, "--state-dir", places.state]
    return [sys.executable, "-I", "-c", code, "guard", *where, *of_run, "--ready", ready]

"""``os-net-config guard``: what a run with --confirm leaves behind, to take its change back.

A run starts it before its first write (engine/guardian_process.py).
"""

from __future__ import annotations

import importlib
import logging
import os
from typing import Optional, Sequence

from ..backends import detached, systemd
from ..backends.protocol import ObserveError
from ..engine.bell import Bell
from ..engine.disk import NodeDisk
from ..engine.guardian import Places, Ward, guard
from ..engine.journal import JournalError
from ..engine.target import TargetError
from .arguments import guard_parser
from .exit_codes import ExitCode
from .logs import set_up, set_up_syslog
from .recover import settle

log = logging.getLogger(__name__)

#: What a recovery imports when it has to write: it may be that no file can be read then.
_LATER = ("refusal", "requests")


def main(argv: Optional[Sequence[str]] = None) -> int:
    """The exit status."""
    options = guard_parser().parse_args(argv)
    places, ward = Places(options.run_dir, options.state_dir), Ward(options.pid, options.started)
    disk = NodeDisk.below(*places)
    for name in _LATER:
        importlib.import_module(f"..backends.rtnetlink.{name}", __package__)
    try:
        with Bell(places.run) as bell:
            _tell_ready(options.ready)
            guard(ward, places, bell, lambda journal: settle(journal, disk))
    except (JournalError, ObserveError, TargetError, OSError) as error:
        log.error("%s", error)
        return ExitCode.ERROR
    return ExitCode.SUCCESS


def _tell_ready(to: str) -> None:
    if to == "systemd":
        set_up(debug=False, verbose=True)
        systemd.tell_ready()
        return
    set_up_syslog()
    os.write(2, detached.READY)
    nothing = os.open(os.devnull, os.O_RDWR)
    os.dup2(nothing, 2)
    os.close(nothing)

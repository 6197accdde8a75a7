"""``os-net-config recover``: finish what a run that died left behind."""

from __future__ import annotations

import argparse
import logging
import os
import sys
from typing import Optional, Sequence

from ..backends.leftovers import Leftovers
from ..backends.node import NodeBackend
from ..backends.protocol import ObserveError
from ..engine.bell import ring
from ..engine.confirmation import awaiting, unfinished
from ..engine.disk import NodeDisk
from ..engine.journal import Journal, JournalError
from ..engine.lock import Lock, LockedError
from ..engine.paths import dpdk_mapping
from ..engine.recovery import Recovered, recover
from ..engine.target import TargetError
from ..state.graph import CycleError
from ..state.leftovers import EVERY_PLACE
from .arguments import recover_parser
from .exit_codes import ExitCode, status
from .logs import set_up

log = logging.getLogger(__name__)


def main(argv: Optional[Sequence[str]] = None) -> int:
    """The exit status."""
    options = recover_parser().parse_args(argv)
    set_up(options.debug, options.verbose)
    disk = NodeDisk.below(options.run_dir, options.state_dir)
    try:
        found = finish(disk, options.run_dir, options.forward, at_once=True)
    except (JournalError, LockedError, ObserveError, TargetError, OSError) as error:
        log.error("%s", error)
        return ExitCode.ERROR
    if found is None:
        sys.stdout.write("The last run came to its end: there is nothing to recover.\n")
        return ExitCode.SUCCESS
    code = ExitCode.NETWORK_CONFIG_FAILED if found.left else ExitCode.FILES_CHANGED
    return status(code, options.detailed_exit_codes)


def finish(disk: NodeDisk, run_dir: str, forward: bool, at_once: bool = False) -> Optional[Recovered]:
    """What became of the unfinished run; None: there is none.

    A change that may yet be confirmed is an error, unless it is to be settled ``at_once``.
    Raises JournalError, LockedError, ObserveError, TargetError, OSError.
    """
    with Lock(run_dir):
        journal = disk.journal.load()
        if journal is None:
            return None
        if journal.left and not at_once:
            raise JournalError(awaiting(journal))
        found = settle(journal, disk, forward)
    ring(run_dir)
    return found


def settle(journal: Journal, disk: NodeDisk, forward: bool = False) -> Recovered:
    """With the lock. Raises ObserveError, TargetError, OSError."""
    what = "a run was not finished" if journal.until is None else "a change was not confirmed"
    log.warning("%s: %s", what, journal.writer)
    state_dir = os.path.dirname(disk.journal.path)
    leftovers = Leftovers(EVERY_PLACE, "", state_dir)
    try:
        with NodeBackend("", leftovers, mapping=dpdk_mapping(state_dir)) as backend:
            found = recover(journal, disk, backend, forward)
    except CycleError as error:
        raise ObserveError(f"no way leads from here: the changes of {error} need each other") from error
    done = "brought to its end" if forward else "taken back"
    if found.theirs:
        log.warning("left as others have made it since: %s", "; ".join(found.theirs))
    if found.left:
        log.error("%s, but not all: %s", done, "; ".join(found.left))
    else:
        log.warning("what it had begun has been %s, verified", done)
    return found


def finish_first(options: argparse.Namespace, disk: NodeDisk) -> None:
    """What a run that died has begun is taken back before anything else.

    Raises JournalError, LockedError, ObserveError, TargetError, OSError.
    """
    if options.noop:
        log.warning("%s", unfinished(disk.journal))
        return
    if options.no_activate:
        # That would change the kernel. One that is under way is named by the lock.
        with Lock(options.run_dir):
            raise JournalError(unfinished(disk.journal))
    finish(disk, options.run_dir, options.forward)

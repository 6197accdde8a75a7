"""``os-net-config confirm``: keep what a run with --confirm has changed."""

from __future__ import annotations

import logging
import sys
from typing import Optional, Sequence

from ..engine.bell import ring
from ..engine.confirmation import confirm
from ..engine.disk import NodeDisk
from ..engine.journal import JournalError
from ..engine.lock import Lock, LockedError
from ..engine.numbering import NumbersFile
from ..engine.target import TargetError
from .arguments import confirm_parser
from .exit_codes import ExitCode
from .logs import set_up

log = logging.getLogger(__name__)


def main(argv: Optional[Sequence[str]] = None) -> int:
    """The exit status."""
    options = confirm_parser().parse_args(argv)
    set_up(debug=False, verbose=False)
    disk = NodeDisk.below(options.run_dir, options.state_dir)
    try:
        with Lock(options.run_dir):
            journal = confirm(disk, NumbersFile(options.state_dir))
        ring(options.run_dir)
    except (JournalError, LockedError, TargetError, OSError) as error:
        log.error("%s", error)
        return ExitCode.ERROR
    sys.stdout.write(f"Confirmed: {journal.writer.source} stays.\n")
    return ExitCode.SUCCESS

"""Where the log goes: stderr, or the journal where systemd collects stderr."""

from __future__ import annotations

import logging
import os
import sys


def set_up(debug: bool, verbose: bool) -> None:
    level = logging.DEBUG if debug else logging.INFO if verbose else logging.WARNING
    logger = logging.getLogger("os_net_config")
    logger.setLevel(level)
    logger.handlers[:] = [_journal() or _stderr()]


def _stderr() -> logging.Handler:
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(logging.Formatter("%(levelname)s: %(message)s"))
    return handler


def _journal() -> logging.Handler | None:
    """The journal's own handler where stderr is the journal and systemd-python is installed."""
    stream = os.environ.get("JOURNAL_STREAM")
    if not stream:
        return None
    status = os.fstat(sys.stderr.fileno())
    if stream != f"{status.st_dev}:{status.st_ino}":
        return None
    try:
        from systemd.journal import JournalHandler
    except ImportError:
        return None
    handler: logging.Handler = JournalHandler(SYSLOG_IDENTIFIER="os-net-config")
    return handler

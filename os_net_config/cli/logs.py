"""Where the log goes: stderr, in the journal's own form where systemd collects it."""

from __future__ import annotations

import logging
import os
import sys
import syslog
from typing import Optional

#: syslog(3) priorities, which the journal reads off the start of a line (sd-daemon(3)).
_PRIORITIES = {logging.DEBUG: 7, logging.INFO: 6, logging.WARNING: 4, logging.ERROR: 3, logging.CRITICAL: 2}


class _JournalFormatter(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        priority = _PRIORITIES.get(record.levelno, 6)
        return "\n".join(f"<{priority}>{line}" for line in super().format(record).splitlines())


class _SyslogHandler(logging.Handler):
    def emit(self, record: logging.LogRecord) -> None:
        syslog.syslog(_PRIORITIES.get(record.levelno, 6), self.format(record))


def set_up_syslog() -> None:
    """For a process without a terminal: where nobody collects it the log goes nowhere."""
    syslog.openlog("os-net-config", syslog.LOG_PID, syslog.LOG_DAEMON)
    logger = logging.getLogger("os_net_config")
    logger.setLevel(logging.INFO)
    logger.handlers[:] = [_SyslogHandler()]


def set_up(debug: bool, verbose: bool) -> None:
    level = logging.DEBUG if debug else logging.INFO if verbose else logging.WARNING
    logger = logging.getLogger("os_net_config")
    logger.setLevel(level)
    handler = logging.StreamHandler(sys.stderr)
    journal = _is_the_journal(os.environ.get("JOURNAL_STREAM"))
    handler.setFormatter(_JournalFormatter() if journal else logging.Formatter("%(levelname)s: %(message)s"))
    logger.handlers[:] = [handler]


def _is_the_journal(stream: Optional[str]) -> bool:
    """systemd names its stream by device and inode (systemd.exec(5))."""
    if not stream:
        return False
    status = os.fstat(sys.stderr.fileno())
    return stream == f"{status.st_dev}:{status.st_ino}"

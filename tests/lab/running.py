"""Running a job in a guest of its own."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from tests.lab.guest import Platform, started
from tests.lab.job import Job
from tests.lab.outcome import LabError
from tests.lab.report import Console
from tests.lab.watch import Limits, follow

LAST_LINES = 20


def run_job(job: Job, platform: Platform, limits: Limits) -> int:
    """The job's exit status; an error that shows the console when the guest fails."""
    with started(job, platform) as guest:
        console = Console(guest.lines.console)
        try:
            status = follow(guest, console, limits, on_terminal=job.terminal is not None)
        except LabError as error:
            log = console_log(job)
            console.save(log)
            raise error.with_console(str(log), console.last_lines(LAST_LINES)) from None
        if job.results:
            console.save(console_log(job))
        return status


def console_log(job: Job) -> Path:
    """Where the console's log goes: with the job's results, or to a file that stays."""
    if job.results:
        return job.results / "console.log"
    descriptor, name = tempfile.mkstemp(prefix="os-net-config-lab-", suffix=".log")
    os.close(descriptor)
    return Path(name)

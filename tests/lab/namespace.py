"""Running a job in namespaces of the running kernel, where that has what the tests need."""

from __future__ import annotations

import os
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import IO, List, Optional, Union

from tests.lab.job import Job, command_script
from tests.lab.layout import hidden
from tests.lab.outcome import LabError, TimeLimitError
from tests.lab.scratch import scratch_directory

# The job gets a network of its own, the view of it in /sys, and its own copies of the directories that a
# configurator writes to. What only root may read in /etc is not copied for anyone else.
# The job is a child: PID 1 of a namespace would not see a signal that it has no handler for.
# Arguments: a scratch directory, the job's script, directories that the new ones must not hide.
ENTER = """
scratch=$1 script=$2
shift 2
exec 3>"$scratch/report" 4>&2 2>&3
set -e
count=0
for directory; do
    count=$((count + 1))
    mkdir "$scratch/$count"
    mount --rbind "$directory" "$scratch/$count"
done
mount -t sysfs sysfs /sys
mount -t tmpfs -o mode=755 tmpfs /run
mkdir /run/etc
cp -a /etc/. /run/etc 2>/dev/null || :
mount --bind /run/etc /etc
mount -t tmpfs -o mode=755 tmpfs /var/lib
count=0
for directory; do
    count=$((count + 1))
    mkdir -p "$directory"
    mount --rbind "$scratch/$count" "$directory"
done
ip link set lo up
echo ready >&3
exec 2>&4 3>&- 4>&-
set +e
sh -c "$script"
exit $?
"""

MASKS = (Path("/run"), Path("/var/lib"))

# It prints the kinds that cannot be made, each after the reason.
TRY_KINDS = """
try() { ip link add name "$1" type "$2" 2>&1 || echo "no: $2"; }
try lab0 dummy
try lab1 bond
try lab2 bridge
try lab3 veth
ip link add link lab3 name lab4 type vlan id 4 2>&1 || echo "no: vlan"
"""

Stream = Union[int, IO[bytes], None]


@dataclass(frozen=True)
class Finished:
    """A job that ended, and what it printed if that was kept."""

    status: int
    output: str


def flags() -> List[str]:
    """How to get fresh namespaces: without root only inside of a user namespace."""
    fresh = ["--net", "--mount", "--uts", "--pid", "--fork", "--kill-child", "--mount-proc"]
    return fresh if os.geteuid() == 0 else ["--map-root-user", *fresh]


def execute(job: Job, time_limit: Optional[float] = None, output: Stream = None) -> Finished:
    """Run the job and wait for it; an error when its namespaces cannot be made."""
    with scratch_directory() as scratch:
        process = spawn(job, scratch.path, output)
        if not job.terminal:
            scratch.kill_first(process)
        try:
            printed, _ = process.communicate(timeout=time_limit)
        except subprocess.TimeoutExpired as expired:
            raise TimeLimitError.after(expired.timeout) from None
        text = printed.decode(errors="replace") if printed else ""
        check_entered(scratch.path / "report", text)
        return Finished(status_of(process), text)


def spawn(job: Job, scratch: Path, output: Stream) -> subprocess.Popen[bytes]:
    """Start the job in fresh namespaces, in a process group of its own unless it has the terminal."""
    kept = hidden([*job.needed, *([job.results] if job.results else [])], MASKS)
    arguments = [str(scratch), command_script(job), *map(str, kept)]
    return subprocess.Popen(
        ["unshare", *flags(), "sh", "-c", ENTER, "sh", *arguments],
        stdin=None if job.terminal else subprocess.DEVNULL,
        stdout=output,
        stderr=subprocess.STDOUT if output else None,
        start_new_session=not job.terminal,
    )


def check_entered(report: Path, printed: str) -> None:
    """An error with the reason if the job was never reached."""
    said = report.read_text(encoding="utf-8", errors="replace") if report.exists() else printed
    if not said.endswith("ready\n"):
        reason = said.strip() or "unshare is not permitted"
        raise LabError(f"private namespaces cannot be made: {' / '.join(reason.splitlines())}")


def status_of(process: subprocess.Popen[bytes]) -> int:
    """The exit status as a shell gives it."""
    return process.returncode if process.returncode >= 0 else 128 - process.returncode


def shortcomings() -> Optional[str]:
    """Why jobs cannot run in namespaces here; None when they can."""
    here = {"PATH": os.environ.get("PATH", os.defpath) + ":/usr/sbin:/sbin"}
    job = Job(("sh", "-c", TRY_KINDS), Path("/"), here)
    try:
        printed = execute(job, time_limit=30, output=subprocess.PIPE).output
    except (LabError, FileNotFoundError) as error:
        return str(error)
    kinds = [line[4:] for line in printed.splitlines() if line.startswith("no: ")]
    return f"the running kernel cannot make links of kind {', '.join(kinds)}" if kinds else None

"""The lab's command line."""

from __future__ import annotations

import argparse
import contextlib
import os
import signal
import sys
from pathlib import Path
from types import FrameType
from typing import List, Optional, Tuple

from tests.lab.choice import NAMESPACE, choose
from tests.lab.debian import keep_package, packages_directory
from tests.lab.disk import prepared_disk
from tests.lab.guest import Platform
from tests.lab.job import Job
from tests.lab.machine import Machine
from tests.lab.namespace import execute
from tests.lab.outcome import Interrupted, LabError
from tests.lab.qemu import Qemu
from tests.lab.running import run_job
from tests.lab.surroundings import environment, needed_directories, results_directory
from tests.lab.terminal import restored_terminal, this_terminal
from tests.lab.uml import UserMode
from tests.lab.watch import Limits

BROKEN_PIPE = 128 + signal.SIGPIPE
BOOT_SECONDS = 60
#: Of a whole system, or of a machine that is emulated.
LONG_BOOT_SECONDS = 180

DESCRIPTION = """\
Run a command on a real kernel that has bonding, VLANs, bridges and Open vSwitch.

The kernel is User-mode Linux, as an ordinary process. Its root is this machine's own file system with a
writable layer in the guest's memory over it; /run and /tmp are empty. Nothing that the command writes
reaches this machine, apart from what it writes to the results directory ($LAB_RESULTS).
"""

EPILOG = """\
The exit status is the command's own, 124 when its time limit was exceeded, 125 when the lab failed.
"""


def size(text: str) -> int:
    """Bytes from a number with a unit, as in 512M or 2G."""
    units = {"M": 20, "G": 30}
    if not text[:-1].isdigit() or text[-1] not in units:
        raise argparse.ArgumentTypeError(f"not a number with M or G: {text}")
    return int(text[:-1]) << units[text[-1]]


def add_options(parser: argparse.ArgumentParser) -> None:
    """What both run and shell know."""
    where = parser.add_mutually_exclusive_group()
    where.add_argument("--systemd", action="store_true", help="with systemd as PID 1")
    where.add_argument("--auto", action="store_true", help="in namespaces of the running kernel if it can")
    where.add_argument("--qemu", action="store_true", help="on an emulated PC with an IOMMU")
    parser.add_argument("--results", type=Path, metavar="DIR", help="a directory for the command's results")
    parser.add_argument("--memory", type=size, default=size("2G"), help="the guest's memory (2G)")
    parser.add_argument(
        "--nic", type=int, action="append", default=[], metavar="N", help="a NIC on segment N"
    )
    parser.add_argument(
        "--nic-without-iommu", type=int, action="append", default=[], metavar="N", help="the same, of --qemu"
    )
    parser.add_argument("--nic-model", default="igb", metavar="MODEL", help="of QEMU's NICs (igb)")
    parser.add_argument("--disk", type=Path, help="an ext4 image that keeps what is written")
    parser.add_argument(
        "--package", action="append", default=[], metavar="NAME", help="a Debian package for $LAB_PACKAGES"
    )
    parser.add_argument("--env", action="append", default=[], metavar="NAME", help="a variable to pass on")


def build_parser() -> argparse.ArgumentParser:
    """The parser of the whole command line."""
    raw = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(
        prog="python3 -m tests.lab", description=DESCRIPTION, epilog=EPILOG, formatter_class=raw
    )
    actions = parser.add_subparsers(dest="action", required=True)
    run = actions.add_parser("run", help="run a command")
    add_options(run)
    run.add_argument("--time-limit", type=float, default=900, metavar="SECONDS", help="from the start (900)")
    run.add_argument("command", nargs="+", help="the command, after --")
    run.set_defaults(interactive=False)
    shell = actions.add_parser("shell", help="an interactive shell")
    add_options(shell)
    shell.add_argument("command", nargs="*", help="another interactive command than bash")
    shell.set_defaults(interactive=True, time_limit=None)
    actions.add_parser("probe", help="say where --auto runs, and why")
    return parser


def kept_packages(names: List[str]) -> Tuple[Path, ...]:
    """The directory of these packages, if there are any."""
    for name in names:
        keep_package(name)
    return (packages_directory(),) if names else ()


def job_from(options: argparse.Namespace) -> Job:
    """The job that the options describe."""
    results = results_directory(options.results)
    packages = kept_packages(options.package)
    told = {"OS_NET_CONFIG_PC": "1"} if options.qemu else {}
    told.update(("LAB_PACKAGES", str(directory)) for directory in packages)
    return Job(
        command=tuple(options.command) or ("bash",),
        directory=Path.cwd(),
        needed=(*needed_directories(os.environ), *packages),
        environment={**environment(os.environ, options.env, results), **told},
        results=results,
        disk=prepared_disk(options.disk),
        systemd=options.systemd,
        terminal=this_terminal() if options.interactive else None,
    )


def platform(job: Job, options: argparse.Namespace) -> Platform:
    """What the guest runs on."""
    beside = tuple(options.nic_without_iommu)
    machine = Machine(options.memory, tuple(options.nic), job.disk, beside)
    return Qemu(job, machine, options.nic_model) if options.qemu else UserMode(job, machine)


def run_in_guest(job: Job, options: argparse.Namespace) -> int:
    """Boot a guest for the job and follow it to its end."""
    boot = LONG_BOOT_SECONDS if options.systemd or options.qemu else BOOT_SECONDS
    return run_job(job, platform(job, options), Limits(boot, options.time_limit))


def run(options: argparse.Namespace) -> int:
    """Run the command that the options describe; its exit status."""
    job = job_from(options)
    with restored_terminal() if job.terminal else contextlib.nullcontext():
        if options.auto and choose().way == NAMESPACE:
            return execute(job, options.time_limit).status
        return run_in_guest(job, options)


def probe() -> int:
    """Print where --auto runs, and why."""
    choice = choose()
    sys.stdout.write(f"{choice.way}: {choice.reason}\n")
    return 0


def interrupted(number: int, _: Optional[FrameType]) -> None:
    """End in good order, which takes the guest along."""
    raise Interrupted(number)


def main(arguments: Optional[List[str]] = None) -> int:
    """The exit status of what the arguments ask for."""
    options = build_parser().parse_args(arguments)
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, interrupted)
    try:
        return probe() if options.action == "probe" else run(options)
    except LabError as error:
        sys.stderr.write(f"lab: {error}\n")
        return error.status
    except BrokenPipeError:
        return BROKEN_PIPE
    except Interrupted as interruption:
        return interruption.status

"""A job as files in a directory of the host, which tests/lab/init.sh and tests/lab/agent.sh read."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Dict, Iterable, List, NamedTuple, Optional, Sequence, Tuple

from tests.lab.job import Job, command_script
from tests.lab.outcome import LabError

HERE = Path(__file__).resolve().parent
BIND = "bind,X-mount.mkdir"
MASKS = (Path("/tmp"), Path("/run"), Path("/dev/shm"))

# What a machine does at its start and the lab's has no use for. None of it concerns networks; the users,
# the hardware database and the timers are those of the host.
MASKED = (
    "dev-hugepages.mount",
    "modprobe@configfs.service",
    "modprobe@dm_mod.service",
    "modprobe@efi_pstore.service",
    "modprobe@fuse.service",
    "modprobe@loop.service",
    "proc-sys-fs-binfmt_misc.automount",
    "sys-fs-fuse-connections.mount",
    "sys-kernel-config.mount",
    "systemd-binfmt.service",
    "systemd-hwdb-update.service",
    "systemd-journal-flush.service",
    "systemd-random-seed.service",
    "systemd-remount-fs.service",
    "systemd-sysusers.service",
    "systemd-timesyncd.service",
    "systemd-update-utmp.service",
    "timers.target",
)


class Shares(NamedTuple):
    """What the guest mounts of the host besides its root.

    ``modules`` is the kernel's directory of that name; ``results`` are the source, the type and the options
    with which the results directory is mounted.
    """

    modules: Path
    results: Optional[Tuple[str, str, str]] = None


def hidden(directories: Iterable[Path], masks: Sequence[Path]) -> List[Path]:
    """Those of the directories that are below one of the masks, none of them below another."""
    found = sorted({path for path in directories if any(mask in path.parents for mask in masks)})
    return [path for path in found if not any(other in path.parents for other in found)]


def checked(path: Path, unfit: str = ",:\n") -> Path:
    """The path; an error if it cannot stand in a mount's options."""
    if any(character in str(path) for character in unfit):
        raise LabError(f"the lab cannot mount {str(path)!r}: it must not contain any of {unfit!r}")
    return path


def line(source: object, target: object, kind: str, options: str = "X-mount.mkdir") -> str:
    """One of an fstab."""
    fields = (str(field).replace(" ", "\\040") for field in (source, target, kind, options))
    return f"{' '.join(fields)}\n"


def optional_files(job: Job, shares: Shares) -> Dict[str, str]:
    """The files that are there only for a job that needs them."""
    files = {}
    kept = [checked(path) for path in hidden(job.needed, MASKS)]
    if kept:
        files["kept"] = "".join(f"{path}\n" for path in kept)
    if job.results and shares.results:
        source, kind, options = shares.results
        files["results"] = line(source, checked(job.results), kind, f"{options},X-mount.mkdir")
    if job.disk:
        files["disk"] = ""
    if job.terminal:
        files["run/terminal.sh"] = f"LAB_ROWS={job.terminal.rows}\nLAB_COLUMNS={job.terminal.columns}\n"
    return files


def lay_out(job: Job, shares: Shares, directory: Path, mark: bytes) -> None:
    """Write the files."""
    # The directory is also a word of the kernel's command line and of the fstab.
    run = checked(directory, ",: \t\n") / "run"
    run.mkdir()
    shutil.copy(HERE / "init.sh", directory)
    shutil.copy(HERE / "agent.sh", run)
    file_systems = (HERE / "fstab").read_text(encoding="utf-8")
    bound = ((checked(shares.modules), "/lib/modules"), (run, "/run/lab"))
    files = {
        "fstab": file_systems + "".join(line(source, target, "none", BIND) for source, target in bound),
        "modules": f"{shares.modules}\n",
        "run/job.sh": command_script(job),
        "run/mark": f"{mark.decode()}\n",
        **optional_files(job, shares),
    }
    for name, text in files.items():
        (directory / name).write_text(text, encoding="utf-8")
    if job.systemd:
        lay_out_units(directory / "units")


def lay_out_units(directory: Path) -> None:
    """Write the units that go to /etc/systemd/system."""
    directory.mkdir()
    for unit in (HERE / "units").iterdir():
        shutil.copy(unit, directory)
    for name in MASKED:
        (directory / name).symlink_to("/dev/null")

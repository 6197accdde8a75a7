"""What the guest has to do."""

from __future__ import annotations

import shlex
from dataclasses import dataclass, field
from pathlib import Path
from typing import Mapping, Optional, Tuple


@dataclass(frozen=True)
class Terminal:
    """The size of the terminal on which the job runs."""

    rows: int
    columns: int


@dataclass(frozen=True)
class Job:
    """A command and what the guest takes over from the host for it."""

    command: Tuple[str, ...]
    directory: Path
    environment: Mapping[str, str] = field(default_factory=dict)
    needed: Tuple[Path, ...] = ()
    results: Optional[Path] = None
    disk: Optional[Path] = None
    systemd: bool = False
    terminal: Optional[Terminal] = None


def command_script(job: Job) -> str:
    """Shell text that becomes the job's command, in its directory and environment."""
    variables = [f"{name}={value}" for name, value in sorted(job.environment.items())]
    # What init and systemd have set is no part of the environment that was asked for.
    words = ["exec", "env", "-i", *variables, *job.command]
    return f"cd {shlex.quote(str(job.directory))} || exit\n{shlex.join(words)}\n"

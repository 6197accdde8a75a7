"""The program as a user starts it, and what came of it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Dict, List, Mapping

CHECKOUT = Path(__file__).resolve().parents[3]
EXAMPLES = sorted((CHECKOUT / "examples").glob("*.yaml"))
COMMAND = (sys.executable, "-m", "os_net_config")
#: What a run prints that finds nothing to change.
NO_CHANGE = "No change: the node is as the config says.\n"

#: Other nodes are not asked for new addresses, which would take a second each time.
NOT_ASKED = ("--arp-wait", "0")
#: Seconds.
TIME_LIMIT = 60


@dataclass(frozen=True)
class Run:
    """A run that ended; printed as a whole where an assertion about it fails."""

    arguments: List[str]
    status: int
    output: str
    errors: str

    @property
    def json(self) -> Dict[str, Any]:
        found = json.loads(self.output)
        assert isinstance(found, dict)
        return found

    def __repr__(self) -> str:
        words = " ".join(self.arguments)
        return f"exit status {self.status} of {words}\n--- stdout\n{self.output}--- stderr\n{self.errors}"


def environment(**more: str) -> Mapping[str, str]:
    """That of a user's shell, without a terminal's colours."""
    return {**os.environ, "NO_COLOR": "1", **more}


def run(*arguments: str) -> Run:
    done = subprocess.run(
        [*COMMAND, *arguments],
        cwd=CHECKOUT,
        env=environment(),
        capture_output=True,
        text=True,
        timeout=TIME_LIMIT,
        check=False,
    )
    return Run(list(arguments), done.returncode, done.stdout, done.stderr)


def start(*arguments: str, stdout: int) -> subprocess.Popen[bytes]:
    """Start a run that goes on, with everything that it says going to a descriptor."""
    return subprocess.Popen(
        [*COMMAND, *arguments], cwd=CHECKOUT, env=environment(), stdout=stdout, stderr=stdout
    )

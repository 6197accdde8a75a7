"""A whole system in the lab that keeps its disk, so that it can boot again."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[2]


def on_a_disk(
    directory: Path, script: str, *options: str, deadline: float
) -> subprocess.CompletedProcess[str]:
    """Runs it at each boot. The disk is in ``directory``; ``options`` are the lab's."""
    words = [sys.executable, "-m", "tests.lab", "run", "--systemd", *options]
    done = subprocess.run(
        [*words, "--disk", str(directory / "disk"), "--", "sh", "-c", script],
        cwd=CHECKOUT,
        check=False,
        capture_output=True,
        text=True,
        timeout=deadline,
    )
    # The whole of it: an assertion shows no more than its ends.
    sys.stderr.write(done.stderr)
    return done

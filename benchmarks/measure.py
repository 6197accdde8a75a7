"""Wall times of whole commands, as ratios within one run: absolute ones say little elsewhere."""

from __future__ import annotations

import statistics
import subprocess
import sys
import time
from typing import List, Sequence

PROGRAM = [sys.executable, "-m", "os_net_config"]
#: Not measured: the second that other nodes have to answer for new addresses.
NOT_ASKED = ["--arp-wait", "0"]


def seconds(command: Sequence[str], runs: int = 5) -> float:
    """The median of several runs, output thrown away. Raises CalledProcessError."""
    taken: List[float] = []
    for _ in range(runs):
        begin = time.perf_counter()
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        taken.append(time.perf_counter() - begin)
    return statistics.median(taken)


def report(what: str, own: float, base_name: str, base: float, limit: float) -> bool:
    """One line; whether the ratio is within the limit."""
    ratio = own / base
    verdict = "ok" if ratio <= limit else "TOO SLOW"
    measured = f"{own * 1000:.0f} ms = {ratio:.1f} x {base_name} ({base * 1000:.0f} ms)"
    sys.stdout.write(f"{what}: {measured}, at most {limit:g}: {verdict}\n")
    sys.stdout.flush()
    return ratio <= limit

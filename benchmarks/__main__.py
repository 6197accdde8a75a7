"""``make bench``: every promise about speed, measured. Those that need VLANs run in the lab."""

from __future__ import annotations

import subprocess
import sys

_HERE = [sys.executable, "-m", "benchmarks.check"]
_LAB = [sys.executable, "-m", "tests.lab", "run", "--auto", "--", sys.executable, "-m", "benchmarks.vlans"]


def main() -> int:
    return max(subprocess.run(command, check=False).returncode for command in (_HERE, [*_LAB, *sys.argv[1:]]))


if __name__ == "__main__":
    sys.exit(main())

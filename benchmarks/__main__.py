"""``make bench``: every promise about speed, measured. Those that need VLANs run in the lab.

``python -m benchmarks [NAME [OPTION…]]`` for one of them.
"""

from __future__ import annotations

import subprocess
import sys
from typing import List

_LAB = [sys.executable, "-m", "tests.lab", "run", "--auto", "--"]
_LONG = [*_LAB[:-1], "--time-limit", "1200", "--"]
#: Where each of them runs: here, or in the lab.
_PLACES = {"check": [], "vlans": _LAB, "routes": _LONG, "switch": _LONG}


def main(arguments: List[str]) -> int:
    if arguments and arguments[0] not in _PLACES:
        sys.exit(f"there is no benchmark {arguments[0]}; there are {', '.join(_PLACES)}")
    names, options = (arguments[:1], arguments[1:]) if arguments else (list(_PLACES), [])
    commands = [[*_PLACES[name], sys.executable, "-m", f"benchmarks.{name}", *options] for name in names]
    return max(subprocess.run(command, check=False).returncode for command in commands)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

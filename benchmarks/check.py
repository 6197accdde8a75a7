"""``check`` on the controller example against starting Python: at most 12 times."""

from __future__ import annotations

import pathlib
import sys

from .measure import PROGRAM, report, seconds

EXAMPLE = pathlib.Path(__file__).parent.parent / "examples" / "controller.yaml"


def main() -> int:
    base = seconds([sys.executable, "-c", "pass"], 15)
    own = seconds([*PROGRAM, "check", str(EXAMPLE)], 15)
    return 0 if report("check examples/controller.yaml", own, "python -c pass", base, 12) else 1


if __name__ == "__main__":
    sys.exit(main())

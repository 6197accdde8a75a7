"""``python -m tests.fuzz``: random documents for as long as you like."""

from __future__ import annotations

import argparse
import os
import sys
import time
from itertools import chain
from pathlib import Path

from . import campaign
from .children import Children
from .trial import BAD, attempt


def main() -> int:
    """1 if any document did what none may do."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("--seconds", type=float, default=600)
    parser.add_argument("--seed", default=os.environ.get("SEED") or str(int(time.time())))
    parser.add_argument("--results", type=Path, default=Path("results/fuzz"))
    parser.add_argument("--jobs", type=int, default=max(1, (os.cpu_count() or 2) - 1))
    parser.add_argument("--only", metavar="NAME", help="one document by its name, or a saved file")
    options = parser.parse_args()
    return _one(options.only) if options.only else _many(options)


def _one(name: str) -> int:
    data = Path(name).read_bytes() if Path(name).is_file() else campaign.document(name)
    start = time.monotonic()
    verdict = attempt(data)
    print(f"{verdict.outcome}, {time.monotonic() - start:.2f} s\n{verdict.detail}")  # noqa: T201
    return int(verdict.outcome in BAD)


def _many(options: argparse.Namespace) -> int:
    tally = campaign.Tally()
    end = time.monotonic() + options.seconds
    print(f"seed {options.seed}", flush=True)  # noqa: T201
    documents = campaign.until(chain(campaign.shapes(), campaign.endless(options.seed)), end)
    with Children(options.jobs) as children:
        for trial in children.try_all(documents):
            tally.add(trial)
            if trial.verdict.outcome in BAD:
                kept = campaign.save(trial, options.results)
                print(f"{trial.verdict.outcome}: {trial.name} ({kept})", flush=True)  # noqa: T201
    print(tally.table())  # noqa: T201
    print(tally.line(options.seed))  # noqa: T201
    return int(bool(tally.offenders))


if __name__ == "__main__":
    sys.exit(main())

"""``python -m tests.crashes``: every moment of every plan, in a guest of the lab."""

from __future__ import annotations

import argparse
import sys
import time

from .matrix import Matrix, share


def main() -> int:
    """1 if any trial failed."""
    parser = argparse.ArgumentParser(prog="python -m tests.crashes", description=__doc__)
    parser.add_argument("--part", type=int, default=1, help="one in so many of the trials")
    parser.add_argument("--seed", default=str(int(time.time())))
    parser.add_argument("--only", help="trials whose name has this")
    options = parser.parse_args()
    matrix = Matrix()
    trials = share(matrix.trials(), options.seed, options.part)
    trials = [one for one in trials if options.only is None or options.only in str(one)]
    bad = 0
    start = time.monotonic()
    for number, trial in enumerate(trials, 1):
        result = matrix.attempt(trial)
        if result.faults:
            bad += 1
            print("\n  ".join((str(trial), *result.faults)), flush=True)  # noqa: T201
        if number % 100 == 0 or number == len(trials):
            each = (time.monotonic() - start) / number
            print(f"{number}/{len(trials)} trials, {bad} bad, {each:.2f} s each", flush=True)  # noqa: T201
    print(f"seed {options.seed}: {len(trials)} trials, {bad} bad")  # noqa: T201
    return int(bool(bad) or not trials)


if __name__ == "__main__":
    sys.exit(main())

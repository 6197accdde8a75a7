"""``python -m tests.crashes``: every moment and every refusal of every plan, in a guest of the lab."""

from __future__ import annotations

import argparse
import sys
import time
from typing import Callable, List, Sequence, Tuple, TypeVar

from .faults import FaultMatrix
from .matrix import Matrix, OfAPlan, share
from .plans import PLANS
from .switch_faults import SwitchFaultMatrix

T = TypeVar("T", bound=OfAPlan)


def main() -> int:
    """1 if any trial failed."""
    parser = argparse.ArgumentParser(prog="python -m tests.crashes", description=__doc__)
    parser.add_argument("--part", type=int, default=1, help="one in so many of them")
    parser.add_argument("--seed", default=str(int(time.time())))
    parser.add_argument("--of", type=int, default=1, metavar="N", help="shared among so many guests")
    parser.add_argument("--guest", type=int, default=0, metavar="N", help="which of these this is, from 0")
    parser.add_argument("--only", default="", help="those whose name has this; before a colon, the plan's")
    parser.add_argument("--kind", choices=("moments", "refusals", "switch"), help="only these")
    options = parser.parse_args()
    matrix = Matrix()
    faults = FaultMatrix(matrix)
    bad = 0
    plan = options.only.partition(":")[0]
    numbers = [number for number, case in enumerate(PLANS) if plan in case.name]
    if options.kind in {None, "moments"}:
        moments = [one for number in numbers for one in matrix.trials(number)]
        bad += _all("moments", moments, lambda one: matrix.attempt(one).faults, options)
    if options.kind in {None, "refusals"}:
        refusals = [one for number in numbers for one in faults.faults(number)]
        bad += _all("refusals", refusals, lambda one: faults.attempt(one).faults, options)
    if options.kind in {None, "switch"}:
        of_switch = SwitchFaultMatrix(matrix)
        happening = [one for number in numbers for one in of_switch.faults(number)]
        bad += _all("faults of Open vSwitch", happening, of_switch.attempt, options)
    return int(bool(bad))


def _all(
    name: str, every: Sequence[T], attempt: Callable[[T], List[str]], options: argparse.Namespace
) -> int:
    """How many failed; each as it is found, and how far it is."""
    chosen = [one for one in share(every, options.seed, options.part) if options.only in str(one)]
    chosen = chosen[options.guest :: options.of]
    bad: List[Tuple[T, List[str]]] = []
    start = time.monotonic()
    for number, one in enumerate(chosen, 1):
        found = attempt(one)
        if found:
            bad.append((one, found))
            print("\n  ".join((str(one), *found)), flush=True)  # noqa: T201
        if number % 100 == 0:
            each = (time.monotonic() - start) / number
            print(f"{number}/{len(chosen)} {name}, {len(bad)} bad, {each:.2f} s each", flush=True)  # noqa: T201
    print(f"seed {options.seed}: {len(chosen)} of {len(every)} {name}, {len(bad)} bad", flush=True)  # noqa: T201
    return len(bad)


if __name__ == "__main__":
    sys.exit(main())

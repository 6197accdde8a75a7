"""``python -m tests.independence``: as many pairs as you like, in guests of the lab."""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from pathlib import Path
from typing import Iterator, List

from . import campaign, guests
from .campaign import Result, Tally
from .features import ENABLED, Features, named

_IN_THE_LAB = os.environ.get("OS_NET_CONFIG_LAB") == "1"


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.independence", description=__doc__)
    parser.add_argument("--pairs", type=int, default=10_000)
    parser.add_argument("--seed", default=os.environ.get("SEED") or str(int(time.time())))
    parser.add_argument(
        "--pair", type=int, action="append", metavar="N", help="only this one; may be repeated"
    )
    parser.add_argument("--jobs", type=int, default=max(1, (os.cpu_count() or 2) - 1), help="guests")
    parser.add_argument("--results", type=Path, default=Path("results/independence"))
    parser.add_argument("--shrink", type=float, default=60, metavar="SECONDS", help="for each that fails")
    parser.add_argument("--features", metavar="NAMES", help="draw from these, with commas, or all or none")
    parser.add_argument("--lines", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--share", default="0/1", help=argparse.SUPPRESS)
    return parser


def main() -> int:
    """1 if a pair failed, or if the run has not seen what it has to see."""
    options = _parser().parse_args()
    features = _features(options.features)
    if options.lines:
        for result in _here(options, features):
            print(json.dumps(campaign.as_json(result)), flush=True)  # noqa: T201
        return 0
    tally = Tally(options.seed, features)
    total = len(_numbers(options))
    start = time.monotonic()
    try:
        for result in _here(options, features) if _IN_THE_LAB else _there(options):
            tally.add(result)
            _tell(result, options.results)
            _progress(tally, total, time.monotonic() - start)
    except guests.GuestError as error:
        print(error, file=sys.stderr)  # noqa: T201
        return 1
    return _conclude(tally, options)


def _features(names: str | None) -> Features:
    if names is None:
        return ENABLED
    return named([] if names == "none" else names.split(","))


def _numbers(options: argparse.Namespace) -> List[int]:
    share, shares = map(int, options.share.split("/"))
    return [*(options.pair or range(options.pairs))][share::shares]


def _here(options: argparse.Namespace, features: Features) -> Iterator[Result]:
    return campaign.results(options.seed, _numbers(options), features, options.shrink)


def _there(options: argparse.Namespace) -> Iterator[Result]:
    arguments = ["--seed", options.seed, "--pairs", str(options.pairs), "--shrink", str(options.shrink)]
    for number in options.pair or ():
        arguments += ["--pair", str(number)]
    if options.features is not None:
        arguments += ["--features", options.features]
    return guests.results(options.jobs, len(_numbers(options)), arguments)


def _tell(result: Result, directory: Path) -> None:
    """What has to be seen at once."""
    if result.report:
        kept = campaign.save(result, directory)
        print(f"{result.report}({kept})", flush=True)  # noqa: T201


def _progress(tally: Tally, total: int, seconds: float) -> None:
    each = seconds / tally.total
    left = each * (total - tally.total) / 60
    end = "\r" if sys.stderr.isatty() and tally.total < total else "\n"
    if end == "\r" or tally.total % max(1, total // 20) == 0:
        text = (
            f"{tally.total}/{total} pairs, {len(tally.offenders)} bad, {each:.2f} s each, {left:.0f} min left"
        )
        print(text, end=end, file=sys.stderr, flush=True)  # noqa: T201


def _conclude(tally: Tally, options: argparse.Namespace) -> int:
    """Print and keep the table and the summary. One pair alone has not to have everything."""
    faults = [one.name for one in tally.offenders] if options.pair else tally.faults()
    text = "\n".join((tally.coverage.table(), *faults, tally.line()))
    options.results.mkdir(parents=True, exist_ok=True)
    (options.results / "summary.txt").write_text(f"{text}\n", encoding="utf-8")
    print(tally.line() if options.pair else text)  # noqa: T201
    return int(bool(faults))


if __name__ == "__main__":
    sys.exit(main())

"""All suites, as many at a time as there are processors, and a summary of them."""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Dict, List
from xml.etree import ElementTree

COUNTED = ("tests", "failures", "errors", "skipped")


@dataclass(frozen=True)
class Result:
    """How a suite ended."""

    name: str
    status: int
    seconds: float
    counts: str

    def line(self) -> str:
        """Its line in the summary."""
        verdict = "FAILED" if self.status else "ok"
        return f"{self.name:<12}{verdict:<8}{self.seconds:>5.0f} s   {self.counts}".rstrip()


def counted(directory: Path) -> str:
    """What the suite's JUnit reports add up to, in words."""
    total: Dict[str, int] = dict.fromkeys(COUNTED, 0)
    for report in directory.glob("*.xml"):
        for suite in ElementTree.parse(report).getroot().iter("testsuite"):
            for key in COUNTED:
                total[key] += int(suite.get(key, "0"))
    bad = total["failures"] + total["errors"]
    parts = {"passed": total["tests"] - bad - total["skipped"], "failed": bad, "skipped": total["skipped"]}
    return ", ".join(f"{count} {word}" for word, count in parts.items() if count)


def run(name: str, results: Path) -> Result:
    """Run one suite by its make target, and print what it printed when it has ended."""
    directory = results / name
    shutil.rmtree(directory, ignore_errors=True)
    directory.mkdir(parents=True)
    command = ["make", "--no-print-directory", f"RESULTS={results}", name]
    start = time.monotonic()
    with (directory / "output.log").open("w+", encoding="utf-8", errors="replace") as log:
        status = subprocess.run(command, check=False, stdout=log, stderr=subprocess.STDOUT).returncode
        seconds = time.monotonic() - start
        log.seek(0)
        say(f"\n=== make {name}\n{log.read()}")
    return Result(name, status, seconds, counted(directory))


def say(text: str) -> None:
    """Print in one piece: suites run side by side."""
    sys.stdout.write(text)
    sys.stdout.flush()


def main(arguments: List[str]) -> int:
    """Run the suites that are named; 1 if any failed."""
    parser = argparse.ArgumentParser(prog="python -m tests.suites", description=__doc__)
    parser.add_argument("--results", type=Path, default=Path("results"))
    parser.add_argument("names", nargs="+", metavar="suite")
    options = parser.parse_args(arguments)
    say(f"running {', '.join(options.names)}; see {options.results}/*/output.log\n")
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        results = list(pool.map(lambda name: run(name, options.results), options.names))
    say("\n=== summary\n" + "".join(f"{result.line()}\n" for result in results))
    return int(any(result.status for result in results))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""A run without change on a router: 200,000 routes of others cost it nothing.

Run on a kernel that has VLANs (``python3 -m tests.lab run -- python -m benchmarks.routes``). With
the routes the run takes at most 1.1 times what it takes without, in time, memory and messages.
The two are measured in two network namespaces of the same kernel, one run here and one there in
turn, and compared pair by pair: a machine is not as fast in one minute as in the next, and by more
than the limit. For comparison the whole state is read as well, as a run does that has something to
change.
"""

from __future__ import annotations

import argparse
import os
import pathlib
import re
import statistics
import subprocess
import sys
import tempfile
import time
from itertools import islice
from typing import Iterator, List, NamedTuple, Sequence

from .measure import NOT_ASKED, PROGRAM
from .vlans import config

_LIMIT = 1.1
_VLANS = 200
#: Reads everything; prints its seconds.
_READ_ALL = (
    "import time\n"
    "from os_net_config.backends.rtnetlink import RtnetlinkBackend\n"
    "with RtnetlinkBackend() as backend:\n"
    "    begin = time.perf_counter()\n"
    "    state = backend.observe()\n"
    "    print(round(time.perf_counter() - begin, 2), 's,', len(state), 'things')\n"
)


class Cost(NamedTuple):
    seconds: float
    kilobytes: int
    messages: int


def foreign(count: int) -> Iterator[str]:
    """The commands for ``ip -batch``: as many routes of BGP's, of either family in turn."""
    for number in range(count // 2):
        net = f"{100 + (number >> 16)}.{number >> 8 & 255}.{number & 255}"
        yield f"route add {net}.0/24 via 10.0.2.9 proto bgp"
        yield f"route add 2001:db8:{number >> 16:x}:{number & 0xFFFF:x}::/64 via 2001:db8:ffff::9 proto bgp"


class Place:
    """A network namespace with the config applied in it, and what its runs have cost."""

    def __init__(self, name: str, directory: pathlib.Path) -> None:
        self._inside = ["ip", "netns", "exec", name]
        self.costs: List[Cost] = []
        config_file = directory / "config.yaml"
        places = ["--run-dir", str(directory / name), "--state-dir", str(directory / name)]
        self._run = [*self._inside, *PROGRAM, *NOT_ASKED, "-c", str(config_file), *places]
        subprocess.run(["ip", "netns", "add", name], check=True)
        self._ip("link add bench0 type veth peer name bench1", "link set bench1 up")
        subprocess.run(self._run, check=True, stdout=subprocess.DEVNULL)
        self._ip("address add 2001:db8:ffff::1/64 dev bench1 nodad")

    def _ip(self, *commands: str) -> None:
        said = "".join(f"{one}\n" for one in commands)
        subprocess.run([*self._inside, "ip", "-batch", "-"], input=said, text=True, check=True)

    def make_foreign(self, count: int) -> None:
        """In pieces: ip's memory grows with each command, and the lab's kernel has a limit for a process."""
        commands = foreign(count)
        while piece := list(islice(commands, 20_000)):
            self._ip(*piece)

    def measure(self) -> None:
        self.costs.append(_once(self._run))

    def read_everything(self) -> str:
        command = [*self._inside, sys.executable, "-c", _READ_ALL]
        done = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        assert done.stdout is not None
        said = done.stdout.read().strip()
        _, _, usage = os.wait4(done.pid, 0)
        done.returncode = 0
        return f"{said}, {usage.ru_maxrss >> 10} MB"


def _once(run: Sequence[str]) -> Cost:
    """What one run takes. The messages are those that the kernel sent, in reads of its socket."""
    with tempfile.TemporaryFile("w+") as said:
        begin = time.perf_counter()
        child = subprocess.Popen([*run, "--debug"], stdout=subprocess.DEVNULL, stderr=said)
        _, status, usage = os.wait4(child.pid, 0)
        taken = time.perf_counter() - begin
        child.returncode = os.waitstatus_to_exitcode(status)
        assert child.returncode == 0, "there was something to change"
        said.seek(0)
        found = re.search(r"receives=(\d+)", said.read())
    assert found is not None
    return Cost(taken, usage.ru_maxrss, int(found[1]))


def _reported(without: Sequence[Cost], router: Sequence[Cost]) -> bool:
    """The median of the pairs' ratios, and how far their middle half is apart."""
    good = True
    for name, unit, before, now in zip(Cost._fields, (" s", " KB", ""), zip(*without), zip(*router)):
        low, ratio, high = statistics.quantiles([one / other for one, other in zip(now, before)], n=4)
        verdict = "ok" if ratio <= _LIMIT else "TOO MUCH"
        good = good and verdict == "ok"
        spread = f"half of the pairs: {low:.2f} to {high:.2f}"
        told = f"{ratio:.2f} x {statistics.median(before):.4g}{unit} ({spread})"
        sys.stdout.write(f"a run without change, {name}: {told}, at most {_LIMIT}: {verdict}\n")
    return good


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    options.add_argument("--count", type=int, default=200_000)
    options.add_argument("--runs", type=int, default=31)
    given = options.parse_args()
    with tempfile.TemporaryDirectory() as directory:
        pathlib.Path(directory, "config.yaml").write_text(config(_VLANS))
        without, router = (Place(name, pathlib.Path(directory)) for name in ("bench-without", "bench-router"))
        begin = time.perf_counter()
        router.make_foreign(given.count)
        taken = time.perf_counter() - begin
        for _ in range(given.runs):
            without.measure()
            router.measure()
        sys.stdout.write(f"{given.count} routes of others, made in {taken:.0f} s\n")
        good = _reported(without.costs, router.costs)
        everything, rest = router.read_everything(), without.read_everything()
        sys.stdout.write(f"reading everything: {everything}; without them {rest}\n")
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())

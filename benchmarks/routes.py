"""A run without change on a router: 200,000 routes of others cost it nothing.

Run on a kernel that has VLANs (``python3 -m tests.lab run -- python -m benchmarks.routes``), in a
network namespace of its own. With the routes the run takes at most 1.1 times what it takes without,
in time, memory and messages. For comparison the whole state is read as well, as a run does that
has something to change.
"""

from __future__ import annotations

import argparse
import os
import pathlib
import re
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


def _make_foreign(count: int) -> None:
    """In pieces: ip's memory grows with each command, and the lab's kernel has a limit for a process."""
    commands = foreign(count)
    while piece := "".join(f"{one}\n" for one in islice(commands, 20_000)):
        subprocess.run(["ip", "-batch", "-"], input=piece, text=True, check=True)


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


def _cost(run: Sequence[str], runs: int) -> Cost:
    """The least of each: a busy machine only adds."""
    return Cost(*map(min, zip(*(_once(run) for _ in range(runs)))))


def _reading_everything() -> str:
    done = subprocess.Popen([sys.executable, "-c", _READ_ALL], stdout=subprocess.PIPE, text=True)
    assert done.stdout is not None
    said = done.stdout.read().strip()
    _, _, usage = os.wait4(done.pid, 0)
    done.returncode = 0
    return f"{said}, {usage.ru_maxrss >> 10} MB"


def _reported(before: Cost, after: Cost) -> bool:
    good = True
    for name, unit, without, now in zip(Cost._fields, ("s", "KB", ""), before, after):
        verdict = "ok" if now <= without * _LIMIT else "TOO MUCH"
        good = good and verdict == "ok"
        ratio = now / without
        told = f"{now:.4g} {unit}= {ratio:.2f} x {without:.4g}".replace("  ", " ")
        sys.stdout.write(f"a run without change, {name}: {told}, at most {_LIMIT}: {verdict}\n")
    return good


def _apply(run: List[str]) -> None:
    subprocess.run(["ip", "link", "add", "bench0", "type", "veth", "peer", "name", "bench1"], check=True)
    subprocess.run(["ip", "link", "set", "bench1", "up"], check=True)
    subprocess.run(run, check=True, stdout=subprocess.DEVNULL)
    subprocess.run(["ip", "address", "add", "2001:db8:ffff::1/64", "dev", "bench1", "nodad"], check=True)


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    options.add_argument("--count", type=int, default=200_000)
    options.add_argument("--runs", type=int, default=9)
    given = options.parse_args()
    with tempfile.TemporaryDirectory() as directory:
        config_file = pathlib.Path(directory, "config.yaml")
        config_file.write_text(config(_VLANS))
        place = ["--run-dir", directory, "--state-dir", directory]
        run = [*PROGRAM, *NOT_ASKED, "-c", str(config_file), *place]
        _apply(run)
        before, read_before = _cost(run, given.runs), _reading_everything()
        begin = time.perf_counter()
        _make_foreign(given.count)
        taken = time.perf_counter() - begin
        after = _cost(run, given.runs)
        sys.stdout.write(f"{given.count} routes of others, made in {taken:.0f} s\n")
        good = _reported(before, after)
        sys.stdout.write(f"reading everything: {_reading_everything()}; without them {read_before}\n")
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())

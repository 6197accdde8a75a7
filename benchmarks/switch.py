"""500 VLANs of a bridge of Open vSwitch: applied, and again without change, with addresses and without.

Run on a kernel that has Open vSwitch (``python3 -m tests.lab run -- python -m benchmarks.switch``).
Making them is compared with one call of ovs-vsctl that adds the same bridge and ports and one
``ip -batch`` that sets the links up and adds the addresses. Both wait for ovs-vswitchd to make its
links, which is most of the time. A run without change is compared, beyond the time of ``--version``,
with what shows the same: one ovs-vsctl that lists the tables, and ``ip`` for links, addresses and
routes. The two are measured in turn, and compared pair by pair.
"""

from __future__ import annotations

import argparse
import pathlib
import subprocess
import sys
import tempfile
import time
from typing import List, Sequence, Tuple

from tests.kernel.support.openvswitch import OpenVSwitch, open_vswitch

from .measure import NOT_ASKED, PROGRAM, report

_BRIDGE = "bench-br"
#: Making them is waiting for ovs-vswitchd, by both; but we plan, write it down, and read it back.
_LIMIT_MADE, _LIMIT_UNCHANGED = 2, 4
_CLEAN = ["ovs-vsctl", "del-br", _BRIDGE]
_TABLES = "list Open_vSwitch -- list Bridge -- list Port -- list Interface -- list Controller -- list Manager"
_SHOW = (
    ["ovs-vsctl", "--format=json", *_TABLES.split()],
    *(["ip", "-j", "-d", "link"], ["ip", "-j", "addr"], ["ip", "-j", "route", "show", "table", "all"]),
)


def _address(number: int) -> str:
    return f"10.{number // 250}.{number % 250}.1/24"


def config(numbers: Sequence[int], has_addresses: bool) -> str:
    """A file of a bridge with VLANs of these numbers."""
    lines = ["network_config:", "- type: ovs_bridge", f"  name: {_BRIDGE}", "  members:"]
    for number in numbers:
        lines += ["  - type: vlan", f"    vlan_id: {number}"]
        lines += [f"    addresses: [{{ip_netmask: {_address(number)}}}]"] if has_addresses else []
    return "\n".join(lines) + "\n"


def by_hand(numbers: Sequence[int], has_addresses: bool) -> Tuple[List[str], str]:
    """The words for ovs-vsctl, and those for ``ip -batch``."""
    words = ["ovs-vsctl", "add-br", _BRIDGE, "--", "set-fail-mode", _BRIDGE, "standalone"]
    words += ["--", "set", "bridge", _BRIDGE, "other_config:mac-table-size=50000"]
    lines = [f"link set {_BRIDGE} up"]
    for number in numbers:
        link = f"vlan{number}"
        words += ["--", "add-port", _BRIDGE, link, f"tag={number}", "--", "set", "interface", link]
        words += ["type=internal"]
        lines += [f"link set {link} up"]
        lines += [f"addr add {_address(number)} brd + dev {link}"] if has_addresses else []
    return words, "".join(f"{one}\n" for one in lines)


def _seconds(command: Sequence[str], said: str = "") -> float:
    begin = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, input=said, text=True)
    return time.perf_counter() - begin


def _made_by_hand(numbers: Sequence[int], has_addresses: bool) -> float:
    words, lines = by_hand(numbers, has_addresses)
    return _seconds(words) + _seconds(["ip", "-batch", "-"], lines)


def _told(name: str, own: Sequence[float], base_name: str, base: Sequence[float], limit: float) -> bool:
    """Of the pairs the one in the middle."""
    pairs = sorted(zip(own, base), key=lambda pair: pair[0] / pair[1])
    return report(name, pairs[len(pairs) // 2][0], base_name, pairs[len(pairs) // 2][1], limit)


def _measure(
    switch: OpenVSwitch, count: int, runs: int, has_addresses: bool, directory: pathlib.Path
) -> bool:
    numbers = range(2, count + 2)
    file = directory / "config.yaml"
    file.write_text(config(numbers, has_addresses))
    run = [*PROGRAM, *NOT_ASKED, "-c", str(file), "--run-dir", str(directory), "--state-dir", str(directory)]
    name = f"{count} VLANs with an address each" if has_addresses else f"{count} VLANs"
    made: Tuple[List[float], List[float]] = ([], [])
    again: Tuple[List[float], List[float]] = ([], [])
    for _ in range(runs):
        made[1].append(_made_by_hand(numbers, has_addresses))
        _seconds(_CLEAN)
        told = switch.transactions().count("os-net-config")
        made[0].append(_seconds(run))
        assert switch.transactions().count("os-net-config") == told + 1, "more than one transaction"
        for _ in range(5):
            again[0].append(_seconds([*run, "--detailed-exit-codes"]) - _seconds([*PROGRAM, "--version"]))
            again[1].append(sum(map(_seconds, _SHOW)))
        _seconds(_CLEAN)
    good = _told(f"{name}, made", made[0], "ovs-vsctl and ip -batch", made[1], _LIMIT_MADE)
    what = f"{name} without change, beyond --version"
    return _told(what, again[0], "ovs-vsctl list and ip", again[1], _LIMIT_UNCHANGED) and good


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    options.add_argument("--count", type=int, default=500)
    # Each takes minutes.
    options.add_argument("--runs", type=int, default=1)
    given = options.parse_args()
    with tempfile.TemporaryDirectory() as name, open_vswitch(pathlib.Path(name) / "ovs") as switch:
        good = [_measure(switch, given.count, given.runs, one, pathlib.Path(name)) for one in (False, True)]
    return 0 if all(good) else 1


if __name__ == "__main__":
    sys.exit(main())

"""2000 VLANs with an address and a route each: applied, and again without change.

Run on a kernel that has VLANs (``python3 -m tests.lab run -- python -m benchmarks.vlans``), in a
network namespace of its own. The run without change takes at most 6 times the three ``ip`` dumps
together, beyond the time of ``--version``.
"""

from __future__ import annotations

import argparse
import pathlib
import subprocess
import sys
import tempfile
import time

from .measure import NOT_ASKED, PROGRAM, report, seconds

_DUMPS = (["ip", "-j", "-d", "link"], ["ip", "-j", "addr"], ["ip", "-j", "route", "show", "table", "all"])


def config(count: int) -> str:
    """A file of ``count`` VLANs on bench0."""
    lines = ["network_config:", "- type: interface", "  name: bench0"]
    for number in range(2, count + 2):
        net = f"10.{number // 250}.{number % 250}"
        lines += [
            "- type: vlan",
            f"  vlan_id: {number}",
            "  device: bench0",
            "  addresses:",
            f"  - ip_netmask: {net}.1/24",
            "  routes:",
            f"  - ip_netmask: 172.{16 + number // 250}.{number % 250}.0/24",
            f"    next_hop: {net}.2",
        ]
    return "\n".join(lines) + "\n"


def batch(count: int) -> str:
    """The same for ``ip -batch``."""
    lines = ["link set bench0 up"]
    for number in range(2, count + 2):
        net, link = f"10.{number // 250}.{number % 250}", f"vlan{number}"
        lines += [
            f"link add link bench0 name {link} up type vlan id {number}",
            f"addr add {net}.1/24 brd + dev {link}",
            f"route add 172.{16 + number // 250}.{number % 250}.0/24 via {net}.2 dev {link}",
        ]
    return "\n".join(lines) + "\n"


def _make_nic() -> None:
    subprocess.run(["ip", "link", "add", "bench0", "type", "veth", "peer", "name", "bench1"], check=True)
    subprocess.run(["ip", "link", "set", "bench1", "up"], check=True)


def _timed(command: list[str]) -> float:
    begin = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - begin


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    options.add_argument("--count", type=int, default=2000)
    count: int = options.parse_args().count
    with tempfile.TemporaryDirectory() as directory:
        config_file, batch_file = pathlib.Path(directory, "config.yaml"), pathlib.Path(directory, "batch")
        config_file.write_text(config(count))
        batch_file.write_text(batch(count))
        _make_nic()
        by_ip = _timed(["ip", "-batch", str(batch_file)])
        subprocess.run(["ip", "link", "del", "bench0"], check=True)
        _make_nic()
        place = ["--run-dir", directory, "--state-dir", directory]
        run = [*PROGRAM, *NOT_ASKED, "-c", str(config_file), *place]
        by_us = _timed(run)
        report(f"{count} VLANs from clean", by_us, "ip -batch", by_ip, 10)
        dumps = sum(seconds(command, 3) for command in _DUMPS)
        version = seconds([*PROGRAM, "--version"], 5)
        again = seconds([*run, "--detailed-exit-codes"], 3) - version
        good = report(f"{count} VLANs without change, beyond --version", again, "the ip dumps", dumps, 6)
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())

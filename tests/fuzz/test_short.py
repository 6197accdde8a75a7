"""A minute of it: what once broke the reader, every hostile shape, and other documents each time."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import time
from itertools import islice
from pathlib import Path
from random import Random
from typing import Iterator, Tuple

import pytest

from os_net_config.config.document import LARGEST_FILE

from . import campaign, hostile
from .children import Children
from .trial import BAD, attempt

SEED = os.environ.get("SEED") or str(time.time_ns() // 1000 % 10**9)
SECONDS = float(os.environ.get("FUZZ_SECONDS", "20"))

#: Short documents that have been too much for it.
KNOWN = (
    b"",
    b"\xef\xbb\xbf\xff",
    b"- 0b_",
    b"- 0x_",
    b"- ._e+1",
    b"- !!float ._e+1",
    b"- !<%ed%a0%80> a",
    b'- "\\UFFFFFFFF"',
    b'- "\\ud800"',
    b"%YAML 1." + b"9" * 5000 + b"\n--- a",
    b'"a\\nb": 1',
    b"network_config: {type: interface, name: nic1, mtu: 1500.0}",
    b"network_config: {type: interface, name: nic1, mtu: 1e+400}",
    b"network_config: {type: interface, name: nic1, mtu: .inf}",
    b"network_config: {type: interface, name: nic1, linkdelay: 0x" + b"f" * 30 + b"}",
    b'network_config: {type: interface, name: "nic1\\0"}',
    b'network_config: {type: interface, name: "\\e[31m"}',
    b"network_config: {type: interface, name: nic1, addresses: {ip_netmask: 192.0.2.1/000000000099}}",
    "network_config: {type: linux_bond, name: b, bonding_options: mode=\u00b2}".encode(),
    b"network_config: {type: linux_bond, name: b, bonding_options: miimon=" + b"9" * 5000 + b"}",
    *(
        b"network_config: {type: interface, name: n, routes: {default: y, nexthop: self, %s}}"
        % option.encode()
        for option in ("route_options: table \u00b2", "route_options: metric \u00b2", "table: '\u00b2'")
    ),
)


@pytest.mark.parametrize("data", KNOWN, ids=range(len(KNOWN)))
def test_known(data: bytes) -> None:
    verdict = attempt(data)
    assert verdict.outcome not in BAD, verdict.detail


def shapes() -> Iterator[Tuple[str, bytes]]:
    """Each at a size where the limits refuse it, or do not yet."""
    random = Random(SEED)
    for name in hostile.SHAPES:
        size = LARGEST_FILE // random.choice((2, 3, 4, 6, 8, 12) if name in hostile.CONFIGS else (1, 4, 16))
        yield f"shape/{name}/{size}", campaign.document(f"shape/{name}/{size}")


def judged(documents: Iterator[Tuple[str, bytes]], capsys: pytest.CaptureFixture[str]) -> None:
    tally = campaign.Tally()
    with Children(os.cpu_count() or 2) as children:
        for trial in children.try_all(documents):
            tally.add(trial)
            if trial.verdict.outcome in BAD:
                campaign.save(trial, campaign.ROOT / "results" / "fuzz")
    with capsys.disabled():
        print(f"\n{tally.table()}\n{tally.line(SEED)}")  # noqa: T201
    first = tally.offenders[0] if tally.offenders else None
    assert first is None, (
        f"{first.verdict.outcome}: python -m tests.fuzz --only '{first.name}'\n{first.verdict.detail}"
    )


def test_hostile_shapes(capsys: pytest.CaptureFixture[str]) -> None:
    judged(shapes(), capsys)


def test_random_documents(capsys: pytest.CaptureFixture[str]) -> None:
    judged(campaign.until(campaign.endless(SEED), time.monotonic() + SECONDS), capsys)


def test_the_same_seed_gives_the_same_documents() -> None:
    assert list(islice(campaign.endless("1"), 50)) == list(islice(campaign.endless("1"), 50))


@pytest.mark.parametrize(
    "name", ["a billion laughs in lists", "wide levels", "empty routes", "one long name"]
)
def test_command_line(name: str, tmp_path: Path) -> None:
    file = tmp_path / "config.yaml"
    file.write_bytes(campaign.document(f"shape/{name}/{LARGEST_FILE // 4}"))
    done = subprocess.run(
        [sys.executable, "-m", "os_net_config", "check", str(file)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (1 << 30, 1 << 30)),
    )
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert all(line.startswith(str(file)) for line in done.stderr.splitlines())
    assert len(done.stderr) < 1 << 20

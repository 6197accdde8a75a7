"""Settings of a NIC with a driver that has them, igb: rings, coalescing, channels, pause, link modes."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path
from typing import Dict

import pytest

from tests.kernel.support import warm
from tests.kernel.support.namespace import set_up
from tests.kernel.support.program import NO_CHANGE, NOT_ASKED, Run
from tests.kernel.support.watching import wait_until_up

from .nics import PciNic

TAKEN_BACK = "ERROR: what was done has been taken back; the node is as it was, verified\n"
#: The options of the command that tell of what these tests set.
SHOWN = (
    "--show-ring",
    "--show-coalesce",
    "--show-channels",
    "--show-pause",
    "--show-features",
    "--show-priv-flags",
)
#: Without an option it tells what was negotiated as well, which takes its time.
_CONFIGURED = re.compile(r"^\t(Advertised link modes|Wake-on|Current message level):[^:]*$", re.MULTILINE)
MODES = "modes and others"


class Settings:
    """The one NIC as a node, and what the command says of it."""

    def __init__(self, nic: PciNic, directory: Path) -> None:
        self.name, self._directory = nic.name, directory
        (directory / "mapping.yaml").write_text(
            f"interface_mapping: {{nic1: {nic.name}}}\n", encoding="utf-8"
        )

    def run(self, said: str = "", *more: str) -> Run:
        config = self._directory / "config.yaml"
        options = f", ethtool_opts: '{said}'" if said else ""
        config.write_text(f"network_config: [{{type: interface, name: nic1{options}}}]\n", encoding="utf-8")
        places = ("--run-dir", str(self._directory / "run"), "--state-dir", str(self._directory / "state"))
        mapping = ("-m", str(self._directory / "mapping.yaml"))
        return warm.run("-c", str(config), *mapping, *places, *NOT_ASKED, "--detailed-exit-codes", *more)

    def told(self) -> Dict[str, str]:
        modes = "".join(one.group() for one in _CONFIGURED.finditer(self._tell()))
        return {**{option: self._tell(option) for option in SHOWN}, MODES: modes}

    def _tell(self, *option: str) -> str:
        command = ["ethtool", *option, self.name]
        return subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout


ALL = "10baseT/Half 10baseT/Full 100baseT/Half 100baseT/Full 1000baseT/Full"


@pytest.fixture
def settings(nic: PciNic, tmp_path: Path) -> Settings:
    set_up(nic.name)
    # With its carrier the driver negotiates pause anew.
    wait_until_up(nic.name)
    made = Settings(nic, tmp_path)
    assert made.run().status in (0, 2)
    return made


@pytest.mark.parametrize(
    ("said", "plan", "shown"),
    [
        (
            "-G ${DEVICE} rx 512 tx 1024",
            ["~ rings rx 256 → 512", "~ rings tx 256 → 1024"],
            "--show-ring",
        ),
        ("-C ${DEVICE} rx-usecs 20", ["~ coalesce rx-usecs 3 → 20"], "--show-coalesce"),
        (
            "-A ${DEVICE} autoneg off rx off tx on",
            ["~ pause autoneg on → off", "~ pause rx on → off"],
            "--show-pause",
        ),
        ("-L ${DEVICE} combined 2", ["~ channels combined 1 → 2"], "--show-channels"),
        ("-K ${DEVICE} rx off", ["~ features rx-checksum on → off"], "--show-features"),
        (
            "--set-priv-flags ${DEVICE} legacy-rx on",
            ["~ private flags legacy-rx off → on"],
            "--show-priv-flags",
        ),
        ("speed 100 duplex full", [f"~ link modes advertise {ALL} → 100baseT/Full"], MODES),
        ("wol u", ["~ wol wol g → u"], MODES),
    ],
)
def test_set_once_and_given_back(settings: Settings, said: str, plan: str, shown: str) -> None:
    before = settings.told()
    noop = settings.run(said, "--noop")
    assert noop.status == 2 and settings.told() == before
    run = settings.run(said)
    assert run.status == 2, run
    lines = [{" ".join(line.split()) for line in one.output.splitlines()} for one in (noop, run)]
    assert all(set(plan) <= one for one in lines), run.output
    now = settings.told()
    assert {option for option in now if now[option] != before[option]} == {shown}
    again = settings.run(said)
    assert (again.status, again.output) == (0, NO_CHANGE), again
    assert settings.run().status == 2
    assert settings.told() == before


@pytest.mark.parametrize(
    ("said", "message"),
    [
        ("-G ${DEVICE} rx 8192", "rx 8192 is more than {} takes of its rings: at most 4096"),
        ("-L ${DEVICE} combined 64", "combined 64 is more than {} takes of its channels: at most 8"),
        ("-K ${DEVICE} rx-fcs on", "rx-fcs of {} is off [fixed]: it cannot be changed"),
    ],
)
def test_what_it_cannot_do_is_refused_before_anything_is_written(
    settings: Settings, said: str, message: str
) -> None:
    before = settings.told()
    run = settings.run(f"-C ${{DEVICE}} rx-usecs 20; {said}")
    assert run.status == 1, run
    assert message.format(settings.name) in run.errors
    assert settings.told() == before


@pytest.mark.parametrize(
    ("said", "message"),
    [
        ("-C ${DEVICE} rx-usecs 20000", "rx-usecs 20000: Invalid argument"),
        ("-G ${DEVICE} tx 1001", "rings is 1008 instead of 1001"),
    ],
)
def test_what_its_driver_refuses_is_taken_back(settings: Settings, said: str, message: str) -> None:
    before = settings.told()
    run = settings.run(f"-K ${{DEVICE}} rx off; {said}")
    assert run.status == 4, run
    assert message in run.errors and run.errors.endswith(TAKEN_BACK), run
    assert settings.told() == before

"""The program with a real Open vSwitch that has no DPDK: it binds, is refused, and gives all back."""

from __future__ import annotations

from pathlib import Path
from typing import Dict, Iterator, List

import pytest

from tests.kernel.support import warm
from tests.kernel.support.node import ip
from tests.kernel.support.observed import snapshot
from tests.kernel.support.openvswitch import OpenVSwitch, open_vswitch
from tests.kernel.support.program import NOT_ASKED

from . import killed
from .nics import ACCEPT_RA, PciNic, free, furnish

CONFIG = """\
network_config:
- type: ovs_user_bridge
  name: br-link
  members:
  - type: ovs_dpdk_port
    name: dpdk0
    members: [{type: interface, name: nic1}]
"""
REFUSED = "interface dpdk0: could not open network device dpdk0"


@pytest.fixture
def switch(tmp_path: Path) -> Iterator[OpenVSwitch]:
    with open_vswitch(tmp_path / "ovs") as made:
        yield made


CHANGES: List[Dict[str, object]] = [
    {
        "action": "add",
        "resource": "link",
        "link": "br-link",
        "origin": "network_config[0]",
        "before": None,
        "after": {"up": True},
    },
    {
        "action": "change",
        "resource": "device",
        "address": "0000:01:00.0",
        "origin": "network_config[0].members[0].members[0]",
        "before": {"driver": "igb", **dict.fromkeys(["override", "saved", "name", "mac"])},
        "after": {
            **dict.fromkeys(["driver", "override", "saved"], "vfio-pci"),
            "name": "eno7",
            "mac": "02:00:00:00:00:01",
        },
    },
    {
        "action": "remove",
        "resource": "link",
        "link": "eno7",
        "origin": "network_config[0].members[0].members[0]",
        "before": {"kind": "", "group": 0, "address": "02:00:00:00:00:01", "mtu": 1400, "up": True},
        "after": None,
    },
]


class Program:
    """Its files are in ``directory``."""

    def __init__(self, directory: Path) -> None:
        self.state = directory / "state"
        self.mapping = self.state / "dpdk_mapping.yaml"
        self.places = ("--run-dir", str(directory / "run"), "--state-dir", str(self.state))
        config, mapping = directory / "config.yaml", directory / "mapping.yaml"
        config.write_text(CONFIG, encoding="utf-8")
        mapping.write_text("interface_mapping: {nic1: eno7}\n", encoding="utf-8")
        self.arguments = ["-c", str(config), "-m", str(mapping), *self.places, *NOT_ASKED]


@pytest.fixture
def program(nic: PciNic, switch: OpenVSwitch, tmp_path: Path) -> Program:
    ip(f"link set {nic.name} name eno7", "link set eno7 mtu 1400 up")
    return Program(tmp_path)


def test_a_plan_for_a_program(program: Program, nic: PciNic) -> None:
    before = snapshot(), nic.told()
    run = warm.run(*program.arguments, "--noop", "--format", "json")
    assert (run.status, run.errors) == (0, ""), run
    changes = [one for one in run.json["changes"] if one["resource"] in {"device", "link"}]
    assert changes == CHANGES
    assert (snapshot(), nic.told()) == before
    assert not program.mapping.exists()


def test_what_the_switch_cannot_make_is_given_back(
    program: Program, nic: PciNic, switch: OpenVSwitch
) -> None:
    furnish()
    before, rows = snapshot(), switch.configured()
    run = warm.run(*program.arguments, "--allow-loss")
    assert run.status == 1, run
    assert REFUSED in run.errors
    assert nic.told() == free("igb", "eno7")
    assert (snapshot(), switch.configured()) == (before, rows)
    assert ACCEPT_RA.read_text(encoding="ascii") == "0\n"
    assert not program.mapping.exists()


#: In the order in which they are written.
MOMENTS = [
    "dpdk_mapping.yaml",
    "driver_override",
    "driver/unbind",
    "vfio-pci/bind",
]


@pytest.mark.parametrize("moment", MOMENTS)
def test_killed_and_recovered(program: Program, nic: PciNic, switch: OpenVSwitch, moment: str) -> None:
    furnish()
    before, rows = snapshot(), switch.configured()
    assert killed.run([*program.arguments, "--allow-loss"], moment)
    assert (program.state / "journal.json").exists()
    run = warm.run("recover", *program.places)
    assert run.status == 0, run
    assert nic.told() == free("igb", "eno7")
    assert (snapshot(), switch.configured()) == (before, rows)
    assert ACCEPT_RA.read_text(encoding="ascii") == "0\n"
    assert not program.mapping.exists()

"""Ports of a real Open vSwitch with real DPDK, which drives the NICs of this PC: they work, and go again."""

from __future__ import annotations

import re
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Dict, Iterator, List, Tuple

import pytest

from os_net_config.backends.probes import ask
from os_net_config.state.probe import PING, Probe, Question
from tests.kernel.support import program, warm
from tests.kernel.support.namespace import Namespace
from tests.kernel.support.node import ip
from tests.kernel.support.observed import snapshot
from tests.kernel.support.openvswitch import OpenVSwitch

from .dpdk import UNSAFE, dpdk_switch
from .nics import PciNic, write

pytestmark = pytest.mark.rotating(4)

OURS, FAR = "192.0.2.1", "192.0.2.2"
BRIDGE = f"""\
network_config:
- type: ovs_user_bridge
  name: br-link
  addresses: [{{ip_netmask: {OURS}/24}}]
  members:
"""
NOTHING = "network_config: [{type: interface, name: lo}]\n"
BOUND = {"driver": "vfio-pci", "override": "vfio-pci", "links": [], "saved": "vfio-pci\n"}
#: Seconds for a NIC to have carrier and a first answer.
PATIENCE = 30.0


def port(number: int, *more: str) -> str:
    """An object. ``more`` is said of it as well."""
    nic = f"members: [{{type: interface, name: nic{number}}}]"
    return f"{{{', '.join(['type: ovs_dpdk_port', f'name: dpdk{number - 1}', nic, *more])}}}"


def alone(*more: str) -> str:
    return f"{BRIDGE}  - {port(1, *more)}\n"


BOND = f"""\
{BRIDGE}  - type: ovs_dpdk_bond
    name: dpdkbond0
    ovs_options: bond_mode=active-backup
    members:
    - {port(1)}
    - {port(2)}
"""


@dataclass(frozen=True)
class Node:
    """This PC. ``directory`` is for files, and ``nics`` are the two that DPDK can have."""

    directory: Path
    switch: OpenVSwitch
    nics: List[PciNic]

    def run(self, config: str, *options: str) -> program.Run:
        mapping = "".join(f"  nic{number}: {nic.name}\n" for number, nic in enumerate(self.nics, 1))
        for name, text in (("config.yaml", config), ("mapping.yaml", f"interface_mapping:\n{mapping}")):
            (self.directory / name).write_text(text, encoding="utf-8")
        files = ["-c", str(self.directory / "config.yaml"), "-m", str(self.directory / "mapping.yaml")]
        places = ["--run-dir", str(self.directory / "run"), "--state-dir", str(self.directory / "state")]
        return warm.run(*files, *places, *program.NOT_ASKED, "--detailed-exit-codes", *options)

    def applied(self, config: str) -> None:
        """It changes something, and a second run does nothing."""
        found = self.run(config)
        assert (found.status, found.errors) == (2, ""), f"{found}\n{self.log()}"
        self.unchanged(config)

    def unchanged(self, config: str) -> None:
        number = self.switch.rows("Open_vSwitch")[0]["next_cfg"]
        found = self.run(config)
        assert (found.status, found.output) == (0, program.NO_CHANGE), found
        assert self.switch.rows("Open_vSwitch")[0]["next_cfg"] == number

    def refused(self, config: str, said: str) -> None:
        """ovs-vswitchd says so, and all is taken back."""
        found = self.run(config)
        assert found.status == 4, found
        assert said in found.errors, f"{found}\n{self.log()}"
        assert "has been taken back" in found.errors

    def told(self) -> Tuple[object, ...]:
        return snapshot(), [nic.told() for nic in self.nics], self.switch.configured()

    def interface(self, name: str) -> Dict[str, Any]:
        """Its row, when it has carrier."""
        self.switch.vsctl("wait-until", "interface", name, "link_state=up")
        return next(one for one in self.switch.rows("Interface") if one["name"] == name)

    def log(self) -> str:
        return (self.switch.directory / "ovs-vswitchd.log").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def switch(found: List[PciNic], tmp_path_factory: pytest.TempPathFactory) -> Iterator[OpenVSwitch]:
    with dpdk_switch(tmp_path_factory.mktemp("dpdk") / "ovs") as made:
        yield made


@pytest.fixture
def node(nic: PciNic, found: List[PciNic], switch: OpenVSwitch, tmp_path: Path) -> Iterator[Node]:
    write(UNSAFE, "1")
    yield Node(tmp_path, switch, found[:2])
    # The kernel does not take back a device that is open.
    switch.vsctl("--if-exists", "del-br", "br-link")
    for one in found[:2]:
        subprocess.run(["ovs-appctl", "netdev-dpdk/detach", one.address], capture_output=True, check=False)


@pytest.fixture
def far(node: Node, found: List[PciNic]) -> Iterator[None]:
    """Another NIC of the segment is a host of its own."""
    subprocess.run(["ip", "netns", "add", "far"], check=True)
    ip(f"link set {found[2].name} netns far")
    with Namespace.named("far") as there, there.inside():
        ip(f"link set {found[2].name} up", f"address add {FAR}/24 dev {found[2].name}")
    yield
    subprocess.run(["ip", "netns", "del", "far"], check=True)


def assert_traffic() -> None:
    question = Question(Probe(f"ping:{FAR}", PING, FAR), PING, FAR)
    assert ask({question: PATIENCE}, lambda _: False) == {question: ""}


def test_a_port_works_is_changed_and_goes(node: Node, far: None) -> None:
    before = node.told()
    (first, _) = node.nics
    node.applied(alone())
    assert first.told() == BOUND
    told = node.interface("dpdk0")
    assert (told["type"], told["options"], told["error"]) == ("dpdk", {"dpdk-devargs": first.address}, [])
    assert (told["ofport"], told["mtu"], told["status"]["driver_name"]) == (1, 1500, "net_e1000_igb")
    assert_traffic()
    node.applied(alone("mtu: 2000", "rx_queue: 2", "rx_queue_size: 1024"))
    assert (node.interface("dpdk0")["mtu"], node.interface("dpdk0")["error"]) == (2000, [])
    shown = node.switch.run("ovs-appctl", "dpctl/show")
    assert re.search(r"dpdk0 .*configured_rx_queues=2, configured_rxq_descriptors=1024,", shown), shown
    assert_traffic()
    node.applied(NOTHING)
    assert node.told() == before


def test_an_mtu_that_it_cannot_have(node: Node) -> None:
    """It takes more memory than DPDK has: ovs-vswitchd says in its log alone that the port does not work."""
    node.applied(alone())
    before = node.told()
    node.refused(alone("mtu: 9500"), "ovs interface dpdk0: ")
    assert node.told() == before
    told = node.interface("dpdk0")
    assert (told["mtu"], told["error"], told["ofport"] > 0) == (1500, [], True)
    node.applied(NOTHING)


def test_a_device_that_dpdk_refuses(node: Node) -> None:
    before = node.told()
    write(UNSAFE, "0")
    said = f"interface dpdk0: Error attaching device '{node.nics[0].address}' to DPDK"
    node.refused(alone(), said)
    assert node.told() == before


def test_a_bond_and_an_open_vswitch_that_finds_its_devices_when_it_starts(node: Node, far: None) -> None:
    """It keeps them open after their interfaces have gone, as after a boot, and is told to let go."""
    before = node.told()
    node.applied(BOND)
    assert [nic.told() for nic in node.nics] == [BOUND] * 2
    assert [node.interface(name)["error"] for name in ("dpdk0", "dpdk1")] == [[], []]
    assert_traffic()
    node.switch.kill("ovs-vswitchd")
    node.switch.start_daemon()
    node.unchanged(BOND)
    assert_traffic()
    node.applied(NOTHING)
    assert node.told() == before

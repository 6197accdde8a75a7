"""Ports of DPDK from the config to the node in miniature, back, and on to something else."""

from __future__ import annotations

from typing import Dict, List, Mapping, Sequence

import pytest

from os_net_config.backends import sysfs
from os_net_config.backends.protocol import ExecuteError
from os_net_config.cli import plan_json, plan_text
from os_net_config.config.document import parse
from os_net_config.config.nics import count, name_nics
from os_net_config.engine.converge import UndoneError, apply
from os_net_config.engine.prepare import prepare_document
from os_net_config.engine.prepared import Memory, Prepared, Situation
from os_net_config.state import row
from os_net_config.state.device import CONNECTX_3, DRIVERS, MELLANOX
from os_net_config.state.model import AddressKey, DeviceKey, Resource, RowKey, State
from os_net_config.state.nic import Nic
from os_net_config.state.problem import ProblemsError
from os_net_config.state.record import Record
from os_net_config.state.values import Prefix, Value

from .node import Node, database, link, node_with, on_pci
from .node import nics as numbered

EM = [on_pci(nic, number) for number, nic in enumerate(numbered("em1", "em2", "em3"), 1)]
FIRST = DeviceKey("0000:01:00.0")
PORT = """\
network_config:
- type: ovs_user_bridge
  name: br-link
  members:
  - type: ovs_dpdk_port
    name: dpdk0
    mtu: 9000
    rx_queue: 4
    members: [{type: interface, name: nic1}]
"""
BOND = """\
network_config:
- type: ovs_user_bridge
  name: br-link
  members:
  - type: ovs_dpdk_bond
    name: dpdkbond0
    mtu: 9000
    rx_queue: 2
    rx_queue_size: 1024
    tx_queue_size: 2048
    ovs_options: bond_mode=balance-slb
    members:
    - {type: ovs_dpdk_port, name: dpdk0, rx_queue: 4, members: [{type: interface, name: nic1}]}
    - {type: ovs_dpdk_port, name: dpdk1, driver: igb_uio, members: [{type: interface, name: nic2}]}
"""
PLAIN = "network_config: [{type: interface, name: nic1, addresses: [{ip_netmask: 192.0.2.1/24}]}]\n"


class Site:
    """A node on which one config after the other is applied."""

    def __init__(self, nics: Sequence[Nic] = EM, *more: Resource, refused: str = "") -> None:
        self.nics = nics
        self.node = Node(node_with(nics, database(), *more), refused=refused)
        self.record = Record()

    def prepared(self, text: str) -> Prepared:
        live = self.node.observe()
        names = name_nics(self.nics, {})
        situation = Situation(live, self.nics, names, memory=Memory(self.record, "config.yaml"))
        return prepare_document(parse("config.yaml", text.encode()), situation)

    def applied(self, text: str) -> Prepared:
        prepared = self.prepared(text)
        apply(prepared, self.node)
        self.record = prepared.record_then
        assert not self.prepared(text).plan
        return prepared

    def device(self, key: DeviceKey = FIRST) -> Mapping[str, Value]:
        return self.node.observe().resources[key].values

    def interface(self, name: str) -> Dict[str, Value]:
        values = self.node.observe().resources[RowKey(row.INTERFACE, name)].values
        return {
            n: v
            for n, v in values.items()
            if n.startswith("options:") or n in {"mtu_request", "port", "type"}
        }


def test_a_port_binds_its_nic_before_the_row_names_it() -> None:
    site = Site()
    steps = site.applied(PORT).plan.steps
    keys = [step.key for step in steps]
    assert keys.index(FIRST) < keys.index(RowKey(row.INTERFACE, "dpdk0"))
    assert site.interface("dpdk0") == {
        "port": "dpdk0",
        "type": "dpdk",
        "mtu_request": 9000,
        "options:dpdk-devargs": "0000:01:00.0",
        "options:n_rxq": "4",
    }
    device = site.device()
    assert [device[name] for name in ("driver", "override", "saved", "name", "mac", "links")] == [
        *["vfio-pci"] * 3,
        *("em1", "52:54:00:00:00:01", ()),
    ]
    assert site.node.observe().link("em1") is None


def test_a_bond_gives_its_members_mtu_and_queues() -> None:
    site = Site()
    site.applied(BOND)
    assert site.node.observe().resources[RowKey(row.PORT, "dpdkbond0")].values["bond_mode"] == "balance-slb"
    queues = {"options:n_rxq": "2", "options:n_rxq_desc": "1024", "options:n_txq_desc": "2048"}
    common = {"port": "dpdkbond0", "type": "dpdk", "mtu_request": 9000, **queues}
    assert site.interface("dpdk0") == {**common, "options:dpdk-devargs": "0000:01:00.0"}
    assert site.interface("dpdk1") == {**common, "options:dpdk-devargs": "0000:02:00.0"}
    assert site.device(DeviceKey("0000:02:00.0"))["saved"] == "igb_uio"


def test_a_member_of_a_bond_is_told_what_it_does_not_get() -> None:
    (warning,) = Site().prepared(BOND).warnings
    assert warning.message == "not used: dpdkbond0 gives its members its own rx_queue, 2"


def test_a_virtual_function_is_not_bound_at_the_next_boot() -> None:
    vf = EM[0]._replace(pci=EM[0].pci._replace(is_vf=True))  # type: ignore[union-attr]
    site = Site([vf])
    site.applied(PORT)
    assert (site.device()["driver"], site.device()["saved"]) == ("vfio-pci", None)


@pytest.mark.parametrize("driver", ["", "    driver: mlx5_core\n"])
def test_a_nic_of_mellanox_keeps_its_driver_and_its_link(driver: str) -> None:
    site = Site([on_pci(EM[0], 1, MELLANOX, 0x101D)])
    site.applied(PORT.replace("    mtu", f"{driver}    mtu", 1))
    assert (site.device()["driver"], site.device()["override"], site.device()["name"]) == (
        "mlx5_core",
        None,
        "em1",
    )
    assert site.node.observe().values("em1")["up"] == 1
    assert site.interface("dpdk0")["options:dpdk-devargs"] == "0000:01:00.0"


def test_a_connectx_3_is_told_by_its_mac_address() -> None:
    site = Site([on_pci(EM[0], 1, MELLANOX, CONNECTX_3)])
    site.applied(PORT)
    assert site.interface("dpdk0")["options:dpdk-devargs"] == "class=eth,mac=52:54:00:00:00:01"


def refused(site: Site, text: str) -> List[str]:
    with pytest.raises(ProblemsError) as caught:
        site.prepared(text)
    return [f"{one.message} ({one.hint})" for one in caught.value.problems]


def test_a_driver_that_is_not_loaded() -> None:
    site = Site()
    site.node.devices[FIRST][DRIVERS] = ("i40e",)
    assert refused(site, PORT) == [
        "the driver vfio-pci for 0000:01:00.0 is not loaded (load it first: modprobe vfio-pci;"
        " for the next boots name it in /etc/modules-load.d/vfio-pci.conf)"
    ]


def test_another_driver_for_a_nic_of_mellanox() -> None:
    site = Site([on_pci(EM[0], 1, MELLANOX)])
    (told,) = refused(site, PORT.replace("    mtu", "    driver: vfio-pci\n    mtu", 1))
    assert told.endswith("(say driver: mlx5_core, or nothing)")


def test_a_nic_that_is_on_no_pci_bus() -> None:
    (told,) = refused(Site([EM[0]._replace(pci=None)]), PORT)
    assert told.startswith("em1 is no PCI device")


def test_a_nic_of_dpdk_carries_no_vlan() -> None:
    (told,) = refused(Site(), f"{PORT}- {{type: vlan, device: nic1, vlan_id: 10}}\n")
    assert told.startswith("em1 is driven by DPDK")


def test_addresses_on_a_nic_of_dpdk() -> None:
    text = PORT.replace("name: nic1}", "name: nic1, addresses: [{ip_netmask: 192.0.2.1/24}]}")
    (told,) = refused(Site(), text)
    assert told.startswith("interface em1 has no link of its own for addresses")


ADDRESS = Resource(AddressKey("em1", Prefix(bytes([192, 0, 2, 7]), 24)), {"protocol": 4})


def test_what_others_have_on_the_nic_is_told_before_it_is_lost() -> None:
    site = Site(EM, ADDRESS)
    (told,) = refused(site, PORT)
    assert told == (
        "em1 is to be removed, and takes along what cannot be brought back: 192.0.2.7/24"
        " (move that away first, or lose it with --allow-loss)"
    )


def shown(site: Site) -> State:
    """Without what the record alone knows of, and the order of things."""
    return State(dict(sorted(site.node.observe().resources.items(), key=lambda one: str(one[0]))))


NOTHING = "network_config: [{type: interface, name: nic3}]\n"


@pytest.mark.parametrize("up", [0, 1])
@pytest.mark.parametrize("first", [[], [PLAIN], [PLAIN, PORT, PLAIN]], ids=len)
def test_without_the_port_it_is_as_before(first: Sequence[str], up: int) -> None:
    site = Site(EM, link(EM[0], up=up, mtu=1400))
    before = shown(site)
    for text in (*first, PORT):
        site.applied(text)
    steps = [step.key for step in site.applied(NOTHING).plan.steps]
    assert steps.index(RowKey(row.INTERFACE, "dpdk0")) < steps.index(FIRST)
    assert shown(site) == before


@pytest.mark.parametrize("up", [0, 1])
def test_a_link_that_is_wanted_again_is_as_the_config_says_and_then_as_before(up: int) -> None:
    site = Site(EM, link(EM[0], up=up, mtu=1400))
    before = shown(site)
    site.applied(PORT)
    site.applied(PLAIN.replace("addresses", "mtu: 9000, addresses"))
    now = site.node.observe().values("em1")
    assert (now["up"], now["mtu"]) == (1, 9000)
    site.applied(NOTHING)
    assert shown(site) == before


@pytest.mark.parametrize(
    "after",
    [
        PLAIN,
        PLAIN.replace(
            "interface, name: nic1,", "ovs_bridge, name: br-link, members: [{type: interface, name: nic1}],"
        ),
        "network_config: [{type: linux_bond, name: bond1, members: [{type: interface, name: nic1}]}]\n",
    ],
)
def test_to_the_kernel_and_back(after: str) -> None:
    site = Site()
    site.applied(PLAIN)
    site.applied(PORT)
    site.applied(after)
    assert site.device()["driver"] == "i40e"
    assert site.device()["name"] is None
    assert site.node.observe().values("em1")["up"] == 1
    site.applied(PORT)
    assert site.node.observe().link("em1") is None


@pytest.mark.parametrize(
    ("first", "text"), [("", PORT), (PLAIN, PORT), (PORT, BOND), (PORT, NOTHING), (PORT, PLAIN)]
)
def test_what_fails_is_taken_back_wherever_it_does(first: str, text: str) -> None:
    for number in range(40):
        site = Site(EM, link(EM[0], mtu=1400))
        if first:
            site.applied(first)
        before = shown(site)
        prepared = site.prepared(text)
        if number >= len(prepared.plan.steps):
            assert number > 1
            return
        site.node.fails_at = number
        with pytest.raises((UndoneError, ExecuteError)) as caught:
            apply(prepared, site.node)
        assert isinstance(caught.value, UndoneError)
        assert caught.value.left == []
        assert shown(site).resources == before.resources


def test_a_nic_keeps_its_number_while_dpdk_drives_it() -> None:
    site = Site()
    site.applied(PORT)
    found = sysfs.nics(site.node.observe(), "/nowhere")
    bound = [nic for nic in found if nic.name == "em1"]
    assert bound == [EM[0]]
    assert count([*bound, *EM[1:]]) == {f"nic{n}": nic.mac for n, nic in enumerate(EM, 1)}


def test_the_plan_shows_the_device_and_the_link_that_goes() -> None:
    prepared = Site().prepared(PORT)
    text = plan_text.render(prepared)
    assert "~ device 0000:01:00.0 driver   i40e → vfio-pci" in text
    assert "- link     mtu 1500" in text
    made = plan_json.as_json(prepared, "config.yaml", applied=False)
    (device,) = [one for one in made["changes"] if one["resource"] == "device"]
    assert device["address"] == "0000:01:00.0"
    assert device["after"]["saved"] == "vfio-pci"

"""Bridges, bonds, tunnels and patch ports of a real Open vSwitch, applied as users do."""

from __future__ import annotations

import json
import subprocess
from typing import Iterator

import pytest

from .support import program
from .support.node import Node, ip
from .support.observed import ipv4_addresses, observe
from .support.openvswitch import OpenVSwitch, open_vswitch


@pytest.fixture
def switch(node: Node) -> Iterator[OpenVSwitch]:
    with open_vswitch(node.directory / "ovs") as made:
        yield made


CONFIG = """\
network_config:
- type: ovs_bridge
  name: br-ex
  mtu: 9000
  ovs_extra: ["br-set-external-id {name} bridge-id {name}"]
  addresses: [{ip_netmask: 192.0.2.10/24}]
  routes: [{default: true, next_hop: 192.0.2.1}]
  members:
  - type: ovs_bond
    name: bond1
    mtu: 9000
    ovs_options: bond_mode=active-backup other_config:lacp-time=fast
    members:
    - {type: interface, name: nic1, primary: true}
    - {type: interface, name: nic2}
  - type: vlan
    vlan_id: 20
    mtu: 1500
    addresses: [{ip_netmask: 172.17.0.10/24}, {ip_netmask: "fd00:17::10/64"}]
  - type: ovs_tunnel
    name: vx0
    tunnel_type: vxlan
    ovs_options: [remote_ip=192.0.2.20, key=100]
- type: ovs_patch_port
  name: patch-ex
  bridge_name: br-ex
  peer: patch-in
- type: ovs_bridge
  name: br-in
  members: [{type: ovs_patch_port, name: patch-in, bridge_name: br-in, peer: patch-ex}]
"""


def test_applied_once_it_is_there_and_gone_again_with_the_config(node: Node, switch: OpenVSwitch) -> None:
    there, links = switch.configured(), observe().links
    node.applied(CONFIG)
    assert {key[1] for key in switch.configured() if key[0] == "Port"} == {
        *("bond1", "br-ex", "br-in", "patch-ex", "patch-in", "vlan20", "vx0")
    }
    assert ipv4_addresses() == {"br-ex": ["192.0.2.10/24"], "vlan20": ["172.17.0.10/24"]}
    node.unchanged(CONFIG)
    node.applied("network_config: [{type: interface, name: nic3}]\n")
    assert switch.configured() == there
    now = observe().links
    assert {name: one for name, one in now.items() if name not in {"eno3", "ovs-system"}} == {
        name: one for name, one in links.items() if name != "eno3"
    }


TAGGED = """\
network_config:
- type: ovs_bridge
  name: br-ex
  ovs_extra: "set bridge {name} other_config:mac-aging-time=600"
  members:
  - {type: interface, name: nic1}
  - {type: vlan, vlan_id: 20, ovs_options: tag=21}
- {type: interface, name: nic3, mtu: 1450}
"""
#: Of another tag, with another key of the bridge, and with a port more.
RETAGGED = (
    TAGGED.replace("tag=21", "tag=22")
    .replace("time=600", "time=700")
    .replace(
        "- {type: interface, name: nic3, mtu: 1450}",
        "  - {type: vlan, vlan_id: 30}\n- {type: interface, name: nic3, mtu: 1400}",
    )
)


def dies(node: Node, switch: OpenVSwitch, config: str) -> None:
    """A run that is killed when its rows are made, and nothing of them is there yet."""
    arguments = node.arguments(node.file("config.yaml", config))
    with switch.stopped("ovs-vswitchd"):
        process = program.start(*arguments, stdout=subprocess.DEVNULL)
        switch.vsctl("--no-wait", "wait-until", "port", "vlan30")
        process.kill()
        process.wait()


@pytest.mark.parametrize("forward", [False, True], ids=["back", "forward"])
def test_what_a_run_before_the_boot_has_begun(node: Node, switch: OpenVSwitch, forward: bool) -> None:
    """Rows outlive a boot, and so does what a run that died has made of them. Links do not."""
    node.applied(TAGGED)
    before = switch.configured()
    dies(node, switch, RETAGGED)
    assert switch.configured() != before
    journal = node.directory / "state" / "journal.json"
    content = json.loads(journal.read_text(encoding="utf-8"))
    content["writer"]["boot"] = "another"
    journal.write_text(json.dumps(content), encoding="utf-8")
    ip("link set eno3 mtu 1300")
    places = ("--run-dir", str(node.run_directory), "--state-dir", str(node.directory / "state"))
    run = program.run("recover", *places, *(["--forward"] if forward else []))
    assert run.status == 0 and not journal.exists(), run
    assert (switch.configured() == before) != forward
    assert switch.rows("Port") and ("vlan30" in observe().links) == forward
    assert observe().links["eno3"]["mtu"] == "1300"
    # What is known of the rows is so again, too: nobody else has changed them.
    run = node.apply(RETAGGED)
    assert (run.status, run.errors) == (2, ""), run
    assert switch.vsctl("get", "bridge", "br-ex", "other_config:mac-aging-time") == '"700"\n'
    assert switch.vsctl("get", "port", "vlan20", "tag") == "22\n"
    node.unchanged(RETAGGED)

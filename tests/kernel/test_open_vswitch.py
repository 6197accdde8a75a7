"""Bridges, bonds, tunnels and patch ports of a real Open vSwitch, applied as users do."""

from __future__ import annotations

import contextlib
import json
import subprocess
import threading
import time
from pathlib import Path
from typing import Iterator, List, Tuple

import pytest

from .support import program
from .support.node import Node, ip
from .support.observed import ipv4_addresses, observe
from .support.openvswitch import OpenVSwitch, environment
from .support.relay import Fate, relay

pytestmark = pytest.mark.rotating(3)

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


#: Ports of one bridge: those that cost the kernel a link each, and those that do not.
VLANS, PATCHES = 10, 490


def _many() -> str:
    lines = ["network_config:", "- type: ovs_bridge", "  name: br-ex", "  members:"]
    lines += [f"  - {{type: vlan, vlan_id: {number}}}" for number in range(2, VLANS + 2)]
    lines += [
        f"  - {{type: ovs_patch_port, name: p{n}, bridge_name: br-ex, peer: p{n ^ 1}}}"
        for n in range(PATCHES)
    ]
    return "\n".join(lines) + "\n"


#: What a run without change sends: it asks for the columns of ports, which begins with all rows.
_SIGNS = {b'"bond_updelay"': 1, b'"transact"': 0}


@contextlib.contextmanager
def counted(switch: OpenVSwitch, directory: Path, sign: bytes) -> Iterator[List[int]]:
    """How many requests with this sign come to the server meanwhile."""
    asked: List[int] = []

    def passes() -> Fate:
        asked.append(1)
        return Fate.PASSES

    directory.mkdir()
    with relay(str(directory / "db.sock"), switch.socket, sign, passes), environment(directory):
        yield asked


def test_five_hundred_ports_are_one_transaction_and_read_once(node: Node, switch: OpenVSwitch) -> None:
    told = len(switch.transactions())
    node.applied(_many())
    assert switch.transactions()[told:].count("os-net-config") == 1
    assert len(switch.rows("Port")) == 1 + VLANS + PATCHES
    told = len(switch.transactions())
    for sign, times in _SIGNS.items():
        with counted(switch, node.directory / f"relay{times}", sign) as asked:
            node.unchanged(_many())
        assert len(asked) == times, sign
    assert len(switch.transactions()) == told


#: With something of the one row for the whole of Open vSwitch.
WITH_ROOT = CONFIG.replace(
    '["br-set-external-id {name} bridge-id {name}"]',
    '["br-set-external-id {name} bridge-id {name}", "set-manager ptcp:6640:127.0.0.1", '
    '"set open_vswitch . external_ids:ovn-bridge-mappings=datacentre:{name}"]',
)


def test_a_database_that_was_emptied(node: Node, switch: OpenVSwitch) -> None:
    """Its links stay in the kernel with all they have, until ovs-vswitchd gets a bridge to make."""
    node.applied(WITH_ROOT)
    there, links = switch.configured(), set(observe().links)
    for name in ("ovs-vswitchd", "ovsdb-server"):
        switch.kill(name)
    switch.database.unlink()
    switch.start_server()
    switch.vsctl("--no-wait", "init")
    switch.start_daemon()
    assert "vlan20" in observe().links
    assert switch.vsctl("list-br") == ""
    node.applied(WITH_ROOT)
    assert (switch.configured(), set(observe().links)) == (there, links)
    assert ipv4_addresses() == {"br-ex": ["192.0.2.10/24"], "vlan20": ["172.17.0.10/24"]}
    node.unchanged(WITH_ROOT)


#: What ovs-vswitchd cannot make, as a command of the bridge; and what is said of it.
IMPOSSIBLE = {
    "a long name": ("add-br a-name-of-17-long", "a-name-of-17-long"),
    "a type": (
        "add-port {name} p0 -- set interface p0 type=nonsense",
        "interface p0: could not open network device p0 (Address family not supported by protocol)",
    ),
    "a tunnel": (
        "add-port {name} vx0 -- set interface vx0 type=vxlan",
        "interface vx0: vxlan type requires valid 'remote_ip' argument",
    ),
}


@pytest.mark.parametrize("was_there", [False, True], ids=["new", "there"])
def test_a_datapath_that_is_not_known_is_refused(node: Node, switch: OpenVSwitch, was_there: bool) -> None:
    if was_there:
        node.applied(TAGGED)
    before = switch.configured()
    run = node.apply(TAGGED.replace("set bridge {name} other", "set bridge {name} datapath_type=x other"))
    assert run.status == 1, run
    assert "br-ex cannot have the datapath x: this Open vSwitch has netdev, system" in run.errors, run
    assert switch.configured() == before


@pytest.mark.parametrize("was_there", [False, True], ids=["new", "there"])
@pytest.mark.parametrize("command, told", IMPOSSIBLE.values(), ids=IMPOSSIBLE.keys())
def test_what_cannot_be_made_is_told_at_once(
    node: Node, switch: OpenVSwitch, command: str, told: str, was_there: bool
) -> None:
    if was_there:
        node.applied(TAGGED)
    before, links = switch.configured(), observe().links
    began = time.monotonic()
    run = node.apply(
        TAGGED.replace("set bridge {name} other_config", f"{command} -- set bridge {{name}} other_config")
    )
    taken = time.monotonic() - began
    assert run.status not in {0, 2}
    assert told in run.errors, run
    assert "the node is as it was, verified" in run.errors, run
    assert taken < 10, run
    assert (switch.configured(), observe().links.keys()) == (before, links.keys())


#: A bridge and a VLAN on it, of the kernel's datapath.
IN_KERNEL = """\
network_config:
- type: ovs_bridge
  name: br-ex
  addresses: [{ip_netmask: 192.0.2.10/24}]
  routes: [{default: true, next_hop: 192.0.2.1}]
  members:
  - {type: interface, name: nic1}
  - {type: vlan, vlan_id: 20, addresses: [{ip_netmask: 172.17.0.10/24}]}
"""
IN_USER_SPACE = IN_KERNEL.replace("ovs_bridge", "ovs_user_bridge")


def test_a_bridge_that_gets_another_datapath_has_all_of_its_network(node: Node, switch: OpenVSwitch) -> None:
    for config, kind in ((IN_KERNEL, "openvswitch"), (IN_USER_SPACE, "tun"), (IN_KERNEL, "openvswitch")):
        node.applied(config)
        node.unchanged(config)
        assert ipv4_addresses() == {"br-ex": ["192.0.2.10/24"], "vlan20": ["172.17.0.10/24"]}
        assert {kind_of(name) for name in ("br-ex", "vlan20")} == {kind}


def kind_of(link: str) -> str:
    (found,) = json.loads(subprocess.check_output(["ip", "-d", "-j", "link", "show", link]))
    return str(found["linkinfo"]["info_kind"])


#: The same network, by Open vSwitch and by the kernel.
IN_THE_SWITCH = """\
network_config:
- type: ovs_bridge
  name: br-ex
  addresses: [{ip_netmask: 192.0.2.10/24}]
  routes: [{default: true, next_hop: 192.0.2.1}]
  members:
  - {type: interface, name: nic1}
  - type: vlan
    vlan_id: 20
    addresses: [{ip_netmask: 172.17.0.10/24}, {ip_netmask: "fd00:17::10/64"}]
    routes: [{ip_netmask: 172.18.0.0/16, next_hop: 172.17.0.1}]
"""
OF_THE_KERNEL = """\
network_config:
- type: linux_bridge
  name: br-ex
  addresses: [{ip_netmask: 192.0.2.10/24}]
  routes: [{default: true, next_hop: 192.0.2.1}]
  members:
  - {type: interface, name: nic1}
- type: vlan
  vlan_id: 20
  device: nic1
  addresses: [{ip_netmask: 172.17.0.10/24}, {ip_netmask: "fd00:17::10/64"}]
  routes: [{ip_netmask: 172.18.0.0/16, next_hop: 172.17.0.1}]
"""


@pytest.mark.parametrize("kind", ["ovs_bridge", "ovs_user_bridge"])
def test_a_bridge_and_a_vlan_change_hands(node: Node, switch: OpenVSwitch, kind: str) -> None:
    """Links of Open vSwitch become links of the kernel of the same names, and those its own again."""
    there, of_the_switch = switch.configured(), IN_THE_SWITCH.replace("ovs_bridge", kind)
    seen = []
    for config in (of_the_switch, OF_THE_KERNEL, of_the_switch):
        node.applied(config)
        node.unchanged(config)
        now = observe()
        seen.append((now.addresses, now.routes))
        assert (switch.configured() == there) == (config == OF_THE_KERNEL)
    assert seen[0] == seen[1] == seen[2]
    assert ipv4_addresses() == {"br-ex": ["192.0.2.10/24"], "vlan20": ["172.17.0.10/24"]}


#: A port whose interface is a bond of the kernel, and the same made a bond of Open vSwitch.
BOND_OF_THE_KERNEL = """\
network_config:
- type: ovs_bridge
  name: br-ex
  members:
  - type: linux_bond
    name: bond1
    bonding_options: mode=active-backup miimon=100
    members: [{type: interface, name: nic1}, {type: interface, name: nic2}]
"""
BOND_OF_THE_SWITCH = BOND_OF_THE_KERNEL.replace("linux_bond", "ovs_bond").replace(
    "bonding_options: mode=active-backup miimon=100", "ovs_options: bond_mode=active-backup"
)


def test_a_bond_changes_hands_in_its_bridge(node: Node, switch: OpenVSwitch) -> None:
    """Its port may not be without an interface, so that it is made again: with what others have there."""
    seen: List[Tuple[List[str], str]] = []
    for config in (BOND_OF_THE_KERNEL, BOND_OF_THE_SWITCH, BOND_OF_THE_KERNEL):
        node.applied(config)
        if not seen:
            switch.vsctl("set", "port", "bond1", "external_ids:theirs=1", "trunks=10,20")
        node.unchanged(config)
        interfaces = switch.vsctl("--columns=name", "-f", "csv", "--no-headings", "list", "interface").split()
        seen.append((sorted(interfaces), kind_of("bond1") if config == BOND_OF_THE_KERNEL else ""))
        assert switch.vsctl("get", "port", "bond1", "external_ids:theirs", "trunks") == '"1"\n[10, 20]\n'
    assert seen == [
        (["bond1", "br-ex"], "bond"),
        (["br-ex", "eno1", "eno2"], ""),
        (["bond1", "br-ex"], "bond"),
    ]


def test_a_port_with_a_queue_of_others_is_not_made_again(node: Node, switch: OpenVSwitch) -> None:
    node.applied(BOND_OF_THE_KERNEL)
    switch.vsctl("set", "port", "bond1", "qos=@q", "--", "--id=@q", "create", "qos", "type=linux-htb")
    before = switch.configured()
    run = node.apply(BOND_OF_THE_SWITCH)
    assert run.status == 1 and "port bond1 has to be made anew, and loses its qos" in run.errors, run
    assert switch.configured() == before


def test_a_link_that_ovs_vswitchd_is_about_to_remove(node: Node, switch: OpenVSwitch) -> None:
    """Until then it has the address and the route that another link is to have."""
    address = "addresses: [{ip_netmask: 192.0.2.10/24}], routes: [{default: true, next_hop: 192.0.2.1}]"
    node.applied(f"network_config: [{{type: ovs_bridge, name: br-ex, {address}}}]\n")
    with contextlib.ExitStack() as stack:
        stack.enter_context(switch.stopped("ovs-vswitchd"))
        # A client that ends before it is carried out.
        number = int(switch.vsctl("get", "Open_vSwitch", ".", "next_cfg")) + 1
        switch.vsctl("--no-wait", "del-br", "br-ex", "--", "set", "Open_vSwitch", ".", f"next_cfg={number}")
        goes_on = threading.Timer(2, stack.close)
        goes_on.start()
        node.applied(f"network_config: [{{type: interface, name: nic1, {address}}}]\n")
        goes_on.join()
    assert ipv4_addresses() == {"eno1": ["192.0.2.10/24"]}
    assert "br-ex" not in observe().links


#: A NIC that has its MTU by its row.
LARGE = """\
network_config:
- type: ovs_bridge
  name: br-ex
  ovs_extra: ["set interface eno1 mtu_request=9000"]
  addresses: [{ip_netmask: 192.0.2.10/24}]
  members: [{type: interface, name: nic1}]
"""
USUAL = "".join(line for line in LARGE.splitlines(keepends=True) if "mtu" not in line)
ALONE = "network_config: [{type: interface, name: nic1}]\n"
OTHER_NIC = ALONE.replace("nic1", "nic3")


def mtu_of(name: str) -> str:
    return str(observe().links[name]["mtu"])


@pytest.mark.parametrize("smaller", [USUAL, ALONE, OTHER_NIC], ids=["no line", "no bridge", "no NIC"])
def test_a_nic_gets_its_own_mtu_back(node: Node, switch: OpenVSwitch, smaller: str) -> None:
    node.applied(smaller)
    for mtu in ("9000", "2000"):
        config = LARGE.replace("9000", mtu)
        run = node.apply(config, "--noop")
        assert f"~ mtu      1500 → {mtu}" in run.output, run
        node.applied(config)
        assert mtu_of("eno1") == mtu
        node.unchanged(config)
        node.applied(smaller)
        assert mtu_of("eno1") == "1500"
        node.unchanged(smaller)
        # Whatever else ovs-vswitchd does, it gives the NIC no MTU any more.
        switch.vsctl("--may-exist", "add-br", "br-other")
        assert mtu_of("eno1") == "1500"
        switch.vsctl("del-br", "br-other")


def test_another_mtu_of_a_nic(node: Node, switch: OpenVSwitch) -> None:
    """While the row asks for one, ovs-vswitchd gives the NIC that one again and again."""
    for mtu in ("9000", "1400", "1800"):
        node.applied(LARGE.replace("9000", mtu))
        assert mtu_of("eno1") == mtu
        node.unchanged(LARGE.replace("9000", mtu))
        switch.vsctl("set", "bridge", "br-ex", f"external_ids:x={mtu}")
        assert mtu_of("eno1") == mtu


@pytest.mark.parametrize(
    "first", [USUAL, ALONE, LARGE.replace("9000", "1400")], ids=["there", "alone", "1400"]
)
def test_a_run_that_is_taken_back_gives_the_nic_its_mtu(node: Node, switch: OpenVSwitch, first: str) -> None:
    node.applied(first)
    before, rows = mtu_of("eno1"), switch.configured()
    run = node.apply(LARGE, "--probe-required", "command:false,deadline=1")
    assert run.status == 4 and "the node is as it was, verified" in run.errors, run
    assert (mtu_of("eno1"), switch.configured()) == (before, rows)

"""Interfaces of a config that Open vSwitch has rows for and cannot make: no run says that all is well."""

from __future__ import annotations

import json
from typing import Iterator

import pytest

from .support import warm
from .support.node import Node, ip
from .support.observed import ipv4_addresses, observe
from .support.openvswitch import OpenVSwitch
from .support.program import Run

pytestmark = pytest.mark.rotating(2)

CONFIG = """\
network_config:
- type: ovs_bridge
  name: br-ex
  addresses: [{ip_netmask: 192.0.2.10/24}]
  members:
  - {type: interface, name: nic1}
  - {type: vlan, vlan_id: 20, addresses: [{ip_netmask: 172.17.0.10/24}]}
"""
WHOLE = {"br-ex": ["192.0.2.10/24"], "vlan20": ["172.17.0.10/24"]}
BUSY = "could not add network device eno1 to ofproto (Device or resource busy)"
PLACE = "config.yaml:6:5: network_config[0].members[0]: "
#: What a run that was refused says for it.
FAILED = f"{PLACE}ovs interface eno1: {BUSY}\n"
TAKEN_BACK = "ERROR: what was done has been taken back; the node is as it was, verified\n"


@pytest.fixture
def busy(node: Node, switch: OpenVSwitch) -> Iterator[OpenVSwitch]:
    """The NIC of the config is in a bridge of the kernel by now, and Open vSwitch has come after that."""
    node.applied(CONFIG)
    for name in ("ovs-vswitchd", "ovsdb-server"):
        switch.kill(name)
    for datapath in switch.run("ovs-dpctl", "dump-dps").split():
        switch.run("ovs-dpctl", "del-dp", datapath)
    ip("link add kb type bridge", "link set eno1 master kb")
    switch.start_server()
    switch.start_daemon()
    assert number_of(switch, "eno1") == -1
    yield switch


def number_of(switch: OpenVSwitch, name: str) -> object:
    """Its OpenFlow port; -1: it is not made."""
    return next(one["ofport"] for one in switch.rows("Interface") if one["name"] == name)


def boot(node: Node, *options: str) -> Run:
    return warm.run("boot", *node.arguments(node.directory / "config.yaml", "--wait-nics", "5", *options))


def test_a_dry_run_shows_it(node: Node, busy: OpenVSwitch) -> None:
    run = node.apply(CONFIG, "--noop")
    assert run.status == 2 and f"  ~ interface error    {BUSY} → none\n" in run.output, run
    run = node.apply(CONFIG, "--noop", "--format", "json")
    (change,) = (one for one in json.loads(run.output)["changes"] if one.get("name") == "eno1")
    assert (change["before"], change["after"]) == ({"error": BUSY}, {"error": None})


def test_a_run_that_cannot_have_it_made_fails(node: Node, busy: OpenVSwitch) -> None:
    before, addresses = busy.configured(), ipv4_addresses()
    for _ in range(2):
        run = node.apply(CONFIG)
        assert run.status == 4 and run.errors.endswith(f"{FAILED}{TAKEN_BACK}"), run
        assert run.errors.count("\n") == 2, run
        assert (busy.configured(), ipv4_addresses()) == (before, addresses)
        assert observe().links["eno1"]["master"] == "kb"


def test_one_that_can_has_it_made(node: Node, busy: OpenVSwitch) -> None:
    ip("link set eno1 nomaster")
    busy.vsctl("--no-wait", "clear", "interface", "eno1", "ofport")
    node.applied(CONFIG)
    assert number_of(busy, "eno1") not in {-1, ""}
    assert ipv4_addresses() == WHOLE
    node.unchanged(CONFIG)


def test_at_a_boot_the_rest_is_there(node: Node, busy: OpenVSwitch) -> None:
    told = f"{PLACE}interface eno1 is not made: {BUSY}\n"
    for _ in range(2):
        run = boot(node)
        assert run.status == 6 and run.errors.startswith("WARNING: ") and run.errors.endswith(told), run
        assert ipv4_addresses() == WHOLE
    run = boot(node, "--noop")
    assert run.status == 6 and run.errors.endswith(told), run
    ip("link set eno1 nomaster")
    run = boot(node)
    assert (run.status, run.errors) == (0, ""), run
    assert number_of(busy, "eno1") not in {-1, ""}


TUNNEL = """\
network_config:
- type: ovs_bridge
  name: br-ex
  members:
  - {type: ovs_tunnel, name: vx0, tunnel_type: vxlan, ovs_options: [remote_ip=bogus]}
"""


def test_an_error_from_before(node: Node, switch: OpenVSwitch) -> None:
    """Of a row that somebody else made like that: no run takes it for what the config says."""
    switch.vsctl("add-br", "br-ex")
    words = "add-port br-ex vx0 -- set interface vx0 type=vxlan options:remote_ip=bogus"
    switch.vsctl("--no-wait", *words.split())
    before = switch.configured()
    run = node.apply(TUNNEL)
    said = "ovs interface vx0: bad vxlan 'remote_ip'; vxlan type requires valid 'remote_ip' argument\n"
    told = f"config.yaml:5:5: network_config[0].members[0]: {said}"
    assert run.status == 4 and told in run.errors and run.errors.endswith(TAKEN_BACK), run
    assert run.errors.count("\n") == 2 and switch.configured() == before
    good = TUNNEL.replace("bogus", "192.0.2.77")
    assert "  ~ interface error    bad vxlan 'remote_ip'; " in node.apply(good, "--noop").output
    node.applied(good)
    node.unchanged(good)


def test_others_and_other_ends_are_no_concern(node: Node, switch: OpenVSwitch) -> None:
    """Neither a port of somebody else's on our bridge, nor a patch port whose peer comes later."""
    with_patch = f"{CONFIG}  - {{type: ovs_patch_port, name: p0, bridge_name: br-ex, peer: p1}}\n"
    assert node.apply(with_patch).status == 2
    switch.vsctl("--no-wait", "add-port", "br-ex", "nothing")
    node.unchanged(with_patch)
    extra = "  name: br-ex\n  ovs_extra: set interface nothing bfd:enable=false\n"
    run = node.apply(with_patch.replace("  name: br-ex\n", extra), "--noop")
    assert "bfd:enable" in run.output and "error" not in run.output, run


def test_one_that_is_stopped_has_made_nothing(node: Node, switch: OpenVSwitch) -> None:
    """What it has not looked at yet is no fault."""
    node.applied(CONFIG)
    with switch.stopped("ovs-vswitchd"):
        words = "--no-wait clear interface eno1 ofport -- set open_vswitch . next_cfg=99"
        switch.vsctl(*words.split())
        node.unchanged(CONFIG)

"""Ports of DPDK in a real Open vSwitch, of a build without DPDK: what it is told, and what it says."""

from __future__ import annotations

from typing import List, Tuple

import pytest

from os_net_config.backends.netdevice import rename
from os_net_config.backends.node import NodeBackend
from os_net_config.backends.protocol import ExecuteError
from os_net_config.config.compile import compile_section
from os_net_config.config.document import parse
from os_net_config.config.load import load
from os_net_config.engine.undo import undo
from os_net_config.state import row
from os_net_config.state.diff import Change, diff
from os_net_config.state.goal import before
from os_net_config.state.model import RowKey, State
from os_net_config.state.nic import Nic, Pci
from os_net_config.state.plan import plan

from .support.node import Node, ip
from .support.observed import observe
from .support.openvswitch import OpenVSwitch

CONFIG = b"""\
network_config:
- type: ovs_user_bridge
  name: br-link
  members:
  - type: ovs_dpdk_bond
    name: dpdkbond0
    mtu: 9000
    rx_queue: 2
    ovs_options: bond_mode=active-backup
    members:
    - {type: ovs_dpdk_port, name: dpdk0, primary: true, members: [{type: interface, name: eno7}]}
    - {type: ovs_dpdk_port, name: dpdk1, rx_queue_size: 1024, members: [{type: interface, name: eno8}]}
"""
NICS = [Nic(f"eno{n}", bytes([2, 0, 0, 0, 0, n]), pci=Pci(f"0000:3b:00.{n}")) for n in (7, 8)]


def rows_of(live: State) -> Tuple[List[Change], State]:
    """The steps that make the rows, and the rows that are wanted: there are no devices in the lab."""
    config = load(parse("config.yaml", CONFIG))
    wanted = compile_section(config.objects, config.routes, NICS, lambda name: name)
    rows = State({one.key: one for one in wanted if isinstance(one.key, RowKey)})
    return list(plan(diff(rows, live).changes, rows, live).steps), rows


def test_an_interface_that_stays_broken_when_its_device_is_bound(switch: OpenVSwitch) -> None:
    """Its row is from an earlier boot, and only asked for again."""
    switch.vsctl("--no-wait", "add-br", "br-link", "--", "set", "bridge", "br-link", "datapath_type=netdev")
    switch.vsctl("--no-wait", "add-port", "br-link", "dpdk0", "--", "set", "interface", "dpdk0", "type=dpdk")
    there = switch.configured()
    asked = Change(RowKey(row.INTERFACE, "dpdk0"), {}, {}, transient=True)
    with NodeBackend() as backend:
        with pytest.raises(ExecuteError, match="interface dpdk0: could not open network device dpdk0"):
            backend.execute([asked])
        backend.execute([asked._replace(key=RowKey(row.INTERFACE, "br-link"))])
    assert switch.configured() == there


def test_rows_are_as_said_its_error_fails_the_run_and_they_go_again(switch: OpenVSwitch) -> None:
    there = switch.configured()
    with NodeBackend() as backend:
        live = backend.observe()
        steps, _ = rows_of(live)
        with pytest.raises(ExecuteError, match="interface dpdk0: could not open network device dpdk0"):
            backend.execute(steps)
        found = {one["name"]: one for one in switch.rows("Interface")}
        assert [found[name]["options"] for name in ("dpdk0", "dpdk1")] == [
            {"dpdk-devargs": "0000:3b:00.7", "n_rxq": "2"},
            {"dpdk-devargs": "0000:3b:00.8", "n_rxq": "2", "n_rxq_desc": "1024"},
        ]
        assert [(one["type"], one["mtu_request"]) for one in (found["dpdk0"], found["dpdk1"])] == [
            ("dpdk", 9000)
        ] * 2
        (bridge,) = switch.rows("Bridge")
        assert (bridge["datapath_type"], bridge["fail_mode"]) == ("netdev", "standalone")
        bond = next(one for one in switch.rows("Port") if one["name"] == "dpdkbond0")
        assert (bond["bond_mode"], bond["other_config"]) == ("active-backup", {"bond-primary": "dpdk0"})
        assert undo(before(steps, live), backend) == []
    assert switch.configured() == there


@pytest.mark.parametrize("state", ["down", "up"])
def test_a_link_that_comes_back_gets_its_name(node: Node, state: str) -> None:
    ip("link add eth77 type dummy", f"link set eth77 {state}")
    rename("eth77", "eno7")
    assert {"eno7", "eth77"} & observe().links.keys() == {"eno7"}
    with pytest.raises(OSError, match="No such device"):
        rename("eth77", "eno8")

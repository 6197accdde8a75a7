"""Ports of Open vSwitch that are made anew: on another bridge, while one goes, or on another datapath."""

from __future__ import annotations

import pytest

from os_net_config.backends.protocol import ExecuteError
from os_net_config.config.compile import compile_section
from os_net_config.config.document import parse
from os_net_config.config.load import load
from os_net_config.engine.undo import begun, undo
from os_net_config.state import goal, row
from os_net_config.state.model import LinkKey, Resource, RowKey, State
from os_net_config.state.nic import Nic

from .site import Site
from .test_plan_laws import after, differences

# That of assume(), which fails outside of a property as it should.
pytestmark = pytest.mark.filterwarnings("ignore::hypothesis.errors.HypothesisDeprecationWarning")

NICS = [Nic(f"em{number}", bytes([2, 0, 0, 0, 0, number])) for number in (1, 2, 3)]
BARE = State(
    {
        **{
            LinkKey(nic.name): Resource(
                LinkKey(nic.name),
                {"kind": "", "master": None, "group": 0, "address": nic.mac, "mtu": 1500, "up": 0},
            )
            for nic in NICS
        },
        RowKey(row.ROOT, row.ROOT_NAME): Resource(RowKey(row.ROOT, row.ROOT_NAME), {}),
    }
)

INTERNAL = """
  - type: vlan
    vlan_id: 40
    addresses: [{ip_netmask: 192.0.2.10/24}]
    routes: [{ip_netmask: 198.51.100.0/24, next_hop: 192.0.2.1}]
"""
#: A config, and one for which ovs-vswitchd makes an internal port of it anew.
MOVES = {
    "on another datapath": tuple(
        f"""
- type: {kind}
  name: ovs1
  ovs_extra: set bridge ovs1 other_config:mac-table-size=1000
  addresses: [{{ip_netmask: 203.0.113.10/24}}]
  members:
  - {{type: interface, name: em1}}{INTERNAL}"""
        for kind in ("ovs_bridge", "ovs_user_bridge")
    ),
    "to a bridge that is there": (
        f"""
- {{type: ovs_bridge, name: ovs1, members: [{{type: interface, name: em1}}]}}
- type: ovs_bridge
  name: ovs2
  members:
  - {{type: interface, name: em2}}{INTERNAL}""",
        f"""
- type: ovs_bridge
  name: ovs1
  members:
  - {{type: interface, name: em1}}{INTERNAL}""",
    ),
    # A NIC goes from the one bridge into a Linux bond in the other one, so that not all rows can go at once.
    "to one that comes, with a NIC": (
        f"""
- type: ovs_bridge
  name: ovs1
  members:
  - {{type: linux_bond, name: bond2, bonding_options: mode=active-backup, members: []}}
  - {{type: interface, name: em3}}{INTERNAL}""",
        f"""
- type: ovs_bridge
  name: ovs2
  members:
  - {{type: linux_bond, name: bond2, bonding_options: mode=active-backup, members: []}}
  - type: linux_bond
    name: bond1
    bonding_options: mode=active-backup
    members: [{{type: interface, name: em3}}]{INTERNAL}""",
    ),
}


def state_of(text: str) -> State:
    config = load(parse("config.yaml", f"network_config:{text}".encode()))
    wanted = compile_section(config.objects, config.routes, NICS, lambda name: name)
    return State({one.key: one for one in wanted})


@pytest.mark.parametrize("name", MOVES)
def test_there_and_back(name: str) -> None:
    first, second = map(state_of, MOVES[name])
    site = Site(BARE)
    for wanted in (first, second, first):
        site.apply(wanted)
        assert differences(site.kernel.observe(), after(BARE, [wanted])) == []


@pytest.mark.parametrize("name", MOVES)
def test_a_run_that_breaks_off_anywhere_is_taken_back(name: str) -> None:
    first, second = map(state_of, MOVES[name])
    site = Site(BARE)
    site.apply(first)
    for number in range(len(site.planned(second).steps)):
        site = Site(BARE)
        site.apply(first)
        before, steps = site.kernel.observe(), site.planned(second).steps
        site.kernel.fails_at = number
        with pytest.raises(ExecuteError) as error:
            site.kernel.execute(steps)
        done = begun(error.value, steps)
        assert undo(goal.before(done, before), site.kernel) == []
        assert differences(site.kernel.observe(), before) == []


@pytest.mark.parametrize("name", MOVES)
def test_a_link_that_is_not_there_meanwhile(name: str) -> None:
    """A run has died before ovs-vswitchd made the link of the row."""
    first, second = map(state_of, MOVES[name])
    site = Site(BARE)
    site.apply(first)
    del site.kernel.links["vlan40"]
    for key in [key for key in site.kernel.addresses if key.link == "vlan40"]:
        del site.kernel.addresses[key]
    site.apply(second)
    assert differences(site.kernel.observe(), after(BARE, [second])) == []

"""Ports of Open vSwitch that are made anew: on another bridge, while one goes, on another datapath, or as
links of the kernel, and those as ports.
"""

from __future__ import annotations

from typing import List

import pytest

from os_net_config.backends.protocol import ExecuteError
from os_net_config.config.compile import compile_section
from os_net_config.config.document import parse
from os_net_config.config.load import load
from os_net_config.engine.undo import begun, undo
from os_net_config.state import goal, row
from os_net_config.state.diff import diff
from os_net_config.state.loss import losses
from os_net_config.state.model import LinkKey, Resource, RowKey, State
from os_net_config.state.nic import Nic
from os_net_config.state.plan import plan
from os_net_config.state.release import settle
from os_net_config.state.switch import with_rows

from .site import PATH, Site, WholeKernel
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
#: With the same address on a link that is Open vSwitch's in one config, and the kernel's in another.
BR_EX = """
  name: br-ex
  addresses: [{ip_netmask: 203.0.113.10/24}]
  routes: [{default: true, next_hop: 203.0.113.1}]
  members:
  - {type: interface, name: em1}"""
VLAN_20 = """
  vlan_id: 20
  addresses: [{ip_netmask: 192.0.2.10/24}, {ip_netmask: "2001:db8::10/64"}]
  routes: [{ip_netmask: 198.51.100.0/24, next_hop: 192.0.2.1}]"""
IN_THE_SWITCH, OF_THE_KERNEL = VLAN_20.replace("\n", "\n  "), f"{VLAN_20}\n  device: em1"
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
    "a bridge, and a VLAN in it": (
        f"""
- type: ovs_bridge{BR_EX}
  - type: vlan{IN_THE_SWITCH}""",
        f"""
- type: linux_bridge{BR_EX}
- type: vlan{OF_THE_KERNEL}""",
    ),
    "a bridge in user space": (
        f"""
- type: ovs_user_bridge{BR_EX}
  - type: vlan{IN_THE_SWITCH}""",
        f"""
- type: linux_bridge{BR_EX}
- type: vlan{OF_THE_KERNEL}""",
    ),
    "a VLAN of a bridge that goes": (
        f"""
- type: ovs_bridge{BR_EX}
  - type: vlan{IN_THE_SWITCH}""",
        f"""
- {{type: interface, name: em1}}
- type: vlan{OF_THE_KERNEL}""",
    ),
    "one bridge each way, with what stands on it": (
        f"""
- type: ovs_bridge{BR_EX}
- {{type: vlan, vlan_id: 30, device: br-ex, addresses: [{{ip_netmask: 192.0.2.30/24}}]}}
- {{type: linux_bridge, name: br-in, members: [{{type: interface, name: em2}}]}}""",
        f"""
- type: linux_bridge{BR_EX}
- {{type: vlan, vlan_id: 30, device: br-ex, addresses: [{{ip_netmask: 192.0.2.30/24}}]}}
- {{type: ovs_bridge, name: br-in, members: [{{type: interface, name: em2}}]}}""",
    ),
    "a bond's VLAN, of another MTU": (
        """
- type: linux_bond
  name: br-ex
  bonding_options: mode=active-backup
  members: [{type: interface, name: em1}]
- {type: vlan, vlan_id: 20, device: br-ex, mtu: 1400}""",
        """
- type: ovs_bridge
  name: br-ex
  members:
  - {type: interface, name: em1}
  - {type: vlan, vlan_id: 20, mtu: 1450}""",
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


IN_AND_OUT = MOVES["a bridge, and a VLAN in it"]
VNET = Resource(LinkKey("vnet0"), {"kind": "tun", "master": "br-ex", "group": 0, "mtu": 1500, "up": 1})


def with_more(live: State, *more: Resource) -> State:
    return State({**live.resources, **{one.key: one for one in more}})


def messages(first: str, second: str, removes: bool) -> List[str]:
    """Why there is no way from the one to the other, where nothing is removed or what has to be."""
    site, wanted = Site(BARE), state_of(second)
    site.apply(state_of(first))
    site.planned(wanted)
    live = site.kernel.observe()
    if not removes:
        links = (one._replace(values={**one.values, "group": 0}) for _, one in live.links())
        live = with_more(live, *links)
    return [one.message for one in diff(site.wanted, live, site.settled.removals if removes else {}).problems]


@pytest.mark.parametrize(
    ("way", "told"),
    [(1, ["br-ex is there already as a bridge of Open vSwitch",
         "vlan20 is there already as a port of Open vSwitch", "em1 is a port of br-ex, which is not ours"]),
     (-1, ["br-ex is there already as a bridge", "vlan20 is there already as a vlan"])],
)  # fmt: skip
def test_what_another_file_or_somebody_has_made_stays(way: int, told: List[str]) -> None:
    first, second = IN_AND_OUT[::way]
    assert messages(first, second, removes=True) == []
    assert messages(first, second, removes=False) == told


def test_somebody_s_port_of_a_bridge_of_the_kernel_that_becomes_one_of_open_vswitch() -> None:
    second, first = map(state_of, IN_AND_OUT)
    site = Site(BARE)
    site.apply(first)
    live = with_more(site.observe(second), VNET)
    made = site.planned(second)
    around = plan(made.changes, site.wanted, live)
    assert [one.message for one in losses(around, site.wanted, live)] == [
        "br-ex has to be made anew, and takes along what cannot be brought back: the port vnet0"
    ]
    assert not [step for step in around.steps if step.key == VNET.key]


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


VLAN40 = RowKey(row.INTERFACE, "vlan40")


@pytest.mark.parametrize("name", [name for name, (first, _) in MOVES.items() if INTERNAL in first])
def test_a_link_that_is_not_there_meanwhile(name: str) -> None:
    """A run has died before ovs-vswitchd made the link of the row."""
    first, second = map(state_of, MOVES[name])
    site = Site(BARE)
    site.apply(first)
    del site.kernel.links["vlan40"]
    for key in [key for key in site.kernel.addresses if key.link == "vlan40"]:
        del site.kernel.addresses[key]
    site.kernel.rows[VLAN40][row.UNMADE] = 1
    site.apply(second)
    assert differences(site.kernel.observe(), after(BARE, [second])) == []


#: What becomes of an internal interface, by the config that comes next.
ENDS = {
    "another datapath": (MOVES["on another datapath"][1], ["made anew"]),
    "no bridge": ("\n- {type: interface, name: em1}", ["removed"]),
    "no more of it": (MOVES["on another datapath"][0].replace(INTERNAL, ""), ["removed"]),
    "another tag": (
        MOVES["on another datapath"][0].replace("vlan_id: 40", "vlan_id: 40\n    ovs_options: tag=41"),
        [],
    ),
}


@pytest.mark.parametrize("end", ENDS)
def test_a_link_that_a_container_has_is_lost_where_its_port_goes_or_is_another_one(end: str) -> None:
    """It is not here, and ovs-vswitchd has made it: it ends there, or comes back here with nothing."""
    second, told = ENDS[end]
    site = Site(BARE)
    site.apply(state_of(MOVES["on another datapath"][0]))
    live = site.kernel.observe().resources
    on_it = {key for key in live if getattr(key, "link", None) == "vlan40"} | {LinkKey("vlan40")}
    site.kernel = WholeKernel(State({key: one for key, one in live.items() if key not in on_it}))
    wanted, before = state_of(second), site.kernel.observe()
    settled = settle(wanted, before, site.record, PATH)
    settled, _ = with_rows(settled, wanted, before, site.record, PATH)
    made = plan(diff(settled.wanted, before, settled.removals).changes, settled.wanted, before)
    lost = list(losses(made, settled.wanted, before))
    assert [one.message for one in lost] == [
        f"links of Open vSwitch in other network namespaces are to be {what}, "
        "with all that they have there: vlan40"
        for what in told
    ]
    assert all("--allow-loss" in one.hint for one in lost)

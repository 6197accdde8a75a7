"""Each form of ovs_extra on a real Open vSwitch: what the plan says, what rows have, and what is left of it.

A form is applied on a bridge that we made and on one that was there before us, where the same was said
otherwise by hand.
"""

from __future__ import annotations

import subprocess
from typing import Any, Dict, Mapping, NamedTuple, Optional, Tuple

import pytest

from .support import program
from .support.node import Node
from .support.openvswitch import OpenVSwitch

pytestmark = pytest.mark.rotating(8)

Key = Tuple[str, str]
Rows = Dict[Key, Dict[str, Any]]
BRIDGE, ROOT = ("Bridge", "br-ex"), ("Open_vSwitch", ".")
PORT, INTERFACE = ("Port", "vlan20"), ("Interface", "vlan20")
#: Controllers and managers are listed there, and what is made has our label.
LABEL = {"os-net-config": "made"}


class Form(NamedTuple):
    """``command`` is the object's; ``says`` is in the plan.

    ``columns`` are those that change, keys of maps by themselves (None: it is not there); ``made`` are rows
    that come, with what they have beside our label; ``gone`` goes. ``before``: what was said
    by hand.
    """

    command: str
    says: str
    columns: Mapping[Key, Mapping[str, Any]] = {}
    made: Mapping[Key, Mapping[str, Any]] = {}
    before: str = ""
    gone: Optional[Key] = None


FORMS = {
    "set a key": Form(
        "set bridge {name} other-config:mac-aging-time=120",
        "other_config:mac-aging-time",
        {BRIDGE: {"other_config:mac-aging-time": "120"}},
        before="set bridge br-ex other_config:mac-aging-time=60",
    ),
    "set a key of port and interface": Form(
        "set port vlan20 other_config:stp-path-cost=2 -- set interface vlan20 external-ids:vm-id=vm-12345",
        "other_config:stp-path-cost",
        {
            PORT: {"other_config:stp-path-cost": "2"},
            INTERFACE: {"external_ids:vm-id": "vm-12345"},
        },
    ),
    "set a column": Form(
        "set bridge {name} stp_enable=true mcast_snooping_enable=true",
        "stp_enable",
        {BRIDGE: {"stp_enable": True, "mcast_snooping_enable": True}},
        before="set bridge br-ex mcast_snooping_enable=true",
    ),
    "set a set": Form(
        "set bridge {name} protocols=OpenFlow13,OpenFlow10",
        "OpenFlow10,OpenFlow13",
        {BRIDGE: {"protocols": ["OpenFlow10", "OpenFlow13"]}},
        before="set bridge br-ex protocols=OpenFlow14",
    ),
    "set a whole map": Form(
        "set bridge {name} other_config={mac-aging-time=30}",
        "mac-aging-time=30",
        {BRIDGE: {"other_config": {"mac-aging-time": "30"}}},
        before="set bridge br-ex other_config={mac-aging-time=60,forward-bpdu=true}",
    ),
    "set trunks": Form(
        "set port eno2 trunks=20,30 vlan_mode=native-untagged tag=100",
        "20,30",
        {("Port", "eno2"): {"trunks": [20, 30], "vlan_mode": "native-untagged", "tag": 100}},
        before="set port eno2 tag=50",
    ),
    "set Open_vSwitch": Form(
        "set Open_vSwitch . other_config:max-idle=20000 external_ids:ovn-bridge-mappings=ex:{name}",
        "other_config:max-idle",
        {ROOT: {"other_config:max-idle": "20000", "external_ids:ovn-bridge-mappings": "ex:br-ex"}},
        before="set Open_vSwitch . external_ids:ovn-bridge-mappings=in:br-int other_config:max-idle=9000",
    ),
    "add a key": Form(
        "add bridge {name} other_config forward-bpdu=true",
        "other_config:forward-bpdu",
        {BRIDGE: {"other_config:forward-bpdu": "true"}},
    ),
    "add to a set": Form(
        "add bridge {name} flood_vlans 20",
        "flood_vlans:20",
        {BRIDGE: {"flood_vlans": 20}},
    ),
    "remove a key": Form(
        "remove bridge {name} other_config mac-table-size",
        "other_config:mac-table-size",
        {BRIDGE: {"other_config:mac-table-size": None}},
        before="set bridge br-ex other_config:mac-table-size=3000",
    ),
    "clear a column": Form(
        "clear bridge {name} fail_mode",
        "fail_mode",
        {BRIDGE: {"fail_mode": []}},
        before="set bridge br-ex fail_mode=secure",
    ),
    "br-set-external-id": Form(
        "br-set-external-id {name} bridge-id {name}",
        "external_ids:bridge-id",
        {BRIDGE: {"external_ids:bridge-id": "br-ex"}},
        before="br-set-external-id br-ex bridge-id somebody",
    ),
    "set-fail-mode": Form(
        "set-fail-mode {name} secure",
        "fail_mode",
        {BRIDGE: {"fail_mode": "secure"}},
        before="set-fail-mode br-ex standalone",
    ),
    "del-fail-mode": Form(
        "del-fail-mode {name}",
        "fail_mode",
        {BRIDGE: {"fail_mode": []}},
        before="set-fail-mode br-ex secure",
    ),
    "set-controller": Form(
        "set-controller {name} tcp:127.0.0.1:6653 -- set controller {name} connection_mode=out-of-band",
        "controller",
        {BRIDGE: {"controller": "tcp:127.0.0.1:6653"}},
        {
            ("Controller", "tcp:127.0.0.1:6653"): {
                "target": "tcp:127.0.0.1:6653",
                "connection_mode": "out-of-band",
            }
        },
    ),
    "set-manager": Form(
        "set-manager ptcp:6640:127.0.0.1",
        "manager",
        {ROOT: {"manager_options": "ptcp:6640:127.0.0.1"}},
        {("Manager", "ptcp:6640:127.0.0.1"): {"target": "ptcp:6640:127.0.0.1"}},
    ),
    "add-port": Form(
        "--may-exist add-port {name} tap7 tag=7 -- set interface tap7 type=internal",
        "type internal",
        {BRIDGE: {"ports": ["br-ex", "eno2", "tap7", "vlan20"]}},
        {
            ("Port", "tap7"): {"name": "tap7", "interfaces": "tap7", "tag": 7},
            ("Interface", "tap7"): {"name": "tap7", "type": "internal"},
        },
    ),
    "add-bond": Form(
        "add-bond {name} bond9 eno3 eno4 lacp=active",
        "lacp active",
        {BRIDGE: {"ports": ["bond9", "br-ex", "eno2", "vlan20"]}},
        {
            ("Port", "bond9"): {"name": "bond9", "interfaces": ["eno3", "eno4"], "lacp": "active"},
            ("Interface", "eno3"): {"name": "eno3"},
            ("Interface", "eno4"): {"name": "eno4"},
        },
    ),
    "add-br": Form(
        "add-br br-new",
        "br-new",
        {ROOT: {"bridges": ["br-ex", "br-new"]}},
        {
            ("Bridge", "br-new"): {"name": "br-new", "ports": "br-new"},
            ("Port", "br-new"): {"name": "br-new", "interfaces": "br-new"},
            ("Interface", "br-new"): {"name": "br-new", "type": "internal"},
        },
    ),
}
#: What somebody else has said of a controller, and of a manager.
THEIR_CONTROLLER = (
    "set-controller br-ex tcp:127.0.0.1:6653 -- set controller br-ex max_backoff=5000 inactivity_probe=7000"
    " connection_mode=out-of-band controller_rate_limit=200 controller_burst_limit=50"
    " controller_queue_size=9 enable_async_messages=false type=service local_ip=127.0.0.1"
    " local_netmask=255.0.0.0 local_gateway=127.0.0.2 other_config:dscp=1 external_ids:whose=theirs"
)
THEIR_MANAGER = (
    "set-manager ptcp:6640:127.0.0.1 -- set manager ptcp:6640:127.0.0.1 max_backoff=5000"
    " inactivity_probe=0 connection_mode=in-band other_config:dscp=1 external_ids:whose=theirs"
)
#: What takes away what somebody else has made.
TAKING = {
    "del-controller": Form(
        "del-controller {name}",
        "controller",
        {BRIDGE: {"controller": []}},
        before=THEIR_CONTROLLER,
        gone=("Controller", "tcp:127.0.0.1:6653"),
    ),
    "another controller": Form(
        "set-controller {name} tcp:127.0.0.2:6653",
        "controller",
        {BRIDGE: {"controller": "tcp:127.0.0.2:6653"}},
        {("Controller", "tcp:127.0.0.2:6653"): {"target": "tcp:127.0.0.2:6653"}},
        before=THEIR_CONTROLLER,
        gone=("Controller", "tcp:127.0.0.1:6653"),
    ),
    "del-manager": Form(
        "del-manager",
        "manager",
        {ROOT: {"manager_options": []}},
        before=THEIR_MANAGER,
        gone=("Manager", "ptcp:6640:127.0.0.1"),
    ),
}

CONFIG = """\
network_config:
- type: ovs_bridge
  name: br-ex
  members:
  - {type: interface, name: nic2}
  - {type: vlan, vlan_id: 20}
"""
#: The run fails after its last step.
FAILING = ("--probe-required", "command:false,deadline=1")


def with_extra(command: str) -> str:
    return f"{CONFIG}  ovs_extra:\n  - '{command}'\n"


def changed(rows: Mapping[Key, Mapping[str, Any]], form: Form) -> Rows:
    """The rows as the form makes them, of those that come only what it says."""
    found = {key: dict(one) for key, one in rows.items() if key != form.gone}
    for key, columns in form.columns.items():
        for name, value in columns.items():
            column, colon, part = name.partition(":")
            if not colon:
                found[key][column] = value
                continue
            rest = {one: said for one, said in found[key][column].items() if one != part}
            found[key][column] = {**rest, **({} if value is None else {part: value})}
    return {**found, **{key: {**one, "external_ids": LABEL} for key, one in form.made.items()}}


def without_more(rows: Mapping[Key, Mapping[str, Any]], form: Form) -> Rows:
    """Of rows that came, only the columns that the form speaks of."""
    found = {key: dict(one) for key, one in rows.items()}
    for key, columns in form.made.items():
        said = {*columns, "external_ids"}
        found[key] = {name: value for name, value in found.get(key, {}).items() if name in said}
    return found


def counted(switch: OpenVSwitch) -> str:
    """How often somebody asked ovs-vswitchd for something."""
    return switch.vsctl("get", "Open_vSwitch", ".", "next_cfg")


def holds(node: Node, switch: OpenVSwitch, form: Form) -> None:
    """From the config without the command there, and back again."""
    config, before = with_extra(form.command), switch.configured()
    planned = node.apply(config, "--noop")
    assert planned.status == 2, planned
    assert form.says in planned.output, planned
    assert switch.configured() == before

    failed = node.apply(config, *FAILING)
    assert failed.status not in {0, 2}, failed
    assert "the node is as it was, verified" in failed.errors, failed
    assert switch.configured() == before

    node.applied(config)
    assert without_more(switch.configured(), form) == changed(before, form)
    rows, count = switch.configured(), counted(switch)
    node.unchanged(config)
    assert (switch.configured(), counted(switch)) == (rows, count)

    node.applied(CONFIG)
    assert switch.configured() == before


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS.keys())
def test_on_a_bridge_that_we_made(node: Node, switch: OpenVSwitch, form: Form) -> None:
    node.applied(CONFIG)
    holds(node, switch, form)


@pytest.mark.parametrize("form", [*FORMS.values(), *TAKING.values()], ids=[*FORMS, *TAKING])
def test_on_a_bridge_that_was_there(node: Node, switch: OpenVSwitch, form: Form) -> None:
    by_hand = ["add-br br-ex", "add-port br-ex eno2", *([form.before] if form.before else [])]
    switch.vsctl(*" -- ".join(by_hand).split())
    node.applied(CONFIG)
    holds(node, switch, form)


@pytest.mark.parametrize("forward", [False, True], ids=["back", "forward"])
def test_a_killed_run_and_a_controller_that_was_there(node: Node, switch: OpenVSwitch, forward: bool) -> None:
    switch.vsctl(*f"add-br br-ex -- {THEIR_CONTROLLER}".split())
    node.applied(CONFIG)
    before = switch.configured()
    config = with_extra("del-controller {name}")
    with switch.stopped("ovs-vswitchd"):
        arguments = node.arguments(node.file("config.yaml", config))
        process = program.start(*arguments, stdout=subprocess.DEVNULL)
        switch.vsctl("--no-wait", "wait-until", "bridge", "br-ex", "controller=[]")
        process.kill()
        process.wait()
    places = ("--run-dir", str(node.run_directory), "--state-dir", str(node.directory / "state"))
    run = program.run("recover", *places, *(["--forward"] if forward else []))
    assert run.status == 0, run
    assert (switch.configured() == before) != forward
    if forward:
        node.unchanged(config)
        node.applied(CONFIG)
        assert switch.configured() == before

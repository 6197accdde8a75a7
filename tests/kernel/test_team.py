"""Teams on a real kernel, with real teamd."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from pathlib import Path
from typing import Any, Dict, List

import pytest

from .support import program
from .support.awaiting import Changes
from .support.dhcp import dhcp_server
from .support.node import NICS, Node, ip
from .support.observed import observe
from .support.openvswitch import OpenVSwitch
from .support.processes import FAILS, PATIENCE

pytestmark = [pytest.mark.rotating, pytest.mark.usefixtures("alone")]

#: Exit status of a run that was taken back.
FAILED = 4
BACKUP = '{"runner": {"name": "activebackup"}, "link_watch": {"name": "ethtool"}}'
CLEAN = "network_config: [{type: interface, name: nic3}]\n"
PLAIN = "network_config: [{type: interface, name: nic1}, {type: interface, name: nic2}]\n"


def team(options: str = BACKUP, members: str = "nic1 nic2", more: str = "") -> str:
    ports = "".join(f"    - {{type: interface, name: {one}}}\n" for one in members.split())
    head = f"network_config:\n- type: team\n  name: team1\n  bonding_options: '{options}'\n"
    return f"{head}  addresses: [{{ip_netmask: 192.0.2.10/24}}]\n{more}  members:\n{ports}"


def state() -> Dict[str, Any]:
    """What teamd says of itself."""
    command = ["teamdctl", "team1", "state", "dump"]
    text = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    found = json.loads(text)
    assert isinstance(found, dict)
    return found


def config() -> Dict[str, Any]:
    """What teamd was told, and makes of it."""
    command = ["teamdctl", "team1", "config", "dump", "actual"]
    found = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    assert isinstance(found, dict)
    return found


def ports() -> List[str]:
    return sorted(name for name, one in observe().links.items() if one.get("master") == "team1")


def active() -> object:
    return state()["runner"]["active_port"]


def process() -> int:
    """0: there is none at the moment."""
    try:
        return int(Path("/run/teamd/team1.pid").read_text(encoding="ascii"))
    except (FileNotFoundError, ValueError):
        return 0


def mac(link: str) -> object:
    return observe().links[link]["mac"]


def test_active_backup(node: Node) -> None:
    run = node.applied(team())
    assert "  + team     teamd, runner activebackup, config " in run.output
    assert (ports(), mac("team1")) == (["eno1", "eno2"], NICS["eno1"])
    assert state()["setup"]["runner_name"] == "activebackup"
    node.unchanged(team())
    node.applied(PLAIN)
    assert "team1" not in observe().links
    assert not Path("/run/teamd/team1.pid").exists()
    assert [mac(one) for one in ("eno1", "eno2")] == [NICS["eno1"], NICS["eno2"]]
    node.unchanged(PLAIN)


def test_the_primary_member_is_preferred(node: Node) -> None:
    second = team().replace("name: nic2}", "name: nic2, primary: true}")
    node.applied(second)
    with Changes() as changes:
        changes.until(lambda: active() == "eno2", PATIENCE)
    assert mac("team1") == NICS["eno2"]
    node.unchanged(second)


def test_an_option_is_changed_and_the_ports_stay(node: Node) -> None:
    node.applied(team())
    before = observe().links["eno1"]
    watched = ["ip", "monitor", "link", "dev", "eno1"]
    with subprocess.Popen(watched, stdout=subprocess.PIPE, text=True) as monitor:
        changed = team(BACKUP.replace('"ethtool"', '"ethtool", "delay_up": 100'))
        assert "~ team     config" in node.applied(changed).output
        node.unchanged(changed)
        monitor.terminate()
        told = monitor.stdout.read() if monitor.stdout is not None else ""
    assert "NO-CARRIER" not in told and "state DOWN" not in told
    assert observe().links["eno1"] == before
    watch = config()["link_watch"]
    assert watch["delay_up"] == 100


def test_another_runner(node: Node) -> None:
    node.applied(team())
    other = team('{"runner": {"name": "roundrobin"}}')
    run = node.applied(other)
    assert "~ team     runner   activebackup → roundrobin" in run.output
    assert (ports(), mac("team1")) == (["eno1", "eno2"], NICS["eno1"])
    assert state()["setup"]["runner_name"] == "roundrobin"
    node.unchanged(other)


def test_members_come_and_go(node: Node) -> None:
    node.applied(team(members="nic1"))
    three = team(members="nic1 nic2 nic3")
    pid = process()
    node.applied(three)
    with Changes() as changes:
        changes.until(lambda: sorted(state()["ports"]) == ["eno1", "eno2", "eno3"], PATIENCE)
    node.unchanged(three)
    node.applied(team(members="nic3"))
    assert (ports(), process()) == (["eno3"], pid)
    assert (mac("eno1"), mac("eno2")) == (NICS["eno1"], NICS["eno2"])
    node.unchanged(team(members="nic3"))


def test_a_vlan_on_it_with_its_own_mtu(node: Node) -> None:
    vlan = "  - {type: vlan, vlan_id: 20, mtu: 1400, addresses: [{ip_netmask: 198.51.100.1/24}]}\n"
    first = team(more="  mtu: 9000\n") + vlan.replace("  - ", "    - ")
    node.applied(first)
    assert observe().links["vlan20"]["on"] == "team1"
    mtus = observe().links
    assert [mtus[one]["mtu"] for one in ("team1", "eno1", "vlan20")] == ["9000", "9000", "1400"]
    node.unchanged(first)
    other = first.replace("activebackup", "loadbalance")
    node.applied(other)
    assert mac("vlan20") == mac("team1") == NICS["eno1"]
    node.unchanged(other)


def test_lacp(node: Node) -> None:
    fast = team('{"runner": {"name": "lacp", "fast_rate": true}, "link_watch": {"name": "ethtool"}}')
    node.applied(fast)
    assert state()["runner"]["fast_rate"] is True
    node.unchanged(fast)


def test_what_is_not_confirmed_is_taken_back(node: Node) -> None:
    node.applied(PLAIN)
    run = node.apply(team(), *FAILS)
    assert run.status == FAILED
    assert "team1" not in observe().links
    assert not Path("/run/teamd/team1.pid").exists()
    node.unchanged(PLAIN)


@pytest.mark.parametrize("other", ['{"runner": {"name": "broadcast"}}', BACKUP], ids=["runner", "members"])
def test_a_change_is_taken_back(node: Node, other: str) -> None:
    first = team()
    node.applied(first)
    run = node.apply(team(other, members="nic2 nic3"), *FAILS)
    assert run.status == FAILED, run
    assert (ports(), mac("team1")) == (["eno1", "eno2"], NICS["eno1"])
    assert state()["setup"]["runner_name"] == "activebackup"
    node.unchanged(first)


def test_a_team_that_left_comes_back_with_a_run_that_fails(node: Node) -> None:
    node.applied(team())
    assert node.apply(PLAIN, *FAILS).status == FAILED
    assert (ports(), mac("team1")) == (["eno1", "eno2"], NICS["eno1"])
    node.unchanged(team())


def test_one_that_is_killed_comes_back(node: Node) -> None:
    node.applied(team())
    pid = process()
    os.kill(pid, signal.SIGKILL)
    with Changes() as changes:
        changes.until(lambda: process() not in {0, pid}, PATIENCE)
        changes.until(lambda: len(ports()) == 2, PATIENCE)
    assert sorted(state()["ports"]) == ["eno1", "eno2"]
    node.unchanged(team())


def test_a_link_that_somebody_removed_is_made_by_us_alone(node: Node) -> None:
    node.applied(team())
    ip("link delete team1")
    assert "team1" not in observe().links
    run = node.applied(team())
    assert "  + link     team" in run.output
    assert observe().links["team1"]["group"] == "111"
    node.unchanged(team())


def test_a_team_of_somebody_else_is_not_touched(node: Node) -> None:
    subprocess.run(["teamd", "-d", "-t", "team1", "-c", BACKUP], check=True)
    try:
        run = node.apply(team())
        assert run.status == 1
        assert "is the team daemon of team1 already, and not ours" in run.errors
    finally:
        subprocess.run(["teamd", "-k", "-t", "team1"], check=True)


def test_remove_config(node: Node) -> None:
    node.applied(team())
    removal = "remove_config: [{remove_type: team, remove_name: team1}]\n"
    node.applied(f"{removal}{PLAIN}", "--remove-config")
    assert "team1" not in observe().links
    assert not Path("/run/teamd/team1.pid").exists()


def test_what_teamd_does_not_take_is_said_and_taken_back(node: Node) -> None:
    node.applied(PLAIN)
    wrong = BACKUP.replace('"activebackup"', '"activebackup", "hwaddr_policy": "mine"')
    run = node.apply(team(wrong))
    assert run.status == FAILED
    assert "team team1" in run.errors
    node.unchanged(PLAIN)


def test_what_the_file_says_no_more_is_as_on_a_new_one(node: Node) -> None:
    said = BACKUP.replace('"link_watch"', '"notify_peers": {"count": 5}, "link_watch"')
    node.applied(team(said))
    assert option("notify_peers_count") == "5"
    node.applied(team())
    assert option("notify_peers_count") == "1"


def option(name: str) -> str:
    command = ["teamnl", "team1", "getoption", name]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


def test_addresses_and_routes_stay_while_ports_are_released(node: Node) -> None:
    route = "  routes: [{ip_netmask: 203.0.113.0/24, next_hop: 192.0.2.1}]\n"
    node.applied(team(more=route))
    before = observe()
    node.applied(team('{"runner": {"name": "loadbalance"}}', more=route))
    assert observe() == before


def test_as_a_file_that_makes_it_again(node: Node) -> None:
    node.applied(team(BACKUP.replace('"ethtool"', '"ethtool", "delay_up": 100')))
    before = observe()
    shown = program.run("show", "-m", str(node.file("mapping.yaml", node.mapping)))
    assert (shown.status, "type: team" in shown.output) == (0, True), shown
    node.applied(PLAIN)
    node.applied(shown.output)
    assert observe() == before


def test_a_port_of_a_bridge_of_open_vswitch(node: Node, switch: OpenVSwitch) -> None:
    inside = (
        team().replace("network_config:\n", "").replace("  addresses: [{ip_netmask: 192.0.2.10/24}]\n", "")
    )
    lines = "".join(f"  {line}\n" for line in inside.splitlines())
    config_of_it = f"network_config:\n- type: ovs_bridge\n  name: br-ex\n  members:\n{lines}"
    node.applied(config_of_it)
    assert observe().links["team1"]["master"] == "ovs-system"
    assert ports() == ["eno1", "eno2"]
    node.unchanged(config_of_it)
    node.applied(PLAIN)


def test_addresses_by_dhcp(node: Node) -> None:
    asking = team(more="  use_dhcp: true\n")
    with dhcp_server(node, network="198.51.100"):
        node.applied(asking)
        assert any(one.startswith("198.51.100.") for one in observe().addresses["team1"])
        node.unchanged(asking)
        node.applied(PLAIN)


def test_one_that_has_its_active_ports_mac(node: Node) -> None:
    policy = BACKUP.replace('"activebackup"', '"activebackup", "hwaddr_policy": "by_active"')
    node.applied(team(policy))
    with Changes() as changes:
        changes.until(lambda: mac("team1") in {NICS["eno1"], NICS["eno2"]}, PATIENCE)
    assert (mac("eno1"), mac("eno2")) == (NICS["eno1"], NICS["eno2"])
    node.unchanged(team(policy))
    node.applied(team(policy, members="nic2"))
    with Changes() as changes:
        changes.until(lambda: mac("team1") == NICS["eno2"], PATIENCE)
    node.unchanged(team(policy, members="nic2"))


def test_what_is_cleaned_up_takes_its_teamd_along(node: Node) -> None:
    ip("link add port1 type dummy")
    node.applied(team(members="port1"), name="other.yaml")
    node.applied_with_losses(CLEAN, "--cleanup")
    assert "team1" not in observe().links
    assert process() == 0


def test_one_that_stays_in_a_clean_up_keeps_its_teamd(node: Node) -> None:
    """Its ports have an end in another network namespace."""
    node.applied(team(), name="other.yaml")
    node.applied_with_losses(CLEAN, "--cleanup")
    assert ports() == ["eno1", "eno2"]
    assert sorted(state()["ports"]) == ["eno1", "eno2"]


def test_it_becomes_a_bond_and_a_team_again(node: Node) -> None:
    """Under the same name, with the same ports."""
    bond = team("mode=active-backup").replace("type: team", "type: linux_bond")
    for config_of_it, kind in ((bond, "bond"), (team(), "team"), (bond, "bond")):
        node.applied(config_of_it)
        assert (observe().links["team1"]["kind"], ports()) == (kind, ["eno1", "eno2"])
        node.unchanged(config_of_it)

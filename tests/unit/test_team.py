"""Teams from the config to the node in miniature, back, and on to something else."""

from __future__ import annotations

import json
from typing import Dict, List

import pytest

from os_net_config.state import process
from os_net_config.state.model import LinkKey, ProcessKey
from os_net_config.state.programs import Programs

from .cli.test_plan_output import as_json
from .node import Node, link, nics, node_with
from .runs import Runs

pytestmark = pytest.mark.usefixtures("programs")

TEAMD = ProcessKey(process.TEAM, "team1")
NO_CHANGE = "No change: the node is as the config says.\n"
PLAIN = "network_config: [{type: interface, name: eth0}, {type: interface, name: eth1}]\n"
PLACE = "config.yaml:4:20: network_config[0].bonding_options: "


@pytest.fixture
def node(run: Runs) -> Node:
    found = nics("eth0", "eth1")
    run.node = node = Node(node_with(found, link(found[0]), link(found[1])))
    return node


def text(runner: str = "activebackup", members: str = "eth0 eth1", **more: object) -> str:
    options = json.dumps({"runner": {"name": runner, **more}})
    ports = ", ".join(f"{{type: interface, name: {one}}}" for one in members.split())
    head = f"network_config:\n- type: team\n  name: team1\n  bonding_options: '{options}'\n"
    return f"{head}  members: [{ports}]\n"


def steps(node: Node, since: int = 0) -> List[str]:
    return [
        f"{'-' if one.after is None else '+' if one.before is None else '~'} {one.key}"
        + "".join(f" {name}" for name in ("up", "master") if one.before and one.after and name in one.after)
        for one in node.steps[since:]
    ]


def test_it_runs_before_its_ports_come_and_goes_before_its_link(run: Runs, node: Node) -> None:
    out = run.apply(text()).out
    assert '  + team     teamd, runner activebackup, config {"hwaddr": "52:54:00:00:00:01"}' in out
    found = steps(node)
    order = [found.index(one) for one in ("+ team1", "+ team team1", "~ eth0 master", "~ team1 up")]
    assert order == sorted(order)
    assert run.apply(text()).out == NO_CHANGE
    since = len(node.steps)
    assert run.apply(PLAIN).errors == []
    found = steps(node, since)
    assert found.index("- team team1") < found.index("- team1")
    assert TEAMD not in node.others


def test_the_plan_as_json(run: Runs, node: Node) -> None:
    found = as_json(run.apply(text(), "--noop", "--format", "json").out)
    (change,) = [one for one in found["changes"] if one["resource"] == "process"]
    assert (change["service"], change["link"], change["after"]["runner"]) == ("team", "team1", "activebackup")


def test_what_it_is_told_else_leaves_its_ports_alone(run: Runs, node: Node) -> None:
    run.apply(text("lacp"))
    since = len(node.steps)
    run.apply(text("lacp", fast_rate=True))
    assert steps(node, since) == ["- team team1", "+ team team1"]


def test_another_runner_takes_the_ports_for_a_moment(run: Runs, node: Node) -> None:
    run.apply(text())
    since = len(node.steps)
    out = run.apply(text("lacp")).out
    assert "  ~ team     runner   activebackup → lacp" in out
    assert "lets go of its ports for a moment" in out
    found = steps(node, since)
    assert found.count("~ eth0 master") == found.count("~ eth1 master") == 2
    assert "~ team1 up" not in found
    assert run.apply(text("lacp")).out == NO_CHANGE


def test_ports_change_along_with_the_runner(run: Runs, node: Node) -> None:
    run.apply(text(members="eth0"))
    assert run.apply(text("broadcast", "eth1") + "- {type: interface, name: eth0}\n").errors == []
    assert [node.links[name]["master"] for name in ("eth0", "eth1")] == [None, "team1"]


def test_one_that_does_not_run_is_started(run: Runs, node: Node) -> None:
    run.apply(text())
    node.others[TEAMD]["running"] = 0
    since = len(node.steps)
    assert "~ team     running  no → yes" in run.apply(text()).out
    assert steps(node, since) == ["- team team1", "+ team team1"]


def test_a_bond_becomes_a_team(run: Runs, node: Node) -> None:
    bond = text().replace("type: team", "type: linux_bond").replace("  bonding_options", "  #")
    run.apply(bond)
    assert run.apply(text()).errors == []
    assert node.links["team1"]["kind"] == "team"
    assert run.apply(bond).errors == []
    assert (node.links["team1"]["kind"], TEAMD in node.others) == ("bond", False)


def test_a_node_without_teamd_is_an_error_before_anything_is_touched(
    run: Runs, node: Node, programs: Dict[str, Programs]
) -> None:
    programs["node"] = Programs(("dhcpcd",))
    assert run.apply(text()).errors == [
        f"{PLACE}team1 needs the team daemon, and there is no teamd on this node"
        " (install teamd: the package is libteam-utils on Debian, teamd on Fedora and Red Hat)"
    ]
    programs["node"] = Programs(("teamd",), {"teamd": "os-net-config-teamd@.service"})
    (error,) = run.apply(text()).errors
    assert "systemd has no unit os-net-config-teamd@.service, which runs the team daemon of team1" in error
    assert LinkKey("team1").name not in node.links


def test_one_of_somebody_else_is_left_alone(run: Runs, node: Node) -> None:
    node.others[TEAMD] = {process.OWNER: "teamd (process 7)"}
    (error,) = run.apply(text()).errors
    assert "teamd (process 7) is the team daemon of team1 already, and not ours" in error

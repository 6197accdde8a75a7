"""Teams under a real systemd: each teamd is an instance of our template."""

from __future__ import annotations

from pathlib import Path
from typing import Iterator

import pytest

from tests.kernel.support.awaiting import Changes
from tests.kernel.support.namespace import Namespace
from tests.kernel.support.node import Node, ip
from tests.kernel.support.processes import PATIENCE
from tests.kernel.test_team import ports, process, state, team

from .test_lab_systemd import systemctl
from .units import installed

pytestmark = pytest.mark.rotating

TEMPLATE, SERVICE = "os-net-config-teamd@.service", "os-net-config-teamd@team1.service"
PLAIN = "network_config: [{type: interface, name: nic1}, {type: interface, name: nic2}]\n"


@pytest.fixture
def node(tmp_path: Path) -> Iterator[Node]:
    """This machine, with two NICs."""
    with installed(TEMPLATE), Namespace() as home, Namespace.new() as far:
        home.enter()
        for name in ("port0", "port1"):
            ip(f"link add {name} type veth peer name {name} netns {far.path}", descriptors=[far.descriptor])
        node = Node(tmp_path, home, far, "interface_mapping: {nic1: port0, nic2: port1}\n")
        with node.at_the_switch():
            ip("link set port0 up", "link set port1 up")
        yield node
        node.apply(PLAIN)
        ip("link del port0", "link del port1")


def shown(name: str) -> str:
    return systemctl("show", SERVICE, f"--property={name}", "--value").strip()


def test_it_is_a_unit_and_goes_with_the_config(node: Node) -> None:
    node.applied(team())
    assert (shown("ActiveState"), int(shown("MainPID"))) == ("active", process())
    node.unchanged(team())
    node.applied(PLAIN)
    assert shown("ActiveState") == "inactive"


def test_who_restarts_it_leaves_the_ports_alone(node: Node) -> None:
    node.applied(team())
    before = process()
    systemctl("restart", SERVICE)
    assert process() != before
    assert (ports(), sorted(state()["ports"])) == (["port0", "port1"], ["port0", "port1"])
    node.unchanged(team())


def test_systemd_starts_it_again_and_makes_no_link(node: Node) -> None:
    node.applied(team())
    before = process()
    systemctl("kill", "--signal=SIGKILL", SERVICE)
    with Changes() as changes:
        changes.until(lambda: process() not in {0, before}, PATIENCE)
    ip("link delete team1")
    systemctl("start", SERVICE)
    assert shown("ActiveState") == "inactive"
    node.applied(team())
    assert shown("ActiveState") == "active"
    node.unchanged(team())

"""dhclient in miniature: where it is the client, and what it is told."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from typing import Dict

import pytest

from os_net_config.backends.processes.dhclient import DHCLIENT, SCRIPT
from os_net_config.state import process
from os_net_config.state.model import ProcessKey
from os_net_config.state.programs import Programs
from os_net_config.state.values import Values

from .node import Node, link, nics, node_with
from .runs import Runs

pytestmark = pytest.mark.usefixtures("programs")

CLIENT = ProcessKey(process.DHCP, "eth0")
NIC = "network_config: [{type: interface, name: eth0, use_dhcp: true}]\n"
WITH_ARGUMENTS = NIC.replace("true", "true, dhclient_args: ' -v  -s 192.0.2.1'")
BOTH = NIC.replace("true", "true, use_dhcpv6: true")
ALONE, BESIDE = Programs(("dhclient",)), Programs(("dhcpcd", "dhclient"))
INSTALL = " (install dhcpcd: the package is dhcpcd-base on Debian, dhcpcd on Fedora and Red Hat)"


@pytest.fixture
def node(run: Runs) -> Node:
    found = nics("eth0")
    run.node = node = Node(node_with(found, link(found[0])))
    return node


def told(node: Node, name: str) -> object:
    return node.others[CLIENT][name]


def test_it_is_the_client_where_there_is_no_other(
    run: Runs, node: Node, programs: Dict[str, Programs]
) -> None:
    programs["node"] = ALONE
    assert "  + dhcp     dhclient, ipv4, defroute, dns" in run.apply(NIC).out
    assert "  ~ dhcp     arguments none → -v -s 192.0.2.1\n" in run.apply(WITH_ARGUMENTS).out
    assert run.apply(WITH_ARGUMENTS).out.startswith("No change")
    assert told(node, "arguments") == "-v -s 192.0.2.1"


def test_it_stays_when_the_other_comes_and_goes_when_that_is_needed(
    run: Runs, node: Node, programs: Dict[str, Programs]
) -> None:
    programs["node"] = ALONE
    run.apply(NIC)
    programs["node"] = BESIDE
    assert run.apply(NIC).out.startswith("No change")
    since = len(node.steps)
    run.apply(BOTH)
    stopped, started = (one for one in node.steps[since:] if one.key == CLIENT)
    # What one has brought the other does not know.
    assert (stopped.after, stopped.transient) == (None, False)
    assert (started.after or {})["program"] == "dhcpcd"


def test_ipv6_needs_the_other_one(run: Runs, node: Node, programs: Dict[str, Programs]) -> None:
    programs["node"] = ALONE
    (error,) = run.apply(BOTH).errors
    assert error.endswith(
        f"eth0 needs dhcpcd for IPv6: dhclient, which this node has, serves IPv4 alone{INSTALL}"
    )
    assert node.steps == []


def test_its_arguments_are_not_for_the_other_one(
    run: Runs, node: Node, programs: Dict[str, Programs]
) -> None:
    programs["node"] = BESIDE
    done = run.apply(WITH_ARGUMENTS)
    (warning,) = done.errors
    assert "dhclient_args: not used: the client is dhcpcd, which takes no arguments of dhclient's" in warning
    assert told(node, "arguments") is None
    assert run.apply(NIC).out.startswith("No change")


def test_those_of_a_member_neither(run: Runs, node: Node, programs: Dict[str, Programs]) -> None:
    programs["node"] = BESIDE
    vlan = "{type: vlan, device: eth0, vlan_id: 9, use_dhcp: true, dhclient_args: -v}"
    bridge = f"{{type: linux_bridge, name: br0, members: [{{type: interface, name: eth0}}, {vlan}]}}"
    found = run.apply(f"network_config: [{bridge.replace('device: eth0', 'device: br0')}]\n").errors
    assert [one for one in found if "dhclient_args: not used: the client is dhcpcd" in one]


def test_bad_arguments_are_an_error_whatever_the_client(run: Runs, node: Node) -> None:
    (error,) = run.apply(WITH_ARGUMENTS.replace("-v", "-r")).errors
    assert "dhclient_args: -r cannot be given to dhclient" in error
    assert node.steps == []


def test_a_missing_unit_is_that_of_the_client_that_would_be(
    run: Runs, node: Node, programs: Dict[str, Programs]
) -> None:
    no_unit = {"dhclient": "os-net-config-dhclient@.service"}
    programs["node"] = BESIDE._replace(no_unit=no_unit)
    assert run.apply(NIC).errors == []
    run.apply("network_config: [{type: interface, name: eth0}]\n")
    programs["node"] = ALONE._replace(no_unit=no_unit)
    (error,) = run.apply(NIC).errors
    assert "systemd has no unit os-net-config-dhclient@.service" in error


VALUES: Values = {"program": "dhclient", "ipv4": 1, "ipv6": 0, "defroute": 1, "dns": 1, "arguments": None}


def test_it_asks_for_what_is_taken() -> None:
    text = DHCLIENT.files({**VALUES, "defroute": 0})["dhclient.conf"]
    (request,) = [line for line in text.splitlines() if line.startswith("request ")]
    assert "routers" not in request
    assert "domain-name-servers" in request


def test_systemd_and_a_shell_read_its_arguments_alike() -> None:
    line = DHCLIENT.files({**VALUES, "arguments": "-e 'A=b  c' -e 'D=\\\\\"$E`'"})["dhclient.env"]
    script = f'{line.strip()}; eval "set -- $ARGUMENTS"; printf "%s|" "$@"'
    found = subprocess.run(["sh", "-c", script], check=True, capture_output=True, text=True).stdout
    assert found == '-e|A=b  c|-e|D=\\\\"$E`|'


def test_its_script_can_be_run() -> None:
    assert os.access(SCRIPT, os.X_OK)
    assert subprocess.run(["sh", "-n", SCRIPT], check=False).returncode == 0
    assert Path(SCRIPT).read_text(encoding="ascii").startswith("#!/bin/sh\n")

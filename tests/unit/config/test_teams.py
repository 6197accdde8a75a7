"""``team``: what its bonding_options may say, and what teamd is told of it."""

from __future__ import annotations

import json
from typing import Any, Dict, Mapping, Optional, Tuple

import pytest

from os_net_config.config.compile import compile_section
from os_net_config.config.nics import name_nics
from os_net_config.state import process, team
from os_net_config.state.model import ProcessKey, State
from os_net_config.state.values import Value

from ..node import nics
from ..texts import config, said

NICS = nics("eth0", "eth1")
MACS = {nic.name: nic.mac for nic in NICS}
BACKUP = {"runner": {"name": "activebackup"}}


def text(options: object = BACKUP, first: str = "", more: str = "") -> str:
    ports = f"{{type: interface, name: nic1{first}}}, {{type: interface, name: nic2}}{more}"
    told = options if isinstance(options, str) else json.dumps(options)
    return (
        f"network_config:\n- type: team\n  name: team1\n  bonding_options: '{told}'\n  members: [{ports}]\n"
    )


def wanted(text_of_it: str) -> State:
    names = name_nics(NICS, {})
    found = config(text_of_it, names, MACS)
    assert found.problems == []
    return compile_section(found.objects, found.routes, NICS, names.rename)


def made(text_of_it: str) -> Tuple[Mapping[str, Value], Dict[str, Any]]:
    """What is wanted of the link, and what teamd is told."""
    state = wanted(text_of_it)
    resource = state.get(ProcessKey(process.TEAM, "team1"))
    assert resource is not None
    return state.values("team1"), team.whole(resource.values)


def mac(name: str) -> str:
    return MACS[name].hex(":")


def test_it_has_the_mac_address_of_its_first_port() -> None:
    values, told = made(text())
    assert (values["kind"], values["address"]) == ("team", MACS["eth0"])
    assert told == {**BACKUP, "hwaddr": mac("eth0")}


def test_without_a_runner_it_is_that_of_teamd() -> None:
    assert made(text(""))[1]["runner"] == {"name": "roundrobin"}


def test_ports_have_the_names_of_the_node() -> None:
    told = made(text({**BACKUP, "ports": {"nic2": {"prio": 5, "sticky": True}}}))[1]
    assert told["ports"] == {"eth1": {"prio": 5, "sticky": True}}


@pytest.mark.parametrize(("said_of_it", "prio"), [({}, 100), ({"nic1": {"prio": 7}}, 7)])
def test_a_primary_port_is_preferred(said_of_it: Mapping[str, object], prio: int) -> None:
    told = made(text({**BACKUP, "ports": said_of_it}, ", primary: true"))[1]
    assert told["ports"] == {"eth0": {"prio": prio}}


def test_one_that_follows_its_active_port_has_no_mac_address_of_ours() -> None:
    policy = {"runner": {"name": "activebackup", "hwaddr_policy": "by_active"}}
    values, told = made(text(policy))
    assert "address" not in values
    assert told == policy


def test_it_and_its_ports_have_one_mtu() -> None:
    values, _ = made(text(first=", mtu: 9000", more=", {type: vlan, vlan_id: 20, mtu: 1400}"))
    assert values["mtu"] == 9000


def test_a_vlan_without_a_device_stands_on_it() -> None:
    vlan = wanted(text(more=", {type: vlan, vlan_id: 20}")).values("vlan20")
    assert vlan["link"] == "team1"
    assert "master" not in vlan


def test_what_means_the_same_is_no_change() -> None:
    one = made(text('{"link_watch": {"name": "ethtool"}, "runner": {"name": "lacp", "active": true}}'))
    other = made(text('{"runner": {"active": true, "name": "lacp"}, "link_watch": {"name": "ethtool"}}'))
    assert one == other


BAD = [
    ("{", "not a JSON text"),
    ("[]", "not a JSON object"),
    ({"runner": "lacp"}, "runner is not a JSON object"),
    ({"ports": []}, "ports is not a JSON object"),
    ({"link_watch": "ethtool"}, "link_watch is not a JSON object"),
    ({"runner": {"name": "lacpp"}}, "runner.name is 'lacpp', and teamd knows broadcast, roundrobin"),
    ({"link_watch": {"name": "mii"}}, "link_watch.name is 'mii', and teamd knows ethtool, arp_ping"),
    ({"ports": {"nic1": 5}}, "ports.nic1 is not a JSON object"),
    ({"notify_peers": 5}, "notify_peers is not a JSON object"),
    ("[" * 50000, "not a JSON text"),
    ({"link_watch": [{}]}, "link_watch.name is None"),
    ({"hwaddr": "ours"}, "'ours' is not a MAC address"),
    ({"ports": {"nic3": {}}}, "nic3 is no member of team1 (add it to members, or take it out)"),
    ({"device": "team0"}, "device team0 is not used: the team is team1"),
    ("mode=802.3ad", "not a JSON text"),
]


@pytest.mark.parametrize(("options", "message"), BAD, ids=[message[:40] for _, message in BAD])
def test_bad(options: object, message: str) -> None:
    (problem,) = said(text(options))
    assert message in problem
    assert "bonding_options" in problem


def test_two_mac_addresses() -> None:
    (problem,) = said(text({"hwaddr": "02:00:00:00:00:01"}, ", primary: true"))
    assert "hwaddr and a primary member both say the MAC address" in problem


@pytest.mark.parametrize(
    "whole", [{}, BACKUP, {"runner": {"name": "lacp", "active": False}, "debug_level": 1}]
)
def test_told_and_read(whole: Optional[Mapping[str, Any]]) -> None:
    told = team.apart(whole or {})
    usual = {"name": team.DEFAULT_RUNNER}
    assert team.whole(told) == {**(whole or {}), "runner": {**usual, **(whole or {}).get("runner", {})}}

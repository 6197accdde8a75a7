"""One plan over all the places of a node's state, carried out, verified and taken back."""

from __future__ import annotations

import subprocess
from dataclasses import replace
from pathlib import Path
from typing import Dict, List

import pytest

from os_net_config.backends.node import NodeBackend
from os_net_config.engine.converge import UndoneError, apply
from os_net_config.engine.prepared import Prepared
from os_net_config.engine.sources import Sources, prepare
from os_net_config.state.diff import diff
from os_net_config.state.model import AddressKey, Key, LinkKey, NameKey, Resource, State, SysctlKey
from os_net_config.state.plan import plan
from os_net_config.state.release import Settled
from os_net_config.state.values import Prefix, Values

from .support.node import Node
from .support.observed import observe

CONFIG = "network_config: [{type: interface, name: nic1, addresses: [{ip_netmask: 192.0.2.10/24}]}]\n"

EVERYWHERE: Dict[Key, Values] = {
    NameKey("rt_tables", 200): {"name": "storage"},
    LinkKey("br0"): {"kind": "bridge", "up": 1},
    LinkKey("tap0"): {"kind": "tun", "mode": 2, "mtu": 1400, "group": 111, "master": "br0", "up": 1},
    SysctlKey("tap0", 6, "accept_ra"): {"value": 0},
    SysctlKey("tap0", 4, "promote_secondaries"): {"value": 1},
    SysctlKey("eno1", 6, "accept_ra"): {"value": 0},
    SysctlKey("eno1", 4, "promote_secondaries"): {"value": 1},
    AddressKey("br0", Prefix(bytes([198, 51, 100, 1]), 24)): {"scope": 0},
}
#: The kernel refuses it: the link has no IPv6.
FAILING: Dict[Key, Values] = {
    AddressKey("eno2", Prefix(bytes.fromhex("20010db8") + bytes(12), 64)): {"scope": 0},
}


def prepared(node: Node, backend: NodeBackend, more: Dict[Key, Values]) -> Prepared:
    arguments = node.arguments(node.file("config.yaml", CONFIG))
    found = prepare(Sources(arguments[1], arguments[3]), backend)
    asked = {key: Resource(key, values) for key, values in more.items()}
    wanted = State({**found.wanted.resources, **asked})
    made = plan(diff(wanted, found.live).changes, wanted, found.live)
    return replace(found, wanted=wanted, settled=Settled(wanted, {}), plan=made)


def settings() -> List[str]:
    files = Path("/proc/sys/net").glob("ipv[46]/conf/eno1/*")
    return sorted(f"{path}: {path.read_text()}" for path in files if path.name != "stable_secret")


@pytest.fixture(autouse=True)
def device() -> None:
    subprocess.run(["modprobe", "--quiet", "tun"], check=False)


def test_all_at_once(node: Node) -> None:
    with NodeBackend() as backend:
        apply(prepared(node, backend, EVERYWHERE), backend)
        live = backend.observe()
        again = prepared(node, backend, EVERYWHERE).plan.changes
    # What is wanted beside the config brought our number, which its first plan did not know.
    assert [one.key.resource for one in again] == ["name"]
    for key, values in EVERYWHERE.items():
        found = live.get(key)
        assert found is not None, key
        assert {name: found.values[name] for name in values} == values


def test_taken_back_when_the_last_of_it_fails(node: Node) -> None:
    Path("/proc/sys/net/ipv6/conf/eno2/disable_ipv6").write_text("1", encoding="ascii")
    before = observe(), settings()
    with NodeBackend() as backend:
        with pytest.raises(UndoneError) as caught:
            apply(prepared(node, backend, {**EVERYWHERE, **FAILING}), backend)
        assert (caught.value.left, "on eno2" in caught.value.cause) == ([], True)
        names = [one.key for one in backend.observe() if one.key == NameKey("rt_tables", 200)]
    assert (observe(), settings()) == before
    assert names == []

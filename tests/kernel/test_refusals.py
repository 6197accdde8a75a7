"""What cannot be done is refused before anything is touched."""

from __future__ import annotations

import contextlib
import os
import subprocess
import time
from typing import Iterator

import pytest

from .support import program
from .support.node import Node, ip
from .support.observed import identities, observe

pytestmark = pytest.mark.rotating

BOND = "{{type: linux_bond, name: bond1, bonding_options: {}, members: [{{type: interface, name: nic2}}]}}"
#: Comes first in a config, so that something could be done before the refusal.
GOOD = "- {type: interface, name: nic1, mtu: 9000, addresses: [{ip_netmask: 192.0.2.10/24}]}"


def config(*objects: str) -> str:
    return "\n".join(["network_config:", GOOD, *(f"- {one}" for one in objects)]) + "\n"


def refused(node: Node, text: str, *words: str) -> None:
    """The run with this config fails with these words, and nothing is touched."""
    before = observe(), identities()
    run = node.apply(text)
    assert run.status == 1, run
    assert run.output == ""
    for word in words:
        assert word in run.errors, run
    assert (observe(), identities()) == before


@pytest.mark.parametrize(
    ("made", "wanted"),
    [
        ("link add bond1 type bridge", BOND.format("mode=1")),
        ("link add br-ex type bond", "{type: linux_bridge, name: br-ex, members: []}"),
        ("link add vlan20 type bridge", "{type: vlan, vlan_id: 20, device: nic2}"),
        ("link add eno1.20 type dummy", "{type: interface, name: nic1.20}"),
    ],
    ids=["bond", "bridge", "vlan", "dotted"],
)
def test_link_of_this_name_and_another_kind(node: Node, made: str, wanted: str) -> None:
    ip(made)
    _, _, name, _, kind = made.split()
    refused(node, config(wanted), "config.yaml:3:3:", name, f"as a {kind}")


def test_nic_that_is_not_there(node: Node) -> None:
    refused(node, config("{type: interface, name: eno9}"), "config.yaml:3:3:", "eno9")
    refused(node, config("{type: vlan, vlan_id: 20, device: eno9}"), "config.yaml:3:", "eno9")
    refused(node, config("{type: interface, name: nic7}"), "config.yaml:3:3:", "nic7")


def test_route_of_others_with_the_same_key(node: Node) -> None:
    ip("link set eno1 up", "address add 192.0.2.1/24 dev eno1")
    ip(
        "route add 203.0.113.0/24 via 192.0.2.7 proto bird",
        "route add default via 192.0.2.8 proto static metric 5",
    )
    routes = "routes: [{{ip_netmask: {}, next_hop: 198.51.100.1, metric: {}}}]"
    nic = "{{type: interface, name: nic2, addresses: [{{ip_netmask: 198.51.100.10/24}}], {}}}"
    refused(
        node,
        config(nic.format(routes.format("203.0.113.0/24", 0))),
        "config.yaml:3:",
        "protocol 12",
        "192.0.2.7",
    )
    refused(node, config(nic.format(routes.format("0.0.0.0/0", 5))), "config.yaml:3:", "192.0.2.8")


def test_port_of_somebody_elses_bridge(node: Node) -> None:
    ip("link add virbr0 type bridge", "link set eno2 master virbr0")
    refused(node, config(BOND.format("mode=1")), "virbr0")


def test_vlan_larger_than_the_nic_below(node: Node) -> None:
    refused(node, config("{type: vlan, vlan_id: 20, device: nic2, mtu: 9000}"), "config.yaml:3:", "eno2")


@contextlib.contextmanager
def run_that_stops_while_it_writes(node: Node, text: str) -> Iterator[subprocess.Popen[bytes]]:
    """It waits for somebody to read what it says, as soon as it says that it begins to write."""
    reading, writing = os.pipe()
    os.set_blocking(writing, False)
    with contextlib.suppress(BlockingIOError):
        while True:
            os.write(writing, bytes(1 << 16))
    os.set_blocking(writing, True)
    process = program.start(*node.arguments(node.file("first.yaml", text), "--verbose"), stdout=writing)
    os.close(writing)
    try:
        yield process
    finally:
        with open(reading, "rb") as pipe:
            pipe.read()
        process.wait(timeout=60)


def test_second_run_names_the_first(node: Node) -> None:
    lock = node.run_directory / "lock"
    with run_that_stops_while_it_writes(node, config()) as first:
        deadline = time.monotonic() + 30
        while not (lock.exists() and lock.read_text()):
            assert time.monotonic() < deadline, "the first run did not get the lock"
            time.sleep(0.05)
        refused(node, config(), f"process {first.pid} ")
    assert first.returncode == 2
    assert observe().addresses["eno1"] == ["192.0.2.10/24 brd 192.0.2.255 scope global proto 111"]

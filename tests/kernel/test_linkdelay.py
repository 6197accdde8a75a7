"""``linkdelay``: addresses wait for carrier of a link that is set up, until a deadline."""

from __future__ import annotations

import threading
import time

import pytest

from .support.node import Node, ip
from .support.observed import observe
from .support.site import config
from .support.watching import wait_until_up

ADDRESS = "addresses: [{ip_netmask: 10.1.0.10/24}]"
LONE = config(f"{{type: interface, name: nic1, linkdelay: %d, {ADDRESS}}}")
CHAINS = {
    "a VLAN": "{type: interface, name: nic1, linkdelay: 20},"
    f" {{type: vlan, vlan_id: 10, device: nic1, {ADDRESS}}}",
    "a bond": f"{{type: linux_bond, name: bond1, bonding_options: mode=1 miimon=100, {ADDRESS},"
    " members: [{type: interface, name: nic1, linkdelay: 20}]}",
    "a bridge": f"{{type: linux_bridge, name: br1, {ADDRESS},"
    " members: [{type: interface, name: nic1, linkdelay: 20}]}",
}


def plugged_in_late(node: Node, text: str) -> float:
    """How long a run takes whose cable is put in one second after its begin."""
    # Nothing is left to be imported.
    node.apply(text, "--noop")
    with node.at_the_switch():
        ip("link set sw1 down")

    def plug_in() -> None:
        time.sleep(1)
        node.switch.enter()
        ip("link set sw1 up")

    thread = threading.Thread(target=plug_in)
    thread.start()
    begin = time.monotonic()
    run = node.apply(text, "--verbose")
    took = time.monotonic() - begin
    thread.join()
    assert run.status == 2, run
    assert "waiting for the carrier of eno1, up to 20 s" in run.errors, run
    assert "has no carrier" not in run.errors, run
    return took


@pytest.mark.parametrize("chain", CHAINS.values(), ids=CHAINS)
def test_what_stands_on_it_waits(node: Node, chain: str) -> None:
    assert 0.9 <= plugged_in_late(node, f"network_config: [{chain}]") < 15


def test_an_address_of_its_own_waits(node: Node) -> None:
    assert 0.9 <= plugged_in_late(node, LONE % 20) < 15
    node.unchanged(LONE % 20)


def test_one_that_has_carrier(node: Node) -> None:
    run = node.apply(LONE % 20, "--verbose")
    assert run.status == 2, run
    assert "no carrier" not in run.errors, run


def test_a_deadline_that_is_missed(node: Node) -> None:
    with node.at_the_switch():
        ip("link set sw1 down")
    begin = time.monotonic()
    run = node.apply(LONE % 1)
    assert (run.status, run.errors) == (2, "WARNING: eno1 has no carrier after 1 s: the run goes on\n"), run
    assert time.monotonic() - begin >= 1
    assert "10.1.0.10/24" in str(observe())
    # It was not set up by this run.
    begin = time.monotonic()
    run = node.apply(LONE.replace("10.1", "10.2") % 20)
    assert run.status == 2 and time.monotonic() - begin < 15, run
    with node.at_the_switch():
        ip("link set sw1 up")
    wait_until_up("eno1")

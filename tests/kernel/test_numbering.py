"""The numbers of NICs stay what a first run counted, whatever cable is out."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Dict

import pytest

from .support.node import NICS, Node, ip
from .support.observed import observe
from .support.program import Run
from .support.site import config
from .support.watching import is_up, wait_until_down, wait_until_up

pytestmark = pytest.mark.acceptance

ON_2 = config("{type: interface, name: nic2, mtu: 1400}")


def apply(node: Node, text: str, *options: str) -> Run:
    """Without a mapping: what has carrier is counted. A veth has no device, so that the NICs are declared."""
    found = [{"name": name, "mac": mac, "active": is_up(name)} for name, mac in NICS.items()]
    inventory = node.file("inventory.yaml", json.dumps(found))
    return replace(node, mapping="").apply(text, "--inventory", str(inventory), *options)


def numbers(node: Node) -> Dict[str, str]:
    names = {mac: name for name, mac in NICS.items()}
    kept = json.loads((node.directory / "state/nics.json").read_text(encoding="utf-8"))
    return {alias: names[mac] for alias, mac in kept["nics"].items()}


def pull(node: Node, *cables: int) -> None:
    with node.at_the_switch():
        ip(*(f"link set sw{number} down" for number in cables))
    wait_until_down(*(f"eno{number}" for number in cables))


def all_up() -> None:
    ip(*(f"link set {name} up" for name in NICS))
    wait_until_up(*NICS)


ALL = {f"nic{number}": name for number, name in enumerate(NICS, 1)}


def test_a_cable_is_pulled(node: Node) -> None:
    all_up()
    assert apply(node, ON_2, "--noop").status == 2
    assert not (node.directory / "state").exists()
    assert apply(node, ON_2).status == 2
    assert numbers(node) == ALL
    pull(node, 1, 2)
    run = apply(node, ON_2)
    assert (run.status, run.errors) == (0, ""), run
    assert [observe().links[name]["mtu"] for name in ("eno2", "eno4")] == ["1400", "1500"]
    shown = apply(node, ON_2, "--noop")
    assert "nic2 eno4, not eno2" in shown.errors, shown
    assert json.loads(apply(node, ON_2, "-i").output) == ALL
    assert numbers(node) == ALL


def test_counted_anew(node: Node) -> None:
    all_up()
    assert apply(node, ON_2).status == 2
    pull(node, 1)
    run = apply(node, ON_2, "--renumber")
    assert run.status == 2, run
    assert numbers(node) == {"nic1": "eno2", "nic2": "eno3", "nic3": "eno4"}
    assert [observe().links[name]["mtu"] for name in ("eno2", "eno3")] == ["1500", "1400"]


def test_a_nic_is_counted_later(node: Node) -> None:
    """Its cable is put in after the first run: the others keep their numbers."""
    all_up()
    pull(node, 1)
    assert apply(node, ON_2).status == 2
    assert numbers(node) == {"nic1": "eno2", "nic2": "eno3", "nic3": "eno4"}
    with node.at_the_switch():
        ip("link set sw1 up")
    wait_until_up("eno1")
    assert apply(node, ON_2).status == 0
    assert numbers(node) == {"nic1": "eno2", "nic2": "eno3", "nic3": "eno4", "nic4": "eno1"}


def test_ports_of_a_bond_keep_their_numbers(node: Node) -> None:
    """All of them have one address then; each is known by its own."""
    all_up()
    bond = "{type: linux_bond, name: bond1, members: [%s]}"
    text = config(bond % "{type: interface, name: nic2}, {type: interface, name: nic3}")
    assert apply(node, text).status == 2
    assert apply(node, text).status == 0
    assert numbers(node) == ALL

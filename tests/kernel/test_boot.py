"""``os-net-config boot``: the target, a file that was written since, and what follows where that fails."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import subprocess
import threading
import time
from pathlib import Path

import pytest

from .support import warm
from .support.node import NICS, Node, ip
from .support.observed import ipv4_addresses as addresses
from .support.observed import observe, snapshot
from .support.program import NO_CHANGE, Run

pytestmark = pytest.mark.rotating

NETWORK = """\
network_config:
- type: linux_bond
  name: bond0
  bonding_options: mode=active-backup
  members:
  - {type: interface, name: nic1, primary: true}
  - {type: interface, name: nic2}
- type: vlan
  device: bond0
  vlan_id: 20
  addresses: [{ip_netmask: 10.20.0.10/24}]
- type: interface
  name: nic3
  addresses: [{ip_netmask: 192.0.2.10/24}]
"""
NEWER = NETWORK.replace("10.20.0.10", "10.20.0.11")
#: The kernel refuses no part of it; what it says does not hold.
FAILING = "probes: [{probe: 'command:false', deadline: 1, required: true}]\n" + NEWER
BROKEN = NETWORK.replace("/24", "/33")
FALLBACK = """\
fallback_config:
- type: interface
  name: nic4
  addresses: [{ip_netmask: 203.0.113.10/24}]
"""


WHOLE = {"vlan20": ["10.20.0.10/24"], "eno3": ["192.0.2.10/24"]}
NEWER_WHOLE = {**WHOLE, "vlan20": ["10.20.0.11/24"]}


def boot(node: Node, *options: str, config: str = "config.yaml", wait: float = 0) -> Run:
    """``config`` "": whatever the target says."""
    arguments = node.arguments(node.directory / config, "--wait-nics", str(wait), *options)
    return warm.run("boot", *(arguments if config else arguments[2:]))


def down(node: Node) -> None:
    """What the kernel has is gone, as after a boot; what is on disk stays."""
    ip(
        "link delete bond0",
        *(f"{what} {nic}" for nic in NICS for what in ("address flush dev", "link set down dev")),
    )
    for one in node.run_directory.iterdir():
        one.unlink()


def test_a_first_boot_applies_the_file(node: Node) -> None:
    node.file("config.yaml", NETWORK)
    assert boot(node).status == 2
    assert addresses() == WHOLE
    again = boot(node)
    assert (again.status, again.output) == (0, NO_CHANGE)


def test_the_next_boot_does_the_same(node: Node) -> None:
    node.applied(NETWORK)
    there = snapshot()
    down(node)
    assert boot(node).status == 2
    assert snapshot() == there


def test_the_target_may_be_any_file(node: Node) -> None:
    node.file("config.yaml", NEWER)
    node.applied(NETWORK, name="other.yaml")
    down(node)
    assert boot(node, config="").status == 2
    assert addresses() == WHOLE


def test_a_file_that_is_gone(node: Node) -> None:
    node.applied(NETWORK)
    (node.directory / "config.yaml").unlink()
    down(node)
    run = boot(node)
    assert run.status == 2
    assert "config.yaml is gone: the config that it had is applied" in run.errors
    assert addresses() == WHOLE


def test_a_file_that_was_written_since(node: Node) -> None:
    node.applied(NETWORK)
    node.file("config.yaml", NEWER)
    down(node)
    assert boot(node).status == 2
    assert addresses() == NEWER_WHOLE
    assert boot(node, config="").status == 0


def test_a_broken_file_leaves_the_node_with_what_it_had(node: Node) -> None:
    node.applied(NETWORK)
    node.file("config.yaml", BROKEN)
    down(node)
    run = boot(node)
    assert run.status == 1, run
    assert "prefix length 33 is not in 0..32" in run.errors
    assert addresses() == WHOLE


@pytest.mark.parametrize("content", [b"", b"\xff\xfe\x00", b"network_config: [", b"- 1\n"])
def test_whatever_the_file_has_become(node: Node, content: bytes) -> None:
    node.applied(NETWORK)
    (node.directory / "config.yaml").write_bytes(content)
    down(node)
    assert boot(node).status == 1
    assert addresses() == WHOLE


def test_a_file_that_does_not_hold_is_taken_back_and_not_tried_again(node: Node) -> None:
    node.applied(NETWORK)
    node.file("config.yaml", FAILING)
    down(node)
    run = boot(node)
    assert run.status == 4, run
    assert "command:false" in run.errors
    assert addresses() == WHOLE
    down(node)
    again = boot(node)
    assert again.status == 2, again
    assert "is not applied again until it changes: it was taken back on" in again.errors
    assert addresses() == WHOLE
    down(node)
    node.file("config.yaml", NEWER)
    assert boot(node).status == 2
    assert addresses() == NEWER_WHOLE


def test_a_change_that_was_taken_back_by_hand_is_not_applied_by_the_next_boot(node: Node) -> None:
    node.applied(NETWORK)
    assert node.apply(FAILING).status == 4
    down(node)
    assert boot(node).status == 2
    assert addresses() == WHOLE


def test_what_a_rollback_left_is_not_applied_by_the_next_boot(node: Node) -> None:
    node.applied(NETWORK)
    node.applied(NEWER)
    arguments = node.arguments(node.directory / "config.yaml")
    assert warm.run("rollback", *arguments).status == 2
    down(node)
    assert boot(node).status == 2
    assert addresses() == WHOLE


def test_fallback_config_where_nothing_ever_held(node: Node) -> None:
    node.file("config.yaml", FAILING + FALLBACK)
    run = boot(node)
    assert run.status == 4, run
    assert addresses() == {"eno4": ["203.0.113.10/24"]}


def test_the_target_comes_before_the_fallback(node: Node) -> None:
    node.applied(NETWORK)
    node.file("config.yaml", FAILING + FALLBACK)
    down(node)
    assert boot(node).status == 4
    assert addresses() == WHOLE


def test_a_nic_that_comes_late(node: Node) -> None:
    node.applied(NETWORK)
    down(node)
    ip(f"link set eno2 netns {node.switch.path}", descriptors=[node.switch.descriptor])
    with node.at_the_switch():
        ip("link set eno2 name elsewhere")
    back = threading.Timer(1, _bring_back, [node])
    began = time.monotonic()
    back.start()
    run = boot(node, "--verbose", wait=30)
    back.join()
    assert 1 <= time.monotonic() - began < 20
    assert run.status == 2, run
    assert "waiting up to 30 s for nic2" in run.errors
    assert addresses() == WHOLE
    assert observe().links["eno2"]["master"] == "bond0"


def _bring_back(node: Node) -> None:
    """From a thread, which has a namespace of its own to be in."""
    node.switch.enter()
    ip(
        f"link set elsewhere netns {node.own.path} name eno2",
        descriptors=[node.own.descriptor],
    )


def test_a_nic_that_never_comes_is_done_without(node: Node) -> None:
    node.applied(NETWORK)
    down(node)
    ip("link delete eno2")
    run = boot(node)
    assert run.status == 6, run
    assert "nic2" in run.errors
    assert addresses() == WHOLE
    assert observe().links["eno1"]["master"] == "bond0"
    again = boot(node)
    assert again.status == 6, again
    assert "No change" in again.output
    assert boot(node, "--noop").status == 6


def test_an_incomplete_boot_does_not_become_the_target(node: Node) -> None:
    node.file("config.yaml", NETWORK)
    ip("link delete eno2")
    assert boot(node).status == 6
    assert not (node.directory / "state" / "target.json").exists()


def test_what_a_run_that_died_left_does_not_hold_a_boot_up(node: Node) -> None:
    node.applied(NETWORK)
    for name in ("journal.json", "target.json"):
        (node.directory / "state" / name).write_text("{", encoding="ascii")
    down(node)
    run = boot(node)
    assert run.status == 2, run
    assert run.errors.count("is set aside as") == 2
    assert addresses() == WHOLE
    assert (node.directory / "state" / "journal.json.unreadable").exists()


LATER = """\
network_config:
- type: interface
  name: nic1
  addresses: [{ip_netmask: 192.0.2.10/24}]
- type: linux_bond
  name: bond0
  onboot: false
  members:
  - {type: interface, name: nic2, primary: true}
- type: vlan
  device: bond0
  vlan_id: 20
  addresses: [{ip_netmask: 10.20.0.10/24}]
- type: interface
  name: nic3
  onboot: false
  mtu: 1400
- {type: vlan, device: nic3, vlan_id: 30, addresses: [{ip_netmask: 10.30.0.10/24}]}
"""


def test_what_is_not_for_a_boot_is_for_an_explicit_run(node: Node) -> None:
    node.file("config.yaml", LATER)
    assert boot(node).status == 2
    at_boot = {"eno1": ["192.0.2.10/24"], "vlan30": ["10.30.0.10/24"]}
    assert addresses() == at_boot
    assert observe().links["eno3"]["mtu"] == "1500"
    assert boot(node).output == NO_CHANGE
    node.applied(LATER)
    whole = {**at_boot, "vlan20": ["10.20.0.10/24"]}
    assert addresses() == whole
    there = snapshot()
    assert boot(node).output == NO_CHANGE
    assert snapshot() == there
    node.unchanged(LATER)
    node.applied(LATER.replace("nic1", "nic4"))
    assert addresses() == {"eno4": ["192.0.2.10/24"], **{k: v for k, v in whole.items() if k != "eno1"}}
    node.applied(f"{LATER.partition('- type: linux_bond')[0]}")
    assert addresses() == {"eno1": ["192.0.2.10/24"]}


def test_the_target_is_not_judged_by_what_is_around_the_node(node: Node) -> None:
    """A switch port may not forward yet."""
    answers = node.file("answers", "")
    text = f"probes: [{{probe: 'command:test -e {answers}', required: true}}]\n{NETWORK}"
    node.applied(text)
    answers.unlink()
    down(node)
    assert boot(node).status == 2
    assert addresses() == WHOLE


def test_what_was_made_the_target_for_this_boot_and_does_not_hold(node: Node) -> None:
    node.applied(NETWORK)
    assert node.apply(NEWER, "--no-activate").status == 2
    broken = node.directory / "state" / "configs"
    wanted = max(broken.iterdir(), key=lambda path: path.stat().st_mtime_ns)
    wanted.write_text("damaged", encoding="ascii")
    (node.directory / "config.yaml").unlink()
    down(node)
    run = boot(node)
    assert run.status == 1, run
    assert "is gone or not what it was" in run.errors
    assert addresses() == WHOLE, run


def test_a_text_of_the_target_that_is_lost_is_the_files(node: Node) -> None:
    node.applied(NETWORK)
    for text in (node.directory / "state" / "configs").iterdir():
        text.unlink()
    down(node)
    run = boot(node)
    assert run.status == 2, run
    assert "config.yaml says the same" in run.errors
    assert addresses() == WHOLE


def test_a_path_that_is_no_file(node: Node) -> None:
    node.applied(NETWORK)
    (node.directory / "config.yaml").unlink()
    (node.directory / "config.yaml").mkdir()
    down(node)
    run = boot(node)
    assert run.status == 2, run
    assert "config.yaml: Is a directory" in run.errors
    assert addresses() == WHOLE


def test_a_new_file_with_a_misspelt_nic_does_not_replace_what_is_complete(node: Node) -> None:
    node.applied(NETWORK)
    node.file("config.yaml", NEWER.replace("name: nic3", "name: eno33"))
    down(node)
    run = boot(node)
    assert run.status == 1, run
    assert "config.yaml names NICs that are not here: eno33" in run.errors
    assert addresses() == WHOLE


@pytest.mark.parametrize("size", ["size=64k,ro", "size=4k"])
def test_a_disk_that_takes_no_writes(node: Node, size: str) -> None:
    node.applied(NETWORK)
    down(node)
    state = node.directory / "state"
    kept = node.directory / "kept"
    shutil.copytree(state, kept)
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "none", str(state)], check=True)
    try:
        shutil.copytree(kept, state, dirs_exist_ok=True)
        subprocess.run(["mount", "-o", f"remount,{size}", str(state)], check=False, capture_output=True)
        _fill(state)
        run = boot(node)
    finally:
        subprocess.run(["umount", str(state)], check=True)
    assert run.status == 2, run
    assert "the boot goes on without a journal" in run.errors
    assert addresses() == WHOLE


def _fill(directory: Path) -> None:
    with contextlib.suppress(OSError), (directory / "filler").open("wb", buffering=0) as file:
        while True:
            file.write(bytes(4096))


@pytest.mark.parametrize("numbers", ['{"nic1": "zz"}', '{"nic1": null}', "7"])
def test_a_target_that_is_damaged_inside(node: Node, numbers: str) -> None:
    node.applied(NETWORK)
    file = node.directory / "state" / "target.json"
    content = json.loads(file.read_text())
    content["generations"][0]["numbers"] = json.loads(numbers)
    file.write_text(json.dumps(content), encoding="ascii")
    down(node)
    run = boot(node)
    assert run.status == 2, run
    assert "is set aside as" in run.errors
    assert addresses() == WHOLE


def test_a_dry_run_of_a_boot_does_nothing(node: Node) -> None:
    node.file("config.yaml", NETWORK)
    before, files = snapshot(), sorted(os.listdir(node.directory))
    assert boot(node, "--noop", wait=20).status == 2
    assert (snapshot(), sorted({*os.listdir(node.directory), "mapping.yaml"})) == (
        before,
        sorted({*files, "mapping.yaml"}),
    )
    assert not Path(node.run_directory).exists()

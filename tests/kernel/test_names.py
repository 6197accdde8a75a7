"""Names as iproute2 itself reads them, and as a run leaves them."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Dict, Iterator

import pytest

from os_net_config.backends.names import Names, known_tables
from os_net_config.backends.node import NodeBackend
from os_net_config.state.diff import Change
from os_net_config.state.model import NameKey

from .support import program, tracing
from .support.node import Node, ip

pytestmark = pytest.mark.rotating

DIRECTORY = Path("/etc/iproute2")
CONFIG = """\
network_config:
- type: linux_bridge
  name: br-ex
  addresses: [{ip_netmask: 192.0.2.10/24}]
  routes: [{default: true, next_hop: 192.0.2.1}]
  members: [{type: interface, name: nic1}]
"""
LABELS = [
    Change(NameKey(file, 111), None, {"name": "os-net-config"}) for file in ("rt_protos", "group")
]  # fmt: skip


def asked(*words: str) -> str:
    done = subprocess.run(["ip", *words], capture_output=True, text=True, check=True)
    assert done.stderr == "", "ip complains of a file"
    return done.stdout


def contents() -> Dict[Path, bytes]:
    return {path: path.read_bytes() for path in DIRECTORY.rglob("*") if path.is_file()}


def test_ip_shows_who_made_it(node: Node) -> None:
    before = contents()
    node.applied(CONFIG)
    assert "proto os-net-config" in asked("route", "show", "default")
    assert " group os-net-config " in asked("-d", "link", "show", "br-ex")
    members = json.loads(asked("-j", "link", "show", "group", "os-net-config"))
    assert [one["ifname"] for one in members if one] == ["br-ex"]
    node.unchanged(CONFIG)
    with NodeBackend() as backend:
        backend.execute([one.inverse for one in LABELS])
    assert "proto 111" in asked("route", "show", "default")
    assert " group 111 " in asked("-d", "link", "show", "br-ex")
    assert contents() == before


def test_a_dry_run_writes_none(node: Node) -> None:
    before = contents()
    run = node.apply(CONFIG, "--noop")
    assert "/etc/iproute2/group\n  + name     111 os-net-config\n" in run.output
    assert contents() == before


def test_what_a_failed_run_wrote_is_taken_back(node: Node) -> None:
    before = contents()
    Path("/proc/sys/net/ipv6/conf/eno4/disable_ipv6").write_text("1", encoding="ascii")
    failing = "- {type: interface, name: nic4, addresses: [{ip_netmask: 2001:db8:4::10/64}]}\n"
    run = node.apply(CONFIG + failing)
    assert run.status == 4, run
    assert "the node is as it was, verified" in run.errors
    assert contents() == before


def test_what_others_call_the_number_stays(node: Node) -> None:
    protocols = DIRECTORY / "rt_protos"
    protocols.write_text(protocols.read_text() + "111\ttheirs\n")
    node.applied(CONFIG)
    assert "proto theirs" in asked("route", "show", "default")
    node.unchanged(CONFIG)


def test_a_second_run_opens_nothing_for_writing(node: Node) -> None:
    node.applied(CONFIG)
    config = node.file("config.yaml", CONFIG)
    run, calls = tracing.traced(node.directory, *node.arguments(config))
    assert (run.status, run.output) == (0, program.NO_CHANGE), run
    assert tracing.writes(calls) == []


def test_a_directory_that_cannot_be_written(node: Node) -> None:
    """It is said before the network is touched."""
    (DIRECTORY / "rt_protos.d").rename(DIRECTORY / "elsewhere")
    (DIRECTORY / "rt_protos.d").write_text("")
    run = node.apply(CONFIG)
    assert run.status == 4, run
    assert "name rt_protos 111: /etc/iproute2/rt_protos.d/os-net-config.conf: Not a directory" in run.errors
    assert "br-ex" not in asked("link")


@pytest.fixture
def read_only(node: Node) -> Iterator[None]:
    mount = ["mount", "-o", "bind,ro", str(DIRECTORY), str(DIRECTORY)]
    subprocess.run(mount, check=True)
    yield
    subprocess.run(["umount", str(DIRECTORY)], check=True)


def test_where_nothing_can_be_written_the_network_is_made(node: Node, read_only: None) -> None:
    node.applied(CONFIG)
    assert "proto 111" in asked("route", "show", "default")
    node.unchanged(CONFIG)


#: More than anybody writes: numbers in hexadecimal, names without a gap, twice the same, comments.
ODD = """\
# comment
255\tlocal
254\tmain
253\tdefault
0\tunspec
200\tstorage    # os-net-config managed table
  0xC9 tenant # other
202odd
\t300\tfirst
300\tsecond
513 twice
7 twice
254 wan
"""


def test_tables_are_those_that_ip_knows(node: Node) -> None:
    """ip says the number of a rule's table that it was given by name."""
    (DIRECTORY / "rt_tables").write_text(ODD)
    Names().execute([Change(NameKey("rt_tables", 1000), None, {"name": "management"})])
    known = {name: number for name, number in known_tables().items() if number}
    for priority, name in enumerate(known, 1):
        ip(f"rule add priority {priority} table {name}")
    rules = {one["priority"]: one["table"] for one in json.loads(asked("-j", "-N", "rule"))}
    assert {name: rules[priority] for priority, name in enumerate(known, 1)} == {
        name: str(number) for name, number in known.items()
    }
    assert known["twice"] == 513


def test_the_name_of_a_table_is_the_one_that_ip_shows(node: Node) -> None:
    (DIRECTORY / "rt_tables").write_text(ODD)
    Names().execute([Change(NameKey("rt_tables", 201), None, {"name": "ours"})])
    found = {
        key.number: str(one.values["name"])
        for key, one in Names().observe().items()
        if isinstance(key, NameKey) and key.file == "rt_tables" and key.number
    }
    for number in found:
        ip(f"rule add priority {number + 1} table {number}")
    rules = {one["priority"]: one["table"] for one in json.loads(asked("-j", "rule"))}
    assert {number: rules[number + 1] for number in found} == found
    assert (found[201], found[300]) == ("ours", "second")

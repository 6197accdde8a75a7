"""``--noop`` beside every option and with every section: nothing changes, on disk or in the kernel.

A new option, a new section and a new command each need a line in the tables here: without one a test fails.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
from pathlib import Path
from typing import Dict, Iterator, List, NamedTuple, Sequence, Tuple

import pytest

from os_net_config.cli.arguments import parser

from .support import capturing, listening, tracing
from .support.messages import Message
from .support.namespace import own_copy
from .support.node import Node, ip
from .support.observed import identities, snapshot
from .support.program import CHECKOUT, Run
from .support.tracing import Call

RTM_NEWNSID = 88
CABLES = ("sw1", "sw2", "sw3", "sw4")
ETHERTYPE, ETH_P_ARP, ETH_P_IPV6 = slice(12, 14), b"\x08\x06", b"\x86\xdd"
#: A packet socket, and what is sent by one.
SENDS_ARP = re.compile(r"socket\(AF_PACKET|sendto\(.*sll_protocol=htons\(ETH_P_ARP\)")
#: By name: its text, which has something to change, and the option that applies it.
SECTIONS: Dict[str, Tuple[str, Sequence[str]]] = {
    "network_config": (
        """\
network_config:
- type: interface
  name: nic1
  mtu: 1400
  addresses: [{ip_netmask: 192.0.2.10/24}]
  routes: [{ip_netmask: 203.0.113.0/24, next_hop: 192.0.2.1, table: 200}]
  rules: [{rule: from 192.0.2.0/24 table 200}]
- type: linux_bond
  name: bond1
  bonding_options: mode=active-backup
  addresses: [{ip_netmask: 2001:db8::10/64}]
  members: [{type: interface, name: nic2, primary: true}]
- {type: vlan, vlan_id: 10, device: bond1}
- {type: linux_bridge, name: br-ex, members: [{type: interface, name: nic3}]}
""",
        (),
    ),
    "remove_config": (
        "remove_config: [{remove_type: linux_bridge, remove_name: old-bridge}]\n",
        ("--remove-config",),
    ),
    "minimum_config": (
        "minimum_config: [{type: interface, name: nic4, addresses: [{ip_netmask: 198.51.100.10/24}]}]\n",
        ("--minimum-config",),
    ),
    "fallback_config": ("fallback_config: [{type: interface, name: nic4, use_dhcp: true}]\n", ()),
    "dcb_config": ("dcb_config: [{type: dcb, device: nic4, dscp2prio: []}]\n", ()),
    "probes": (f"probes: [gateway, 'command:touch {CHECKOUT / 'touched'}']\n", ()),
}
#: All of them together: what the options are tried with.
EVERYTHING = "".join(text for text, _ in SECTIONS.values())


class Case(NamedTuple):
    """Words of a command line, in which {x} stands for a file or directory x of the test's.

    The exit status where something is to be changed, and where nothing is.
    """

    words: str
    something: int = 2
    nothing: int = 0


NEVER = {"something": 0, "nothing": 0}
ALWAYS = {"something": 2, "nothing": 2}
#: By option (the longest of its names).
OPTIONS: Dict[str, Sequence[Case]] = {
    "--help": [Case("--help", **NEVER)],
    "--version": [Case("--version", **NEVER)],
    "--noop": [Case("")],
    "--config-file": [Case("--config-file {config.yaml}"), Case("--config-file {nowhere}", 1, 1)],
    "--mapping-file": [Case("--mapping-file {mapping.yaml}"), Case("--mapping-file {nowhere}", 1, 1)],
    "--interfaces": [Case("--interfaces", **NEVER), Case("--interfaces nic1", **NEVER)],
    "--no-activate": [Case("--no-activate")],
    "--exit-on-validation-errors": [Case("--exit-on-validation-errors")],
    "--inventory": [Case("--inventory {inventory.yaml}")],
    "--no-prune": [Case("--no-prune")],
    "--prune-all": [Case("--prune-all")],
    "--cleanup": [Case("--cleanup", **ALWAYS)],
    "--renumber": [Case("--renumber")],
    "--allow-loss": [Case("--allow-loss")],
    "--arp-wait": [Case("--arp-wait 5")],
    "--wait-dhcp": [Case("--wait-dhcp 5")],
    "--require-dhcp": [Case("--require-dhcp")],
    "--probe-addresses": [Case("--arp-wait 0.2 --probe-addresses")],
    "--confirm": [Case("--confirm 60")],
    "--forward": [Case("--forward")],
    "--run-dir": [Case("--run-dir {new/run}")],
    "--state-dir": [Case("--state-dir {new/state}")],
    "--probe": [Case("--probe gateway"), Case("--probe ping:192.0.2.1 --probe http://192.0.2.1/")],
    "--probe-required": [Case("--probe-required command:false,deadline=1")],
    "--format": [Case("--format text"), Case("--format json")],
    "--color": [Case("--color auto"), Case("--color always"), Case("--color never")],
    "--detailed-exit-codes": [Case("--detailed-exit-codes")],
    "--debug": [Case("--debug")],
    "--verbose": [Case("--verbose")],
    "--root-dir": [Case("--root-dir {root}", **ALWAYS)],
    "--provider": [Case(f"--provider {one}") for one in ("ifcfg", "eni", "nmstate", "iproute")],
    "--purge-provider": [
        *(Case(f"--purge-provider {one}", **ALWAYS) for one in ("ifcfg", "nmstate", "eni")),
        Case("--purge-provider iproute"),
    ],
    "--minimum-config": [Case("--minimum-config")],
    "--no-network-config": [Case("--no-network-config", **NEVER)],
    "--no-fallback-config": [Case("--no-fallback-config")],
    "--persist-mapping": [Case("--persist-mapping", **ALWAYS)],
    "--remove-config": [
        Case("--remove-config", **ALWAYS),
        Case("--remove-config --no-network-config", **ALWAYS),
    ],
}
#: Beside runs: what comes first of the words is a command.
COMMANDS: Dict[str, Sequence[str]] = {
    "rollback": ["rollback --noop", "rollback 1 --noop"],
    "boot": ["boot --noop"],
    "check": ["check {config.yaml}", "check --format json {config.yaml}"],
    "history": ["history", "history --format json"],
}

#: Of other programs, for --purge-provider.
LEFTOVERS = {
    "/etc/sysconfig/network-scripts": {"ifcfg-eno1": "DEVICE=eno1\nUUID=1\n"},
    "/etc/network": {"interfaces": "auto lo eno1\niface lo inet loopback\niface eno1 inet dhcp\n"},
}


@pytest.fixture
def files(node: Node) -> Iterator[Node]:
    """A node with the files that the words speak of, with what is to be removed, and with leftovers."""
    node.file("config.yaml", EVERYTHING)
    nics = ", ".join(f"{{name: eno{n}, mac: '52:54:00:00:00:0{n}'}}" for n in range(1, 5))
    node.file("inventory.yaml", f"[{nics}]\n")
    below = Path(f"{node.directory / 'root'}{node.directory}")
    below.mkdir(parents=True)
    (below / "config.yaml").write_text(EVERYTHING, encoding="utf-8")
    ip("link add old-bridge type bridge", "link set eno1 up", "link set eno2 up")
    with contextlib.ExitStack() as stack:
        for number, (directory, texts) in enumerate(LEFTOVERS.items()):
            stack.enter_context(own_copy(directory, node.directory / f"etc-{number}"))
            for name, text in texts.items():
                Path(directory, name).write_text(text, encoding="utf-8")
        yield node


def words_of(node: Node, text: str) -> List[str]:
    """``{x}`` is the path of x."""
    return [f"{node.directory / word[1:-1]}" if word[:1] == "{" else word for word in text.split()]


Stamp = Tuple[int, int, int, int, int]


def disk(node: Node) -> Dict[str, Stamp]:
    """Every file and directory where something could be written, and what changes with a write."""
    found = {}
    for top in (str(node.directory), "/etc", "/run", "/var/lib", "/var/log", "/tmp"):
        for directory, _, names in os.walk(top):
            for path in (directory, *(os.path.join(directory, name) for name in names)):
                one = os.lstat(path)
                found[path] = (one.st_ino, one.st_mode, one.st_size, one.st_mtime_ns, one.st_ctime_ns)
    return found


@contextlib.contextmanager
def nothing_changes(node: Node) -> Iterator[None]:
    """Neither a file nor the kernel's state; and nobody asks the kernel for a change."""
    (node.directory / "strace").touch()
    node.arguments(node.directory / "config.yaml")
    is_heard = listening.is_possible()
    before = snapshot(), identities(), disk(node)
    with contextlib.ExitStack() as stack:
        messages = stack.enter_context(listening.heard()) if is_heard else []
        yield
    after = snapshot(), identities(), disk(node)
    assert after[:2] == before[:2]
    changed = {
        path for path in before[2].keys() | after[2].keys() if before[2].get(path) != after[2].get(path)
    }
    assert changed == {str(node.directory / "strace")}
    assert bool(messages) == is_heard
    assert [one for one in messages if is_change(one)] == []


def is_change(one: Message) -> bool:
    # The number of a namespace is told, to who asks for it, as if it were a notice.
    return (one.is_notice and one.type != RTM_NEWNSID) or (one.is_request and not one.only_asks)


def writes(calls: Sequence[Call]) -> List[str]:
    """Without a thread that goes into the namespaces of others to look what is there, and ends with that."""
    done = [one for one in calls if one.name != "setns" and "CLONE_THREAD" not in one.arguments]
    return tracing.writes(done, starts=0)


def looked(node: Node, lines: Sequence[Sequence[str]]) -> List[Run]:
    """What came of runs that write nothing."""
    with nothing_changes(node):
        found = list(tracing.all_traced(node.directory, lines))
    wrong = {" ".join(run.arguments): writes(calls) for run, calls in found if writes(calls)}
    assert wrong == {}
    return [run for run, _ in found]


def with_noop(node: Node, text: str) -> Sequence[str]:
    return node.arguments(node.directory / "config.yaml", "--noop", *words_of(node, text))


CASES = [case for cases in OPTIONS.values() for case in cases if "--probe-addresses" not in case.words]


def test_every_option_has_a_case() -> None:
    options = {max(action.option_strings, key=len) for action in parser()._actions}
    assert OPTIONS.keys() == options
    for name, cases in OPTIONS.items():
        assert all(name in case.words or name == "--noop" for case in cases)


def test_every_section_has_a_text() -> None:
    schema = json.loads((CHECKOUT / "schemas" / "network_config.schema.json").read_text(encoding="utf-8"))
    assert SECTIONS.keys() == schema["properties"].keys()


@pytest.mark.acceptance
def test_every_option_with_something_to_change(files: Node) -> None:
    runs = looked(files, [with_noop(files, case.words) for case in CASES])
    assert [(case.words, run.status) for case, run in zip(CASES, runs)] == [
        (case.words, case.something) for case in CASES
    ]


@pytest.mark.acceptance
def test_every_option_with_nothing_to_change(files: Node) -> None:
    applied(files)
    runs = looked(files, [with_noop(files, case.words) for case in CASES])
    assert [(case.words, run.status) for case, run in zip(CASES, runs)] == [
        (case.words, case.nothing) for case in CASES
    ]


@pytest.mark.acceptance
def test_every_section(files: Node) -> None:
    network, _ = SECTIONS["network_config"]
    lines = []
    for name, (text, options) in SECTIONS.items():
        config = files.file(f"{name}.yaml", text if text == network else network + text)
        lines.append(files.arguments(config, "--noop", *options))
    runs = looked(files, lines)
    assert [(name, run.status) for name, run in zip(SECTIONS, runs)] == [(name, 2) for name in SECTIONS], runs


@pytest.mark.acceptance
def test_every_command(files: Node) -> None:
    applied(files)
    lines = [words for cases in COMMANDS.values() for words in cases]
    place = ("--state-dir", str(files.directory / "state"))
    looked(files, [[*words_of(files, one), *(place if "check" not in one else ())] for one in lines])


@pytest.mark.acceptance
def test_probing_addresses_sends_arp_probes_and_nothing_else(files: Node) -> None:
    line = with_noop(files, "--arp-wait 0.3 --probe-addresses")
    with contextlib.ExitStack() as stack:
        frames = stack.enter_context(capturing.frames(files, *CABLES))
        questions = stack.enter_context(capturing.questions(files, *CABLES))
        stack.enter_context(nothing_changes(files))
        ((run, calls),) = tracing.all_traced(files.directory, [line])
    assert run.status == 2, run
    done = [one for one in writes(calls) if not SENDS_ARP.match(one)]
    assert done == []
    assert {(one.cable, one.sender, one.target) for one in questions} == {("sw1", "0.0.0.0", "192.0.2.10")}
    # What is set up says by itself who it is, by IPv6.
    others = [frame for _, frame in frames if frame[ETHERTYPE] not in (ETH_P_ARP, ETH_P_IPV6)]
    assert len(questions) == sum(frame[ETHERTYPE] == ETH_P_ARP for _, frame in frames) and not others


def applied(node: Node) -> None:
    run = node.apply(EVERYTHING)
    assert run.status == 2, run

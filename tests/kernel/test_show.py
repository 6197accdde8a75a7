"""``os-net-config show``: a file that changes nothing, of what configs and what hands have made."""

from __future__ import annotations

import contextlib
import os
import re
import shlex
import subprocess
import sys
import time
from pathlib import Path
from typing import Optional, Sequence

import pytest

from .support import program, tracing, warm
from .support.by_hand import Hand, drawn
from .support.dhcp import dhcp_server
from .support.node import Node, ip, made_node
from .support.observed import identities, observe
from .support.openvswitch import OpenVSwitch, open_vswitch
from .support.processes import processes_end
from .support.program import EXAMPLES, Run
from .support.site import config
from .test_examples import expected, expected_policy, observed, observed_policy

pytestmark = pytest.mark.acceptance


def places(node: Node) -> Sequence[str]:
    mapping = node.file("mapping.yaml", node.mapping)
    state = str(node.directory / "state")
    return ("-m", str(mapping), "--run-dir", str(node.run_directory), "--state-dir", state)


def shown(node: Node, *options: str) -> Run:
    run = warm.run("show", *places(node), *options)
    assert (run.status, run.errors) == (0, ""), run
    return run


def says(node: Node, *options: str) -> str:
    """What is shown, which changes nothing: neither of a new path, nor of the one that was applied."""
    text = shown(node, *options).output
    for name in ("shown.yaml", "config.yaml"):
        run = node.apply(text, "--noop", name=name)
        assert (run.status, run.output.partition("Ours by")[0]) == (
            0,
            "No change: the node is as the config says.\n",
        ), f"{run}\n{text}"
    assert "a run would" not in text
    return text


@pytest.mark.rotating
def test_what_an_example_makes(node: Node, needed_switch: Optional[OpenVSwitch], example: Path) -> None:
    """It is shown; and on another node that file makes what the example makes."""
    node.applied(example.read_text(encoding="utf-8"))
    before, links = observe(), identities()
    text = says(node)
    says(node, "--aliases")
    assert (observe(), identities()) == (before, links)
    unused = re.compile("# eno[1-4] is left out: it is down, and a run sets up what its file names")
    assert " left out" not in unused.sub("", text), text

    wanted, directory = expected(example), node.directory / "again"
    directory.mkdir()
    with contextlib.ExitStack() as stack:
        again = stack.enter_context(made_node(directory))
        if needed_switch is not None:
            stack.enter_context(open_vswitch(directory / "ovs"))
        again.applied(text)
        assert observed(wanted) == wanted, text
        assert observed_policy() == expected_policy(example)
        again.unchanged(text)


HAND = (
    "link set eno1 up",
    "address add 192.0.2.55/24 brd + dev eno1 valid_lft 900 preferred_lft 600",
    "address add 198.51.100.5/24 dev eno1",
    "route add default via 192.0.2.1 dev eno1 proto dhcp src 192.0.2.55",
    "route add 203.0.113.0/24 via 198.51.100.1 dev eno1",
    "route add 203.0.114.0/24 via 192.0.2.9 dev eno1",
    "address add 2001:db8:1::5/64 dev eno1 nodad",
    "rule add from 10.1.0.0/24 table 100 priority 1000",
)
SHOWN = """\
---
network_config:
- type: interface
  name: eno1
  addresses:
  # a DHCP client or a router brought it, for a time: a file would make it stay for good
  # - ip_netmask: 192.0.2.55/24
  - ip_netmask: 198.51.100.5/24
  # static IPv6 in a file makes settings of its link what they are not now (accept_ra 1→0, autoconf 1→0,
  # keep_addr_on_down 0→1): uncomment it, and a run changes these and nothing else
  # - ip_netmask: 2001:db8:1::5/64
  routes:
  # not by hand, but by a DHCP client, which looks after it
  # - default: true
  #   next_hop: 192.0.2.1
  #   route_options: src 192.0.2.55
  - ip_netmask: 203.0.113.0/24
    next_hop: 198.51.100.1
  # no address of eno1 reaches the next hop 192.0.2.9
  # - ip_netmask: 203.0.114.0/24
  #   next_hop: 192.0.2.9
  # rules:
  # by hand: said in a file it is made a second time, for it is known by who made it. Say it, and remove
  # the other one afterwards (ip rule del, with its priority)
  # - rule: from 10.1.0.0/24 table 100 priority 1000
"""


def test_what_others_brought_is_told_and_not_said(node: Node) -> None:
    ip(*HAND)
    text = says(node)
    left = "".join(
        f"# eno{number} is left out: it is down, and a run sets up what its file names\n"
        for number in (2, 3, 4)
    )
    told = re.sub("# [^#]* name servers [^#]*dns_servers\n", "", text)
    assert told.partition("---")[2] == f"{SHOWN}{left}".partition("---")[2]


def test_what_is_uncommented_changes_what_its_remark_says(node: Node) -> None:
    ip("link set eno1 up", "address add 2001:db8:1::5/64 dev eno1 nodad")
    text = says(node).replace("  # addresses:", "  addresses:").replace("  # - ip_net", "  - ip_net")
    run = node.apply(text, "--noop", "--format", "json")
    changed = {(one["resource"], one["link"], one["name"]) for one in run.json["changes"]}
    settings = ("accept_ra", "autoconf", "keep_addr_on_down")
    assert changed == {("sysctl", "eno1", setting) for setting in settings}


def test_a_route_in_a_vrf_is_no_route_of_the_node(node: Node) -> None:
    """One without a link stands with the first link that there is, of which its table is not said."""
    ip("link add vrf7 type vrf table 1007", "link set vrf7 up", "route add unreachable 10.99.0.0/16")
    ip("route add unreachable 10.98.0.0/16 table 1007")
    text = says(node)
    assert "- ip_netmask: 10.99.0.0/16\n    table: main\n" in text
    assert "- ip_netmask: 10.98.0.0/16\n    table: 1007\n" in text


def test_clients_of_ours_are_said_with_the_names_of_nics(node: Node) -> None:
    text = config("{type: interface, name: nic1, use_dhcp: true, defroute: false, persist_mapping: true}")
    with dhcp_server(node), processes_end():
        assert node.apply(text).status == 2
        told = says(node)
        assert (
            "- type: interface\n  name: nic1\n  persist_mapping: true\n  use_dhcp: true\n  defroute: false\n"
            in told
        )
        assert "192.0.2.1" not in told
        assert node.apply(config("{type: interface, name: nic1}")).status == 2
        assert "use_dhcp" not in says(node)


def test_looking_writes_nothing(node: Node) -> None:
    node.applied(EXAMPLES[0].read_text(encoding="utf-8"))
    run, calls = tracing.traced(node.directory, "show", *places(node))
    assert run.status == 0, run
    assert tracing.writes(calls) == []
    assert {one.type for one in tracing.requests(calls)} <= tracing.QUESTIONS
    assert run.output == shown(node).output


def test_without_root(node: Node) -> None:
    node.applied(EXAMPLES[0].read_text(encoding="utf-8"))
    wanted = shown(node)
    for directory in (node.directory, *node.directory.parents[:2]):
        directory.chmod(0o755)
    nobody = ("setpriv", "--reuid", "65534", "--clear-groups")
    done = subprocess.run(
        [*nobody, *program.COMMAND, "show", *places(node)],
        cwd=program.CHECKOUT,
        env={**os.environ, "HOME": "/", "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, wanted.output, "")


#: Another one is drawn each time, unless it is said.
SEED = int(os.environ.get("SEED") or time.time())


#: So that a name of its own does not have to be made for what is drawn with the number of ours.
NAMES = Path("/etc/iproute2/rt_protos.d/theirs.conf")


def carry_out(commands: Sequence[str], *options: str) -> str:
    """With one start of ip. What the kernel refuses is left undone, and told."""
    told = subprocess.run(
        ["ip", *options, "-force", "-batch", "-"],
        input="".join(f"{one}\n" for one in commands),
        text=True,
        capture_output=True,
        check=False,
    )
    return told.stderr


def set_up(hand: Hand, switch: Optional[OpenVSwitch]) -> str:
    NAMES.parent.mkdir(exist_ok=True)
    NAMES.write_text("111 theirs\n", encoding="ascii")
    told = carry_out(hand.ip) + carry_out(hand.ip6, "-6")
    for path, value in hand.sysctls:
        place = Path("/proc/sys/net", path)
        if place.exists():
            place.write_text(value, encoding="ascii")
    if switch is not None:
        for command in hand.switch:
            switch.vsctl(*shlex.split(command))
    return told + carry_out(hand.late)


@pytest.mark.rotating
@pytest.mark.parametrize("number", range(30))
def test_what_was_made_by_hand(node: Node, number: int) -> None:
    seed, with_switch = SEED + number, number % 3 == 0
    hand = drawn(seed, with_switch)
    sys.stdout.write(f"SEED={SEED}\n{hand}\n")
    with open_vswitch(node.directory / "ovs") if with_switch else contextlib.nullcontext() as switch:
        sys.stdout.write(set_up(hand, switch))
        before = observe(), identities()
        text = says(node)
        assert (observe(), identities()) == before
        if "SHOWN" in os.environ:
            Path(os.environ["SHOWN"], f"{number}.yaml").write_text(text)

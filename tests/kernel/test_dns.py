"""Name servers in resolv.conf, where nothing else looks after it. /etc is the lab's own."""

from __future__ import annotations

import socket
import subprocess
from pathlib import Path
from typing import Iterator

import pytest

from os_net_config.backends.rtnetlink import wire
from os_net_config.backends.rtnetlink.tell_again import tell_again

from .support.node import Node, ip
from .support.observed import observe
from .support.site import config
from .support.tracing import traced, writes
from .support.watching import wait_until_up

FILE = Path("/etc/resolv.conf")
OTHERS = b"# by hand\nnameserver 10.0.0.1\nsearch old.example\noptions rotate\nnameserver 10.0.0.2"


def nic(rest: str, number: int = 1) -> str:
    return f"{{type: interface, name: nic{number}, {rest}}}"


FIRST = config(
    nic("dns_servers: [192.0.2.53, '2001:db8::53'], domain: [Example.com.]"),
    nic("dns_servers: 192.0.2.54", 2),
)
SECOND = config(nic("dns_servers: 192.0.2.55"), nic("mtu: 1400", 2))
PLAIN = config(nic("mtu: 1500"), nic("mtu: 1500", 2))
OURS = b"nameserver 192.0.2.53\nnameserver 2001:db8::53\nnameserver 192.0.2.54\nsearch example.com\n"


@pytest.fixture(autouse=True)
def resolv_conf(node: Node) -> Iterator[None]:
    """One of somebody's; the node is left with the one that there was."""
    FILE.unlink(missing_ok=True)
    FILE.write_bytes(OTHERS)
    yield
    subprocess.run(["umount", str(FILE)], check=False, capture_output=True)


def test_they_come_change_and_go(node: Node) -> None:
    node.applied(PLAIN)
    node.applied(FIRST)
    assert OURS in FILE.read_bytes()
    assert b"\noptions rotate\n" in FILE.read_bytes()
    node.unchanged(FIRST)
    node.applied(SECOND)
    assert b"\nnameserver 192.0.2.55\n" in FILE.read_bytes()
    assert b"\nsearch old.example\n" in FILE.read_bytes()
    node.unchanged(SECOND)
    node.applied(PLAIN)
    assert FILE.read_bytes() == OTHERS
    node.unchanged(PLAIN)


def test_a_run_without_change_writes_nothing(node: Node) -> None:
    node.applied(FIRST)
    before = FILE.stat()
    run, calls = traced(node.directory, *node.arguments(node.file("config.yaml", FIRST)))
    assert run.status == 0, run
    assert writes(calls) == []
    after = FILE.stat()
    assert (after.st_ino, after.st_ctime_ns) == (before.st_ino, before.st_ctime_ns)


def test_noop_only_tells(node: Node) -> None:
    run = node.apply(FIRST, "--noop")
    assert "  + dns      servers 192.0.2.53 2001:db8::53 192.0.2.54\n" in run.output
    assert "  + dns      domains example.com\n" in run.output
    assert FILE.read_bytes() == OTHERS


@pytest.mark.parametrize("before", [PLAIN, SECOND])
def test_a_failed_run_takes_them_back(node: Node, before: str) -> None:
    node.applied(before)
    there = FILE.read_bytes()
    run = node.apply(FIRST, "--probe-required", "ping:203.0.113.1,deadline=1")
    assert run.status == 4, run
    assert FILE.read_bytes() == there
    node.unchanged(before)


def test_what_outlives_a_boot_is_still_ours(node: Node) -> None:
    node.applied(FIRST)
    for record in node.run_directory.glob("record-*.json"):
        record.unlink()
    node.applied(PLAIN)
    assert FILE.read_bytes() == OTHERS


def test_another_program_writes_the_file_anew(node: Node) -> None:
    """As a DHCP client does."""
    node.applied(FIRST)
    FILE.write_bytes(b"nameserver 10.9.9.9\n")
    node.applied(FIRST)
    assert OURS in FILE.read_bytes()
    node.applied(PLAIN)
    assert FILE.read_bytes() == b"nameserver 10.9.9.9\n"


def test_what_the_file_says_already_stays_another_s(node: Node) -> None:
    FILE.write_bytes(b"nameserver 192.0.2.55\n")
    node.applied(PLAIN)
    node.applied(config(nic("dns_servers: 192.0.2.55"), nic("mtu: 1400", 2)))
    assert FILE.read_bytes() == b"nameserver 192.0.2.55\n"


def test_the_target_of_a_link_is_written(node: Node) -> None:
    target = node.directory / "real.conf"
    target.write_bytes(OTHERS)
    FILE.unlink()
    FILE.symlink_to(target)
    node.applied(FIRST)
    assert FILE.is_symlink()
    assert OURS in target.read_bytes()
    node.applied(PLAIN)
    assert target.read_bytes() == OTHERS


def test_a_file_that_was_not_there_goes_again(node: Node) -> None:
    FILE.unlink()
    node.applied(FIRST)
    assert OURS in FILE.read_bytes()
    node.applied(PLAIN)
    assert not FILE.exists()


def test_a_mounted_file_is_written_in_place(node: Node) -> None:
    """As a container has it: nothing can take its place."""
    outside = node.directory / "outside.conf"
    outside.write_bytes(OTHERS)
    subprocess.run(["mount", "--bind", str(outside), str(FILE)], check=True)
    node.applied(FIRST)
    assert OURS in outside.read_bytes()
    node.unchanged(FIRST)
    node.applied(PLAIN)
    assert outside.read_bytes() == OTHERS


def test_a_file_that_is_read_only_is_told_of_before_anything_is_touched(node: Node) -> None:
    node.applied(PLAIN)
    subprocess.run(["mount", "--bind", str(FILE), str(FILE)], check=True)
    subprocess.run(["mount", "-o", "remount,bind,ro", str(FILE)], check=True)
    run = node.apply(FIRST)
    message = "network_config[0].dns_servers: /etc/resolv.conf cannot be written: "
    assert f"{message}the file system of /etc/resolv.conf is mounted read-only" in run.errors
    assert run.status == 1
    node.unchanged(PLAIN)


def test_more_than_three_are_told_of(node: Node) -> None:
    servers = "[192.0.2.1, 192.0.2.2, 192.0.2.3, 192.0.2.4]"
    run = node.apply(config(nic(f"dns_servers: {servers}")))
    assert run.status == 2
    told = "192.0.2.4 is not used: the resolver asks 3 name servers, 192.0.2.1, 192.0.2.2, 192.0.2.3"
    assert told in run.errors


def test_another_root_has_none(node: Node) -> None:
    """What a boot there applies is not written to an image."""
    root = node.directory / "root"
    (root / "etc").mkdir(parents=True)
    run = node.apply(FIRST, "--root-dir", str(root))
    assert run.status in {0, 1, 2}, run
    assert not (root / "etc/resolv.conf").exists()
    assert FILE.read_bytes() == OTHERS


def test_the_kernel_can_be_made_to_tell_of_a_link_again(node: Node) -> None:
    """For systemd-resolved, which loses some of what it is told of many links at once."""
    ip("link set eno1 up")
    wait_until_up("eno1")
    before, index = observe(), socket.if_nametoindex("eno1")
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, wire.NETLINK_ROUTE) as listener:
        listener.bind((0, wire.RTMGRP_LINK))
        listener.settimeout(5)
        tell_again(index)
        message = listener.recv(65536)
    assert wire.NLMSGHDR.unpack_from(message)[1] == wire.RTM_NEWLINK
    assert wire.IFINFOMSG.unpack_from(message, wire.NLMSGHDR.size)[2] == index
    assert observe() == before

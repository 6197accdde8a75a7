"""The lab's kernel has what the other tests build on, and what they write stays in the lab."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from typing import Iterator, List

import pytest

KINDS = {
    "bond": ["type", "bond", "mode", "active-backup", "miimon", "100"],
    "vlan": ["link", "lab-port", "type", "vlan", "id", "20"],
    "bridge": ["type", "bridge", "vlan_filtering", "1"],
    "dummy": ["type", "dummy"],
    "veth": ["type", "veth", "peer", "name", "lab-peer"],
    "nlmon": ["type", "nlmon"],
}
WRITTEN_BY_CONFIGURATORS = ("/etc/iproute2", "/etc/sysctl.d", "/run", "/var/lib")
IN_MEMORY = {"overlay", "tmpfs"}


def ip(*arguments: str) -> str:
    """What iproute2's ip prints."""
    return subprocess.run(["ip", *arguments], check=True, stdout=subprocess.PIPE, text=True).stdout


@pytest.fixture(name="namespace")
def own_namespace() -> Iterator[str]:
    """A network namespace for one test."""
    name = "lab-test"
    ip("netns", "add", name)
    ip("-netns", name, "link", "add", "name", "lab-port", "type", "veth", "peer", "name", "lab-port-peer")
    yield name
    ip("netns", "delete", name)


def file_system_of(path: Path) -> str:
    """The type of the file system that a path is on."""
    mounts: List[List[str]] = [line.split() for line in Path("/proc/self/mountinfo").read_text().splitlines()]
    kinds = {Path(mount[4]): mount[mount.index("-") + 1] for mount in mounts}
    resolved = path.resolve()
    return next(kinds[at] for at in (resolved, *resolved.parents) if at in kinds)


@pytest.mark.parametrize("kind", KINDS)
def test_kind_of_link_exists(namespace: str, kind: str) -> None:
    ip("-netns", namespace, "link", "add", "name", "lab-link", *KINDS[kind])
    assert f" {kind} " in ip("-netns", namespace, "-details", "link", "show", "lab-link")


def test_loopback_is_up_and_has_both_families() -> None:
    shown = ip("address", "show", "lo")
    assert "inet 127.0.0.1/8" in shown
    assert "inet6 ::1/128" in shown


def test_sys_shows_our_own_links(namespace: str) -> None:
    links = {line.split(": ")[1] for line in ip("-oneline", "link").splitlines()}
    assert set(os.listdir("/sys/class/net")) - {"bonding_masters"} <= {link.split("@")[0] for link in links}


@pytest.mark.parametrize("path", WRITTEN_BY_CONFIGURATORS)
def test_files_are_the_labs_own(path: str) -> None:
    assert file_system_of(Path(path)) in IN_MEMORY


def test_we_are_root() -> None:
    assert os.geteuid() == 0

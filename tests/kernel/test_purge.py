"""``--purge-provider``: files of other programs go in the same transaction, and come back with it."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import Dict, Iterator, Tuple

import pytest

from .support.namespace import own_copy
from .support.node import Node
from .support.observed import identities, observe
from .support.program import NO_CHANGE

SCRIPTS = Path("/etc/sysconfig/network-scripts")
PROFILES = Path("/etc/NetworkManager/system-connections")
NETWORK = Path("/etc/network")
CONFIG = "network_config:\n- {type: interface, name: nic1, mtu: 1400}\n"
#: What cannot be done where the kernel has no IPv6 on the NIC.
FAILING = CONFIG + "- {type: interface, name: nic4, addresses: [{ip_netmask: 2001:db8:4::10/64}]}\n"

FILES = {
    SCRIPTS / "ifcfg-eno1": (0o640, b"DEVICE=eno1\nUUID=1\n"),
    SCRIPTS / "route-eno1": (0o644, b"\xff"),
    SCRIPTS / "ifcfg-eno2": (0o644, b"DEVICE=eno2\n"),
    PROFILES / "a.nmconnection": (0o600, b"[connection]\ninterface-name=eno1\n"),
    PROFILES / "b.nmconnection": (0o600, b"[connection]\ninterface-name=eno2\n"),
    NETWORK / "interfaces": (0o644, b"auto lo eno1\niface lo inet loopback\niface eno1 inet dhcp\n"),
    NETWORK / "interfaces.d" / "eno1": (0o644, b"iface eno1 inet6 auto\n"),
}
GOES = {
    "ifcfg": {"ifcfg-eno1", "route-eno1"},
    "nmstate": {"ifcfg-eno1", "route-eno1", "a.nmconnection"},
    "eni": {"eno1"},
}
LEFT = b"auto lo\niface lo inet loopback\n"

Found = Dict[Path, Tuple[int, bytes]]


@pytest.fixture(autouse=True)
def written(node: Node) -> Iterator[None]:
    with contextlib.ExitStack() as stack:
        for number, directory in enumerate((SCRIPTS, PROFILES, NETWORK)):
            stack.enter_context(own_copy(str(directory), node.directory / f"etc-{number}"))
        for path, (mode, content) in FILES.items():
            path.parent.mkdir(exist_ok=True)
            path.write_bytes(content)
            path.chmod(mode)
        yield


def found() -> Found:
    files = (one for top in (SCRIPTS, PROFILES, NETWORK) for one in top.rglob("*") if one.is_file())
    return {one: (one.stat().st_mode & 0o7777, one.read_bytes()) for one in files}


@pytest.mark.parametrize("provider", GOES)
def test_its_files_go_with_a_copy(node: Node, provider: str) -> None:
    before = found()
    node.applied(CONFIG, "--purge-provider", provider)
    after = found()
    assert {path.name for path in before.keys() - after.keys()} == GOES[provider]
    changed = {path: one for path, one in after.items() if before[path] != one}
    assert changed == ({NETWORK / "interfaces": (0o644, LEFT)} if provider == "eni" else {})
    (copies,) = (node.directory / "state" / "purged").iterdir()
    kept = {Path("/") / one.relative_to(copies): one for one in copies.rglob("*") if one.is_file()}
    assert {path: before[path] for path in kept} == {
        path: (one.stat().st_mode & 0o7777, one.read_bytes()) for path, one in kept.items()
    }
    assert kept.keys() == (before.keys() - after.keys()) | changed.keys()
    again = node.apply(CONFIG, "--purge-provider", provider)
    assert (again.status, again.output) == (0, NO_CHANGE), again


@pytest.mark.parametrize("provider", GOES)
def test_noop_changes_nothing(node: Node, provider: str) -> None:
    before = found(), observe(), identities()
    run = node.apply(CONFIG, "--purge-provider", provider, "--noop")
    assert run.status == 2, run
    for name in GOES[provider]:
        assert f"{name}  --purge-provider {provider}\n  - file " in run.output, run
    assert (found(), observe(), identities()) == before
    assert not node.run_directory.exists()
    assert not (node.directory / "state").exists()


@pytest.mark.parametrize("provider", GOES)
def test_a_failed_run_puts_the_files_back(node: Node, provider: str) -> None:
    Path("/proc/sys/net/ipv6/conf/eno4/disable_ipv6").write_text("1", encoding="ascii")
    before = found(), observe()
    run = node.apply(FAILING, "--purge-provider", provider)
    assert run.status == 4, run
    assert "the node is as it was, verified" in run.errors, run
    assert (found(), observe()) == before
    assert not (node.directory / "state" / "purged").exists()


def test_a_removal_that_fails_takes_all_back(node: Node) -> None:
    """Where no copy can be kept nothing is removed."""
    before = found(), observe()
    (node.directory / "state").mkdir()
    (node.directory / "state" / "purged").write_text("in the way", encoding="ascii")
    run = node.apply(CONFIG, "--purge-provider", "ifcfg")
    assert run.status == 64, run
    assert "state/purged" in run.errors, run
    assert (found(), observe()) == before


def test_iproute_has_nothing_on_disk(node: Node) -> None:
    run = node.apply(CONFIG, "--purge-provider", "iproute")
    assert (run.status, "leaves nothing on disk" in run.errors) == (2, True), run

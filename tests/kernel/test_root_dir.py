"""``--root-dir``: a directory stands for / of every file, and nothing outside it changes."""

from __future__ import annotations

from pathlib import Path
from typing import Dict, Tuple

import pytest

from .support import warm
from .support.node import Node, ip
from .support.observed import identities, observe
from .support.program import NO_CHANGE, Run

CONFIG = """\
network_config:
- {type: route_table, name: storage, table_id: 200}
- {type: interface, name: nic1, mtu: 1400, addresses: [{ip_netmask: 192.0.2.1/24}]}
remove_config:
- {remove_type: linux_bridge, remove_name: br9}
"""
SCRIPT = "etc/sysconfig/network-scripts/ifcfg-eno1"
LABELS = {
    "etc/iproute2/group",
    "etc/iproute2/rt_protos.d/os-net-config.conf",
    "etc/iproute2/rt_tables.d/os-net-config.conf",
}
#: Where a run has its own files, and those of others that it may write.
OUTSIDE = ("/etc", "/run", "/var/lib")

Files = Dict[str, Tuple[int, int, int]]


def files(*directories: str) -> Files:
    """All files with size and times: also one that is written as it was is seen."""
    found = (path for one in directories for path in Path(one).rglob("*") if path.is_file())
    about = {str(one): one.stat() for one in found}
    return {name: (one.st_ino, one.st_mtime_ns, one.st_size) for name, one in about.items()}


@pytest.fixture
def image(node: Node) -> Path:
    made = node.directory / "image"
    (made / SCRIPT).parent.mkdir(parents=True)
    (made / SCRIPT).write_text("DEVICE=eno1\n", encoding="ascii")
    (made / "config.yaml").write_text(CONFIG, encoding="utf-8")
    ip("link add br9 type bridge")
    return made


def run(node: Node, image: Path, *options: str) -> Run:
    """With the places that a user's run has."""
    more = ("--remove-config", "--cleanup", "--purge-provider", "ifcfg", "--detailed-exit-codes", *options)
    mapping = node.file("mapping.yaml", node.mapping)
    return warm.run("-c", "/config.yaml", "-m", str(mapping), "--root-dir", str(image), *more)


def inside(image: Path) -> Dict[str, str]:
    found = (one for one in image.rglob("*") if one.is_file())
    return {str(one.relative_to(image)): one.read_text(encoding="utf-8") for one in found}


def test_files_are_written_below_it_and_nothing_else_is(node: Node, image: Path) -> None:
    before = observe(), identities(), files(*OUTSIDE)
    done = run(node, image)
    assert (done.status, done.errors) == (2, ""), done
    assert (observe(), identities(), files(*OUTSIDE)) == before
    left = inside(image)
    assert SCRIPT not in left
    assert left.keys() >= LABELS
    assert "200\tstorage" in left["etc/iproute2/rt_tables.d/os-net-config.conf"]
    (copy,) = (name for name in left if name.startswith("var/lib/os-net-config/purged/"))
    assert copy.endswith(SCRIPT)
    again = run(node, image)
    assert (again.status, again.output) == (0, NO_CHANGE), again


def test_a_dry_run_writes_nothing_below_it_either(node: Node, image: Path) -> None:
    before = observe(), identities(), files(*OUTSIDE, str(image))
    done = run(node, image, "--noop")
    assert "ifcfg-eno1  --purge-provider ifcfg\n  - file " in done.output, done
    assert "link" not in done.output, done
    assert (observe(), identities(), files(*OUTSIDE, str(image))) == before

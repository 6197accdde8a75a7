"""Files of other programs: removed with a copy, put back as they were, and never by a symbolic link."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import Dict, List, Tuple

import pytest

from os_net_config.backends.leftovers import Leftovers
from os_net_config.backends.protocol import ExecuteError
from os_net_config.state.diff import Change
from os_net_config.state.leftovers import PLACES
from os_net_config.state.model import FileKey

SCRIPTS = "etc/sysconfig/network-scripts"
KEY = FileKey(f"/{SCRIPTS}/ifcfg-eth0")
#: Not UTF-8, and without an end.
TEXT = b"DEVICE=eth0\nX=\xff"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    made = tmp_path / "root"
    (made / SCRIPTS).mkdir(parents=True)
    file = made / SCRIPTS / "ifcfg-eth0"
    file.write_bytes(TEXT)
    file.chmod(0o640)
    return made


def files(directory: Path) -> Dict[str, Tuple[int, bytes]]:
    found = {str(one.relative_to(directory)): one for one in directory.rglob("*") if not one.is_dir()}
    return {name: (stat.S_IMODE(one.stat().st_mode), one.read_bytes()) for name, one in found.items()}


def backend(root: Path) -> Leftovers:
    return Leftovers(PLACES["ifcfg"], str(root), str(root / "state"))


def removal(leftovers: Leftovers) -> Change:
    return Change(KEY, leftovers.observe()[KEY].values, None)


def test_what_is_there(root: Path) -> None:
    (root / SCRIPTS / "ifup-eth").write_text("")
    (one,) = backend(root).observe().values()
    assert one.key == KEY
    assert one.values == {"content": TEXT, "mode": 0o640, "uid": os.getuid(), "gid": os.getgid()}


def test_where_there_is_no_such_directory(tmp_path: Path) -> None:
    assert backend(tmp_path).observe() == {}


def test_removed_with_a_copy_and_put_back(root: Path) -> None:
    before, leftovers = files(root), backend(root)
    step = removal(leftovers)
    leftovers.execute([step])
    (copy,) = files(root).items()
    assert copy[0].startswith("state/purged/2")
    assert copy[0].endswith(f"/{KEY.path.lstrip('/')}")
    assert copy[1] == (0o640, TEXT)
    leftovers.execute([step.inverse])
    assert files(root) == before
    assert not (root / "state" / "purged").exists()


def test_rewritten_and_put_back(root: Path) -> None:
    before, leftovers = files(root), backend(root)
    step = Change(KEY, {"content": TEXT}, {"content": b"less"})
    leftovers.execute([step])
    assert files(root)[KEY.path.lstrip("/")] == (0o640, b"less")
    leftovers.execute([step.inverse])
    assert files(root) == before


def test_what_a_run_that_died_was_writing_goes(root: Path) -> None:
    before = files(root)
    (root / SCRIPTS / ".ifcfg-eth0.new").write_bytes(TEXT[:4])
    other = root / SCRIPTS / ".ifcfg-eth1.new"
    other.write_bytes(b"of somebody else")
    backend(root).tidy([KEY, FileKey("/etc/network/interfaces")])
    assert other.read_bytes() == b"of somebody else"
    other.unlink()
    assert files(root) == before


def test_a_step_that_fails_says_where(root: Path) -> None:
    leftovers = backend(root)
    step = removal(leftovers)
    (root / SCRIPTS / "ifcfg-eth0").unlink()
    with pytest.raises(ExecuteError) as error:
        leftovers.execute([step])
    assert error.value.step == step
    assert "ifcfg-eth0: No such file or directory" in error.value.reason


def links() -> List[str]:
    return ["etc", "etc/sysconfig", SCRIPTS, f"{SCRIPTS}/ifcfg-eth0"]


@pytest.mark.parametrize("name", links())
def test_no_symbolic_link_is_followed(root: Path, tmp_path: Path, name: str) -> None:
    """Not out of an image to the node that it is made on."""
    outside = tmp_path / "outside"
    (root / name).rename(outside)
    (root / name).symlink_to(outside)
    assert backend(root).observe() == {}


def test_nothing_is_tidied_by_way_of_a_link(root: Path, tmp_path: Path) -> None:
    (root / SCRIPTS).rename(tmp_path / "outside")
    (root / SCRIPTS).symlink_to(tmp_path / "outside")
    between = tmp_path / "outside" / ".ifcfg-eth0.new"
    between.write_bytes(TEXT)
    backend(root).tidy([KEY])
    assert between.exists()


def test_a_link_that_comes_later_is_not_followed_either(root: Path, tmp_path: Path) -> None:
    leftovers = backend(root)
    step = removal(leftovers)
    (root / SCRIPTS).rename(tmp_path / "outside")
    (root / SCRIPTS).symlink_to(tmp_path / "outside")
    with pytest.raises(ExecuteError):
        leftovers.execute([step])
    assert (tmp_path / "outside" / "ifcfg-eth0").exists()

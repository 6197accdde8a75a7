"""What a user installs has everything that the checkout has."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[2]
PACKAGE = CHECKOUT / "os_net_config"


def in_the_checkout() -> set[str]:
    found = set()
    for directory, _, names in os.walk(PACKAGE, followlinks=True):
        for name in names:
            if name.endswith((".py", ".json", "py.typed", "-script")):
                found.add(str(Path(directory, name).relative_to(CHECKOUT)))
    return found


def test_the_wheel_is_complete(tmp_path: Path) -> None:
    command = [
        sys.executable,
        "-m",
        "pip",
        "wheel",
        "--quiet",
        "--no-deps",
        "--wheel-dir",
        str(tmp_path),
        str(CHECKOUT),
    ]
    subprocess.run(command, check=True)
    (wheel,) = tmp_path.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        packed = {name for name in archive.namelist() if name.startswith("os_net_config/")}
        scripts = [one for one in archive.infolist() if one.filename.endswith("-script")]
    assert packed == in_the_checkout()
    # dhclient runs it itself.
    assert [one.external_attr >> 16 & 0o111 for one in scripts] == [0o111]

"""Settings of links that only files below /proc/sys take: IPv6's."""

from __future__ import annotations

import contextlib
import os
from typing import Dict, Sequence

from ..state.diff import Change
from ..state.model import Key, Resource, SysctlKey
from ..state.sysctl import DEFAULT, SETTINGS
from .protocol import ExecuteError

DIRECTORY = "/proc/sys/net"


def path_of(key: SysctlKey, directory: str = DIRECTORY) -> str:
    """Of the setting in this network namespace. A link's name has no slash (dev_valid_name)."""
    return os.path.join(directory, f"ipv{key.family}", "conf", key.link, key.name)


def defaults(directory: str = DIRECTORY) -> Dict[Key, Resource]:
    """What a new link has. Where there is no IPv6 there is nothing."""
    found: Dict[Key, Resource] = {}
    for name in SETTINGS[6]:
        key = SysctlKey(DEFAULT, 6, name)
        with contextlib.suppress(OSError), open(path_of(key, directory), encoding="ascii") as file:
            found[key] = Resource(key, {"value": int(file.read())})
    return found


def execute(steps: Sequence[Change], directory: str = DIRECTORY) -> None:
    """Write each value. Raises ExecuteError."""
    for number, step in enumerate(steps):
        assert isinstance(step.key, SysctlKey) and step.after is not None, step
        path = path_of(step.key, directory)
        try:
            with open(path, "w", encoding="ascii") as file:
                file.write(str(step.after["value"]))
        except OSError as error:
            reason = f"{path}: {error.strerror}"
            raise ExecuteError.at(number, steps, reason) from error

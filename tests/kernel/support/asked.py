"""What ``ip -j -d`` answers, and what our backend reads and writes in this process."""

from __future__ import annotations

import json
import subprocess
from typing import Any, Dict, FrozenSet, List, Optional

from os_net_config.backends.rtnetlink import RtnetlinkBackend
from os_net_config.state.diff import Change
from os_net_config.state.model import Key, State
from os_net_config.state.values import Values


def shown(*words: str) -> List[Dict[str, Any]]:
    """The entries that a command of ip's prints."""
    done = subprocess.run(["ip", "-j", "-d", *words], stdout=subprocess.PIPE, text=True, check=True)
    found = json.loads(done.stdout or "[]")
    assert isinstance(found, list)
    return found


def tell(family: int, command: str) -> None:
    """Of a family that the words do not say."""
    subprocess.run(["ip", f"-{family}", *command.split()], check=True)


def read(protocols: Optional[FrozenSet[int]] = None) -> State:
    with RtnetlinkBackend() as backend:
        return backend.observe(protocols)


def values_of(key: Key) -> Optional[Values]:
    """What is read of it; None where it is not there."""
    resource = read().get(key)
    return resource.values if resource else None


def write(*steps: Change) -> None:
    """Raises ExecuteError."""
    with RtnetlinkBackend() as backend:
        backend.execute(steps)


def make(key: Key, values: Values) -> None:
    write(Change(key, None, values))


def remove(key: Key) -> None:
    """With all that is read of it, as a plan does."""
    write(Change(key, values_of(key), None))

"""Processes of ours that a test starts: DHCP clients, teamd."""

from __future__ import annotations

import contextlib
from typing import Iterator

from os_net_config.backends.processes import Processes
from os_net_config.state.diff import Change
from os_net_config.state.model import ProcessKey
from os_net_config.state.process import OWNER

#: Seconds for what they do.
PATIENCE = 30
#: That of a probe which never works.
FAILS = ("--probe-required", "command:false,deadline=1")


@contextlib.contextmanager
def processes_end() -> Iterator[None]:
    """None of them is left behind."""
    processes = Processes()
    try:
        yield
    finally:
        for key, one in processes.observe().items():
            if isinstance(key, ProcessKey) and OWNER not in one.values:
                processes.execute([Change(key, one.values, None)])

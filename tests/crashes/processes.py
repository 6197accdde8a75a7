"""The programs that run for links of a node, as /proc tells, and their end."""

from __future__ import annotations

import contextlib
import os
import re
import select
import signal
from pathlib import Path
from typing import Any, Dict, Iterator, List

DIRECTORY = Path("/run/os-net-config/processes")
#: What each shows as its command line: dhcpcd the link and what it asks for, teamd and the supervisors their
#: arguments. Other processes of dhcpcd come and go with these.
_TITLES = re.compile(r"dhcpcd: \S+ \[ip4\]|\S*teamd .*|.*/supervisor\.py .*")
#: Each trial has another one.
_NAMESPACE = re.compile(r'"namespace": \d+, ')
#: Seconds until one that is killed has ended.
_PATIENCE = 20


def read() -> Dict[str, Any]:
    """The titles of those that run, and what their files say."""
    return {
        "processes": sorted(title for title in map(_title, _here()) if _TITLES.fullmatch(title)),
        "process files": {
            str(path.relative_to(DIRECTORY)): _NAMESPACE.sub("", path.read_text(encoding="utf-8"))
            for path in sorted(DIRECTORY.rglob("*"))
            # The numbers of processes and a client's memory.
            if path.suffix in {".json", ".conf"}
        },
    }


@contextlib.contextmanager
def ended() -> Iterator[None]:
    """Whatever was started in this namespace meanwhile goes."""
    before = set(_here())
    try:
        yield
    finally:
        while left := [one for one in _here() if one not in before and one != os.getpid()]:
            _kill(left)


def _kill(numbers: List[int]) -> None:
    watched = []
    for number in numbers:
        with contextlib.suppress(ProcessLookupError):
            watched.append(os.pidfd_open(number))
            os.kill(number, signal.SIGKILL)
    for descriptor in watched:
        assert select.select([descriptor], [], [], _PATIENCE)[0], "a process does not end"
        os.close(descriptor)


def _here() -> List[int]:
    """The processes in our network namespace."""
    found = []
    for path in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if os.path.samefile(path / "ns/net", "/proc/self/ns/net"):
                found.append(int(path.name))
    return found


def _title(number: int) -> str:
    try:
        return Path(f"/proc/{number}/cmdline").read_bytes().decode().replace("\0", " ").strip()
    except OSError:
        return ""

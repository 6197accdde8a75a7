"""Open vSwitch on a node of the matrix: started with it, told what is there before, read by ovs-vsctl.

Its programs are started by a small process, as ip is: see there. A node has a network namespace of its own,
which ovs-vswitchd stays in, so that it is started for each.
"""

from __future__ import annotations

import contextlib
import os
import shlex
import shutil
import socket
from pathlib import Path
from typing import Any, Dict, Iterator, List, Mapping, Optional, Sequence

from tests.independence.ip import Ip
from tests.kernel.support.openvswitch import OpenVSwitch, configured

#: Where it is by default; each node has a directory of its own there.
DIRECTORY = Path("/run/openvswitch")
_VARIABLES = " ".join(f"OVS_{name}DIR={DIRECTORY}" for name in ("RUN", "DB", "LOG"))
#: What begins the names of what others have, which stays whatever happens: the same row, and the same link.
THEIRS = "theirs"


class Switch:
    """Both daemons, on the node that this process is in."""

    def __init__(self, ip: Ip) -> None:
        self._ip = ip
        self.daemons = OpenVSwitch(DIRECTORY, self._run)

    def _run(self, *words: str) -> str:
        there = f"nsenter --net=/proc/{os.getpid()}/ns/net env {_VARIABLES}"
        errors = DIRECTORY / "errors"
        try:
            return "".join(self._ip.run(f"{there} {shlex.join(words)} </dev/null 2>{errors}")[:-1])
        except OSError as error:
            raise OSError(f"{error}: {errors.read_text(encoding='utf-8')}") from error

    def do(self, commands: Sequence[str]) -> None:
        """Commands of ovs-vsctl, in one transaction."""
        if commands:
            self.daemons.vsctl(*" -- ".join(commands).split())

    def catch_up(self) -> None:
        """Wait until ovs-vswitchd has seen all that there is."""
        number = self.daemons.vsctl("get", "open", ".", "next_cfg").strip()
        self.daemons.vsctl("wait-until", "open", ".", f"cur_cfg={number}")

    def reading(self) -> Dict[str, Any]:
        """All rows that configure, by table and name; and which rows and links those of others are."""
        tables = self.daemons.all_rows()
        rows = {" ".join(key): value for key, value in configured(tables).items()}
        return {"rows": rows, "theirs": {**_rows_of_others(tables), **_links_of_others()}}


def _rows_of_others(tables: Mapping[str, List[Dict[str, Any]]]) -> Mapping[str, Any]:
    return {
        f"{table} {one['name']}": one["_uuid"]
        for table, several in tables.items()
        for one in several
        if _is_theirs(one.get("name"))
    }


def _links_of_others() -> Mapping[str, Any]:
    return {f"link {name}": number for number, name in socket.if_nameindex() if _is_theirs(name)}


def _is_theirs(name: Optional[str]) -> bool:
    return name is not None and name.startswith(THEIRS)


class Switches:
    """Makes them, from one database that is made once."""

    def __init__(self, ip: Ip, empty: Path) -> None:
        self._ip = ip
        self._empty = empty

    @contextlib.contextmanager
    def fresh(self) -> Iterator[Switch]:
        """One that knows of nothing, on this node; gone in the end with all that it has made."""
        switch = Switch(self._ip)
        daemons = switch.daemons
        DIRECTORY.mkdir()
        try:
            self._start(daemons)
            daemons.start_daemon()
            yield switch
        finally:
            for name in ("ovs-vswitchd", "ovsdb-server"):
                daemons.end(name)

    def _start(self, daemons: OpenVSwitch) -> None:
        if self._empty.exists():
            shutil.copy(self._empty, daemons.database)
        daemons.start_server()
        if not self._empty.exists():
            daemons.vsctl("--no-wait", "init")
            shutil.copy(daemons.database, self._empty)

"""A real Open vSwitch: ovsdb-server and ovs-vswitchd in the namespace that this process is in."""

from __future__ import annotations

import contextlib
import functools
import json
import os
import select
import signal
import subprocess
import tempfile
from pathlib import Path
from typing import Any, Callable, Dict, Iterator, List, Mapping, Optional, Tuple

from os_net_config.state import row

SCHEMA = Path("/usr/share/openvswitch/vswitch.ovsschema")
#: Where all programs of Open vSwitch look for each other.
_VARIABLES = ("OVS_RUNDIR", "OVS_DBDIR", "OVS_LOGDIR", "OVS_SYSCONFDIR")
#: Seconds for a daemon to come and to go.
_PATIENCE = 30
_TABLES = (*row.TABLES, "QoS")
#: What ovs-vswitchd tells of what it has made, and what differs whenever it is made anew.
_TOLD = frozenset(
    {
        *("_uuid", "cur_cfg", "next_cfg", "statistics", "status", "datapath_id", "ofport", "ifindex", "mtu"),
        *("link_resets", "link_state", "link_speed", "admin_state", "duplex", "mac_in_use", "error"),
        *("datapath_types", "datapath_version", "dpdk_initialized", "dpdk_version", "iface_types"),
        *(
            "is_connected",
            "role",
            "rstp_statistics",
            "rstp_status",
            "bond_active_slave",
            "cfm_remote_mpids",
            "lacp_current",
        ),
    }
)


class OpenVSwitch:
    """Its files are in ``directory``, which OVS_RUNDIR says while it runs.

    ``run`` carries out a command, and returns what it prints.
    """

    def __init__(self, directory: Path, run: Optional[Callable[..., str]] = None) -> None:
        self.directory = directory
        self.run = run or _run
        self._running: Dict[str, int] = {}

    @property
    def socket(self) -> str:
        return str(self.directory / "db.sock")

    @property
    def database(self) -> Path:
        return self.directory / "conf.db"

    def start_server(self, schema: Path = SCHEMA) -> None:
        if not self.database.exists():
            self.run("ovsdb-tool", "create", str(self.database), str(schema))
        self.run(
            "ovsdb-server",
            *self._options("ovsdb-server"),
            f"--remote=punix:{self.socket}",
            str(self.database),
        )
        self._running["ovsdb-server"] = self._pid("ovsdb-server")

    def start_daemon(self) -> None:
        self.run("ovs-vswitchd", *self._options("ovs-vswitchd"), f"unix:{self.socket}")
        self._running["ovs-vswitchd"] = self._pid("ovs-vswitchd")

    def _options(self, name: str) -> List[str]:
        return [
            "--detach",
            "--no-chdir",
            f"--pidfile={self.directory}/{name}.pid",
            "--log-file",
            "-vconsole:off",
        ]

    def _pid(self, name: str) -> int:
        return int((self.directory / f"{name}.pid").read_text(encoding="ascii"))

    def send(self, name: str, number: signal.Signals) -> None:
        """A signal to one of the daemons."""
        os.kill(self._running[name], number)

    def kill(self, name: str) -> None:
        """End a daemon without a chance to clean up."""
        pid = self._running.pop(name)
        # It may have been ended by a test.
        with contextlib.suppress(ProcessLookupError):
            descriptor = os.pidfd_open(pid)
            try:
                os.kill(pid, signal.SIGKILL)
                assert select.select([descriptor], [], [], _PATIENCE)[0], f"{name} does not end"
            finally:
                os.close(descriptor)

    def end(self, name: str) -> None:
        """Kill it where it runs."""
        if name in self._running:
            self.kill(name)

    def end_all(self) -> None:
        """The kernel's datapath is left, until its namespace goes."""
        for name in ("ovs-vswitchd", "ovsdb-server"):
            self.end(name)

    def is_running(self, name: str) -> bool:
        """Whether it was started, and not ended from here."""
        return name in self._running

    @contextlib.contextmanager
    def stopped(self, name: str) -> Iterator[None]:
        """A daemon that stands still."""
        self.send(name, signal.SIGSTOP)
        try:
            yield
        finally:
            self.send(name, signal.SIGCONT)

    def stop(self) -> None:
        """Nothing of it is left but its files."""
        self.end_all()
        for datapath in self.run("ovs-dpctl", "dump-dps").split():
            self.run("ovs-dpctl", "del-dp", datapath)

    def vsctl(self, *words: str) -> str:
        """With the words of ovs-vsctl(8)."""
        return self.run("ovs-vsctl", f"--timeout={_PATIENCE}", *words)

    def rows(self, table: str) -> List[Dict[str, Any]]:
        """All columns of all rows, as ovs-vsctl tells them, with sets and maps as Python has them."""
        return _rows(self.vsctl("--format=json", "list", table))

    def configured(self) -> Dict[Tuple[str, str], Mapping[str, Any]]:
        """All rows that configure, by table and name; others are named where a row refers to them."""
        return configured(self.all_rows())

    def all_rows(self) -> Mapping[str, List[Dict[str, Any]]]:
        """Those of all tables that configure, by table."""
        told = self.vsctl("--format=json", *" -- ".join(f"list {table}" for table in _TABLES).split())
        return {table: _rows(line) for table, line in zip(_TABLES, told.splitlines())}

    def transactions(self) -> List[str]:
        """What the transactions in the database's log were commented with."""
        log = self.run("ovsdb-tool", "show-log", str(self.database)).splitlines()
        return [line.partition('"')[2].rstrip('"') for line in log if line.startswith("record ")]


@contextlib.contextmanager
def open_vswitch(directory: Path, daemon: bool = True) -> Iterator[OpenVSwitch]:
    """Started anew with a database of its own, and ended, whatever happens."""
    load_modules()
    directory.mkdir()
    made = OpenVSwitch(directory)
    made.database.write_bytes(_empty_database())
    with environment(directory):
        try:
            made.start_server()
            if daemon:
                made.start_daemon()
            yield made
        finally:
            made.end_all()


@functools.cache
def _empty_database() -> bytes:
    """One that has been set up: to make each anew takes longer than to start what uses it."""
    with tempfile.TemporaryDirectory() as directory:
        made = OpenVSwitch(Path(directory))
        with environment(made.directory):
            try:
                made.start_server()
                made.vsctl("--no-wait", "init")
            finally:
                made.end("ovsdb-server")
        return made.database.read_bytes()


@functools.cache
def load_modules() -> None:
    """Its datapath; and of the one in user space an internal interface is a tap."""
    _run("modprobe", "--all", "openvswitch", "tun")


@contextlib.contextmanager
def environment(directory: Path) -> Iterator[None]:
    """Everybody looks for it in this directory."""
    before = {name: os.environ.get(name) for name in _VARIABLES}
    os.environ.update(dict.fromkeys(_VARIABLES, str(directory)))
    try:
        yield
    finally:
        for name, value in before.items():
            os.environ.pop(name)
            if value is not None:
                os.environ[name] = value


def _run(*words: str) -> str:
    done = subprocess.run(words, capture_output=True, text=True, timeout=_PATIENCE, check=False)
    assert done.returncode == 0, f"{' '.join(words)}: {done.stderr}"
    return done.stdout


def configured(tables: Mapping[str, List[Dict[str, Any]]]) -> Dict[Tuple[str, str], Mapping[str, Any]]:
    """The rows of these tables that configure, as OpenVSwitch.configured has them."""
    names = {str(one["_uuid"]): _name(one) for rows in tables.values() for one in rows}
    return {
        (table, _name(one)): {
            column: _told(value, names) for column, value in one.items() if column not in _TOLD
        }
        for table, rows in tables.items()
        for one in rows
    }


def _rows(told: str) -> List[Dict[str, Any]]:
    found = json.loads(told)
    return [{name: _plain(value) for name, value in zip(found["headings"], one)} for one in found["data"]]


def _plain(value: Any) -> Any:
    """RFC 7047, 5.1: sets and maps are told with a word before them."""
    if not isinstance(value, list):
        return value
    word, inner = value
    known: Mapping[str, Callable[[Any], Any]] = {
        "set": lambda several: [_plain(one) for one in several],
        "map": lambda pairs: {key: _plain(one) for key, one in pairs},
        "uuid": lambda text: f"uuid {text}",
    }
    return known[word](inner)


def _name(one: Mapping[str, Any]) -> str:
    found: Optional[str] = one.get("name", one.get("target"))
    return "." if found is None else found


def _told(value: Any, names: Mapping[str, str]) -> Any:
    if isinstance(value, list):
        return sorted((_told(one, names) for one in value), key=str)
    if isinstance(value, dict):
        return {key: _told(one, names) for key, one in value.items()}
    return names.get(value, value) if isinstance(value, str) else value

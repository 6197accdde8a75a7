"""What is read from commands of ovs-vsctl is what the program itself does, on a database of its own."""

from __future__ import annotations

import json
import os
import shlex
import signal
import socket
import subprocess
from pathlib import Path
from typing import Any, Dict, Iterator, List, Mapping, NamedTuple, Set, Tuple

import pytest

from os_net_config.config.vsctl import Says, read
from os_net_config.config.vsctl.names import column, settable, table
from os_net_config.state.model import RowKey
from os_net_config.state.row import (
    BRIDGE,
    CONTROLLER,
    INTERFACE,
    MANAGER,
    PARENTS,
    PORT,
    ROOT,
    ROOT_NAME,
    TABLES,
    Map,
)
from os_net_config.state.row import Set as SetType
from os_net_config.state.values import Value

from ..unit.config.vsctl_cases import ACCEPTED, MADE_AGAIN, NOT_STATE, ONLY_HERE, REFUSED

SCHEMA = Path("/usr/share/openvswitch/vswitch.ovsschema")
BEFORE = (
    "add-br br0 -- add-port br0 p0 -- add-bond br0 b0 e0 e1 -- "
    "set port p0 trunks=10,30 tag=10 -- set interface e0 options:k=v mtu_request=1400 -- "
    "set bridge br0 other_config={a=1,z=2} external_ids:x=y fail_mode=secure -- "
    "set-controller br0 ptcp:6633 -- set-manager punix:/run/m"
)
#: The columns that lead to rows of another table.
BELOW: Mapping[str, Tuple[str, str]] = {BRIDGE: ("ports", PORT), PORT: ("interfaces", INTERFACE)}

Rows = Dict[RowKey, Dict[str, Any]]
Records = Dict[str, List[Dict[str, Any]]]


class Result(NamedTuple):
    status: int
    error: str


def schema() -> Mapping[str, Any]:
    found = json.loads(SCHEMA.read_bytes())["tables"]
    assert isinstance(found, dict)
    return found


class Database:
    """A server with a database of its own."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._socket = directory / "db.sock"

    def start(self) -> None:
        file = self._directory / "conf.db"
        subprocess.run(["ovsdb-tool", "create", file, SCHEMA], check=True)
        options = [f"--remote=punix:{self._socket}", f"--pidfile={self._pid}", "--detach", "--no-chdir"]
        unused = [f"--unixctl={self._directory / 'ctl'}", "-vconsole:off"]
        subprocess.run(["ovsdb-server", file, *options, *unused], check=True)

    def stop(self) -> None:
        os.kill(int(self._pid.read_text()), signal.SIGTERM)

    @property
    def _pid(self) -> Path:
        return self._directory / "pid"

    def run(self, text: str) -> Result:
        """What ovs-vsctl makes of these words."""
        program = ["ovs-vsctl", "--no-syslog", "--no-wait", "--timeout=20", f"--db=unix:{self._socket}", "--"]
        words = shlex.split(text.replace("\\\n", ""))
        done = subprocess.run([*program, *words], check=False, capture_output=True, text=True)
        return Result(done.returncode, done.stderr)

    def records(self) -> Records:
        found = self._transact([{"op": "select", "table": name, "where": []} for name in TABLES])
        return {name: one["rows"] for name, one in zip(TABLES, found)}

    def put(self, records: Records) -> None:
        """Have these records alone, under new UUIDs."""
        deleted = [{"op": "delete", "table": name, "where": []} for name in schema()]
        self._transact([*deleted, *(_insert(name, one) for name in records for one in records[name])])

    def _transact(self, operations: List[Dict[str, Any]]) -> List[Dict[str, Any]]:
        """The results of RFC 7047, 4.1.3. A process of ovs-vsctl each time would take most of the time."""
        request = {"method": "transact", "params": ["Open_vSwitch", *operations], "id": 0}
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(20)
            connection.connect(str(self._socket))
            connection.sendall(json.dumps(request).encode())
            answer = _whole(connection)
        assert answer["error"] is None
        assert not [one for one in answer["result"] if one is None or "error" in one], answer
        return list(answer["result"])


def _whole(connection: socket.socket) -> Dict[str, Any]:
    """The first message, which has no length before it."""
    text = b""
    while True:
        text += connection.recv(65536) or b"\0"
        try:
            found = json.loads(text)
        except ValueError:
            assert not text.endswith(b"\0"), text
        else:
            assert isinstance(found, dict)
            return found


def _insert(name: str, record: Mapping[str, Any]) -> Dict[str, Any]:
    row = {key: _renamed(value) for key, value in record.items() if key not in {"_uuid", "_version"}}
    return {"op": "insert", "table": name, "row": row, "uuid-name": _name(record["_uuid"][1])}


def _renamed(value: Any) -> Any:
    if isinstance(value, list) and value[:1] == ["uuid"]:
        return ["named-uuid", _name(value[1])]
    return [_renamed(one) for one in value] if isinstance(value, list) else value


def _name(uuid: str) -> str:
    return f"row_{uuid.replace('-', '_')}"


def rows_of(records: Records) -> Rows:
    """The rows as attributes, with names instead of UUIDs."""
    tables = {name: {one["_uuid"][1]: _plain_record(one) for one in records[name]} for name in records}
    return _rows(tables)


def _plain_record(record: Mapping[str, Any]) -> Dict[str, Any]:
    return {name: _plain(value) for name, value in record.items()}


def _plain(value: Any) -> Any:
    """A value of RFC 7047, 5.1: a map is a dict, a set a list."""
    if isinstance(value, list) and value[0] == "map":
        return dict(value[1])
    if isinstance(value, list) and value[0] == "set":
        return [_plain(one) for one in value[1]]
    return value[1] if isinstance(value, list) else value


def _rows(tables: Dict[str, Dict[str, Dict[str, Any]]]) -> Rows:
    found: Rows = {}
    targets = {**tables[CONTROLLER], **tables[MANAGER]}
    for name in (ROOT, BRIDGE, PORT, INTERFACE, MANAGER):
        for record in tables[name].values():
            key = RowKey(name, record.get("name", record.get("target", ROOT_NAME)))
            found[key] = _attributes(name, record)
    for bridge in tables[BRIDGE].values():
        key = RowKey(BRIDGE, bridge["name"])
        found[key]["controller"] = _names(bridge["controller"], targets, "target")
        for one in _list(bridge["controller"]):
            below = RowKey(CONTROLLER, f"{bridge['name']} {targets[one]['target']}")
            found[below] = _attributes(CONTROLLER, targets[one])
    for root in tables[ROOT].values():
        found[RowKey(ROOT, ROOT_NAME)]["manager"] = _names(root["manager_options"], targets, "target")
    for name, (column_name, below_name) in BELOW.items():
        for record in tables[name].values():
            for one in _names(record[column_name], tables[below_name], "name"):
                found[RowKey(below_name, one)][PARENTS[below_name][0]] = record["name"]
    return found


def _list(value: Any) -> List[Any]:
    """A set of one value is told as the value."""
    return value if isinstance(value, list) else [value]


def _names(uuids: Any, records: Mapping[str, Mapping[str, Any]], name: str) -> Tuple[str, ...]:
    return tuple(sorted({str(records[one][name]) for one in _list(uuids)}))


def _attributes(table_name: str, record: Mapping[str, Any]) -> Dict[str, Any]:
    found: Dict[str, Any] = {}
    for name, attribute in settable(table_name).items():
        value = record[name]
        if isinstance(attribute.type, Map):
            found[name] = tuple(f"{key}={value[key]}" for key in sorted(value))
        elif isinstance(attribute.type, SetType):
            found[name] = attribute.type.of(tuple(map(str, _list(value))))
        else:
            some = _list(value)
            found[name] = attribute.type.parse(_number(some[0])) if some else None
    return found


def _number(value: Any) -> Any:
    return int(value) if isinstance(value, bool) else value


def applied(rows: Rows, says: List[Says]) -> Rows:
    """The rows as they are to be."""
    result = {key: dict(values) for key, values in rows.items()}
    for key, attribute, value in says:
        if attribute == "" and value == 0:
            _delete(result, key)
    for key, attribute, value in says:
        if (attribute, value) != ("", 0):
            _say(result.setdefault(key, _default(key.table)), attribute, value)
        if attribute in {"controller", "manager"}:
            assert isinstance(value, tuple)
            _lead(result, key, [str(one) for one in value])
    return result


def _delete(rows: Rows, key: RowKey) -> None:
    rows.pop(key, None)
    for child in list(rows):
        attribute, table_name, _ = PARENTS.get(child.table, ("", "", ""))
        parent = (
            child.name.partition(" ")[0] if child.table == CONTROLLER else rows.get(child, {}).get(attribute)
        )
        if (table_name, parent) == (key.table, key.name):
            _delete(rows, child)


def _default(table_name: str) -> Dict[str, Any]:
    """What a new row has."""
    columns = settable(table_name).items()
    found = {name: () if isinstance(one.type, (Map, SetType)) else one.default for name, one in columns}
    return {**found, "controller": ()} if table_name == BRIDGE else found


def _lead(rows: Rows, key: RowKey, targets: List[str]) -> None:
    """Controllers and managers are made anew each time."""
    names = {f"{key.name} {one}" for one in targets} if key.table == BRIDGE else set(targets)
    kind = CONTROLLER if key.table == BRIDGE else MANAGER
    for old in [one for one in rows if one.table == kind]:
        del rows[old]
    rows.update({RowKey(kind, name): _default(kind) for name in names})


def _say(values: Dict[str, Any], attribute: str, value: Value) -> None:
    name, colon, part = attribute.partition(":")
    if not colon:
        if name:
            values[name] = value
    elif isinstance(value, int):
        others = {one for one in values[name] if one != part}
        values[name] = tuple(sorted({*others, *([part] if value else [])}, key=_order))
    else:
        pairs = dict(pair.split("=", 1) for pair in values[name])
        pairs.pop(part, None)
        pairs.update({} if value is None else {part: str(value)})
        values[name] = tuple(f"{key}={pairs[key]}" for key in sorted(pairs))


def _order(value: str) -> Tuple[int, str]:
    return (int(value) if value.isdigit() else 0, value)


@pytest.fixture(scope="module", name="database")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    made = Database(tmp_path_factory.mktemp("ovsdb"))
    made.start()
    try:
        assert made.run(BEFORE) == Result(0, "")
        yield made
    finally:
        made.stop()


@pytest.fixture(scope="module", name="first")
def first_records(database: Database) -> Records:
    return database.records()


@pytest.fixture(name="before")
def rows_before(database: Database, first: Records) -> Iterator[Rows]:
    """The same for every test."""
    rows = rows_of(first)
    assert rows_of(database.records()) == rows
    yield rows
    database.put(first)


def test_before_there_are_rows_of_all_tables(before: Rows) -> None:
    assert {key.table for key in before} == set(TABLES)
    assert before[RowKey(PORT, "p0")]["trunks"] == ("10", "30")
    assert before[RowKey(INTERFACE, "e1")]["port"] == "b0"
    assert before[RowKey(BRIDGE, "br0")]["controller"] == ("ptcp:6633",)


@pytest.mark.rotating(9)
@pytest.mark.parametrize("text", ACCEPTED)
def test_the_rows_are_as_the_commands_say(text: str, database: Database, before: Rows) -> None:
    assert database.run(text) == Result(0, "")
    assert _shown(rows_of(database.records())) == _shown(applied(before, read(text, "br0")))


def _shown(rows: Rows) -> Set[str]:
    """A line each, so that a difference is short."""
    return {f"{key} {name}: {value!r}" for key, values in rows.items() for name, value in values.items()}


@pytest.mark.parametrize("text", MADE_AGAIN)
def test_what_is_made_again_has_what_the_commands_say(text: str, database: Database, before: Rows) -> None:
    assert database.run(text) == Result(0, "")
    after = rows_of(database.records())
    assert applied(after, read(text, "br0")) == after
    assert after != before


@pytest.mark.parametrize("text", ONLY_HERE)
def test_what_only_we_understand_ovs_vsctl_does_not(text: str, database: Database, before: Rows) -> None:
    result = database.run(text)
    assert result.status == 1
    assert ONLY_HERE[text][1] in result.error


@pytest.mark.rotating(9)
@pytest.mark.parametrize("text", REFUSED)
def test_what_is_no_grammar_to_us_is_none_to_ovs_vsctl(text: str, database: Database, before: Rows) -> None:
    assert database.run(text).status == 1
    assert rows_of(database.records()) == before


@pytest.mark.rotating(9)
@pytest.mark.parametrize("text", NOT_STATE)
def test_what_is_no_state_to_us_is_done_by_ovs_vsctl(text: str, database: Database, before: Rows) -> None:
    assert database.run(text).status == 0


def test_every_table_of_the_schema_is_known() -> None:
    for name in schema():
        if name in TABLES:
            assert table(name.lower()) == name
        else:
            with pytest.raises(ValueError, match=f"rows of the table {name} cannot be described here"):
                table(name)


@pytest.mark.parametrize("name", TABLES)
def test_every_column_of_the_schema_can_be_set_or_has_a_reason(name: str) -> None:
    columns = schema()[name]["columns"]
    assert set(settable(name)) <= set(columns)
    for one in set(columns) - set(settable(name)):
        with pytest.raises(ValueError, match=f"^{one} cannot be set: "):
            column(name, one)


@pytest.mark.parametrize("name", TABLES)
def test_a_column_that_is_set_has_no_other_rows_in_it_and_is_not_of_the_moment(name: str) -> None:
    for one in settable(name):
        kind = schema()[name]["columns"][one]
        assert "ephemeral" not in kind
        assert "refTable" not in json.dumps(kind)
        assert kind.get("mutable", True)

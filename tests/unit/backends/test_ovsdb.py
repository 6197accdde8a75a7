"""Rows as resources, the part of a schema that counts, and how a server is asked for it."""

from __future__ import annotations

import contextlib
import json
import socket
import threading
from pathlib import Path
from typing import Any, Dict, Iterator, List, Mapping, Sequence, Tuple

import pytest

from os_net_config.backends.ovsdb import OvsdbBackend, control, decode, schema
from os_net_config.backends.ovsdb.backend import allowed
from os_net_config.backends.ovsdb.decode import Read
from os_net_config.backends.ovsdb.told import blamed, errors, in_words, of_dpdk
from os_net_config.backends.protocol import ExecuteError, ObserveError
from os_net_config.state import row
from os_net_config.state.diff import Change
from os_net_config.state.model import Key, Resource, RowKey, attributes_of
from os_net_config.state.values import Value, Values

ROOT = RowKey(row.ROOT, row.ROOT_NAME)
#: What the library tells of a port: an optional value is a list of one or none.
PORT: Mapping[str, object] = {
    "name": "bond1",
    "interfaces": [object()],
    "tag": [],
    "trunks": [200, 30, 4],
    "vlan_mode": ["trunk"],
    "bond_mode": [],
    "bond_updelay": 100,
    "fake_bridge": False,
    "protected": True,
    "other_config": {"stp-priority": "1", "lacp-time": "fast"},
    "external_ids": {},
}


def test_columns_as_attributes() -> None:
    assert decode.values(row.PORT, PORT) == {
        "trunks": ("4", "30", "200"),
        "vlan_mode": "trunk",
        "bond_updelay": 100,
        "fake_bridge": 0,
        "protected": 1,
        "other_config:stp-priority": "1",
        "other_config:lacp-time": "fast",
    }


def test_that_it_refers_to_rows_that_are_not_read() -> None:
    assert decode.values(row.PORT, {"name": "p0", "qos": []}) == {}
    assert decode.values(row.PORT, {"name": "p0", "qos": [object()]}) == {row.REFERS: ("qos",)}
    bridge = {"mirrors": [object()], "sflow": [], "flow_tables": {0: object()}}
    assert decode.values(row.BRIDGE, bridge) == {row.REFERS: ("flow_tables", "mirrors")}


def test_an_optional_truth() -> None:
    for raw, said in (
        ([True], {"enable_async_messages": 1}),
        ([False], {"enable_async_messages": 0}),
        ([], {}),
    ):
        assert decode.values(row.CONTROLLER, {"enable_async_messages": raw}) == said


@pytest.mark.parametrize(
    ("error", "said"),
    [
        ([], {}),
        ([""], {}),
        (["No such device"], {row.ERROR: "No such device"}),
        (["p0: bad 'remote_ip'\np0: it needs one\n"], {row.ERROR: "bad 'remote_ip'; it needs one"}),
    ],
)
def test_the_error_of_an_interface(error: List[str], said: Values) -> None:
    assert decode.values(row.INTERFACE, {"name": "p0", "error": error}) == said
    assert decode.values(row.PORT, {"name": "p0", "error": error}) == {}


@pytest.mark.parametrize(("port", "is_made"), [([], False), ([-1], False), ([65534], True), ([7], True)])
def test_an_interface_that_was_not_made_has_no_port_of_openflow(port: List[int], is_made: bool) -> None:
    assert (row.UNMADE not in decode.values(row.INTERFACE, {"ofport": port})) == is_made
    assert decode.values(row.PORT, {"ofport": port}) == {}


@pytest.mark.parametrize(("asked", "done"), [(0, 0), (7, 7), (7, 6)])
def test_whether_all_was_carried_out(asked: int, done: int) -> None:
    found = decode.values(row.ROOT, {"next_cfg": asked, "cur_cfg": done})
    assert (row.BEHIND in found) == (done < asked)


def test_an_error_is_an_attribute_and_no_column() -> None:
    assert row.ERROR in attributes_of(RowKey(row.INTERFACE, "p0"), {})
    assert row.ERROR not in {*row.TABLES[row.INTERFACE], *schema.ATTRIBUTES[row.INTERFACE]}


def test_what_is_read_is_an_attribute() -> None:
    for name in decode.values(row.PORT, PORT):
        assert name in attributes_of(RowKey(row.PORT, "bond1"), {})


def read(name: str, **listed: Sequence[str]) -> Read:
    return Read(name, {"seen": 1}, {column: tuple(uuids) for column, uuids in listed.items()})


def rows(**tables: Dict[str, Read]) -> Dict[str, Dict[Any, Read]]:
    return {table: dict(tables.get(table, {})) for table in row.TABLES}


def values(tables: Dict[str, Dict[Any, Read]]) -> Dict[Tuple[str, str], Values]:
    found: Dict[Tuple[str, str], Values] = {}
    for key, one in decode.resources(tables).items():
        assert isinstance(key, RowKey) and one.key == key
        found[key.table, key.name] = {name: value for name, value in one.values.items() if name != "seen"}
    return found


def test_rows_say_what_they_belong_to() -> None:
    tables = rows(
        Open_vSwitch={"o": read(".", bridges=["b"], manager_options=["m"])},
        Bridge={"b": read("br0", ports=["p"], controller=["d", "c"])},
        Port={"p": read("eno1", interfaces=["i"])},
        Interface={"i": read("eno1")},
        Controller={"c": read("tcp:192.0.2.1:6653"), "d": read("tcp:192.0.2.2:6653")},
        Manager={"m": read("ptcp:6640")},
    )
    assert values(tables) == {
        (row.ROOT, "."): {"manager": ("ptcp:6640",), row.DATABASE: "o"},
        (row.BRIDGE, "br0"): {"controller": ("tcp:192.0.2.1:6653", "tcp:192.0.2.2:6653")},
        (row.PORT, "eno1"): {"bridge": "br0"},
        (row.INTERFACE, "eno1"): {"port": "eno1"},
        (row.CONTROLLER, "br0 tcp:192.0.2.1:6653"): {"bridge": "br0"},
        (row.CONTROLLER, "br0 tcp:192.0.2.2:6653"): {"bridge": "br0"},
        (row.MANAGER, "ptcp:6640"): {},
    }


def test_an_empty_database_has_its_root() -> None:
    assert values(rows()) == {(row.ROOT, "."): {"manager": ()}}
    found = values(rows(Open_vSwitch={"o": read(".")}))
    assert found == {(row.ROOT, "."): {"manager": (), row.DATABASE: "o"}}


def test_rows_that_nobody_lists_belong_to_nothing() -> None:
    tables = rows(Port={"p": read("eno1")}, Interface={"i": read("eno1")}, Controller={"c": read("tcp:1")})
    found = values(tables)
    assert found[row.PORT, "eno1"] == found[row.INTERFACE, "eno1"] == {}
    assert not [name for table, name in found if table == row.CONTROLLER]


def test_a_list_may_name_a_row_that_is_gone() -> None:
    tables = rows(Bridge={"b": read("br0", ports=["p"], controller=["c"])})
    assert values(tables)[row.BRIDGE, "br0"] == {"controller": ()}


def test_of_what_occurs_twice_the_first_counts_and_each_is_placed() -> None:
    tables = rows(
        Bridge={"2": read("br2", ports=["p"]), "1": read("br1", ports=["p", "q"], controller=["c", "d"])},
        Port={"p": read("eno1"), "q": read("eno1")},
        Controller={"c": read("tcp:1"), "d": read("tcp:1")},
    )
    found = values(tables)
    assert found[row.PORT, "eno1"] == {"bridge": "br1"}
    assert found[row.BRIDGE, "br1"] == {"controller": ("tcp:1",)}
    placed = [
        (one.key.name, one.uuid, one.owners) for one in decode.places(tables) if one.key.table == row.PORT
    ]
    assert placed == [("eno1", "p", ("1", "2")), ("eno1", "q", ("1",))]
    controllers = [
        one.uuid for one in decode.places(tables) if one.key == RowKey(row.CONTROLLER, "br1 tcp:1")
    ]
    assert controllers == ["c", "d"]


def full_schema() -> Dict[str, Any]:
    """Every column that may be asked for, and more."""
    text = {"type": "string"}
    tables: Dict[str, Any] = {"QoS": {"columns": {"type": text}}}
    for table in row.TABLES:
        bound = {schema.NAMES.get(table, "next_cfg"), "cur_cfg", row.ERROR, "ofport", *schema.lists(table)}
        names = {*schema.ATTRIBUTES[table], *bound, "statistics"}
        tables[table] = {"columns": dict.fromkeys(names, text), "isRoot": table == row.ROOT}
    return {"name": "Open_vSwitch", "version": "8.3.1", "tables": tables}


def test_only_what_concerns_us_is_kept_of_a_schema() -> None:
    kept = schema.reduced(full_schema())
    assert kept["tables"].keys() == row.TABLES.keys()
    columns = {table: set(one["columns"]) for table, one in kept["tables"].items()}
    assert columns[row.MANAGER] == schema.ATTRIBUTES[row.MANAGER] | {"target"}
    assert columns[row.PORT] == (set(row.TABLES[row.PORT]) - {"bridge"}) | {"name", "interfaces"}
    assert {"next_cfg", "cur_cfg", "bridges", "manager_options"} <= columns[row.ROOT]
    assert "manager" not in columns[row.ROOT] and "controller" in columns[row.BRIDGE]
    assert {row.ERROR, "ofport"} <= columns[row.INTERFACE] and kept["tables"][row.ROOT]["isRoot"]


def test_an_older_schema_lacks_columns() -> None:
    whole = full_schema()
    del whole["tables"][row.PORT]["columns"]["cvlans"]
    assert "cvlans" not in schema.reduced(whole)["tables"][row.PORT]["columns"]


def test_what_there_always_was() -> None:
    whole = full_schema()
    del whole["tables"][row.PORT]["columns"]["interfaces"]
    with pytest.raises(ValueError, match="the table Port has no interfaces"):
        schema.reduced(whole)
    del whole["tables"][row.PORT]
    with pytest.raises(ValueError, match="there is no table Port"):
        schema.reduced(whole)


@contextlib.contextmanager
def server(path: Path, *answer: bytes, stays: bool = False) -> Iterator[List[bytes]]:
    """It answers once, in these pieces. What it was asked is kept."""
    end = threading.Event()
    asked: List[bytes] = []

    def serve() -> None:
        with listener.accept()[0] as client:
            asked.append(client.recv(1 << 16))
            for piece in answer:
                client.sendall(piece)
            if stays:
                end.wait(10)

    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(path))
        listener.listen()
        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield asked
        finally:
            end.set()
            thread.join()


def test_the_schema_is_asked_for(tmp_path: Path) -> None:
    path = tmp_path / "db.sock"
    text = json.dumps({"id": 0, "result": full_schema(), "error": None}).encode()
    # A piece may end as the whole does.
    cut = text.index(b"}") + 1
    with server(path, text[:cut], text[cut:]):
        assert schema.asked(str(path), 5) == schema.reduced(full_schema())


@pytest.mark.parametrize(
    ("answer", "stays", "text"),
    [
        (
            {"id": 0, "error": {"error": "unknown database", "details": "no Open_vSwitch"}},
            False,
            "no Open_vSwitch",
        ),
        ({"id": 0, "error": None, "result": {}}, False, "known here: there is no table Open_vSwitch"),
        ({"id": 0, "error": None, "result": []}, False, "known here: "),
        (None, False, "the connection was closed"),
        (None, True, "no answer within 0.2 s"),
    ],
)
def test_what_is_no_answer(answer: object, stays: bool, text: str, tmp_path: Path) -> None:
    path = tmp_path / "db.sock"
    said = [] if answer is None else [json.dumps(answer).encode()]
    with server(path, *said, stays=stays), pytest.raises(ObserveError, match=text) as caught:
        schema.asked(str(path), 0.2)
    assert str(path) in str(caught.value)


def test_where_nobody_listens(tmp_path: Path) -> None:
    path = tmp_path / "db.sock"
    backend = OvsdbBackend(str(path))
    assert backend.observe() == {}
    with socket.socket(socket.AF_UNIX) as left_behind:
        left_behind.bind(str(path))
    assert backend.observe() == {}
    steps = [Change(ROOT, {}, {}), Change(RowKey(row.BRIDGE, "br0"), {}, None)]
    with pytest.raises(ExecuteError, match=f"nobody listens on {path}") as caught:
        backend.execute(steps)
    found = caught.value
    assert (found.step, found.done, found.remaining) == (steps[0], (), (steps[1],))
    backend.execute([])
    backend.close()


def test_what_is_not_a_socket(tmp_path: Path) -> None:
    (tmp_path / "run").write_text("")
    with pytest.raises(ObserveError, match="Not a directory"):
        OvsdbBackend(str(tmp_path / "run" / "db.sock")).observe()


def test_where_the_socket_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OVS_RUNDIR", raising=False)
    assert schema.default_socket() == "/run/openvswitch/db.sock"
    monkeypatch.setenv("OVS_RUNDIR", "/var/tmp/ovs")
    assert schema.default_socket() == "/var/tmp/ovs/db.sock"


@pytest.fixture
def rundir(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where ovs-vswitchd with the number 7 has run."""
    monkeypatch.setenv("OVS_RUNDIR", str(tmp_path))
    (tmp_path / "ovs-vswitchd.pid").write_text("7\n")
    return tmp_path


ADDRESS = "0000:3b:00.0"


@pytest.mark.parametrize(
    "answer",
    [
        {"result": f"All devices shared with device '{ADDRESS}' have been detached\n", "error": None},
        {"result": None, "error": f"Device '{ADDRESS}' not found in DPDK\n"},
        {"result": None, "error": '"netdev-dpdk/detach" is not a valid command (use "list-commands" …)\n'},
    ],
)
def test_dpdk_lets_go_of_a_device_or_has_not_opened_it(rundir: Path, answer: Dict[str, object]) -> None:
    said = json.dumps({**answer, "id": 0}).encode()
    with server(rundir / "ovs-vswitchd.7.ctl", said) as asked:
        control.let_go(ADDRESS)
    assert [json.loads(one) for one in asked] == [
        {"method": "netdev-dpdk/detach", "params": [ADDRESS], "id": 0}
    ]


IN_USE = f"Device '{ADDRESS}' is being used by the following interfaces: dpdk0. Remove them before detaching."


def test_dpdk_does_not_let_go_of_a_device(rundir: Path) -> None:
    path = rundir / "ovs-vswitchd.7.ctl"
    said = json.dumps({"result": None, "error": IN_USE, "id": 0}).encode()
    with server(path, said), pytest.raises(ValueError, match=f"does not close {ADDRESS}: {IN_USE}"):
        control.let_go(ADDRESS)
    path.unlink()
    with server(path, stays=True), pytest.raises(ValueError, match=r"cannot be asked: .*within 0\.2 s"):
        control.let_go(ADDRESS, 0.2)


def test_an_ovs_vswitchd_that_does_not_run_has_nothing_open(rundir: Path) -> None:
    control.let_go(ADDRESS)
    (rundir / "ovs-vswitchd.pid").write_text("")
    control.let_go(ADDRESS)
    (rundir / "ovs-vswitchd.pid").unlink()
    control.let_go(ADDRESS)


def test_many_links_may_take_longer() -> None:
    many = [Change(RowKey(row.INTERFACE, f"p{number}"), None, {"type": "internal"}) for number in range(400)]
    assert allowed(many, 30) == 130
    assert allowed([one.inverse for one in many], 30) == 30
    assert allowed([one._replace(after={"type": "patch"}) for one in many], 30) == 30


def interface(name: str, port: str, **values: Value) -> Tuple[Key, Resource]:
    key = RowKey(row.INTERFACE, name)
    return key, Resource(key, {"port": port, **values})


def test_errors_are_those_of_what_the_steps_are_about() -> None:
    live: Dict[Key, Resource] = dict(
        [
            interface("good", "good"),
            interface("eno1", "bond1", error="No such device"),
            interface("vx0", "vx0", error="no remote_ip"),
            interface("gone", "gone", error="gone"),
            interface("other", "other", error="not ours"),
        ]
    )
    bond = Change(RowKey(row.PORT, "bond1"), {"bridge": "br0"}, {"bridge": "br1"})
    vxlan = Change(RowKey(row.INTERFACE, "vx0"), {}, {"options:key": "5"})
    good = Change(RowKey(row.INTERFACE, "good"), {}, {"options:key": "5"})
    gone = Change(RowKey(row.INTERFACE, "gone"), {"type": ""}, None)
    assert errors([good, vxlan, bond, gone], live) == [
        (bond, "interface eno1: No such device"),
        (vxlan, "interface vx0: no remote_ip"),
    ]
    # Its NIC may be one that is not there, and was not there before.
    assert errors([bond._replace(before={}, after={"tag": 5})], live) == []


def test_the_interfaces_that_dpdk_drives() -> None:
    live = dict([interface("dpdk0", "dpdk0", type="dpdk"), interface("eno1", "eno1", type="")])
    steps = [Change(key, None, {}) for key in (*live, RowKey(row.PORT, "dpdk0"), RowKey(row.INTERFACE, "no"))]
    assert of_dpdk(steps, live) == steps[:1]
    assert of_dpdk([one.inverse for one in steps], live) == []


#: A bridge that ovs-vswitchd has made but for one port, and one that it has not made at all.
HALF_MADE: Dict[Key, Resource] = dict(
    [
        interface("br0", "br0"),
        interface("eno1", "eno1", error="No such device", unmade=1),
        interface("eno2", "eno2", unmade=1),
        interface("patch0", "patch0", type=row.PATCH, error="No usable peer"),
        interface("patch1", "patch1", type=row.PATCH, error="no peer is said", unmade=1),
        interface("br1", "br1", unmade=1),
        interface("vlan5", "vlan5", unmade=1),
        interface("patch2", "patch2", type=row.PATCH, unmade=1),
        *(
            (RowKey(row.PORT, name), Resource(RowKey(row.PORT, name), {"bridge": bridge}))
            for bridge, names in {"br0": "br0 eno1 eno2 patch0 patch1", "br1": "br1 vlan5 patch2"}.items()
            for name in names.split()
        ),
    ]
)
IN_ITS_LOG = "ovs-vswitchd has not made it, and says why in its log (ovs-vswitchd.log)"


@pytest.mark.parametrize(
    ("key", "said"),
    [
        (RowKey(row.BRIDGE, "br0"), []),
        (RowKey(row.INTERFACE, "br0"), []),
        (RowKey(row.INTERFACE, "eno1"), ["interface eno1: No such device"]),
        (RowKey(row.PORT, "eno2"), [f"interface eno2: {IN_ITS_LOG}"]),
        (RowKey(row.PORT, "patch0"), []),
        (RowKey(row.PORT, "patch1"), ["interface patch1: no peer is said"]),
        (RowKey(row.BRIDGE, "br1"), [f"bridge br1: {IN_ITS_LOG}"]),
        (RowKey(row.INTERFACE, "vlan5"), [f"bridge br1: {IN_ITS_LOG}"]),
        (RowKey(row.PORT, "patch2"), [f"bridge br1: {IN_ITS_LOG}"]),
    ],
)
def test_what_was_not_made(key: RowKey, said: List[str]) -> None:
    step = Change(key, None, {})
    assert errors([step], HALF_MADE) == [(step, text) for text in said]
    assert errors([step.inverse], HALF_MADE) == []


def test_a_bridge_that_was_not_made_is_told_once() -> None:
    steps = [Change(key, None, {}) for key in HALF_MADE if "br1" in key or "vlan5" in key]
    assert [text for _, text in errors(steps, HALF_MADE)] == [f"bridge br1: {IN_ITS_LOG}"]


def test_of_very_many_errors_the_first_are_told() -> None:
    several = [(Change(ROOT, {}, {}), f"text {number}") for number in range(14)]
    assert in_words(several[:2]) == "text 0; text 1"
    assert in_words(several[:12]).endswith("; text 11")
    assert in_words(several).endswith("; text 11; and 2 more")


def test_the_step_that_a_refusal_names() -> None:
    steps = [Change(RowKey(row.BRIDGE, name), None, {}) for name in ("br-ex", "br-int")]
    assert blamed(steps, 'values for index on column "name": "br-int"') is steps[1]
    assert blamed(steps, "something else") is steps[0]

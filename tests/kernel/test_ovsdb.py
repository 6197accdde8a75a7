"""The rows of a real Open vSwitch: what is read is what ovs-vsctl tells, and what is written it tells too."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from typing import Any, Callable, Dict, Iterator, List, Mapping, Optional, Sequence, Set, Tuple

import pytest

from os_net_config.backends.node import NodeBackend
from os_net_config.backends.ovsdb import OvsdbBackend
from os_net_config.backends.protocol import ExecuteError, ObserveError
from os_net_config.engine.undo import begun
from os_net_config.state import row
from os_net_config.state.diff import Change
from os_net_config.state.model import LinkKey, RowKey
from os_net_config.state.values import Value, Values

from .support.node import Node
from .support.openvswitch import SCHEMA, OpenVSwitch, open_vswitch
from .support.program import CHECKOUT
from .support.relay import Fate, relay

pytestmark = pytest.mark.rotating(5)

ROOT = RowKey(row.ROOT, row.ROOT_NAME)
#: A bridge with all that others may have made of it.
RICH = (
    """\
add-br br-ex
set bridge br-ex fail_mode=secure protocols=OpenFlow13,OpenFlow10 stp_enable=true flood_vlans=200,30,4
set bridge br-ex other_config:hwaddr=52:54:00:00:00:99 external_ids:bridge-id=br-ex
set-controller br-ex tcp:127.0.0.1:6653 tcp:127.0.0.1:16653
add-port br-ex eno1 tag=30 vlan_mode=native-untagged trunks=200,30,4
set interface eno1 external_ids:iface-id=abc external_ids:attached-mac=52:54:00:00:00:01
add-bond br-ex bond1 eno2 eno3 bond_mode=balance-slb lacp=active bond_updelay=1000
add-port br-ex patch0 -- set interface patch0 type=patch options:peer=patch1
add-port br-ex vx0 -- set interface vx0 type=vxlan options:remote_ip=192.0.2.9 options:key=flow
add-port br-ex vlan30 tag=30 -- set interface vlan30 type=internal mtu_request=1400
add-br br-int
add-port br-int patch1 -- set interface patch1 type=patch options:peer=patch0
--id=@q create QoS type=linux-htb other_config:max-rate=1000000 -- set port eno1 qos=@q
set open . external_ids:hostname=a external_ids:ovn-bridge=br-int other_config:vlan-limit=0
""".strip()
    .replace("\n", " -- ")
    .split()
)


@pytest.fixture
def rich(switch: OpenVSwitch) -> OpenVSwitch:
    switch.vsctl(*RICH)
    switch.vsctl("set-manager", "ptcp:16640:127.0.0.1", f"punix:{switch.directory}/manager.sock")
    return switch


@pytest.fixture
def backend(switch: OpenVSwitch) -> Iterator[OvsdbBackend]:
    made = OvsdbBackend()
    yield made
    made.close()


def change(table: str, name: str, before: Optional[Values], after: Optional[Values]) -> Change:
    return Change(RowKey(table, name), before, after)


def port(name: str, bridge: str = "br-ex", **interface: Value) -> List[Change]:
    """A port with one interface."""
    return [
        change(row.PORT, name, None, {"bridge": bridge}),
        change(row.INTERFACE, name, None, {"port": name, **interface}),
    ]


def bridge(name: str) -> List[Change]:
    return [change(row.BRIDGE, name, None, {row.LABEL: "1"}), *port(name, name, type=row.INTERNAL)]


def values(backend: OvsdbBackend, table: str, name: str) -> Values:
    return backend.observe()[RowKey(table, name)].values


def refused(backend: OvsdbBackend, steps: Sequence[Change]) -> ExecuteError:
    with pytest.raises(ExecuteError) as caught:
        backend.execute(steps)
    return caught.value


def links() -> List[str]:
    return os.listdir("/sys/class/net")


def test_what_is_read_is_what_ovs_vsctl_tells(rich: OpenVSwitch, backend: OvsdbBackend) -> None:
    found = {key: one.values for key, one in backend.observe().items() if isinstance(key, RowKey)}
    told = {key: one for key, one in rich.configured().items() if key[0] != "QoS"}
    several = {row.CONTROLLER: "br-ex "}
    assert {(key.table, key.name) for key in found} == {
        (table, several.get(table, "") + name) for table, name in told
    }
    uuid = rich.vsctl("get", "open_vswitch", ".", "_uuid").strip()
    more: Dict[RowKey, Dict[str, Value]] = {
        ROOT: {row.DATAPATHS: ("netdev", "system"), row.DATABASE: uuid},
        RowKey(row.PORT, "eno1"): {row.REFERS: ("qos",)},
    }
    for (table, name), columns in told.items():
        key = RowKey(table, several.get(table, "") + name)
        assert found[key] == {**_expected(table, name, columns, told), **more.get(key, {})}


def _expected(table: str, name: str, columns: Mapping[str, Any], told: Mapping[Any, Any]) -> Dict[str, Value]:
    """From what ovs-vsctl tells: a set of one is told as that one, an optional value that is not as none."""
    found: Dict[str, Value] = {}
    for attribute, described in row.TABLES[table].items():
        one = columns.get({"manager": "manager_options"}.get(attribute, attribute))
        if isinstance(one, dict):
            found.update({f"{attribute}:{key}": text for key, text in one.items()})
        elif isinstance(described.type, row.Set):
            several: List[Any] = one if isinstance(one, list) else [one]
            numbers = sorted(part for part in several if isinstance(part, int))
            found[attribute] = tuple(map(str, numbers or sorted(several)))
        elif one is not None and one != []:
            found[attribute] = int(one) if isinstance(one, bool) else one
    if table in row.PARENTS:
        attribute, owners, column = row.PARENTS[table]
        found[attribute] = next(
            owner
            for (kind, owner), one in told.items()
            if kind == owners and name in (one[column] if isinstance(one[column], list) else [one[column]])
        )
    return found


def test_some_of_it_in_full(rich: OpenVSwitch, backend: OvsdbBackend) -> None:
    found = values(backend, row.BRIDGE, "br-ex")
    assert found["controller"] == ("tcp:127.0.0.1:16653", "tcp:127.0.0.1:6653")
    assert (found["protocols"], found["flood_vlans"]) == (("OpenFlow10", "OpenFlow13"), ("4", "30", "200"))
    assert (found["stp_enable"], found["fail_mode"]) == (1, "secure")
    assert found["other_config:hwaddr"] == "52:54:00:00:00:99"
    assert values(backend, row.ROOT, ".")["manager"] == (
        "ptcp:16640:127.0.0.1", f"punix:{rich.directory}/manager.sock",
    )  # fmt: skip
    eno1, internal = values(backend, row.PORT, "eno1"), values(backend, row.PORT, "br-ex")
    assert (eno1["tag"], eno1["trunks"], "qos" in eno1, "tag" in internal) == (
        30,
        ("4", "30", "200"),
        False,
        False,
    )
    assert values(backend, row.INTERFACE, "eno3")["port"] == "bond1"
    assert values(backend, row.CONTROLLER, "br-ex tcp:127.0.0.1:6653")["bridge"] == "br-ex"


def test_what_others_change_is_seen_at_once(switch: OpenVSwitch, backend: OvsdbBackend) -> None:
    """Each observation has all that was so when it began, by one connection."""
    assert list(backend.observe()) == [ROOT]
    descriptors = len(os.listdir("/proc/self/fd"))
    switch.vsctl("add-br", "br0")
    assert values(backend, row.PORT, "br0")["bridge"] == "br0"
    for number in range(5):
        switch.vsctl("set", "port", "br0", f"tag={number}", f"external_ids:x={number}")
        found = values(backend, row.PORT, "br0")
        assert (found["tag"], found["external_ids:x"]) == (number, str(number))
    switch.vsctl("clear", "port", "br0", "tag")
    assert "tag" not in values(backend, row.PORT, "br0")
    switch.vsctl("del-br", "br0")
    assert list(backend.observe()) == [ROOT]
    assert len(os.listdir("/proc/self/fd")) == descriptors


_LOOK = """
from os_net_config.backends.node import NodeBackend
NodeBackend().observe()
print("ovs" in sys.modules)
"""


def test_no_open_vswitch(node: Node) -> None:
    """Neither is the library imported."""
    test = f"import sys\nsys.path.insert(0, {str(CHECKOUT)!r})\n{_LOOK}"
    done = subprocess.run([sys.executable, "-c", test], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"
    found = refused(OvsdbBackend(), bridge("br0"))
    assert found.reason == "nobody listens on /run/openvswitch/db.sock: is Open vSwitch running?"
    assert (found.done, len(found.remaining)) == ((), 2)


def test_a_server_without_a_row(node: Node) -> None:
    """ovs-vsctl init has not run: the one row is made with what needs it."""
    with open_vswitch(node.directory / "ovs", daemon=False) as switch:
        switch.kill("ovsdb-server")
        switch.database.unlink()
        switch.start_server()
        backend = OvsdbBackend(seconds=2)
        assert list(backend.observe()) == list(backend.observe()) == [ROOT]
        found = refused(backend, bridge("br0"))
        assert "does it run?" in found.reason
        switch.start_daemon()
        assert "br0" in switch.vsctl("list-br")
        assert RowKey(row.BRIDGE, "br0") in backend.observe()
        backend.close()


#: Each kind of step, as one call: what it is about, and the steps.
KINDS: Mapping[str, Sequence[Change]] = {
    "bridge": [
        change(row.BRIDGE, "br0", None, {"fail_mode": "secure", "other_config:hwaddr": "52:54:00:00:00:55",
                                         "protocols": ("OpenFlow13", "OpenFlow15"),
                                         "mcast_snooping_enable": 1,
                                         "controller": ("tcp:127.0.0.1:1",), row.LABEL: "1"}),
        *port("br0", "br0", type=row.INTERNAL),
        change(row.CONTROLLER, "br0 tcp:127.0.0.1:1", None, {"bridge": "br0", "target": "tcp:127.0.0.1:1",
                                                             "connection_mode": "out-of-band"}),
    ],
    "bond": [
        change(row.PORT, "bond9", None, {"bridge": "br-int", "bond_mode": "active-backup",
                                         "trunks": ("9", "10")}),
        change(row.INTERFACE, "eno4", None, {"port": "bond9", "external_ids:a": "b", "external_ids:c": "d"}),
        change(row.INTERFACE, "lo9", None, {"port": "bond9", "type": "internal", "mtu_request": 1400}),
    ],
    "in any order": [*reversed(bridge("br0")), *bridge("br1")],
    "manager": [
        change(row.ROOT, ".", {"manager": ()}, {"manager": ("ptcp:1:127.0.0.1",)}),
        change(row.MANAGER, "ptcp:1:127.0.0.1", None, {"target": "ptcp:1:127.0.0.1", "inactivity_probe": 0}),
    ],
    "controller": [
        change(row.BRIDGE, "br-int", {"controller": ()}, {"controller": ("tcp:127.0.0.1:6653",)}),
        change(row.CONTROLLER, "br-int tcp:127.0.0.1:6653", None, {"bridge": "br-int", "max_backoff": 5000}),
    ],
    "scalars": [
        change(row.BRIDGE, "br-ex", {"stp_enable": 1, "fail_mode": "secure"},
               {"stp_enable": 0, "fail_mode": None}),
        change(row.PORT, "vlan30", {"tag": 30, "protected": 0}, {"tag": 31, "protected": 1}),
        change(row.INTERFACE, "vlan30", {"mtu_request": 1400}, {"mtu_request": None}),
    ],
    "whole sets": [
        change(row.BRIDGE, "br-ex", {"flood_vlans": ("4", "30", "200")}, {"flood_vlans": ()}),
        change(row.PORT, "eno1", {"trunks": ("4", "30", "200")}, {"trunks": ("5",)}),
    ],
    "single values": [
        change(row.PORT, "eno1", {"trunks:30": 1, "trunks:31": 0}, {"trunks:30": 0, "trunks:31": 1}),
    ],
    "keys": [
        change(row.INTERFACE, "eno1",
               {"external_ids:iface-id": "abc", "external_ids:attached-mac": "52:54:00:00:00:01",
                "lldp:enable": None},
               {"external_ids:iface-id": "def", "external_ids:attached-mac": None, "lldp:enable": "true"}),
        change(row.ROOT, ".", {"external_ids:ours": None}, {"external_ids:ours": "with = and \u00e4"}),
    ],
    "a port moves": [change(row.PORT, "eno1", {"bridge": "br-ex"}, {"bridge": "br-int"})],
    "an interface moves": [change(row.INTERFACE, "eno3", {"port": "bond1"}, {"port": "vlan30"})],
    "a port to a new bridge": [
        *bridge("br0"), change(row.PORT, "eno1", {"bridge": "br-ex"}, {"bridge": "br0"}),
    ],
}  # fmt: skip


def test_a_step_and_its_inverse(switch: OpenVSwitch, backend: OvsdbBackend) -> None:
    switch.vsctl(*RICH)
    before = switch.configured()
    for kind, steps in KINDS.items():
        told = len(switch.transactions())
        backend.execute(steps)
        assert switch.transactions()[told:].count("os-net-config") == 1, kind
        found = {key: one.values for key, one in backend.observe().items()}
        for step in steps:
            assert step.after is not None and isinstance(step.key, RowKey)
            described = row.TABLES[step.key.table]
            now = {name: _read(found[step.key], name, described[name]) for name in step.after}
            assert now == step.after, kind
        changed = {key for key, one in switch.configured().items() if before.get(key) != one}
        assert changed <= _about(steps), f"{kind}: others were changed"
        backend.execute([step.inverse for step in reversed(steps)])
        assert switch.configured() == before, kind


def _read(found: Values, name: str, attribute: Any) -> Value:
    return found.get(name) if name in found else row.view(found, name, attribute)


def _about(steps: Sequence[Change]) -> Set[Tuple[str, str]]:
    """The rows of the steps, and those that list them."""
    about = {(row.ROOT, ".")}
    for step in steps:
        assert isinstance(step.key, RowKey)
        about.add((step.key.table, step.key.name.rpartition(" ")[2]))
        for values in filter(None, (step.before, step.after)):
            owners = ((row.BRIDGE, "bridge"), (row.PORT, "port"))
            about |= {(table, str(values[name])) for table, name in owners if name in values}
    return about


def test_our_label_stays_whoever_says_all_of_a_map(switch: OpenVSwitch, backend: OvsdbBackend) -> None:
    switch.vsctl("add-br", "br0", "--", "br-set-external-id", "br0", "os-net-config", "made")
    every = change(row.BRIDGE, "br0", {"external_ids": ()}, {"external_ids": ("a=b",)})
    for step, known in ((every, "{a=b, os-net-config=made}"), (every.inverse, "{os-net-config=made}")):
        backend.execute([step])
        assert switch.vsctl("get", "bridge", "br0", "external_ids").strip() == known


def test_what_is_made_again_is_another_row(rich: OpenVSwitch, backend: OvsdbBackend) -> None:
    """All in one transaction, as where a type changes."""
    was = {one["name"]: one["_uuid"] for one in rich.rows("Interface")}
    told = dict(backend.observe()[RowKey(row.INTERFACE, "vlan30")].values)
    before = rich.configured()
    backend.execute(
        [change(row.INTERFACE, "vlan30", told, None), change(row.INTERFACE, "vlan30", None, told)]
    )
    now = {one["name"]: one["_uuid"] for one in rich.rows("Interface")}
    assert {name for name in now if now[name] != was[name]} == {"vlan30"}
    assert rich.configured() == before


def test_a_bridge_goes_with_all_that_was_read_of_it(rich: OpenVSwitch, backend: OvsdbBackend) -> None:
    found = backend.observe()
    ports = {str(key) for key, one in found.items() if key[0] == row.PORT and one.values["bridge"] == "br-ex"}
    gone = [
        Change(key, one.values, None)
        for key, one in found.items()
        if key == RowKey(row.BRIDGE, "br-ex")
        or one.values.get("bridge") == "br-ex"
        or f"port {one.values.get('port')!s}" in ports
    ]
    backend.execute(gone)
    assert rich.vsctl("list-br").split() == ["br-int"]
    assert {one["name"] for one in rich.rows("Interface")} == {"br-int", "patch1"}
    backend.execute([one.inverse for one in gone])
    left = {key: one.values for key, one in backend.observe().items()}
    # But for what is known to be lost.
    back = {key: {**one.values} for key, one in found.items()}
    assert back[RowKey(row.PORT, "eno1")].pop(row.REFERS) == ("qos",)
    assert back == left


def test_what_others_write_meanwhile_stays(rich: OpenVSwitch, backend: OvsdbBackend) -> None:
    backend.observe()
    rich.vsctl(
        "set", "interface", "eno1", "external_ids:theirs=1", "--", "add", "port", "eno1", "trunks", "77"
    )
    rich.vsctl("add-port", "br-ex", "theirs", "--", "set", "interface", "theirs", "type=internal")
    keys: Values = {"external_ids:iface-id": "abc"}
    backend.execute(
        [
            change(row.INTERFACE, "eno1", keys, {"external_ids:iface-id": "ours"}),
            change(row.PORT, "eno1", {"trunks:4": 1}, {"trunks:4": 0}),
            *port("ours", type=row.INTERNAL),
        ]
    )
    found = rich.configured()
    assert found[row.INTERFACE, "eno1"]["external_ids"] == {
        "theirs": "1", "iface-id": "ours", "attached-mac": "52:54:00:00:00:01",
    }  # fmt: skip
    assert found[row.PORT, "eno1"]["trunks"] == sorted((30, 77, 200), key=str)
    assert {"theirs", "ours"} <= set(found[row.BRIDGE, "br-ex"]["ports"])


def test_a_link_of_the_kernel_is_there_when_the_call_returns(
    switch: OpenVSwitch, backend: OvsdbBackend
) -> None:
    backend.execute([*bridge("br0"), *port("vlan9", "br0", type=row.INTERNAL)])
    assert {"br0", "vlan9"} <= set(links())
    backend.execute([step.inverse for step in port("vlan9", "br0", type=row.INTERNAL)])
    assert "vlan9" not in links()


def test_a_nudge_counts_and_changes_nothing_else(rich: OpenVSwitch, backend: OvsdbBackend) -> None:
    before = rich.configured()
    [count] = [one["cur_cfg"] for one in rich.rows(row.ROOT)]
    backend.execute([Change(ROOT, {}, {})])
    [now] = [(one["cur_cfg"], one["next_cfg"]) for one in rich.rows(row.ROOT)]
    assert now == (count + 1, count + 1)
    assert rich.configured() == before


def test_five_hundred_ports(switch: OpenVSwitch, backend: OvsdbBackend) -> None:
    backend.execute(bridge("br0"))
    many: List[Change] = []
    for number in range(500):
        peer: Values = {"type": "patch", "options:peer": f"p{number ^ 1}"}
        many += port(f"p{number}", "br0", **peer)
    told = len(switch.transactions())
    began = time.monotonic()
    backend.execute(many)
    made = time.monotonic() - began
    assert switch.transactions()[told:].count("os-net-config") == 1
    fresh = OvsdbBackend()
    began = time.monotonic()
    found = fresh.observe()
    first = time.monotonic() - began
    began = time.monotonic()
    assert fresh.observe() == found
    again = time.monotonic() - began
    fresh.close()
    assert len(found) == 1 + 3 + 1000
    assert again < first / 3, f"made in {made:.2f} s, read in {first:.2f} s, and again in {again:.3f} s"


#: By type of an interface what ovs-vswitchd says of it.
ERRORS = {
    "": "could not open network device no9 (No such device)",
    "nonsense": "could not open network device no9 (Address family not supported by protocol)",
    "vxlan": "vxlan type requires valid 'remote_ip' argument",
}


def test_an_interface_that_cannot_be(switch: OpenVSwitch, backend: OvsdbBackend) -> None:
    backend.execute(bridge("br0"))
    before = switch.configured()
    for kind, text in ERRORS.items():
        steps = [*port("good", "br0", type=row.INTERNAL), *port("no9", "br0", type=kind)]
        found = refused(backend, steps)
        assert (found.step, found.remaining) == (steps[3], ())
        assert found.reason.startswith("interface no9: ") and text in found.reason
        assert begun(found, steps) == steps
        assert text in str(values(backend, row.INTERFACE, "no9")[row.ERROR])
        backend.execute([step.inverse for step in reversed(steps)])
        assert switch.configured() == before


def test_a_bridge_that_cannot_be(switch: OpenVSwitch, backend: OvsdbBackend) -> None:
    """Of its interfaces nothing at all is said."""
    backend.execute(bridge("br0"))
    before = switch.configured()
    steps = [*bridge("br1"), *port("vlan9", "br1", type=row.INTERNAL)]
    steps[0] = change(row.BRIDGE, "br1", None, {row.LABEL: "1", "datapath_type": "nonsense"})
    began = time.monotonic()
    found = refused(backend, steps)
    assert time.monotonic() - began < 10
    assert found.reason == (
        "bridge br1: ovs-vswitchd has not made it, and says why in its log (ovs-vswitchd.log)"
    )
    assert (found.done, found.remaining) == (tuple(steps), ())
    assert "failed to create bridge br1" in (switch.directory / "ovs-vswitchd.log").read_text(
        encoding="utf-8"
    )
    backend.execute([step.inverse for step in reversed(steps)])
    assert switch.configured() == before


def test_an_error_is_that_of_the_steps_about_the_interface(
    switch: OpenVSwitch, backend: OvsdbBackend
) -> None:
    """It is not made anew because something else of its port, or another port changes."""
    backend.execute(bridge("br0"))
    switch.vsctl("--no-wait", "add-port", "br0", "no8")
    backend.execute([change(row.PORT, name, {"tag": None}, {"tag": 5}) for name in ("br0", "no8")])
    found = refused(backend, [change(row.INTERFACE, "no8", {"mtu_request": None}, {"mtu_request": 1400})])
    assert "could not open network device no8" in found.reason


def test_a_daemon_that_stands_still(switch: OpenVSwitch) -> None:
    backend, steps = OvsdbBackend(seconds=1), bridge("br0")
    began = time.monotonic()
    with switch.stopped("ovs-vswitchd"):
        found = refused(backend, steps)
    assert 1.25 <= time.monotonic() - began < 5
    assert found.reason == "ovs-vswitchd has not carried out the change within 1 s: does it run?"
    assert (found.done, found.remaining, begun(found, steps)) == (tuple(steps), (), steps)
    backend.close()
    patient = OvsdbBackend()
    patient.execute([step.inverse for step in steps])
    assert switch.vsctl("list-br") == ""
    patient.close()


def test_a_daemon_that_stands_still_is_not_waited_for_twice(switch: OpenVSwitch) -> None:
    """What follows is the way back, which it will see when it goes on."""
    backend, steps = OvsdbBackend(seconds=3), bridge("br0")
    back = [step.inverse for step in reversed(steps)]
    with switch.stopped("ovs-vswitchd"):
        refused(backend, steps)
        began = time.monotonic()
        found = refused(backend, back)
        assert time.monotonic() - began < 2
        assert (found.done, found.remaining) == (tuple(back), ())
        assert RowKey(row.BRIDGE, "br0") not in backend.observe()
    # It does what it is told again.
    switch.vsctl("add-br", "br1")
    backend.execute(steps)
    assert "br0" in links()
    with switch.stopped("ovs-vswitchd"):
        began = time.monotonic()
        refused(backend, back)
        assert time.monotonic() - began >= 3
    backend.close()


def test_what_the_server_refuses(switch: OpenVSwitch, backend: OvsdbBackend) -> None:
    backend.execute(bridge("br0"))
    before = switch.configured()
    steps = [*port("good", "br0", type=row.INTERNAL), change(row.PORT, "empty", None, {"bridge": "br0"})]
    found = refused(backend, steps)
    assert found.reason.startswith("referential integrity violation: ")
    assert (found.done, begun(found, steps)) == ((), [])
    assert switch.configured() == before


#: Steps, and why they are refused here.
WRONG = [
    (change(row.PORT, "br0", {}, {"tag": 4096}), "tag: constraint violation: 4096 is not in the valid range"),
    (change(row.BRIDGE, "br0", {}, {"fail_mode": "x"}), "fail_mode: constraint violation: x is not one of"),
    (change(row.PORT, "br0", {}, {"trunks": ("x",)}), "trunks: x is not a number"),
    (change(row.PORT, "br0", {}, {"trunks:9999": 1}), "trunks: constraint violation: 9999 is not"),
    (change(row.PORT, "br9", {}, {"tag": 4}), "another program has removed port br9 meanwhile"),
    (change(row.PORT, "br0", None, {"bridge": "br0"}), "another program has made port br0 meanwhile"),
    (change(row.PORT, "new", None, {"bridge": "br9"}), "there is no bridge br9 for it"),
    (change(row.PORT, "br0", {"tag": 3}, {"tag": 4}), "another program has changed tag from 3 to none"),
    (
        change(row.PORT, "br0", {"bridge": "br9"}, {"bridge": "br0"}),
        "another program has moved port br0 to br0 meanwhile",
    ),
]


def test_what_is_not_even_sent(switch: OpenVSwitch, backend: OvsdbBackend) -> None:
    backend.execute(bridge("br0"))
    told = switch.transactions()
    first = change(row.PORT, "br0", {}, {"external_ids:a": "b"})
    for step, text in WRONG:
        found = refused(backend, [first, step])
        assert text in found.reason
        assert (found.step, found.done, found.remaining) == (step, (), (first,))
    assert switch.transactions() == told


@pytest.fixture
def between(switch: OpenVSwitch) -> Iterator[Callable[[Callable[[], Fate]], Any]]:
    """Something happens while a transaction is on its way."""

    def made(decide: Callable[[], Fate]) -> Any:
        return relay(f"{switch.directory}/relay.sock", switch.socket, b'"os-net-config"', decide)

    yield made


#: What another does, a step that does not know of it, and what becomes of that.
FASTER = [
    (
        "set port br0 tag=7",
        [change(row.PORT, "br0", {"tag": 5}, {"tag": 6})],
        "another program has changed tag from 5 to 7 meanwhile",
    ),
    (
        "add port br0 trunks 8",
        [change(row.PORT, "br0", {"trunks": ()}, {"trunks": ("9",)})],
        "another program has changed trunks from none to 8 meanwhile",
    ),
    (
        "del-br br0",
        [change(row.PORT, "br0", {"external_ids:a": None}, {"external_ids:a": "b"})],
        "another program has removed port br0 meanwhile",
    ),
    ("del-br br0", port("new", "br0", type=row.INTERNAL), "there is no bridge br0 for it"),
]


def test_another_was_faster(switch: OpenVSwitch, between: Callable[[Callable[[], Fate]], Any]) -> None:
    """It is not tried again: what was planned is not what would be done."""
    switch.vsctl("add-br", "br1")
    for words, steps, text in FASTER:
        switch.vsctl(
            "--if-exists", "del-br", "br0", "--", "add-br", "br0", "--", "set", "port", "br0", "tag=5"
        )
        asked: List[str] = []

        def decide(words: str = words, asked: List[str] = asked) -> Fate:
            asked.append(switch.vsctl(*words.split()))
            return Fate.PASSES

        backend = OvsdbBackend(f"{switch.directory}/relay.sock")
        with between(decide):
            found = refused(backend, [change(row.PORT, "br1", {"tag": None}, {"tag": 1}), *steps])
            backend.close()
        assert (found.reason, found.step, found.done) == (text, steps[0], ())
        assert len(asked) == 1
        assert switch.vsctl("get", "port", "br1", "tag") == "[]\n"


def test_a_connection_that_is_lost_in_the_middle(
    switch: OpenVSwitch, between: Callable[[Callable[[], Fate]], Any]
) -> None:
    """Nobody knows whether it was made, so it counts as made."""
    backend, steps = OvsdbBackend(f"{switch.directory}/relay.sock"), bridge("br0")
    for fate in (Fate.LOST, Fate.UNANSWERED):

        def decide(fate: Fate = fate) -> Fate:
            return fate

        with between(decide):
            found = refused(backend, steps)
            assert "the connection was closed; whether the change was made is not known" in found.reason
            assert (found.done, begun(found, steps)) == (tuple(steps), steps)
            # The next one is by a new connection.
            assert (RowKey(row.BRIDGE, "br0") in backend.observe()) == (fate is Fate.UNANSWERED)
            backend.close()


def test_a_server_that_ends(switch: OpenVSwitch) -> None:
    backend, steps = OvsdbBackend(seconds=5), bridge("br0")
    backend.observe()
    switch.kill("ovsdb-server")
    found = refused(backend, steps)
    assert found.reason == f"nobody listens on {switch.socket}: is Open vSwitch running?"
    assert (found.done, begun(found, steps)) == ((), [])
    assert backend.observe() == {}
    # It comes again, as after an update of the package.
    switch.start_server()
    backend.execute(steps)
    assert "br0" in links()
    backend.close()


def test_a_server_that_ends_while_the_daemon_is_awaited(
    switch: OpenVSwitch, between: Callable[[Callable[[], Fate]], Any]
) -> None:
    backend, steps = OvsdbBackend(seconds=20), bridge("br0")
    with switch.stopped("ovs-vswitchd"):
        killer = subprocess.Popen(
            [
                sys.executable,
                "-c",
                _KILL,
                switch.socket,
                f"{switch.directory}/ovsdb-server.pid",
            ]
        )
        found = refused(backend, steps)
        assert killer.wait() == 0
    assert found.reason.endswith("the connection was closed before ovs-vswitchd has carried out the change")
    assert (found.done, begun(found, steps)) == (tuple(steps), steps)
    # The kernel takes connections for it until it is all gone.
    switch.kill("ovsdb-server")
    assert backend.observe() == {}


#: Ends the server as soon as it tells that there is a bridge.
_KILL = """
import os, signal, subprocess, sys
words = ["ovsdb-client", "monitor", f"unix:{sys.argv[1]}", "Open_vSwitch", "Bridge", "name"]
monitor = subprocess.Popen(words, stdout=subprocess.PIPE, text=True)
for line in monitor.stdout:
    if "br0" in line:
        os.kill(int(open(sys.argv[2]).read()), signal.SIGKILL)
        break
monitor.wait()
"""


def test_a_server_that_does_not_answer(switch: OpenVSwitch) -> None:
    backend = OvsdbBackend(seconds=1)
    backend.observe()
    for one in (backend, OvsdbBackend(seconds=1)):
        with switch.stopped("ovsdb-server"):
            with pytest.raises(ObserveError, match="no answer"):
                one.observe()
            found = refused(one, bridge("br0"))
            assert "no answer" in found.reason and found.done == ()
        assert ROOT in one.observe()
        one.close()


def test_a_socket_that_is_closed_to_us(switch: OpenVSwitch) -> None:
    os.chmod(switch.socket, 0o700)
    for parent in (switch.directory, *list(switch.directory.parents)[:3]):
        os.chmod(parent, 0o755)
    os.seteuid(65534)
    try:
        with pytest.raises(ObserveError, match="Permission denied"):
            OvsdbBackend().observe()
    finally:
        os.seteuid(0)


def test_another_database(node: Node) -> None:
    schema = {"name": "Other", "version": "1.0.0", "tables": {"A": {"columns": {"b": {"type": "string"}}}}}
    path = node.file("other.ovsschema", json.dumps(schema))
    with open_vswitch(node.directory / "ovs", daemon=False) as switch:
        switch.kill("ovsdb-server")
        switch.database.unlink()
        switch.start_server(path)
        with pytest.raises(ObserveError, match="not a database of Open vSwitch: "):
            OvsdbBackend().observe()


def test_an_older_schema(node: Node) -> None:
    """A column that it lacks is not read, and cannot be written."""
    known = json.loads(SCHEMA.read_text(encoding="utf-8"))
    for table, name in ((row.PORT, "cvlans"), (row.CONTROLLER, "type")):
        del known["tables"][table]["columns"][name]
    path = node.file("old.ovsschema", json.dumps({**known, "version": "7.0.0"}))
    with open_vswitch(node.directory / "ovs", daemon=False) as switch:
        switch.kill("ovsdb-server")
        switch.database.unlink()
        switch.start_server(path)
        backend = OvsdbBackend(seconds=2)
        refused(backend, bridge("br0"))
        found = values(backend, row.PORT, "br0")
        assert "cvlans" not in found and found["trunks"] == ()
        error = refused(backend, [change(row.PORT, "br0", {}, {"cvlans": ("5",)})])
        assert error.reason == "this version of Open vSwitch has no cvlans"
        backend.close()


def test_of_a_name_that_occurs_twice_one_is_told(switch: OpenVSwitch, backend: OvsdbBackend) -> None:
    """A port in two bridges, a controller of two bridges, one target twice."""
    switch.vsctl("add-br", "br0", "--", "add-br", "br1", "--", "add-port", "br1", "both")
    switch.vsctl("--id=@p", "get", "port", "both", "--", "add", "bridge", "br0", "ports", "@p")
    switch.vsctl("set", "interface", "both", "type=internal")
    new = ("create", "controller", 'target="tcp:127.0.0.1:1"', "--")
    switch.vsctl("--id=@a", *new, "--id=@b", *new, "set", "bridge", "br0", "controller=@a,@b",
                 "--", "set", "bridge", "br1", "controller=@a")  # fmt: skip
    found = backend.observe()
    assert found[RowKey(row.PORT, "both")].values["bridge"] == "br0"
    assert found[RowKey(row.BRIDGE, "br0")].values["controller"] == ("tcp:127.0.0.1:1",)
    one, other = (RowKey(row.CONTROLLER, f"{name} tcp:127.0.0.1:1") for name in ("br0", "br1"))
    assert {one, other} <= found.keys()
    moves = change(row.PORT, "both", {"bridge": "br0"}, {"bridge": "br1"})
    backend.execute([Change(one, found[one].values, None), moves])
    found = backend.observe()
    assert one not in found and other in found
    assert found[RowKey(row.PORT, "both")].values["bridge"] == "br1"
    assert switch.vsctl("list-ports", "br0") == ""


def test_steps_of_a_node(switch: OpenVSwitch) -> None:
    """In the order of the plan: the link of a bridge is there for what comes after."""
    up = Change(LinkKey("br0"), {"up": 0, "mtu": 1500}, {"up": 1, "mtu": 1400})
    with NodeBackend() as backend:
        backend.execute([*bridge("br0"), up])
        found = backend.observe()
        assert found.values("br0")["up"] == 1 and found.values("br0")["mtu"] == 1400
        assert RowKey(row.PORT, "br0") in found.resources
        with pytest.raises(ExecuteError) as caught:
            steps = [*port("p0", "br0", type=row.INTERNAL), *port("no9", "br0"), up.inverse]
            backend.execute(steps)
        assert (caught.value.done, caught.value.remaining) == (tuple(steps[:4]), (up.inverse,))

"""The commands of ovs-vsctl(8) that say what rows are to be, and why others are not for a config."""

from __future__ import annotations

from types import MappingProxyType
from typing import Callable, Mapping, NamedTuple, Optional, Tuple

from ...state.model import RowKey
from ...state.row import BRIDGE
from ..words import did_you_mean
from . import bridges, edits, names, records, targets
from .call import FAKE_IFACE, IF_EXISTS, MAY_EXIST, PROBE, Call
from .rows import Rows


def _set(rows: Rows, call: Call) -> None:
    table, record, *words = call.arguments
    table = names.table(table)
    for key in records.keys(rows, table, record):
        for word in words:
            edits.assign(rows.row(key), table, word)


def _add(rows: Rows, call: Call) -> None:
    table, record, column, *words = call.arguments
    table = names.table(table)
    for key in records.keys(rows, table, record):
        edits.add(rows.row(key), table, column, words)


def _remove(rows: Rows, call: Call) -> None:
    table, record, column, *words = call.arguments
    table = names.table(table)
    for key in records.keys(rows, table, record):
        edits.remove(rows.row(key), table, column, words)


def _clear(rows: Rows, call: Call) -> None:
    table, record, *words = call.arguments
    table = names.table(table)
    for key in records.keys(rows, table, record):
        edits.clear(rows.row(key), table, words)
        targets.forget_unreached(rows, key)


def _set_external_id(rows: Rows, call: Call) -> None:
    bridge, key, *value = call.arguments
    column = names.column(BRIDGE, "external_ids")
    rows.row(RowKey(BRIDGE, records.name(bridge))).put_key(column, key, value[0] if value else None)


class Command(NamedTuple):
    """``most`` None: any number of arguments."""

    usage: str
    least: int
    most: Optional[int]
    do: Callable[[Rows, Call], None]
    options: Tuple[str, ...] = ()


_COLUMNS = "COLUMN[:KEY]=VALUE"
COMMANDS: Mapping[str, Command] = MappingProxyType(
    {
        "set": Command(f"TABLE RECORD {_COLUMNS}…", 3, None, _set, (IF_EXISTS,)),
        "add": Command("TABLE RECORD COLUMN [KEY=]VALUE…", 4, None, _add, (IF_EXISTS,)),
        "remove": Command("TABLE RECORD COLUMN KEY|VALUE…", 4, None, _remove, (IF_EXISTS,)),
        "clear": Command("TABLE RECORD COLUMN…", 3, None, _clear, (IF_EXISTS,)),
        "add-br": Command("BRIDGE", 1, 3, bridges.add_br, (MAY_EXIST,)),
        "del-br": Command("BRIDGE", 1, 1, bridges.del_br, (IF_EXISTS,)),
        "br-set-external-id": Command("BRIDGE KEY [VALUE]", 2, 3, _set_external_id),
        "add-port": Command(f"BRIDGE PORT [{_COLUMNS}]…", 2, None, bridges.add_port, (MAY_EXIST,)),
        "del-port": Command("[BRIDGE] PORT", 1, 2, bridges.del_port, (IF_EXISTS,)),
        "add-bond": Command(
            f"BRIDGE PORT INTERFACE INTERFACE… [{_COLUMNS}]…",
            *(4, None, bridges.add_bond, (MAY_EXIST, FAKE_IFACE)),
        ),
        "add-bond-iface": Command("PORT INTERFACE", 2, 2, bridges.add_bond_iface, (MAY_EXIST,)),
        "del-bond-iface": Command("[PORT] INTERFACE", 1, 2, bridges.del_bond_iface, (IF_EXISTS,)),
        "set-fail-mode": Command("BRIDGE standalone|secure", 2, 2, targets.set_fail_mode),
        "del-fail-mode": Command("BRIDGE", 1, 1, targets.del_fail_mode),
        "set-controller": Command("BRIDGE TARGET…", 2, None, targets.set_controller, (PROBE,)),
        "del-controller": Command("BRIDGE", 1, 1, targets.del_controller),
        "set-manager": Command("TARGET…", 1, None, targets.set_manager, (PROBE,)),
        "del-manager": Command("", 0, 0, targets.del_manager),
    }
)
#: Options with a value.
_VALUED = frozenset({PROBE})

_ASKS = "it only asks, and a config says what is to be"
_OTHER_ROWS = "rows of QoS, Mirror, NetFlow and others like them cannot be described here"
_KEYS = "keys and certificates of Open vSwitch cannot be described here"
_ZONES = "what conntrack's zones wait for cannot be described here"
_AUTO_ATTACH = "Auto-Attach cannot be described here"
REFUSED: Mapping[str, str] = MappingProxyType(
    {
        **dict.fromkeys(("get", "list", "find", "show", "list-br", "br-exists", "br-to-vlan"), _ASKS),
        **dict.fromkeys(("br-to-parent", "br-get-external-id", "list-ports", "port-to-br"), _ASKS),
        **dict.fromkeys(("list-ifaces", "iface-to-br", "get-controller", "get-fail-mode"), _ASKS),
        **dict.fromkeys(("get-manager", "get-ssl", "get-aa-mapping", "list-zone-tp", "list-dp-cap"), _ASKS),
        **dict.fromkeys(("create", "destroy"), _OTHER_ROWS),
        **dict.fromkeys(("set-ssl", "del-ssl"), _KEYS),
        **dict.fromkeys(("add-zone-tp", "del-zone-tp"), _ZONES),
        **dict.fromkeys(("add-aa-mapping", "del-aa-mapping"), _AUTO_ATTACH),
        "wait-until": "a run waits by itself for what it has changed",
        "emer-reset": "it changes rows that nobody has named",
        "init": "the database is there when Open vSwitch runs",
        "comment": "it says nothing of a row: write a comment of YAML",
    }
)


def command(call: Call) -> Command:
    """What a command does. Raises ValueError where it is not for a config, or not used as it should be."""
    if call.word in REFUSED:
        raise ValueError(f"{call.word} is not for a config: {REFUSED[call.word]}")
    found = COMMANDS.get(call.word)
    if found is None:
        raise ValueError(_unknown(call.word))
    for option, value in call.options.items():
        if option not in found.options:
            raise ValueError(f"{call.word} has no option {option} here")
        if (option in _VALUED) != (value is not None):
            raise ValueError(f"{option} {'needs a' if option in _VALUED else 'has no'} value")
    count = len(call.arguments)
    if count < found.least or (found.most is not None and count > found.most):
        raise ValueError(f"it is to be {call.word} {found.usage}".rstrip())
    return found


def _unknown(word: str) -> str:
    if "=" in word:
        return f"{word} is no command: it is to be set TABLE RECORD {word}"
    return f"{word!r} is no command of ovs-vsctl{did_you_mean(word, (*COMMANDS, *REFUSED))}"

"""The part of the database that concerns us: tables, the columns that bind them, what a server has of it.

An older Open vSwitch has fewer columns. The server is asked for its schema before the library for its
protocol is imported, so that a node without Open vSwitch does not wait for that.
"""

from __future__ import annotations

import os
from types import MappingProxyType
from typing import Any, Dict, FrozenSet, Mapping, Optional, Tuple

from ...state import row
from ..protocol import ObserveError
from . import question

#: A request that is carried out counts here, and what ovs-vswitchd has made of it there.
NEXT, CURRENT = "next_cfg", "cur_cfg"
#: The OpenFlow port of an interface: none before ovs-vswitchd has seen it, -1 where it could not make it.
OFPORT = "ofport"
#: What names a row of a table.
NAMES: Mapping[str, str] = MappingProxyType(
    {
        **dict.fromkeys((row.BRIDGE, row.PORT, row.INTERFACE), "name"),
        **dict.fromkeys((row.CONTROLLER, row.MANAGER), "target"),
    }
)
#: The table that a row is listed in, and its column. A row that is in no list is not kept by the server.
OWNERS: Mapping[str, Tuple[str, str]] = MappingProxyType(
    {
        row.BRIDGE: (row.ROOT, "bridges"),
        row.MANAGER: (row.ROOT, "manager_options"),
        **{table: (owner, column) for table, (_, owner, column) in row.PARENTS.items()},
    }
)
#: The attributes that say where others are; rows of a table of their own do.
TARGETS: Mapping[str, Tuple[str, str]] = MappingProxyType(
    {row.ROOT: ("manager", "manager_options"), row.BRIDGE: ("controller", "controller")}
)


def _columns(table: str) -> FrozenSet[str]:
    said_by_others = {TARGETS[table][0]} if table in TARGETS else set()
    said_by_others |= {row.PARENTS[table][0]} if table in row.PARENTS else set()
    return frozenset(row.TABLES[table]) - said_by_others


#: The attributes of each table that are columns of it.
ATTRIBUTES: Mapping[str, FrozenSet[str]] = MappingProxyType({table: _columns(table) for table in row.TABLES})

Schema = Mapping[str, Any]

#: RFC 7047, 4.1.2.
_REQUEST = b'{"method":"get_schema","params":["Open_vSwitch"],"id":0}'


def lists(table: str) -> Tuple[str, ...]:
    """The columns of a table in which rows of others are listed."""
    return tuple(column for owner, column in OWNERS.values() if owner == table)


def reduced(schema: Schema) -> Schema:
    """Only what concerns us. Raises ValueError where it lacks what there always was."""
    tables: Dict[str, Any] = {}
    for table in row.TABLES:
        whole = schema.get("tables", {}).get(table)
        if whole is None:
            raise ValueError(f"there is no table {table}")
        have = whole["columns"]
        binding = _binding(table)
        missing = sorted(binding - have.keys())
        if missing:
            raise ValueError(f"the table {table} has no {', '.join(missing)}")
        wanted = sorted((ATTRIBUTES[table] | binding | _TOLD.get(table, frozenset())) & have.keys())
        columns = {name: have[name] for name in wanted}
        columns.update({name: _opaque(have[name]) for name in row.REFERENCES.get(table, ()) if name in have})
        tables[table] = {**whole, "columns": columns}
    return {**schema, "tables": tables}


def _opaque(column: Schema) -> Schema:
    """A column that refers to rows of a table which is not read (RFC 7047, 3.2)."""
    type_ = dict(column["type"])
    for part in ("key", "value"):
        if isinstance(type_.get(part), dict):
            type_[part] = {name: one for name, one in type_[part].items() if not name.startswith("ref")}
    return {**column, "type": type_}


#: Columns in which ovs-vswitchd tells what it has made, or could make.
_TOLD: Mapping[str, FrozenSet[str]] = MappingProxyType(
    {row.ROOT: frozenset({row.DATAPATHS}), row.INTERFACE: frozenset({row.ERROR, OFPORT})}
)


def _binding(table: str) -> FrozenSet[str]:
    named = {NAMES[table]} if table in NAMES else {NEXT, CURRENT}
    return frozenset(named | set(lists(table)))


def default_socket() -> str:
    """Where ovsdb-server listens, as all tools of Open vSwitch find it (ovs-vsctl(8), OVS_RUNDIR)."""
    return os.path.join(os.environ.get("OVS_RUNDIR") or "/run/openvswitch", "db.sock")


#: Where its packages have the server.
_PLACES = ("/usr/sbin", "/usr/local/sbin", "/sbin")


def is_installed() -> bool:
    """Whether Open vSwitch may come: it has a directory for its socket, or its server can be started.

    In a container it has the first of them from when it has run once since the boot.
    """
    programs = (os.path.join(place, "ovsdb-server") for place in _PLACES)
    return any(map(os.path.exists, (os.path.dirname(default_socket()), *programs)))


def asked(path: str, seconds: float) -> Optional[Schema]:
    """That of the server that listens there; None: nobody does. Raises ObserveError."""
    answer = question.asked(path, _REQUEST, seconds)
    return None if answer is None else _schema(path, answer)


def _schema(path: str, answer: Mapping[str, Any]) -> Schema:
    error = answer.get("error")
    if error is not None:
        said = error.get("details") or error.get("error") if isinstance(error, dict) else error
        raise ObserveError(f"{path}: not a database of Open vSwitch: {said}")
    try:
        return reduced(answer["result"])
    except (KeyError, ValueError, TypeError, AttributeError) as wrong:
        raise ObserveError(f"{path}: not a database of Open vSwitch that is known here: {wrong}") from wrong

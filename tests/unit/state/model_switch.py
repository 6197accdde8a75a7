"""Open vSwitch in miniature: rows, and the links that it makes for internal interfaces."""

from __future__ import annotations

from typing import Dict, Iterator, Mapping

from os_net_config.state import row
from os_net_config.state.attributes import NoDefault
from os_net_config.state.model import RowKey
from os_net_config.state.values import Value, Values

Table = Dict[str, Value]


def random_mac(name: str) -> bytes:
    """The same for each name: random enough here."""
    return name.encode()[:6].ljust(6, b"\2")


def fresh(key: RowKey, values: Values) -> Table:
    """A new row: every scalar has a value, and of the optional columns those that are said."""
    made: Table = {}
    for name, attribute in row.TABLES[key.table].items():
        if attribute.default is not None and not isinstance(attribute.default, NoDefault):
            made[name] = attribute.default
    change(made, values, key)
    return made


def change(mine: Table, values: Values, key: RowKey) -> None:
    """As OVSDB changes a row: whole columns, keys of a map, values of a set."""
    table = row.TABLES[key.table]
    for name, value in values.items():
        column, _, one = name.partition(":")
        type_ = table[column].type
        if isinstance(type_, row.Map) and not one:
            _put_map(mine, column, value)
        elif isinstance(type_, row.Set) and one:
            known = mine.get(column)
            texts = [str(text) for text in known if text != one] if isinstance(known, tuple) else []
            mine[column] = type_.of((*texts, *([one] if value else [])))
        elif value is None:
            mine.pop(name, None)
        else:
            mine[name] = value


def _put_map(mine: Table, column: str, value: Value) -> None:
    for name in [name for name in mine if name.startswith(f"{column}:") and name != row.LABEL]:
        del mine[name]
    for text in value if isinstance(value, tuple) else ():
        key, _, one = str(text).partition("=")
        mine[f"{column}:{key}"] = one


def children(key: RowKey, rows: Mapping[RowKey, Table]) -> Iterator[RowKey]:
    """The rows that belong to this one."""
    for other, values in rows.items():
        attribute, table, _ = row.PARENTS.get(other.table, ("", "", ""))
        if table == key.table and values.get(attribute) == key.name:
            yield other


def without_interface(rows: Mapping[RowKey, Table]) -> Iterator[RowKey]:
    """Ports that the server does not take: at least one interface is listed in each."""
    for key in rows:
        if key.table == row.PORT and not any(children(key, rows)):
            yield key


def told(key: RowKey, values: Table, rows: Mapping[RowKey, Table]) -> Table:
    """With the targets of its controllers or managers."""
    if key.table == row.BRIDGE:
        controllers = (one for other, one in rows.items() if other.table == row.CONTROLLER)
        targets = [str(one["target"]) for one in controllers if one["bridge"] == key.name]
        return {**values, "controller": tuple(sorted(targets))}
    if key.table == row.ROOT:
        targets = [k.name for k in rows if k.table == row.MANAGER]
        return {**values, "manager": tuple(sorted(targets))}
    return dict(values)

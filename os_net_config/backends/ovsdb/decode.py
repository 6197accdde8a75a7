"""From rows of the database to resources. Pure."""

from __future__ import annotations

import itertools
from typing import Dict, Hashable, Iterable, Iterator, List, Mapping, NamedTuple, Tuple

from ...state import row
from ...state.model import ROOT_KEY, Key, Resource, RowKey
from ...state.values import Value, Values
from .schema import ATTRIBUTES, CURRENT, NAMES, NEXT, OFPORT, OWNERS, TARGETS

Uuid = Hashable


class Read(NamedTuple):
    """One row: its name, what its columns say, and by column the rows that are listed in it."""

    name: str
    values: Values
    listed: Mapping[str, Tuple[Uuid, ...]]


class Place(NamedTuple):
    """A row under its key, and the rows that it is listed in."""

    key: RowKey
    uuid: Uuid
    owners: Tuple[Uuid, ...] = ()


#: The rows by table and UUID.
Tables = Mapping[str, Mapping[Uuid, Read]]


def values(table: str, columns: Mapping[str, object]) -> Dict[str, Value]:
    """The attributes of a row. ``columns`` are as the library has them: an optional value is a list."""
    found: Dict[str, Value] = {}
    for name in row.TABLES[table]:
        if name not in columns or name not in ATTRIBUTES[table]:
            continue
        kind, raw = row.TABLES[table][name].type, columns[name]
        if isinstance(raw, dict):
            found.update({f"{name}:{key}": str(one) for key, one in raw.items()})
        elif isinstance(kind, row.Set):
            found[name] = _sorted(raw if isinstance(raw, list) else [raw])
        elif not isinstance(raw, list):
            found[name] = _plain(raw)
        elif raw:
            found[name] = _plain(raw[0])
    return {**found, **dict(_told(table, columns))}


#: Of what ovs-vswitchd has not seen, and of what it could not make.
_NO_PORT: Tuple[List[int], ...] = ([], [-1])


def _told(table: str, columns: Mapping[str, object]) -> Iterator[Tuple[str, Value]]:
    """What ovs-vswitchd says, and what is known of references."""
    datapaths, error = columns.get(row.DATAPATHS), columns.get(row.ERROR)
    if table == row.ROOT and _number(columns, NEXT) > _number(columns, CURRENT):
        yield row.BEHIND, 1
    if table == row.ROOT and isinstance(datapaths, list):
        yield row.DATAPATHS, _sorted(datapaths)
    if table == row.INTERFACE and isinstance(error, list) and error and error[0]:
        yield row.ERROR, _in_one_line(str(error[0]), str(columns.get(NAMES[table])))
    if table == row.INTERFACE and columns.get(OFPORT) in _NO_PORT:
        yield row.UNMADE, 1
    refers = tuple(name for name in row.REFERENCES.get(table, ()) if columns.get(name))
    if refers:
        yield row.REFERS, refers


def _number(columns: Mapping[str, object], name: str) -> int:
    value = columns.get(name, 0)
    return value if isinstance(value, int) else 0


def _in_one_line(error: str, name: str) -> str:
    """Several lines of ovs-vswitchd's about one interface, some of which begin with its name."""
    lines = (line.strip() for line in error.splitlines())
    said = (line[len(name) + 2 :] if line.startswith(f"{name}: ") else line for line in lines)
    return "; ".join(line for line in said if line)


def _sorted(several: Iterable[object]) -> Tuple[str, ...]:
    """Texts, in the order of the numbers that they are in the database."""
    return tuple(str(one) for one in sorted(several, key=lambda one: (isinstance(one, str), one)))


def _plain(one: object) -> Value:
    return int(one) if isinstance(one, (bool, int)) else str(one)


def resources(tables: Tables) -> Dict[Key, Resource]:
    """The rows by key. The root's is there in any case."""
    found: Dict[Key, Resource] = {ROOT_KEY: _root()}
    for place in places(tables):
        table = place.key.table
        if place.key in found and table != row.ROOT:
            continue
        read = tables[table][place.uuid]
        said = dict(read.values)
        if table == row.ROOT:
            said[row.DATABASE] = str(place.uuid)
        if table in row.PARENTS and place.owners:
            attribute, owner, _ = row.PARENTS[table]
            said[attribute] = tables[owner][place.owners[0]].name
        if table in TARGETS:
            attribute, column = TARGETS[table]
            said[attribute] = _targets(tables, table, read, column)
        found[place.key] = Resource(place.key, said)
    return found


def _root() -> Resource:
    return Resource(ROOT_KEY, {"manager": ()})


def _targets(tables: Tables, table: str, read: Read, column: str) -> Tuple[str, ...]:
    of = next(one for one, owner in OWNERS.items() if owner == (table, column))
    return _sorted({tables[of][one].name for one in read.listed.get(column, ()) if one in tables[of]})


def places(tables: Tables) -> Iterator[Place]:
    """Every row under its key, in the order of names. Of a name that occurs twice each row is told."""
    for uuid in itertools.islice(sorted(tables[row.ROOT], key=str), 1):
        yield Place(ROOT_KEY, uuid)
    for table, (owner, column) in OWNERS.items():
        owners = _owners(tables, owner, column)
        for uuid, read in _by_name(tables[table]):
            if table != row.CONTROLLER:
                yield Place(RowKey(table, read.name), uuid, tuple(owners.get(uuid, ())))
                continue
            for one in owners.get(uuid, ()):
                yield Place(RowKey(table, f"{tables[owner][one].name} {read.name}"), uuid, (one,))


def _owners(tables: Tables, table: str, column: str) -> Dict[Uuid, List[Uuid]]:
    """By row those that it is listed in: one, or more where somebody made a mistake."""
    found: Dict[Uuid, List[Uuid]] = {}
    for uuid, read in _by_name(tables[table]):
        for one in read.listed.get(column, ()):
            found.setdefault(one, []).append(uuid)
    return found


def _by_name(rows: Mapping[Uuid, Read]) -> List[Tuple[Uuid, Read]]:
    return sorted(rows.items(), key=lambda one: (one[1].name, str(one[0])))

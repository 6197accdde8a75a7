"""From steps to the writes of one transaction.

Only what a step names is written: of a map its key, of a set its value, so that what others write
beside it meanwhile stays. What is written as a whole has to be as it was when the step was planned; each
row that is touched has to be there still, for the server ignores writes to one that is not.
"""

from __future__ import annotations

from typing import AbstractSet, Any, Callable, Dict, List, Mapping, NamedTuple, Optional, Sequence, Set, Tuple

from ovs.db.data import Datum
from ovs.db.error import Error

from ...state import row
from ...state.diff import Change
from ...state.model import RowKey
from ...state.values import Value, Values
from . import decode
from .connection import Column, Connection, Row
from .schema import ATTRIBUTES, NAMES, NEXT, OWNERS

#: From an attribute's value to the column's type (RFC 7047, 3.2, <atomic-type>).
_PYTHON: Mapping[str, Callable[[object], object]] = {
    "integer": lambda one: int(str(one)),
    "boolean": lambda one: bool(int(str(one))),
    "string": str,
}


class StepError(Exception):
    """A step that cannot be written."""

    def __init__(self, step: Change, reason: str) -> None:
        super().__init__(reason)
        self.step = step
        self.reason = reason


class There(NamedTuple):
    """A row as it is, and those that it is listed in."""

    one: Row
    owners: Sequence[Row]


class Member(NamedTuple):
    """A row that enters or leaves a list."""

    one: Row
    enters: bool
    step: Change


class Writer:
    """Puts one transaction together."""

    def __init__(self, connection: Connection, transaction: Any) -> None:
        self._connection = connection
        self._transaction = transaction
        self._there: Dict[RowKey, List[There]] = {}
        self._made: Dict[RowKey, Row] = {}
        #: By UUID, as the rows that are made.
        self._gone: Set[object] = set()
        self._new: Set[object] = set()
        #: By list: the owner, and the name of its column.
        self._members: Dict[Tuple[Row, str], List[Member]] = {}
        for place in decode.places(connection.tables()):
            owner = OWNERS.get(place.key.table, ("", ""))[0]
            owners = [connection.row(owner, uuid) for uuid in place.owners]
            there = There(connection.row(place.key.table, place.uuid), owners)
            self._there.setdefault(place.key, []).append(there)

    def write(self, steps: Sequence[Change]) -> None:
        """Raises StepError."""
        leaving = {step.key for step in steps if step.after is None}
        root = self._root()
        for step in steps:
            if step.before is None:
                self._make(step, leaving)
            elif step.after is None:
                self._gone.update(there.one.uuid for there in self._there.get(_key(step), ()))
        for step in steps:
            self._write(step)
        for (owner, column), members in self._members.items():
            self._list(owner, column, members)
        root.increment(NEXT)

    def _root(self) -> Row:
        """The one row of its table, made where nobody has done so."""
        key = RowKey(row.ROOT, row.ROOT_NAME)
        if key in self._there:
            return self._there[key][0].one
        made = self._insert(key)
        setattr(made, NEXT, 0)
        return made

    def _insert(self, key: RowKey) -> Row:
        self._made[key] = made = self._connection.insert(self._transaction, key.table)
        self._new.add(made.uuid)
        return made

    def _make(self, step: Change, leaving: AbstractSet[object]) -> None:
        key = _key(step)
        if key in self._there and key not in leaving:
            raise StepError(step, f"another program has made {key} meanwhile")
        self._insert(key)

    def _write(self, step: Change) -> None:
        if step.after is None:
            self._remove(step)
        elif step.before is None:
            self._fill(step, step.after)
        else:
            self._update(step, step.before, step.after)

    def _remove(self, step: Change) -> None:
        """From all lists: the server removes what is in none. What is gone already may be so."""
        for there in self._there.get(_key(step), ()):
            for owner in there.owners:
                self._move(owner, there.one, False, step)

    def _fill(self, step: Change, after: Values) -> None:
        key = _key(step)
        one = self._made[key]
        name = NAMES[key.table]
        setattr(one, name, str(after.get(name, key.name.rpartition(" ")[2])))
        self._move(self._owner(step, after), one, True, step)
        whole: Dict[str, Any] = {}
        for attribute, value in after.items():
            column, colon, _ = attribute.partition(":")
            if column not in ATTRIBUTES[key.table] or value is None:
                # What others say, what is read only, and what it has not.
                continue
            if colon:
                self._add(whole, step, attribute, value)
            elif attribute != name:
                whole[column] = self._typed(step, column, value)
        for column, made in whole.items():
            self._set(step, one, column, made)

    def _add(self, whole: Dict[str, Any], step: Change, attribute: str, value: Value) -> None:
        """A key or a value to those of a row that is new."""
        column, _, part = attribute.partition(":")
        if self._column(step, column).type.is_map():
            whole.setdefault(column, {})[part] = str(value)
        elif value:
            whole.setdefault(column, []).append(self._atom(step, column, part))

    def _update(self, step: Change, before: Values, after: Values) -> None:
        key = _key(step)
        parent = row.PARENTS.get(key.table, ("",))[0]
        if key not in self._there and key not in self._made:
            raise StepError(step, f"another program has removed {key} meanwhile")
        one = self._current(key)
        self._touch(key.table, one)
        for attribute, value in after.items():
            column, colon, _ = attribute.partition(":")
            if attribute == parent:
                self._change_owner(step, after)
            elif column not in ATTRIBUTES[key.table]:
                continue
            elif colon:
                self._write_part(step, one, attribute, value)
            else:
                new = self._typed(step, column, value)
                if key not in self._made:
                    self._as_it_was(step, one, column, before)
                self._set(step, one, column, new)

    def _write_part(self, step: Change, one: Row, attribute: str, value: Value) -> None:
        """One key of a map, or one value of a set."""
        column, _, part = attribute.partition(":")
        if self._column(step, column).type.is_map():
            if value is None:
                one.delkey(column, part)
            else:
                self._check(step, column, {part: str(value)})
                one.setkey(column, part, str(value))
        else:
            atom = self._atom(step, column, part)
            self._check(step, column, [atom])
            (one.addvalue if value else one.delvalue)(column, atom)

    def _as_it_was(self, step: Change, one: Row, column: str, before: Values) -> None:
        """What the step begins from is so here, and is to be so at the server."""
        table = _key(step).table
        attribute = row.TABLES[table][column]
        now = row.view(decode.values(table, {column: getattr(one, column)}), column, attribute)
        if column in before and before[column] != now:
            told = f"from {attribute.type.show(before[column])} to {attribute.type.show(now)}"
            raise StepError(step, f"another program has changed {column} {told} meanwhile")
        one.verify(column)

    def _owner(self, step: Change, values: Values) -> Row:
        """The row that this one is to be listed in."""
        key = _key(step)
        owner = RowKey(row.ROOT, row.ROOT_NAME)
        if key.table in row.PARENTS:
            attribute, table, _ = row.PARENTS[key.table]
            owner = RowKey(table, str(values.get(attribute)))
        if owner not in self._made and owner not in self._there:
            raise StepError(step, f"there is no {owner} for it")
        return self._current(owner)

    def _change_owner(self, step: Change, after: Values) -> None:
        to = self._owner(step, after)
        key = _key(step)
        for there in self._there.get(key, ()):
            for owner in there.owners:
                if owner != to:
                    self._move(owner, there.one, False, step)
        self._move(to, self._current(key), True, step)

    def _current(self, key: RowKey) -> Row:
        return self._made[key] if key in self._made else self._there[key][0].one

    def _move(self, owner: Row, one: Row, enters: bool, step: Change) -> None:
        column = OWNERS[_key(step).table][1]
        self._members.setdefault((owner, column), []).append(Member(one, enters, step))

    def _list(self, owner: Row, column: str, members: Sequence[Member]) -> None:
        """Write who is in a list. One that may not be empty, even in between, is written as a whole."""
        if owner.uuid in self._gone:
            return
        enter = [member.one for member in members if member.enters]
        leave = [member.one for member in members if not member.enters]
        step, table = members[0].step, OWNERS[_key(members[0].step).table][0]
        if owner.uuid in self._new:
            self._set(step, owner, column, enter)
            return
        self._touch(table, owner)
        rest = [one for one in getattr(owner, column) if one not in leave]
        if leave and not rest and self._column(step, column, table).type.n_min:
            owner.verify(column)
            self._set(step, owner, column, enter)
            return
        for one in leave:
            owner.delvalue(column, one)
        for one in enter:
            owner.addvalue(column, one)

    def _touch(self, table: str, one: Row) -> None:
        if table in NAMES:
            one.verify(NAMES[table])

    def _set(self, step: Change, one: Row, column: str, value: object) -> None:
        self._check(step, column, value, one)
        setattr(one, column, value)

    def _check(self, step: Change, column: str, value: object, one: Optional[Row] = None) -> None:
        """The library says nothing of a value that does not fit, and writes nothing."""
        described = one._table.columns[column] if one is not None else self._column(step, column)
        try:
            Datum.from_python(described.type, value, lambda part: getattr(part, "uuid", part))
        except Error as error:
            raise StepError(step, f"{column}: {error}") from error

    def _typed(self, step: Change, column: str, value: Value) -> object:
        """As the library takes it."""
        kind = self._column(step, column).type
        if kind.is_map():
            pairs = (str(one).partition("=") for one in value) if isinstance(value, tuple) else ()
            return {key: text for key, _, text in pairs}
        if value is None:
            return Datum.default(kind).to_python(lambda one, _: one) if kind.is_scalar() else []
        if isinstance(value, tuple):
            return [self._atom(step, column, one) for one in value]
        return self._atom(step, column, value)

    def _atom(self, step: Change, column: str, value: object) -> object:
        try:
            return _PYTHON[self._column(step, column).type.key.type.name](value)
        except ValueError as error:
            raise StepError(step, f"{column}: {value!s} is not a number") from error

    def _column(self, step: Change, name: str, table: str = "") -> Column:
        found = self._connection.column(table or _key(step).table, name)
        if found is None:
            raise StepError(step, f"this version of Open vSwitch has no {name}")
        return found


def _key(step: Change) -> RowKey:
    assert isinstance(step.key, RowKey), step
    return step.key


def blamed(steps: Sequence[Change], text: str) -> Change:
    """The step that an error of the whole transaction speaks of, as far as it can be told."""
    return next((step for step in steps if f'"{_key(step).name}"' in text), steps[0])


def errors(steps: Sequence[Change], found: Mapping[Any, Any]) -> List[Tuple[Change, str]]:
    """What ovs-vswitchd says of the interfaces that the steps are about, and of those of their ports."""
    about = {_key(step): step for step in steps if step.after is not None}
    told = []
    for key, resource in found.items():
        text = resource.values.get(row.ERROR) if isinstance(key, RowKey) else None
        port = RowKey(row.PORT, str(resource.values.get("port"))) if text is not None else None
        step = about.get(key) or (about.get(port) if port is not None else None)
        if text is not None and step is not None:
            told.append((step, f"{key}: {text}"))
    return told

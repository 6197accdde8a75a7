"""From steps to the writes of one transaction.

Only what a step names is written: of a map its key, of a set its value, so that what others write
beside it meanwhile stays. What is written as a whole has to be as it was when the step was planned; each
row that is touched has to be there still, for the server ignores writes to one that is not.
"""

from __future__ import annotations

import contextlib
from typing import AbstractSet, Any, Dict, Iterator, List, NamedTuple, Sequence, Set, Tuple

from ...state import row
from ...state.diff import Change
from ...state.model import ROOT_KEY, RowKey
from ...state.values import Value, Values
from . import columns, decode
from .columns import Column
from .connection import Connection, Row
from .schema import ATTRIBUTES, NAMES, NEXT, OWNERS


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
            with _of(step):
                self._write(step)
        for (owner, column), members in self._members.items():
            with _of(members[0].step):
                self._list(owner, column, members)
        root.increment(NEXT)

    def _root(self) -> Row:
        """The one row of its table, made where nobody has done so."""
        if ROOT_KEY in self._there:
            return self._there[ROOT_KEY][0].one
        made = self._insert(ROOT_KEY)
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
                whole[column] = columns.whole(self._column(step, column), value)
        for column, made in whole.items():
            self._set(one, column, made)

    def _add(self, whole: Dict[str, Any], step: Change, attribute: str, value: Value) -> None:
        """A key or a value to those of a row that is new."""
        column, _, part = attribute.partition(":")
        if self._column(step, column).type.is_map():
            whole.setdefault(column, {})[part] = str(value)
        elif value:
            whole.setdefault(column, []).append(columns.single(self._column(step, column), part))

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
                self._change_owner(step, before, after)
            elif column not in ATTRIBUTES[key.table]:
                continue
            elif colon:
                self._write_part(step, one, attribute, value)
            else:
                new = columns.whole(self._column(step, column), value)
                if key not in self._made:
                    self._as_it_was(step, one, column, before)
                    new = _with_label(one, column, new)
                self._set(one, column, new)

    def _write_part(self, step: Change, one: Row, attribute: str, value: Value) -> None:
        """One key of a map, or one value of a set."""
        name, _, part = attribute.partition(":")
        column = self._column(step, name)
        if not column.type.is_map():
            single = columns.single(column, part)
            columns.check(column, [single])
            (one.addvalue if value else one.delvalue)(name, single)
        elif value is None:
            one.delkey(name, part)
        else:
            columns.check(column, {part: str(value)})
            one.setkey(name, part, str(value))

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
        owner = ROOT_KEY
        if key.table in row.PARENTS:
            attribute, table, _ = row.PARENTS[key.table]
            owner = RowKey(table, str(values.get(attribute)))
        if owner not in self._made and owner not in self._there:
            raise StepError(step, f"there is no {owner} for it")
        return self._current(owner)

    def _change_owner(self, step: Change, before: Values, after: Values) -> None:
        key, to = _key(step), self._owner(step, after)
        attribute, table, column = row.PARENTS[key.table]
        for there in self._there.get(key, ()):
            told = [getattr(owner, NAMES[table]) for owner in there.owners]
            if before.get(attribute) is not None and before[attribute] not in told:
                raise StepError(step, f"another program has moved {key} to {', '.join(told)} meanwhile")
            for owner in there.owners:
                # Otherwise it might be listed twice, where another moves it as well.
                owner.verify(column)
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
            self._set(owner, column, enter)
            return
        self._touch(table, owner)
        rest = [one for one in getattr(owner, column) if one not in leave]
        if leave and not rest and self._column(step, column, table).type.n_min:
            owner.verify(column)
            self._set(owner, column, enter)
            return
        for one in leave:
            owner.delvalue(column, one)
        for one in enter:
            owner.addvalue(column, one)

    def _touch(self, table: str, one: Row) -> None:
        if table in NAMES:
            one.verify(NAMES[table])

    def _set(self, one: Row, name: str, value: object) -> None:
        columns.check(one._table.columns[name], value)
        setattr(one, name, value)

    def _column(self, step: Change, name: str, table: str = "") -> Column:
        found = self._connection.column(table or _key(step).table, name)
        if found is None:
            raise StepError(step, f"this version of Open vSwitch has no {name}")
        return found


def _with_label(one: Row, column: str, value: Any) -> Any:
    """Whoever says all of a map, our label is not meant: nothing tells of it but the row."""
    name, _, key = row.LABEL.partition(":")
    label = getattr(one, name).get(key) if column == name else None
    return {**value, key: label} if label is not None else value


@contextlib.contextmanager
def _of(step: Change) -> Iterator[None]:
    """A value that does not fit is said of the step."""
    try:
        yield
    except ValueError as error:
        raise StepError(step, str(error)) from error


def _key(step: Change) -> RowKey:
    assert isinstance(step.key, RowKey), step
    return step.key

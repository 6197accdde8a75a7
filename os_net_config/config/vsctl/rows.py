"""What commands say of rows, kept while they are read in order: the later ones win."""

from __future__ import annotations

from typing import Dict, Iterable, List, Mapping, NamedTuple, Optional, Sequence, Tuple

from ...state.model import RowKey
from ...state.row import BRIDGE, CONTROLLER, INTERFACE, LABEL, MANAGER, PARENTS, PORT
from ...state.values import Value
from .names import Column

#: Stands for the row itself: 1 if it is there, 0 if not.
PRESENCE = ""


class Says(NamedTuple):
    """What a command says of a row: the value of an attribute.

    With attribute "" whether the row is there (1) or not (0).
    """

    key: RowKey
    attribute: str
    value: Value


class Unsaid:
    """Stands for what no command has said anything of."""


UNSAID = Unsaid()
#: A row may go with the one of its own name in another table: a bridge's own port, a port's one interface.
_NAMESAKES: Mapping[str, str] = {PORT: BRIDGE, INTERFACE: PORT}


class Rows:
    """The rows that were spoken of, each with its attributes."""

    def __init__(self) -> None:
        self._rows: Dict[RowKey, Dict[str, Value]] = {}

    def says(self) -> List[Says]:
        return [Says(key, name, value) for key, said in self._rows.items() for name, value in said.items()]

    def said(self, key: RowKey, attribute: str) -> object:
        """The value, or UNSAID."""
        return self._rows.get(key, {}).get(attribute, UNSAID)

    def check(self, key: RowKey) -> None:
        """Raises ValueError for a row that was deleted."""
        if self._is_gone(key):
            raise ValueError(f"{key} is deleted by a command before")

    def row(self, key: RowKey) -> Row:
        """Raises ValueError for a row that was deleted."""
        self.check(key)
        return Row(self._rows.setdefault(key, {}))

    def _is_gone(self, key: RowKey) -> bool:
        if key in self._rows:
            return self._rows[key].get(PRESENCE) == 0
        above = _NAMESAKES.get(key.table)
        return above is not None and self._is_gone(RowKey(above, key.name))

    def make(self, key: RowKey, values: Mapping[str, Value]) -> Row:
        """Say that it is there, with these values, whatever was said of it before."""
        said = self._rows.setdefault(key, {})
        if said.get(PRESENCE) == 0:
            said.clear()
        for name, value in values.items():
            if said.get(name, value) != value:
                raise ValueError(f"{key} has another {name} by a command before: {said[name]!s}")
            said[name] = value
        return Row(said)

    def delete(self, key: RowKey) -> None:
        """Say that it is not there, and forget what was said of all that belongs to it."""
        self._forget_children(key)
        self._rows[key] = {PRESENCE: 0}

    def _forget_children(self, key: RowKey) -> None:
        for child in [one for one in self._rows if self._belongs(one, key)]:
            self._forget_children(child)
            del self._rows[child]

    def _belongs(self, child: RowKey, key: RowKey) -> bool:
        if child.table == CONTROLLER:
            return key.table == BRIDGE and _is_controller(child, key.name)
        attribute, table, _ = PARENTS.get(child.table, ("", "", ""))
        if table != key.table or self._rows[child].get(PRESENCE) == 0:
            return False
        return self._rows[child].get(attribute, child.name) == key.name

    def forget_controllers(self, bridge: str) -> None:
        self._forget([one for one in self._rows if _is_controller(one, bridge)])

    def forget_managers(self) -> None:
        self._forget([one for one in self._rows if one.table == MANAGER])

    def _forget(self, keys: Iterable[RowKey]) -> None:
        for key in keys:
            del self._rows[key]


def _is_controller(key: RowKey, bridge: str) -> bool:
    return key.table == CONTROLLER and key.name.startswith(f"{bridge} ")


class Row:
    """What was said of one row, by attribute. ``said`` is changed in place."""

    def __init__(self, said: Dict[str, Value]) -> None:
        self._said = said

    def get(self, name: str) -> object:
        """The value of an attribute, or UNSAID."""
        return self._said.get(name, UNSAID)

    def put(self, column: Column, value: Value) -> None:
        """The whole column; what was said of its parts is over."""
        for name in [one for one in self._said if one.startswith(f"{column.name}:")]:
            del self._said[name]
        self._said[column.name] = value

    def whole(self, column: Column) -> Optional[Sequence[str]]:
        """All of a set or a map; None where only parts of it were spoken of, or nothing."""
        value = self._said.get(column.name)
        return [str(one) for one in value] if isinstance(value, tuple) else None

    def key(self, column: Column, key: str) -> object:
        """The value of a key, None where it is not there, UNSAID where nobody spoke of it."""
        whole = self.whole(column)
        if whole is None:
            return self.get(f"{column.name}:{key}")
        return dict(pair.split("=", 1) for pair in whole).get(key)

    def put_key(self, column: Column, key: str, value: Optional[str]) -> None:
        """Raises ValueError for a key that cannot be spoken of. None: it is not there."""
        name = attribute_of(column, key)
        whole = self.whole(column)
        if whole is None:
            self._said[name] = value
            return
        pairs = dict(pair.split("=", 1) for pair in whole)
        pairs.pop(key, None)
        self._said[column.name] = show_pairs(column, {**pairs, **({} if value is None else {key: value})})

    def put_member(self, column: Column, member: str, there: bool) -> None:
        """Whether a set has this value."""
        type_, whole = column.set_type, self.whole(column)
        if whole is None or type_ is None:
            self._said[f"{column.name}:{member}"] = int(there)
        else:
            others = tuple(one for one in whole if one != member)
            self._said[column.name] = type_.of((*others, member) if there else others)


def attribute_of(column: Column, key: str) -> str:
    """The attribute that a key of a map is. Raises ValueError for one that cannot be spoken of."""
    name = f"{column.name}:{key}"
    if not key or "=" in key:
        raise ValueError(f"{key!r} as the key of {column.name}: it must have a letter, and no =")
    if name == LABEL:
        raise ValueError(f"{name} is the label of what this program made")
    return name


def show_pairs(column: Column, pairs: Mapping[str, str]) -> Tuple[str, ...]:
    """A whole map as an attribute's value."""
    return tuple(f"{key}={pairs[key]}" for key in sorted(pairs) if attribute_of(column, key))

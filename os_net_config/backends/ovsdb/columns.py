"""From an attribute's value to what the library takes for a column."""

from __future__ import annotations

from typing import Any, Callable, Mapping

from ovs.db.data import Datum
from ovs.db.error import Error

from ...state.values import Value

#: A column of the library's, which has no types.
Column = Any

#: By the type of a column's values (RFC 7047, 3.2, <atomic-type>).
_PYTHON: Mapping[str, Callable[[object], object]] = {
    "integer": lambda one: int(str(one)),
    "boolean": lambda one: bool(int(str(one))),
    "string": str,
}


def whole(column: Column, value: Value) -> object:
    """All of a column; None: what it has where nobody says anything. Raises ValueError."""
    kind = column.type
    if kind.is_map():
        pairs = (str(one).partition("=") for one in value) if isinstance(value, tuple) else ()
        return {key: text for key, _, text in pairs}
    if value is None:
        return Datum.default(kind).to_python(lambda one, _: one) if kind.is_scalar() else []
    if isinstance(value, tuple):
        return [single(column, one) for one in value]
    return single(column, value)


def single(column: Column, value: object) -> object:
    """One value of a column. Raises ValueError."""
    try:
        return _PYTHON[column.type.key.type.name](value)
    except ValueError as error:
        raise ValueError(f"{column.name}: {value!s} is not a number") from error


def check(column: Column, value: object) -> None:
    """The library says nothing of a value that does not fit, and writes nothing. Raises ValueError."""
    try:
        Datum.from_python(column.type, value, lambda one: getattr(one, "uuid", one))
    except Error as error:
        raise ValueError(f"{column.name}: {error}") from error

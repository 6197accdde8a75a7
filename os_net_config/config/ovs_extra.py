"""What commands of ``ovs_extra`` say of rows: it counts more than all else that is said of them."""

from __future__ import annotations

from typing import Dict, Iterable

from ..state import row, rows
from ..state.model import Key, Resource, RowKey
from ..state.values import Value
from .objects import Object


def commands(one: Object) -> Dict[int, str]:
    """Those of an object by their place in its list; what is blank is none."""
    texts = enumerate(str(text or "").strip() for text in one.get("ovs_extra") or ())
    return {number: text for number, text in texts if text}


def add(resources: Dict[Key, Resource], objects: Iterable[Object]) -> None:
    """Add what the commands of these objects say to the rows; all of them can be understood."""
    for one in objects:
        texts = commands(one)
        if texts:
            from .vsctl import read

            for said in read(list(texts.values()), one.name):
                known = resources.get(said.key)
                origin = (*one.path, "ovs_extra")
                there = known or Resource(said.key, {}, origin, {row.LABEL: rows.MADE})
                resources[said.key] = _with(there, said.attribute, said.value) if said.attribute else there


def _with(resource: Resource, name: str, value: Value) -> Resource:
    """A whole column takes the place of its keys; a key goes into the whole column where that is said."""
    column, _, key = name.partition(":")
    values, initial = dict(resource.values), dict(resource.initial)
    whole = values.get(column)
    if key and isinstance(whole, tuple):
        assert isinstance(resource.key, RowKey)
        type_ = row.TABLES[resource.key.table][column].type
        values[column] = row.with_part(type_, whole, key, value)
        return resource._replace(values=values)
    if not key:
        values = {n: v for n, v in values.items() if not n.startswith(f"{column}:")}
        initial = {n: v for n, v in initial.items() if not n.startswith(f"{column}:") or n == row.LABEL}
    values[name] = value
    initial.pop(name, None)
    return resource._replace(values=values, initial=initial)

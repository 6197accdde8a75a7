"""Controllers of bridges, and managers: rows of their own, whose targets another row lists. Pure.

The record keeps all that those have which were there before us. Where one is to be there again, it is as it
was.
"""

from __future__ import annotations

from typing import Dict, FrozenSet, Iterator, List, Tuple

from . import row
from .model import ROOT_KEY, Key, Resource, RowKey, State, value_of
from .record import Entry, Record
from .rows import MADE, says_which
from .values import Value, Values


def with_peers(wanted: State) -> State:
    """With a row for each controller and manager that a bridge or the database is to have."""
    found: Dict[Key, Resource] = {}
    for one in wanted:
        # What is said of a controller may come after its bridge.
        found.setdefault(one.key, one)
        for key, values in _peers(one):
            known = wanted.get(key)
            said = known.values if known is not None else {}
            found[key] = Resource(key, {**values, **said}, one.origin, {row.LABEL: MADE})
    return State(found)


def put_back(settled: State, record: Record) -> State:
    """With those that there are to be, and no other; what was there before us is as it was."""
    found = {one.key: one for one in settled if says_which(one, settled) is None}
    for one in settled:
        for key, values in _peers(one):
            own = settled.get(key) or Resource(key, values, one.origin)
            entry = record.get(key)
            if entry is not None and not entry.made:
                own = own._replace(initial=_as_it_was(entry.before, own.values))
            found[key] = own
    return State(found)


def _as_it_was(before: Values, said: Values) -> Values:
    """What it is made again with: nothing of a map that is said as a whole."""
    return {name: value for name, value in _columns(before).items() if name.partition(":")[0] not in said}


def _columns(before: Values) -> Values:
    """All that one had: of a map each key by itself."""
    return {name: one for name, one in before.items() if one is not None and not isinstance(one, tuple)}


def noted(record: Record, known: Record, live: State) -> Record:
    """With all that those had which were there before us; ``known`` is the record of earlier runs.

    Nobody claims anything of one that is not to be there now.
    """
    entries = dict(record.entries)
    for holder in record:
        for key, _ in _peers(Resource(holder.key, holder.before)):
            earlier, own = known.get(key), entries.get(key, Entry(key, False, {}, {}))
            found = live.get(key) if earlier is None else Resource(key, _columns(earlier.before))
            if found is not None and not own.made:
                said: FrozenSet[str] = frozenset().union(*own.claims.values())
                as_found = {name: value_of(found, name) for name in sorted(said)}
                entries[key] = own._replace(before={**found.values, **as_found})
    return Record(entries)


def _peers(one: Resource) -> Iterator[Tuple[RowKey, Values]]:
    if one.key == ROOT_KEY:
        for target in _targets(one.values.get("manager")):
            yield RowKey(row.MANAGER, target), {"target": target}
    elif isinstance(one.key, RowKey) and one.key.table == row.BRIDGE:
        for target in _targets(one.values.get("controller")):
            key = RowKey(row.CONTROLLER, f"{one.key.name} {target}")
            yield key, {"bridge": one.key.name, "target": target}


def _targets(said: Value) -> List[str]:
    return [str(one) for one in said] if isinstance(said, tuple) else []

"""What is plugged into bridges of Open vSwitch now, and what a plan does to that. Pure."""

from __future__ import annotations

from typing import Dict, List, Mapping, Optional

from . import row
from .diff import Change
from .model import Key, RowKey, State
from .values import Value


class Plugged:
    """Ports and bridges as rows say them, of which the kernel knows no ``master``."""

    def __init__(self, changes: Mapping[Key, Change], live: State) -> None:
        self._changes, self._live = changes, live
        self._of: Dict[RowKey, List[str]] = {}
        for one in live:
            if isinstance(one.key, RowKey) and one.key.table in {row.PORT, row.INTERFACE}:
                attribute, table, _ = row.PARENTS[one.key.table]
                self._of.setdefault(RowKey(table, str(one.values.get(attribute))), []).append(one.key.name)

    def ports(self, bridge: str) -> Mapping[str, List[str]]:
        """The interfaces of each port that leads out of the node, or to another bridge."""
        ports = {port: self._of.get(RowKey(row.PORT, port), []) for port in self._of.get(_bridge(bridge), ())}
        return {port: some for port, some in ports.items() if not any(map(self._live.is_internal, some))}

    def is_bridge(self, name: str) -> bool:
        return self._live.get(_bridge(name)) is not None

    def bridge(self, name: str) -> Optional[str]:
        """That which has the interface now."""
        port = self._value(RowKey(row.INTERFACE, name), "port")
        found = self._value(RowKey(row.PORT, str(port)), "bridge")
        return str(found) if found is not None else None

    def new_bridge(self, name: str) -> Optional[str]:
        """That which gets the interface, if it is another one than before."""
        port = self._then(RowKey(row.INTERFACE, name), "port")
        found = self._then(RowKey(row.PORT, str(port)), "bridge")
        return str(found) if found is not None and str(found) != self.bridge(name) else None

    def leaves(self, interface: str, bridge: str) -> bool:
        port = self._then(RowKey(row.INTERFACE, interface), "port")
        return self._then(RowKey(row.PORT, str(port)), "bridge") != bridge

    def _value(self, key: RowKey, attribute: str) -> Value:
        have = self._live.get(key)
        return have.values.get(attribute) if have is not None else None

    def _then(self, key: RowKey, attribute: str) -> Value:
        change = self._changes.get(key)
        if change is not None and change.after is None:
            return None
        said = (change.after or {}) if change is not None else {}
        return said[attribute] if attribute in said else self._value(key, attribute)


def _bridge(name: str) -> RowKey:
    return RowKey(row.BRIDGE, name)

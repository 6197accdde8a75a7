"""Rows of Open vSwitch that only are together: a bridge with its own port, a port with an interface. Pure."""

from __future__ import annotations

from typing import AbstractSet, Dict, Iterator, Mapping, Tuple

from . import row
from .model import Key, Resource, RowKey, State
from .problem import Path
from .record import carries_our_label
from .release import Settled
from .values import Values


def kept_whole(settled: Settled, live: State) -> Settled:
    """Without removals of what something that stays cannot be without.

    Where our label is on a part and not on the whole, somebody has made the whole his own. So the part is
    his as well, and loses our label.
    """
    kept = dict.fromkeys(_own_ports(settled.removals, live))
    going = settled.removals.keys() - kept.keys()
    kept.update(dict.fromkeys(_last_interfaces(settled.removals, going, settled.wanted, live)))
    if not kept:
        return settled
    theirs = (live.resources[key] for key in kept)
    freed: Dict[Key, Resource] = {
        one.key: Resource(one.key, {row.LABEL: None}) for one in theirs if carries_our_label(one)
    }
    removals = {key: asks for key, asks in settled.removals.items() if key not in kept}
    return settled._replace(wanted=State({**settled.wanted.resources, **freed}), removals=removals)


def _by_itself(removals: Mapping[Key, Path], table: str, live: State) -> Iterator[Tuple[RowKey, Values]]:
    """The rows of a table that go without anybody asking for it."""
    for key, asks in removals.items():
        own = live.get(key)
        if isinstance(key, RowKey) and key.table == table and own is not None and not asks:
            yield key, own.values


def _own_ports(removals: Mapping[Key, Path], live: State) -> Iterator[RowKey]:
    """Of bridges that stay."""
    for key, _ in _by_itself(removals, row.PORT, live):
        bridge = RowKey(row.BRIDGE, key.name)
        if live.get(bridge) is not None and bridge not in removals:
            yield key


def _last_interfaces(
    removals: Mapping[Key, Path], going: AbstractSet[Key], wanted: State, live: State
) -> Iterator[RowKey]:
    """Of ports that stay, and have no other one then."""
    stay = (one for one in (*wanted, *live) if one.key not in going)
    supplied = {one.values.get("port") for one in stay if isinstance(one.key, RowKey)}
    for key, values in _by_itself(removals, row.INTERFACE, live):
        port = live.get(RowKey(row.PORT, str(values.get("port"))))
        if port is None or port.key in going or values.get("port") in supplied:
            continue
        if RowKey(row.BRIDGE, str(port.values.get("bridge"))) not in going:
            yield key

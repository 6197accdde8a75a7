"""The MTU that an interface's row asks for. Pure.

ovs-vswitchd gives it to the link, also to one of the kernel: a NIC, a bond. Such a one keeps it when the row
asks no more (vswitchd/bridge.c, iface_set_netdev_mtu), so that we take it back.
"""

from __future__ import annotations

from typing import Iterable, Iterator

from .diff import Change
from .model import LinkKey, Resource, RowKey, State
from .values import Value

COLUMN = "mtu_request"
#: Types of interfaces that are links of the kernel.
_OF_THE_KERNEL = frozenset({"", "system"})


def with_mtus(wanted: State, live: State) -> State:
    """With the MTU of each link of the kernel for which a row asks: it counts more than the link's own."""
    found = dict(wanted.resources)
    for one in wanted:
        mtu = one.values.get(COLUMN)
        if isinstance(one.key, RowKey) and mtu is not None and _is_of_the_kernel(one.key, wanted, live):
            key = LinkKey(one.key.name)
            link = wanted.get(key) or Resource(key, {}, one.origin)
            found[key] = link._replace(values={**link.values, "mtu": mtu})
    return State(found)


def _is_of_the_kernel(key: RowKey, wanted: State, live: State) -> bool:
    there = any(state.link(key.name) is not None for state in (wanted, live))
    return there and _type(key, wanted, live) in _OF_THE_KERNEL


def _type(key: RowKey, *states: State) -> Value:
    """That of an interface in the first of these states that says it."""
    known = (state.get(key) for state in states)
    return next((one.values["type"] for one in known if one is not None and "type" in one.values), "")


def asking(changes: Iterable[Change]) -> Iterator[str]:
    """The interfaces of which the rows ask for an MTU before or after one of these changes."""
    for one in changes:
        sides = (one.before or {}, one.after or {})
        if isinstance(one.key, RowKey) and any(side.get(COLUMN) is not None for side in sides):
            yield one.key.name

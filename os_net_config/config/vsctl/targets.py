"""Commands about where controllers and managers are, and about a bridge without one. All raise ValueError."""

from __future__ import annotations

import re
from typing import Sequence, Tuple

from ...state.model import ROOT_KEY, RowKey
from ...state.row import BRIDGE, MANAGER, ROOT, TABLES
from . import edits
from .call import PROBE, Call
from .names import Column
from .records import controllers, name
from .rows import Rows

#: Where a side connects to or listens (vconn in ovs-vsctl(8); ovsdb(7)).
_TARGET = re.compile(r"(ssl|tcp|unix|punix):\S+|(pssl|ptcp):\S*")
_CONTROLLER = Column(BRIDGE, TABLES[BRIDGE]["controller"])
_MANAGER = Column(ROOT, TABLES[ROOT]["manager"])


def set_controller(rows: Rows, call: Call) -> None:
    bridge, *words = call.arguments
    targets = _targets(words)
    rows.row(RowKey(BRIDGE, name(bridge))).put(_CONTROLLER, targets)
    rows.forget_controllers(bridge)
    _probe(rows, call, controllers(bridge, targets))


def del_controller(rows: Rows, call: Call) -> None:
    bridge = name(call.arguments[0])
    rows.row(RowKey(BRIDGE, bridge)).put(_CONTROLLER, ())
    rows.forget_controllers(bridge)


def set_manager(rows: Rows, call: Call) -> None:
    targets = _targets(call.arguments)
    rows.row(ROOT_KEY).put(_MANAGER, targets)
    rows.forget_managers()
    _probe(rows, call, [RowKey(MANAGER, target) for target in targets])


def del_manager(rows: Rows, call: Call) -> None:
    rows.row(ROOT_KEY).put(_MANAGER, ())
    rows.forget_managers()


def forget_unreached(rows: Rows, key: RowKey) -> None:
    """Where a row has no controllers or managers any more, nothing is to be said of them."""
    if rows.said(key, _CONTROLLER.name) == ():
        rows.forget_controllers(key.name)
    if rows.said(key, _MANAGER.name) == ():
        rows.forget_managers()


def _targets(words: Sequence[str]) -> Tuple[str, ...]:
    for word in words:
        if _TARGET.fullmatch(word) is None:
            raise ValueError(f"{word!r} leads nowhere: it is to be such as tcp:192.0.2.1:6653 or ptcp:6640")
    return tuple(sorted(set(words)))


def _probe(rows: Rows, call: Call, keys: Sequence[RowKey]) -> None:
    if PROBE in call.options:
        for key in keys:
            edits.assign(rows.row(key), key.table, f"inactivity_probe={call.options[PROBE]}")


def set_fail_mode(rows: Rows, call: Call) -> None:
    bridge, mode = call.arguments
    attribute = TABLES[BRIDGE]["fail_mode"]
    value = attribute.type.parse(mode)
    rows.row(RowKey(BRIDGE, name(bridge))).put(Column(BRIDGE, attribute), value)


def del_fail_mode(rows: Rows, call: Call) -> None:
    edits.clear(rows.row(RowKey(BRIDGE, name(call.arguments[0]))), BRIDGE, ["fail_mode"])

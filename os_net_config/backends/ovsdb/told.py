"""Which step it is that the server, or ovs-vswitchd, speaks of. Pure."""

from __future__ import annotations

from typing import Dict, List, Mapping, Optional, Sequence, Tuple

from ...state import row
from ...state.diff import Change
from ...state.model import Key, Resource, RowKey


def blamed(steps: Sequence[Change], text: str) -> Change:
    """The step that an error of the whole transaction speaks of, as far as it can be told."""
    return next((step for step in steps if f'"{step.key[1]!s}"' in text), steps[0])


def errors(steps: Sequence[Change], found: Mapping[Key, Resource]) -> List[Tuple[Change, str]]:
    """What ovs-vswitchd could not make of what the steps are about, in its own words where it tells them.

    It tells them of interfaces; a bridge that it cannot make has none at all, its own neither. An interface
    is not made anew because its port changes, unless the port is new or on another bridge.
    """
    about = {step.key: step for step in steps if step.after is not None}
    placed = {key: step for key, step in about.items() if _is_placed(step)}
    told: Dict[str, Change] = {}
    for key, interface in found.items():
        if not isinstance(key, RowKey) or key.table != row.INTERFACE or row.fault(interface.values) is None:
            continue
        port = RowKey(row.PORT, str(interface.values.get("port")))
        what, why = key, interface.values.get(row.ERROR)
        if why is None:
            what, why = _unmade(key, found.get(port), found), row.ONLY_IN_ITS_LOG
        step = about.get(key) or placed.get(port) or about.get(what)
        if step is not None:
            told.setdefault(f"{what}: {why!s}", step)
    return [(step, text) for text, step in told.items()]


def of_dpdk(steps: Sequence[Change], found: Mapping[Key, Resource]) -> List[Change]:
    """Those that make or change an interface which DPDK drives."""
    return [step for step in steps if step.after is not None and _is_driven(found.get(step.key))]


def _is_driven(one: Optional[Resource]) -> bool:
    is_interface = one is not None and isinstance(one.key, RowKey) and one.key.table == row.INTERFACE
    return is_interface and one is not None and one.values.get("type") == row.DPDK


def _is_placed(step: Change) -> bool:
    return step.before is None or "bridge" in (step.after or {})


def in_words(told: Sequence[Tuple[Change, str]]) -> str:
    """In one message; of very many the first."""
    texts = [text for _, text in told[:_MOST]]
    more = [f"and {len(told) - _MOST} more"] if len(told) > _MOST else []
    return "; ".join([*texts, *more])


#: Texts in one message.
_MOST = 12


def _unmade(interface: RowKey, port: Optional[Resource], found: Mapping[Key, Resource]) -> RowKey:
    """The interface, or its bridge where that has not been made."""
    bridge = str(port.values.get("bridge")) if port is not None else ""
    own = found.get(RowKey(row.INTERFACE, bridge))
    is_made = own is None or row.UNMADE not in own.values or row.ERROR in own.values
    return interface if is_made else RowKey(row.BRIDGE, bridge)

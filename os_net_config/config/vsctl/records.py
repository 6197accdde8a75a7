"""The rows that a word of a command stands for. All raise ValueError."""

from __future__ import annotations

import re
from typing import List, Sequence

from ...state.model import ROOT_KEY, RowKey
from ...state.row import BRIDGE, CONTROLLER, MANAGER, ROOT, ROOT_NAME
from .rows import Rows

_UUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")


def name(word: str) -> str:
    """That of a bridge, a port or an interface."""
    if _UUID.fullmatch(word):
        raise ValueError(f"{word} is another row on each node: say its name")
    if word.startswith("@"):
        raise ValueError(f"{word} stands for a row of create, which cannot be described here")
    if not word or not word.isprintable() or re.search(r"[\s/]", word):
        raise ValueError(f"{word!r} is no name")
    return word


def keys(rows: Rows, table: str, word: str) -> List[RowKey]:
    """The rows of a table that ``word`` names: of controllers, all that the bridge has."""
    if table == CONTROLLER:
        return _controllers(rows, name(word))
    if table == MANAGER:
        return _managers(rows, word)
    if table == ROOT and word != ROOT_NAME:
        raise ValueError(f"{word!r}: the one row of {ROOT} is {ROOT_NAME}")
    return [RowKey(table, name(word))]


def controllers(bridge: str, targets: Sequence[str]) -> List[RowKey]:
    return [RowKey(CONTROLLER, f"{bridge} {target}") for target in targets]


def _controllers(rows: Rows, bridge: str) -> List[RowKey]:
    targets = rows.said(RowKey(BRIDGE, bridge), "controller")
    if not isinstance(targets, tuple) or not targets:
        raise ValueError(
            f"which controllers {bridge} has is to be said before: set-controller {bridge} TARGET"
        )
    return controllers(bridge, targets)


def _managers(rows: Rows, target: str) -> List[RowKey]:
    targets = rows.said(ROOT_KEY, "manager")
    if not isinstance(targets, tuple) or target not in targets:
        raise ValueError(f"{target!r} is to be made a manager before: set-manager {target}")
    return [RowKey(MANAGER, target)]

"""A plan as JSON: documented in docs/plan-format.md and schemas/plan.schema.json."""

from __future__ import annotations

from typing import Any, Dict, Optional

from .. import __version__
from ..engine.converge import Prepared
from ..state.diff import Change
from ..state.model import AddressKey, LinkKey, RouteKey, attributes_of
from ..state.problem import show_path
from ..state.values import Values
from . import problems

FORMAT = "os-net-config plan"
#: Raised when a reader of the old form could misread the new one.
FORMAT_VERSION = 1


def as_json(prepared: Prepared, filename: str, applied: bool) -> Dict[str, Any]:
    changes = prepared.plan.changes
    return {
        "format": FORMAT,
        "version": FORMAT_VERSION,
        "program": __version__,
        "file": filename,
        "changed": bool(changes),
        "applied": applied,
        "summary": {
            name: sum(action(change) == name for change in changes) for name in ("add", "change", "remove")
        },
        "changes": [_change(change, prepared) for change in changes],
        "steps": [_change(step, prepared) for step in prepared.plan.steps],
        "warnings": problems.as_json(prepared.warnings, prepared.config.document, filename),
    }


def action(change: Change) -> str:
    if change.before is None:
        return "add"
    return "remove" if change.after is None else "change"


def link_of(change: Change) -> str:
    """The link that the change belongs to."""
    key = change.key
    if isinstance(key, LinkKey):
        return key.name
    if isinstance(key, AddressKey):
        return key.link
    values = change.after if change.after is not None else change.before
    return str((values or {}).get("link") or (change.before or {}).get("link") or "")


def kind_of(change: Change, prepared: Prepared) -> Values:
    """Attributes that tell the kind of the change's resource."""
    for state in (prepared.wanted, prepared.live):
        resource = state.get(change.key)
        if resource is not None and "kind" in resource.values:
            return resource.values
    return {}


def route_link(change: Change, prepared: Prepared) -> str:
    resource = prepared.wanted.get(change.key) or prepared.live.get(change.key)
    return str(resource.values.get("link")) if resource is not None else ""


def _change(change: Change, prepared: Prepared) -> Dict[str, Any]:
    key = change.key
    identity: Dict[str, Any] = {"link": link_of(change) or route_link(change, prepared)}
    if isinstance(key, AddressKey):
        identity["address"] = str(key.prefix)
    elif isinstance(key, RouteKey):
        identity.update(destination=str(key.destination), metric=key.metric, table=key.table)
    return {
        "action": action(change),
        "resource": key.resource,
        **identity,
        "origin": show_path(change.origin) or None,
        "before": _values(change, change.before, prepared),
        "after": _values(change, change.after, prepared),
    }


def _values(change: Change, values: Optional[Values], prepared: Prepared) -> Optional[Dict[str, Any]]:
    if values is None:
        return None
    table = attributes_of(change.key, kind_of(change, prepared))
    return {name: table[name].type.json(value) for name, value in values.items() if name in table}

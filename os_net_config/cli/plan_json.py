"""A plan as JSON: documented in docs/plan-format.md and schemas/plan.schema.json."""

from __future__ import annotations

from typing import Any, Callable, Dict, Mapping, Optional, Sequence

from .. import __version__
from ..engine.prepared import Prepared
from ..state.diff import Change
from ..state.interruption import Interruption, interruptions
from ..state.model import (
    SETTINGS,
    AddressKey,
    DeviceKey,
    EthtoolKey,
    FileKey,
    Key,
    LinkKey,
    NameKey,
    NicNameKey,
    ProcessKey,
    ResolverKey,
    Resource,
    RouteKey,
    RowKey,
    RuleKey,
    SysctlKey,
    attributes_of,
)
from ..state.names import LABEL
from ..state.problem import show_path
from ..state.values import Values
from . import problems

FORMAT = "os-net-config plan"
#: Raised when a reader of the old form could misread the new one.
FORMAT_VERSION = 1


def as_json(
    prepared: Prepared,
    filename: str,
    applied: bool,
    risks: Sequence[str] = (),
    confirm: Optional[int] = None,
) -> Dict[str, Any]:
    """``risks``: what becomes of the session and of the default routes (state/lifeline.py).

    ``confirm``: in how many seconds it has to be confirmed.
    """
    changes = prepared.plan.changes
    return {
        "format": FORMAT,
        "version": FORMAT_VERSION,
        "program": __version__,
        "file": filename,
        "section": prepared.scope.section,
        "changed": bool(changes),
        "applied": applied,
        "summary": summary(prepared),
        "changes": [_change(change, prepared) for change in changes],
        "steps": [_change(step, prepared) for step in prepared.plan.steps],
        "interruptions": [_interruption(one) for one in interruptions(prepared.plan, prepared.live)],
        "unknown": [_unknown(one) for one in unknown(prepared)],
        "at_risk": list(risks),
        "confirm": confirm,
        "warnings": problems.as_json(prepared.warnings, prepared.config.document, filename),
    }


def summary(prepared: Prepared) -> Mapping[str, int]:
    """How many resources are made, changed and removed."""
    actions = [action(change) for change in prepared.plan.changes]
    return {name: actions.count(name) for name in ("add", "change", "remove")}


def unknown(prepared: Prepared) -> Sequence[Resource]:
    """What carries our label and nobody knows of, but for the names of the label itself."""
    return [one for one in prepared.unknown if one.values.get("name") != LABEL]


def action(change: Change) -> str:
    if change.before is None:
        return "add"
    return "remove" if change.after is None else "change"


def link_of(change: Change) -> str:
    """The link that the change belongs to."""
    key = change.key
    if isinstance(key, (LinkKey, NicNameKey)):
        return key.name
    if isinstance(key, (AddressKey, ProcessKey, *SETTINGS)):
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
    return str(resource.values.get("link") or "") if resource is not None else ""


def _change(change: Change, prepared: Prepared) -> Dict[str, Any]:
    return {
        "action": action(change),
        **_identity(change.key, link_of(change) or route_link(change, prepared)),
        "origin": show_path(change.origin) or None,
        "before": _values(change, change.before, prepared),
        "after": _values(change, change.after, prepared),
        **({"probes": [_identity(key, key.link) for key in change.probes]} if change.probes else {}),
    }


#: What identifies what is not of a link.
_WITHOUT_LINK: Mapping[type, Callable[[Any], Dict[str, Any]]] = {
    DeviceKey: lambda key: {"address": key.address},
    FileKey: lambda key: {"path": key.path},
    NameKey: lambda key: {"file": key.file, "number": key.number},
    ResolverKey: lambda key: {"place": key.place},
    RowKey: lambda key: {"table": key.table, "name": key.name},
    RuleKey: lambda key: {"family": key.family, "priority": key.priority, "rule": str(key)},
}


def _identity(key: Key, link: str) -> Dict[str, Any]:
    if type(key) in _WITHOUT_LINK:
        return {"resource": key.resource, **_WITHOUT_LINK[type(key)](key)}
    identity: Dict[str, Any] = {"link": link}
    if isinstance(key, SysctlKey):
        identity.update(family=key.family, name=key.name)
    elif isinstance(key, EthtoolKey):
        identity["group"] = key.group
    elif isinstance(key, ProcessKey):
        identity["service"] = key.service
    elif isinstance(key, AddressKey):
        identity["address"] = str(key.prefix)
    elif isinstance(key, RouteKey):
        identity.update(destination=str(key.destination), metric=key.metric, table=key.table)
    return {"resource": key.resource, **identity}


def _interruption(one: Interruption) -> Dict[str, Any]:
    return {"link": one.link, "what": one.what, "vlans": one.vlans, "returned": len(one.returned)}


def _unknown(resource: Resource) -> Dict[str, Any]:
    return _identity(resource.key, link_of(Change(resource.key, resource.values, None)))


def _values(change: Change, values: Optional[Values], prepared: Prepared) -> Optional[Dict[str, Any]]:
    if values is None:
        return None
    table = attributes_of(change.key, kind_of(change, prepared))
    return {name: table[name].type.json(value) for name, value in values.items() if name in table}

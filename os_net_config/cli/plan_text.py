"""A plan for a person: one line per change, grouped by link."""

from __future__ import annotations

from typing import Dict, Iterator, List, Mapping

from ..engine.converge import Prepared
from ..state.diff import Change
from ..state.model import AddressKey, LinkKey, RouteKey, attributes_of
from ..state.problem import show_path
from ..state.values import Values
from .plan_json import action, kind_of, link_of, route_link

_MARKS = {"add": "+", "change": "~", "remove": "-"}
_COLOURS = {"+": "\x1b[32m", "~": "\x1b[33m", "-": "\x1b[31m"}
_BOLD, _PLAIN = "\x1b[1m", "\x1b[0m"
#: Labels of ours, which say nothing to a reader.
_UNSAID = frozenset({"group", "protocol", "scope", "type"})


def render(prepared: Prepared, colour: bool = False) -> str:
    groups: Dict[str, List[Change]] = {}
    for change in prepared.plan.changes:
        groups.setdefault(link_of(change) or route_link(change, prepared), []).append(change)
    lines: List[str] = []
    for name, changes in groups.items():
        lines.append(_heading(name, changes, prepared, colour))
        for change in changes:
            for text in _lines(change, prepared):
                lines.append(f"  {_COLOURS[text[0]]}{text}{_PLAIN}" if colour else f"  {text}")
    return "\n".join([*lines, summary(prepared)])


def summary(prepared: Prepared) -> str:
    counts: Dict[str, int] = dict.fromkeys(_MARKS.values(), 0)
    for change in prepared.plan.changes:
        for text in _lines(change, prepared):
            counts[text[0]] += 1
    if not prepared.plan:
        return "No change: the node is as the config says."
    return f"{counts['+']} to add, {counts['~']} to change, {counts['-']} to remove."


def _heading(name: str, changes: List[Change], prepared: Prepared, colour: bool) -> str:
    resource = prepared.wanted.link(name)
    place = show_path(resource.origin if resource is not None else changes[0].origin)
    title = f"{_BOLD}{name}{_PLAIN}" if colour else name
    return f"{title}  {place}".rstrip()


def _lines(change: Change, prepared: Prepared) -> Iterator[str]:
    mark = _MARKS[action(change)]
    key = change.key
    if mark == "~":
        yield from _attribute_lines(change, prepared)
    elif isinstance(key, LinkKey):
        yield f"{mark} link     {_link(change, prepared)}"
    elif isinstance(key, AddressKey):
        yield f"{mark} address  {key.prefix}"
    elif isinstance(key, RouteKey):
        values = change.after if change.after is not None else change.before
        metric = f" metric {key.metric}" if key.metric else ""
        yield f"{mark} route    {key}{_via(change, values or {})}{metric}"
    else:
        yield f"{mark} {key.resource:<8} {key}"


def _attribute_lines(change: Change, prepared: Prepared) -> Iterator[str]:
    table = attributes_of(change.key, kind_of(change, prepared))
    subject = "" if isinstance(change.key, LinkKey) else f"{change.key.resource} {change.key} "
    for name, new in (change.after or {}).items():
        show = table[name].type.show
        yield f"~ {subject}{name:<8} {show((change.before or {}).get(name))} → {show(new)}"


def _link(change: Change, prepared: Prepared) -> str:
    values: Mapping[str, object] = (change.after if change.after is not None else change.before) or {}
    table = attributes_of(change.key, kind_of(change, prepared))
    words = [str(values.get("kind", ""))]
    for name, attribute in table.items():
        if name in values and name not in _UNSAID and name != "kind":
            shown = attribute.type.show(values[name])  # type: ignore[arg-type]
            words.append(shown if name == "up" else f"on {shown}" if name == "link" else f"{name} {shown}")
    return ", ".join(word for word in words if word)


def _via(change: Change, values: Values) -> str:
    gateway = values.get("gateway")
    if gateway is None:
        return ""
    table = attributes_of(change.key, values)
    return f" via {table['gateway'].type.show(gateway)}"

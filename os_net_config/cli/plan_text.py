"""A plan for a person: one line per change, grouped by link."""

from __future__ import annotations

from typing import Any, Callable, Dict, Iterator, List, Mapping, Union

from ..engine.prepared import Prepared
from ..state import dns, row
from ..state.diff import Change
from ..state.interruption import interruptions
from ..state.model import (
    AddressKey,
    DeviceKey,
    DnsKey,
    EthtoolKey,
    FileKey,
    LinkKey,
    NameKey,
    NicNameKey,
    ProcessKey,
    ResolverKey,
    RouteKey,
    RowKey,
    RuleKey,
    SysctlKey,
    attributes_of,
)
from ..state.names import FILES
from ..state.problem import show_path
from ..state.process import PROGRAM, RUNNING
from ..state.renaming import NAME
from ..state.route import DEAD_ENDS, MAIN_TABLE, OPTIONS
from ..state.values import Flag, Values
from . import notes
from .plan_json import action, kind_of, link_of, route_link, summary

_MARKS = {"add": "+", "change": "~", "remove": "-"}
_COLOURS = {"+": "\x1b[32m", "~": "\x1b[33m", "-": "\x1b[31m", "!": "\x1b[35m"}
_IPV4 = 4
_BOLD, _PLAIN = "\x1b[1m", "\x1b[0m"
#: Labels of ours, which say nothing to a reader.
_UNSAID = frozenset({"group", "protocol", "scope", "type"})
_UNSAID_OF_A_PROCESS = frozenset({PROGRAM.name, RUNNING.name})


def render(prepared: Prepared, colour: bool = False) -> str:
    groups: Dict[str, List[Change]] = {}
    for change in prepared.plan.changes:
        groups.setdefault(_group(change, prepared), []).append(change)
    interrupted = {one.link: one for one in interruptions(prepared.plan, prepared.live)}
    for name in interrupted:
        groups.setdefault(name, [])
    lines: List[str] = []
    for name, changes in groups.items():
        lines.append(_heading(name, changes, prepared, colour))
        texts = list(notes.interruption(interrupted[name])) if name in interrupted else []
        texts += [text for change in changes for text in _lines(change, prepared)]
        for text in texts:
            lines.append(f"  {_COLOURS[text[0]]}{text}{_PLAIN}" if colour else f"  {text}")
    return "\n".join([*lines, _summary(prepared)])


def _group(change: Change, prepared: Prepared) -> str:
    """What the change is shown under: its link, the file of a name, all rules together."""
    if isinstance(change.key, (FileKey, NameKey, ResolverKey)):
        return _file(change.key)
    if isinstance(change.key, DeviceKey):
        values = {**(change.before or {}), **(change.after or {})}
        return str(values.get("name") or (change.before or {}).get("name") or change.key)
    if isinstance(change.key, RowKey):
        return _NOT_BY_NAME.get(change.key.table, change.key.name.partition(" ")[0])
    if isinstance(change.key, RuleKey):
        return "rules" if change.key.family == _IPV4 else "rules of IPv6"
    return link_of(change) or route_link(change, prepared) or "routes without a link"


def _file(key: Union[FileKey, NameKey, ResolverKey]) -> str:
    if isinstance(key, FileKey):
        return key.path
    if isinstance(key, NameKey):
        return f"/etc/iproute2/{FILES[key.file]}"
    return dns.PATH if key.place == dns.FILE else key.place


#: Rows that do not stand with the link of their name.
_NOT_BY_NAME = dict.fromkeys((row.ROOT, row.MANAGER), "Open vSwitch")


def _summary(prepared: Prepared) -> str:
    if not prepared.plan:
        return "No change: the node is as the config says."
    counts = summary(prepared)
    return f"{counts['add']} to add, {counts['change']} to change, {counts['remove']} to remove."


def _heading(name: str, changes: List[Change], prepared: Prepared, colour: bool) -> str:
    resource = prepared.wanted.link(name)
    origins = (one.origin for one in changes if one.origin)
    origin = resource.origin if resource is not None else next(origins, ())
    left = changes and all(one.before is not None and prepared.wanted.get(one.key) is None for one in changes)
    if changes and isinstance(changes[0].key, FileKey):
        left, origin = False, (f"--purge-provider {prepared.scope.purge}",)
    place = show_path(origin) or ("(no longer in the config)" if left else "")
    title = f"{_BOLD}{name}{_PLAIN}" if colour else name
    return f"{title}  {place}".rstrip()


def _lines(change: Change, prepared: Prepared) -> Iterator[str]:
    mark = _MARKS[action(change)]
    key = change.key
    if isinstance(key, (NameKey, SysctlKey)):
        yield f"{mark} {key.resource:<8} {_short(key)} {_value(change)}"
    elif isinstance(key, (DnsKey, ResolverKey)):
        yield from _dns_lines(mark, change)
    elif mark == "~" or isinstance(key, EthtoolKey):
        yield from _attribute_lines(change, prepared)
    else:
        yield f"{mark} {_whole(change, prepared)}".rstrip()


def _whole(change: Change, prepared: Prepared) -> str:
    """What comes or goes."""
    key = change.key
    tell = _WHOLE.get(type(key))
    return tell(key, change, prepared) if tell is not None else f"{key.resource:<8} {key}"


#: How a resource is told that comes or goes, by its key.
_WHOLE: Mapping[type, Callable[[Any, Change, Prepared], str]] = {
    AddressKey: lambda key, change, prepared: f"address  {key.prefix}",
    FileKey: lambda key, change, prepared: f"file     {_content(change)}",
    LinkKey: lambda key, change, prepared: f"link     {_link(change, prepared)}",
    NicNameKey: lambda key, change, prepared: f"at boot  {_nic(change)}",
    ProcessKey: lambda key, change, prepared: f"{key.service:<8} {_process(key, change)}",
    RouteKey: lambda key, change, prepared: f"route    {_route(key, _values(change))}",
    RowKey: lambda key, change, prepared: f"{key.table.lower():<9} {_row(key, change)}",
}


def _values(change: Change) -> Values:
    """Those that it has then, or of what goes those that it had."""
    return (change.after if change.after is not None else change.before) or {}


def _dns_lines(mark: str, change: Change) -> Iterator[str]:
    """What is not there and is not said is no news."""
    for name, attribute in dns.ATTRIBUTES.items():
        both = [one[name] for one in (change.before, change.after) if one is not None and name in one]
        if any(both):
            yield f"{mark} dns      {name} {' → '.join(map(attribute.type.show, both))}"


def _content(change: Change) -> str:
    return attributes_of(change.key, {})["content"].type.show((change.before or {}).get("content"))


def _short(key: Union[NameKey, SysctlKey]) -> str:
    return str(key.number) if isinstance(key, NameKey) else f"ipv{key.family} {key.name}"


def _value(change: Change) -> str:
    """That of a resource with one attribute."""
    (attribute,) = attributes_of(change.key, {}).values()
    known = [one[attribute.name] for one in (change.before, change.after) if one is not None]
    return " → ".join(map(attribute.type.show, known))


def _attribute_lines(change: Change, prepared: Prepared) -> Iterator[str]:
    table = attributes_of(change.key, kind_of(change, prepared))
    alone = isinstance(change.key, (FileKey, LinkKey))
    subject = "" if alone else f"{change.key.resource} {change.key} "
    if isinstance(change.key, NicNameKey):
        subject = "at boot  "
    if isinstance(change.key, RowKey):
        subject = f"{change.key.table.lower():<9} "
    elif isinstance(change.key, EthtoolKey):
        subject = f"{change.key.group:<8} "
    elif isinstance(change.key, ProcessKey):
        subject = f"{change.key.service:<8} "
    for name, new in (change.after or {}).items():
        show, old = table[name].type.show, (change.before or {}).get(name)
        if old != new:  # What a port has at its old bridge and at its new one is no news.
            word = "rename" if alone and name == NAME else name
            yield f"~ {subject}{word:<8} {show(old)} → {show(new)}"


def _link(change: Change, prepared: Prepared) -> str:
    values = _values(change)
    table = attributes_of(change.key, kind_of(change, prepared))
    words = [str(values.get("kind", ""))]
    for name, attribute in table.items():
        if name in values and name not in _UNSAID and name != "kind":
            shown = attribute.type.show(values[name])
            words.append(shown if name == "up" else f"on {shown}" if name == "link" else f"{name} {shown}")
    return ", ".join(word for word in words if word)


def _nic(change: Change) -> str:
    """The one that has the name from then on."""
    values = _values(change)
    table = attributes_of(change.key, {})
    return ", ".join(table[name].type.show(value) for name, value in values.items() if name in table)


def _row(key: RowKey, change: Change) -> str:
    """Without what everybody knows: its own name, and that nothing is said."""
    values = _values(change)
    table = attributes_of(key, {})
    shown = {name: table[name].type.show(value) for name, value in values.items() if name in table}
    unsaid = {row.LABEL, "target"}
    said = (name for name in shown if name not in unsaid and values[name] != table[name].default)
    return ", ".join(f"{name} {shown[name]}" for name in said if shown[name] != key.name)


def _process(key: ProcessKey, change: Change) -> str:
    """The program, and what it was told that is not no."""
    values = _values(change)
    table = attributes_of(key, {})
    told = {n: table[n].type for n in table if n not in _UNSAID_OF_A_PROCESS and values.get(n)}
    words = (n if isinstance(of, Flag) else f"{n} {of.show(values[n])}" for n, of in told.items())
    return ", ".join([str(values.get(PROGRAM.name)), *words])


def _route(key: RouteKey, values: Values) -> str:
    """In the words of ip-route(8)."""
    table = attributes_of(key, values)
    words = [str(values["type"])] if values.get("type") in DEAD_ENDS else []
    words.append(str(key))
    for word, attribute in (("via", "gateway"), ("nexthops", "nexthops")):
        if values.get(attribute) is not None:
            words += [word, table[attribute].type.show(values[attribute])]
    for word, number, usual in (("table", key.table, MAIN_TABLE), ("metric", key.metric, 0)):
        if number != usual:
            words += [word, str(number)]
    if key.tos:
        words += ["tos", f"{key.tos:#x}"]
    said = ((name, values[name]) for name in table if name in OPTIONS and values.get(name) is not None)
    return " ".join([*words, *(f"{name} {table[name].type.show(value)}" for name, value in said)])

"""The live node as a config that changes nothing on it.

What the words make of the node is the inverse of how a config is read (config/show/). The proof is the run
itself: whatever a run of the file would change is left out of it, and told as a comment instead.
"""

from __future__ import annotations

from typing import AbstractSet, Iterator, List, NamedTuple, Sequence

from ..backends.protocol import Backend
from ..backends.sysfs import outlives_its_program
from ..config.document import parse
from ..config.show import Entry, Seen, describe, text, without
from ..state import tap
from ..state.diff import Change
from ..state.model import ASKED, RESOLVER, State
from ..state.problem import Path, ProblemsError, Severity
from ..state.record import Record
from .prepare import prepare_document
from .prepared import Situation
from .sources import Sources, situation, with_programs

#: Rounds in which what a run would change is left out. Each leaves out all that is known by then.
_MOST_ROUNDS = 20


class Objection(NamedTuple):
    """What is not true of the node, or not good as a config, with its place in the file."""

    path: Path
    reason: str


def show(sources: Sources, backend: Backend, record: Record, by_alias: bool = False) -> str:
    """The text of the file. Never writes; raises ObserveError, ProblemsError."""
    node = situation(sources, backend, record)
    keys = [RESOLVER, *(key for key in record.entries if isinstance(key, ASKED))]
    live = State({**node.live.resources, **backend.settings(keys)})
    seen = Seen(live, node.nics, node.names, record, _lasting(live), by_alias)
    return shown(seen, with_programs(node._replace(live=live), live))


def shown(seen: Seen, node: Situation) -> str:
    """The text of the file. Pure."""
    root = describe(seen)
    objections: Sequence[Objection] = ()
    for _ in range(_MOST_ROUNDS):
        objections = _objections(text(root), node)
        left = _without_all(root, objections)
        if left is root:
            break
        root = left
    return text(root, [*_HEADING, *_still(objections)])


_HEADING = (
    "The network of this node as it is, told by os-net-config show. What stands in comments is there as",
    "well, and not said: with the reason. Not looked at are queueing disciplines, neighbours, firewalls,",
    "VLANs of a bridge's ports, other sysctls than those of addresses, and what ethtool has set by hand.",
)


def _still(objections: Sequence[Objection]) -> Iterator[str]:
    if objections:
        yield "A run of this file would still change something:"
        yield from (f"  {one.reason}" for one in objections)


def _lasting(live: State) -> AbstractSet[str]:
    taps = (name for name, one in live.links() if one.values.get("kind") == tap.KIND)
    return {name for name in taps if outlives_its_program(name)}


def _without_all(root: Entry, objections: Sequence[Objection]) -> Entry:
    """From the end, so that the places before stay what they are; of one place once."""
    reasons = {one.path: one.reason for one in objections}
    for path in sorted(reasons, key=_from_the_end, reverse=True):
        root = without(root, path, reasons[path]) or root
    return root


def _from_the_end(path: Path) -> List[str]:
    return [f"{part:09}" if isinstance(part, int) else part for part in path]


def _objections(content: str, node: Situation) -> List[Objection]:
    try:
        prepared = prepare_document(parse("what is shown", content.encode("utf-8", "surrogateescape")), node)
    except ProblemsError as error:
        wrong = (one for one in error.problems if one.severity is not Severity.WARNING)
        return [Objection(one.path, one.message) for one in wrong]
    return [Objection(change.origin, _words(change)) for change in prepared.plan.changes]


def _words(change: Change) -> str:
    """What a run would do."""
    verb = "make" if change.before is None else "remove" if change.after is None else "change"
    after = change.after or {}
    differing = [name for name, value in after.items() if (change.before or {}).get(name) != value]
    what = f" ({', '.join(differing)})" if verb == "change" else ""
    return f"a run would {verb} {change.key.resource} {change.key}{what}"

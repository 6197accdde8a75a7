"""The words of a section that name NICs, and what it says of NICs by which they are found and named."""

from __future__ import annotations

from typing import Any, Iterator, Mapping, NamedTuple, Set, Tuple

from .document import Document
from .kinds import dpdk
from .objects import NICS, base
from .schema import to_boolean


class Words(NamedTuple):
    """``all`` that may name a NIC; ``persistent`` are those with ``persist_mapping``.

    ``hotplug`` are those of NICs that may come later.
    """

    all: Set[str]
    persistent: Set[str]
    hotplug: Set[str]


def words(document: Document, section: str, everything: bool) -> Words:
    """Of a file that may be wrong in any way: what it means is asked later."""
    found = Words(set(), set(), set())
    root = document.root
    for one in _objects(root.get(section) if isinstance(root, dict) else None):
        for word, is_nic in _named_by(one):
            found.all.add(word)
            if is_nic and (everything or _is_true(one.get("persist_mapping"))):
                found.persistent.add(word)
        if one.get("type") in NICS and _is_true(one.get("hotplug")):
            found.hotplug.add(base(str(one.get("name"))))
    return found


def _objects(entries: Any) -> Iterator[Mapping[str, Any]]:
    for one in entries if isinstance(entries, list) else ():
        if isinstance(one, dict):
            yield one
            # The link of a NIC that DPDK drives goes.
            yield from _objects(one.get("members") if one.get("type") != dpdk.PORT else None)


def _named_by(one: Mapping[str, Any]) -> Iterator[Tuple[str, bool]]:
    if isinstance(one.get("name"), str):
        yield base(one["name"]), one.get("type") in NICS
    if isinstance(one.get("device"), str):
        yield base(one["device"]), True


def _is_true(value: Any) -> bool:
    return to_boolean(value) is True

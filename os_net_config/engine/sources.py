"""Where a run takes its input from: files, and this node."""

from __future__ import annotations

import json
import logging
import os
from dataclasses import dataclass
from functools import cached_property
from typing import FrozenSet, Mapping, Optional, Sequence, Tuple

from ..backends import names as number_names
from ..backends import sysfs
from ..backends.ovsdb.schema import is_installed
from ..backends.processes import programs
from ..backends.protocol import Backend
from ..config.document import Document, parse, read
from ..config.load import MAIN
from ..config.nic_words import Words, words
from ..config.nics import UNRESOLVED, Names, Numbers, are_of, find, name_nics, read_mapping, without_hotplug
from ..state import renaming
from ..state.model import ProcessKey, State
from ..state.nic import Nic
from ..state.problem import ProblemsError, first
from ..state.record import Record
from ..state.root_file_system import LOCAL
from ..state.route import PROTOCOL
from .calling import Calling, Known, calling
from .draft import draft_document
from .labels import labels
from .numbering import NumbersFile
from .paths import CONFIG_FILE, MAPPING_FILE, STATE_DIR, below
from .prepare import prepare_draft, refresh
from .prepared import COUNT, Memory, Prepared, Scope, Situation
from .root_device import root_servers
from .target import Generation
from .undo import settings_as

log = logging.getLogger(__name__)

#: A run without change needs no others' routes.
_OURS = frozenset({PROTOCOL})


@dataclass(frozen=True)
class Sources:
    """``mapping_file`` None: the usual one where there is one. ``inventory_file`` None: /sys."""

    config_file: str = CONFIG_FILE
    mapping_file: Optional[str] = None
    inventory_file: Optional[str] = None
    root_dir: str = ""
    state_dir: str = STATE_DIR
    #: Whether the NICs are counted anew.
    renumber: bool = False
    #: Whether it goes on without NICs that are not here.
    booting: bool = False
    #: One that is gone back to: its text is taken for the file's, and its numbers for those that are kept.
    generation: Optional[Tuple[Generation, str]] = None
    #: Whether all NICs get their alias as their name, and not only those of which the file says it.
    persist: bool = False

    @property
    def is_persistent(self) -> bool:
        """What goes for a generation goes for it again."""
        return self.persist or (self.generation is not None and self.generation[0].persist)

    @property
    def numbers(self) -> NumbersFile:
        return NumbersFile(self.path(self.state_dir))

    def path(self, name: str) -> str:
        """``name`` below the root directory, where one is given."""
        return below(self.root_dir, name)

    @cached_property
    def document(self) -> Tuple[str, Document]:
        """The path that the config is known by, and the config, read once. Raises ProblemsError."""
        if self.generation is None:
            path = self.path(self.config_file)
            return path, read(path)
        one, text = self.generation
        name = f"generation {one.number} of {one.source}"
        return one.source, parse(name, text.encode("utf-8", "surrogateescape"))


_NOTHING, _USUAL = Record(), Scope()
_NO_WORDS = Words(set(), set(), set())


def prepare(sources: Sources, backend: Backend, record: Record = _NOTHING, scope: Scope = _USUAL) -> Prepared:
    """The plan for this file on this node. Raises ProblemsError, ObserveError; never writes."""
    path, document = sources.document
    root = root_servers() if scope.cleanup else LOCAL
    memory = Memory(record, os.path.realpath(path))
    node = _called(sources, backend, memory, scope, _OURS if root == LOCAL else None)
    names, live = node.names, node.live
    for one in names.absent:
        if one.hotplug:
            log.info("%s is not here: it is configured when it comes", one)
    scope = scope._replace(lasting=scope.lasting and not names.lacking, booting=sources.booting)
    # Where the files cannot be written the network is configured all the same.
    ours = tuple(labels(live)) if number_names.Names(sources.root_dir).is_writable() else ()
    situation = _situation(sources, names, node.nics, live, memory)._replace(
        labels=ours,
        root=root,
        called=node.called,
        persistent=node.persistent,
        is_persistent=sources.is_persistent,
    )
    prepared = _prepared(document, situation, scope, backend)
    # What a change meets and takes along may be of others: only then their routes are read.
    return refresh(prepared, backend, record) if prepared.needs_all_routes else prepared


def situation(sources: Sources, backend: Backend, record: Record) -> Situation:
    """The node as it is, whatever a file says of it, with others' routes. Raises as ``prepare`` does."""
    live = backend.observe()
    names, nics = _named(sources, live, renaming.own_names(live, record))
    found = _situation(sources, names, nics, live, Memory(record))
    return found._replace(labels=tuple(labels(live)))


def _situation(sources: Sources, names: Names, nics: Sequence[Nic], live: State, memory: Memory) -> Situation:
    """The node, with what stands beside it in files and may come to it."""
    tables = number_names.known_tables(sources.root_dir)
    has_switch = live.has_database or is_installed()
    return Situation(live, nics, names, tables, memory=memory, has_open_vswitch=has_switch)


def prepare_count(sources: Sources, backend: Backend, record: Record) -> Optional[Prepared]:
    """The plan that sets up all NICs of the node, for a first count; None: it has none.

    Raises ProblemsError, ObserveError.
    """
    path, _ = sources.document
    live = backend.observe(_OURS)
    nics = _nics(sources, live, {})
    up = [{"type": "interface", "name": nic.name} for nic in nics if nic.available and live.link(nic.name)]
    if not up:
        return None
    document = parse("the NICs of this node", json.dumps({MAIN: up}).encode())
    memory = Memory(record, Memory(path=os.path.realpath(path)).claimant(COUNT))
    situation = Situation(live, nics, UNRESOLVED, memory=memory)
    return _prepared(document, situation, Scope(lasting=False), backend)


def _prepared(document: Document, node: Situation, scope: Scope, backend: Backend) -> Prepared:
    """With the settings of NICs that it has to do with: nothing else says which to read."""
    draft = draft_document(document, node, scope)
    draft = draft._replace(node=with_programs(draft.node, draft.wanted))
    return prepare_draft(draft, settings_as(node.live, backend, draft.settings))


def with_programs(node: Situation, state: State) -> Situation:
    """With what there is to run the processes of this state with."""
    if not any(isinstance(key, ProcessKey) for key in state.resources):
        return node
    return node._replace(programs=programs())


def names_of(sources: Sources, backend: Backend, record: Record = _NOTHING) -> Tuple[Names, Sequence[Nic]]:
    """What each alias stands for on this node, and its NICs. Raises ProblemsError, ObserveError."""
    live = backend.observe(_OURS)
    return _named(sources, live, renaming.own_names(live, record))


def _called(
    sources: Sources, backend: Backend, memory: Memory, scope: Scope, protocols: Optional[FrozenSet[int]]
) -> Calling:
    """The node in the words of the run. Raises ProblemsError, ObserveError."""
    said = words(sources.document[1], scope.section, sources.is_persistent)
    live = backend.observe(protocols)
    own = renaming.own_names(live, memory.record)
    names, nics = _named(sources, live, own, said)
    known = Known(memory.known(scope), own, memory.claimant(scope.section))
    found = calling(names, nics, live, said, known)
    if found.problems:
        raise ProblemsError(first(found.problems), mapping_of(sources)[0] or sources.document[1])
    return found


def _named(
    sources: Sources, live: State, own: Mapping[str, str], said: Words = _NO_WORDS
) -> Tuple[Names, Sequence[Nic]]:
    """``own`` are the names that NICs have without us."""
    document, mapping = mapping_of(sources)
    kept = kept_numbers(sources)
    nics = _nics(sources, live, own)
    if kept and not are_of(kept, nics):
        path = sources.numbers.path
        log.warning("none of the NICs that %s numbers is on this node: they are counted anew", path)
        kept = {}
    if sources.booting:
        from ..config.expected import expected, names_here

        wanted = expected(sources.document[1], mapping, kept)
        names = names_here(nics, mapping, kept, wanted, said.persistent)
    else:
        here = {one: nic for one, nic in mapping.items() if one not in said.hotplug or find(nics, nic)}
        names = name_nics(nics, here, document, kept, said.persistent)
    return without_hotplug(names, nics, mapping, said.hotplug), nics


def has_arrived(sources: Sources, backend: Backend, record: Record, link: str) -> bool:
    """Whether this is one of the NICs that may come later. Raises ProblemsError, ObserveError."""
    said = words(sources.document[1], MAIN, sources.is_persistent)
    if not said.hotplug:
        return False
    live = backend.observe(_OURS)
    own = renaming.own_names(live, record)
    names, _ = _named(sources, live, own, said)
    return bool({link, own.get(link, link)} & {names.rename(word) for word in said.hotplug})


def mapping_of(sources: Sources) -> Tuple[Optional[Document], Mapping[str, str]]:
    """The mapping file, where there is one. Raises ProblemsError."""
    mapping_file = sources.mapping_file or sources.path(MAPPING_FILE)
    if sources.mapping_file or os.path.exists(mapping_file):
        return read_mapping(mapping_file)
    return None, {}


def kept_numbers(sources: Sources) -> Numbers:
    """The numbers that NICs have from earlier runs. Raises NumbersError."""
    if sources.generation is not None:
        return sources.generation[0].macs
    return {} if sources.renumber else sources.numbers.load()


def _nics(sources: Sources, live: State, own: Mapping[str, str]) -> Sequence[Nic]:
    found = [nic._replace(own=own.get(nic.name, "")) for nic in sysfs.nics(live)]
    if sources.inventory_file is None:
        return found
    from ..config.inventory import read_inventory

    there = {nic.own_name: nic for nic in found}
    return [_declared(nic, there.get(nic.name)) for nic in read_inventory(sources.inventory_file)]


def _declared(nic: Nic, there: Optional[Nic]) -> Nic:
    """One of an inventory, which tells its own name. ``there`` is the link."""
    return nic if there is None else nic._replace(pci=there.pci, name=there.name, own=there.own)

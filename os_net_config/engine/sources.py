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
from ..config.nics import UNRESOLVED, Names, Numbers, are_of, name_nics, read_mapping
from ..state.clients import clients
from ..state.model import State
from ..state.nic import Nic
from ..state.record import Record
from ..state.root_file_system import LOCAL
from ..state.route import PROTOCOL
from .converge import (
    COUNT,
    Memory,
    Prepared,
    Scope,
    Situation,
    draft_document,
    prepare_draft,
    refresh,
)
from .labels import labels
from .numbering import NumbersFile
from .paths import CONFIG_FILE, MAPPING_FILE, STATE_DIR, below
from .root_device import root_servers
from .target import Generation

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


def prepare(sources: Sources, backend: Backend, record: Record = _NOTHING, scope: Scope = _USUAL) -> Prepared:
    """The plan for this file on this node. Raises ProblemsError, ObserveError; never writes."""
    path, document = sources.document
    root = root_servers() if scope.cleanup else LOCAL
    names, nics, live = _named(sources, backend, _OURS if root == LOCAL else None)
    scope = scope._replace(lasting=scope.lasting and not names.absent, booting=sources.booting)
    known = number_names.known_tables(sources.root_dir)
    # Where the files cannot be written the network is configured all the same.
    more = tuple(labels(live)) if number_names.Names(sources.root_dir).is_writable() else ()
    memory = Memory(record, os.path.realpath(path))
    has_switch = live.has_database or is_installed()
    situation = Situation(live, nics, names, known, more, memory, root, has_open_vswitch=has_switch)
    prepared = _prepared(document, situation, scope, backend)
    # What a change meets and takes along may be of others: only then their routes are read.
    return refresh(prepared, backend, record) if prepared.needs_all_routes else prepared


def prepare_count(sources: Sources, backend: Backend, record: Record) -> Optional[Prepared]:
    """The plan that sets up all NICs of the node, for a first count; None: it has none.

    Raises ProblemsError, ObserveError.
    """
    path, _ = sources.document
    live = backend.observe(_OURS)
    nics = _nics(sources, live)
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
    if clients(draft.wanted):
        draft = draft._replace(node=draft.node._replace(programs=programs()))
    return prepare_draft(draft, backend.settings(draft.settings) if draft.settings else {})


def names_of(sources: Sources, backend: Backend) -> Tuple[Names, Sequence[Nic]]:
    """What each alias stands for on this node, and its NICs. Raises ProblemsError, ObserveError."""
    names, nics, _ = _named(sources, backend, _OURS)
    return names, nics


def _named(
    sources: Sources, backend: Backend, protocols: Optional[FrozenSet[int]]
) -> Tuple[Names, Sequence[Nic], State]:
    document, mapping = mapping_of(sources)
    kept = kept_numbers(sources)
    live = backend.observe(protocols)
    nics = _nics(sources, live)
    if kept and not are_of(kept, nics):
        path = sources.numbers.path
        log.warning("none of the NICs that %s numbers is on this node: they are counted anew", path)
        kept = {}
    if sources.booting:
        from ..config.expected import expected, names_here

        wanted = expected(sources.document[1], mapping, kept)
        return names_here(nics, mapping, kept, wanted), nics, live
    return name_nics(nics, mapping, document, kept), nics, live


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


def _nics(sources: Sources, live: State) -> Sequence[Nic]:
    if sources.inventory_file is None:
        return sysfs.nics(live)
    from ..config.inventory import read_inventory

    devices = {nic.name: nic.pci for nic in sysfs.nics(live)}
    return [nic._replace(pci=devices.get(nic.name)) for nic in read_inventory(sources.inventory_file)]

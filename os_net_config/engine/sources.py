"""Where a run takes its input from: files, and this node."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Mapping, Optional, Sequence, Tuple

from ..backends import sysfs
from ..backends.protocol import Backend
from ..config.document import Document, read
from ..config.nics import Names, name_nics, read_mapping
from ..state.model import State
from ..state.nic import Nic
from .converge import Prepared, prepare_document
from .paths import CONFIG_FILE, MAPPING_FILE


@dataclass(frozen=True)
class Sources:
    """``mapping_file`` None: the usual one where there is one. ``inventory_file`` None: /sys."""

    config_file: str = CONFIG_FILE
    mapping_file: Optional[str] = None
    inventory_file: Optional[str] = None
    root_dir: str = ""

    def path(self, name: str) -> str:
        """``name`` below the root directory, where one is given."""
        return os.path.join(self.root_dir, name.lstrip("/")) if self.root_dir else name


def prepare(sources: Sources, backend: Backend) -> Prepared:
    """The plan for this file on this node. Raises ProblemsError, ObserveError; never writes."""
    document = read(sources.path(sources.config_file))
    names, nics, live = _named(sources, backend)
    return prepare_document(document, live, nics, names)


def names_of(sources: Sources, backend: Backend) -> Names:
    """What each alias stands for on this node. Raises ProblemsError, ObserveError."""
    return _named(sources, backend)[0]


def _named(sources: Sources, backend: Backend) -> Tuple[Names, Sequence[Nic], State]:
    document: Optional[Document] = None
    mapping: Mapping[str, str] = {}
    mapping_file = sources.mapping_file or sources.path(MAPPING_FILE)
    if sources.mapping_file or os.path.exists(mapping_file):
        document, mapping = read_mapping(mapping_file)
    live = backend.observe()
    return name_nics(nics := _nics(sources, live), mapping, document), nics, live


def _nics(sources: Sources, live: State) -> Sequence[Nic]:
    if sources.inventory_file is None:
        return sysfs.nics(live)
    from ..config.inventory import read_inventory

    return read_inventory(sources.inventory_file)

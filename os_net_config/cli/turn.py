"""What one run works with: its options, the node, its disk, and how it tells of what it does."""

from __future__ import annotations

import argparse
import logging
from dataclasses import dataclass, field
from typing import Iterable

from ..backends.node import NodeBackend
from ..config.document import Document
from ..config.load import MAIN
from ..engine import sources
from ..engine.confirmation import guarded
from ..engine.disk import NodeDisk
from ..engine.guardian import Places
from ..engine.prepare import of_files
from ..engine.prepared import Prepared, Scope
from ..engine.sources import Sources
from ..state.problem import Problem, ProblemsError, Severity
from . import problems
from .report import Report

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Turn:
    options: argparse.Namespace
    backend: NodeBackend
    disk: NodeDisk
    sources: Sources
    report: Report = field(default_factory=Report)

    @property
    def is_of_files(self) -> bool:
        """Whether the kernel is left alone."""
        return is_of_files(self.options)

    def disk_for(self, section: str) -> NodeDisk:
        """Only what network_config changes is to be confirmed."""
        seconds = self.options.confirm
        return guarded(self.disk, self.places, seconds) if seconds and section == MAIN else self.disk

    @property
    def places(self) -> Places:
        return Places(self.options.run_dir, self.options.state_dir)

    def prepare(self, section: str = MAIN) -> Prepared:
        """Raises ProblemsError, ObserveError; never writes."""
        scope = scope_of(self.options) if section == MAIN else self._scope_of_another(section)
        prepared = sources.prepare(self.sources, self.backend, self.disk.records.load(), scope)
        return of_files(prepared) if self.is_of_files else prepared

    def warn(self, prepared: Prepared) -> None:
        """Of what is doubtful. Raises ProblemsError where that is an error."""
        document = prepared.config.document
        if prepared.warnings and self.options.exit_on_validation_errors:
            strict = [one._replace(severity=Severity.ERROR) for one in prepared.warnings]
            raise ProblemsError(strict, document)
        tell(prepared.warnings, document)

    def _scope_of_another(self, section: str) -> Scope:
        only_files = is_of_files(self.options)
        return Scope(section=section, allow_loss=self.options.allow_loss, only_files=only_files)


def tell(doubtful: Iterable[Problem], document: Document) -> None:
    """Of what does not keep a run from beginning, by its places."""
    for one in doubtful:
        log.warning("%s", problems.line(one._replace(severity=Severity.ERROR), document, document.name))


def is_of_files(options: argparse.Namespace) -> bool:
    """Whether a run writes nothing but files."""
    return bool(options.root_dir) or options.no_activate


def scope_of(options: argparse.Namespace) -> Scope:
    """Of network_config."""
    return Scope(
        prune=not options.no_prune,
        prune_all=options.prune_all,
        # No kernel is written, so that nothing is lost.
        allow_loss=options.allow_loss or bool(options.root_dir),
        cleanup=options.cleanup,
        remove=options.remove_config,
        purge=options.purge_provider,
        apply=not options.no_network_config,
        minimum=options.minimum_config,
        only_files=is_of_files(options),
    )

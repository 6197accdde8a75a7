"""One run: report the NICs, show the plan, or make it so."""

from __future__ import annotations

import argparse
import logging
import sys
from typing import Optional, Tuple

from ..backends.leftovers import Leftovers
from ..backends.node import NodeBackend
from ..engine import sources
from ..engine.disk import NodeDisk
from ..engine.paths import below, dpdk_mapping
from ..engine.sources import Sources
from ..engine.target import Generation, TargetError
from ..state.leftovers import PLACES
from ..state.problem import ProblemsError
from . import interfaces, numbers, problems
from .exit_codes import ExitCode, status
from .failures import FAILURES, tell
from .logs import set_up
from .progress import patience
from .report import as_text
from .sections import apply_sections
from .turn import Turn

log = logging.getLogger(__name__)


def run(options: argparse.Namespace) -> int:
    """The exit status."""
    set_up(options.debug, options.verbose)
    _say_what_comes_later(options)
    return status(_run(options), options.detailed_exit_codes)


def _run(options: argparse.Namespace) -> ExitCode:
    try:
        mapping = below(options.root_dir, dpdk_mapping(options.state_dir))
        with NodeBackend(
            options.root_dir, _leftovers(options), options.arp_wait, patience(options), mapping
        ) as backend:
            code = _dispatch(options, backend)
            log.debug("netlink: %s", backend.traffic)
            return code
    except FAILURES as error:
        return _refuse(error, options)


def _leftovers(options: argparse.Namespace) -> Optional[Leftovers]:
    if options.purge_provider is None:
        return None
    places = PLACES[options.purge_provider]
    return Leftovers(places, options.root_dir, below(options.root_dir, options.state_dir))


def _say_what_comes_later(options: argparse.Namespace) -> None:
    if options.provider:
        log.warning("--provider %s: the kernel is driven directly, whatever the provider", options.provider)
    if options.purge_provider == "iproute":
        log.warning("--purge-provider iproute: it leaves nothing on disk")


def _dispatch(options: argparse.Namespace, backend: NodeBackend) -> ExitCode:
    disk = NodeDisk.below(
        below(options.root_dir, options.run_dir), below(options.root_dir, options.state_dir)
    )
    found = _sources(options, disk)
    if options.interfaces is not None:
        names, nics = sources.names_of(found, backend, disk.records.load())
        numbers.warn(names, nics)
        return ExitCode.SUCCESS if interfaces.report(names, options.interfaces) else ExitCode.ERROR
    if disk.journal.exists() and not options.root_dir:
        from .recover import finish_first

        finish_first(options, disk)
    turn = Turn(options, backend, disk, found)
    code = apply_sections(turn)
    turn.report.end()
    return code


def _sources(options: argparse.Namespace, disk: NodeDisk) -> Sources:
    return Sources(
        options.config_file,
        options.mapping_file,
        options.inventory,
        options.root_dir,
        options.state_dir,
        options.renumber,
        generation=_generation(options.generation, disk) if options.generation is not None else None,
        persist=options.persist_mapping,
    )


def _generation(number: int, disk: NodeDisk) -> Tuple[Generation, str]:
    """The one that is gone back to, and its text; 0: the one before. Raises TargetError."""
    target = disk.target.load()
    one = target.get(number) if number else target.previous
    if one is None:
        which = f"generation {number}" if number else "generation before this one"
        raise TargetError(f"there is no {which} (os-net-config history shows those that there are)")
    return one, disk.target.text(one)


def _refuse(error: Exception, options: argparse.Namespace) -> ExitCode:
    """Errors on stderr; those of a config as JSON on stdout where a program reads."""
    if isinstance(error, ProblemsError) and options.format == "json":
        found = problems.as_json(error.problems, error.source, options.config_file)
        sys.stdout.write(as_text({"format": "os-net-config errors", "version": 1, "problems": found}))
    else:
        tell(error, options.config_file)
    strict = isinstance(error, ProblemsError) and options.exit_on_validation_errors
    return ExitCode.ERROR | (ExitCode.SCHEMA_VALIDATION_FAILED if strict else ExitCode.SUCCESS)

"""One run: report the NICs, show the plan, or make it so."""

from __future__ import annotations

import argparse
import json
import logging
import os
import sys
from dataclasses import replace
from typing import Any, Dict, Optional, Sequence, Tuple

from ..backends.leftovers import Leftovers
from ..backends.node import NodeBackend
from ..backends.protocol import ObserveError
from ..config.nics import Names, counted_anew
from ..config.remove import REMOVE
from ..engine import sources
from ..engine.confirmation import ConfirmGate, guarded, unfinished
from ..engine.converge import NO_DISK, Disk, Prepared, Scope, UndoneError, apply, of_files, refresh
from ..engine.disk import NodeDisk, disk_of
from ..engine.gate import NO_GATE, Gate
from ..engine.guardian import GuardianError, Places
from ..engine.journal import JournalError
from ..engine.lock import Lock, LockedError
from ..engine.numbering import NumbersError, NumbersFile
from ..engine.paths import below
from ..engine.sources import Sources
from ..engine.target import Generation, TargetError
from ..state.diff import Change
from ..state.leftovers import PLACES
from ..state.lifeline import at_risk, session_address, session_at_risk
from ..state.model import FileKey
from ..state.nic import Nic
from ..state.problem import ProblemsError, Severity
from ..state.record import Record
from . import interfaces, notes, plan_json, plan_text, problems
from .arguments import LATER
from .exit_codes import ExitCode, status
from .logs import set_up

log = logging.getLogger(__name__)


def run(options: argparse.Namespace) -> int:
    """The exit status."""
    set_up(options.debug, options.verbose)
    _say_what_comes_later(options)
    return status(_run(options), options.detailed_exit_codes)


def _run(options: argparse.Namespace) -> ExitCode:
    try:
        with NodeBackend(options.root_dir, _leftovers(options), options.arp_wait) as backend:
            code = _dispatch(options, backend)
            log.debug("netlink: %s", backend.traffic)
            return code
    except ProblemsError as error:
        return _refuse(error, options)
    except (GuardianError, JournalError, LockedError, NumbersError, ObserveError, TargetError) as error:
        log.error("%s", error)
    except OSError as error:
        _log(error)
    return ExitCode.ERROR


def _leftovers(options: argparse.Namespace) -> Optional[Leftovers]:
    if options.purge_provider is None:
        return None
    places = PLACES[options.purge_provider]
    return Leftovers(places, options.root_dir, below(options.root_dir, options.state_dir))


def _log(error: OSError) -> None:
    log.error("%s%s", f"{error.filename}: " if error.filename else "", error.strerror)


def _say_what_comes_later(options: argparse.Namespace) -> None:
    if options.provider:
        log.warning("--provider %s: the kernel is driven directly, whatever the provider", options.provider)
    if options.purge_provider == "iproute":
        log.warning("--purge-provider iproute: it leaves nothing on disk")
    for name, text in LATER.items():
        if getattr(options, name):
            log.warning("%s", text)


def _dispatch(options: argparse.Namespace, backend: NodeBackend) -> ExitCode:
    disk = _disk(options)
    found = _sources(options, disk)
    if options.interfaces is not None:
        names, nics = sources.names_of(found, backend)
        _warn_of_numbers(names, nics)
        return ExitCode.SUCCESS if interfaces.report(names, options.interfaces) else ExitCode.ERROR
    if disk.journal.exists() and not options.root_dir:
        _finish_first(options, disk)
    prepared = sources.prepare(found, backend, disk.records.load(), _scope(options))
    if options.root_dir or options.no_activate:
        prepared = of_files(prepared)
    _warn(prepared, options)
    if options.no_network_config and not options.remove_config:
        log.info("network_config is good; it is not applied")
        return ExitCode.SUCCESS
    if options.noop:
        return _only_show(prepared, options, backend)
    if options.root_dir:
        return _write_files(prepared, options, backend)
    make = _for_the_next_boot if options.no_activate else _make
    code = make(prepared, options, backend, disk)
    if code in {ExitCode.SUCCESS, ExitCode.FILES_CHANGED} and not _awaits(options, code):
        _keep(prepared.node.names, found.numbers)
    return code


def _disk(options: argparse.Namespace) -> NodeDisk:
    places = Places(below(options.root_dir, options.run_dir), below(options.root_dir, options.state_dir))
    return guarded(disk_of(*places), places, options.confirm) if options.confirm else disk_of(*places)


def _awaits(options: argparse.Namespace, code: ExitCode) -> bool:
    """Whether there is a change, and what confirms it keeps the rest."""
    return bool(options.confirm) and code is ExitCode.FILES_CHANGED


def _sources(options: argparse.Namespace, disk: NodeDisk) -> Sources:
    return Sources(
        options.config_file,
        options.mapping_file,
        options.inventory,
        options.root_dir,
        options.state_dir,
        options.renumber,
        _generation(options.generation, disk) if options.generation is not None else None,
    )


def _generation(number: int, disk: NodeDisk) -> Tuple[Generation, str]:
    """The one that is gone back to, and its text; 0: the one before. Raises TargetError."""
    target = disk.target.load()
    one = target.get(number) if number else target.previous
    if one is None:
        which = f"generation {number}" if number else "generation before this one"
        raise TargetError(f"there is no {which} (os-net-config history shows those that there are)")
    return one, disk.target.text(one)


def _finish_first(options: argparse.Namespace, disk: NodeDisk) -> None:
    """What a run that died has begun is taken back before anything else. Raises JournalError."""
    if options.noop:
        log.warning("%s", unfinished(disk.journal))
        return
    if options.no_activate:
        # That would change the kernel.
        raise JournalError(unfinished(disk.journal))
    from .recover import finish

    finish(disk, options.run_dir, options.forward)


def _only_show(prepared: Prepared, options: argparse.Namespace, backend: NodeBackend) -> ExitCode:
    if not (options.root_dir or options.no_activate):
        _warn_of_numbers(prepared.node.names, prepared.node.nics)
        if options.probe_addresses:
            from ..engine.duplicates import refuse_duplicates

            refuse_duplicates(prepared, backend)
    _show(prepared, options, applied=False)
    return ExitCode.FILES_CHANGED if prepared.plan else ExitCode.SUCCESS


def _write_files(prepared: Prepared, options: argparse.Namespace, backend: NodeBackend) -> ExitCode:
    """Below a directory that stands for /: no kernel, no record of what is in one, no NICs to number."""
    if prepared.plan:
        with Lock(below(options.root_dir, options.run_dir)):
            return _apply(of_files(refresh(prepared, backend, Record())), options, backend, NO_DISK)
    _show(prepared, options, applied=True)
    return ExitCode.SUCCESS


def _for_the_next_boot(
    prepared: Prepared, options: argparse.Namespace, backend: NodeBackend, disk: NodeDisk
) -> ExitCode:
    """The target, and what is on disk; the kernel stays as it is, and nothing in it becomes ours."""
    is_new = not disk.is_target(prepared)
    if not is_new and not prepared.plan:
        _show(prepared, options, applied=True)
        return ExitCode.SUCCESS
    with Lock(options.run_dir):
        fresh = of_files(refresh(prepared, backend, disk.records.load()))
        code = _apply(fresh, options, backend, replace(disk, is_of_files=True))
    return ExitCode.FILES_CHANGED if is_new and code is ExitCode.SUCCESS else code


def _make(prepared: Prepared, options: argparse.Namespace, backend: NodeBackend, disk: NodeDisk) -> ExitCode:
    if prepared.plan or prepared.record != prepared.node.memory.record or not disk.is_target(prepared):
        # A run that has nothing to change does not even write a lock.
        with Lock(options.run_dir):
            return _apply(refresh(prepared, backend, disk.records.load()), options, backend, disk)
    _show(prepared, options, applied=True)
    return ExitCode.SUCCESS


def _keep(names: Names, file: NumbersFile) -> None:
    """The numbers of the NICs. Where they cannot be written the network is as it should be all the same."""
    try:
        file.save(names.numbers)
    except OSError as error:
        log.warning("the numbers of the NICs are not kept: %s: %s", file.path, error.strerror)


def _warn_of_numbers(names: Names, nics: Sequence[Nic]) -> None:
    differing = counted_anew(nics, names)
    if differing:
        log.warning("the NICs keep their numbers; --renumber would make %s", "; ".join(differing))


def _scope(options: argparse.Namespace) -> Scope:
    return Scope(
        prune=not options.no_prune,
        prune_all=options.prune_all,
        # No kernel is written, so that nothing is lost.
        allow_loss=options.allow_loss or bool(options.root_dir),
        cleanup=options.cleanup,
        remove=options.remove_config,
        purge=options.purge_provider,
        main=not options.no_network_config,
    )


def _warn(prepared: Prepared, options: argparse.Namespace) -> None:
    document = prepared.config.document
    if prepared.warnings and options.exit_on_validation_errors:
        strict = [one._replace(severity=Severity.ERROR) for one in prepared.warnings]
        raise ProblemsError(strict, document)
    for one in prepared.warnings:
        log.warning("%s", problems.line(one._replace(severity=Severity.ERROR), document, document.name))


def _apply(prepared: Prepared, options: argparse.Namespace, backend: NodeBackend, disk: Disk) -> ExitCode:
    for line in notes.careful(session_at_risk(prepared.plan, prepared.live, _session())):
        # Before: whoever is at the other end may see nothing of it afterwards.
        log.warning("%s", line)
    try:
        apply(prepared, backend, disk, _gate(prepared, options))
    except UndoneError as error:
        log.error("%s", error.cause)
        if error.left:
            log.error("taken back, but not all: %s", "; ".join(error.left))
        else:
            log.error("what was done has been taken back; the node is as it was, verified")
        return _refused(error.step)
    try:
        _show(prepared, options, applied=True)
        sys.stdout.flush()
    except OSError as error:
        # The node is changed, whoever reads of it or not.
        _log(error)
        sys.stdout = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115
    return ExitCode.FILES_CHANGED if prepared.plan else ExitCode.SUCCESS


def _gate(prepared: Prepared, options: argparse.Namespace) -> Gate:
    gate = _probes(prepared, options)
    return ConfirmGate(gate, Places(options.run_dir, options.state_dir)) if options.confirm else gate


def _probes(prepared: Prepared, options: argparse.Namespace) -> Gate:
    required = [one._replace(required=True) for one in options.probe_required]
    asked = [*prepared.config.probes, *options.probe, *required]
    if not asked or options.root_dir or options.no_activate:
        return NO_GATE
    from ..config.probes import together
    from ..engine.probes import ProbeGate

    return ProbeGate(together(asked, prepared.node.names.rename))


def _refused(step: Optional[Change]) -> ExitCode:
    """Of a run that was taken back for this step; None: every step was taken, and one did not hold."""
    if step is not None and isinstance(step.key, FileKey):
        return ExitCode.PURGE_FAILED
    is_removal = step is not None and step.origin[:1] == (REMOVE,)
    return ExitCode.REMOVE_CONFIG_FAILED if is_removal else ExitCode.NETWORK_CONFIG_FAILED


def _show(prepared: Prepared, options: argparse.Namespace, applied: bool) -> None:
    risks = at_risk(prepared.plan, prepared.live, _session())
    if options.format == "json":
        name, seconds = prepared.config.document.name, options.confirm if prepared.plan else None
        _print_json(plan_json.as_json(prepared, name, applied, risks, seconds))
        return
    lines = [plan_text.render(prepared, _coloured(options.color))]
    if options.no_activate:
        # Without a change of a file the plan would say that all is as the config says.
        lines = [*(lines if prepared.plan else ()), notes.KERNEL_UNTOUCHED]
    lines += notes.left_alone(plan_json.unknown(prepared)) if options.noop else ()
    lines += notes.relabelled(prepared.plan.steps)
    lines += notes.careful(risks)
    lines += ["Applied and verified."] if applied and prepared.plan else []
    lines += notes.to_confirm(options.confirm, bool(prepared.plan), applied)
    sys.stdout.write("\n".join(lines) + "\n")


def _session() -> Optional[bytes]:
    """The node's address by which whoever runs this is connected."""
    return session_address(os.environ.get("SSH_CONNECTION", ""))


def _print_json(document: Dict[str, Any]) -> None:
    json.dump(document, sys.stdout, indent=2)
    sys.stdout.write("\n")


def _coloured(asked: str) -> bool:
    """https://no-color.org asks for the variable."""
    if asked != "auto":
        return asked == "always"
    return sys.stdout.isatty() and "NO_COLOR" not in os.environ and os.environ.get("TERM") != "dumb"


def _refuse(error: ProblemsError, options: argparse.Namespace) -> ExitCode:
    """Errors on stderr, or as JSON on stdout where a program reads."""
    if options.format == "json":
        found = problems.as_json(error.problems, error.source, options.config_file)
        _print_json({"format": "os-net-config errors", "version": 1, "problems": found})
    else:
        for problem in error.problems:
            sys.stderr.write(problems.line(problem, error.source, options.config_file) + "\n")
    strict = ExitCode.SCHEMA_VALIDATION_FAILED if options.exit_on_validation_errors else ExitCode.SUCCESS
    return ExitCode.ERROR | strict

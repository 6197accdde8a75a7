"""A prepared section made so: in the kernel, for the next boot, or below a directory."""

from __future__ import annotations

import logging
from dataclasses import replace
from typing import Optional

from ..config.load import FALLBACK, MAIN, MINIMUM
from ..config.remove import REMOVE
from ..engine.confirmation import ConfirmGate
from ..engine.converge import NO_DISK, Disk, UndoneError, apply
from ..engine.gate import NO_GATE, Gate
from ..engine.lock import Lock
from ..engine.paths import below
from ..engine.prepare import of_files, refresh
from ..engine.prepared import Prepared
from ..state.diff import Change
from ..state.lifeline import session_at_risk
from ..state.model import FileKey
from ..state.problem import Problem
from ..state.record import Record
from . import notes, problems
from .exit_codes import ExitCode
from .report import session
from .turn import Turn

log = logging.getLogger(__name__)

#: What a section's failure says.
_FAILED = {
    MAIN: ExitCode.NETWORK_CONFIG_FAILED,
    MINIMUM: ExitCode.MINIMUM_CONFIG_FAILED,
    FALLBACK: ExitCode.FALLBACK_FAILED,
}


def carry_out(prepared: Prepared, turn: Turn) -> ExitCode:
    """Raises what is in failures.FAILURES: then nothing was done."""
    if turn.options.root_dir:
        return _below_a_directory(prepared, turn)
    if turn.options.no_activate:
        return _for_the_next_boot(prepared, turn)
    if prepared.plan or prepared.record != prepared.node.memory.record or not turn.disk.is_target(prepared):
        # A run that has nothing to change does not even write a lock.
        with Lock(turn.options.run_dir):
            fresh = refresh(prepared, turn.backend, turn.disk.records.load())
            return _apply(fresh, turn, turn.disk_for(prepared.scope.section))
    return _nothing(prepared, turn)


def _below_a_directory(prepared: Prepared, turn: Turn) -> ExitCode:
    """It stands for /: no kernel, no record of what is in one, no NICs to number."""
    if not prepared.plan:
        return _nothing(prepared, turn)
    with Lock(below(turn.options.root_dir, turn.options.run_dir)):
        return _apply(of_files(refresh(prepared, turn.backend, Record())), turn, NO_DISK)


def _for_the_next_boot(prepared: Prepared, turn: Turn) -> ExitCode:
    """The target, and what is on disk; the kernel stays as it is, and nothing in it becomes ours."""
    is_new = not turn.disk.is_target(prepared)
    if not is_new and not prepared.plan:
        return _nothing(prepared, turn)
    with Lock(turn.options.run_dir):
        fresh = of_files(refresh(prepared, turn.backend, turn.disk.records.load()))
        code = _apply(fresh, turn, replace(turn.disk, is_of_files=True))
    return ExitCode.FILES_CHANGED if is_new and code is ExitCode.SUCCESS else code


def _nothing(prepared: Prepared, turn: Turn) -> ExitCode:
    turn.report.show(prepared, turn.options, applied=True)
    return ExitCode.SUCCESS


def _apply(prepared: Prepared, turn: Turn, disk: Disk) -> ExitCode:
    for line in notes.careful(session_at_risk(prepared.plan, prepared.live, session())):
        # Before: whoever is at the other end may see nothing of it afterwards.
        log.warning("%s", line)
    try:
        apply(prepared, turn.backend, disk, _gate(prepared, turn))
    except UndoneError as error:
        for cause in error.causes:
            log.error("%s", _placed(cause, prepared))
        if error.left:
            log.error("taken back, but not all: %s", "; ".join(error.left))
        else:
            log.error("what was done has been taken back; the node is as it was, verified")
        return _refused(error.step, prepared.scope.section)
    turn.report.show(prepared, turn.options, applied=True)
    return ExitCode.FILES_CHANGED if prepared.plan else ExitCode.SUCCESS


def _placed(cause: Problem, prepared: Prepared) -> str:
    """With its place in the config, where it has one."""
    document = prepared.config.document
    return problems.line(cause, document, document.name) if cause.path else cause.message


def _gate(prepared: Prepared, turn: Turn) -> Gate:
    gate = _probes(prepared, turn)
    is_awaited = turn.options.confirm and prepared.scope.section == MAIN
    return ConfirmGate(gate, turn.places) if is_awaited else gate


def _probes(prepared: Prepared, turn: Turn) -> Gate:
    is_known_to_hold = turn.sources.booting and turn.sources.generation is not None
    if prepared.scope.section != MAIN or turn.is_of_files or is_known_to_hold:
        # At boot what is around the node may be slower than the node.
        return NO_GATE
    options = turn.options
    required = [one._replace(required=True) for one in options.probe_required]
    asked = [*prepared.config.probes, *options.probe, *required]
    if not asked:
        return NO_GATE
    from ..config.probes import together
    from ..engine.probes import ProbeGate

    return ProbeGate(together(asked, prepared.node.names.rename))


def _refused(step: Optional[Change], section: str) -> ExitCode:
    """Of a run that was taken back for this step; None: every step was taken, and one did not hold."""
    if step is not None and isinstance(step.key, FileKey):
        return ExitCode.PURGE_FAILED
    is_removal = step is not None and step.origin[:1] == (REMOVE,)
    return ExitCode.REMOVE_CONFIG_FAILED if is_removal else _FAILED[section]

"""The sections of a config in their order: minimum_config, network_config, and if that fails fallback_config.

Each is a transaction of its own, and returns to what the one before it made.
"""

from __future__ import annotations

import logging
from typing import Optional

from ..config.load import FALLBACK, MAIN, MINIMUM
from ..engine.prepared import Prepared
from ..state.model import LinkKey
from . import numbers
from .carry_out import carry_out
from .exit_codes import ExitCode
from .failures import FAILURES, tell
from .turn import Turn

log = logging.getLogger(__name__)

GOOD = frozenset({ExitCode.SUCCESS, ExitCode.FILES_CHANGED})


def apply_sections(turn: Turn) -> ExitCode:
    """Whatever is wrong with the file is said before anything is touched. Raises as carry_out does."""
    prepared = turn.prepare()
    turn.warn(prepared)
    code = ExitCode.SUCCESS
    if turn.options.minimum_config:
        minimum = turn.prepare(MINIMUM)
        code = _minimum(turn, minimum)
        if minimum.config.is_given and code not in GOOD:
            return code
        prepared = turn.prepare() if code is ExitCode.FILES_CHANGED else prepared
    main = apply_prepared(turn, prepared)
    if main is ExitCode.NETWORK_CONFIG_FAILED:
        return (code | main | _fallback(turn)) & ~ExitCode.FILES_CHANGED
    return code | main if main in GOOD else main


def _minimum(turn: Turn, prepared: Prepared) -> ExitCode:
    if not prepared.config.is_given:
        log.error("there is no %s in %s", MINIMUM, prepared.config.document.name)
        return ExitCode.MINIMUM_CONFIG_FAILED
    if turn.is_of_files:
        log.warning("%s is not applied: it brings the network that the node needs now", MINIMUM)
        return ExitCode.SUCCESS
    if _is_in_place(prepared):
        log.info("%s is not applied: %s was applied since the boot", MINIMUM, MAIN)
        return ExitCode.SUCCESS
    return _made(turn, prepared)


def _is_in_place(prepared: Prepared) -> bool:
    """Whether network_config, in whatever version, was applied since the boot and holds."""
    memory = prepared.node.memory
    # A run that only removes has claims to names.
    return any(memory.path in one.claims for one in memory.record if isinstance(one.key, LinkKey))


def apply_prepared(turn: Turn, prepared: Prepared) -> ExitCode:
    """network_config, as the options ask. Raises as carry_out does."""
    if turn.options.no_network_config and not turn.options.remove_config:
        log.info("%s is good; it is not applied", MAIN)
        return ExitCode.SUCCESS
    if turn.options.noop and not turn.is_of_files:
        numbers.warn(prepared.node.names, prepared.node.nics)
        if turn.options.probe_addresses:
            from ..engine.duplicates import refuse_duplicates

            refuse_duplicates(prepared, turn.backend)
    code = _made(turn, prepared)
    if code in GOOD and _keeps_numbers(turn, prepared, code):
        numbers.keep(prepared.node.names, turn.sources.numbers)
    return code


def _keeps_numbers(turn: Turn, prepared: Prepared, code: ExitCode) -> bool:
    """What confirms a change keeps the rest; and NICs that did not come have no number yet."""
    is_awaited = turn.options.confirm and code is ExitCode.FILES_CHANGED
    is_for_show = turn.options.noop or turn.options.root_dir
    return not (is_awaited or is_for_show or prepared.node.names.lacking)


def _made(turn: Turn, prepared: Prepared) -> ExitCode:
    if not turn.options.noop:
        return carry_out(prepared, turn)
    turn.report.show(prepared, turn.options, applied=False)
    return ExitCode.FILES_CHANGED if prepared.plan else ExitCode.SUCCESS


def _fallback(turn: Turn) -> ExitCode:
    try:
        return apply_fallback(turn) or ExitCode.SUCCESS
    except FAILURES as error:
        tell(error, turn.options.config_file)
        return ExitCode.FALLBACK_FAILED


def apply_fallback(turn: Turn) -> Optional[ExitCode]:
    """For a node that has no network_config: a run that failed leaves one that has in the state of before.

    None: there is none to apply. Raises as carry_out does.
    """
    if turn.options.no_fallback_config or turn.options.noop:
        return None
    if turn.disk.journal.exists():
        # What was done before is not taken back yet, and is told of.
        return None
    root = turn.sources.document[1].root
    if isinstance(root, dict) and FALLBACK not in root:
        # Nothing is wrong with one that is not there, whatever its NICs would be called.
        return None
    prepared = turn.prepare(FALLBACK)
    if not prepared.config.is_given:
        return None
    if _is_in_place(prepared):
        log.warning("%s is not applied: the %s of before is in place", FALLBACK, MAIN)
        return None
    log.warning("%s is applied", FALLBACK)
    return carry_out(prepared, turn)

"""One run: report the NICs, show the plan, or make it so."""

from __future__ import annotations

import argparse
import json
import logging
import os
import sys
from typing import Any, Dict

from ..backends.protocol import ObserveError
from ..backends.rtnetlink import RtnetlinkBackend
from ..engine import sources
from ..engine.converge import Prepared, UndoneError, apply, refresh
from ..engine.lock import Lock, LockedError
from ..engine.sources import Sources
from ..state.problem import ProblemsError, Severity
from . import interfaces, plan_json, plan_text, problems
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
        with RtnetlinkBackend() as backend:
            code = _dispatch(options, backend)
            log.debug("netlink: %s", backend.traffic)
            return code
    except ProblemsError as error:
        return _refuse(error, options)
    except (LockedError, ObserveError) as error:
        log.error("%s", error)
    except OSError as error:
        _log(error)
    return ExitCode.ERROR


def _log(error: OSError) -> None:
    log.error("%s%s", f"{error.filename}: " if error.filename else "", error.strerror)


def _say_what_comes_later(options: argparse.Namespace) -> None:
    if options.provider:
        log.warning("--provider %s: the kernel is driven directly, whatever the provider", options.provider)
    for name, text in LATER.items():
        if getattr(options, name):
            log.warning("%s", text)


def _dispatch(options: argparse.Namespace, backend: RtnetlinkBackend) -> ExitCode:
    found = Sources(options.config_file, options.mapping_file, options.inventory, options.root_dir)
    if options.interfaces is not None:
        names = sources.names_of(found, backend)
        return ExitCode.SUCCESS if interfaces.report(names, options.interfaces) else ExitCode.ERROR
    prepared = sources.prepare(found, backend)
    _warn(prepared, options)
    if options.no_network_config:
        log.info("network_config is good; it is not applied")
        return ExitCode.SUCCESS
    writes = not (options.noop or options.no_activate or options.root_dir)
    if writes and prepared.plan:
        # A run that has nothing to change does not even write a lock.
        with Lock(options.lock_file):
            return _apply(refresh(prepared, backend), options, backend)
    _show(prepared, options, applied=writes)
    return ExitCode.FILES_CHANGED if prepared.plan and options.noop else ExitCode.SUCCESS


def _warn(prepared: Prepared, options: argparse.Namespace) -> None:
    document = prepared.config.document
    if prepared.warnings and options.exit_on_validation_errors:
        strict = [one._replace(severity=Severity.ERROR) for one in prepared.warnings]
        raise ProblemsError(strict, document)
    for one in prepared.warnings:
        log.warning("%s", problems.line(one._replace(severity=Severity.ERROR), document, document.name))


def _apply(prepared: Prepared, options: argparse.Namespace, backend: RtnetlinkBackend) -> ExitCode:
    try:
        apply(prepared, backend)
    except UndoneError as error:
        log.error("%s", error.cause)
        if error.left:
            log.error("taken back, but not all: %s", "; ".join(error.left))
        else:
            log.error("what was done has been taken back; the node is as it was, verified")
        return ExitCode.NETWORK_CONFIG_FAILED
    try:
        _show(prepared, options, applied=True)
        sys.stdout.flush()
    except OSError as error:
        # The node is changed, whoever reads of it or not.
        _log(error)
        sys.stdout = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115
    return ExitCode.FILES_CHANGED if prepared.plan else ExitCode.SUCCESS


def _show(prepared: Prepared, options: argparse.Namespace, applied: bool) -> None:
    if options.format == "json":
        _print_json(plan_json.as_json(prepared, prepared.config.document.name, applied))
        return
    sys.stdout.write(plan_text.render(prepared, _coloured(options.color)) + "\n")
    if applied and prepared.plan:
        sys.stdout.write("Applied and verified.\n")


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

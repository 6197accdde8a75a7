"""``os-net-config``: one run."""

from __future__ import annotations

import logging
import os
import sys
from typing import TYPE_CHECKING, List, Mapping, NoReturn, Optional, Sequence, Tuple

from ..state.problem import Problem, ProblemsError, Severity
from .exit_codes import ExitCode, status

if TYPE_CHECKING:
    import argparse

    from ..backends.rtnetlink import RtnetlinkBackend
    from ..config.document import Document
    from ..engine.converge import Inventory, Prepared
    from ..state.model import State
    from ..state.nic import Nic

log = logging.getLogger(__name__)


def entry_point() -> NoReturn:
    sys.exit(main(sys.argv[1:]))


def main(argv: Sequence[str]) -> int:
    """The exit status."""
    if argv and argv[0] == "check":
        from .check import check

        return check(argv[1:])
    from .arguments import parse
    from .logs import set_up

    options = parse(argv)
    set_up(options.debug, options.verbose)
    return status(_run(options), options.detailed_exit_codes)


def _run(options: argparse.Namespace) -> ExitCode:
    from ..backends.protocol import ObserveError
    from ..backends.rtnetlink import RtnetlinkBackend
    from ..engine.lock import Lock, LockedError

    _say_what_comes_later(options)
    writes = not (options.noop or options.no_activate or options.root_dir or options.no_network_config)
    try:
        with RtnetlinkBackend() as backend:
            if options.interfaces is not None:
                return _interfaces(options, backend)
            if not writes:
                return _plan_only(options, backend)
            with Lock(options.lock_file):
                return _apply(options, backend)
    except ProblemsError as error:
        return _refuse(error, options)
    except (LockedError, ObserveError) as error:
        log.error("%s", error)
    except OSError as error:
        log.error("%s%s", f"{error.filename}: " if error.filename else "", error.strerror)
    return ExitCode.ERROR


def _say_what_comes_later(options: argparse.Namespace) -> None:
    from .arguments import LATER

    if options.provider:
        log.warning("--provider %s: the kernel is driven directly, whatever the provider", options.provider)
    for name, text in LATER.items():
        if getattr(options, name):
            log.warning("%s", text)


def _mapping(options: argparse.Namespace) -> Tuple[Optional[Document], Mapping[str, str]]:
    from ..config.nics import read_mapping
    from .arguments import MAPPING_FILE

    if options.mapping_file:
        return read_mapping(options.mapping_file)
    default = options.root_dir + MAPPING_FILE
    return read_mapping(default) if os.path.exists(default) else (None, {})


def _inventory(options: argparse.Namespace) -> Inventory:
    if options.inventory:
        from ..config.inventory import read_inventory

        declared = read_inventory(options.inventory)

        def from_file(live: State) -> Sequence[Nic]:
            return declared

        return from_file
    from ..backends.sysfs import nics

    return nics


def _interfaces(options: argparse.Namespace, backend: RtnetlinkBackend) -> ExitCode:
    from ..config.nics import name_nics
    from .interfaces import report

    document, mapping = _mapping(options)
    names = name_nics(_inventory(options)(backend.observe()), mapping, document)
    return ExitCode.SUCCESS if report(names, options.interfaces) else ExitCode.ERROR


def _prepare(options: argparse.Namespace, backend: RtnetlinkBackend) -> Prepared:
    from ..engine.converge import prepare

    document, mapping = _mapping(options)
    filename = options.root_dir + options.config_file if options.root_dir else options.config_file
    prepared = prepare(filename, backend, _inventory(options), mapping, document)
    warnings = prepared.warnings
    if warnings and options.exit_on_validation_errors:
        strict = [one._replace(severity=Severity.ERROR) for one in warnings]
        raise ProblemsError(strict, prepared.config.document)
    _log(warnings, prepared)
    return prepared


def _log(warnings: List[Problem], prepared: Prepared) -> None:
    from .problems import line

    document = prepared.config.document
    for one in warnings:
        log.warning("%s", line(one, document, document.name).replace(": warning: ", ": ", 1))


def _plan_only(options: argparse.Namespace, backend: RtnetlinkBackend) -> ExitCode:
    prepared = _prepare(options, backend)
    _show(prepared, options, applied=False)
    return ExitCode.FILES_CHANGED if prepared.plan and options.noop else ExitCode.SUCCESS


def _apply(options: argparse.Namespace, backend: RtnetlinkBackend) -> ExitCode:
    from ..engine.converge import UndoneError, apply

    prepared = _prepare(options, backend)
    try:
        apply(prepared, backend)
    except UndoneError as error:
        log.error("%s", error.cause)
        if error.left:
            log.error("taken back, but not all: %s", "; ".join(error.left))
        else:
            log.error("what was done has been taken back; the node is as it was, verified")
        return ExitCode.NETWORK_CONFIG_FAILED
    log.debug("netlink: %s", backend.traffic)
    _show(prepared, options, applied=True)
    return ExitCode.FILES_CHANGED if prepared.plan else ExitCode.SUCCESS


def _show(prepared: Prepared, options: argparse.Namespace, applied: bool) -> None:
    if options.format == "json":
        import json

        from .plan_json import as_json

        json.dump(as_json(prepared, prepared.config.document.name, applied), sys.stdout, indent=2)
        sys.stdout.write("\n")
        return
    from .plan_text import render

    sys.stdout.write(render(prepared, _coloured(options.color)) + "\n")
    if applied and prepared.plan:
        sys.stdout.write("Applied and verified.\n")


def _coloured(asked: str) -> bool:
    """https://no-color.org asks for the variable."""
    if asked != "auto":
        return asked == "always"
    return sys.stdout.isatty() and "NO_COLOR" not in os.environ and os.environ.get("TERM") != "dumb"


def _refuse(error: ProblemsError, options: argparse.Namespace) -> ExitCode:
    """Errors on stderr, or as JSON on stdout where a program reads."""
    from .problems import as_json, line

    if options.format == "json":
        import json

        found = as_json(error.problems, error.source, options.config_file)
        json.dump({"format": "os-net-config errors", "version": 1, "problems": found}, sys.stdout, indent=2)
        sys.stdout.write("\n")
    else:
        for problem in error.problems:
            sys.stderr.write(line(problem, error.source, options.config_file) + "\n")
    strict = ExitCode.SCHEMA_VALIDATION_FAILED if options.exit_on_validation_errors else ExitCode.SUCCESS
    return ExitCode.ERROR | strict

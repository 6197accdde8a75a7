"""How a run tells what it would change or has changed."""

from __future__ import annotations

import argparse
import json
import logging
import os
import sys
from typing import Any, Dict, Optional

from ..config.load import MAIN
from ..engine.prepared import Prepared
from ..state.lifeline import at_risk, session_address
from . import notes, plan_json, plan_text

log = logging.getLogger(__name__)


class Report:
    """Of one section after the other. JSON is one document: that of the last, with the others in it.

    A ``silent`` one is for what is only a step on the way.
    """

    def __init__(self, silent: bool = False) -> None:
        self._silent = silent
        self._earlier: Dict[str, Any] = {}
        self._last: Optional[Dict[str, Any]] = None
        self._section = ""
        self._is_changed = False

    def show(self, prepared: Prepared, options: argparse.Namespace, applied: bool) -> None:
        """Raises OSError if the node is as it was: one that is changed is so whoever reads of it."""
        if self._silent:
            return
        section = prepared.scope.section
        self._is_changed |= applied and bool(prepared.plan)
        if options.format == "json":
            if self._last is not None:
                self._earlier[self._section] = self._last
            name, risks = prepared.config.document.name, at_risk(prepared.plan, prepared.live, session())
            seconds = _to_confirm(prepared, options) if prepared.plan else None
            self._last, self._section = plan_json.as_json(prepared, name, applied, risks, seconds), section
            return
        heading = "" if section == MAIN and not self._section else f"{section}:\n"
        self._section = section
        self._write(f"{heading}{_text(prepared, options, applied)}\n")

    def end(self) -> None:
        """What is told when all is known. Raises OSError as ``show`` does."""
        if self._last is not None:
            earlier = {"earlier": self._earlier} if self._earlier else {}
            self._write(as_text({**self._last, **earlier}))

    def _write(self, text: str) -> None:
        try:
            sys.stdout.write(text)
            sys.stdout.flush()
        except OSError as error:
            if not self._is_changed:
                raise
            log.error("the change that was made cannot be told: %s", error.strerror)
            sys.stdout = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115


def _text(prepared: Prepared, options: argparse.Namespace, applied: bool) -> str:
    lines = [plan_text.render(prepared, _coloured(options.color))]
    if options.no_activate:
        # Without a change of a file the plan would say that all is as the config says.
        lines = [*(lines if prepared.plan else ()), notes.KERNEL_UNTOUCHED]
    lines += notes.left_alone(plan_json.unknown(prepared)) if options.noop else ()
    lines += notes.relabelled(prepared.plan.steps)
    lines += notes.careful(at_risk(prepared.plan, prepared.live, session()))
    lines += ["Applied and verified."] if applied and prepared.plan else []
    lines += notes.to_confirm(_to_confirm(prepared, options), bool(prepared.plan), applied)
    return "\n".join(lines)


def _to_confirm(prepared: Prepared, options: argparse.Namespace) -> Optional[int]:
    """In how many seconds a change has to be confirmed."""
    seconds: Optional[int] = options.confirm
    return seconds if prepared.scope.section == MAIN else None


def session() -> Optional[bytes]:
    """The node's address by which whoever runs this is connected."""
    return session_address(os.environ.get("SSH_CONNECTION", ""))


def as_text(document: Dict[str, Any]) -> str:
    return json.dumps(document, indent=2) + "\n"


def _coloured(asked: str) -> bool:
    """https://no-color.org asks for the variable."""
    if asked != "auto":
        return asked == "always"
    return sys.stdout.isatty() and "NO_COLOR" not in os.environ and os.environ.get("TERM") != "dumb"

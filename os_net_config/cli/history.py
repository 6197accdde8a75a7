"""``os-net-config history``: what was applied to this node, and what was taken back."""

from __future__ import annotations

import json
import sys
import time
from typing import Optional, Sequence

from ..engine.target import APPLIED, Generation, Target, TargetError, TargetFile
from .arguments import history_parser


def main(argv: Optional[Sequence[str]] = None) -> int:
    """The exit status."""
    options = history_parser().parse_args(argv)
    try:
        target = TargetFile(options.state_dir).load()
    except TargetError as error:
        sys.stderr.write(f"ERROR: {error}\n")
        return 1
    if options.format == "json":
        json.dump(_as_json(target), sys.stdout, indent=2)
        sys.stdout.write("\n")
    elif not target.generations:
        sys.stdout.write("Nothing was applied to this node yet.\n")
    else:
        sys.stdout.write("".join(f"{_line(one, target.current)}\n" for one in target.generations))
    return 0


def _as_json(target: Target) -> object:
    generations = [{**one._asdict(), "command": list(one.command)} for one in target.generations]
    head = {"format": "os-net-config history", "version": 1, "current": target.current}
    return {**head, "generations": generations}


def _line(one: Generation, current: int) -> str:
    """As a person reads it; a star stands at what the node is to have."""
    mark = "*" if one.number == current else " "
    when = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(one.when))
    outcome = one.outcome if one.outcome == APPLIED else f"{one.outcome}: {one.reason}"
    return f"{mark} {one.number:>4}  {when}  {one.user:<8}  {one.source} ({one.digest[:8]})  {outcome}"
